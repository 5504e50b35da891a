"""A gateway in a process of its own, on a home with a registry, and somebody who never stops asking."""

import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
from loopback import end, free_port

# What they tell is told here, too.
sys.path += [str(Path(__file__).parents[1] / room) for room in ("adapters", "serving")]

START_SECONDS = 60
RECOVERY_SECONDS = 30


@contextmanager
def gateway(home, log, **settings):
    """`faultcast serve` on a home, with settings by name; yields its URL and process."""
    port = free_port()
    environment = {**os.environ, "FAULTCAST_HOME": str(home)}
    environment |= {f"FAULTCAST_{name.upper()}": str(value) for name, value in settings.items()}
    command = [sys.executable, "-m", "faultcast", "serve", "--port", str(port)]
    with log.open("ab") as written:
        process = subprocess.Popen(command, stdout=written, stderr=written, env=environment, cwd=home.parent)
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: answers(process, url), START_SECONDS)
        yield SimpleNamespace(url=url, process=process)
    finally:
        end(process, seconds=20)


def answers(process, url):
    assert process.poll() is None, f"the gateway ended with status {process.returncode}"
    try:
        return httpx.get(f"{url}/health/ready", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def until(holds, seconds, every=0.1):
    """Wait until something holds; return how long that took."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        if holds():
            return time.monotonic() - began
        time.sleep(every)
    raise AssertionError(f"not within {seconds} s")


class Asking:
    """Asks for predictions and for liveness in threads of its own, each question a new one, and keeps every answer."""

    def __init__(self, url, per_second=20):
        self.url = url
        self.pause = 1 / per_second
        self.answers = []
        self.alive = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._predict), threading.Thread(target=self._live)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def now(self):
        """A mark; `since(mark)` are the answers to what was asked after it."""
        return time.monotonic()

    def since(self, mark):
        return [answer for answer in self.answers if answer.asked >= mark]

    def until_good(self, mark):
        """Wait for a 200 to a question asked after a mark; return the seconds that took."""
        return until(lambda: any(answer.status == 200 for answer in self.since(mark)), RECOVERY_SECONDS)

    def for_a_while(self, seconds=1.0):
        """Answers to what is asked from now on for some seconds."""
        mark = self.now()
        time.sleep(seconds)
        return self.since(mark)

    def _predict(self):
        number = 0
        with httpx.Client(base_url=self.url, timeout=20) as client:
            while not self._over.wait(self.pause):
                number += 1
                asked = time.monotonic()
                body = {"additions": number, "deletions": 1, "files_changed": 2, "commit_message": "fix"}
                response = client.post("/predict", json=body)
                told = response.json()
                self.answers.append(
                    SimpleNamespace(
                        asked=asked, status=response.status_code, seconds=time.monotonic() - asked, told=told,
                        retry_after=response.headers.get("Retry-After"), version=told.get("model_version"),
                    )
                )  # fmt: skip

    def _live(self):
        with httpx.Client(base_url=self.url, timeout=20) as client:
            while not self._over.wait(0.1):
                asked = time.monotonic()
                self.alive.append((client.get("/health/live").status_code, time.monotonic() - asked))


def honest(answers):
    """Every answer is a prediction, or 503 (or 429) that says when to come back."""
    assert answers
    for answer in answers:
        assert answer.status == 200 or (answer.status in (429, 503) and answer.retry_after), vars(answer)
    return True


def all_good(answers):
    assert answers
    return {answer.status for answer in answers} == {200}
