# SPDX-License-Identifier: Apache-2.0
"""Machines for the tests of what is installed. tools/check-system says where everything is."""

import os
import pathlib

import pytest

from .machine import Machine

SAID_TAIL = 30_000
machines = []


def _needs(name):
    if name not in os.environ:
        pytest.skip("make check-system makes the package and the machine that these tests need")
    return pathlib.Path(os.environ[name])


@pytest.fixture(scope="session")
def base():
    return _needs("COFFER_SYSTEM_BASE")


def _packages(directory):
    """But for what debuggers want."""
    return sorted(p for p in directory.glob("*.deb") if "-dbgsym_" not in p.name)


@pytest.fixture(scope="session")
def packages():
    """What `make deb` left."""
    return _packages(_needs("COFFER_DEBS"))


@pytest.fixture(scope="session")
def earlier_packages():
    """The same of the commit before; of this one where git knows none, as tools/check-system says."""
    return _packages(_needs("COFFER_EARLIER_DEBS"))


@pytest.fixture(scope="session")
def new_machine(base):
    """Boots machines: `with new_machine("name") as m: …`."""
    def make(name):
        machines.append(Machine(base, base.parent, f"coffer-{name}-{os.getpid()}"))
        return machines[-1]
    return make


@pytest.fixture(scope="session")
def machine(new_machine, packages):
    """One with the package installed, which tests share. It is as they found it when they leave."""
    with new_machine("shared") as booted:
        booted.install(*packages)
        yield booted


@pytest.fixture(scope="module")
def free_ports():
    """Ports are everybody's. Machines that run are silent meanwhile."""
    others = [m for m in machines if m.is_running()]
    for m in others:
        m.run("systemctl", "stop", "coffer.target")
    yield
    for m in others:
        m.run("systemctl", "start", "coffer.target")


@pytest.fixture(scope="module")
def fresh(new_machine, free_ports):
    """One with nothing installed."""
    with new_machine("fresh") as booted:
        yield booted


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    for m in machines if report.failed else ():
        if m.is_running():
            report.sections.append((f"journal of {m.name}", m.said()[-SAID_TAIL:]))
