# SPDX-License-Identifier: Apache-2.0
"""bench/run does all its works, on Coffer and on a peer, and tells of them in the shape it promises.

Nothing here is about speed: what is measured in so little time says nothing.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import threading

import pytest

from lib import coffer, rawhttp

TREE = pathlib.Path(__file__).resolve().parents[2]
RUN = TREE / "bench" / "run"
LIMIT_S = 240
MEDIANS = {"coffer": float, "rival": float, "ratio": float, "p50_us": float, "p99_us": float,
           "memory_kib": (int, float)}


def run(peer, *args):
    # Not below a test's own directory: Coffer's user ids cannot walk through that.
    argv = [RUN, "--quick", "--rounds", 1, "--seconds", 0.1, "--build", coffer.build_dir(),
            "--dir", "/tmp", "--memory-dir", "/tmp", *args]
    return subprocess.run([str(a) for a in argv], env={**os.environ, "PEER": peer},
                          capture_output=True, text=True, timeout=LIMIT_S, check=False)


def peer_of(server, name="Neighbour"):
    return f"{server.endpoint},{server.access_key},{server.secret_key},{name}"


class ArgumentsOfAll:
    """`with ArgumentsOfAll(secret) as seen:` looks at all processes; seen.found are those that show it."""

    def __init__(self, secret):
        self.secret = secret.encode()
        self.found, self.looks = set(), 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._look)

    def _look(self):
        while not self.ended.wait(0.01):
            self.looks += 1
            for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    arguments = path.read_bytes()
                except OSError:
                    continue
                if self.secret in arguments:
                    self.found.add(arguments)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc_info):
        self.ended.set()
        self.thread.join()


def check_that_every_goal_has_a_row(report):
    assert report["format"] == 1
    assert sum(row["goal"] is not None for row in report["works"]) == 13
    for row in report["works"]:
        assert (row["goal"] is None) == (row["is_reached"] is None)


def check_rows(report):
    for row in report["works"]:
        for name, kind in MEDIANS.items():
            assert isinstance(row[name], kind) and row[name] >= 0, f"{row['work']}: {name}"
        assert row["coffer"] > 0 and row["rival"] > 0 and len(row["ratios"]) == 1
        assert set(row["cpu_us"]) == {"frontend", "authd", "stored"}
        assert list(row["peers"]) == ["Neighbour"] and row["peers"]["Neighbour"]["rate"] > 0
        for curve in row.get("latency", {}).values():
            assert curve and curve == sorted(curve)


def check_what_is_measured_once(report):
    assert report["hashes"].keys() == {"md5", "sha256"}
    assert report["memory_kib"].keys() == {"idle", "after"} and report["connection_kib"] < 40
    for way in ("up", "down"):
        assert report["huge"][way]["first_half"] >= report["huge"][way]["before"] > 0


def check_that_a_deletion_is_one_commit(report):
    assert [row["commits"] for row in report["works"] if "commits" in row] == [1]


# One run for all of these: tests of a module may be divided between processes, and a run takes its time.
def test_every_work_runs_on_coffer_and_on_a_peer_and_is_told(server, tmp_path):
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    for program in ("nginx", "gnuplot"):
        if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin"):
            pytest.skip(f"{program} is not installed")
    with ArgumentsOfAll(server.secret_key) as seen:
        done = run(peer_of(server), "--json", tmp_path / "report.json")
    assert (done.returncode, done.stderr) == (0, "")
    written = (tmp_path / "report.json").read_text()
    report = json.loads(written)
    check_that_every_goal_has_a_row(report)
    check_rows(report)
    check_what_is_measured_once(report)
    check_that_a_deletion_is_one_commit(report)
    assert all(row["work"] in done.stdout for row in report["works"])
    assert {p.name for p in tmp_path.glob("*.svg")} == {"performance-ratios.svg",
                                                       "performance-latency.svg"}
    assert b"coffer-bench" not in rawhttp.request(server, "GET", "/").body
    assert seen.looks > 10 and not seen.found
    assert server.secret_key not in done.stdout + written


@pytest.mark.parametrize("peer", [
    "http://127.0.0.1:9,KEY,hidden", "http://127.0.0.1:9", "127.0.0.1:9,KEY,hidden,x",
    "https://127.0.0.1:9,KEY,hidden,x", "http://127.0.0.1,KEY,hidden,x",
    "http://127.0.0.1:99999,KEY,hidden,x", "http://127.0.0.1:9/there,KEY,hidden,x",
    "http://127.0.0.1:9,,hidden,x", "http://127.0.0.1:9,KEY,,x", "http://127.0.0.1:9,KEY,hidden,x/y",
    "http://127.0.0.1:9,KEY,hidden,Coffer",
    "http://127.0.0.1:9,KEY,hidden,x http://127.0.0.1:9,KEY,hidden,x"])
def test_a_bad_peer_is_one_line_without_its_secret(peer):
    done = run(peer)
    assert done.returncode == 1 and not done.stdout
    assert re.fullmatch(r"bench: PEER: .+\n", done.stderr) and "hidden" not in done.stderr


def test_a_peer_that_refuses_is_named(server):
    stranger = coffer.Server(server.endpoint, server.access_key, "wrong")
    done = run(peer_of(stranger), "--only", "HEAD")
    assert done.returncode == 1
    assert done.stderr == "bench: Neighbour: PUT /coffer-bench: 403 SignatureDoesNotMatch\n"


def test_works_without_curves_draw_ratios_alone(tmp_path):
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    if not shutil.which("gnuplot"):
        pytest.skip("gnuplot is not installed")
    done = run("", "--only", "on tmpfs", "--json", tmp_path / "report.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert [p.name for p in tmp_path.glob("*.svg")] == ["performance-ratios.svg"]
