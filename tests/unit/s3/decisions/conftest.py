# SPDX-License-Identifier: Apache-2.0
"""One evaluator for all tests of a module."""

import pytest

from lib import coffer

from .driver import Evaluator


@pytest.fixture(scope="module")
def evaluator():
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    made = Evaluator()
    yield made
    made.close()
