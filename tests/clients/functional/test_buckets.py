# SPDX-License-Identifier: Apache-2.0
"""Buckets: create, head, list, locate, delete, and the names they may have."""

import datetime
import re

import pytest

from clients import s3
from lib import coffer, rawhttp, sigv4

pytestmark = pytest.mark.functional


def names(answer):
    return [b["Name"] for b in answer["Buckets"]]


def test_created_bucket_can_be_headed(client, bucket):
    assert s3.status(client.head_bucket(Bucket=bucket)) == 200


def test_create_names_the_bucket_in_location(client, bucket_name):
    assert client.create_bucket(Bucket=bucket_name)["Location"] == f"/{bucket_name}"


def test_head_of_missing_bucket_is_404(client, bucket_name):
    with s3.refused("404", 404):
        client.head_bucket(Bucket=bucket_name)


def test_head_tells_the_region(client, server, bucket):
    assert s3.header(client.head_bucket(Bucket=bucket), "x-amz-bucket-region") == server.region


def test_list_has_the_bucket_with_its_date(client, bucket):
    made, = (b for b in client.list_buckets()["Buckets"] if b["Name"] == bucket)
    age = datetime.datetime.now(datetime.timezone.utc) - made["CreationDate"]
    assert abs(age) < datetime.timedelta(minutes=2)


def test_list_is_sorted_by_name(client, bucket_name):
    for suffix in ("-b", "-a", "-c"):
        client.create_bucket(Bucket=bucket_name + suffix)
    listed = names(client.list_buckets())
    assert listed == sorted(listed)
    assert [n[-2:] for n in listed if n.startswith(bucket_name)] == ["-a", "-b", "-c"]


def test_list_names_the_owner(client, bucket):
    assert re.fullmatch("[0-9a-f]{64}", client.list_buckets()["Owner"]["ID"])


def test_list_pages_by_max_buckets_and_token(server, client, bucket_name):
    for suffix in ("-a", "-b", "-c"):
        client.create_bucket(Bucket=bucket_name + suffix)
    seen, token = [], None
    while True:
        query = [("max-buckets", "2"), ("prefix", bucket_name)]
        query += [("continuation-token", token)] if token else []
        page = rawhttp.request(server, "GET", sigv4.target(query=query)).xml
        got = [e.text for e in page.findall("Buckets/Bucket/Name")]
        assert len(got) <= 2
        seen += got
        token = page.findtext("ContinuationToken")
        if not token:
            break
    assert seen == [bucket_name + s for s in ("-a", "-b", "-c")]


def test_location_is_that_of_the_server(client, server, bucket):
    told = client.get_bucket_location(Bucket=bucket)["LocationConstraint"]
    assert told == (None if server.region == "us-east-1" else server.region)


def test_create_again_is_already_owned_by_you(client, bucket):
    with s3.refused("BucketAlreadyOwnedByYou", 409):
        client.create_bucket(Bucket=bucket)


def test_create_again_keeps_the_objects(client, bucket):
    s3.put(client, bucket, "k", body=b"kept")
    with s3.refused("BucketAlreadyOwnedByYou", 409):
        client.create_bucket(Bucket=bucket)
    assert s3.read(client, bucket, "k") == b"kept"


def test_name_taken_by_another_tenant_already_exists(server, bucket, bucket_name):
    if not isinstance(server, coffer.Coffer):
        pytest.skip("makes a second tenant with cofferctl; COFFER_ENDPOINT names another's server")
    other = s3.client(server.add_tenant(bucket_name))
    with s3.refused("BucketAlreadyExists", 409):
        other.create_bucket(Bucket=bucket)


def test_delete_removes_it(client, bucket):
    assert s3.status(client.delete_bucket(Bucket=bucket)) == 204
    assert bucket not in names(client.list_buckets())
    with s3.refused("404", 404):
        client.head_bucket(Bucket=bucket)


def test_delete_of_missing_bucket(client, bucket_name):
    with s3.refused("NoSuchBucket", 404):
        client.delete_bucket(Bucket=bucket_name)


def test_delete_of_bucket_with_an_object(client, bucket):
    s3.put(client, bucket, "k")
    with s3.refused("BucketNotEmpty", 409):
        client.delete_bucket(Bucket=bucket)
    assert s3.read(client, bucket, "k") == b"x"


def test_deleted_name_can_be_taken_again_and_is_empty(client, bucket):
    s3.put(client, bucket, "k")
    client.delete_object(Bucket=bucket, Key="k")
    client.delete_bucket(Bucket=bucket)
    client.create_bucket(Bucket=bucket)
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == []


@pytest.mark.parametrize("name", [
    "ab", "a" * 64, "Upper-case", "under_score", "-begins", "ends-", "two..dots", ".begins",
    "dash-.dot", "dot.-dash",
    "ends.", "192.168.5.4", "xn--puny", "sthree-x", "amzn-s3-demo-x", "name-s3alias",
    "name--ol-s3"])
def test_invalid_name_is_refused(client, name):
    with s3.refused("InvalidBucketName", 400):
        client.create_bucket(Bucket=name)


@pytest.mark.parametrize("make", [
    lambda n: n[:3], lambda n: n.ljust(63, "x"), lambda n: n + ".with.dots",
    lambda n: "0" + n], ids=["3", "63", "dots", "digit"])
def test_valid_name_is_taken(client, bucket_name, make):
    # Three letters can meet another test's; the tail of the unique name makes that unlikely.
    name = make(bucket_name[-20:])
    client.create_bucket(Bucket=name)
    assert name in names(client.list_buckets())
    client.delete_bucket(Bucket=name)


def test_any_region_is_accepted_where_none_is_pinned(server, bucket_name):
    abroad = sigv4.Credentials(server.access_key, server.secret_key, "eu-west-1")
    body = (b'<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            b"<LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>")
    fields, _ = sigv4.header_auth(abroad, "PUT", f"/{bucket_name}", body=body, host=server.netloc)
    fields.append(("Content-Length", str(len(body))))
    answer = rawhttp.exchange(server, rawhttp.head("PUT", f"/{bucket_name}", fields) + body, "PUT")
    assert answer.status == 200, answer.body


def test_create_with_malformed_document_makes_nothing(server, client, bucket_name):
    answer = rawhttp.request(server, "PUT", f"/{bucket_name}", body=b"<CreateBucketConfig")
    assert (answer.status, answer.code) == (400, "MalformedXML")
    with s3.refused("404", 404):
        client.head_bucket(Bucket=bucket_name)
