# SPDX-License-Identifier: Apache-2.0
"""Reads decisions.txt: groups of rows, each a question for the driver and what it must be answered."""

import dataclasses
import json
import pathlib
import re

CELL = re.compile(r"\s\|(?:\s|$)")
TABLE = pathlib.Path(__file__).with_name("decisions.txt")
ACME, UMBRELLA = "111122223333", "444455556666"
CANONICAL = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
BUCKET = "bkt"
BLOCKS = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]


def _user(account, name):
    return {"who": "user", "account": account, "user": name, "user_id": f"AID{name.upper()}",
            "canonical_id": CANONICAL if account == UMBRELLA else "00"}


def _root(account):
    return {"who": "root", "account": account,
            "canonical_id": CANONICAL if account == UMBRELLA else "00"}


PEOPLE = {
    "alice": _user(ACME, "alice"),
    "bob": _user(ACME, "bob"),
    "mallory": _user(UMBRELLA, "mallory"),
    "acme": _root(ACME),
    "umbrella": _root(UMBRELLA),
    # Whatever is left standing there says nothing of him.
    "nobody": _user(ACME, "alice") | {"who": "anonymous"},
}
# Of a group that says nothing else; and all that a group may say.
USUAL = {"put": "now", "who": "alice", "action": "s3:GetObject", "on": f"{BUCKET}/k", "context": "", "blocks": ""}
POLICIES = ("identity", "identity 2", "bucket", "identity text", "bucket text")
EXPECTED = ("says", "because", "needs", "public")
KNOWN = {*USUAL, *EXPECTED, "head", "doc"}


@dataclasses.dataclass
class Row:
    line: int
    title: str
    doc: str
    question: dict
    expected: dict

    def __str__(self):
        return f"{self.line}"


def _statement(kind, text):
    """A statement with what it leaves out, or None for one that is none."""
    given = json.loads(text)
    made = {"Effect": "Allow"}
    if kind == "bucket" and "NotPrincipal" not in given:
        made["Principal"] = "*"
    if "NotAction" not in given:
        made["Action"] = "s3:*"
    if "NotResource" not in given:
        made["Resource"] = "*"
    made |= given
    return None if made["Effect"] == "none" else made


def _policy(kind, texts):
    statements = [s for s in (_statement(kind, text) for text in texts) if s]
    if not statements:
        return None
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, ensure_ascii=False)


def _read_context(text):
    """The parts of a question that a context stands for."""
    read = {"context": {}, "tags": {}, "request_tags": {}, "unknown": []}
    places = {"tag ": "tags", "new ": "request_tags"}
    for item in filter(None, (part.strip() for part in text.split(";"))):
        name, value = item.split("=", 1)
        place = places.get(name[:4], "context")
        if item == "tag=?":
            read["unknown"].append("s3:ExistingObjectTag/any")
        elif value == "?":
            read["unknown"].append(name)
        else:
            read[place][name[4:] if place != "context" else name] = value
    return read


def _where(text):
    bucket, slash, key = text.partition("/")
    return {"in": bucket or None, "key": key if slash else None}


def _fill(text, row):
    for name, value in row.items():
        text = text.replace(f"<{name}>", value)
    return text


def _identities(policies):
    made = [_policy("identity", policies[name]) for name in ("identity", "identity 2")]
    return [text for text in made + policies["identity text"] if text is not None]


def _question(group, columns):
    says = USUAL | group["says"] | {k: v for k, v in columns.items() if k in KNOWN}
    policies = {kind: [_fill(text, columns) for text in group["policies"][kind]]
                for kind in POLICIES}
    question = PEOPLE[says["who"]] | _read_context(says["context"]) | _where(says["on"])
    question |= {"put": says["put"] == "now", "action": says["action"], "owner": ACME, "identity": _identities(policies),
                 "bucket": _policy("bucket", policies["bucket"]),
                 "blocks": sum(1 << BLOCKS.index(name) for name in says["blocks"].split())}
    if "head" in says:
        question["head"] = says["head"].replace("\\n", "\n")
    return question, {k: says[k] for k in EXPECTED if k in says}


def read(path=TABLE):
    """Every row of the table."""
    rows, group, names = [], None, None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            names = None
        elif line.startswith("== "):
            group = {"title": line[3:], "says": {}, "policies": {kind: [] for kind in POLICIES}}
        elif names is not None:
            columns = dict(zip(names, (cell.strip() for cell in CELL.split(line)), strict=True))
            question, expected = _question(group, columns)
            rows.append(Row(number, group["title"], group["says"]["doc"], question, expected))
        elif not line.startswith("#"):
            name, value = line.split(": ", 1)
            if name == "columns":
                names = [cell.strip() for cell in value.split("|")]
            elif name in POLICIES:
                group["policies"][name].append(value)
            else:
                assert name in KNOWN, f"line {number}: {name}"
                group["says"][name] = value
    return rows
