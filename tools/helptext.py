# SPDX-License-Identifier: Apache-2.0
"""Reads what a program of Coffer's prints for --help: make-page and make-completion are made of it.

So manual pages and completions cannot say anything else than the program does. What it prints is
paragraphs. The first is the usage; of the others, a line that begins in the first column is text,
one that is indented by two an entry (a command, an option, a file), and what is indented more
belongs to the entry before it. Two blanks or more divide an entry from what is said of it. A program
whose usage has `COMMAND --help` tells more of each command that it lists, in the same form.
"""

import dataclasses
import pathlib
import re
import subprocess

ENTRY_INDENT = 2
# `--option`, and the name or the choice of its value where it takes one.
OPTION = re.compile(r"--([a-z][a-z0-9-]*)(?:[ =](?!--)([\w:|/.@-]+))?")
# A command's words stand in front of what it takes.
COMMAND = re.compile(r"([a-z][a-z-]*(?: [a-z][a-z-]*)*)(?= |$)")
OPERAND = re.compile(r"(?<![\w-])\[?([A-Z][A-Z0-9-]*)\]?(?![\w:])")


@dataclasses.dataclass
class Entry:
    head: str
    text: str = ""
    own: "Help | None" = None   # what the command that it is says of itself

    @property
    def is_option(self):
        return self.head.startswith("-")

    @property
    def is_command(self):
        return bool(COMMAND.match(self.head))

    @property
    def options(self):
        """(name, value or None) of each option that the head shows."""
        return [(f"--{name}", value.rstrip("].,") if value else None)
                for name, value in OPTION.findall(self.head)]

    @property
    def words(self):
        return tuple(COMMAND.match(self.head).group(1).split()) if self.is_command else ()

    @property
    def operands(self):
        return OPERAND.findall(OPTION.sub("", self.head))


@dataclasses.dataclass
class Paragraph:
    text: str
    entries: list
    example: list
    about: str = ""   # what the commands that it lists have in common

    @property
    def group(self):
        """The first word of its commands, where that is one and the same."""
        words = {entry.words[:1] for entry in self.entries if len(entry.words) > 1}
        return words.pop()[0] if len(words) == 1 else None


@dataclasses.dataclass
class Help:
    usage: list
    paragraphs: list

    @property
    def entries(self):
        return [entry for p in self.paragraphs for entry in p.entries]

    @property
    def options(self):
        """(name, value or None, text) of each option that has an entry."""
        return [(name, value, entry.text) for entry in self.entries if entry.is_option
                for name, value in entry.options]


def _split(line):
    head, _, text = re.sub(r" {2,}", "\0", line.strip(), count=1).partition("\0")
    return head, text


def _read_entries(lines):
    entries = []
    for line in lines:
        said = line.strip()
        if len(line) - len(line.lstrip()) == ENTRY_INDENT:
            entries.append(Entry(*_split(line)))
        elif not entries[-1].text and said.startswith(("[-", "--")):
            entries[-1].head += f" {said}"
        else:
            entries[-1].text = f"{entries[-1].text} {said}".strip()
    return entries


def _read_paragraph(lines):
    text = [line for line in lines if not line.startswith(" ")]
    indented = [line for line in lines if line.startswith(" ")]
    said = " ".join(text)
    is_list = said.endswith(":") and not any(
        re.match(r" *-", line) or re.search(r"\S {2,}\S", line) for line in indented)
    if is_list:
        return Paragraph(said, [], [line[ENTRY_INDENT:] for line in indented])
    return Paragraph(said, _read_entries(indented), [])


def parse(printed):
    first, *others = [p.splitlines() for p in re.split(r"\n\s*\n", printed.strip("\n"))]
    usage = []
    for line in "\n".join(first).split(":", 1)[1].splitlines():
        if usage and line.strip().startswith(("[", "-")):
            usage[-1] += f" {line.strip()}"
        else:
            usage.append(line.strip())
    return Help(usage, [_read_paragraph(lines) for lines in others])


def read(*argv):
    """The help of a program, or of one of its commands; each command that tells more with its own."""
    done = subprocess.run([*argv, "--help"], check=True, capture_output=True, text=True)
    told = parse(done.stdout)
    if f"{pathlib.Path(argv[0]).name} COMMAND --help" in told.usage:
        _read_commands(told, argv)
    return told


def _read_commands(told, argv):
    for paragraph in told.paragraphs:
        if paragraph.group:
            paragraph.about = read(*argv, paragraph.group).paragraphs[0].text
        for entry in paragraph.entries:
            if entry.is_command:
                entry.own = read(*argv, *entry.words)


def takes_version(program):
    return subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0
