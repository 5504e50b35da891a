"""What a run found, for people: one self-contained HTML page and a summary for the terminal.

inputs.py    what a report is made of: plain data, no files, no models
words.py     numbers, dates, hostile text and the sentences that both renderings share
svg.py       a small plot: scales, axes, lines, text as text
charts.py    the five charts
pages.py     what all pages share: templates, style, filters
page.py      `render(inputs)`: the page
summary.py   `text_summary(inputs, report_path)`: the last lines of `faultcast run`

What an examination found (imported from their modules):

validation_page.py     `render_validation(document, card)`: the page, drawn by validation_charts.py
validation_summary.py  `validation_summary(document, files)`: the last lines of `faultcast validate`
model_card.py          `model_card(manifest, evaluation, verdict)`: Markdown, kept with each version

What a look at the last predictions found:

drift_page.py          `render_drift(document)`: the page, drawn by drift_charts.py, its sentences in drift_words.py
"""

from faultcast.report.inputs import Month, ReportInputs, count_months
from faultcast.report.page import render
from faultcast.report.summary import text_summary

__all__ = ["Month", "ReportInputs", "count_months", "render", "text_summary"]
