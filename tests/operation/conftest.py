# SPDX-License-Identifier: Apache-2.0
"""Fixtures for what those who run a server see of it. Each module has a server of its own."""

import pytest

from lib import coffer

WORKERS = 3


@pytest.fixture(scope="module")
def watched():
    """A server with several workers, whose metrics and logs nobody else moves."""
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    with coffer.Coffer(args=["--workers", str(WORKERS)]) as running:
        yield running
