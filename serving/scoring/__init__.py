"""Requests -> scored changes, in this process or elsewhere.

scorer      one loaded model with the past and the store that its rows need
forecaster  what the gateway asks of whoever scores
fleet       a forecaster: several models in this process, who answers whom, and how another takes over
sources     where its models come from: the registry's aliases, or folders
remote      a forecaster: a KServe predictor at a URL;  breaker  its circuit breaker and retry budget
split       shares of the requests, sticky by key;  shadow  scoring off the request's path
"""
