"""Learning a model from a data set. `launch.train` is the door; `__main__` is the run book.

launch.py        one call, in this process, under torchrun, or as a TrainJob: all run the same program (order.py)
rows.py          the table's splits as arrays;  options.py  hyper-parameters as they travel
simple.py        kind `simple`;  members.py  what it can be made of;  compare.py  which of it serves, by time
hybrid.py        kind `hybrid`;  loop.py  its loop;  inputs.py, batches.py  who computes what;  ranks.py  the processes;
                 checkpoint.py  what a killed run resumes from;  mutation.py  more to learn from
incremental.py   kind `incremental`: goes on from an earlier artifact;  online.py  the learner;
                 online_file.py  its state
general.py       one model across projects, for histories too small to learn from
prequential.py   test, then learn: every change scored by what was known on its day;
                 continuing.py  the regression, refits.py  any kind, as learners for it
tune.py          search for hyper-parameters;  spaces.py  what may be tried;  studies.py  where trials are kept
calibrate.py     the map from scores to probabilities that validation rows speak for
finish.py        calibration, bands and metrics on validation data, and the artifact
"""
