"""KServe's own Python server around a model, for `predictor.py`: python benchmarks/predictor_peers.py KIND FOLDER PORT

    scikit-learn    `predict_proba` of the forest that the served model was made of
    onnxruntime     the graph that the served model brings along
    quiet           the same, with KServe's latency log off

Each is a `kserve.Model` written as KServe's runtimes write theirs (`get_predict_input`, `get_predict_response`);
KServe's package for scikit-learn is not on the package index. The model does nothing besides: it checks no value,
normalises none and knows no bands.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from predictor_model import forest
from sklearn.ensemble import RandomForestClassifier

KIND, FOLDER, PORT = sys.argv[1:]
sys.argv = [sys.argv[0]]  # KServe reads the process's arguments while it is imported

import kserve  # noqa: E402
from kserve import model_server  # noqa: E402
from kserve.utils.utils import get_predict_input, get_predict_response  # noqa: E402


class OnLoopback(model_server.RESTServer):  # type: ignore[misc]
    """KServe's server; it would listen on every address."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.config.host = "127.0.0.1"


class Estimator(kserve.Model):  # type: ignore[misc]
    """A scikit-learn estimator."""

    estimator: RandomForestClassifier

    def load(self) -> bool:
        self.estimator = forest()[0]
        self.ready = True
        return True

    def predict(self, payload: Any, headers: Any = None) -> Any:
        del headers
        risk_N = self.estimator.predict_proba(get_predict_input(payload))[:, 1]
        return get_predict_response(payload, risk_N, self.name)


class Graph(kserve.Model):  # type: ignore[misc]
    """An ONNX graph."""

    session: onnxruntime.InferenceSession

    def load(self) -> bool:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(Path(FOLDER, "model.onnx").read_bytes(), options)
        self.ready = True
        return True

    def predict(self, payload: Any, headers: Any = None) -> Any:
        del headers
        features_NF = get_predict_input(payload).astype(np.float32)
        (logit_N,) = self.session.run(None, {"features": features_NF})
        return get_predict_response(payload, 1 / (1 + np.exp(-logit_N)), self.name)


if __name__ == "__main__":
    model_server.RESTServer = OnLoopback
    model = Estimator("faultcast") if KIND == "scikit-learn" else Graph("faultcast")
    model.load()
    server = kserve.ModelServer(
        http_port=int(PORT), enable_grpc=False, workers=1, enable_latency_logging=KIND != "quiet"
    )
    server.start([model])
