# SPDX-License-Identifier: Apache-2.0
"""The units of systemd confine from outside what the processes give up by themselves: never less
than a process still needs, and nothing that systemd cannot read.

What they do in a running system, tests/system tries.
"""

import configparser
import pathlib
import re
import shutil
import subprocess

import pytest

from lib import coffer

TREE = pathlib.Path(__file__).resolve().parents[2]
POLICY = TREE / "docs" / "policy.md"

# The columns of docs/policy.md that a unit's filter has to let pass.
NEEDED = {"authd": ("authd",), "stored": ("stored",),
          "frontend": ("frontend-worker", "frontend-parent")}
# Made while a process starts; no list of docs/policy.md has them.
AT_START = {"capget", "execve", "landlock_add_rule", "landlock_create_ruleset",
            "landlock_restrict_self", "seccomp", "setgid", "setuid"}
# Tried, refused, and that is right: there is no way back to root.
REFUSED_AT_START = {"setgid", "setuid"}
FORMS = ("coffer-{}.service", "coffer-{}@.service")


class Once(dict):
    """Settings that come more than once are kept in their order."""

    def __setitem__(self, key, value):
        if key in self and isinstance(value, list):
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


def read_unit(name):
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    unit = configparser.ConfigParser(dict_type=Once, strict=False, interpolation=None,
                                     delimiters=("=",), comment_prefixes=("#",),
                                     empty_lines_in_values=False)
    unit.optionxform = str
    unit.read_string((coffer.build_dir() / "systemd" / name).read_text().replace("\\\n", " "))
    return unit


@pytest.fixture(scope="module")
def sets():
    """systemd's names for many calls at once, as this host's systemd knows them."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not there to say what @file-system and the like are")
    said = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter"], check=True,
                          capture_output=True, text=True, timeout=60).stdout
    found, name = {}, None
    for line in said.splitlines():
        if line.startswith("@"):
            name = line.strip()
            found[name] = []
        elif name and line.startswith(" ") and not line.strip().startswith("#"):
            found[name].append(line.strip())
    return found


def expand(sets, names):
    calls = set()
    for name in names:
        calls |= expand(sets, sets[name]) if name.startswith("@") else {name}
    return calls


def needed(columns):
    """The calls that docs/policy.md grants in any of these columns."""
    table = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
             for line in POLICY.read_text().splitlines()
             if line.startswith("| ")]
    heading = next(row for row in table if row[0] == "call")
    at = [heading.index(column) for column in columns]
    return {row[0].strip("`") for row in table
            if len(row) == len(heading) and any(row[i] == "yes" for i in at)}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("daemon", NEEDED)
def test_the_filter_of_a_unit_lets_all_pass_that_its_process_needs(sets, daemon, form):
    allowed = expand(sets, read_unit(form.format(daemon))["Service"]["SystemCallFilter"].split())
    calls = needed(NEEDED[daemon])
    assert len(calls) > 50
    assert not (calls | AT_START - REFUSED_AT_START) - allowed


@pytest.mark.parametrize("daemon", NEEDED)
def test_nothing_that_needs_privileges_passes_the_filter_of_a_unit(sets, daemon):
    allowed = expand(sets, read_unit(f"coffer-{daemon}.service")["Service"]
                     ["SystemCallFilter"].split())
    for name in ("@clock", "@cpu-emulation", "@debug", "@module", "@mount", "@obsolete",
                 "@privileged", "@raw-io", "@reboot", "@resources", "@swap", "@setuid"):
        assert not allowed & expand(sets, [name]), name


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("daemon", NEEDED)
def test_no_unit_hides_who_connects(daemon, form):
    """Under PrivateUsers= every peer's uid is 65534, and the sockets would let nobody in."""
    assert "PrivateUsers" not in read_unit(form.format(daemon))["Service"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("daemon", NEEDED)
def test_wrong_settings_are_not_tried_again_and_all_else_is(daemon, form):
    """Nor by who connects: the very sockets that start the service are then shut."""
    service = read_unit(form.format(daemon))["Service"]
    told = re.search(r"^#define SERVICE_EXIT_WRONG (\d+)$",
                     (TREE / "base" / "service.h").read_text(), re.MULTILINE)
    assert (service["Restart"], service["RestartPreventExitStatus"]) == ("always", told[1])
    stop = re.fullmatch(r"""\+/bin/sh -c 'test "\$\$EXIT_STATUS" != (\d) \|\| """
                        r"exec systemctl --no-block stop (.*)'", service["ExecStopPost"])
    assert (stop[1], stop[2].split()) == (told[1], service["Sockets"].split())
