# SPDX-License-Identifier: Apache-2.0
"""Services come and go under load: nothing that was acknowledged is lost, and nobody is refused."""

import os
import signal
import time

import pytest

from lib import coffer

from .load import Load

SETTLE_S = 1.5
WATCHDOG_S = 2


@pytest.fixture(scope="module")
def server(machine):
    return machine.new_server("restarts")


def check(capsys, what, load, allowed=()):
    with capsys.disabled():
        print(f"\n    {what}: {load}")
    assert load.outcomes[200] > 20
    assert not load.wrong
    assert {o for o in load.others() if not str(o).startswith(allowed or "never")} == set()
    assert load.lost() == []


@pytest.mark.parametrize("daemon", coffer.DAEMONS)
def test_a_restart_costs_a_503_at_worst(machine, server, daemon, capsys):
    with Load(server, f"restart-{daemon}") as load:
        time.sleep(SETTLE_S)
        before = machine.pid(machine.unit(daemon))
        machine.run("systemctl", "restart", machine.unit(daemon))
        assert machine.pid(machine.unit(daemon)) != before
        machine.wait_until_served(server)
        time.sleep(SETTLE_S)
    check(capsys, f"restart of {daemon}", load)


def test_a_restart_of_all_of_them_leaves_the_sockets_open(machine, server, capsys):
    since = machine.show("coffer-s3.socket", "ActiveEnterTimestampMonotonic")
    with Load(server, "restart-target") as load:
        time.sleep(SETTLE_S)
        machine.run("systemctl", "restart", "coffer.target")
        machine.wait_until_served(server)
        time.sleep(SETTLE_S)
    check(capsys, "restart of the target", load)
    assert machine.show("coffer-s3.socket", "ActiveEnterTimestampMonotonic") == since


@pytest.mark.parametrize("daemon", coffer.DAEMONS)
def test_t80_kill_of_a_daemon_loses_nothing_acknowledged(machine, server, daemon, capsys):
    """Only the frontend has connections that break with it."""
    with Load(server, f"kill-{daemon}") as load:
        time.sleep(SETTLE_S)
        machine.kill(daemon)
        machine.wait_until_served(server)
        time.sleep(SETTLE_S)
    check(capsys, f"kill -9 of {daemon}", load, "broken" if daemon == "frontend" else ())


def test_connections_wait_while_a_service_is_down(machine, server):
    """As long as it takes: the socket is systemd's, and a connection starts the service."""
    machine.run("systemctl", "stop", "coffer-frontend.service")
    assert machine.pid("coffer-frontend.service") is None
    assert server.serves()
    assert machine.pid("coffer-frontend.service") is not None


@pytest.fixture
def impatient(machine):
    """A watchdog that takes two seconds of silence for death."""
    with machine.drop_in("coffer-.service", "watchdog", f"[Service]\nWatchdogSec={WATCHDOG_S}\n"):
        machine.run("systemctl", "restart", "coffer.target")
        yield
    machine.run("systemctl", "restart", "coffer.target")


def test_the_watchdog_replaces_a_loop_that_hangs_and_no_other(machine, server, impatient):
    machine.wait_until_served(server)
    pids = {daemon: machine.pid(machine.unit(daemon)) for daemon in coffer.DAEMONS}
    time.sleep(3 * WATCHDOG_S)
    assert {d: machine.pid(machine.unit(d)) for d in coffer.DAEMONS} == pids
    for daemon, pid in pids.items():
        os.kill(pid, signal.SIGSTOP)
        machine.wait(lambda: machine.pid(machine.unit(daemon)) not in (None, pid),
                     f"{daemon} was not replaced")
        machine.wait_until_served(server)
    assert machine.said().count("Watchdog timeout") >= len(pids)
