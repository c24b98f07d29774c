# SPDX-License-Identifier: Apache-2.0
"""tools/fuzz counts what a target finds, and no target that did not run as good. Targets are lines of shell here."""

import os
import pathlib
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

FUZZ = pathlib.Path(__file__).resolve().parents[2] / "tools" / "fuzz"
GOOD = "echo 'stat::number_of_executed_units: 12' >&2"


@pytest.fixture
def fuzz(tmp_path):
    """Runs it in a tree with these targets, {name: shell}: its exit status, and {name: failure or None}."""
    def run(targets, ninja="exit 0", found=0):
        for folder in ("tools", "tests/fuzz", "build/fuzz/tests/fuzz", "bin"):
            (tmp_path / folder).mkdir(parents=True)
        shutil.copy(FUZZ, tmp_path / "tools")
        (tmp_path / "build/fuzz/build.ninja").touch()
        programs = {tmp_path / f"build/fuzz/tests/fuzz/fuzz-{name}": shell for name, shell in targets.items()}
        for program, shell in {**programs, tmp_path / "bin/ninja": ninja}.items():
            program.write_text(f"#!/bin/sh\n{shell}\n")
            program.chmod(0o755)
        for name in targets:
            (tmp_path / f"tests/fuzz/fuzz-{name}.c").touch()
        corpus = tmp_path / "build/fuzz/corpus/a"
        corpus.mkdir(parents=True)
        for i in range(found):
            (corpus / str(i)).touch()
        report = tmp_path / "report.xml"
        done = subprocess.run(
            [tmp_path / "tools/fuzz", "--seconds", "1", "--grace", "2", "--junitxml", report],
            capture_output=True, timeout=60,
            env={**os.environ, "CC": "true", "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}, check=False)
        if not report.exists():
            return done.returncode, None
        cases = {case.get("name"): case.find("failure") for case in ElementTree.parse(report).iter("testcase")}
        return done.returncode, {name: None if failure is None else failure.get("message")
                                 for name, failure in cases.items()}
    return run


def test_targets_that_find_nothing(fuzz):
    assert fuzz({"a": GOOD, "b": GOOD}) == (0, {"a": None, "b": None})


@pytest.mark.parametrize(("shell", "said"), [
    (f"{GOOD}; echo 'x.c:1: f: Assertion `n < 2` failed.' >&2; kill -ABRT $$", "Assertion"),
    (f"{GOOD}; echo 'SUMMARY: AddressSanitizer: heap-use-after-free' >&2; exit 77", "heap-use-after-free"),
    (f"{GOOD}; kill -9 $$", "exit status -9"),
    ("exit 0", "exit status 0")])
def test_one_that_finds_something_or_does_not_run_has_failed(fuzz, shell, said):
    status, found = fuzz({"bad": shell, "good": GOOD})
    assert status == 1 and said in found["bad"] and found["good"] is None


def test_what_does_not_build_has_failed(fuzz):
    assert fuzz({"a": GOOD}, ninja="exit 1") == (1, None)


def test_one_that_hangs_has_failed(fuzz):
    status, found = fuzz({"a": "exec sleep 50", "good": GOOD})
    assert status == 1 and "did not end" in found["a"] and found["good"] is None


@pytest.mark.parametrize(("found", "left"), [(2000, 2000), (2001, 1)])
def test_what_was_found_does_not_grow_for_ever(fuzz, tmp_path, found, left):
    merges = f'case $1 in -merge=1) touch "$2/least";; *) {GOOD};; esac'
    assert fuzz({"a": merges}, found=found) == (0, {"a": None})
    assert len(list((tmp_path / "build/fuzz/corpus/a").iterdir())) == left
    assert [path.name for path in (tmp_path / "build/fuzz/corpus").iterdir()] == ["a"]
