# SPDX-License-Identifier: Apache-2.0
"""What was acknowledged is there after a restart, whoever restarted and how."""

import os
import signal
import time

import pytest

from clients import s3
from lib import coffer, procfs

pytestmark = pytest.mark.functional

BODIES = {"empty": b"", "small": b"small", "large": b"l" * 400_000}


def fill(client, bucket):
    client.create_bucket(Bucket=bucket)
    for key, body in BODIES.items():
        client.put_object(Bucket=bucket, Key=key, Body=body, Metadata={"of": key})
    s3.put_parts(client, bucket, "parts", [b"1" * s3.PART, b"2"])
    s3.put(client, bucket, "deleted")
    client.delete_object(Bucket=bucket, Key="deleted")


def check(client, bucket):
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == sorted([*BODIES, "parts"])
    for key, body in BODIES.items():
        got = client.get_object(Bucket=bucket, Key=key)
        assert (got["Body"].read(), got["Metadata"]) == (body, {"of": key})
    assert s3.read(client, bucket, "parts") == b"1" * s3.PART + b"2"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL],
                         ids=["SIGTERM", "SIGINT", "SIGKILL"])
def test_restart_of_the_whole(new_coffer, bucket_name, how):
    server = new_coffer()
    client = s3.client(server)
    fill(client, bucket_name)
    server.restart(how)
    check(s3.client(server), bucket_name)


@pytest.mark.parametrize("daemon", coffer.DAEMONS)
def test_death_of_one_daemon(new_coffer, bucket_name, daemon):
    server = new_coffer()
    client = s3.client(server)
    fill(client, bucket_name)
    others = {d: server.pid(d) for d in coffer.DAEMONS if d != daemon}
    server.kill_and_wait(daemon)
    check(client, bucket_name)
    assert {d: server.pid(d) for d in others} == others


def test_death_of_a_worker(new_coffer, bucket_name):
    server = new_coffer()
    fill(s3.client(server), bucket_name)
    before = server.workers()
    os.kill(before[0], signal.SIGKILL)
    deadline = time.monotonic() + 10
    while len(server.workers()) < len(before) or before[0] in server.workers():
        assert time.monotonic() < deadline, server.log()
        time.sleep(0.02)
    check(s3.client(server), bucket_name)


def test_upload_under_way_goes_on(new_coffer, bucket_name):
    server = new_coffer()
    client = s3.client(server)
    client.create_bucket(Bucket=bucket_name)
    upload = s3.begin(client, bucket_name, "k", Metadata={"a": "1"})
    parts = [s3.upload_part(client, bucket_name, "k", upload, 1, b"1" * s3.PART)]
    server.restart()
    client = s3.client(server)
    parts.append(s3.upload_part(client, bucket_name, "k", upload, 2, b"2"))
    s3.complete(client, bucket_name, "k", upload, parts)
    got = client.get_object(Bucket=bucket_name, Key="k")
    assert (got["Body"].read(), got["Metadata"]) == (b"1" * s3.PART + b"2", {"a": "1"})


def test_repeated_complete_is_remembered(new_coffer, bucket_name):
    server = new_coffer()
    client = s3.client(server)
    client.create_bucket(Bucket=bucket_name)
    upload = s3.begin(client, bucket_name, "k")
    parts = [s3.upload_part(client, bucket_name, "k", upload, 1, b"1")]
    first = s3.complete(client, bucket_name, "k", upload, parts)
    server.restart()
    again = s3.complete(s3.client(server), bucket_name, "k", upload, parts)
    assert again["ETag"] == first["ETag"]


def test_page_token_outlives_a_restart(new_coffer, bucket_name):
    server = new_coffer()
    client = s3.client(server)
    client.create_bucket(Bucket=bucket_name)
    s3.put(client, bucket_name, "a", "b", "c")
    token = client.list_objects_v2(Bucket=bucket_name, MaxKeys=1)["NextContinuationToken"]
    server.restart()
    rest = s3.client(server).list_objects_v2(Bucket=bucket_name, ContinuationToken=token)
    assert s3.keys(rest) == ["b", "c"]


def test_first_key_still_works(new_coffer):
    server = new_coffer()
    before = (server.access_key, server.secret_key)
    server.restart()
    assert (server.access_key, server.secret_key) == before
    assert s3.status(s3.client(server).list_buckets()) == 200


def test_key_chosen_by_the_environment(new_coffer):
    chosen = {"MINIO_ACCESS_KEY": "chosen-access-key", "MINIO_SECRET_KEY": "chosen-secret-key"}
    server = new_coffer(env=chosen)
    assert (server.access_key, server.secret_key) == tuple(chosen.values())
    assert s3.status(s3.client(server).list_buckets()) == 200


def test_clean_stop_leaves_no_process(new_coffer):
    server = new_coffer()
    pids = [*server.pids().values(), *server.workers()]
    assert all(procfs.is_alive(pid) for pid in pids)
    assert server.stop() == 0
    assert not any(procfs.is_alive(pid) for pid in pids)
