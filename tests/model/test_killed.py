# SPDX-License-Identifier: Apache-2.0
"""T80: daemons are killed under clients of both dialects, and what each key went through has one order.

`--minutes` says for how long, `--long` that it be long, `--seed` what clients do; when what meets what is left
to the machine.
"""

import os
import random
import signal
import time

import pytest

from lib import coffer

from . import clients
from .history import Event, is_possible, shortest

MINUTES = 0.5
MINUTES_LONG = 5
CLIENTS = 3			# of each dialect
PAUSE_S = (0.1, 0.8)
VICTIMS = (*coffer.DAEMONS, "worker", "everything")


@pytest.fixture
def mortal():
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    with coffer.Coffer() as running:
        yield running


def kill(server, victim):
    if victim == "everything":
        server.restart(signal.SIGKILL)
    elif victim == "worker":
        for pid in server.workers():
            os.kill(pid, signal.SIGKILL)
    else:
        server.kill_and_wait(victim)


def work(server, book, seed, token, act):
    """Clients at work while act() goes on. Those that are still there have been stopped."""
    there = [clients.S3Client(server, book, seed * 100 + n) for n in range(CLIENTS)]
    there += [clients.RestClient(server, book, seed * 100 + 50 + n, token) for n in range(CLIENTS)]
    for client in there:
        client.start()
    try:
        act()
    finally:
        for client in there:
            client.stopping.set()
        for client in there:
            client.join(2 * clients.TIMEOUT_S)
    assert not any(client.is_alive() for client in there)
    errors = [error for client in there for error in client.errors]
    assert not errors, errors


def read_all(server, book, token):
    """What every key is in the end, by both dialects, as further events of its history."""
    readers = clients.S3Client(server, book, 0), clients.RestClient(server, book, 0, token)
    for key in list(book.events):
        for reader in readers:
            before = len(book.events[key])
            reader.get(key)
            assert len(book.events[key]) == before + 1, f"no answer for {key}"
    for reader in readers:
        reader.hang_up()


def check(book):
    for key, events in book.events.items():
        if not is_possible(events):
            began = min(event.begin for event in events)
            left = sorted(shortest(events), key=lambda e: e.begin)
            told = "\n".join(f"{e.begin - began:9.4f} {e.end - began:9.4f} {e.act:8} {e.value} old={e.old} "
                             f"done={e.done}" for e in left)
            pytest.fail(f"{key}: no order of these is right\n{told}")


def test_t80_kill_9_of_daemons_leaves_every_key_a_history_in_one_order(mortal, request, record_property):
    chosen = request.config.getoption("--seed")
    seed = random.randrange(1 << 31) if chosen is None else chosen
    record_property("seed of clients whose daemons are killed", seed)
    minutes = request.config.getoption("--minutes") or (MINUTES_LONG if request.config.getoption("--long") else MINUTES)
    print(f"seed {seed}: {minutes} minutes")
    chance, book = random.Random(seed), clients.Book()
    token = mortal.ctl("token", "add", "history", "--ttl", "1", "--bucket", clients.BUCKET)["token"]["token"]
    killed = []

    def kill_often():
        until = time.monotonic() + minutes * 60
        while time.monotonic() < until or len(killed) < len(VICTIMS):
            time.sleep(chance.uniform(*PAUSE_S))
            killed.append(VICTIMS[len(killed)] if len(killed) < len(VICTIMS) else chance.choice(VICTIMS))
            kill(mortal, killed[-1])

    work(mortal, book, seed, token, kill_often)
    read_all(mortal, book, token)
    mortal.restart()
    read_all(mortal, book, token)
    print(f"{len(killed)} killed, {len(book.events)} keys, {dict(sorted(book.count.items()))}")
    check(book)
    assert {f"{act}, done" for act in ("write", "create", "replace", "read", "remove")} <= set(book.count)
    assert {f"{act}, refused" for act in ("create", "replace", "remove")} <= set(book.count)


def test_a_write_that_is_forgotten_is_noticed(mortal):
    """What the server has really done, with one answered write that it does not know of."""
    book = clients.Book()
    token = mortal.ctl("token", "add", "history", "--ttl", "1", "--bucket", clients.BUCKET)["token"]["token"]
    work(mortal, book, 1, token, lambda: time.sleep(1))
    read_all(mortal, book, token)
    check(book)
    key = next(iter(book.events))
    end = min(event.begin for event in sorted(book.events[key], key=lambda e: e.begin)[-2:])
    last = max(event.end for event in book.events[key] if event.end < end)
    value, _ = book.new_value(100)
    book.note(key, Event("write", last + (end - last) / 3, last + (end - last) / 2, value))
    with pytest.raises(pytest.fail.Exception, match="no order"):
        check(book)
