# SPDX-License-Identifier: Apache-2.0
"""What the running daemons may, tried from inside every thread of theirs (T74).

probe.c tries far more, in processes of its own; here it is the daemons as they are started.
"""

import os
import platform
import signal
import subprocess
import time

import pytest

from lib import coffer, procfs

pytestmark = pytest.mark.skipif(os.geteuid() != 0,
                                reason="only root may look into processes that are not dumpable")

REPLACED_LIMIT_S = 10

# x86-64
CALL_GETPID = 39
CALL_SOCKET = 41
CALL_EXECVE = 59
CALL_OPENAT = 257
AT_FDCWD = -100
AF_INET = 2
EACCES = 13

is_x86_64 = pytest.mark.skipif(platform.machine() != "x86_64",
                               reason="inject knows the registers of x86-64 only")


@pytest.fixture(scope="module")
def running():
    """A server of this module's own: some of its processes are made to die."""
    if coffer.is_external() or coffer.build_dir() is None:
        pytest.skip("needs a server of its own from COFFER_BUILD")
    with coffer.Coffer() as server:
        yield server


def processes(server):
    """Every process of the three, workers included, by a name for messages."""
    found = dict(server.pids())
    found.update((f"worker-{n}", pid) for n, pid in enumerate(server.workers()))
    assert all(found.values()) and len(found) > len(coffer.DAEMONS)
    return found


def threads(server):
    return [(name, pid, task) for name, pid in processes(server).items()
            for task in procfs.tasks(pid)]


def inject(server, task, call, *arguments):
    """The result of a system call made in that thread, or "died"."""
    tool = server.build / "tests" / "policy" / "inject"
    done = subprocess.run([tool, str(task), str(call), *map(str, arguments)],
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    said = done.stdout.strip()
    return said if said == "died" else int(said)


def test_a_worker_is_under_its_parents_filter_and_its_own(running):
    filters = {name: int(procfs.status(pid)["Seccomp_filters"])
               for name, pid in processes(running).items()}
    for name, n in filters.items():
        if name.startswith("worker"):
            assert n == filters["frontend"] + 1


def test_the_status_says_full(running):
    answer = running.ctl("status")
    assert answer.get("status", answer)["confinement"] == "full"


@is_x86_64
def test_t74_no_thread_opens_a_file_outside(running):
    """The first call shows that the question reaches the thread at all."""
    for name, pid, task in threads(running):
        assert inject(running, task, CALL_GETPID) == pid, (name, task)
        for path in ("/etc/passwd", "/proc/1/environ", str(running.dir)):
            assert inject(running, task, CALL_OPENAT, AT_FDCWD, f"@{path}",
                          os.O_RDONLY) == -EACCES, (name, task, path)
    assert running.serves()


@is_x86_64
def test_t74_no_thread_reaches_the_files_of_another_process(running):
    theirs = {"authd": running.data / "auth" / "auth.db", "stored": running.data / "data"}
    for name, pid, task in threads(running):
        for owner, path in theirs.items():
            if name != owner:
                assert inject(running, task, CALL_OPENAT, AT_FDCWD, f"@{path}",
                              os.O_RDONLY) == -EACCES, (name, task, path)
    assert running.serves()


def wait_until_replaced(server, gone, pids, count):
    deadline = time.monotonic() + REPLACED_LIMIT_S
    while time.monotonic() < deadline:
        now = [pid for pid in pids() if pid]
        if gone not in now and len(now) == count and server.serves():
            return
        time.sleep(0.05)
    pytest.fail(f"{gone} was not replaced:\n{server.log()}")


@is_x86_64
def test_t74_a_worker_that_makes_a_socket_dies_and_is_replaced(running):
    workers = running.workers()
    assert inject(running, workers[0], CALL_SOCKET, AF_INET, 1, 0) == "died"
    wait_until_replaced(running, workers[0], running.workers, len(workers))


@is_x86_64
@pytest.mark.parametrize("daemon", ["authd", "stored"])
def test_t74_a_daemon_that_runs_a_program_dies_and_is_replaced(running, daemon):
    """From its last thread: a violation ends the process, not the thread."""
    pid = running.pid(daemon)
    assert inject(running, procfs.tasks(pid)[-1], CALL_EXECVE, "@/bin/true", 0, 0) == "died"
    wait_until_replaced(running, pid, lambda: [running.pid(daemon)], 1)


def test_a_stopped_and_continued_process_goes_on(running):
    """restart_syscall(2) is what the kernel makes of a wait that SIGSTOP interrupted."""
    for name, pid in processes(running).items():
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.05)
        os.kill(pid, signal.SIGCONT)
        assert running.serves(), name
        assert procfs.is_alive(pid), name
