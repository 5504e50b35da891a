"""Triton's clients ask a server: python triton_asks.py http|grpc ADDRESS, rows of features on stdin as JSON.

A process of its own, because KServe's and Triton's gRPC modules define the same messages, and one process takes only
one of them.
"""

import importlib
import json
import sys

import numpy as np

KIND, ADDRESS = sys.argv[1:]
client = importlib.import_module(f"tritonclient.{KIND}")
server = client.InferenceServerClient(ADDRESS)


def refused(ask):
    try:
        ask()
    except client.InferenceServerException as error:
        return f"{error.status()} {error.message()}"
    return "not refused"


rows = np.array(json.load(sys.stdin), dtype=np.float64)
tensor = client.InferInput("features", list(rows.shape), "FP64")
tensor.set_data_from_numpy(rows)
words = np.array([json.dumps({"features": [None if np.isnan(v) else v for v in row]}) for row in rows.tolist()])
change = client.InferInput("change", [len(words)], "BYTES")
change.set_data_from_numpy(words.astype(object))
found = server.infer("faultcast", [tensor], request_id="42")
short = server.infer("faultcast", [change], outputs=[client.InferRequestedOutput("risk")], model_version="7")
index = server.get_model_repository_index()
metadata = server.get_model_metadata("faultcast")
if KIND == "grpc":
    index = [{"name": one.name, "version": one.version, "state": one.state} for one in index.models]
    inputs = {one.name: list(one.shape) for one in metadata.inputs}
    answer_id = found.get_response().id
else:
    inputs = {one["name"]: one["shape"] for one in metadata["inputs"]}
    answer_id = found.get_response()["id"]
print(json.dumps({
    "health": [server.is_server_live(), server.is_server_ready(), server.is_model_ready("faultcast")],
    "risk": found.as_numpy("risk").tolist(), "short": short.as_numpy("risk").tolist(),
    "band": [one.decode() for one in found.as_numpy("band")],
    "assumed": len(json.loads(found.as_numpy("assumed")[0])), "id": answer_id,
    "no reasons": short.as_numpy("reasons") is None,
    "index": index, "inputs": inputs,
    "refused": [
        refused(lambda: server.infer("other", [tensor])),
        refused(lambda: server.infer("faultcast", [tensor], model_version="8")),
        refused(lambda: server.unload_model("faultcast")),
        refused(lambda: server.load_model("faultcast")),
    ],
}))  # fmt: skip
