# SPDX-License-Identifier: Apache-2.0
"""`cofferctl top`: what it shows is what clients have just done, and it leaves the terminal as it was."""

import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time

import pytest

from lib import rawhttp

LIMIT_S = 30
NOBODY = 65534
BODY = b"x" * 10_000


@pytest.fixture(scope="module")
def acme(server):
    return server.add_tenant("acme")


@pytest.fixture
def busy(server, acme, bucket_name):
    """Two tenants at work: one puts and gets, the other asks for what is not there."""
    theirs = f"b{bucket_name}"
    for of, name in ((server, bucket_name), (acme, theirs)):
        assert rawhttp.request(of, "PUT", f"/{name}").status == 200
    enough = threading.Event()

    def work():
        while not enough.is_set():
            with contextlib.suppress(OSError, rawhttp.ProtocolError):
                rawhttp.request(server, "PUT", f"/{bucket_name}/k", body=BODY)
                rawhttp.request(server, "GET", f"/{bucket_name}/k")
                rawhttp.request(acme, "GET", f"/{theirs}/none")
            time.sleep(0.01)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    enough.set()
    thread.join()


def argv_of(server, *args):
    return [str(server.build / "client" / "cofferctl"), "--socket", str(server.admin_socket), "top",
            *args]


def test_what_is_shown_is_what_clients_did(server, busy):
    told = server.ctl("top", "--once", "--interval", "2")
    by_name = {t["tenant"]: t for t in told["tenants"]}
    mine, theirs = by_name["default"], by_name["acme"]
    assert told["ok"] and 1.9 < told["interval_s"] < 10
    assert mine["requests"] > 10 and theirs["requests"] > 5
    assert mine["requests_per_s"] == pytest.approx(mine["requests"] / told["interval_s"])
    # A put and a get each time, of which one may be of the look before.
    assert mine["received_bytes_per_s"] == pytest.approx(
        len(BODY) * mine["requests_per_s"] / 2, abs=2 * len(BODY))
    assert mine["client_errors_per_s"] == 0
    assert theirs["client_errors_per_s"] == pytest.approx(theirs["requests_per_s"])
    assert 0 < mine["p50_ms"] <= mine["p99_ms"] and 0 < theirs["p50_ms"] <= theirs["p99_ms"]
    assert told["all"]["requests"] == sum(t["requests"] for t in told["tenants"])


def test_a_table_is_printed_once(server, busy):
    done = server.control("top", "--once", "--interval", "1")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and "\x1b" not in done.stdout
    assert "requests under way" in lines[0] and lines[2].split()[0] == "TENANT"
    assert [line.split()[0] for line in lines[3:6]] == ["(all)", "default", "acme"]


def test_of_who_asks_for_nothing_nothing_is_shown(server):
    assert len(server.control("top", "--once", "--interval", "1").stdout.splitlines()) == 4


@pytest.mark.parametrize("how", [[], ["--json"]])
def test_lines_come_where_there_is_no_terminal_until_it_is_interrupted(server, busy, how):
    with subprocess.Popen(argv_of(server, "--interval", "1", *how), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as running:
        lines = [running.stdout.readline() for _ in range(3)]
        running.send_signal(signal.SIGINT)
        assert running.wait(LIMIT_S) == 0 and running.stderr.read() == ""
    for line in lines:
        if how:
            assert json.loads(line)["ok"]
        else:
            assert re.match(r"20\d\d-\d\d-\d\dT\S+Z (default|acme) requests/s=[0-9.]+ in/s=", line)


def test_who_has_seen_enough_of_it_ends_it(server, busy):
    with subprocess.Popen(argv_of(server, "--interval", "1"), stdout=subprocess.PIPE) as running:
        running.stdout.readline()
        running.stdout.close()
        running.wait(LIMIT_S)


@pytest.fixture
def terminal():
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 12, 100, 0, 0))
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def read_until(ours, wanted):
    shown = b""
    deadline = time.monotonic() + LIMIT_S
    while wanted not in shown:
        assert time.monotonic() < deadline, shown
        shown += os.read(ours, 4096)
    return shown


@pytest.mark.parametrize("end", [b"q", b"Q", b"\x04", b"\x03", "SIGINT", "SIGTERM"])
def test_a_terminal_is_left_as_it_was(server, busy, terminal, end):
    ours, theirs = terminal
    before = termios.tcgetattr(theirs)
    with subprocess.Popen(argv_of(server, "--interval", "1"), stdin=theirs, stdout=theirs,
                          stderr=theirs, start_new_session=True,
                          preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)) as running:
        shown = read_until(ours, b"acme")
        assert b"\x1b[?1049h" in shown and b"q ends it" in shown and b"(all)" in shown
        assert termios.tcgetattr(theirs) != before
        if isinstance(end, bytes):
            os.write(ours, end)
        else:
            running.send_signal(getattr(signal, end))
        read_until(ours, b"\x1b[?25h\x1b[?1049l")
        assert running.wait(LIMIT_S) == 0
    assert termios.tcgetattr(theirs) == before


def test_what_cannot_be_read_is_told(server, tmp_path):
    for path, said in ((tmp_path / "none", "No such file"), (server.data, "onnect")):
        done = server.control("top", "--once", "--metrics-socket", str(path))
        assert done.returncode == 1 and done.stdout == ""
        assert f"cannot read the metrics at {path}" in done.stderr
        assert "--metrics-socket" in done.stderr
    answer = server.control("--json", "top", "--once", "--metrics-socket", str(tmp_path / "none"))
    assert answer.returncode == 1 and json.loads(answer.stdout)["ok"] is False


@pytest.mark.parametrize("interval", ["0", "3601", "-1", "1.5", "soon"])
def test_an_interval_is_a_number_of_seconds(server, interval):
    done = server.control("top", "--once", f"--interval={interval}")
    assert done.returncode == 2 and "--interval takes a whole number from 1" in done.stderr


def test_it_goes_on_when_the_server_comes_back(new_coffer):
    server = new_coffer()
    with subprocess.Popen(argv_of(server, "--interval", "1", "--json"), stdout=subprocess.PIPE,
                          text=True) as running:
        assert json.loads(running.stdout.readline())["ok"]
        server.stop()
        while json.loads(running.stdout.readline())["ok"]:
            pass
        server.start()
        while not (told := json.loads(running.stdout.readline()))["ok"]:
            assert "cannot read the metrics" in told["error"]
        running.send_signal(signal.SIGTERM)
        assert running.wait(LIMIT_S) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="playing another local user needs root")
def test_t75_another_local_user_is_shown_nothing(server):
    done = subprocess.run(argv_of(server, "--once"), user=NOBODY, group=NOBODY, extra_groups=[],
                          capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 1 and done.stdout == "" and "--metrics-uid" in done.stderr
