# SPDX-License-Identifier: Apache-2.0
"""bench/load counts nothing as success but what was asked for. The server is one that lies."""

import contextlib
import json
import re
import socket
import subprocess
import threading
import time

import pytest

from lib import coffer

BODY = b"0123456789"


def answer(status="200 OK", body=BODY, fields=b"Content-Length: 10\r\n"):
    return b"HTTP/1.1 " + status.encode() + b"\r\n" + fields + b"\r\n" + body


@contextlib.contextmanager
def liar(said, heads, delay_s):
    """A port where every request of one connection, whose head goes to `heads`, is answered alike."""
    def serve():
        connection, _ = listening.accept()
        with connection:
            while request := connection.recv(65536):
                heads.append(request)
                time.sleep(delay_s)
                connection.sendall(said)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


@pytest.fixture
def load():
    """Three requests to a server that always says that: the finished process, and the heads."""
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")

    def run(said, *args, delay_s=0):
        heads = []
        with liar(said, heads, delay_s) as port:
            argv = [coffer.build_dir() / "bench" / "load", "--port", port, "--path", "/a",
                    "--requests", 3, *args]
            done = subprocess.run([str(a) for a in argv], capture_output=True, text=True,
                                  timeout=30, check=False)
        return done, heads
    return run


CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(("said", "args"), [
    (answer(), ("--size", 10)),
    (answer(body=b"4\r\n0123\r\n6;x=y\r\n456789\r\n0\r\nTrailer: x\r\n\r\n", fields=CHUNKED),
     ("--size", 10)),
    (answer(body=b""), ("--size", 10, "--method", "HEAD")),
    (answer("206 Partial Content"), ("--range", 10, "--of", 100)),
    (answer(), ("--least", 10))])
def test_right_answers_are_counted(load, said, args):
    done, _ = load(said, *args)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["requests"] == told["all"] == 3 == sum(n for _, n in told["counts"])


@pytest.mark.parametrize(("said", "args", "why"), [
    (answer("404 Not Found"), (), "status 404"),
    (answer("503 Slow Down"), ("--method", "PUT"), "status 503"),
    (answer("204 No Content", b"", b""), (), "status 204"),
    (answer(), ("--range", 10, "--of", 100), "status 200"),
    (answer(), ("--size", 11), "10 bytes, not 11"),
    (answer("206 Partial Content"), ("--range", 11, "--of", 100), "10 bytes, not 11"),
    (answer(), ("--least", 11), "only 10 bytes"),
    (answer(body=b"4\r\n0123\r\n0\r\n\r\n", fields=CHUNKED), ("--size", 10), "4 bytes, not 10"),
    (answer(body=BODY + b"more"), (), "more than was announced"),
    (answer(body=b"4\r\n01234\r\n", fields=CHUNKED), (), "not HTTP/1.1"),
    (answer(fields=b""), (), "not HTTP/1.1"),
    (answer(fields=CHUNKED + b"Content-Length: 10\r\n"), (), "not HTTP/1.1"),
    (b"SSH-2.0-x\r\n\r\n", (), "not HTTP/1.1")])
def test_wrong_answers_end_it(load, said, args, why):
    done, _ = load(said, *args)
    assert done.returncode == 1 and not done.stdout
    assert why in done.stderr


def test_time_ends_with_a_request_that_is_counted(load):
    done, heads = load(answer(), "--requests", 0, "--seconds", 0.01, delay_s=0.2)
    told = json.loads(done.stdout)
    # The first began while it warmed up.
    assert told["requests"] == 1 and len(heads) == told["all"] == 2
    assert told["seconds"] > 0.3


def test_requests_differ_as_they_are_asked_to(load):
    _, heads = load(answer(), "--path", "/b/{group}/{member}", "--query", "partNumber={part}",
                    "--first", 9, "--keys", 2, "--group", 5)
    targets = [head.split()[1] for head in heads]
    assert targets == [b"/b/0001/0004?partNumber=10", b"/b/0002/0000?partNumber=11",
                       b"/b/0001/0004?partNumber=10"]


def test_ranges_lie_within_the_object(load):
    _, heads = load(answer("206 Partial Content"), "--range", 10, "--of", 25, "--keys", 3)
    ranges = [re.search(rb"Range: bytes=(\d+)-(\d+)\r\n", head).groups() for head in heads]
    assert len(set(ranges)) == 3
    assert all(int(end) - int(begin) == 9 and int(end) < 25 for begin, end in ranges)
