"""Hostile clients over raw sockets: refused within bounds, while others are answered."""

import asyncio
import re
import socket
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import orjson
import pytest
import uvicorn
import uvloop
from serving_process import RAW, V1, V2, predict

from faultcast.errors import BadChange
from serving import limits
from serving.limits import BodyLimit, check_size, is_deeper
from serving.listening import Connections, config, listen

MIB = 1024 * 1024


@contextmanager
def connected(address, timeout=20.0):
    host, _, port = address.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=timeout) as connection:
        yield connection


def answer(connection):
    """All that comes until the server closes; the status is 0 where nothing comes."""
    found = b""
    try:
        while chunk := connection.recv(65536):
            found += chunk
    except ConnectionResetError:
        pass
    status = re.match(rb"HTTP/1.1 (\d+)", found)
    return int(status[1]) if status else 0, found


def head(path, *headers, method="POST"):
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


async def length_of_body(scope, receive, send):
    """An app that says how long the body was."""
    assert scope["type"] == "http"
    length = b"%d" % len((await receive())["body"])
    if scope["path"] == "/much":
        length = b" " * (64 * MIB)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(length))]})
    await send({"type": "http.response.body", "body": length})


@pytest.fixture(scope="module")
def strict():
    """A server whose limits are small enough to wait for."""
    app = BodyLimit(length_of_body, max_bytes=200_000, max_seconds=0.6, max_together=300_000, max_depth=8)
    limits = Connections(at_once=8, head_bytes=8_000, head_seconds=0.6, unread_seconds=0.6)
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(config(app, limits))
    thread = threading.Thread(target=lambda: uvloop.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    yield SimpleNamespace(url=f"http://127.0.0.1:{listener.getsockname()[1]}", limit=app)
    server.should_exit = True
    thread.join(20)
    listener.close()


# --- time -----------------------------------------------------------------------------------


def test_a_body_that_comes_one_byte_at_a_time_is_408_and_the_connection_closed(strict):
    with connected(strict.url) as slow:
        slow.sendall(head("/", "Content-Length: 1000"))
        begun = time.monotonic()
        slow.settimeout(0.1)
        found = b""
        while not found and time.monotonic() < begun + 15:
            slow.sendall(b"x")
            try:
                found = slow.recv(65536)
            except TimeoutError:
                assert httpx.post(strict.url, content=b"abc").text == "3"  # others are answered meanwhile
        assert found.startswith(b"HTTP/1.1 408")
        assert b"connection: close" in found
    assert strict.limit._held == 0


@pytest.mark.parametrize("sent", [b"", b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_a_head_that_never_ends_is_given_up(strict, sent):
    with connected(strict.url) as slow:
        slow.sendall(sent)
        status, found = answer(slow)
    assert status == (408 if sent else 0), found


def test_a_second_request_on_a_connection_has_a_deadline_too(strict):
    with connected(strict.url) as slow:
        slow.sendall(head("/", "Content-Length: 2") + b"ab" + b"POST / HT")
        status, found = answer(slow)
    assert (status, found.count(b"HTTP/1.1 408")) == (200, 1), found


def test_an_answer_that_nobody_reads_is_cut_off(strict):
    with connected(strict.url) as lazy:
        lazy.sendall(head("/much", "Content-Length: 1") + b"x")
        time.sleep(1.2)
        assert httpx.post(strict.url, content=b"abc").text == "3"
        _, found = answer(lazy)
    assert len(found) < 64 * MIB


# --- size -----------------------------------------------------------------------------------


def test_a_long_head_is_431(strict):
    for sent in (
        head("/", "X-Long: " + "x" * 9_000),
        head("/" + "x" * 9_000),
        b"GET / HTTP/1.1\r\nX: " + b"x" * 60_000,
    ):
        with connected(strict.url) as connection:
            connection.sendall(sent)
            assert answer(connection)[0] == 431


def test_an_endless_chunked_body_is_413_after_a_bounded_number_of_bytes(strict):
    sent = 0
    with connected(strict.url) as endless:
        endless.sendall(head("/", "Transfer-Encoding: chunked"))
        try:
            while sent < 100 * MIB:
                endless.sendall(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
                sent += 0x4000
        except OSError:
            pass
    assert sent < 20 * MIB  # what is drained, and what the kernel's buffers hold
    assert httpx.post(strict.url, content=b"abc").text == "3"


def test_a_client_that_asks_first_whether_its_body_is_welcome_is_told_no(strict):
    with connected(strict.url) as polite:
        polite.sendall(head("/", "Content-Length: 999999", "Expect: 100-continue"))
        status, found = answer(polite)
    assert (status, b"100 Continue" in found) == (413, False)


def test_many_bodies_at_once_are_bounded_together(strict):
    with connected(strict.url) as first, connected(strict.url) as second:
        for connection in (first, second):
            connection.sendall(head("/", "Content-Length: 180000") + b"x" * 170_000)
        told = [answer(connection) for connection in (first, second)]
    assert sorted(status for status, _ in told) == [408, 503]
    assert any(b"retry-after" in found for _, found in told)
    assert strict.limit._held == 0


def test_one_connection_too_many_is_503_and_one_that_leaves_makes_room(strict):
    opened = [socket.create_connection(strict.url.removeprefix("http://").split(":")) for _ in range(8)]
    time.sleep(0.1)
    with connected(strict.url) as late:
        status, found = answer(late)
    assert (status, b"retry-after" in found) == (503, True)
    for connection in opened:
        connection.close()
    time.sleep(0.2)
    assert httpx.post(strict.url, content=b"abc").text == "3"


# --- form -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"NONSENSE\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
        head("/", "Content-Length: -5"),
        head("/", "Content-Length: 5", "Content-Length: 6") + b"abcdef",
        head("/", "Content-Length: 5", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
        head("/", "Transfer-Encoding: chunked") + b"zz\r\nabc\r\n",
        head("/", "Content-Length: 99999999999999999999999"),
    ],
)
def test_malformed_http_is_4xx_and_closed(strict, sent):
    with connected(strict.url) as connection:
        connection.sendall(sent)
        status, found = answer(connection)
    assert 400 <= status < 500, found
    assert httpx.post(strict.url, content=b"abc").text == "3"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", 0), (b"5", 0), (b"[]", 1), (b'{"a": [1, {"b": []}]}', 4), (b'"[[[["', 0), (b'["[[[[", "\\"[["]', 1),
        (b'["\\\\", [[]]]', 3), (b"[],[],[]", 1), (b"]]]][[", 0),
    ],
)  # fmt: skip
def test_depth_is_counted_outside_of_texts(body, expected):
    assert [most for most in range(6) if is_deeper(body, most)] == [*range(expected)]


@pytest.mark.parametrize("before", [0, 1, limits._CHUNK - 2, limits._CHUNK - 1, limits._CHUNK])
def test_a_body_looked_through_in_pieces_is_one_body(before):
    body = b" " * before + b'[["[[", ' + b" " * limits._CHUNK + b'"\\"[", [3]]]'
    assert [most for most in range(6) if is_deeper(body, most)] == [0, 1, 2]
    check_size(body, 6, "body")
    with pytest.raises(BadChange, match="more than 5 values"):
        check_size(body, 5, "body")


def test_a_deep_body_is_400_where_a_depth_is_asked_for(strict):
    assert httpx.post(strict.url, content=b"[" * 8 + b"]" * 8).status_code == 200
    refused = httpx.post(strict.url, content=b"[" * 9 + b"]" * 9)
    assert (refused.status_code, "deeper than 8" in refused.json()["error"]) == (400, True)


def test_a_body_of_many_small_values_is_refused_and_one_of_long_texts_is_not():
    check_size(orjson.dumps(["a,[" * 1_000_000]), 1_000, "body")
    with pytest.raises(BadChange, match="more than 1,000 values"):
        check_size(b"[" + b"[]," * 1_000 + b"1]", 1_000, "body")


# --- the predictor itself -------------------------------------------------------------------


def deep(levels):
    return "[" * levels + "]" * levels


@pytest.mark.parametrize("levels", [100, 1_000, 1_020, 1_025, 500_000])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{V1}:predict", "%s"),
        (f"{V1}:predict", '{"instances": %s}'),
        (f"{V1}:predict", '{"instances": [{"features": [%s]}]}'),
        (f"{V1}:predict", '{"instances": [{"files": %s}]}'),
        (f"{V2}/infer", '{"inputs": [{"name": "features", "datatype": "FP64", "shape": %s}]}'),
        (f"{V2}/infer", '{"inputs": [{"name": "features", "datatype": "FP64", "shape": [1, 87], "data": %s}]}'),
        (f"{V2}/infer", '{"inputs": [], "outputs": %s}'),
        (f"{V2}/infer", '{"inputs": [], "parameters": %s}'),
        ("/v2/repository/index", "%s"),
    ],
)
def test_deep_json_is_400_wherever_it_stands(client, path, body, levels):
    response = client.post(path, content=(body % deep(levels)).encode())
    assert response.status_code == 400, response.text[:200]
    assert len(response.text) < 500


@pytest.mark.parametrize("place", [0, 40, 86])
def test_a_deep_value_among_features_is_400(client, place):
    values = ["null"] * len(RAW)
    values[place] = deep(900)
    body = f'{{"instances": [{{"features": [{",".join(values)}]}}]}}'
    assert client.post(f"{V1}:predict", content=body).status_code == 400


def memory_mb(pid):
    return int(Path(f"/proc/{pid}/status").read_text().partition("VmRSS:")[2].split()[0]) / 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_memory_stays_bounded_and_others_are_answered_while_hostile_bodies_come(server):
    """Eight at a time: 8 MiB of tiny lists, which would take 200 MiB each once read, and 60 MiB of nothing."""
    tiny = b'{"instances": [' + b"[]," * (2 * MIB) + b"1]}"
    bodies = [tiny, b" " * (60 * MIB), b'{"instances": [' + b'{"features": [1,2]},' * 300_000 + b"1]}"]
    before = memory_mb(server.process.pid)

    async def ask():
        async with httpx.AsyncClient(base_url=server.url, timeout=120) as opened:
            hostile = [asyncio.create_task(opened.post(f"{V1}:predict", content=bodies[i % 3])) for i in range(8)]
            answered = 0
            while not all(task.done() for task in hostile):
                assert (await opened.get("/v2/health/live")).status_code == 200
                answered += 1
                await asyncio.sleep(0.02)
            return answered, [(await task).status_code for task in hostile]

    answered, statuses = asyncio.run(ask())
    assert answered > 0
    assert set(statuses) <= {400, 413, 503}
    assert {400, 413} <= set(statuses)
    assert memory_mb(server.process.pid) < before + 250
    with httpx.Client(base_url=server.url, timeout=60) as opened:
        assert predict(opened, {"features": RAW}).status_code == 200


def test_nothing_of_this_made_the_server_stumble(server):
    """Runs last: no traceback in the log."""
    assert "Traceback" not in server.log.read_text()
