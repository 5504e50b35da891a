"""KServe's own `ModelServer` around our `kserve.Model`, on loopback: python kserve_server.py FOLDER PORT."""

import sys
from pathlib import Path

from kserve_package import kserve

from serving.predictor.kserve_model import FaultcastModel


class OnLoopback(kserve.model_server.RESTServer):
    """KServe's server; it would listen on every address."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.config.host = "127.0.0.1"


folder, port = sys.argv[1:]
kserve.model_server.RESTServer = OnLoopback
model = FaultcastModel("faultcast", Path(folder), version="7")
model.load()
kserve.ModelServer(http_port=int(port), enable_grpc=False, workers=1).start([model])
