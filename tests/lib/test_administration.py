# SPDX-License-Identifier: Apache-2.0
"""The admin API's description says what its table says: resources, bodies, statuses and codes."""

import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = (ROOT / "s3" / "administration.h").read_text()
PREFIX = "/-/admin/v1"
ROW = re.compile(r'ROUTE\(\w+, "(\w+)", "([^"]+)", "[\w.]+", (\d+), ([^)]*(?:\)[^)]*)*?)\)\s*(?:\\|\n)')
TERMS = {"ttl_days", "scopes", "bucket", "prefix", "rate"}


def description():
    return json.loads((ROOT / "frontend" / "administration.json").read_text())


def rows():
    """Method, path, status and the members of the body."""
    found = []
    for method, path, status, members in ROW.findall(TABLE):
        names = {m.lower() for m in re.findall(r"BIT\((\w+)\)", members)}
        found.append((method, path, status, names | (TERMS if "TERMS" in members else set())))
    return found


def described():
    """What stands in the description of each method and path, but for itself."""
    out = {}
    for path, item in description()["paths"].items():
        if path.endswith("/openapi.json"):
            continue
        for method, operation in item.items():
            if method != "parameters":
                out[method.upper(), path.removeprefix(PREFIX)] = operation
    return out


def members_of(operation):
    body = operation.get("requestBody")
    if not body:
        return set()
    name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    # It is the body itself.
    return {"policy"} if name == "Policy" else set(description()["components"]["schemas"][name]["properties"])


def test_both_have_the_same_resources():
    table = {(method, path) for method, path, _, _ in rows()}
    assert len(table) > 15 and table == set(described())


def test_both_have_the_same_members_and_statuses():
    operations = described()
    for method, path, status, members in rows():
        operation = operations[method, path]
        assert members_of(operation) == members, (method, path)
        assert [s for s in operation["responses"] if s.startswith("2")] == [status], (method, path)


def test_every_code_of_the_api_is_described_and_documented():
    own = set(re.findall(r'ERROR\(ADMIN_\w+, "(\w+)"', (ROOT / "s3" / "errors.h").read_text()))
    told = description()["components"]["schemas"]["Error"]["properties"]["error"]["properties"]["code"]["enum"]
    page = (ROOT / "docs" / "administration.md").read_text()
    assert len(own) > 10 and own <= set(told)
    assert all(f"`{code}`" in page for code in own)


def test_the_document_has_every_resource():
    page = (ROOT / "docs" / "administration.md").read_text()
    listed = {(method, path) for path, methods in re.findall(r"^\| `(/[^`]+)` \| ([A-Z, ]+) \|", page, re.M)
              for method in methods.split(", ")}
    assert listed == {(method, path) for method, path, _, _ in rows()}
