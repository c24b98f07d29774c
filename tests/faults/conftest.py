# SPDX-License-Identifier: Apache-2.0
"""Which of the calls that could fail do, and the server in which they do."""

import os
import pathlib
import random

import pytest

from lib import coffer, faults

SAMPLES = 4		# of each kind of fault, in `make check`
# Where sanitizers watch: what gives up something half done, but waits for no daemon to come back again and again.
WATCHED = ("read-EIO]", "flush-EIO]", "allocation-ENOMEM]", "send-EPIPE]", "stored-descriptor-EMFILE]",
           "given_or_none")


def is_whole(config, folder, items):
    """Whether these are all tests of the folder, of which nobody has chosen some."""
    chosen = config.getoption("keyword") or config.getoption("deselect") or any("::" in arg for arg in config.args)
    return not chosen and {item.path for item in items} == set(folder.glob("test_*.py"))


def pytest_collection_modifyitems(config, items):
    build = coffer.build_dir()
    if config.getoption("--long") or build is None or not coffer.is_sanitized(build):
        return
    here = pathlib.Path(__file__).parent
    ours = [item for item in items if here in item.path.parents]
    left_out = [item for item in ours if not item.name.endswith(WATCHED)]
    if is_whole(config, here, ours):
        unknown = [name for name in WATCHED if not any(item.name.endswith(name) for item in ours)]
        if unknown:
            raise pytest.UsageError(f"{__file__}: WATCHED has what no test is called: {unknown}")
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


class Made:
    """Makes servers whose daemons can be told to fail: `faulty(forgetful=True)`. All that were stay till the end."""

    def __init__(self):
        self.servers = []

    def __call__(self, **how):
        parent = "/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp"
        self.servers.append(faults.Faulty(parent=parent, **how))
        return self.servers[-1].start()


@pytest.fixture(scope="module")
def faulty():
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    made = Made()
    yield made
    for server in made.servers:
        server.close()


@pytest.fixture
def moments(request):
    """Of so many calls which is the first to fail, and how many do: `moments(n)`; all where --long is given."""
    seed = request.config.getoption("--seed")
    seed = random.randrange(1 << 32) if seed is None else seed
    rand = random.Random(f"{seed} {request.node.name}")
    print(f"--seed {seed}")

    def choose(n):
        if request.config.getoption("--long"):
            chosen = range(1, n + 1)
        else:
            chosen = sorted(rand.sample(range(1, n + 1), min(n, SAMPLES)))
        return [(first, rand.choice((1, 1, 3, faults.ALWAYS))) for first in chosen]

    return choose
