# SPDX-License-Identifier: Apache-2.0
"""tools/served.py: what tests of a running server need is all that is built, but unit tests."""

import json
import pathlib
import sys

import pytest

from . import coffer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))

import served  # noqa: E402


@pytest.fixture
def directory(tmp_path):
    """A build directory, in which ninja has nothing to do."""
    (tmp_path / "build.ninja").write_text("rule none\n  command = true\n")
    (tmp_path / "meson-info").mkdir()
    return tmp_path


def target(directory, file, defined_in, by_default=True):
    return {"filename": [str(directory / file)], "defined_in": f"/source/{defined_in}/meson.build",
            "build_by_default": by_default}


def test_all_but_unit_tests_and_what_is_built_on_demand(directory):
    (directory / "meson-info" / "intro-targets.json").write_text(json.dumps([
        target(directory, "client/coffer", "client"),
        target(directory, "tests/lib/faults.so", "tests/lib"),
        target(directory, "tests/unit/base/test-span", "tests/unit/base"),
        target(directory, "tests/fuzz/fuzz-s3-date", "tests/fuzz", by_default=False)]))
    assert list(map(str, served.targets(directory))) == ["client/coffer", "tests/lib/faults.so"]


def test_what_tests_of_servers_ask_for_is_among_them():
    build = coffer.build_dir()
    if build is None:
        pytest.skip("COFFER_BUILD is not set")
    found = set(map(str, served.targets(build)))
    assert {"client/coffer", "client/cofferctl", "authd/coffer-authd", "stored/coffer-stored",
            "frontend/coffer-frontend", "tests/lib/faults.so", "tests/crash/power-cut", "bench/load"} <= found
