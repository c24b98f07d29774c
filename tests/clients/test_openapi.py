# SPDX-License-Identifier: Apache-2.0
"""What /openapi.json and /-/admin/v1/openapi.json describe: it is sound, and the server is that."""

import json
import urllib.request

import pytest

from clients import tools
from lib import coffer
from lib.administrators import PREFIX, Administrator

# So many cases a check and operation, the same in every run.
EXAMPLES = 40
SEED = 7
FUZZ_LIMIT_S = 400


def fetch(server, path, method="GET"):
    return urllib.request.urlopen(urllib.request.Request(server.rest_endpoint + path, method=method),
                                  timeout=10)


@pytest.fixture(scope="module")
def description(server):
    if not server.rest_endpoint:
        pytest.skip("COFFER_REST_ENDPOINT is not set")
    with fetch(server, "/openapi.json") as answer:
        assert answer.headers["Content-Type"] == "application/json"
        return json.load(answer)


@pytest.fixture
def token(server):
    if server.token:
        return server.token
    if coffer.is_external():
        pytest.skip("COFFER_TOKEN is not set")
    return server.ctl("token", "add", "fuzzer", "--ttl", "1", "--bucket", "t-schemathesis")["token"]["token"]


def references(node):
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield value
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def operations(description):
    for path, item in description["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation


def test_every_reference_leads_somewhere_and_nothing_is_left_over(description):
    components = {f"#/components/{kind}/{name}" for kind, all_of_kind in
                  description["components"].items() for name in all_of_kind
                  if kind != "securitySchemes"}
    assert set(references(description)) == components


def test_operations_have_names_and_links_lead_to_them(description):
    names = [operation["operationId"] for _, _, operation in operations(description)]
    assert len(set(names)) == len(names)
    for _, _, operation in operations(description):
        for answer in operation["responses"].values():
            for link in answer.get("links", {}).values():
                assert link["operationId"] in names


def test_methods_are_those_that_the_server_allows(server, description):
    for path, item in description["paths"].items():
        declared = {method.upper() for method in item if method != "parameters"}
        with pytest.raises(urllib.error.HTTPError) as refused:
            fetch(server, path.replace("{key}", "k"), "PATCH")
        with refused.value as answer:
            assert answer.code == 405
            assert set(answer.headers["Allow"].split(", ")) == declared, path


def test_what_needs_no_token_says_so(server, description):
    for path, _, operation in operations(description):
        status = 401
        try:
            with fetch(server, path.replace("{key}", "k")) as answer:
                status = answer.status
        except urllib.error.HTTPError as refused:
            status = refused.code
            refused.close()
        assert (operation.get("security") == []) == (status == 200), path


def test_the_description_is_valid(description, cache_dir, tmp_path):
    python = tools.python_packages(cache_dir, "openapi", "openapi-spec-validator", "schemathesis")
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(description))
    tools.run([python, "-m", "openapi_spec_validator", file])


@pytest.mark.timeout(FUZZ_LIMIT_S + 200)
def test_the_server_is_what_the_description_says(server, description, token, cache_dir, tmp_path):
    python = tools.python_packages(cache_dir, "openapi", "openapi-spec-validator", "schemathesis")
    tools.run([python.parent / "schemathesis",
               "--config-file", tools.HERE / "schemathesis.toml", "run",
               server.rest_endpoint + "/openapi.json", "-H", f"Authorization: Bearer {token}",
               "--checks", "all", "--max-examples", str(EXAMPLES), "--seed", str(SEED),
               "--continue-on-failure", "--no-color"],
              env=tools.environment(tmp_path), cwd=tmp_path, timeout_s=FUZZ_LIMIT_S)


# --- the admin API ---------------------------------------------------------------------------

# Who signs nothing hears 403 there, as from S3, and not 401: test_administrators.py has that. The methods of
# each path are compared here; a token's name may end in "/refresh", so that this one has more.
ELSEWHERE = "missing_required_header,ignored_auth,unsupported_method,allow_header_conformance"


@pytest.fixture(scope="module")
def administration(server):
    with urllib.request.urlopen(server.endpoint + PREFIX + "/openapi.json", timeout=10) as answer:
        assert answer.headers["Content-Type"] == "application/json"
        return json.load(answer)


def test_administration_every_reference_leads_somewhere_and_nothing_is_left_over(administration):
    test_every_reference_leads_somewhere_and_nothing_is_left_over(administration)


def test_administration_operations_have_names(administration):
    test_operations_have_names_and_links_lead_to_them(administration)


def test_administration_methods_are_those_that_the_server_allows(server, administration):
    for path, item in administration["paths"].items():
        declared = {method.upper() for method in item if method != "parameters"}
        there = path.format(user="u", access_key="CFX", token_name="t")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(server.endpoint + there, method="TRACE"), timeout=10)
        with refused.value as answer:
            assert answer.code == 405
            allowed = set(answer.headers["Allow"].split(", "))
        # The name of a token may end in "/refresh".
        assert allowed - declared <= ({"GET", "DELETE"} if path.endswith("/refresh") else set())
        assert declared <= allowed, path


def test_administration_is_valid(administration, cache_dir, tmp_path):
    test_the_description_is_valid(administration, cache_dir, tmp_path)


@pytest.mark.timeout(FUZZ_LIMIT_S + 200)
def test_administration_is_what_its_description_says(server, administration, cache_dir, tmp_path):
    if coffer.is_external():
        pytest.skip("an administrator is made on the server's host")
    python = tools.python_packages(cache_dir, "openapi", "openapi-spec-validator", "schemathesis")
    server.ctl("tenant", "create", "t-administration")
    credentials = Administrator(server, "t-administration").credentials
    tools.run([python.parent / "schemathesis",
               "--config-file", tools.HERE / "schemathesis_admin.toml", "run",
               server.endpoint + PREFIX + "/openapi.json", "--checks", "all", "--exclude-checks", ELSEWHERE,
               "--max-examples", str(EXAMPLES), "--seed", str(SEED),
               "--continue-on-failure", "--no-color"],
              env={**tools.environment(tmp_path), "PYTHONPATH": str(tools.HERE),
                   "SCHEMATHESIS_HOOKS": "schemathesis_signer",
                   "ADMIN_ACCESS_KEY": credentials.access_key,
                   "ADMIN_SECRET_KEY": credentials.secret_key},
              cwd=tmp_path, timeout_s=FUZZ_LIMIT_S)
