# SPDX-License-Identifier: Apache-2.0
"""A server whose processes may die, and orders that are under way while they do."""

import subprocess

import pytest

from lib import coffer


@pytest.fixture
def mortal():
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    with coffer.Coffer() as running:
        yield running


def begin(server, *args):
    """cofferctl, not yet finished."""
    return subprocess.Popen(
        [str(server.build / "client" / "cofferctl"), "--socket", str(server.admin_socket), *args],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
