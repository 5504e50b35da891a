"""The model server: KServe's V1 and V2 over REST, V2 over gRPC.

app           the process: listens first, loads beside it
answers       the logic: bodies and tensors -> Scorer -> answers; everything else here carries them
rest, rpc     the bare servers;  kserve_model  the same answers as a `kserve.Model`
messages      gRPC's messages;   repository    what is served, and who may change that
metrics       for Prometheus;    loading       from a folder to a scorer
"""
