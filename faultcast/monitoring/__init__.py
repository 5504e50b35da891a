"""What the last hours' predictions look like, and whether the model still fits what it is asked.

window.py       a span's predictions as columns; a change counts once
stats.py        before any label has come: counts, risks, doubt, latency
drifted.py      against what the model was taught with: drift, by a rule that is not loud
settled.py      once labels have come: AUC and Brier with intervals
evaluation.py   all of it as one document
"""
