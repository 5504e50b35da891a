"""A predictor elsewhere: the same answers as here, and what happens when it dies, stalls, or talks nonsense."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys

import pytest
from fleet_story import LARGE, model_in
from loopback import free_port

from faultcast.errors import BadChange, NotFound, TooMany, Unavailable, UsageError
from faultcast.features.catalogue import NAMES
from serving.scoring.breaker import Breaker, RetryBudget, State
from serving.scoring.remote import Limits, Remote
from serving.scoring.scorer import Scorer
from serving.wire.instances import parse_instance
from serving.wire.requests import KnownCommit

QUICK = Limits(connect_seconds=20, answer_seconds=20, total_seconds=60, pause_seconds=0.001)
PATIENT = Limits(connect_seconds=20, answer_seconds=20, total_seconds=60)
EDIT = {"message": "fix it", "files": [{"path": "a.py", "before": "a = 1\n", "after": "a = 2\n"}]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return model_in(tmp_path_factory.mktemp("remote") / "model")


class Predictor:
    """`python -m serving` as a process, killed and started again on the same port."""

    def __init__(self, folder):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [sys.executable, "-m", "serving", "--model-dir", str(folder), "--port", str(self.port)]
        self._command += ["--model-version", "7"]
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=20)

    async def ready(self, remote):
        async with asyncio.timeout(60):
            while await remote.load():  # noqa: ASYNC110 - nobody rings when it listens
                await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
def predictor(folder):
    one = Predictor(folder)
    one.start()
    yield one
    one.process.send_signal(signal.SIGCONT)
    one.kill()


def asking(url, tell, **options):
    async def told():
        remote = Remote(url, **options)
        try:
            return await tell(remote)
        finally:
            await remote.close()

    return asyncio.run(told())


def test_a_predictor_elsewhere_answers_as_one_in_this_process(predictor, folder):
    raw = {"features": [40, *[None] * (len(NAMES) - 1)]}
    asked = [parse_instance(one, "") for one in (raw, {**raw, "text": "fix"}, EDIT)]

    async def tell(remote):
        await predictor.ready(remote)
        with pytest.raises(NotFound, match="this server has no feature store"):
            await remote.score([KnownCommit("f" * 40)], key="")
        return await remote.score(asked, key="", top=3), remote.served()

    found, served = asking(predictor.url, tell, limits=PATIENT)
    here = Scorer.load(folder, name="faultcast", version="7").score(asked, top=3)
    assert [one.prediction for one in found] == [one.prediction for one in here]
    assert [dict(one.values) for one in found] == [dict(one.values) for one in here]
    assert [set(one.assumed) for one in found] == [set(one.assumed) for one in here]
    assert [(one.alias, one.version, one.share) for one in served] == [("champion", "7", 1.0)]


def test_a_predictor_that_is_killed_and_comes_back_is_asked_again_within_seconds(predictor):
    async def tell(remote):
        await predictor.ready(remote)
        predictor.kill()
        for _ in range(8):
            with pytest.raises(Unavailable, match=r"cannot be reached|left alone"):
                await remote.score([LARGE], key="")
        assert remote.breaker.state is State.OPEN
        assert remote.served()  # what was there last
        predictor.start()
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(Unavailable):
                    (answer,) = await remote.score([LARGE], key="")
                    return answer.prediction.model_version, remote.breaker.state
                await asyncio.sleep(0.05)

    assert asking(predictor.url, tell, limits=PATIENT, breaker=Breaker(3, 0.3)) == ("7", State.CLOSED)


def test_a_predictor_that_stalls_is_given_up_in_time_and_not_asked_twice(predictor):
    async def tell(remote):
        await predictor.ready(remote)
        os.kill(predictor.process.pid, signal.SIGSTOP)
        try:
            async with asyncio.timeout(20):
                with pytest.raises(Unavailable, match="did not answer in time"):
                    await remote.score([LARGE], key="")
            with pytest.raises(Unavailable, match="left alone"):
                await remote.score([LARGE], key="")
        finally:
            os.kill(predictor.process.pid, signal.SIGCONT)
        await predictor.ready(remote)
        return await remote.score([LARGE], key="")

    limits = Limits(connect_seconds=20, answer_seconds=2, total_seconds=60)
    assert asking(predictor.url, tell, limits=limits, breaker=Breaker(1, 0.3))


# --- a server that says what it is told to --------------------------------------------------


@contextlib.asynccontextmanager
async def saying(*answers):
    """A server that gives these (status, body) in turn, the last for ever; None: it hangs up. Yields URL and count."""
    asked = []

    async def talk(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-le")), 0
            )
            await reader.readexactly(length)
            answer = answers[min(len(asked), len(answers) - 1)]
            asked.append(head.split(b" ")[0])
            if answer is not None:
                status, body, *more = answer
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                lines = [f"HTTP/1.1 {status} X", f"content-length: {len(content)}", "connection: close", *more]
                writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    finally:
        server.close()


def ask(*answers, times=1, **options):
    """Ask a server that says so; return the error (or None) of each time, and how often it was asked."""

    async def tell():
        async with saying(*answers) as (url, asked):
            remote, errors = Remote(url, limits=QUICK, **options), []
            for _ in range(times):
                try:
                    await remote.score([LARGE], key="")
                    errors.append(None)
                except (BadChange, NotFound, TooMany, Unavailable) as error:
                    errors.append(error)
            await remote.close()
            return errors, len(asked)

    return asyncio.run(tell())


GOOD = {
    "explanations": [
        {
            "commit": "", "risk": 0.25, "band": "low", "prediction": "clean", "reasons": [], "model_name": "m",
            "model_version": "1", "assumed": [], "features": dict.fromkeys(NAMES),
        }
    ]
}  # fmt: skip


@pytest.mark.parametrize("trouble", [(502, b"<html>"), (503, {"error": "loading"}), (504, b""), None])
def test_what_may_pass_is_asked_once_more(trouble):
    assert ask(trouble, (200, GOOD)) == ([None], 2)


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        ((400, {"error": "instances[0]: expected an object"}), BadChange, r"instances\[0\]: expected an object"),
        ((413, {"error": "larger than 8 MiB"}), BadChange, "larger than"),
        ((404, {"error": "the feature store does not know it"}), NotFound, "does not know it"),
        ((404, b"<html>nginx</html>"), Unavailable, "leads to no faultcast predictor"),
        ((401, {"error": "no"}), Unavailable, "check its token"),
        ((429, {"error": "busy"}, "retry-after: 3"), TooMany, "busy"),
        ((500, {"error": "Traceback"}), Unavailable, r"^the predictor answered with status 500$"),
        ((302, b"", "location: http://elsewhere.invalid/"), Unavailable, "status 302"),
        ((200, b"not JSON"), Unavailable, "not one of a faultcast predictor"),
        ((200, {"explanations": []}), Unavailable, "not one of a faultcast predictor"),
        ((200, {"explanations": [{**GOOD["explanations"][0], "features": None}]}), Unavailable, "not one of"),
        ((200, [1]), Unavailable, "not one of a faultcast predictor"),
    ],
)
def test_every_other_answer_is_asked_for_once_and_told_as_what_it_is(answer, kind, says):
    (error,), asked = ask(answer)
    assert type(error) is kind
    assert asked == 1
    with pytest.raises(kind, match=says):
        raise error
    assert getattr(error, "retry_after", 3) == 3


def test_a_server_in_trouble_gets_at_most_a_tenth_more_requests():
    errors, asked = ask((503, b""), times=100, breaker=Breaker(10_000), budget=RetryBudget(0.1))
    assert all(isinstance(error, Unavailable) for error in errors)
    assert asked == 100 + 1 + 10


def test_an_open_breaker_asks_nobody():
    errors, asked = ask((503, b""), times=50, breaker=Breaker(5, 60.0))
    assert asked == 5
    assert "left alone" in str(errors[-1])


def test_nobody_listens():
    async def tell(remote):
        assert remote.served() == ()
        assert isinstance((await remote.load())["champion"], Unavailable)
        with pytest.raises(NotFound, match="expected champion"):
            await remote.reload("challenger")
        assert await remote.score([], key="") == []

    asking(f"http://127.0.0.1:{free_port()}", tell, limits=QUICK)


@pytest.mark.parametrize("url", ["", "predictor:8080", "ftp://predictor", "http://", "http://a:b"])
def test_a_url_that_is_none_is_refused_before_anybody_asks(url):
    with pytest.raises(UsageError, match="predictor_url"):
        Remote(url)
