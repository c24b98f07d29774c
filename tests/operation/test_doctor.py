# SPDX-License-Identifier: Apache-2.0
"""`cofferctl doctor` on a server that runs: it finds what was made wrong, and nothing else."""

import json
import os
import subprocess

import pytest

from lib import coffer

LIMIT_S = 20
# What is true of the machine under the tests and not of Coffer.
OF_THE_HOST = {"kernel", "clock", "file system", "flush"}


@pytest.fixture
def own(new_coffer):
    if os.geteuid() != 0:
        pytest.skip("needs root: three user ids")
    return new_coffer()


def examine(server, *args):
    """What it finds, by check; and its exit status is as it says."""
    done = subprocess.run([server.build / "client/cofferctl", "doctor", "--json", "--data",
                           server.data, "--config", "/dev/null", *args], capture_output=True,
                          text=True, timeout=LIMIT_S, check=False)
    told = json.loads(done.stdout)
    assert done.returncode == (0 if told["ok"] else 1)
    found = {c["name"]: [f["finding"] for f in c["findings"]] for c in told["checks"]}
    if coffer.is_sanitized(server.build):
        found.pop("confinement")
    return {name: said for name, said in found.items() if said and name not in OF_THE_HOST}


def test_nothing_is_wrong_with_a_new_server(own):
    assert examine(own) == {}


def test_modes_and_owners_are_looked_at(own):
    (own.data / "auth").chmod(0o755)
    (own.data / "credentials/keyring-key").chmod(0o444)
    os.chown(own.data / "data", 0, 0)
    found = examine(own)
    assert sorted(found) == ["directories", "key of keys"]
    assert any("auth: its mode is 0755" in said for said in found["directories"])
    assert any("data belongs to user 0" in said for said in found["directories"])
    assert "its mode is 0444" in found["key of keys"][0]


def test_a_socket_that_is_gone_is_missed(own):
    (own.data / "run/authd-stored.sock").unlink()
    found = examine(own)
    assert list(found) == ["sockets"] and "authd-stored.sock: No such file" in found["sockets"][0]


def test_a_port_for_everyone_is_told(new_coffer):
    """Beside the one that the server of a test has on loopback."""
    if os.geteuid() != 0:
        pytest.skip("needs root: three user ids")
    own = new_coffer(args=["--s3", ":0"])
    found = examine(own)
    assert list(found) == ["ports"] and len(found["ports"]) == 1
    assert f"port {own.port}," not in found["ports"][0]


def test_a_wrong_line_of_the_configuration_is_told(own, tmp_path):
    wrong = tmp_path / "coffer.conf"
    wrong.write_text("[limits]\nlogin-pause = soon\n")
    found = examine(own, "--config", wrong)
    assert list(found) == ["configuration"] and f"{wrong}:2:" in found["configuration"][0]


def test_a_server_that_is_down_is_not_well(own):
    own.stop()
    found = examine(own)
    assert sorted(found) == ["daemons", "sockets"] and len(found["daemons"]) == 3
