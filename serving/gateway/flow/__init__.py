"""A request's way to the model and back: seen before? the same asked right now? room in the line? then scored.

flow      `Flow`: what the routes ask
digest    what makes two requests the same
line      the bounded line before the model, where identical requests are one
shedding  who would find the line full is told so before anything is read
cache     answers kept for a while: in memory, or in Redis for all replicas
kept      an answer as JSON and back, checked: what comes from outside this process is a stranger's
"""
