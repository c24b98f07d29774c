# SPDX-License-Identifier: Apache-2.0
"""What systemd alone leaves to each daemon: probe.c is started in its place, by its own unit (T74).

What the daemons give up by themselves on top of that, test_inside.py tries.
"""

import shutil

import pytest

from lib import coffer

PROGRAM = "/usr/libexec/coffer/probe"
NOT_FOR = {
    "read:/etc/shadow": "EACCES",
    "read:/var/lib/coffer/credentials/keyring-key": "EACCES",
    "read:/root/.profile": "EACCES",
    "read:/home/owner/file": "EACCES",
    "read:/tmp/of-the-host": "ENOENT",
    "read:/var/tmp/of-the-host": "ENOENT",
    "read:/proc/1/status": "ENOENT",
    "read:/proc/sys/kernel/hostname": "ENOENT",
    "read:/dev/kmsg": "ENOENT",
    "make:/probe": "EROFS",
    "make:/etc/coffer/probe": "EROFS",
    # From here their mode keeps him, as confinement.conf says.
    "make:/usr/libexec/coffer/new": "EACCES",
    "make:/run/coffer/probe": "EROFS",
    "make:/var/lib/coffer/probe": "EROFS",
    "make:/dev/shm/probe": "EACCES",
    "make:/run/lock/probe": "EROFS",
    "stream:/run/coffer/authd-admin.sock": "EACCES",
    "stream:/run/coffer/metrics.sock": "EACCES",
    "seqpacket:/run/coffer/stored-operator.sock": "EACCES",
    "ipv4": "EAFNOSUPPORT",
    "ipv6": "EAFNOSUPPORT",
    "netlink": "EAFNOSUPPORT",
    "packet": "EAFNOSUPPORT",
    "vsock": "EAFNOSUPPORT",
    "root": "EPERM",
    "root-group": "EPERM",
    "groups": "EPERM",
    "setuid-file": "EPERM",
    "code": "EPERM",
    "user-namespace": "EPERM",
    "mount": "EPERM",
    "trace": "EPERM",
    "signal": "EPERM",
    "personality": "EPERM",
    "realtime": "EPERM",
    "bpf": "EPERM",
    "keyring": "EPERM",
    "io-uring": "EPERM",
    "program": "EACCES",
}
# Whose directory and sockets these are; the others are turned away.
OWNERS = {
    "read:/var/lib/coffer/auth/auth.db": ("authd",),
    "make:/var/lib/coffer/auth/probe": ("authd",),
    "read:/run/credentials/coffer-authd.service/keyring-key": ("authd",),
    "read:/var/lib/coffer/data/buckets.db": ("stored",),
    "make:/var/lib/coffer/data/probe": ("stored",),
    "seqpacket:/run/coffer/authd-stored.sock": ("stored",),
    "seqpacket:/run/coffer/authd-frontend.sock": ("frontend",),
    "seqpacket:/run/coffer/stored-frontend.sock": ("frontend",),
    "make:/tmp/probe": coffer.DAEMONS,
}
NO_CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


@pytest.fixture(scope="module")
def of_the_host(machine):
    """Files that anybody on the host may read, where a unit shows a place of its own instead."""
    machine.run("install", "-D", "-m", "0644", "/etc/hostname", "/home/owner/file")
    for place in ("/tmp", "/var/tmp"):
        machine.run("install", "-m", "0644", "/etc/hostname", f"{place}/of-the-host")
    yield
    machine.run("rm", "-r", "/home/owner", "/tmp/of-the-host", "/var/tmp/of-the-host")


@pytest.fixture(scope="module")
def said(machine, of_the_host):
    """What the probe said in each daemon's place: {daemon: {name: outcome}}."""
    shutil.copy(coffer.build_dir() / "tests" / "system" / "probe", machine.path(PROGRAM))
    words = [word for word in (*NOT_FOR, *OWNERS) if ":" in word]
    told = {}
    for daemon in coffer.DAEMONS:
        unit = machine.unit(daemon)
        with machine.drop_in(unit, "probe", "[Service]\nType=oneshot\nRestart=no\nWatchdogSec=0\n"
                             f"ExecStart=\nExecStart={PROGRAM} {' '.join(words)}\n"):
            machine.run("systemctl", "stop", "coffer-frontend.service", unit)
            machine.run("systemctl", "start", unit)
            invocation = machine.show(unit, "InvocationID")
        lines = machine.run("journalctl", "--output=cat", f"_SYSTEMD_INVOCATION_ID={invocation}")
        told[daemon] = {name.removesuffix(":"): outcome.strip() for name, _, outcome in
                        (line.partition("\t" if ":\t" in line else " ")
                         for line in lines.splitlines())}
        machine.run("sh", "-c", "rm -f /var/lib/coffer/*/probe")
    machine.run("rm", PROGRAM)
    machine.run("systemctl", "start", "coffer.target")
    return told


@pytest.mark.parametrize("daemon", coffer.DAEMONS)
def test_from_the_first_instruction_on_it_is_shut_in(said, daemon):
    told = said[daemon]
    assert all(int(told[name], 16) == 0 for name in NO_CAPABILITIES)
    assert (told["NoNewPrivs"], told["Seccomp"]) == ("1", "2")
    # systemd's own way: a service's group stands among the supplementary ones, too.
    assert told["Groups"].split() in ([], told["Gid"].split()[:1])
    assert len({said[d]["Uid"] for d in coffer.DAEMONS}) == len(coffer.DAEMONS)
    assert "0" not in told["Uid"].split()


@pytest.mark.parametrize("attempt", NOT_FOR)
@pytest.mark.parametrize("daemon", coffer.DAEMONS)
def test_t74_a_unit_alone_keeps_a_daemon_from_what_is_not_its_own(said, daemon, attempt):
    assert said[daemon][attempt] == NOT_FOR[attempt]


@pytest.mark.parametrize("attempt", OWNERS)
def test_t74_what_belongs_to_a_daemon_it_has_and_nobody_else(said, attempt):
    has = tuple(daemon for daemon in coffer.DAEMONS if said[daemon][attempt] == "done")
    assert has == OWNERS[attempt], {d: said[d][attempt] for d in coffer.DAEMONS}
