# SPDX-License-Identifier: Apache-2.0
"""`cofferctl status`: what it says of the daemons is what the kernel says of them."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from lib import coffer, procfs, rawhttp, rest

from .conftest import wait_for

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNSEEN = "not visible from here"


@pytest.fixture
def own(new_coffer):
    return new_coffer()


def test_every_daemon_is_seen_as_it_is(own):
    status = own.ctl("status")["status"]
    daemons = {d["name"]: d for d in status["daemons"]}
    assert sorted(daemons) == sorted(coffer.DAEMONS)
    for name, daemon in daemons.items():
        assert daemon["state"] == "up" and daemon["pid"] == own.pid(name)
        assert 0 <= daemon["uptime_s"] <= status["uptime_s"] + 60
    if os.geteuid() == 0:
        assert len({d["user"] for d in daemons.values()}) == len(coffer.DAEMONS)
    if status["confinement"] != "degraded":
        assert {d["confinement"] for d in daemons.values()} == {"in force"}


def test_each_daemon_says_its_version_and_its_landlock(own):
    status = own.ctl("status")["status"]
    assert {d["version"] for d in status["daemons"]} == {status["version"]}
    for daemon in status["daemons"]:
        assert (daemon["landlock_abi"] > 0) == (daemon["grade"] != "degraded")
        assert daemon["no_new_privs"] is True and daemon["no_capabilities"] is True
        assert daemon["seccomp"] is (daemon["grade"] != "degraded")
    assert bool(status["warnings"]) == (status["confinement"] == "degraded")


def test_requests_and_errors_are_those_of_each_dialect(own):
    def requests():
        return own.ctl("status")["status"]["requests"]

    before = requests()
    assert rawhttp.request(own, "PUT", "/counted").status == 200
    assert rawhttp.request(own, "GET", "/counted/none").status == 404
    assert rest.Store(own.rest_endpoint, own.token).get("none").status == 404
    wait_for(lambda: requests()["rest"]["total"] > before["rest"]["total"])
    now = requests()
    grown = {dialect: {what: now[dialect][what] - before[dialect][what] for what in now[dialect]}
             for dialect in now}
    assert (grown["s3"]["total"], grown["s3"]["client_errors"]) == (2, 1)
    assert (grown["rest"]["total"], grown["rest"]["client_errors"]) == (1, 1)
    assert {grown[d]["server_errors"] for d in grown} == {0}


def test_tenants_keys_and_tokens_are_counted(own):
    before = own.ctl("status")["status"]
    own.add_tenant("counted")
    after = own.ctl("status")["status"]
    assert after["tenants"] == before["tenants"] + 1
    assert after["access_keys"] == before["access_keys"] + 1
    assert after["tokens"] == before["tokens"]


def members(value):
    """The names of all members, at any depth."""
    if isinstance(value, list):
        return set().union(*map(members, value))
    return set(value).union(*map(members, value.values())) if isinstance(value, dict) else set()


def test_the_manual_page_has_every_member(own):
    page = (ROOT / "docs" / "man" / "cofferctl.1.in").read_text()
    told = set(re.findall(r"[a-z_0-9]+", page.partition(".SH THE STATUS IN JSON")[2]))
    assert members(own.ctl("status")["status"]) <= told


def test_without_the_metrics_the_rest_is_told(own):
    status = own.ctl("status", "--metrics-socket", "/nonexistent")["status"]
    assert status["warnings"][0].startswith("no figures from /nonexistent: ")
    assert "requests" not in status and len(status["daemons"]) == len(coffer.DAEMONS)


def test_people_see_what_is_wrong_first(own):
    os.kill(own.pid("stored"), signal.SIGSTOP)
    try:
        told = own.control("status").stdout
    finally:
        os.kill(own.pid("stored"), signal.SIGCONT)
    warnings, _, rest_of_it = told.partition("\n\n")
    assert all(line.startswith("WARNING: ") for line in warnings.splitlines())
    assert "WARNING: coffer-stored does not say how it is" in warnings
    assert rest_of_it.startswith("Coffer ")


def test_room_on_the_disk_is_that_of_the_objects(own):
    disk = own.ctl("status")["status"]["disk"]
    assert 0 < disk["floor_bytes"] < disk["size_bytes"]
    assert disk["uploads_refused"] is (disk["free_bytes"] <= disk["floor_bytes"])
    usage = shutil.disk_usage(own.data)
    assert disk["path"] == str(own.data / "data") and disk["size_bytes"] == usage.total
    assert abs(disk["free_bytes"] - usage.free) < usage.total // 10


def confinements(status):
    return {d["confinement"] for d in status["daemons"]}


def test_from_inside_of_another_pid_namespace_nothing_is_made_up(own, apart):
    argv = [*apart, own.build / "client" / "cofferctl", "--socket", own.admin_socket, "--json", "status"]
    done = subprocess.run(argv, capture_output=True, check=True)
    status = json.loads(done.stdout)["status"]
    assert confinements(status) == {UNSEEN}
    assert not any("user" in d for d in status["daemons"])


def test_of_a_server_in_a_container_nothing_is_made_up(new_coffer, apart):
    """Its authd has a pid that here is another process: the first that this host started, perhaps."""
    server = new_coffer(under=apart)
    (launcher,) = procfs.children(server.process.pid)
    status = server.ctl("status")["status"]
    assert {d["pid"] for d in status["daemons"]}.isdisjoint(procfs.children(launcher))
    assert confinements(status) == {UNSEEN}
    os.kill(launcher, signal.SIGTERM)
    server.process.wait(coffer.STOP_LIMIT_S)
