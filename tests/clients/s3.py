# SPDX-License-Identifier: Apache-2.0
"""boto3 as the tests use it: no retries that would hide a defect, and short words for claims."""

import contextlib

import boto3
import botocore.config
import botocore.exceptions
import pytest

MIB = 1024 * 1024
PART = 5 * MIB


def client(server, style="path", **config):
    return boto3.client(
        "s3", endpoint_url=server.endpoint, aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key, region_name=server.region,
        config=botocore.config.Config(
            signature_version="s3v4", retries={"total_max_attempts": 1}, read_timeout=60,
            connect_timeout=10, s3={"addressing_style": style}, **config))


@contextlib.contextmanager
def refused(code, status):
    """The block ends with this S3 error, whose elements are told behind it. HEAD has no body: its code is
    the status."""
    elements = {}
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        yield elements
    answer = caught.value.response
    elements.update(answer["Error"])
    told = (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"])
    assert told == (code, status), f"{told}: {answer['Error'].get('Message')}"


@contextlib.contextmanager
def headers(client, fields):
    """Adds header fields to every request in the block, before it is signed.

    It says what this boto3 has no parameter for yet, in the bytes that a newer one sends.
    """
    def add(request, **_):
        for name, value in fields.items():
            del request.headers[name]
            request.headers[name] = value

    client.meta.events.register_first("before-sign.s3", add)
    try:
        yield
    finally:
        client.meta.events.unregister("before-sign.s3", add)


def put(client, bucket, *keys, body=b"x"):
    for key in keys:
        client.put_object(Bucket=bucket, Key=key, Body=body)


def read(client, bucket, key, **how):
    return client.get_object(Bucket=bucket, Key=key, **how)["Body"].read()


def status(answer):
    return answer["ResponseMetadata"]["HTTPStatusCode"]


def header(answer, name):
    return answer["ResponseMetadata"]["HTTPHeaders"].get(name)


def keys(answer):
    return [entry["Key"] for entry in answer.get("Contents", [])]


def prefixes(answer):
    return [entry["Prefix"] for entry in answer.get("CommonPrefixes", [])]


def begin(client, bucket, key, **how):
    return client.create_multipart_upload(Bucket=bucket, Key=key, **how)["UploadId"]


def upload_part(client, bucket, key, upload, number, body, **how):
    """Uploads a part and returns what CompleteMultipartUpload wants to know of it."""
    made = client.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number,
                              Body=body, **how)
    return {"PartNumber": number, "ETag": made["ETag"]}


def complete(client, bucket, key, upload, parts, **how):
    return client.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload,
                                            MultipartUpload={"Parts": parts}, **how)


def put_parts(client, bucket, key, bodies, **how):
    """A multipart object made of these bodies, numbered from 1."""
    upload = begin(client, bucket, key, **how)
    parts = [upload_part(client, bucket, key, upload, number, body)
             for number, body in enumerate(bodies, 1)]
    return complete(client, bucket, key, upload, parts)
