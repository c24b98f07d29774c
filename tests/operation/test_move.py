# SPDX-License-Identifier: Apache-2.0
"""A tenant moves to another host as docs/backup.md says, under load, and loses nothing that was acknowledged."""

import contextlib
import hashlib
import threading

import pytest

from lib import coffer, rawhttp, rest, sigv4

WRITERS = 4
SIZES = (100, 40_000, 300_000)
REFUSED = (403, 503)


@pytest.fixture(scope="module")
def server():
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    with coffer.Coffer(args=["--workers", "2"]) as running:
        yield running


@pytest.fixture(scope="module")
def elsewhere():
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    with coffer.Coffer(args=["--workers", "2"]) as running:
        yield running


def body_of(key, turn):
    return hashlib.shake_128(f"{key} {turn}".encode()).digest(SIZES[turn % len(SIZES)])


class Writer(threading.Thread):
    """Puts, overwrites and deletes, until it is refused for good; remembers what it was told is done."""

    def __init__(self, put, delete, name):
        super().__init__()
        self.put, self.delete, self.name = put, delete, name
        self.there, self.unsure, self.odd = {}, set(), []
        self.refused = 0
        self.stop = threading.Event()

    def run(self):
        turn = 0
        while not self.stop.is_set() and self.refused < 20:
            key = f"{self.name}/{turn % 50}"
            deletes = turn % 7 == 6
            body = None if deletes else body_of(key, turn)
            status = self.delete(key) if deletes else self.put(key, body)
            if status in (200, 204, 404):
                self.there[key] = body
                self.unsure.discard(key)
            elif status == 503:
                self.unsure.add(key)
            elif status in REFUSED:
                self.refused += 1
            else:
                self.odd.append(status)
            turn += 1


def s3_writer(of, bucket, n):
    return Writer(lambda key, body: rawhttp.request(of, "PUT", f"/{bucket}/{key}", (), body).status,
                  lambda key: rawhttp.request(of, "DELETE", f"/{bucket}/{key}").status, f"s3-{n}")


def rest_writer(store, n):
    return Writer(lambda key, body: store.ask("PUT", rest.target(key), (), body).status,
                  lambda key: store.delete(key).status, f"rest-{n}")


def begin_slowly(of, target, body):
    """An upload of which half has come, and a function that sends the rest and gives the status."""
    fields, _ = sigv4.header_auth(of.credentials, "PUT", target, (), body, host=of.netloc)
    connection = rawhttp.Connection(of)
    fields += [("Content-Length", str(len(body))), ("Expect", "100-continue")]
    connection.send(rawhttp.head("PUT", target, fields))
    # It is let in.
    assert b" 100 " in connection.socket.recv(100)
    connection.send(body[:len(body) // 2])

    def finish():
        with connection:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.send(body[len(body) // 2:])
            return connection.receive("PUT")
    return finish


def usage(host, name):
    told = host.ctl("tenant", "usage", name)["tenants"][0]
    return {k: v for k, v in told.items() if k in ("objects", "bytes", "uploads", "upload_bytes")}


def test_a_tenant_moves_under_load_and_nothing_acknowledged_is_lost(server, elsewhere, bucket_name):
    name, place = bucket_name, str(server.dir / f"m-{bucket_name}")
    own = server.add_tenant(name)
    assert rawhttp.request(own, "PUT", f"/{name}").status == 200
    token = server.ctl("token", "add", "mover", "--ttl", "1", "--tenant", name, "--bucket", name
                       )["token"]["token"]
    store = rest.Store(server.rest_endpoint, token, name)
    writers = [*(s3_writer(own, name, n) for n in range(WRITERS)),
               *(rest_writer(store, n) for n in range(WRITERS))]
    for writer in writers:
        writer.start()
    to = ("--to-host", elsewhere.ctl("host", "key")["host"]["key"])
    try:
        for _ in range(2):
            server.ctl("tenant", "backup", name, place, *to)
        finish = begin_slowly(own, f"/{name}/slow", b"s" * 400_000)
        server.ctl("tenant", "suspend", name)
        counted = usage(server, name)
        assert finish().status == 403
    finally:
        for writer in writers:
            writer.stop.set()
            writer.join()
    assert not [w.odd for w in writers if w.odd]
    assert usage(server, name) == counted
    server.ctl("tenant", "backup", name, place, *to)
    elsewhere.ctl("tenant", "restore", place)
    assert usage(elsewhere, name) == counted
    there = coffer.Server(elsewhere.endpoint, own.access_key, own.secret_key, own.region)
    n_compared = 0
    for key, body in ((k, b) for w in writers for k, b in w.there.items() if k not in w.unsure):
        answer = rawhttp.request(there, "GET", f"/{name}/{key}")
        assert (answer.status, answer.body) == (200, body) if body else answer.status == 404, key
        n_compared += 1
    assert n_compared > 100
    assert rawhttp.request(there, "GET", f"/{name}/slow").status == 404
    moved = rest.Store(elsewhere.rest_endpoint, token, name)
    assert moved.put("after", b"moved")
    # Only one of them ever takes anything.
    assert rawhttp.request(own, "PUT", f"/{name}/after", (), b"late").status == 403
    server.ctl("tenant", "delete", name, "--with-data")
    assert moved.read("after") == b"moved"
    elsewhere.ctl("tenant", "delete", name, "--with-data")


@pytest.mark.parametrize("daemon", ["authd", "stored"])
def test_t80_what_is_suspended_to_move_stays_what_it_is_whoever_dies(server, bucket_name, daemon):
    name = bucket_name
    own = server.add_tenant(name)
    assert rawhttp.request(own, "PUT", f"/{name}").status == 200
    server.ctl("tenant", "suspend", name)
    server.kill_and_wait(daemon)
    assert rawhttp.request(own, "PUT", f"/{name}/late", (), b"late").status == 403
    assert usage(server, name)["objects"] == 0
    server.ctl("tenant", "delete", name, "--with-data")
