# SPDX-License-Identifier: Apache-2.0
"""tools/ci adds up what two runs say, and believes no run that broke off. `make` is a fake here."""

import os
import pathlib
import subprocess

import pytest

CI = pathlib.Path(__file__).resolve().parents[2] / "tools" / "ci"
GOOD = "echo 3 passed, 0 failed, 1 skipped"


@pytest.fixture
def ci(tmp_path):
    """Runs it where the two targets are these lines of shell: its exit status, and its lines."""
    def run(check, check_system):
        make = tmp_path / "make"
        make.write_text("#!/bin/sh\nset -e\nfor target; do :; done\ncase $target in\n"
                        f"check)\n{check}\n;;\ncheck-system)\n{check_system}\n;;\nesac\n")
        make.chmod(0o755)
        done = subprocess.run([CI, "make check", "make check-system"],
                              env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
                              capture_output=True, text=True, timeout=30, check=False)
        return done.returncode, done.stdout.splitlines()
    return run


def test_counts_are_added_and_there_is_one(ci):
    status, lines = ci(GOOD, "echo 20 passed, 0 failed, 4 skipped")
    assert (status, lines[-1]) == (0, "23 passed, 0 failed, 5 skipped")
    assert [line for line in lines if line[0].isdigit()] == [lines[-1]]


@pytest.mark.parametrize(("first", "second"), [
    ("echo 2 passed, 1 failed, 1 skipped; exit 2", GOOD),
    (GOOD, "echo 2 passed, 1 failed, 1 skipped; exit 2")])
def test_the_second_runs_when_the_first_fails_and_one_failure_is_enough(ci, first, second):
    status, lines = ci(first, second)
    assert (status, lines[-1]) == (1, "5 passed, 1 failed, 2 skipped")


@pytest.mark.parametrize("broken", [
    "exit 2", "true", "echo 9 passed, 0 failed; exit 1", "kill -9 $$",
    f"{GOOD}; echo and then it went on"])
def test_a_run_without_a_count_at_its_end_has_failed(ci, broken):
    for targets in ((broken, GOOD), (GOOD, broken)):
        status, lines = ci(*targets)
        assert (status, lines[-1]) == (1, "3 passed, 1 failed, 1 skipped")


def test_a_count_without_failures_does_not_excuse_an_exit_status(ci):
    status, lines = ci(GOOD, f"{GOOD}; exit 3")
    assert (status, lines[-1]) == (1, "6 passed, 1 failed, 2 skipped")
