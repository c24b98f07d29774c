# SPDX-License-Identifier: Apache-2.0
"""What decisions.txt says of policies, row by row, is what the evaluator says."""

import json
import pathlib
import re

import pytest

from . import table

ROWS = table.read()
AT_LEAST = 300
SOURCES = pathlib.Path(__file__).resolve().parents[4] / "s3" / "policy"


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_decision(evaluator, row):
    answer = evaluator.ask(row.question)
    said = {
        "says": "refused" if "refused" in answer else answer["verdict"],
        "because": answer.get("refused"),
        "needs": ", ".join(answer.get("needs", ())),
        "public": "yes" if answer.get("public") else "no",
    }
    wrong = {name: (said[name], value) for name, value in row.expected.items()
             if said[name] != value and not (name == "because" and value in (said[name] or ""))}
    assert not wrong, f"{row.title} ({row.doc})"


def test_there_are_enough_and_each_expects_something():
    assert len({repr(row.question) for row in ROWS}) >= AT_LEAST
    assert all(row.expected and row.doc for row in ROWS)


def test_every_operator_and_every_key_has_a_row():
    operators = re.findall(r'\tOPERATOR\(\w+, "(\w+)"', (SOURCES / "value.h").read_text())
    keys = re.findall(r'\tKEY\(\w+, "([^"]+)"', (SOURCES / "context.h").read_text())
    asked = " ".join(json.dumps(row.question) for row in ROWS).replace("\\", "")
    assert len(operators) > 20 and len(keys) > 50
    assert [name for name in operators if f'"{name}"' not in asked] == []
    assert [name for name in keys if name not in asked] == []
