# SPDX-License-Identifier: Apache-2.0
"""What SDKs ask about a bucket's configuration, where nothing is configured."""

import pytest

from clients import s3
from lib import coffer, rawhttp

pytestmark = pytest.mark.functional

UNSET = {
    "get_bucket_policy": "NoSuchBucketPolicy",
    "get_bucket_policy_status": "NoSuchBucketPolicy",
    "get_bucket_cors": "NoSuchCORSConfiguration",
    "get_bucket_lifecycle_configuration": "NoSuchLifecycleConfiguration",
    "get_bucket_tagging": "NoSuchTagSet",
    "get_bucket_encryption": "ServerSideEncryptionConfigurationNotFoundError",
    "get_bucket_ownership_controls": "OwnershipControlsNotFoundError",
    "get_object_lock_configuration": "ObjectLockConfigurationNotFoundError",
    "get_bucket_website": "NoSuchWebsiteConfiguration",
    "get_bucket_replication": "ReplicationConfigurationNotFoundError",
}


@pytest.mark.parametrize("operation", UNSET)
def test_what_is_not_set_is_not_found(client, bucket, operation):
    with s3.refused(UNSET[operation], 404):
        getattr(client, operation)(Bucket=bucket)


def test_versioning_that_was_never_on_is_an_empty_document(server, client, bucket):
    answer = client.get_bucket_versioning(Bucket=bucket)
    assert ("Status" in answer, "MFADelete" in answer) == (False, False)
    document = rawhttp.request(server, "GET", f"/{bucket}?versioning").xml
    assert (document.tag, list(document)) == ("VersioningConfiguration", [])


def test_acl_names_the_owner(server, client, bucket):
    """As of a bucket whose ACLs are disabled, which is how S3 makes them."""
    s3.put(client, bucket, "k")
    owner = client.list_buckets()["Owner"]
    for answer in (client.get_bucket_acl(Bucket=bucket),
                   client.get_object_acl(Bucket=bucket, Key="k")):
        grant, = answer["Grants"]
        assert (answer["Owner"], grant["Permission"]) == (owner, "FULL_CONTROL")
        assert grant["Grantee"] == {**owner, "Type": "CanonicalUser"}
    with s3.refused("NoSuchKey", 404):
        client.get_object_acl(Bucket=bucket, Key="missing")
    if isinstance(server, coffer.Coffer):
        with s3.refused("NotImplemented", 501):
            client.put_object_acl(Bucket=bucket, Key="k", ACL="public-read")


def test_object_without_tags_has_an_empty_set(client, bucket):
    """The AWS CLI asks for it whenever it copies a large object."""
    s3.put(client, bucket, "k")
    assert client.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    with s3.refused("NoSuchKey", 404):
        client.get_object_tagging(Bucket=bucket, Key="missing")


@pytest.mark.parametrize("operation", [*UNSET, "get_public_access_block", "get_bucket_acl", "get_bucket_versioning",
                                       "get_bucket_location"])
def test_missing_bucket_comes_first(client, bucket_name, operation):
    with s3.refused("NoSuchBucket", 404):
        getattr(client, operation)(Bucket=bucket_name)


@pytest.mark.parametrize("target", ["?analytics&id=x", "?inventory&id=x", "?metrics&id=x",
                                    "?intelligent-tiering&id=x"])
def test_configuration_of_another_kind_is_a_clean_error(server, bucket, target):
    if not isinstance(server, coffer.Coffer):
        pytest.skip("says what Coffer does not have; another server may")
    answer = rawhttp.request(server, "GET", f"/{bucket}{target}")
    assert (answer.status, answer.code) == (501, "NotImplemented")


@pytest.mark.parametrize("method, target", [
    ("POST", "/k?select&select-type=2"), ("POST", "/k?restore"), ("GET", "/k?torrent")])
def test_operation_that_is_not_there_changes_nothing(server, client, bucket, method, target):
    if not isinstance(server, coffer.Coffer):
        pytest.skip("says what Coffer does not have; another server may")
    s3.put(client, bucket, "k", body=b"kept")
    answer = rawhttp.request(server, method, f"/{bucket}{target}", body=b"")
    assert (answer.status, answer.code) == (501, "NotImplemented")
    assert s3.read(client, bucket, "k") == b"kept"


@pytest.mark.parametrize("subresource", ["acl", "tagging", "retention", "legal-hold"])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_subresource_never_falls_through_to_the_object(server, client, bucket, method,
                                                       subresource):
    """PUT key?acl must not store the document as the object, DELETE must not delete it."""
    s3.put(client, bucket, "k", body=b"kept")
    rawhttp.request(server, method, f"/{bucket}/k?{subresource}", body=b"<X/>")
    assert s3.read(client, bucket, "k") == b"kept"


@pytest.mark.parametrize("subresource", ["acl", "tagging", "policy", "cors", "lifecycle", "website",
                                         "encryption", "versioning", "replication",
                                         "publicAccessBlock", "ownershipControls"])
def test_subresource_never_falls_through_to_the_bucket(server, client, bucket, subresource):
    rawhttp.request(server, "DELETE", f"/{bucket}?{subresource}")
    assert s3.status(client.head_bucket(Bucket=bucket)) == 200
