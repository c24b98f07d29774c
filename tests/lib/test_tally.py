# SPDX-License-Identifier: Apache-2.0
"""tools/tally.py: no run that failed is counted as one that did not, and the count is the last line."""

import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))

import tally  # noqa: E402

REPORT = """<testsuites><testsuite>
<testcase classname="a" name="good"><properties><property name="seed" value="7"/></properties></testcase>
<testcase classname="a" name="out"><skipped message="no root"/></testcase>%s
</testsuite></testsuites>"""
BAD = '<testcase classname="a" name="bad"><failure message="x"/></testcase>'
BROKEN = '<testcase classname="a" name="broken"><error message="x"/></testcase>'


def added(tmp_path, status, text):
    report = tmp_path / "report.xml"
    if text is not None:
        report.write_text(text)
    found = tally.Tally()
    found.add_run("run", status, report)
    return found


def test_a_report_is_added(tmp_path):
    found = added(tmp_path, 0, REPORT % "")
    assert (found.passed, found.failed) == (1, [])
    assert (found.skipped, found.measured) == ([("a::out", "no root")], [("seed", "7")])


@pytest.mark.parametrize("status", [0, 1])
def test_what_the_report_says_has_failed_is_counted_once(tmp_path, status):
    assert added(tmp_path, status, REPORT % (BAD + BROKEN)).failed == ["a::bad", "a::broken"]


@pytest.mark.parametrize("status", [1, 5, -9])
def test_an_exit_status_that_no_failure_explains_has_failed(tmp_path, status):
    assert added(tmp_path, status, REPORT % "").failed == [f"run: exit status {status}"]


@pytest.mark.parametrize("status", [0, 1, -9])
@pytest.mark.parametrize("text", [None, "", (REPORT % BAD)[:-20]])
def test_a_run_without_a_whole_report_has_failed_once(tmp_path, status, text):
    found = added(tmp_path, status, text)
    assert len(found.failed) == 1 and found.passed == 0


def test_a_stage_is_timed_also_where_it_fails():
    found = tally.Tally()
    with pytest.raises(ValueError), found.timed("stage"):
        subprocess.run([sys.executable, "-c", "sum(range(1 << 20))"], check=True)
        raise ValueError
    (name, figure), = found.measured
    words = figure.split()
    assert name == "stage" and words[1:2] + words[3:] == ["s,", "s", "of", "processors"]
    assert int(words[0]) >= 0 and int(words[2]) >= 0


def test_what_is_raised_has_failed_and_the_count_is_the_last_line(capsys):
    def act(counted):
        counted.passed += 2
        raise OSError("no disk\nat all")
    assert tally.count(act) == 1
    assert capsys.readouterr().out == "failed OSError: no disk\n2 passed, 1 failed, 0 skipped\n"


def test_without_a_failure_the_exit_status_is_zero(capsys):
    assert tally.count(lambda counted: counted.skipped.append(("all", "no root"))) == 0
    assert tally.COUNT.fullmatch(capsys.readouterr().out.splitlines(keepends=True)[-1])
