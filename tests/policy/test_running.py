# SPDX-License-Identifier: Apache-2.0
"""What the kernel says of the running daemons: confined, every thread of them, and all at work."""

import contextlib
import os

import pytest

from lib import coffer, procfs, rawhttp

NOBODYS_CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


@pytest.fixture(scope="module")
def running():
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    with coffer.Coffer() as server:
        yield server


def daemons(server):
    pids = [(name, server.pid(name)) for name in coffer.DAEMONS]
    return pids + [("worker", pid) for pid in server.workers()]


def test_every_thread_is_filtered_and_cannot_gain_privileges(running):
    for name, pid in daemons(running):
        for task in procfs.tasks(pid):
            status = procfs.status(pid, task)
            assert status["Seccomp"] == "2", (name, task)
            assert int(status["Seccomp_filters"]) >= 1
            assert status["NoNewPrivs"] == "1", (name, task)


@pytest.mark.skipif(os.geteuid() != 0, reason="three user ids need root")
def test_no_thread_has_a_capability(running):
    for name, pid in daemons(running):
        for task in procfs.tasks(pid):
            status = procfs.status(pid, task)
            for field in NOBODYS_CAPABILITIES:
                assert int(status[field], 16) == 0, (name, task, field)


@pytest.mark.skipif(os.geteuid() != 0, reason="three user ids need root")
def test_the_three_daemons_have_three_user_ids_and_no_groups(running):
    uids = set()
    for name in coffer.DAEMONS:
        status = procfs.status(running.pid(name))
        real = status["Uid"].split()
        assert len(set(real)) == 1 and real[0] != "0", name
        assert len(set(status["Gid"].split())) == 1 and status["Gid"].split()[0] != "0"
        assert status["Groups"] == "", name
        uids.add(real[0])
    assert len(uids) == 3
    parent = procfs.status(running.pid("frontend"))["Uid"]
    assert all(procfs.status(w)["Uid"] == parent for w in running.workers())


@pytest.mark.skipif(os.geteuid() != 0, reason="reading another user's /proc needs root")
def test_a_worker_holds_sockets_and_nothing_of_the_disk(running):
    for pid in running.workers():
        for fd in os.listdir(f"/proc/{pid}/fd"):
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
            assert (target.startswith(("socket:", "anon_inode:", "pipe:"))
                    or target in ("/dev/null",)
                    or int(fd) <= 2), (fd, target)


def test_the_launcher_says_how_it_is_confined(running):
    said = running.log()
    wanted = "three" if os.geteuid() == 0 else "one"
    assert any(wanted in line and "uid" in line.lower() or wanted in line and "user" in line.lower()
               for line in said.splitlines()), said


@pytest.mark.skipif(os.geteuid() != 0, reason="reading another user's /proc needs root")
def test_workers_take_connections_in_turn(running):
    workers = running.workers()
    if len(workers) < 2:
        pytest.skip("one processor has one worker")
    before = {pid: procfs.descriptors(pid) for pid in workers}
    with contextlib.ExitStack() as held:
        for _ in range(8 * len(workers)):
            c = held.enter_context(rawhttp.Connection(running))
            c.send(rawhttp.head("GET", "/", [("Host", running.netloc)]))
            c.receive()
        took = [procfs.descriptors(pid) - before[pid] for pid in workers]
    # As busy as a machine may be: nobody goes empty, and nobody has nearly all.
    assert min(took) >= 4, took
