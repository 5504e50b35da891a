"""The routes of the contract's section 5, one file a subject; each is made of `Parts`.

asking    POST /predict, POST /analyze/code       models   /models, /models/{name}/reload, /model-info
health    /, /health, /metrics                    watching /drift-status, /monitoring/stats
saying    POST /feedback                          pages    /docs with its assets
"""
