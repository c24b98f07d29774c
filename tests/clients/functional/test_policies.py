# SPDX-License-Identifier: Apache-2.0
"""A bucket's policy and its public access block, as SDKs set and read them."""

import json

import pytest

from clients import s3
from lib import rawhttp

pytestmark = pytest.mark.functional

BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
ACCOUNT = "00000000000000000000000000000001"


def policy(bucket, principal=ACCOUNT, effect="Allow", **more):
    return {"Version": "2012-10-17",
            "Statement": [{"Sid": "s", "Effect": effect, "Principal": {"AWS": principal},
                           "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*", **more}]}


def put(client, bucket, document):
    return client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document, indent=2))


def test_a_policy_is_read_as_it_was_written_but_for_white_space(client, bucket):
    written = policy(bucket)
    assert s3.status(put(client, bucket, written)) == 204
    read = client.get_bucket_policy(Bucket=bucket)["Policy"]
    assert read == json.dumps(written, separators=(",", ":"))


def test_a_policy_is_replaced_and_deleted(client, bucket):
    put(client, bucket, policy(bucket))
    put(client, bucket, policy(bucket, effect="Deny"))
    assert '"Deny"' in client.get_bucket_policy(Bucket=bucket)["Policy"]
    for _ in range(2):
        assert s3.status(client.delete_bucket_policy(Bucket=bucket)) == 204
    with s3.refused("NoSuchBucketPolicy", 404):
        client.get_bucket_policy(Bucket=bucket)


def test_a_malformed_policy_is_refused_with_a_reason_and_changes_nothing(client, bucket):
    put(client, bucket, policy(bucket))
    elsewhere = policy(bucket)
    elsewhere["Statement"][0]["Resource"] = "arn:aws:s3:::somewhere-else/*"
    unknown = policy(bucket, Unknown=1)
    for wrong in ("nothing", "[]", json.dumps(elsewhere), json.dumps(unknown),
                  json.dumps(policy(bucket, "not an account"))):
        with s3.refused("MalformedPolicy", 400):
            client.put_bucket_policy(Bucket=bucket, Policy=wrong)
    assert client.get_bucket_policy(Bucket=bucket)["Policy"] == json.dumps(
        policy(bucket), separators=(",", ":"))


def test_a_policy_has_20_kib_and_not_a_byte_more(client, bucket):
    text = json.dumps(policy(bucket))
    client.put_bucket_policy(Bucket=bucket, Policy=text.ljust(20 * 1024))
    with s3.refused("MalformedPolicy", 400):
        client.put_bucket_policy(Bucket=bucket, Policy=text.ljust(20 * 1024 + 1))


def test_a_policy_that_arrives_otherwise_than_it_was_sent_is_refused(client, server, bucket):
    response = rawhttp.request(server, "PUT", f"/{bucket}?policy", body=json.dumps(policy(bucket)).encode(),
                               headers=[("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==")])
    assert (response.status, response.code) == (400, "BadDigest")
    with s3.refused("NoSuchBucketPolicy", 404):
        client.get_bucket_policy(Bucket=bucket)


def test_a_new_bucket_blocks_public_access(client, bucket):
    told = client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert told == dict.fromkeys(BLOCKS, True)


def test_a_public_access_block_is_set_and_taken_away(client, bucket):
    wanted = dict.fromkeys(BLOCKS, False) | {"IgnorePublicAcls": True}
    client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=wanted)
    assert client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == wanted
    for _ in range(2):
        assert s3.status(client.delete_public_access_block(Bucket=bucket)) == 204
    with s3.refused("NoSuchPublicAccessBlockConfiguration", 404):
        client.get_public_access_block(Bucket=bucket)


def test_a_public_policy_is_refused_while_that_is_blocked(client, bucket):
    with s3.refused("AccessDenied", 403):
        put(client, bucket, policy(bucket, "*"))
    put(client, bucket, policy(bucket, "*", "Deny"))
    assert not client.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"]
    client.delete_public_access_block(Bucket=bucket)
    put(client, bucket, policy(bucket, "*"))
    assert client.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"]


def test_a_bucket_made_again_has_no_policy(client, bucket):
    client.delete_public_access_block(Bucket=bucket)
    put(client, bucket, policy(bucket))
    client.delete_bucket(Bucket=bucket)
    client.create_bucket(Bucket=bucket)
    with s3.refused("NoSuchBucketPolicy", 404):
        client.get_bucket_policy(Bucket=bucket)
    assert client.get_public_access_block(Bucket=bucket)
