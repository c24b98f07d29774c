# SPDX-License-Identifier: Apache-2.0
"""A call of authd's fails while administrators give orders: what they were told is done is done for good, and
authd goes on or comes back.
"""

import signal

import pytest

from lib import faults, rawhttp
from .administrator import SECRET, Administrator
from .sweep import check_log

KINDS = [("allocation", "ENOMEM"), ("write", "EIO"), ("write", "ENOSPC"), ("write", "half"),
          ("flush", "EIO"), ("flush", "ENOSPC"), ("descriptor", "EMFILE"), ("send", "ENOBUFS"),
          ("send", "EPIPE")]


def settle(server, administrator, needs_start=False):
    """All is well again: what there is, is what was told, also after the power has failed.

    An authd that could not write or flush at its start either makes no changes until the next.
    """
    server.well()
    if needs_start:
        server.restart()
    administrator.check()
    server.stop(signal.SIGKILL)
    server.lose()
    server.start()
    administrator.check()


@pytest.mark.parametrize("kind, error", KINDS)
def test_a_fault_undoes_no_order_and_tells_no_lie(faulty, moments, kind, error):
    server = faulty(forgetful=True)
    administrator = Administrator(server)
    administrator.work()
    server.count("authd")
    administrator.work()
    assert administrator.unsure == 0
    failed = 0
    for first, count in moments(server.seen("authd", kind)):
        print(f"authd {kind} {error} first={first} count={count}", end="", flush=True)
        server.fail("authd", kind, error, first, count)
        administrator.work()
        failed += server.failed("authd") > 0
        print(f" {server.failed_call('authd')} failed={server.failed('authd')} "
              f"unsure={administrator.unsure}")
        settle(server, administrator, needs_start=kind in ("flush", "write") and count > 1)
    assert failed > 0
    check_log(server, SECRET)
    server.stop()


def test_a_secret_is_the_one_that_was_given_or_none(faulty):
    """Long strings in an order need memory again and again."""
    server = faulty()
    administrator = Administrator(server)
    administrator.ask("tenant.create", name="t")
    server.count("authd")
    made = 0
    members = {"tenant": "t", "secret_key": SECRET}
    administrator.ask("key.create", access_key=f"CF{0:018}", **members)
    for first in range(1, server.seen("authd", "allocation") + 1):
        access_key = f"CF{first:018}"
        server.fail("authd", "allocation", "ENOMEM", first)
        answer = administrator.ask("key.create", access_key=access_key, **members)
        server.well()
        if answer and answer["ok"]:
            made += 1
            assert administrator.eventually(administrator.opens, access_key), (first, server.log())
    assert made > 0
    server.stop()


def test_what_authd_could_not_flush_is_read_from_the_disk(faulty):
    """The lie that the kernel tells: what is clean in its cache is not on the disk."""
    server = faulty(forgetful=True)
    administrator = Administrator(server)
    administrator.work()
    pid = server.pid("authd")
    # The log of orders is flushed first.
    server.fail("authd", "flush", "EIO", first=2)
    assert not administrator.order(("tenant", "lost"), "active", "tenant.create", name="lost")
    administrator.eventually(administrator.make_one)
    assert server.pid("authd") != pid
    assert "change-failed" in server.log() and "write-failed" in server.log()
    settle(server, administrator)
    server.stop()


def test_a_log_that_cannot_be_gone_on_with_keeps_no_authd_from_starting(faulty):
    """There is no room for the end of a line that a crash has cut; who is to make room must be let in."""
    server = faulty()
    server.stop()
    with (server.data / "auth" / "audit.1.log").open("ab") as log:
        log.write(b'{"cut')
    server.fail("authd", "write", "ENOSPC")
    server.start()
    assert server.failed("authd") == 1 and "audit-failed" in server.log()
    assert rawhttp.request(server, "PUT", "/default-objects/k", body=b"x").status == 200
    assert rawhttp.request(server, "DELETE", "/default-objects/k").status == 204
    assert not Administrator(server).make_one()
    server.stop()


def test_who_is_known_is_served_while_authd_cannot_flush(faulty):
    server = faulty(forgetful=True)
    administrator = Administrator(server)
    for _ in range(2):
        administrator.work()
    server.fail("authd", "flush", "EIO", count=faults.ALWAYS)
    assert not administrator.order(("tenant", "lost"), "active", "tenant.create", name="lost")
    assert administrator.eventually(administrator.opens, f"CF{2:018}")
    state = administrator.eventually(administrator.state)
    assert state["tenant", "t2"] == "active" and state["tenant", "lost"] in (None, "active")
    assert not administrator.order(("tenant", "later"), "active", "tenant.create", name="later")
    assert "log-not-settled" in server.log()
    settle(server, administrator, needs_start=True)
    server.stop()
