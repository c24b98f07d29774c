# SPDX-License-Identifier: Apache-2.0
"""Fixtures for attacks. Each module has a server of its own: what is attacked is not shared."""

import pytest

from lib import coffer, ipc, rawhttp


@pytest.fixture(scope="module")
def victim():
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    with coffer.Coffer() as running:
        yield running


@pytest.fixture
def worker(victim):
    with ipc.Worker(victim) as w:
        yield w


@pytest.fixture
def bucket(victim, bucket_name):
    made = rawhttp.request(victim, "PUT", f"/{bucket_name}")
    assert made.status == 200
    return bucket_name


@pytest.fixture
def unharmed(victim):
    """After the test the same daemons run, and an honest client is served."""
    before = victim.pids()
    yield
    assert victim.pids() == before, "a daemon died"
    assert victim.serves()
