# SPDX-License-Identifier: Apache-2.0
"""Fixtures for every test that speaks to a running server."""

import contextlib
import os
import pathlib
import uuid

import pytest

from lib import coffer

LOG_TAIL = 20_000


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true",
                     help="run in full what `make check` samples, which takes very much longer")
    parser.addoption("--states", type=int, help="how many states a power cut is to leave behind")
    parser.addoption("--operations", type=int, help="how many operations a model is compared over")
    parser.addoption("--minutes", type=float, help="for how long daemons are killed under clients with a history")
    parser.addoption("--seed", type=int, help="the first seed of tests that have one")


def pytest_configure(config):
    config.addinivalue_line("markers", "client: a real client lives its whole life on the server")
    config.addinivalue_line("markers", "functional: one documented behaviour of a dialect")
    config.addinivalue_line("markers", "crowd: makes very many objects")


# The servers that are up, each with how much it had said when the running test began.
live = {}


def _start(**how):
    running = coffer.start(**how)
    live[running] = running.log_size()
    return running


def _close(running):
    del live[running]
    if isinstance(running, coffer.Coffer):
        running.close()


@pytest.fixture(scope="session")
def server():
    """The server that this test process shares; tests keep apart by their own buckets."""
    if not coffer.is_external() and coffer.build_dir() is None:
        pytest.skip("neither COFFER_BUILD nor COFFER_ENDPOINT is set")
    running = _start()
    yield running
    _close(running)


@pytest.fixture
def new_coffer():
    """Makes servers of the test's own: `new_coffer(args=[…], env={…})`."""
    if coffer.is_external():
        pytest.skip("needs a server of its own; COFFER_ENDPOINT names one that others use")
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    # All are closed, also where a sanitizer's report makes the closing of one an error.
    with contextlib.ExitStack() as made:
        def make(**how):
            running = _start(**how)
            made.callback(_close, running)
            return running

        yield make


@pytest.fixture
def bucket_name():
    return f"t-{uuid.uuid4().hex[:20]}"


@pytest.fixture(scope="session")
def cache_dir():
    """Where clients from package registries are kept between runs."""
    build = coffer.build_dir()
    root = build if build else pathlib.Path(os.environ.get("TMPDIR", "/tmp")) / "coffer-test-cache"
    path = root / "clients"
    path.mkdir(parents=True, exist_ok=True)
    return path


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    for running in live:
        live[running] = running.log_size()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    for running, start in live.items() if report.failed else ():
        if said := running.log(start):
            report.sections.append((f"coffer log of {running.dir}", said[-LOG_TAIL:]))
