# SPDX-License-Identifier: Apache-2.0
"""`cofferctl status`: what it says of the daemons is what the kernel says of them."""

import json
import os
import shutil
import signal
import subprocess

import pytest

from lib import coffer, procfs

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


def test_room_on_the_disk_is_that_of_the_objects(own):
    disk = own.ctl("status")["status"]["disk"]
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
