# SPDX-License-Identifier: Apache-2.0
"""`cofferctl status`: what it says of the daemons is what the kernel says of them."""

import os
import shutil

import pytest

from lib import coffer


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
    if status["confinement"] == "strict":
        assert {d["confinement"] for d in daemons.values()} == {"in force"}


def test_room_on_the_disk_is_that_of_the_objects(own):
    disk = own.ctl("status")["status"]["disk"]
    usage = shutil.disk_usage(own.data)
    assert disk["path"] == str(own.data / "data") and disk["size_bytes"] == usage.total
    assert abs(disk["free_bytes"] - usage.free) < usage.total // 10
