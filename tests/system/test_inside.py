# SPDX-License-Identifier: Apache-2.0
"""What the installed daemons may, tried from inside their threads, as whoever broke in could (T74)."""

import platform
import subprocess

import pytest

from lib import coffer, procfs

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64",
                                reason="inject knows the registers of x86-64 only")

# x86-64
CALL_SOCKET = 41
CALL_EXECVE = 59
CALL_KILL = 62
CALL_OPENAT = 257
AT_FDCWD = -100
AF_INET = 2
EPERM = 1
EACCES = 13


@pytest.fixture(scope="module")
def server(machine):
    return machine.new_server("inside")


def inject(task, call, *arguments):
    tool = coffer.build_dir() / "tests" / "policy" / "inject"
    done = subprocess.run([tool, str(task), str(call), *map(str, arguments)], check=True,
                          capture_output=True, text=True, timeout=30)
    said = done.stdout.strip()
    return said if said == "died" else int(said)


def processes(machine):
    for daemon in coffer.DAEMONS:
        pid = machine.pid(machine.unit(daemon))
        yield daemon, pid
        yield from ((daemon, child) for child in procfs.children(pid))


def test_t74_no_thread_opens_a_file_that_is_not_its_own(machine, server):
    own = {"authd": "/var/lib/coffer/auth/auth.db", "stored": "/var/lib/coffer/data"}
    for daemon, pid in processes(machine):
        for task in procfs.tasks(pid):
            for path in ("/etc/passwd", "/var/lib/coffer/credentials/keyring-key",
                         *(p for owner, p in own.items() if owner != daemon)):
                assert inject(task, CALL_OPENAT, AT_FDCWD, f"@{path}", 0) == -EACCES, (daemon, path)
    assert server.serves()


@pytest.mark.parametrize("daemon", coffer.DAEMONS)
@pytest.mark.parametrize(("call", "arguments"), [(CALL_SOCKET, (AF_INET, 1, 0)),
                                                 (CALL_EXECVE, ("@/bin/true", 0, 0))])
def test_t74_what_no_daemon_does_ends_it_and_systemd_starts_another(machine, server, daemon, call,
                                                                    arguments):
    unit = machine.unit(daemon)
    pid = machine.pid(unit)
    assert inject(procfs.tasks(pid)[-1], call, *arguments) == "died"
    machine.wait(lambda: machine.pid(unit) not in (None, pid), f"{daemon} did not come back")
    machine.wait_until_served(server)


def test_t74_the_frontends_parent_ends_its_workers_and_nobody_else(machine, server):
    """Its filter cannot tell whom a signal is for; Landlock can, and so do the user ids."""
    for daemon, pid in processes(machine):
        if daemon != "frontend":
            assert inject(machine.pid(machine.unit("frontend")), CALL_KILL,
                          procfs.status(pid)["NSpid"].split()[-1], 15) == -EPERM
    assert server.serves()
