# SPDX-License-Identifier: Apache-2.0
"""Uploads in parts that nobody finishes: what becomes of them, and who is told."""

import re
import time
import xml.etree.ElementTree

from lib import metrics, rawhttp

from .conftest import begin_upload, wait_for

EXPIRE_S = 3
PATIENCE_S = 60
STEP_S = 0.2
PART = b"p" * 100_000


def uploads(server, bucket):
    """Their ids, by key."""
    answer = rawhttp.request(server, "GET", f"/{bucket}?uploads")
    assert answer.status == 200
    found = xml.etree.ElementTree.fromstring(answer.body).findall("{*}Upload")
    return {u.find("{*}Key").text: u.find("{*}UploadId").text for u in found}


def part(server, bucket, key, upload, number=1):
    return rawhttp.request(server, "PUT",
                           f"/{bucket}/{key}?partNumber={number}&uploadId={upload}", body=PART)


def wait_long_for(what):
    return wait_for(what, PATIENCE_S, STEP_S)


def blobs(server):
    return [p for p in (server.data / "data" / "tenants").glob("*/blobs/*/*") if p.is_file()]


def test_uploads_that_nobody_finishes_are_ended(new_coffer, bucket_name):
    server = new_coffer(args=["--uploads-expire", f"{EXPIRE_S}s"])
    assert rawhttp.request(server, "PUT", f"/{bucket_name}").status == 200
    assert rawhttp.request(server, "PUT", f"/{bucket_name}/kept", body=b"kept").status == 200
    given_up = begin_upload(server, bucket_name, "given-up")
    assert part(server, bucket_name, "given-up", given_up).status == 200
    assert len(blobs(server)) == 1
    wait_long_for(lambda: not uploads(server, bucket_name))
    assert part(server, bucket_name, "given-up", given_up, 2).status == 404
    wait_long_for(lambda: not blobs(server))
    wait_long_for(lambda: metrics.scrape(server).sum("coffer_stored_expired_uploads_total") == 1)
    assert re.search(r"uploads-expired tenant=[0-9a-f]{32} uploads=1$", server.log(), re.MULTILINE)
    assert rawhttp.request(server, "GET", f"/{bucket_name}/kept").body == b"kept"


def test_an_upload_that_is_still_added_to_is_not_ended(new_coffer, bucket_name):
    server = new_coffer(args=["--uploads-expire", f"{EXPIRE_S}s"])
    assert rawhttp.request(server, "PUT", f"/{bucket_name}").status == 200
    used, unused = (begin_upload(server, bucket_name, key) for key in ("used", "unused"))
    number = 0

    def only_one_is_left():
        nonlocal number
        number += 1
        assert part(server, bucket_name, "used", used, number).status == 200
        return unused not in uploads(server, bucket_name).values()

    wait_long_for(only_one_is_left)
    assert uploads(server, bucket_name) == {"used": used}


def test_they_are_kept_where_that_is_said(new_coffer, bucket_name):
    server = new_coffer(args=["--uploads-expire", "none"])
    assert rawhttp.request(server, "PUT", f"/{bucket_name}").status == 200
    upload = begin_upload(server, bucket_name, "k")
    time.sleep(EXPIRE_S)
    assert uploads(server, bucket_name) == {"k": upload}
