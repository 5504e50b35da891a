"""The serving face: a change comes in, its risk, band and reasons go out.

    wire/       JSON and tensors <-> requests and answers
    scoring/    requests -> scored changes: which model answers, how its row is made
    predictor/  the model server: KServe's V1 and V2 over REST, V2 over gRPC
    limits, listening   what one request and one connection may cost
    gateway/    what people and machines talk to: routes, who may, what is kept, the page

Features are computed by `faultcast.features`, the very code that computed them for training.
"""
