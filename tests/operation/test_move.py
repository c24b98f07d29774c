# SPDX-License-Identifier: Apache-2.0
"""A tenant moves to another host as docs/backup.md says, under load, and loses nothing that was acknowledged."""

import contextlib
import hashlib
import subprocess
import threading

import pytest

from lib import coffer, rawhttp, rest, sigv4

from .conftest import wait_for

WRITERS = 4
SIZES = (100, 40_000, 300_000)
REFUSED = (403, 503)


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
        # So many that it is worth comparing, however slow this machine is.
        wait_for(lambda: sum(len(w.there) for w in writers) > 150, patience_s=60)
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


# --- to another Coffer of the same host -------------------------------------------------------


@pytest.fixture
def small(server, elsewhere, bucket_name):
    """A tenant with a few objects, and a way to ask each side for it."""
    own = server.add_tenant(bucket_name)
    assert rawhttp.request(own, "PUT", f"/{bucket_name}").status == 200
    for n in range(12):
        assert rawhttp.request(own, "PUT", f"/{bucket_name}/{n}", (), body_of("small", n)).status == 200
    own.name = bucket_name
    yield own
    for host in (server, elsewhere):
        # One that has moved away may be gone any moment.
        host.control("tenant", "delete", bucket_name, "--with-data")


def on(host, who):
    return coffer.Server(host.endpoint, who.access_key, who.secret_key, who.region)


def move(server, elsewhere, name):
    return ("tenant", "move", name, str(server.dir / f"mv-{name}"), "--to-socket",
            str(elsewhere.admin_socket))


def takes(host, who):
    return rawhttp.request(on(host, who), "PUT", f"/{who.name}/probe", (), b"p").status == 200


def is_whole(host, who):
    return all(rawhttp.request(on(host, who), "GET", f"/{who.name}/{n}").body == body_of("small", n)
               for n in range(12))


def test_a_tenant_moves_to_another_coffer_by_one_command(server, elsewhere, small):
    done = server.control(*move(server, elsewhere, small.name))
    assert done.returncode == 0, done.stderr
    assert is_whole(elsewhere, small) and takes(elsewhere, small)
    assert not takes(server, small)
    assert usage(elsewhere, small.name)["objects"] == 13


def test_a_tenant_moves_neither_to_its_own_coffer_nor_over_another(server, elsewhere, small):
    done = server.control(*move(server, server, small.name))
    assert done.returncode == 1 and "of this Coffer itself" in done.stderr
    elsewhere.ctl("tenant", "create", small.name)
    done = server.control(*move(server, elsewhere, small.name))
    assert done.returncode == 1 and "has a tenant" in done.stderr
    assert takes(server, small) and is_whole(server, small)


def state_of(host, name):
    return {t["name"]: t["state"] for t in host.ctl("tenant", "list")["tenants"]}.get(name)


@pytest.mark.parametrize("when", ["at once", "copied", "suspended", "arriving", "there"])
def test_t80_a_move_that_is_killed_leaves_one_that_takes_anything_and_is_gone_on_with(
        server, elsewhere, small, when):
    place = server.dir / f"mv-{small.name}"
    reached = {
        "at once": lambda: True,
        "copied": lambda: (place / "manifest.json").exists(),
        "suspended": lambda: state_of(server, small.name) == "suspended",
        "arriving": lambda: state_of(elsewhere, small.name),
        "there": lambda: state_of(server, small.name) in (None, "deleting"),
    }[when]
    argv = [str(server.build / "client" / "cofferctl"), "--socket", str(server.admin_socket),
            *move(server, elsewhere, small.name)]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        wait_for(lambda: reached() or running.poll() is not None, step_s=0.001)
        running.kill()
    assert not (takes(server, small) and takes(elsewhere, small))
    done = server.control(*move(server, elsewhere, small.name))
    # What had come whole before the kill is not taken for the newest.
    if done.returncode:
        assert "something already" in done.stderr, done.stderr
        assert state_of(server, small.name) == state_of(elsewhere, small.name) == "suspended"
        elsewhere.ctl("tenant", "delete", small.name, "--with-data")
        assert server.control(*move(server, elsewhere, small.name)).returncode == 0
    assert is_whole(elsewhere, small) and takes(elsewhere, small) and not takes(server, small)
