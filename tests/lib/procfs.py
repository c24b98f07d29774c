# SPDX-License-Identifier: Apache-2.0
"""Processes as /proc shows them. Only what stays readable when a process is not dumpable."""

import pathlib


def _stat(pid):
    """The fields of /proc/PID/stat after the name, and the name; None when it is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name stands in parentheses and may itself hold spaces and parentheses.
    start, end = text.index("("), text.rindex(")")
    return text[start + 1:end], text[end + 2:].split()


def name(pid):
    """What the kernel calls the process (at most 15 bytes), or None when it is gone."""
    found = _stat(pid)
    return found[0] if found else None


def is_alive(pid):
    found = _stat(pid)
    return found is not None and found[1][0] not in "ZX"


def children(pid):
    """The live children of a process, oldest first."""
    pids = sorted(int(p.name) for p in pathlib.Path("/proc").iterdir() if p.name.isdigit())
    return [p for p in pids if (found := _stat(p)) and found[1][0] not in "ZX"
            and int(found[1][1]) == pid]


def status(pid, task=None):
    """/proc/PID/status (or that of one of its threads) as a dict of strings."""
    path = f"/proc/{pid}/task/{task}/status" if task else f"/proc/{pid}/status"
    lines = pathlib.Path(path).read_text().splitlines()
    return {field: value.strip() for field, value in (line.split(":", 1) for line in lines)}


def tasks(pid):
    """The thread ids of a process."""
    return sorted(int(t.name) for t in pathlib.Path(f"/proc/{pid}/task").iterdir())


def descriptors(pid):
    """How many descriptors a process has open (root, or the owner of a dumpable process)."""
    return len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))
