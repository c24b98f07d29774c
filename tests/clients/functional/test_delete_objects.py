# SPDX-License-Identifier: Apache-2.0
"""DeleteObjects: its document, its answer, and what protects the document."""

import pytest

from clients import s3
from lib import checksums, rawhttp

pytestmark = pytest.mark.functional


def delete(client, bucket, *keys, **how):
    return client.delete_objects(Bucket=bucket,
                                 Delete={"Objects": [{"Key": k} for k in keys], **how})


def send(server, bucket, body, headers=None):
    """The document as it is; with its Content-MD5, unless told otherwise."""
    if headers is None:
        headers = [("Content-MD5", checksums.md5_b64(body))]
    return rawhttp.request(server, "POST", f"/{bucket}?delete", headers, body)


def document(*keys):
    objects = "".join(f"<Object><Key>{k}</Key></Object>" for k in keys)
    return f"<Delete>{objects}</Delete>".encode()


def test_deletes_those_and_no_others(client, bucket):
    s3.put(client, bucket, "a", "b", "c", "ab")
    answer = delete(client, bucket, "a", "c")
    assert sorted(d["Key"] for d in answer["Deleted"]) == ["a", "c"]
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == ["ab", "b"]


def test_quiet_tells_nothing_of_success(client, bucket):
    s3.put(client, bucket, "a")
    answer = delete(client, bucket, "a", Quiet=True)
    assert ("Deleted" in answer, "Errors" in answer) == (False, False)
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == []


def test_missing_key_counts_as_deleted(client, bucket):
    assert [d["Key"] for d in delete(client, bucket, "missing")["Deleted"]] == ["missing"]


def test_key_named_twice(client, bucket):
    s3.put(client, bucket, "a", "b")
    answer = delete(client, bucket, "a", "a")
    assert "Errors" not in answer
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == ["b"]


def test_null_version_is_the_object(client, bucket):
    s3.put(client, bucket, "a")
    client.delete_objects(Bucket=bucket,
                          Delete={"Objects": [{"Key": "a", "VersionId": "null"}]})
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == []


def test_large_and_small_bodies_go_alike(client, bucket):
    s3.put(client, bucket, "small")
    s3.put(client, bucket, "large", body=b"l" * 300_000)
    delete(client, bucket, "small", "large")
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == []


def test_a_thousand_keys(client, bucket):
    kept = [f"kept{i}" for i in range(3)]
    s3.put(client, bucket, *kept, *(f"k{i}" for i in range(0, 1000, 50)))
    answer = delete(client, bucket, *(f"k{i}" for i in range(1000)))
    assert len(answer["Deleted"]) == 1000
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == kept


def test_a_thousand_long_keys(client, bucket):
    """About 1 MiB of document: the largest one that is legal."""
    answer = delete(client, bucket, *(f"{i:04}".ljust(1024, "k") for i in range(1000)))
    assert len(answer["Deleted"]) == 1000


def test_more_than_a_thousand_keys(server, client, bucket):
    s3.put(client, bucket, "k0")
    answer = send(server, bucket, document(*(f"k{i}" for i in range(1001))))
    assert (answer.status, answer.code) == (400, "MalformedXML")
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == ["k0"]


@pytest.mark.parametrize("body", [
    b"<Delete></Delete>", b"<Delete><Object></Object></Delete>", b"<Delete><Object><Key>a",
    b"not xml", b"", b"<Remove><Object><Key>a</Key></Object></Remove>",
    document("a") + b"<more/>", b"<Delete><Object><Key>a\x00</Key></Object></Delete>"],
    ids=["none", "no key", "cut", "text", "empty", "other root", "two roots", "nul"])
def test_malformed_document(server, client, bucket, body):
    s3.put(client, bucket, "a")
    answer = send(server, bucket, body)
    assert answer.status == 400
    # An empty body is told apart by some of S3's own answers.
    assert answer.code in ("MalformedXML", "MissingRequestBodyError")
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == ["a"]


@pytest.mark.parametrize("text, key", [
    ("&lt;a&gt;&amp;&quot;&apos;", "<a>&\"'"), ("<![CDATA[<&>]]>", "<&>"), ("&#x20AC;", "\u20ac"),
    ("&#13;&#10;", "\r\n"), (" a ", " a ")])
def test_key_as_xml_writes_it(server, client, bucket, text, key):
    s3.put(client, bucket, key, "another")
    assert send(server, bucket, document(text)).status == 200
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == ["another"]


@pytest.mark.parametrize("head", [
    '<?xml version="1.0" encoding="UTF-8"?>\n<Delete>', "<Delete >",
    '<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    '<s3:Delete xmlns:s3="urn:x">'])
def test_document_with_declaration_space_or_namespace(server, client, bucket, head):
    s3.put(client, bucket, "a")
    prefix = "s3:" if "s3:" in head else ""
    body = (f"{head}\n <{prefix}Object>\n  <{prefix}Key>a</{prefix}Key>\n </{prefix}Object>\n"
            f"</{prefix}Delete>")
    answer = send(server, bucket, body.encode())
    if prefix:
        # Elements of a namespace that is not S3's: done or refused, but never half.
        assert answer.status in (200, 400)
    else:
        assert answer.status == 200
        assert s3.keys(client.list_objects_v2(Bucket=bucket)) == []


def test_wrong_content_md5(server, client, bucket):
    s3.put(client, bucket, "a")
    answer = send(server, bucket, document("a"), [("Content-MD5", checksums.md5_b64(b"other"))])
    assert (answer.status, answer.code) == (400, "BadDigest")
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == ["a"]


@pytest.mark.parametrize("algorithm", checksums.ALGORITHMS)
def test_checksum_instead_of_content_md5(server, client, bucket, algorithm):
    s3.put(client, bucket, "a")
    name, body = f"x-amz-checksum-{algorithm.lower()}", document("a")
    answer = send(server, bucket, body, [(name, checksums.b64(algorithm, body + b" "))])
    assert (answer.status, answer.code) == (400, "BadDigest")
    answer = send(server, bucket, body, [(name, checksums.b64(algorithm, body))])
    assert answer.status == 200
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == []


def test_neither_content_md5_nor_checksum(server, client, bucket):
    s3.put(client, bucket, "a")
    answer = send(server, bucket, document("a"), [])
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == ["a"]


def test_missing_bucket(client, bucket_name):
    with s3.refused("NoSuchBucket", 404):
        delete(client, bucket_name, "a")
