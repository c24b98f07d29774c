# SPDX-License-Identifier: Apache-2.0
"""A Coffer whose daemons run under valgrind's callgrind, and the instructions that it has counted."""

import collections
import pathlib
import re
import shlex
import shutil

import targets

# Where valgrind can tell no function: a library without symbols.
UNNAMED = "???"
# "fn=(12) name" where a name is met first, "fn=(12)" from then on; a "c" before it: of who is called.
_NAMED = re.compile(r"(c?)(fn|ob)=\((\d+)\)(?: (.*))?")
# Position and cost; a position may be told as its distance from the last one.
_COST = re.compile(r"[+\-*\d]\S* (\d+)")
# valgrind lets nobody set a limit on descriptors that is below the one it was started with.
_DESCRIPTORS = 1024
_WRAPPER = """#!/bin/sh
ulimit -n {descriptors}
exec {valgrind} --tool=callgrind --vgdb=no --log-file=/dev/null --callgrind-out-file={out} {program} "$@"
"""


class CallgrindError(Exception):
    """valgrind is not there, or has counted nothing."""


def read(text):
    """Instructions by (function, library) of what callgrind has written, those of calls left out."""
    counts, names, at, is_call = collections.Counter(), {}, {}, False
    for line in text.splitlines():
        if named := _NAMED.fullmatch(line):
            called, kind, number, name = named.groups()
            if name:
                names[kind, number] = name
            if not called:
                at[kind] = names[kind, number]
        elif line.startswith("calls="):
            is_call = True
        elif cost := _COST.fullmatch(line):
            if not is_call:
                counts[at["fn"], pathlib.Path(at.get("ob", UNNAMED)).name] += int(cost[1])
            is_call = False
    return counts


class Server(targets.Server):
    """Counts from start to stop(). Unconfined: valgrind knows neither Landlock nor the filter's call."""

    def __init__(self, build, parent):
        valgrind = shutil.which("valgrind")
        if valgrind is None:
            raise CallgrindError("valgrind is not installed; on Debian, `apt-get install valgrind` does it")
        super().__init__(build, parent=parent, args=("--confine", "degraded"))
        self.counted = self.dir / "counted"
        self.counted.mkdir()
        self.counted.chmod(0o1777)
        self.env["COFFER_LIBEXEC"] = str(self.dir)
        for name in targets.PROCESSES:
            self._wrap(valgrind, name)

    def _wrap(self, valgrind, name):
        program = f"coffer-{name}"
        wrapper = self.dir / program
        wrapper.write_text(_WRAPPER.format(
            descriptors=_DESCRIPTORS, valgrind=shlex.quote(valgrind),
            out=shlex.quote(f"{self.counted}/{name}.%p"),
            program=shlex.quote(str(self.build / name / program))))
        wrapper.chmod(0o755)

    def start(self):
        super().start()
        # Made as who started them; as the daemons' own users they are written at the end, anew.
        for made in self.counted.iterdir():
            made.unlink()
        return self

    def keep(self, directory):
        """What callgrind has written, for callgrind_annotate and such."""
        shutil.copytree(self.counted, directory, dirs_exist_ok=True)

    def instructions(self):
        """By daemon, a parent with its workers, what read() returns; the server must have stopped."""
        counts = {name: collections.Counter() for name in targets.PROCESSES}
        for written in self.counted.iterdir():
            counts[written.name.partition(".")[0]] += read(written.read_text())
        if not all(counts.values()):
            raise CallgrindError(f"callgrind has counted nothing:\n{self.log()}")
        return counts
