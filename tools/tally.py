# SPDX-License-Identifier: Apache-2.0
"""The count that tools/ci and what it runs end with, and the figures before it."""

import contextlib
import re
import resource
import time
import traceback
import xml.etree.ElementTree as ElementTree

COUNT = re.compile(r"(\d+) passed, (\d+) failed, (\d+) skipped\n")


def count_line(passed, failed, skipped):
    """What COUNT matches, but for the end of the line."""
    return f"{passed} passed, {failed} failed, {skipped} skipped"


def processor_s():
    """What processors have worked for processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Tally:
    """What came out, over all kinds of tests."""

    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []
        self.measured = []

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.measured += other.measured

    def report(self):
        for name, figure in self.measured:
            print(f"measured {name}: {figure}")
        for name, reason in self.skipped:
            print(f"skipped {name}: {reason}")
        for name in self.failed:
            print(f"failed {name}")
        print(count_line(self.passed, len(self.failed), len(self.skipped)), flush=True)

    @contextlib.contextmanager
    def timed(self, stage):
        """Reports how long it took. What runs beside it is in the time of processors, too."""
        began, worked = time.monotonic(), processor_s()
        try:
            yield
        finally:
            self.measured.append((stage, f"{time.monotonic() - began:.0f} s, "
                                  f"{processor_s() - worked:.0f} s of processors"))

    def add_run(self, name, status, report):
        """Adds a run of what has --junitxml. That it ended badly or left no whole report is a failure of its own
        where the report has none."""
        failed_before = len(self.failed)
        try:
            self.add_junit(report)
        except (OSError, ElementTree.ParseError) as error:
            self.failed.append(f"{name}: exit status {status}, and no report: {error}")
        if status != 0 and len(self.failed) == failed_before:
            self.failed.append(f"{name}: exit status {status}")

    def add_junit(self, report):
        """Adds what pytest --junitxml wrote."""
        for case in ElementTree.parse(report).iter("testcase"):
            name = f"{case.get('classname')}::{case.get('name')}"
            skip = case.find("skipped")
            self.measured += [(p.get("name"), p.get("value")) for p in case.iter("property")]
            if case.find("failure") is not None or case.find("error") is not None:
                self.failed.append(name)
            elif skip is not None:
                self.skipped.append((name, skip.get("message") or "no reason given"))
            else:
                self.passed += 1


def count(act):
    """Reports what act(tally) has tallied, and returns the exit status. What act raises has failed, too."""
    tally = Tally()
    try:
        act(tally)
    except Exception as error:
        traceback.print_exc()
        tally.failed.append(f"{type(error).__name__}: {error}".splitlines()[0])
    tally.report()
    return 1 if tally.failed else 0
