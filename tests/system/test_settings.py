# SPDX-License-Identifier: Apache-2.0
"""What an operator writes into coffer.conf.d: taken while all runs, refused, or the end of a start."""

import json
import time

import pytest

from lib import coffer, rawhttp

EXIT_WRONG = "2"
# Of several rests from one start to the next.
WATCHED_S = 1.5
SERVICES = tuple(f"coffer-{daemon}.service" for daemon in coffer.DAEMONS)


@pytest.fixture
def drop_in(machine):
    """A file of the operator's, gone at the end and with it what it said."""
    path = machine.path("/etc/coffer/coffer.conf.d/test.conf")
    path.parent.mkdir(exist_ok=True)
    yield path
    path.unlink()
    machine.run("systemctl", "reload", "coffer-authd")


def reloaded(machine):
    return json.loads(machine.run("cofferctl", "--json", "reload"))["reload"]


def test_a_reload_takes_what_may_change(machine, drop_in):
    pid = machine.pid("coffer-authd.service")
    drop_in.write_text("[limits]\nlogin-pause = 7\n")
    machine.run("systemctl", "reload", "coffer-authd")
    assert reloaded(machine) == {"changed": [], "restart": [], "unseen": []}
    drop_in.write_text("[limits]\nlogin-pause = 8\n[processes]\nworkers = 5\n")
    assert reloaded(machine) == {"changed": ["login-pause"], "restart": ["workers"],
                                 "unseen": []}
    assert machine.pid("coffer-authd.service") == pid


def test_a_reload_of_a_wrong_line_fails_and_names_it(machine, drop_in):
    drop_in.write_text("[limits]\nrequest-rate = 7\nlogin-pause = soon\n")
    assert machine.try_run("systemctl", "reload", "coffer-authd").returncode != 0
    assert "test.conf:3: login-pause cannot be" in machine.try_run("cofferctl", "reload").stderr
    drop_in.write_text("")
    assert reloaded(machine)["changed"] == []


@pytest.fixture(scope="module")
def server(machine):
    return machine.new_server("settings")


@pytest.fixture
def wrong(machine, server, drop_in):
    """A line that no daemon starts with; mended at the end, and all is up again."""
    drop_in.write_text("[limits]\nlogin-pause = soon\n")
    machine.try_run("systemctl", "restart", *SERVICES)
    machine.wait(lambda: machine.show("coffer-s3.socket", "ActiveState") == "inactive"
                 and machine.show("coffer-authd-admin.socket", "ActiveState") == "inactive",
                 "the sockets were not shut")
    yield
    drop_in.write_text("")
    machine.run("systemctl", "restart", "coffer.target")
    machine.wait_until_served(server)
    for unit in ("coffer-s3.socket", "coffer-rest.socket", "coffer-authd-admin.socket"):
        assert machine.show(unit, "ActiveState") == "active"


def starts(machine):
    return machine.said().count("test.conf:2: login-pause cannot be")


def test_wrong_settings_are_tried_once_and_said(machine, wrong):
    for unit in SERVICES:
        machine.wait(lambda: machine.show(unit, "ActiveState") == "failed", f"{unit} did not fail")
        assert (machine.show(unit, "Result"), machine.show(unit, "ExecMainStatus")) \
            == ("exit-code", EXIT_WRONG)
    before = starts(machine)
    time.sleep(WATCHED_S)
    assert starts(machine) == before >= len(SERVICES)
    assert all(machine.show(unit, "NRestarts") == "0" for unit in SERVICES)


def test_nobody_is_kept_waiting_by_wrong_settings(machine, server, wrong):
    """Nor does he who connects have them tried once more."""
    before = starts(machine)
    with pytest.raises(ConnectionRefusedError):
        rawhttp.request(server, "GET", "/")
    assert machine.try_run("cofferctl", "status").returncode == 1
    assert starts(machine) == before


def test_wrong_settings_of_one_daemon_leave_the_others(machine, server, drop_in):
    """Who waits at its sockets is let go, and 503 is all that comes of it."""
    drop_in.write_text("[limits]\nlogin-pause = soon\n")
    stored = machine.pid("coffer-stored.service")
    before = starts(machine)
    machine.try_run("systemctl", "restart", "coffer-authd.service")
    assert rawhttp.request(server, "GET", "/").status == 503
    time.sleep(WATCHED_S)
    assert (starts(machine), machine.pid("coffer-stored.service")) == (before + 1, stored)
    drop_in.write_text("")
    machine.run("systemctl", "start", "coffer-authd.service")
    machine.wait_until_served(server)


def test_metrics_on_an_address_without_a_token_are_wrong_settings(machine, server):
    """It is not told by the settings alone, but by what systemd listens on."""
    with machine.drop_in("coffer-metrics.socket", "address",
                         "[Socket]\nListenStream=127.0.0.1:9100\n"):
        machine.run("systemctl", "restart", "coffer-metrics.socket")
        machine.try_run("systemctl", "restart", "coffer-frontend.service")
        machine.wait(lambda: machine.show("coffer-frontend.service", "ActiveState") == "failed",
                     "the frontend did not fail")
        assert machine.show("coffer-frontend.service", "ExecMainStatus") == EXIT_WRONG
        assert machine.show("coffer-s3.socket", "ActiveState") == "inactive"
    machine.run("systemctl", "restart", "coffer.target")
    machine.wait_until_served(server)
