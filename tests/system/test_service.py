# SPDX-License-Identifier: Apache-2.0
"""Coffer as it is after `apt install`: what runs, how it is shut in, and who is let in."""

import json
import os
import pathlib
import re
import socket
import subprocess
import sys

import pytest

from lib import coffer, procfs, rawhttp

EXPOSURE_MOST = 0.8
SERVICES = tuple(f"coffer-{daemon}.service" for daemon in coffer.DAEMONS)
SOCKETS = {"/run/coffer/metrics.sock": "SOCK_STREAM",
           "/run/coffer/stored-operator.sock": "SOCK_SEQPACKET",
           "/run/coffer/authd-admin.sock": "SOCK_STREAM",
           "/run/coffer/authd-frontend.sock": "SOCK_SEQPACKET",
           "/run/coffer/authd-stored.sock": "SOCK_SEQPACKET",
           "/run/coffer/stored-frontend.sock": "SOCK_SEQPACKET"}
# Whose descriptors what listens is, beside systemd's own.
HOLDERS = {"127.0.0.1:8000": "coffer-frontend", "127.0.0.1:9000": "coffer-frontend",
           "/run/coffer/metrics.sock": "coffer-frontend",
           "/run/coffer/authd-admin.sock": "coffer-authd",
           "/run/coffer/authd-frontend.sock": "coffer-authd",
           "/run/coffer/authd-stored.sock": "coffer-authd",
           "/run/coffer/stored-frontend.sock": "coffer-stored",
           "/run/coffer/stored-operator.sock": "coffer-stored"}
NO_CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
TESTS = pathlib.Path(__file__).resolve().parents[1]
CLIENTS = ("clients/test_life_awscli.py::test_whole_life",
           "clients/test_life_boto3.py",
           "clients/test_life_rclone.py",
           "clients/test_life_s3cmd.py",
           "clients/python_client/test_life.py::test_bytes_come_back",
           "clients/rest_replica/test_life.py::test_life_of_an_object")

# Run inside by another user. Prints what came of it, in a word.
CONNECT = """
import socket, sys
s = socket.socket(socket.AF_UNIX, getattr(socket, sys.argv[2]))
s.settimeout(5)
try:
    s.connect(sys.argv[1])
except PermissionError:
    sys.exit(print("barred"))
try:
    s.send(b'{"do": "key.list"}\\n')
    print("answered" if s.recv(4096) else "closed")
except (BrokenPipeError, ConnectionResetError):
    print("closed")
"""


# What a user of python3-coffer writes, by the new import names and the old.
PYTHON_CLIENT = """
import asyncio, sys
from coffer import RestStore
from objectstore.async_client import AsyncRestStore

async def read(store):
    async with store:
        return await store.get("from python")

where = {"base_url": "http://127.0.0.1:8000", "api_key": sys.argv[1]}
with RestStore.create(**where) as store:
    store.put("from python", b"hello")
    print(list(store.keys()), asyncio.run(read(AsyncRestStore.create(**where))))
"""


@pytest.fixture(scope="module")
def server(machine):
    return machine.new_server("service")


def say(capsys, *lines):
    """Into the output of the run, whatever comes of the test."""
    with capsys.disabled():
        print("", *lines, sep="\n    ")


def test_all_is_up_after_the_installation(machine):
    for unit in (*SERVICES, "coffer-s3.socket", "coffer-rest.socket", "coffer.target"):
        assert machine.show(unit, "ActiveState") == "active", unit
    assert machine.run("systemctl", "is-enabled", "coffer.target").strip() == "enabled"
    assert machine.run("systemctl", "list-units", "--failed", "--no-legend", "coffer*") == ""


def test_the_units_are_sound(machine):
    names = [p.name for d in ("lib", "usr/lib") for p in machine.path(f"{d}/systemd/system").glob(
        "coffer*") if "@" not in p.name]
    done = machine.try_run("systemd-analyze", "verify", "--man=no", *sorted(set(names)))
    assert (done.returncode, done.stderr) == (0, "")


def test_users_directories_and_the_key_are_as_documented(machine):
    said = machine.run("stat", "--format", "%n %U %a", *(f"/var/lib/coffer{d}" for d in (
        "", "/auth", "/data", "/credentials", "/credentials/keyring-key"))).splitlines()
    assert said == ["/var/lib/coffer root 755", "/var/lib/coffer/auth coffer-authd 700",
                    "/var/lib/coffer/data coffer-stored 700", "/var/lib/coffer/credentials root 700",
                    "/var/lib/coffer/credentials/keyring-key root 400"]
    assert machine.path("/var/lib/coffer/credentials/keyring-key").stat().st_size == 32


def test_systemd_finds_little_exposed(machine, capsys):
    said = machine.run("systemd-analyze", "security", "--offline=true", "--no-pager", *SERVICES)
    exposures = re.findall(r"Overall exposure level for (\S+): ([\d.]+)", said)
    say(capsys, *(f"exposure of {unit}: {level}" for unit, level in exposures))
    assert sorted(unit for unit, _ in exposures) == sorted(SERVICES)
    assert all(float(level) <= EXPOSURE_MOST for _, level in exposures)


def test_the_kernel_says_that_all_three_are_shut_in(machine, capsys):
    uids = set()
    for daemon in coffer.DAEMONS:
        pid = machine.pid(machine.unit(daemon))
        for process in (pid, *procfs.children(pid)):
            for task in procfs.tasks(process):
                status = procfs.status(process, task)
                assert all(int(status[c], 16) == 0 for c in NO_CAPABILITIES), daemon
                assert (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1"), daemon
                assert len(set(status["Uid"].split())) == 1 and status["Uid"][0] != "0", daemon
        uids.add(status["Uid"].split()[0])
        say(capsys, f"{daemon}: uid {status['Uid'].split()[0]}, no capabilities, "
            f"{status['Seccomp_filters']} filters, in each of {len(procfs.tasks(pid))} threads")
    assert len(uids) == 3
    assert '"confinement":"full"' in machine.ctl("--json", "status")


def test_the_frontend_has_a_network_of_its_own_with_nothing_in_it(machine):
    for daemon in coffer.DAEMONS:
        pid = machine.pid(machine.unit(daemon))
        inside = subprocess.run(["nsenter", "--target", str(pid), "--net", "ss", "-Htuln"],
                                check=True, capture_output=True, text=True)
        devices = subprocess.run(["nsenter", "--target", str(pid), "--net", "ip", "-o", "link"],
                                 check=True, capture_output=True, text=True)
        assert inside.stdout == "", daemon
        assert re.findall(r"^\d+: (\w+)", devices.stdout, re.MULTILINE) == ["lo"], daemon
        assert os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net"), daemon


def test_each_socket_is_held_by_systemd_and_by_who_serves_it(machine, server, capsys):
    held = {}
    for line in machine.run("ss", "-Hlntxp").splitlines():
        address = next((word for word in line.split() if word in HOLDERS), None)
        if address or "coffer" in line:
            held[address] = set(re.findall(r'"([^"]+)",pid=', line))
    say(capsys, *(f"{address} is held by {', '.join(sorted(names))}"
                  for address, names in held.items()))
    assert held == {address: {"systemd", name} for address, name in HOLDERS.items()}


def test_nothing_listens_beyond_the_loopback(machine, server):
    listening = subprocess.run(["ss", "-Htuln"], check=True, capture_output=True, text=True).stdout
    assert sorted(line.split()[4] for line in listening.splitlines()) \
        == ["127.0.0.1:8000", "127.0.0.1:9000"]
    subprocess.run(["ip", "address", "add", "192.0.2.1/32", "dev", "lo"], check=True)
    try:
        for port in (8000, 9000):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("192.0.2.1", port), timeout=5)
    finally:
        subprocess.run(["ip", "address", "delete", "192.0.2.1/32", "dev", "lo"], check=True)
    assert server.serves()


def test_both_dialects_are_well(machine):
    for port, path in ((8000, "/health"), (9000, "/-/health")):
        at = coffer.Server(f"http://127.0.0.1:{port}")
        answer = rawhttp.exchange(at, rawhttp.head("GET", path, [("Host", at.netloc)]))
        assert answer.status == 200 and b'"healthy"' in answer.body, port


@pytest.mark.parametrize("path", SOCKETS)
def test_t75_another_local_user_gets_nothing_from_any_socket(machine, path):
    """By its mode alone; and by who he is, where somebody has opened the mode."""
    assert machine.python(CONNECT, path, SOCKETS[path], user="nobody").strip() == "barred"
    mode = machine.run("stat", "--format", "%a", path).strip()
    machine.run("chmod", "0666", path)
    try:
        assert machine.python(CONNECT, path, SOCKETS[path], user="nobody").strip() == "closed"
    finally:
        machine.run("chmod", mode, path)


def test_t75_the_daemons_do_not_reach_the_admin_socket(machine):
    for user in ("coffer-authd", "coffer-frontend", "coffer-stored"):
        assert machine.python(CONNECT, "/run/coffer/authd-admin.sock", "SOCK_STREAM",
                              user=user).strip() == "barred"


# What Prometheus would ask, over the UNIX socket.
SCRAPE = """
import http.client, socket
c = http.client.HTTPConnection("metrics")
c.sock = socket.socket(socket.AF_UNIX)
c.sock.connect("/run/coffer/metrics.sock")
c.request("GET", "/metrics")
print(c.getresponse().read().decode())
"""


def test_root_has_its_metrics(machine):
    told = machine.python(SCRAPE)
    for daemon in ("frontend", "authd", "stored"):
        assert f'coffer_up{{daemon="{daemon}"}} 1\n' in told
    assert 'confinement="full"' in told


def test_what_administrators_do_is_kept_and_in_the_journal(machine):
    machine.run("cofferctl", "tenant", "create", "audited")
    kept = machine.run("cat", "/var/lib/coffer/auth/audit.1.log")
    orders = [json.loads(line) for line in kept.splitlines() if '"name":"audited"' in line]
    assert [(o["event"], o["do"], o["uid"]) for o in orders] == [("order", "tenant.create", 0)]
    mode = machine.run("stat", "--format", "%U %a", "/var/lib/coffer/auth/audit.1.log").strip()
    assert mode == "coffer-authd 600"
    journal = machine.run("journalctl", "--unit", "coffer-authd", "--output", "cat")
    assert re.search(r"^order order=\w+ do=tenant.create uid=0 pid=\d+ name=audited outcome=done$",
                     journal, re.M)


def test_t42_another_local_user_reads_neither_key_nor_memory(machine):
    for path in ("/var/lib/coffer/credentials/keyring-key", "/var/lib/coffer/auth/auth.db",
                 "/run/credentials/coffer-authd.service/keyring-key"):
        assert machine.try_run("cat", path, user="nobody").returncode != 0, path
    for daemon in coffer.DAEMONS:
        inside = machine.show(machine.unit(daemon), "MainPID")
        for file in ("environ", "mem", "maps"):
            assert machine.try_run("cat", f"/proc/{inside}/{file}",
                                   user="nobody").returncode != 0, (daemon, file)


def rest(port, token, method, target, body=b""):
    at = coffer.Server(f"http://127.0.0.1:{port}")
    return rawhttp.exchange(at, rawhttp.head(method, target, [
        ("Host", at.netloc), ("Authorization", f"Bearer {token}"),
        ("Content-Length", len(body))]) + body, method)


def test_what_is_put_by_rest_is_got_by_s3(machine, server):
    """With a token of the very tenant: its objects are in a bucket of that tenant's."""
    made = json.loads(machine.ctl("--json", "token", "add", "laptop", "--ttl", "1",
                                  "--tenant", "service"))["token"]
    assert rest(8000, made["token"], "PUT", "/objects/a/b%20c", b"hello").status == 200
    assert rest(8000, made["token"], "GET", "/objects/a/b%20c").body == b"hello"
    assert rawhttp.request(server, "GET", f"/{made['bucket']}/a/b%20c").body == b"hello"
    assert rest(8000, made["token"], "DELETE", "/objects/a/b%20c").status == 204
    assert rawhttp.request(server, "GET", f"/{made['bucket']}/a/b%20c").status == 404
    assert rest(8000, "guessed", "GET", "/objects/a").status == 401


def test_the_packaged_python_client_works(machine, server):
    token = json.loads(machine.ctl("--json", "token", "add", "python", "--ttl", "1", "--tenant",
                                   "service", "--bucket", "for-python"))["token"]["token"]
    assert machine.python(PYTHON_CLIENT, token, user="nobody") == "['from python'] b'hello'\n"


@pytest.mark.parametrize("test", CLIENTS)
def test_real_clients_live_their_lives(machine, server, test, tmp_path):
    """The very tests that `make check` runs, from outside, against what is installed."""
    name = f"client-{CLIENTS.index(test)}"
    token = json.loads(machine.ctl("--json", "token", "add", name, "--ttl", "1", "--tenant",
                                   "service", "--bucket", name))["token"]["token"]
    environment = {**os.environ, "COFFER_ENDPOINT": server.endpoint,
                   "COFFER_ACCESS_KEY": server.access_key, "COFFER_SECRET_KEY": server.secret_key,
                   "COFFER_REST_ENDPOINT": "http://127.0.0.1:8000", "COFFER_TOKEN": token}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path}/t",
         TESTS / test], cwd=TESTS.parent, env=environment, capture_output=True, text=True,
        timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " skipped" not in done.stdout, done.stdout


OF_THE_HOST = {"kernel", "clock", "file system", "flush"}


def test_the_doctor_finds_nothing_wrong_with_the_installation(machine):
    told = json.loads(machine.try_run("cofferctl", "doctor", "--json").stdout)
    wrong = {c["name"]: c["findings"] for c in told["checks"] if not c["ok"]}
    assert set(wrong) <= OF_THE_HOST, wrong
