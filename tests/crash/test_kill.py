# SPDX-License-Identifier: Apache-2.0
"""T80 (its kill half), T81 to T83: processes die while clients write; what was acknowledged is there.

Every value that is written is unique, so that what a read returns tells which write it was.
"""

import hashlib
import os
import random
import signal
import threading
import time

import pytest

from lib import coffer, rawhttp, sigv4

SMALL, LARGE = 2_000, 300_000
KILLS = 4


@pytest.fixture
def mortal():
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    with coffer.Coffer() as running:
        assert rawhttp.request(running, "PUT", "/crash").status == 200
        yield running


def body_of(name, size):
    """Bytes that say whose they are: the name, stretched."""
    block = hashlib.sha256(name.encode()).digest()
    return (block * (size // 32 + 1))[:size]


class Writer(threading.Thread):
    """Puts, overwrites, copies, completes and deletes keys of its own until it is told to stop.

    `acknowledged` is what the last answered request made of a key; `unsure` are the keys whose last
    request got no answer: old and new state are both right for them.
    """

    def __init__(self, server, number):
        super().__init__(daemon=True)
        self.server = server
        self.number = number
        self.random = random.Random(number)
        self.stopping = threading.Event()
        self.acknowledged = {}
        self.unsure = {}
        self.count = 0
        self.errors = []

    def run(self):
        try:
            while not self.stopping.is_set():
                self.step()
        except Exception as e:  # a thread's exception must fail the test, not vanish
            self.errors.append(repr(e))

    def ask(self, method, target, headers=(), body=b""):
        """An answer below 500, or None where it is not known whether it happened."""
        try:
            response = rawhttp.request(self.server, method, target, headers, body)
        except (OSError, rawhttp.ProtocolError):
            time.sleep(0.02)
            return None
        if response.status == 503:
            assert response.get("Retry-After"), response.headers
            time.sleep(0.02)
        return None if response.status >= 500 else response

    def step(self):
        self.count += 1
        key = f"w{self.number}-{self.random.randrange(12)}"
        kind = self.random.choice(("small", "small", "large", "delete", "copy", "multipart"))
        new, happened = getattr(self, kind)(key)
        if happened:
            self.acknowledged[key] = new
            self.unsure.pop(key, None)
        else:
            self.unsure.setdefault(key, []).append(new)

    def put(self, key, size):
        body = body_of(f"{key}/{self.count}", size)
        response = self.ask("PUT", f"/crash/{key}", body=body)
        assert response is None or response.status == 200, response
        return body, response is not None

    def small(self, key):
        return self.put(key, SMALL)

    def large(self, key):
        return self.put(key, LARGE)

    def delete(self, key):
        response = self.ask("DELETE", f"/crash/{key}")
        assert response is None or response.status == 204, response
        return None, response is not None

    def copy(self, key):
        source = f"w{self.number}-source-{self.count}"
        body, happened = self.put(source, self.random.choice((SMALL, LARGE)))
        if not happened:
            self.unsure.setdefault(source, []).append(body)
            return self.acknowledged.get(key), key not in self.unsure
        self.acknowledged[source] = body
        response = self.ask("PUT", f"/crash/{key}", [("x-amz-copy-source", f"/crash/{source}")])
        assert response is None or response.status == 200, response
        return body, response is not None and response.code is None

    def multipart(self, key):
        body = body_of(f"{key}/{self.count}", LARGE)
        response = self.ask("POST", f"/crash/{key}?uploads")
        if response is None:
            return self.acknowledged.get(key), key not in self.unsure
        upload = response.xml.findtext("UploadId")
        part = self.ask("PUT", f"/crash/{key}?uploadId={upload}&partNumber=1", body=body)
        if part is None:
            return self.acknowledged.get(key), key not in self.unsure
        document = ("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
                    f"<ETag>{part.get('ETag')}</ETag></Part></CompleteMultipartUpload>").encode()
        done = self.ask("POST", f"/crash/{key}?uploadId={upload}", body=document)
        assert done is None or done.status == 200, (done.status, done.body)
        return body, done is not None and done.code is None


def check(server, writers):
    """Every key of every writer is what was acknowledged, or one of what was left unsure."""
    listed = set()
    token = ""
    while token is not None:
        page = rawhttp.request(server, "GET", f"/crash?list-type=2{token}").xml
        listed |= {e.text for e in page.iter("Key")}
        following = page.findtext("NextContinuationToken")
        token = f"&continuation-token={following}" if following else None
    for w in writers:
        assert not w.errors, w.errors
        for key in set(w.acknowledged) | set(w.unsure):
            allowed = [w.acknowledged.get(key), *w.unsure.get(key, [])]
            response = rawhttp.request(server, "GET", f"/crash/{key}")
            found = response.body if response.status == 200 else None
            assert response.status in (200, 404)
            assert found in allowed, (key, len(found or b""), [len(a or b"") for a in allowed])
            assert (key in listed) == (found is not None), key


def check_figures(server):
    """What was counted with every change is what is there."""
    told, = server.ctl("tenant", "usage", "default", "--recount")["tenants"]
    assert told["corrected"] == [] and told["objects"] > 0, told


def write_while(server, act, n=4):
    writers = [Writer(server, i) for i in range(n)]
    for w in writers:
        w.start()
    try:
        act()
    finally:
        for w in writers:
            w.stopping.set()
        for w in writers:
            w.join(60)
    assert all(w.count > 5 for w in writers), [w.count for w in writers]
    return writers


@pytest.mark.parametrize("daemon", coffer.DAEMONS)
def test_t80_kill_9_of_a_daemon_loses_nothing_that_was_acknowledged(mortal, daemon):
    def kill_it_often():
        for _ in range(KILLS):
            time.sleep(0.7)
            mortal.kill_and_wait(daemon)
        time.sleep(0.5)

    writers = write_while(mortal, kill_it_often)
    check(mortal, writers)
    check_figures(mortal)
    mortal.restart()
    check(mortal, writers)
    check_figures(mortal)


def test_t80_kill_9_of_a_worker_loses_nothing_that_was_acknowledged(mortal):
    def kill_workers():
        for _ in range(KILLS):
            time.sleep(0.7)
            for pid in mortal.workers():
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.5)

    check(mortal, write_while(mortal, kill_workers))


def test_t80_kill_9_of_everything_loses_nothing_that_was_acknowledged(mortal):
    for _ in range(2):
        writers = write_while(mortal, lambda: time.sleep(1.5) or mortal.stop(signal.SIGKILL))
        mortal.start()
        check(mortal, writers)
        check_figures(mortal)
        for w in writers:
            for key in set(w.acknowledged) | set(w.unsure):
                assert rawhttp.request(mortal, "DELETE", f"/crash/{key}").status == 204


def test_a_daemon_that_is_down_costs_a_503_with_retry_after(mortal):
    for daemon in ("authd", "stored"):
        os.kill(mortal.pid(daemon), signal.SIGSTOP)
        try:
            with rawhttp.Connection(mortal, 120) as c:
                fields, _ = sigv4.header_auth(mortal.credentials, "GET", "/crash",
                                              host=mortal.netloc)
                c.send(rawhttp.head("GET", "/crash", fields))
                response = c.receive()
                assert response.status == 503 and int(response.get("Retry-After")) > 0
        finally:
            os.kill(mortal.pid(daemon), signal.SIGCONT)
        deadline = time.monotonic() + 20
        while not mortal.serves() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert mortal.serves()


# --- T81, T82, T83: races ---------------------------------------------------------------------


def together(*acts):
    """Runs all at once; returns their results in order."""
    results = [None] * len(acts)
    barrier = threading.Barrier(len(acts))

    def run(i):
        barrier.wait()
        results[i] = acts[i]()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(acts))]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    return results


def upload_of(server, key, body):
    upload = rawhttp.request(server, "POST", f"/crash/{key}?uploads").xml.findtext("UploadId")
    part = rawhttp.request(server, "PUT", f"/crash/{key}?uploadId={upload}&partNumber=1", body=body)
    document = ("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
                f"<ETag>{part.get('ETag')}</ETag></Part></CompleteMultipartUpload>").encode()
    return f"/crash/{key}?uploadId={upload}", document


def test_t81_two_completes_at_once_make_one_whole_object(mortal):
    for n in range(10):
        body = body_of(f"complete-{n}", LARGE)
        target, document = upload_of(mortal, f"k{n}", body)
        answers = together(*[lambda: rawhttp.request(mortal, "POST", target, body=document)] * 4)
        assert {a.status for a in answers} == {200}, [a.body for a in answers]
        assert len({a.xml.findtext("ETag") for a in answers}) == 1
        assert rawhttp.request(mortal, "GET", f"/crash/k{n}").body == body


def test_t81_abort_racing_complete_is_one_or_the_other(mortal):
    for n in range(20):
        body = body_of(f"abort-{n}", LARGE)
        target, document = upload_of(mortal, f"a{n}", body)
        done, aborted = together(lambda: rawhttp.request(mortal, "POST", target, body=document),
                                 lambda: rawhttp.request(mortal, "DELETE", target))
        got = rawhttp.request(mortal, "GET", f"/crash/a{n}")
        if done.status == 200:
            assert got.body == body
        else:
            assert done.code == "NoSuchUpload" and aborted.status == 204
            assert got.status == 404


def test_t81_if_none_match_lets_exactly_one_of_many_in(mortal):
    for n in range(10):
        bodies = [body_of(f"{n}-{i}", SMALL if n % 2 else LARGE) for i in range(6)]
        answers = together(*[
            lambda b=b: rawhttp.request(mortal, "PUT", f"/crash/one{n}", [("If-None-Match", "*")], b)
            for b in bodies])
        won = [i for i, a in enumerate(answers) if a.status == 200]
        assert len(won) == 1, [a.status for a in answers]
        assert {a.code for i, a in enumerate(answers) if i not in won} <= {
            "PreconditionFailed", "ConditionalRequestConflict"}
        assert rawhttp.request(mortal, "GET", f"/crash/one{n}").body == bodies[won[0]]


def test_t82_a_reader_of_a_replaced_or_deleted_object_gets_the_whole_old_one(mortal):
    size = 64 << 20
    old = body_of("old", size)
    for ending in ("PUT", "DELETE"):
        assert rawhttp.request(mortal, "PUT", "/crash/long", body=old).status == 200
        with rawhttp.Connection(mortal) as c:
            fields, _ = sigv4.header_auth(mortal.credentials, "GET", "/crash/long",
                                          host=mortal.netloc)
            c.send(rawhttp.head("GET", "/crash/long", fields))
            while len(c.buffer) < 1000:
                c._more()
            body = body_of("new", LARGE) if ending == "PUT" else b""
            assert rawhttp.request(mortal, ending, "/crash/long", body=body).status in (200, 204)
            time.sleep(1)
            response = c.receive()
        assert response.status == 200 and response.body == old


def test_t83_a_copy_does_not_share_its_sources_fate(mortal):
    body = body_of("source", LARGE)
    assert rawhttp.request(mortal, "PUT", "/crash/source", body=body).status == 200
    assert rawhttp.request(mortal, "PUT", "/crash/copy",
                           [("x-amz-copy-source", "/crash/source")]).status == 200
    assert rawhttp.request(mortal, "DELETE", "/crash/source").status == 204
    mortal.restart()
    time.sleep(2)
    assert rawhttp.request(mortal, "GET", "/crash/copy").body == body
    assert rawhttp.request(mortal, "PUT", "/crash/copy", body=b"other").status == 200
    assert rawhttp.request(mortal, "GET", "/crash/copy").body == b"other"


def blobs(server):
    return [p for p in server.data.rglob("blobs/*/*") if p.is_file()]


@pytest.mark.skipif(os.geteuid() != 0, reason="looking into stored's directory needs root")
def test_space_of_what_is_deleted_or_dropped_comes_back(mortal):
    for n in range(5):
        assert rawhttp.request(mortal, "PUT", f"/crash/k{n}", body=bytes(LARGE)).status == 200
    assert len(blobs(mortal)) == 5
    for n in range(5):
        assert rawhttp.request(mortal, "DELETE", f"/crash/k{n}").status == 204
    deadline = time.monotonic() + 60
    while blobs(mortal) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not blobs(mortal)
