# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import shutil
import tempfile

import pytest

from lib import coffer, ipc

from fakes import fake_store
from launcher import Launcher


@pytest.fixture
def scratch():
    """A directory whose path is short enough for the address of a socket."""
    made = pathlib.Path(tempfile.mkdtemp(prefix="cf-", dir="/tmp"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def store(scratch):
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    return fake_store.FakeStore(ipc.Schema(coffer.build_dir()), scratch)


@pytest.fixture
def new_launcher():
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    made = []

    def make(**how):
        made.append(Launcher(**how))
        return made[-1]

    yield make
    for launcher in made:
        launcher.close()


@pytest.fixture
def launcher(new_launcher):
    """Started by whoever runs the tests."""
    return new_launcher()


@pytest.fixture
def root_launcher(new_launcher):
    if os.geteuid() != 0:
        pytest.skip("needs root: three user ids")
    return new_launcher()


@pytest.fixture
def user_launcher(new_launcher):
    """Started by an ordinary user."""
    return new_launcher(as_nobody=os.geteuid() == 0)
