# SPDX-License-Identifier: Apache-2.0
"""tools/check-system: what is made of two runs beside each other, and what it does without git. Nothing is built here."""

import importlib.machinery
import importlib.util
import pathlib
import sys

import pytest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"
REPORT = '<testsuites><testsuite><testcase classname="a" name="b"/></testsuite></testsuites>'
CUT = REPORT[:-20]


@pytest.fixture
def system(monkeypatch, tmp_path):
    """The program, as a module whose reports are in tmp_path, and which takes all for prepared."""
    monkeypatch.syspath_prepend(str(TOOLS))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader = importlib.machinery.SourceFileLoader("check_system", str(TOOLS / "check-system"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_system", loader))
    loader.exec_module(module)
    for name, value in {"REPORTS": tmp_path, "why_not": lambda: None, "prepare": lambda selection: None}.items():
        monkeypatch.setattr(module, name, value)
    return module


def lane(name, report, status=0):
    """Stands for run(): the half of that name leaves this report or none, the other a good one."""
    def run(*argv, **how):
        path, = (pathlib.Path(word.split("=")[1]) for word in argv if str(word).startswith("--junitxml="))
        is_it = path.stem == name
        if not is_it or report is not None:
            path.write_text(report if is_it else REPORT)
        return status if is_it else 0
    return run


def test_both_halves_are_counted(system, monkeypatch, capsys):
    monkeypatch.setattr(system, "run", lane("system", REPORT))
    assert system.main([]) == 0
    assert capsys.readouterr().out.endswith("\n2 passed, 0 failed, 0 skipped\n")


@pytest.mark.parametrize("name", ["system", "system-apart"])
@pytest.mark.parametrize(("report", "status"), [(None, -9), (None, 0), (CUT, 0), (CUT, 1)])
def test_a_half_that_breaks_off_has_failed(system, monkeypatch, capsys, name, report, status):
    monkeypatch.setattr(system, "run", lane(name, report, status))
    assert system.main([]) == 1
    assert capsys.readouterr().out.endswith("\n1 passed, 1 failed, 0 skipped\n")


def test_a_half_that_fails_without_a_failure_has_failed(system, monkeypatch, capsys):
    monkeypatch.setattr(system, "run", lane("system-apart", REPORT, 2))
    assert system.main([]) == 1
    assert capsys.readouterr().out.endswith("\n2 passed, 1 failed, 0 skipped\n")


def test_a_preparation_that_dies_has_failed(system, monkeypatch, capsys):
    def die():
        raise OSError("no room")
    monkeypatch.setattr(system, "prepare", lambda selection: system.beside(die, lambda: None))
    assert system.main([]) == 1
    assert capsys.readouterr().out.endswith("\nfailed OSError: no room\n0 passed, 1 failed, 0 skipped\n")


def test_without_git_there_is_no_earlier_commit(system, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert system.parent_commit() is None
