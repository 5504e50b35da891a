"""`python -m serving.gateway` around the small model, in a process of its own, and what it wrote."""

import os
import subprocess
import sys
from contextlib import contextmanager
from types import SimpleNamespace

from gateway_story import answers, until
from loopback import end, free_port

START_SECONDS = 60


@contextmanager
def running(model_dir, folder, *options, **settings):
    """Yields its URL, its process and the file of its log; ends it as a cluster does."""
    port = free_port()
    environment = {**os.environ, "FAULTCAST_HOME": str(folder / "home"), "FAULTCAST_MONITORING_INTERVAL_SECONDS": "0"}
    environment |= {f"FAULTCAST_{name.upper()}": str(value) for name, value in settings.items()}
    command = [sys.executable, "-m", "serving.gateway", "--port", str(port), "--model-dir", str(model_dir), *options]
    log = folder / "log"
    with log.open("ab") as written:
        process = subprocess.Popen(command, stdout=written, stderr=written, env=environment)
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: answers(process, url), START_SECONDS)
        yield SimpleNamespace(url=url, process=process, log=log, port=port)
    finally:
        end(process)
