# SPDX-License-Identifier: Apache-2.0
"""bench/instructions counts each daemon's own instructions, and says so where it cannot."""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from lib import coffer

TREE = pathlib.Path(__file__).resolve().parents[2]
LIMIT_S = 120

sys.path.insert(0, str(TREE / "bench"))
import callgrind  # noqa: E402

# As callgrind writes it: names once, positions by their distance, a call's costs in the line behind it.
WRITTEN = """\
version: 1
positions: line
events: Ir
summary: 26

ob=(1) /usr/lib/libc.so.6
fl=(1) memset.S
fn=(1) memset
0 7
+2 1

ob=(2) /build/coffer-authd
fl=(2) main.c
fn=(2) main
12 5
cob=(1)
cfi=(1)
cfn=(1)
calls=2 0
* 8
cfn=(3) helper
calls=1 +3
* 9
-1 3
fe=(4) inlined.h
+3 1

fn=(3)
15 9

totals: 26
"""


def run(*args, path=None):
    argv = [TREE / "bench" / "instructions", "--build", coffer.build_dir(), "--dir", "/tmp", *args]
    return subprocess.run([str(a) for a in argv], env={"PATH": path} if path else None,
                          capture_output=True, text=True, timeout=LIMIT_S, check=False)


def test_a_function_has_its_own_instructions_and_none_of_those_it_calls():
    assert callgrind.read(WRITTEN) == {("memset", "libc.so.6"): 8, ("main", "coffer-authd"): 9,
                                       ("helper", "coffer-authd"): 9}


@pytest.fixture
def built():
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    if coffer.is_sanitized(coffer.build_dir()):
        pytest.skip("valgrind runs no build with sanitizers")


def test_each_daemon_is_counted(built):
    if not shutil.which("valgrind"):
        pytest.skip("valgrind is not installed")
    done = run("--only", "HEAD", "--requests", 400, "--top", 1)
    assert (done.returncode, done.stderr) == (0, "")
    said = re.search(r"^HEAD.*: ([\d,]+) instructions = frontend ([\d,]+), authd ([\d,]+), stored ([\d,]+)$",
                     done.stdout, re.MULTILINE)
    everything, *daemons = (int(n.replace(",", "")) for n in said.groups())
    assert abs(everything - sum(daemons)) <= len(daemons)
    assert all(1_000 < n < 1_000_000 for n in daemons)


def test_without_valgrind_there_is_one_sentence(built):
    done = run("--only", "HEAD", path="/nowhere")
    assert done.returncode == 1
    assert re.fullmatch(r"bench: valgrind is not installed; .+\n", done.stderr)
