# SPDX-License-Identifier: Apache-2.0
"""What is asked once, of any S3 server: buckets, multipart uploads, deletions. Every answer is checked."""

import base64
import hashlib
import time

from lib import rawhttp, sigv4


class Refused(Exception):
    """A server's answer is another one than must be."""


def _checked(target, method, path, *how, **more):
    answer = rawhttp.request(target, method, path, *how, **more)
    if answer.status not in (200, 204) or answer.code:
        raise Refused(f"{target.name}: {method} {path}: {answer.status} {answer.code or ''}")
    return answer


def make_bucket(target, bucket):
    _checked(target, "PUT", f"/{bucket}")


def begin_upload(target, bucket, key):
    """Begins a multipart upload and returns its id, fit for a query."""
    answer = _checked(target, "POST", f"/{bucket}/{key}?uploads")
    return sigv4.encode(answer.xml.findtext("UploadId"))


def complete_upload(target, bucket, key, upload):
    """Makes an object of all the parts that are there, at most 1,000."""
    listed = _checked(target, "GET", f"/{bucket}/{key}?uploadId={upload}").xml
    parts = "".join(
        f"<Part><PartNumber>{p.findtext('PartNumber')}</PartNumber><ETag>{p.findtext('ETag')}</ETag></Part>"
        for p in listed.iter("Part"))
    body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
    _checked(target, "POST", f"/{bucket}/{key}?uploadId={upload}", body=body)


def delete_objects(target, bucket, keys):
    """Deletes keys, at most 1,000, in one request, and returns how many seconds that took."""
    objects = "".join(f"<Object><Key>{key}</Key></Object>" for key in keys)
    body = f"<Delete>{objects}</Delete>".encode()
    path = f"/{bucket}?delete="
    md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
    fields, _ = sigv4.header_auth(target.credentials, "POST", path, [("Content-MD5", md5)], body,
                                  host=target.netloc)
    request = rawhttp.head("POST", path, [*fields, ("Content-Length", str(len(body)))]) + body
    with rawhttp.Connection(target) as c:
        begin = time.monotonic()
        c.send(request)
        answer = c.receive("POST")
        seconds = time.monotonic() - begin
    deleted = len(list(answer.xml.iter("Deleted"))) if answer.status == 200 else 0
    if deleted != len(keys):
        raise Refused(f"{target.name}: {deleted} of {len(keys)} keys deleted: {answer.status}")
    return seconds


def remove_bucket(target, bucket):
    """With all that is in it."""
    while True:
        page = _checked(target, "GET", f"/{bucket}?list-type=2&max-keys=1000").xml
        keys = [item.findtext("Key") for item in page.iter("Contents")]
        if not keys:
            break
        delete_objects(target, bucket, keys)
    _checked(target, "DELETE", f"/{bucket}")
