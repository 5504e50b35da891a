"""The KServe face: a change comes in over HTTP, its risk, band and reasons go out.

    wire     JSON instances and V1 answers          logic   requests -> scored changes, no HTTP in sight
    change, hunks   an unseen change -> Commit      predictor   the kserve.Model around the logic
    tensors  V2 tensors <-> requests and answers    rest, app   KServe's REST server, made strict; the process

Features are computed by `faultcast.features`, the very code that computed them for training.
"""
