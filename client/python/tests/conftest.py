# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the client's tests. Each test that takes `connect` runs with both stores.

The tests import the sources beside them. A copy of this folder elsewhere tests what is installed.
"""

import pathlib
import sys

import pytest

SOURCES = pathlib.Path(__file__).resolve().parent.parent / "src"
if SOURCES.is_dir():
    sys.path.insert(0, str(SOURCES))

from fake_store import FakeStore  # noqa: E402
from waiting import Waiting  # noqa: E402

import coffer  # noqa: E402


@pytest.fixture
def fake():
    with FakeStore() as server:
        yield server


@pytest.fixture(params=["sync", "async"])
def kind(request):
    """Which of the two stores a test is about."""
    return request.param


@pytest.fixture
def connect(kind):
    """Makes stores: `connect(server, max_retries=…)`. Delays are 0 unless they are asked for."""
    made = []

    def make(server, **how):
        how = {"base_url": server.url, "api_key": server.token, "retry_delay": 0.0, **how}
        if kind == "sync":
            made.append(coffer.RestStore.create(**how))
        else:
            made.append(Waiting(coffer.AsyncRestStore.create(**how)))
        return made[-1]

    yield make
    for store in made:
        store.close()


@pytest.fixture
def naps(monkeypatch):
    """How long the stores would have waited between their tries; they do not wait."""
    taken = []

    async def sleep(seconds):
        taken.append(seconds)

    monkeypatch.setattr("coffer._store.sleep", taken.append)
    monkeypatch.setattr("coffer._async_store.sleep", sleep)
    return taken
