# SPDX-License-Identifier: Apache-2.0
"""The documents speak of what is there: every test that docs/threat-model.md names exists."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`(tests/[\w/.-]+)::(\w+)`")
LINK = re.compile(r"\]\(([\w./-]+)(?:#[\w-]+)?\)")


def test_every_test_that_the_threat_model_names_exists():
    named = NAMED.findall((ROOT / "docs" / "threat-model.md").read_text())
    assert len(named) > 20
    for file, name in named:
        source = (ROOT / file).read_text()
        assert re.search(rf"\b{name}\b", source), f"{file} has no {name}"


def test_every_row_of_what_is_not_gained_names_a_test():
    rows = [line for line in (ROOT / "docs" / "threat-model.md").read_text().splitlines()
            if line.startswith("| ") and not line.startswith("| he does not gain")]
    assert rows and all(NAMED.search(row) for row in rows)


def test_links_between_documents_lead_somewhere():
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in LINK.findall(document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_operators_and_keys_of_policies_are_the_documented_ones():
    text = (ROOT / "docs" / "policies.md").read_text()
    conditions = text[text.index("## Conditions"):text.index("## What is decided")]
    documented = set(re.findall(r"`((?:aws|s3):[\w-]+/?|[A-Z]\w+)`", conditions))
    known = set(re.findall(r'\tOPERATOR\(\w+, "(\w+)"', (ROOT / "s3" / "policy" / "value.h").read_text()))
    known |= set(re.findall(r'\tKEY\(\w+, "([\w:/-]+)"', (ROOT / "s3" / "policy" / "context.h").read_text()))
    assert len(known) > 60 and documented == known
