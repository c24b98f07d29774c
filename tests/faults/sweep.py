# SPDX-License-Identifier: Apache-2.0
"""A call of a daemon's fails, at any moment, while clients work.

How often a daemon makes which calls for some work is counted first. Then one of them fails, or some, or from there
on all; the work is done again, what was told is compared with what is there, and then once more
after all of Coffer was started again.
"""

import signal
import sqlite3
import time

from lib import coffer
from .client import Client

SWEEP_S, SWEEP_LIMIT_S = 11, 60


def settle(server, client, needs_start):
    """All is well again: what there is, is what was told, also after the power has failed.

    A stored that could not write or flush at its start either makes no changes until the next.
    """
    server.well()
    if needs_start:
        server.restart()
    client.check()
    server.stop(signal.SIGKILL)
    server.lose()
    server.start()
    client.check()


def blobs(server):
    return {path.name for path in server.data.glob("data/tenants/*/blobs/*/*")}


def rows(server):
    """The blobs that catalogs have, each of which SQLite finds sound. To be asked while nothing runs."""
    found = set()
    for path in server.data.glob("data/tenants/*/catalog.db"):
        with sqlite3.connect(path) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            found |= {row[0].hex() for row in db.execute("SELECT id FROM blobs")}
        db.close()
    return found


def has_orphans(server):
    """Whether there are files without a row; there must be no row without its file."""
    server.stop()
    found, named = blobs(server), rows(server)
    assert named <= found
    return found != named


def check_orphans(servers):
    """Figures are right, and the sweep, which comes some seconds after each start, leaves no file without a row."""
    for server in servers:
        used, = server.ctl("tenant", "usage", "default", "--recount")["tenants"]
        assert used["corrected"] == [], used
    end = time.monotonic() + SWEEP_LIMIT_S
    while servers := [server for server in servers if has_orphans(server)]:
        assert time.monotonic() < end, [server.log() for server in servers]
        for server in servers:
            server.start()
        time.sleep(SWEEP_S)


def check_log(server, *secrets):
    said = server.log()
    assert not coffer.SANITIZER_REPORT.search(said), said
    for secret in (server.secret_key, server.token, *secrets):
        assert secret not in said


def try_faults(server, moments, daemon, kind, error):
    """Lets calls of that kind fail at the moments that are chosen: `moments` of conftest.py."""
    client = Client(server, "faults")
    client.work()
    server.count(daemon)
    client.work()
    n = server.seen(daemon, kind)
    assert n > 0 and client.unsure == 0
    failed = 0
    for first, count in moments(n):
        print(f"{daemon} {kind} {error} first={first} of {n} count={count}", end="", flush=True)
        server.fail(daemon, kind, error, first, count)
        client.work()
        failed += server.failed(daemon) > 0
        print(f" {server.failed_call(daemon)} failed={server.failed(daemon)} unsure={client.unsure}")
        settle(server, client, needs_start=kind in ("flush", "write") and count > 1)
    assert failed > 0
    check_log(server)
