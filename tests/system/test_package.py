# SPDX-License-Identifier: Apache-2.0
"""The package over its life: installed, upgraded under load, removed, purged."""

import json
import subprocess
import time

import pytest

from lib import coffer, rawhttp, rest

from .load import Load

SETTINGS = "[processes]\nworkers = 3\n"
# What changes in any installation and is nobody's.
NOBODYS = ("/proc", "/sys", "/dev", "/run/systemd", "/run/udev", "/run/log", "/run/dbus", "/tmp",
           "/var/tmp", "/var/log", "/var/cache", "/var/lib/apt", "/var/lib/dpkg",
           "/var/lib/systemd", "/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/root")


@pytest.fixture(scope="module")
def previous(packages, tmp_path_factory, earlier_packages):
    """Those of the commit before this one, with a version that is lower for sure."""
    place = tmp_path_factory.mktemp("previous")
    for package in earlier_packages:
        tree = place / package.stem
        subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
        control = tree / "DEBIAN" / "control"
        control.write_text(control.read_text().replace("\nVersion: ", "\nVersion: 0~"))
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", tree, place / package.name],
                       check=True, capture_output=True)
    return sorted(place.glob("*.deb"))


def files(machine):
    skipped = [word for path in NOBODYS for word in ("-path", path, "-prune", "-o")]
    return set(machine.run("find", "/", "-xdev", *skipped, "-print").splitlines())


@pytest.fixture(scope="module")
def before(fresh):
    return files(fresh)


def version(machine):
    return machine.run("dpkg-query", "--show", "--showformat=${Version}", "coffer")


def test_lintian_finds_nothing(packages):
    changes = next(packages[0].parent.glob("*.changes"))
    done = subprocess.run(["lintian", "--allow-root", "--display-info", changes],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_an_upgrade_under_load_keeps_data_and_configuration(fresh, before, previous, packages,
                                                            capsys):
    fresh.install(*previous)
    assert version(fresh).startswith("0~")
    fresh.path("/etc/coffer/coffer.conf").write_text(SETTINGS)
    fresh.run("systemctl", "restart", "coffer.target")
    server = fresh.new_server("upgraded")
    store = rest.Store("http://127.0.0.1:8000", json.loads(fresh.ctl(
        "--json", "token", "add", "laptop", "--ttl", "1", "--tenant", "upgraded"))["token"]["token"])
    store.put("kept", b"by a token")
    fresh.run("coffer-instance", "create", "beside", "--s3", "127.0.0.1:9001")
    beside = fresh.new_server("upgraded", 9001, "beside")
    for s in (server, beside):
        assert rawhttp.request(s, "PUT", "/kept").status == 200
        assert rawhttp.request(s, "PUT", "/kept/key", body=b"kept").status == 200
    old = {unit: fresh.pid(unit) for daemon in coffer.DAEMONS
           for unit in (fresh.unit(daemon), fresh.unit(daemon, "beside"))}
    with Load(server, "during") as load:
        time.sleep(1)
        fresh.install(*packages)
        fresh.wait_until_served(server)
        time.sleep(1)
    with capsys.disabled():
        print(f"\n    upgrade: {load}")
    assert not version(fresh).startswith("0~")
    assert load.outcomes[200] > 20 and not load.wrong and load.others() == {}
    assert load.lost() == []
    fresh.wait_until_served(beside)
    assert all(fresh.pid(unit) not in (None, pid) for unit, pid in old.items())
    for s in (server, beside):
        assert rawhttp.request(s, "GET", "/kept/key").body == b"kept"
    assert store.read("kept") == b"by a token"
    assert fresh.path("/etc/coffer/coffer.conf").read_text() == SETTINGS
    assert '"workers":3' in fresh.ctl("--json", "status")


def test_a_removal_keeps_data_and_a_purge_takes_it(fresh, before, packages):
    """Both instances stop. A note that somebody put beside the data is his."""
    note = fresh.path("/var/lib/coffer/note")
    note.write_text("mine")
    names = [package.name.split("_")[0] for package in packages]
    fresh.run("apt-get", "remove", "--yes", "--quiet", *names)
    for port in (9000, 9001, 8000):
        with pytest.raises(ConnectionRefusedError):
            rawhttp.socket.create_connection(("127.0.0.1", port), timeout=5)
    assert fresh.try_run("pgrep", "coffer").stdout == ""
    # In an order in which nobody is left who would have systemd start another again.
    said = fresh.said()
    for instance in (None, "beside"):
        ends = [said.rindex(f"{word} {fresh.unit(daemon, instance)}") for word, daemon in (
            ("Stopped", "frontend"), ("Stopping", "stored"), ("Stopped", "stored"),
            ("Stopping", "authd"))]
        assert ends == sorted(ends), instance
    for state in ("coffer", "coffer@beside"):
        assert fresh.path(f"/var/lib/{state}/data/buckets.db").exists()
        assert fresh.path(f"/var/lib/{state}/credentials/keyring-key").exists()

    fresh.run("apt-get", "purge", "--yes", "--quiet", "coffer")
    assert note.read_text() == "mine"
    assert files(fresh) - before == {"/var/lib/coffer", "/var/lib/coffer/note"}
    assert before - files(fresh) == set()
