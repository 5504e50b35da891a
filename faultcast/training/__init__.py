"""Learning a model from a data set. `launch.train` is the door; `__main__` is the run book.

launch.py        one call: `simple` in this process, `hybrid` under torchrun
rows.py          the table's splits as arrays
simple.py        kind `simple`: a random forest, its leaf size chosen by time
hybrid.py        kind `hybrid`: the loop;  batches.py  who computes what;  ranks.py  the processes;
                 checkpoint.py  what a killed run resumes from
calibrate.py     the map from scores to probabilities that validation rows speak for
finish.py        calibration, bands and metrics on validation data, and the artifact
"""
