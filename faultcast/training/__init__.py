"""Learning a model from a data set. `launch.train` is the door; `__main__` is the run book.

launch.py        one call: `simple` in this process, `hybrid` under torchrun
rows.py          the table's splits as arrays
simple.py        kind `simple`;  members.py  what it can be made of;  compare.py  which of it serves, by time
hybrid.py        kind `hybrid`: the loop;  batches.py  who computes what;  ranks.py  the processes;
                 checkpoint.py  what a killed run resumes from
incremental.py   kind `incremental`: goes on from an earlier artifact;  online.py  the learner;
                 online_file.py  its state;  continuing.py  the learner as time goes on
prequential.py   test, then learn: every change scored by what was known on its day
general.py       one model across projects, for histories too small to learn from
calibrate.py     the map from scores to probabilities that validation rows speak for
finish.py        calibration, bands and metrics on validation data, and the artifact
"""
