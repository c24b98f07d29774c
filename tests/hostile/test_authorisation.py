# SPDX-License-Identifier: Apache-2.0
"""T20 to T24, T30: two tenants and nobody; what one can learn or do of the other's."""

import base64
import hashlib
import statistics
import time

import pytest

from lib import rawhttp, sigv4

pytestmark = pytest.mark.usefixtures("unharmed")

SECRET = b"mine alone"


@pytest.fixture(scope="module")
def other(victim):
    """Another tenant of the same server."""
    return victim.add_tenant("other-tenant")


@pytest.fixture
def mine(victim, bucket):
    """A bucket of the first tenant; the object in it is the same afterwards."""
    assert rawhttp.request(victim, "PUT", f"/{bucket}/k", body=SECRET).status == 200
    yield bucket
    assert rawhttp.request(victim, "GET", f"/{bucket}/k").body == SECRET


@pytest.fixture
def theirs(other, bucket_name):
    name = "other-" + bucket_name
    assert rawhttp.request(other, "PUT", f"/{name}").status == 200
    return name


DELETE = b"<Delete><Object><Key>k</Key></Object></Delete>"
COMPLETE = (b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part>"
            b"</CompleteMultipartUpload>")

POLICY = (b'{"Statement":[{"Effect":"Allow","Principal":{"AWS":"somebody"},"Action":"s3:*","Resource":"*"}]}')

EVERY_OPERATION = [
    ("GET", "/{b}?location", b""), ("GET", "/{b}?uploads", b""), ("GET", "/{b}?versioning", b""),
    ("GET", "/{b}?policy", b""), ("GET", "/{b}?policyStatus", b""), ("PUT", "/{b}?policy", POLICY),
    ("DELETE", "/{b}?policy", b""), ("GET", "/{b}?publicAccessBlock", b""),
    ("PUT", "/{b}?publicAccessBlock", b"<PublicAccessBlockConfiguration/>"),
    ("DELETE", "/{b}?publicAccessBlock", b""), ("GET", "/{b}?list-type=2", b""), ("GET", "/{b}", b""),
    ("HEAD", "/{b}", b""), ("DELETE", "/{b}", b""), ("POST", "/{b}?delete", DELETE),
    ("GET", "/{b}/k", b""), ("HEAD", "/{b}/k", b""), ("PUT", "/{b}/k", b"overwritten"),
    ("DELETE", "/{b}/k", b""), ("POST", "/{b}/k?uploads", b""), ("GET", "/{b}/k?attributes", b""),
    ("GET", "/{b}/k?uploadId=u", b""), ("PUT", "/{b}/k?uploadId=u&partNumber=1", b"part"),
    ("POST", "/{b}/k?uploadId=u", COMPLETE), ("DELETE", "/{b}/k?uploadId=u", b""),
]


def extra_headers(target, body):
    if target.endswith("?delete"):
        return [("Content-MD5", base64.b64encode(hashlib.md5(body).digest()).decode())]
    return [("x-amz-object-attributes", "ETag")] if target.endswith("?attributes") else []


@pytest.mark.parametrize("operation", EVERY_OPERATION, ids=lambda o: f"{o[0]} {o[1]}")
def test_t30_every_operation_on_anothers_bucket_is_access_denied(other, mine, operation):
    method, target, body = operation
    target = target.format(b=mine)
    response = rawhttp.request(other, method, target, extra_headers(target, body), body)
    assert response.status == 403
    assert method == "HEAD" or response.code == "AccessDenied"


@pytest.mark.parametrize("operation", EVERY_OPERATION, ids=lambda o: f"{o[0]} {o[1]}")
def test_t23_every_operation_without_credentials_is_access_denied(victim, mine, operation):
    method, target, body = operation
    head = rawhttp.head(method, target.format(b=mine), [("Host", victim.netloc),
                                                       ("Content-Length", str(len(body)))])
    response = rawhttp.exchange(victim, head + body, method)
    assert response.status == 403
    assert method == "HEAD" or response.code == "AccessDenied"


def test_t23_nobody_lists_buckets(victim):
    response = rawhttp.exchange(victim, rawhttp.head("GET", "/", [("Host", victim.netloc)]))
    assert response.status == 403 and response.code == "AccessDenied"


def test_t20_copying_from_anothers_bucket_is_denied(other, mine, theirs):
    source = [("x-amz-copy-source", f"/{mine}/k")]
    response = rawhttp.request(other, "PUT", f"/{theirs}/stolen", source)
    assert response.status == 403 and response.code == "AccessDenied"
    assert rawhttp.request(other, "HEAD", f"/{theirs}/stolen").status == 404


def test_t20_copying_a_part_from_anothers_bucket_is_denied(other, mine, theirs):
    upload = rawhttp.request(other, "POST", f"/{theirs}/m?uploads").xml.findtext("UploadId")
    for extra in ([], [("x-amz-copy-source-range", "bytes=0-3")]):
        response = rawhttp.request(other, "PUT", f"/{theirs}/m?uploadId={upload}&partNumber=1",
                                   [("x-amz-copy-source", f"/{mine}/k"), *extra])
        assert response.status == 403 and response.code == "AccessDenied"
    parts = rawhttp.request(other, "GET", f"/{theirs}/m?uploadId={upload}").xml
    assert not list(parts.iter("Part"))


def test_t20_conditions_on_a_denied_source_tell_nothing(other, mine, theirs):
    etag = hashlib.md5(SECRET).hexdigest()
    answers = {rawhttp.request(other, "PUT", f"/{theirs}/x", [
        ("x-amz-copy-source", f"/{mine}/{key}"), (f"x-amz-copy-source-{condition}", etag)]).code
        for key in ("k", "missing") for condition in ("if-match", "if-none-match")}
    assert answers == {"AccessDenied"}


def test_t21_delete_objects_deletes_nothing_of_anothers(other, mine):
    response = rawhttp.request(other, "POST", f"/{mine}?delete", extra_headers("?delete", DELETE),
                               DELETE)
    assert response.status == 403


def test_t24_conditions_are_not_answered_before_authorisation(victim, other, mine):
    etag = f'"{hashlib.md5(SECRET).hexdigest()}"'
    for condition in ([("If-Match", etag)], [("If-None-Match", etag)], [("If-None-Match", "*")],
                      [("If-Match", '"no"')], [("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT")]):
        for key in ("k", "missing"):
            assert rawhttp.request(other, "GET", f"/{mine}/{key}", condition).status == 403
            head = rawhttp.head("GET", f"/{mine}/{key}", [("Host", victim.netloc), *condition])
            assert rawhttp.exchange(victim, head).status == 403


def without_ids(response, *names):
    text = response.body
    for header in ("x-amz-request-id", "x-amz-id-2"):
        text = text.replace(response.get(header).encode(), b"ID")
    for name in names:
        text = text.replace(name.encode(), b"NAME")
    return response.status, text


def test_t30_what_is_there_and_what_is_not_look_alike_from_outside(other, mine):
    """Objects, uploads and versions of another: the same words whether they exist or not."""
    for method, there, missing in (
            ("GET", "k", "missing"), ("DELETE", "k", "missing"), ("PUT", "k", "missing"),
            ("GET", "k?versionId=null", "missing?versionId=null"),
            ("GET", "k?uploadId=1", "missing?uploadId=2")):
        a = rawhttp.request(other, method, f"/{mine}/{there}")
        b = rawhttp.request(other, method, f"/{mine}/{missing}")
        assert without_ids(a, there.split("?")[0]) == without_ids(b, missing.split("?")[0])


# Each beside one that asks for the same of what is not there, or is otherwise: "k" is an object, "u" an upload.
TWINS = [
    ("GET", "k", "", b""), ("HEAD", "k", "", b""), ("DELETE", "k", "", b""), ("PUT", "k", "", b"new"),
    ("GET", "k", "?attributes", b""), ("GET", "k", "?acl", b""), ("GET", "k", "?tagging", b""),
    ("GET", "k", "?versionId=null", b""), ("DELETE", "k", "?versionId=null", b""),
    ("POST", "k", "?uploads", b""), ("GET", "m", "?uploadId={u}", b""),
    ("PUT", "m", "?uploadId={u}&partNumber=1", b"part"), ("POST", "m", "?uploadId={u}", COMPLETE),
    ("DELETE", "m", "?uploadId={u}", b""),
]
CONDITIONS = [[], [("If-Match", "*")], [("If-None-Match", "*")], [("Range", "bytes=0-3")],
              [("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")]]


def told(response, *names):
    """All that a response says, but for ids, the time, and the names that were asked for."""
    ids = [response.get(name) or "" for name in ("x-amz-request-id", "x-amz-id-2")]
    body = response.body.decode()
    for name in sorted([*ids, *names], key=len, reverse=True):
        body = body.replace(name, "*") if name else body
    fields = [(name.lower(), value) for name, value in response.headers
              if name.lower() not in ("x-amz-request-id", "x-amz-id-2", "date", "content-length")]
    return response.status, fields, body


@pytest.fixture
def furnished(victim, mine):
    """The first tenant's bucket with an upload that has a part."""
    upload = rawhttp.request(victim, "POST", f"/{mine}/m?uploads").xml.findtext("UploadId")
    assert rawhttp.request(victim, "PUT", f"/{mine}/m?uploadId={upload}&partNumber=1",
                           body=b"part").status == 200
    return upload


@pytest.mark.parametrize("twin", TWINS, ids=lambda t: f"{t[0]} {t[1]}{t[2]}")
def test_t30_what_is_in_anothers_bucket_is_told_like_what_is_not(other, mine, furnished, twin):
    method, key, query, body = twin
    absent, nothing = "absent", "0" * len(furnished)
    for condition in CONDITIONS:
        headers = condition + extra_headers(query, body)
        there = rawhttp.request(other, method, f"/{mine}/{key}" + query.format(u=furnished),
                                headers, body)
        missing = [rawhttp.request(other, method, f"/{mine}/{absent}" + query.format(u=furnished),
                                   headers, body),
                   rawhttp.request(other, method, f"/{mine}/{key}" + query.format(u=nothing),
                                   headers, body)]
        names = (f"/{mine}/{key}", f"/{mine}/{absent}", furnished, nothing)
        # Some conditions are not for every operation, whatever is there.
        assert there.status in ((403, 501) if condition else (403,))
        assert [told(m, *names) for m in missing] == [told(there, *names)] * 2


@pytest.mark.parametrize("operation", EVERY_OPERATION, ids=lambda o: f"{o[0]} {o[1]}")
def test_t30_a_full_bucket_is_told_like_an_empty_one(victim, other, mine, furnished, bucket_name, operation):
    """With objects, an upload, a policy and a block taken off, against one of which nothing was said."""
    method, target, body = operation
    empty = f"e{bucket_name}"
    assert rawhttp.request(victim, "PUT", f"/{empty}").status == 200
    assert rawhttp.request(victim, "PUT", f"/{mine}?policy", body=POLICY).status == 204
    assert rawhttp.request(victim, "DELETE", f"/{mine}?publicAccessBlock").status == 204
    answers = [told(rawhttp.request(other, method, target.format(b=b), extra_headers(target, body),
                                    body), b) for b in (mine, empty)]
    assert answers[0] == answers[1]


def test_t30_that_a_name_is_taken_is_told_and_nothing_more(victim, other, mine):
    response = rawhttp.request(other, "PUT", f"/{mine}")
    assert response.status == 409 and response.code == "BucketAlreadyExists"
    for secret in (victim.access_key, "default"):
        assert secret.encode() not in response.body
    assert rawhttp.request(victim, "PUT", f"/{mine}").code in (None, "BucketAlreadyOwnedByYou")


def test_t30_listing_buckets_shows_ones_own_alone(victim, other, mine, theirs):
    names = [e.text for e in rawhttp.request(other, "GET", "/").xml.iter("Name")]
    assert theirs in names and mine not in names


def test_t30_anothers_upload_id_opens_nothing_in_ones_own_bucket(victim, other, mine, theirs):
    upload = rawhttp.request(victim, "POST", f"/{mine}/k?uploads").xml.findtext("UploadId")
    for method in ("GET", "DELETE"):
        response = rawhttp.request(other, method, f"/{theirs}/k?uploadId={upload}")
        assert response.status == 404 and response.code == "NoSuchUpload"
    assert rawhttp.request(victim, "DELETE", f"/{mine}/k?uploadId={upload}").status == 204


def test_t30_a_signature_by_one_key_under_anothers_name_is_refused(victim, other, mine):
    mixed = sigv4.Credentials(victim.access_key, other.secret_key)
    fields, _ = sigv4.header_auth(mixed, "GET", f"/{mine}/k", host=victim.netloc)
    response = rawhttp.exchange(victim, rawhttp.head("GET", f"/{mine}/k", fields))
    assert response.status == 403 and response.code == "SignatureDoesNotMatch"


def test_t10_unknown_keys_and_wrong_signatures_take_alike_long(victim, capsys):
    """Prints the medians; a ratio is no assertion on a shared machine, an answer's kind is."""
    def median(credentials, expected):
        times = []
        with rawhttp.Connection(victim) as c:
            for _ in range(200):
                fields, _ = sigv4.header_auth(credentials, "GET", "/", host=victim.netloc)
                begun = time.perf_counter()
                c.send(rawhttp.head("GET", "/", fields))
                assert c.receive().code == expected
                times.append(time.perf_counter() - begun)
        return statistics.median(times)

    wrong = median(sigv4.Credentials(victim.access_key, "x" * 40), "SignatureDoesNotMatch")
    unknown = median(sigv4.Credentials("A" * 20, "x" * 40), "InvalidAccessKeyId")
    with capsys.disabled():
        print(f" [wrong {wrong * 1e6:.0f} us, unknown {unknown * 1e6:.0f} us]", end="")
