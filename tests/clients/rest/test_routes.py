# SPDX-License-Identifier: Apache-2.0
"""Paths that are none, methods that a path has not, and which of two mistakes is told."""

import pytest

from lib import rawhttp, rest

pytestmark = pytest.mark.functional

NO_PATHS = ["/", "/x", "/objectsx", "/objectsx/k", "/Objects", "/OBJECTS/k", "/health/", "/healthy",
            "//health", "//objects/k", "/v1/objects/k", "/-/health", "/favicon.ico", "/docs",
            "/redoc", "/object/k", "/admin", "/?list-type=2", "/bucket/key"]

ALLOWED = {"/health": {"GET"}, "/openapi.json": {"GET"}, "/objects": {"GET"},
           "/objects/k": {"GET", "HEAD", "PUT", "DELETE"}}
METHODS = ["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH", "OPTIONS", "TRACE", "BREW"]
WRONG = [(method, path) for path, allowed in ALLOWED.items() for method in METHODS
         if method not in allowed | {"HEAD"}]


@pytest.fixture(params=["token", "nobody"])
def anyone(request, store):
    return store if request.param == "token" else store.with_token(None)


@pytest.mark.parametrize("path", NO_PATHS)
def test_unknown_path(anyone, path):
    """Also for nobody: a path that is none is told before credentials are asked."""
    rest.detailed(anyone.ask("GET", path), 404, "Not Found")


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH", "OPTIONS"])
def test_unknown_path_with_any_method(anyone, method):
    rest.detailed(anyone.ask(method, "/nothing/here", body=b""), 404, "Not Found")


def test_head_of_an_unknown_path_has_no_body(anyone):
    assert anyone.ask("HEAD", "/nothing/here").status == 404


@pytest.mark.parametrize("method, path", WRONG)
def test_wrong_method(anyone, method, path):
    answer = anyone.ask(method, path, body=b"")
    rest.detailed(answer, 405, "Method Not Allowed")
    allowed = {word.strip() for word in answer.get("Allow").split(",")}
    assert ALLOWED[path] <= allowed <= ALLOWED[path] | {"HEAD"}


@pytest.mark.parametrize("path", ["/health", "/openapi.json", "/objects"])
def test_head_of_a_page_is_as_its_allow_says(store, path):
    """The contract has GET alone. HTTP gives every GET a HEAD; either is honest, a 404 is not."""
    answer = store.ask("HEAD", path)
    allowed = store.ask("BREW", path).get("Allow")
    assert answer.status == (200 if "HEAD" in allowed else 405)


@pytest.mark.parametrize("method", ["get", "Put"])
def test_methods_are_case_sensitive(store, key, method):
    rest.detailed(store.ask(method, rest.target(key), body=b""), 405, "Method Not Allowed")


def test_wrong_method_leaves_the_object_alone(store, key):
    store.put(key, b"kept")
    for method in ("POST", "PATCH", "OPTIONS", "TRACE"):
        assert store.ask(method, rest.target(key), body=b"other").status == 405
    assert store.read(key) == b"kept"


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_no_header_turns_one_method_into_another(store, key, name):
    store.put(key, b"kept")
    assert store.ask("GET", rest.target(key), [(name, "DELETE")]).status == 200
    assert store.read(key) == b"kept"


@pytest.mark.parametrize("query", ["x=1", "x", "versionId=1", "limit=abc", "cursor=junk", "uploads",
                                   "X-Amz-Signature=0", "=", "&&", "a=b&a=c"])
def test_unknown_parameters_of_an_object_are_ignored(store, key, query):
    path = f"{rest.target(key)}?{query}"
    assert store.ask("PUT", path, body=b"body").status == 200
    assert store.ask("GET", path).body == b"body"
    assert store.ask("HEAD", path).status == 200
    assert store.ask("DELETE", path).status == 204


@pytest.mark.parametrize("query", ["delimiter=/", "max-keys=1", "start-after=z", "list-type=2",
                                   "Limit=1", "&&", "limits=abc"])
def test_unknown_parameters_of_the_listing_are_ignored(empty, query):
    empty.put("a/b")
    empty.put("c")
    told = rest.document(empty.ask("GET", f"/objects?{query}"))
    assert told["keys"] == ["a/b", "c"]


def test_s3_headers_mean_nothing_here(store, key):
    store.put(key, b"source")
    headers = [("x-amz-copy-source", f"/{store.bucket}/{key}"), ("x-amz-meta-a", "b"),
               ("x-amz-content-sha256", "0" * 64), ("x-amz-acl", "public-read")]
    store.put(key + "-2", b"body", headers)
    assert store.read(key + "-2") == b"body"


@pytest.mark.parametrize("host", ["example.org", "bucket.s3.amazonaws.com", "x", "[::1]:8000",
                                  "default-objects.localhost:1"])
def test_the_name_of_the_host_does_not_matter(store, key, host):
    """Proxies pass on whatever name the service has outside; a bucket is never in it."""
    store.put(key, b"body")
    request = rawhttp.head("GET", rest.target(key), [
        ("Host", host), ("Authorization", f"Bearer {store.token}")])
    assert rawhttp.exchange(store, request).body == b"body"
