# SPDX-License-Identifier: Apache-2.0
"""Presigned URLs, as boto3 makes them and as they may be bent."""

import datetime
import time
import urllib.parse

import boto3
import botocore.config
import pytest

from clients import s3
from lib import rawhttp, sigv4

pytestmark = pytest.mark.functional


def target_of(url):
    parts = urllib.parse.urlsplit(url)
    return f"{parts.path}?{parts.query}"


def fetch(server, method, target, headers=(), body=b""):
    fields = [("Host", server.netloc), *headers]
    if body or method == "PUT":
        fields.append(("Content-Length", str(len(body))))
    return rawhttp.exchange(server, rawhttp.head(method, target, fields) + body, method)


def presigned(client, operation, expires_s=60, **parameters):
    return target_of(client.generate_presigned_url(operation, parameters, ExpiresIn=expires_s))


def test_get(server, client, bucket):
    s3.put(client, bucket, "k", body=b"body")
    answer = fetch(server, "GET", presigned(client, "get_object", Bucket=bucket, Key="k"))
    assert (answer.status, answer.body) == (200, b"body")


def test_get_with_range(server, client, bucket):
    s3.put(client, bucket, "k", body=b"0123456789")
    target = presigned(client, "get_object", Bucket=bucket, Key="k")
    answer = fetch(server, "GET", target, [("Range", "bytes=2-4")])
    assert (answer.status, answer.body) == (206, b"234")


def test_head(server, client, bucket):
    s3.put(client, bucket, "k", body=b"body")
    target = presigned(client, "head_object", Bucket=bucket, Key="k")
    assert fetch(server, "HEAD", target).get("Content-Length") == "4"


@pytest.mark.parametrize("body", [b"", b"put body", b"p" * 300_000])
def test_put(server, client, bucket, body):
    target = presigned(client, "put_object", Bucket=bucket, Key="k")
    assert fetch(server, "PUT", target, body=body).status == 200
    assert s3.read(client, bucket, "k") == body


def test_put_with_signed_headers(server, client, bucket):
    target = presigned(client, "put_object", Bucket=bucket, Key="k", ContentType="text/x",
                       Metadata={"a": "1"})
    headers = [("Content-Type", "text/x"), ("x-amz-meta-a", "1")]
    assert fetch(server, "PUT", target, headers, b"x").status == 200
    got = client.head_object(Bucket=bucket, Key="k")
    assert (got["ContentType"], got["Metadata"]) == ("text/x", {"a": "1"})


def test_put_with_another_content_type_than_signed(server, client, bucket):
    target = presigned(client, "put_object", Bucket=bucket, Key="k", ContentType="text/x")
    answer = fetch(server, "PUT", target, [("Content-Type", "text/html")], b"x")
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == []


def test_delete(server, client, bucket):
    s3.put(client, bucket, "k")
    target = presigned(client, "delete_object", Bucket=bucket, Key="k")
    assert fetch(server, "DELETE", target).status == 204
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == []


def test_list(server, client, bucket):
    s3.put(client, bucket, "k1", "k2")
    target = presigned(client, "list_objects_v2", Bucket=bucket, Prefix="k1")
    assert [e.text for e in fetch(server, "GET", target).xml.findall("Contents/Key")] == ["k1"]


def test_upload_part(server, client, bucket):
    upload = s3.begin(client, bucket, "k")
    target = presigned(client, "upload_part", Bucket=bucket, Key="k", UploadId=upload,
                       PartNumber=1)
    etag = fetch(server, "PUT", target, body=b"part").get("ETag")
    s3.complete(client, bucket, "k", upload, [{"PartNumber": 1, "ETag": etag}])
    assert s3.read(client, bucket, "k") == b"part"


def test_response_override(server, client, bucket):
    s3.put(client, bucket, "k")
    target = presigned(client, "get_object", Bucket=bucket, Key="k",
                       ResponseContentDisposition='attachment; filename="\u20ac &.txt"',
                       ResponseContentType="text/x y")
    answer = fetch(server, "GET", target)
    assert (answer.status, answer.get("Content-Type")) == (200, "text/x y")


def test_expired(server, client, bucket):
    s3.put(client, bucket, "k")
    target = presigned(client, "get_object", 1, Bucket=bucket, Key="k")
    time.sleep(2.1)
    answer = fetch(server, "GET", target)
    assert (answer.status, answer.code) == (403, "AccessDenied")


def ours(server, bucket, **how):
    return sigv4.presign(server.credentials, "GET", f"/{bucket}/k", host=server.netloc, **how)


def test_signed_an_hour_ago_for_two(server, client, bucket):
    s3.put(client, bucket, "k")
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
    target = ours(server, bucket, expires_s=7200, amz_date=sigv4.date_of(then))
    assert fetch(server, "GET", target).status == 200


@pytest.mark.parametrize("expires", [604801, -1, "x", ""])
def test_expiry_out_of_bounds(server, client, bucket, expires):
    s3.put(client, bucket, "k")
    answer = fetch(server, "GET", ours(server, bucket, expires_s=expires))
    assert (answer.status, answer.code) == (400, "AuthorizationQueryParametersError")


def test_longest_expiry(server, client, bucket):
    s3.put(client, bucket, "k")
    assert fetch(server, "GET", ours(server, bucket, expires_s=604800)).status == 200


@pytest.mark.parametrize("bend", [
    lambda t: t.replace("/k?", "/other?"), lambda t: t + "&versionId=null",
    lambda t: t[:-1] + ("0" if t[-1] != "0" else "1"),
    lambda t: t.replace("Expires=300", "Expires=3000")],
    ids=["key", "parameter", "signature", "expiry"])
def test_bent(server, client, bucket, bend):
    s3.put(client, bucket, "k", "other")
    answer = fetch(server, "GET", bend(ours(server, bucket)))
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")


def test_of_another_method(server, client, bucket):
    s3.put(client, bucket, "k")
    answer = fetch(server, "DELETE", ours(server, bucket))
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == ["k"]


@pytest.mark.parametrize("name", ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date",
                                  "X-Amz-Expires", "X-Amz-SignedHeaders"])
def test_missing_parameter(server, client, bucket, name):
    s3.put(client, bucket, "k")
    path, _, query = ours(server, bucket).partition("?")
    rest = "&".join(p for p in query.split("&") if not p.startswith(name + "="))
    answer = fetch(server, "GET", f"{path}?{rest}")
    if name == "X-Amz-Algorithm":
        # Without it nothing says that the request is signed.
        assert answer.status in (400, 403)
    else:
        assert (answer.status, answer.code) == (400, "AuthorizationQueryParametersError")


def test_query_and_header_at_once(server, client, bucket):
    s3.put(client, bucket, "k")
    target = ours(server, bucket)
    fields, _ = sigv4.header_auth(server.credentials, "GET", target, host=server.netloc)
    answer = rawhttp.exchange(server, rawhttp.head("GET", target, fields))
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_signature_version_2_names_the_one_to_use(server, bucket):
    """boto3 still presigns so by default for us-east-1."""
    old = boto3.client("s3", endpoint_url=server.endpoint, region_name="us-east-1",
                       aws_access_key_id=server.access_key,
                       aws_secret_access_key=server.secret_key,
                       config=botocore.config.Config(signature_version="s3",
                                                     s3={"addressing_style": "path"}))
    target = presigned(old, "get_object", Bucket=bucket, Key="k")
    answer = fetch(server, "GET", target)
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert "AWS4-HMAC-SHA256" in answer.xml.findtext("Message")
