# SPDX-License-Identifier: Apache-2.0
"""Daemons die and tokens meet their limit while Coffer's Python client works; nobody notices."""

import hashlib
import os
import signal
import threading
import time

import httpx
import pytest

import coffer
from clients import access

pytestmark = pytest.mark.client

MIB = 1024 * 1024
PATIENT = {"max_retries": 12, "retry_delay": 0.05}


class Worker(threading.Thread):
    """Puts, gets, lists and deletes keys of its own until it is told to stop."""

    def __init__(self, store, number):
        super().__init__(daemon=True)
        self.store = store
        self.number = number
        self.stopping = threading.Event()
        self.rounds = 0
        self.kept = {}
        self.error = None

    def run(self):
        try:
            while not self.stopping.is_set():
                self.round()
                self.rounds += 1
        except BaseException as error:  # an exception of a thread must fail the test
            self.error = error

    def round(self):
        """Every answer is the right one, whatever died in between."""
        key = f"w{self.number}/{self.rounds} %/.."
        # In turns inside the catalog and beside it.
        data = hashlib.sha256(key.encode()).digest() * (20 if self.rounds % 2 else 20_000)
        self.store.put(key, data)
        assert self.store.get(key) == data
        assert self.store.exists(key)
        assert key in list(self.store.keys(prefix=f"w{self.number}/"))
        if self.rounds % 3:
            self.store.delete(key)
            assert not self.store.exists(key)
        else:
            self.kept[key] = data


@pytest.mark.parametrize("daemon", ["frontend", "authd", "stored"])
def test_a_daemon_that_is_killed_goes_unnoticed(new_coffer, connect, daemon):
    server = new_coffer()
    where = access.of(server)
    workers = [Worker(connect(where, **PATIENT), number) for number in range(3)]
    # Debian's anyio imports its backend at the first use, and not safely in several threads.
    workers[0].store.exists("nothing")
    for worker in workers:
        worker.start()
    for _ in range(3):
        before = [worker.rounds for worker in workers]
        server.kill_and_wait(daemon)
        deadline = time.monotonic() + 30
        while any(w.rounds <= b + 1 and not w.error for w, b in zip(workers, before)):
            assert time.monotonic() < deadline, "no progress since the daemon came back"
            time.sleep(0.02)
    for worker in workers:
        worker.stopping.set()
    for worker in workers:
        worker.join(60)
        assert not worker.is_alive()
        if worker.error:
            raise worker.error
    kept = {key: data for worker in workers for key, data in worker.kept.items()}
    store = connect(where, **PATIENT)
    assert sorted(store.keys(), key=str.encode) == sorted(kept, key=str.encode)
    assert all(store.get(key) == data for key, data in kept.items())


def counting_client(kind, requests):
    """An HTTP client that notes the requests it sends."""
    def note(request):
        requests.append(request)

    async def anote(request):
        requests.append(request)

    return (httpx.Client(event_hooks={"request": [note]}) if kind == "sync"
            else httpx.AsyncClient(event_hooks={"request": [anote]}))


def test_a_download_survives_the_frontend(new_coffer, connect, kind):
    server = new_coffer()
    requests = []
    store = connect(access.of(server), client=counting_client(kind, requests), **PATIENT)
    data = os.urandom(64 * MIB)
    store.put("big", data)
    with store.open("big") as file:
        begin = file.read(MIB)
        workers = server.workers()
        parent = server.kill("frontend")
        for pid in workers:
            end(pid)
        assert parent not in workers
        assert begin + file.read() == data
    went_on = [request for request in requests if "Range" in request.headers]
    assert went_on and went_on[0].headers["If-Match"] == file.etag


def end(pid):
    """Ends a worker, unless it went with its parent."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def test_an_upload_survives_the_frontend(new_coffer, connect):
    server = new_coffer()
    store = connect(access.of(server), **PATIENT)
    data = os.urandom(64 * MIB)
    beginnings = []

    def kill_in_the_middle(done, total):
        if done == 0:
            beginnings.append(done)
        if done == 32 * MIB and len(beginnings) == 1:
            workers = server.workers()
            server.kill("frontend")
            for pid in workers:
                end(pid)

    store.put("big", data, progress=kill_in_the_middle)
    assert len(beginnings) > 1
    assert store.get("big") == data


def test_a_limited_token_is_slow_and_not_refused(new_coffer, connect, kind):
    server = new_coffer()
    where = access.limited(server, 5)
    requests = []
    store = connect(where, client=counting_client(kind, requests), **PATIENT)
    for number in range(15):
        store.put(f"k{number}", b"v")
    assert len(requests) > 15, "no request met the limit"
    assert len(list(connect(access.of(server)).keys())) == 15


def test_a_limit_that_outlasts_the_tries_is_told(new_coffer, connect):
    store = connect(access.limited(new_coffer(), 1), max_retries=0)
    with pytest.raises(coffer.RestStoreError, match="Rate limit exceeded") as told:
        for _ in range(100):
            list(store.keys())
    assert told.value.status == 429
