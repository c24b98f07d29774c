# SPDX-License-Identifier: Apache-2.0
"""Errors: their document, and those of authentication that honest clients run into."""

import datetime

import pytest

from clients import s3
from lib import coffer, rawhttp, sigv4

pytestmark = pytest.mark.functional


def send(server, method, target, fields, body=b""):
    return rawhttp.exchange(server, rawhttp.head(method, target, fields) + body, method)


def signed(server, method, target, credentials=None, **how):
    return sigv4.header_auth(credentials or server.credentials, method, target,
                             host=server.netloc, **how)[0]


def without(fields, name):
    return [(n, v) for n, v in fields if n.lower() != name.lower()]


def replaced(fields, name, value):
    return [(n, value if n.lower() == name.lower() else v) for n, v in fields]


def test_error_document(server, bucket):
    answer = rawhttp.request(server, "GET", f"/{bucket}/missing")
    assert answer.get("Content-Type").startswith("application/xml")
    error = answer.xml
    assert error.tag == "Error"
    assert [e.tag for e in error][:2] == ["Code", "Message"]
    assert error.findtext("Code") == "NoSuchKey" and error.findtext("Message")
    assert error.findtext("RequestId") == answer.get("x-amz-request-id")
    assert error.findtext("HostId") == answer.get("x-amz-id-2")


def test_every_answer_has_its_request_id(server, client, bucket):
    s3.put(client, bucket, "k")
    answers = [rawhttp.request(server, method, f"/{bucket}/{key}")
               for method in ("GET", "HEAD", "DELETE") for key in ("k", "missing")]
    ids = [a.get("x-amz-request-id") for a in answers]
    assert all(ids) and len(set(ids)) == len(ids)
    assert all(a.get("x-amz-id-2") for a in answers)


def test_error_escapes_what_it_repeats(server, bucket):
    answer = rawhttp.request(server, "GET", f"/{bucket}/%3Cscript%3E%26%22%27")
    assert b"<script>" not in answer.body
    assert answer.xml.findtext("Key") == "<script>&\"'"


def test_anonymous(server, bucket):
    answer = send(server, "GET", f"/{bucket}/k", [("Host", server.netloc)])
    assert (answer.status, answer.code) == (403, "AccessDenied")


def test_unknown_access_key(server, bucket):
    stranger = sigv4.Credentials("AKIAIOSFODNN7EXAMPLE", server.secret_key)
    answer = send(server, "GET", f"/{bucket}", signed(server, "GET", f"/{bucket}", stranger))
    assert (answer.status, answer.code) == (403, "InvalidAccessKeyId")
    assert answer.xml.findtext("AWSAccessKeyId") in (None, "AKIAIOSFODNN7EXAMPLE")


def test_wrong_secret(server, bucket):
    forger = sigv4.Credentials(server.access_key, server.secret_key[:-1] + "!")
    answer = send(server, "GET", f"/{bucket}", signed(server, "GET", f"/{bucket}", forger))
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    assert server.secret_key.encode() not in answer.body


@pytest.mark.parametrize("minutes", [-16, 16])
def test_skewed_clock(server, bucket, minutes):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    answer = send(server, "GET", f"/{bucket}",
                  signed(server, "GET", f"/{bucket}", amz_date=sigv4.date_of(when)))
    assert (answer.status, answer.code) == (403, "RequestTimeTooSkewed")


@pytest.mark.parametrize("minutes", [-14, 14])
def test_clock_within_a_quarter_of_an_hour(server, bucket, minutes):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    answer = send(server, "GET", f"/{bucket}",
                  signed(server, "GET", f"/{bucket}", amz_date=sigv4.date_of(when)))
    assert answer.status == 200


def test_missing_payload_hash(server, bucket):
    target = f"/{bucket}"
    fields = [("Host", server.netloc), ("x-amz-date", sigv4.now())]
    made = sigv4.sign(server.credentials, "GET", target, fields, sigv4.EMPTY_SHA256, fields[1][1])
    fields.append(("Authorization", sigv4.authorization(server.credentials, made)))
    answer = send(server, "GET", target, fields)
    assert (answer.status, answer.code) == (400, "InvalidRequest")


@pytest.mark.parametrize("value", ["x", "0" * 63, "STREAMING-UNSIGNED", "e3b0"])
def test_payload_hash_that_is_none(server, bucket, value):
    answer = send(server, "GET", f"/{bucket}",
                  signed(server, "GET", f"/{bucket}", payload_hash=value))
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_missing_date(server, bucket):
    answer = send(server, "GET", f"/{bucket}",
                  without(signed(server, "GET", f"/{bucket}"), "x-amz-date"))
    assert (answer.status, answer.code) == (403, "AccessDenied")


@pytest.mark.parametrize("value", [
    "AWS4-HMAC-SHA256 Credential=a/b", "AWS4-HMAC-SHA256 Credential=",
    "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=00",
    "AWS4-HMAC-SHA256 Credential=a/20130524/us-east-1/s3/aws4_request, SignedHeaders=host"])
def test_malformed_authorization(server, bucket, value):
    fields = replaced(signed(server, "GET", f"/{bucket}"), "Authorization", value)
    answer = send(server, "GET", f"/{bucket}", fields)
    assert (answer.status, answer.code) == (400, "AuthorizationHeaderMalformed")


@pytest.mark.parametrize("value", ["Basic dXNlcjpwYXNz", "Bearer x", "AWS4-HMAC-SHA512 x=y"])
def test_authorization_of_another_kind(server, bucket, value):
    fields = replaced(signed(server, "GET", f"/{bucket}"), "Authorization", value)
    answer = send(server, "GET", f"/{bucket}", fields)
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_signature_version_2_names_the_one_to_use(server, bucket):
    fields = [("Host", server.netloc), ("Date", "Thu, 17 Nov 2005 18:49:58 GMT"),
              ("Authorization", f"AWS {server.access_key}:qgk2+6Sv9/oM7G3qLEjTH1a1l1g=")]
    answer = send(server, "GET", f"/{bucket}", fields)
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert "AWS4-HMAC-SHA256" in answer.xml.findtext("Message")


def test_wrong_service_in_scope(server, bucket):
    other = sigv4.Credentials(server.access_key, server.secret_key, service="ec2")
    answer = send(server, "GET", f"/{bucket}", signed(server, "GET", f"/{bucket}", other))
    assert (answer.status, answer.code) == (400, "AuthorizationHeaderMalformed")


def test_disabled_key_and_enabled_again(server):
    if not isinstance(server, coffer.Coffer):
        pytest.skip("disables a key with cofferctl; COFFER_ENDPOINT names another's server")
    key = server.add_tenant(f"t{sigv4.now().lower()}")
    target = "/"
    assert send(server, "GET", target, signed(server, "GET", target, key.credentials)).status == 200
    server.ctl("key", "disable", key.access_key)
    answer = send(server, "GET", target, signed(server, "GET", target, key.credentials))
    assert (answer.status, answer.code) == (403, "InvalidAccessKeyId")
    server.ctl("key", "enable", key.access_key)
    assert send(server, "GET", target, signed(server, "GET", target, key.credentials)).status == 200


def test_bucket_of_another_tenant(server, client, bucket, bucket_name):
    if not isinstance(server, coffer.Coffer):
        pytest.skip("makes a second tenant with cofferctl; COFFER_ENDPOINT names another's server")
    s3.put(client, bucket, "k")
    other = s3.client(server.add_tenant(bucket_name))
    for operation, how in (("get_object", {"Key": "k"}), ("get_object", {"Key": "missing"}),
                           ("put_object", {"Key": "k"}), ("delete_object", {"Key": "k"}),
                           ("list_objects_v2", {}), ("delete_bucket", {}),
                           ("get_bucket_location", {})):
        with s3.refused("AccessDenied", 403):
            getattr(other, operation)(Bucket=bucket, **how)
    assert s3.read(client, bucket, "k") == b"x"
    assert bucket not in [b["Name"] for b in other.list_buckets()["Buckets"]]


@pytest.mark.parametrize("method, target", [
    ("POST", "/{bucket}/k"), ("POST", "/{bucket}"), ("PATCH", "/{bucket}/k"), ("PUT", "/"),
    ("DELETE", "/")])
def test_method_that_the_resource_has_not(server, bucket, method, target):
    answer = rawhttp.request(server, method, target.format(bucket=bucket))
    # POST on a bucket is a form upload, and this is none.
    assert answer.code in ("MethodNotAllowed", "NotImplemented", "MalformedPOSTRequest",
                           "PreconditionFailed")
