# SPDX-License-Identifier: Apache-2.0
"""A user with a home of his own in a shared bucket, as boto3 has it: whole objects, parts, copies, links."""

import contextlib
import json
import urllib.error
import urllib.request
import uuid

import pytest

from clients import s3
from lib import coffer


@pytest.fixture
def alice(server, client, bucket):
    """A user who may do everything below home/NAME/, and list that; his client, and where it is."""
    if coffer.is_external():
        pytest.skip("users are made through the admin socket")
    name = f"alice-{uuid.uuid4().hex[:12]}"
    server.ctl("user", "create", name)
    made = server.ctl("key", "create", "--tenant", "default", "--user", name, "--ttl", "1")["key"]
    home = "home/${aws:username}/*"
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["s3:*Object", "s3:AbortMultipartUpload",
                                       "s3:ListMultipartUploadParts"],
         "Resource": f"arn:aws:s3:::{bucket}/{home}"},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}",
         "Condition": {"StringLike": {"s3:prefix": [home, "home/${aws:username}/"]}}}]}
    server.ctl("policy", "put", name, "--file", "-", stdin=json.dumps(policy, indent=4))
    who = coffer.Server(server.endpoint, made["access_key"], made["secret_key"], server.region)
    return s3.client(who), f"home/{name}/"


def test_a_user_works_at_home(alice, bucket, tmp_path):
    own, home = alice
    own.put_object(Bucket=bucket, Key=home + "a", Body=b"small")
    assert own.get_object(Bucket=bucket, Key=home + "a")["Body"].read() == b"small"
    file = tmp_path / "large"
    file.write_bytes(b"large" * (4 * s3.MIB))
    own.upload_file(str(file), bucket, home + "large")
    assert own.head_object(Bucket=bucket, Key=home + "large")["ContentLength"] == 20 * s3.MIB
    own.copy_object(Bucket=bucket, Key=home + "b", CopySource=f"{bucket}/{home}a")
    listed = own.list_objects_v2(Bucket=bucket, Prefix=home)["Contents"]
    assert [entry["Key"] for entry in listed] == [home + "a", home + "b", home + "large"]
    url = own.generate_presigned_url("get_object", {"Bucket": bucket, "Key": home + "a"})
    with contextlib.closing(urllib.request.urlopen(url)) as answer:
        assert answer.read() == b"small"
    gone = own.delete_objects(Bucket=bucket, Delete={"Objects": [
        {"Key": home + key} for key in ("a", "b", "large")]})
    assert len(gone["Deleted"]) == 3 and "Errors" not in gone


def test_a_user_does_nothing_abroad(alice, client, bucket, tmp_path):
    own, home = alice
    client.put_object(Bucket=bucket, Key="home/other/a", Body=b"theirs")
    own.put_object(Bucket=bucket, Key=home + "a", Body=b"mine")
    file = tmp_path / "large"
    file.write_bytes(b"x" * (9 * s3.MIB))
    for act in (lambda: own.get_object(Bucket=bucket, Key="home/other/a"),
                lambda: own.put_object(Bucket=bucket, Key="home/other/a", Body=b"x"),
                lambda: own.delete_object(Bucket=bucket, Key="home/other/a"),
                lambda: own.create_multipart_upload(Bucket=bucket, Key="home/other/b"),
                lambda: own.copy_object(Bucket=bucket, Key=home + "b",
                                        CopySource=f"{bucket}/home/other/a"),
                lambda: own.list_objects_v2(Bucket=bucket),
                lambda: own.list_objects_v2(Bucket=bucket, Prefix="home/other/"),
                lambda: own.list_buckets(), lambda: own.create_bucket(Bucket=bucket + "-2")):
        with s3.refused("AccessDenied", 403):
            act()
    answer = own.delete_objects(Bucket=bucket, Delete={"Objects": [
        {"Key": "home/other/a"}, {"Key": home + "a"}]})
    assert [e["Key"] for e in answer["Deleted"]] == [home + "a"]
    assert [(e["Key"], e["Code"]) for e in answer["Errors"]] == [("home/other/a", "AccessDenied")]
    assert client.get_object(Bucket=bucket, Key="home/other/a")["Body"].read() == b"theirs"
    url = own.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "home/other/a"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url)
    assert caught.value.code == 403


def test_an_owner_is_still_the_tenant(alice, client, bucket):
    own, home = alice
    own.put_object(Bucket=bucket, Key=home + "a", Body=b"x")
    listed = client.list_objects_v2(Bucket=bucket, Prefix=home, FetchOwner=True)["Contents"]
    assert listed[0]["Owner"]["ID"] == client.list_buckets()["Owner"]["ID"]
