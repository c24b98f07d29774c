# SPDX-License-Identifier: Apache-2.0
"""`cofferctl bucket` and `uploads`: what an operator sees of everybody's buckets, and takes away."""

import json
import os
import pty
import re
import subprocess
import time

import pytest

from lib import rawhttp

from .conftest import begin_upload

MANY = 1100     # more than a page of a list has
NOBODY = 65534
ESCAPE = "\x1b[2Jred\x07"
LIMIT_S = 60


@pytest.fixture(scope="module")
def acme(server):
    return server.add_tenant("acme")


def make_bucket(of, name, *keys):
    assert rawhttp.request(of, "PUT", f"/{name}").status == 200
    for key in keys:
        assert rawhttp.request(of, "PUT", f"/{name}/{key}", body=b"0123456789").status == 200
    return name


def exists(of, bucket):
    return rawhttp.request(of, "HEAD", f"/{bucket}").status == 200


def refusal(server, *args):
    done = server.control(*args)
    assert done.returncode == 1 and done.stdout == ""
    return done.stderr


def names(server, *args):
    return {b["name"]: b["tenant"] for b in server.ctl("bucket", "list", *args)["buckets"]}


# Lists


def test_every_tenants_buckets_are_listed(server, acme, bucket_name):
    make_bucket(server, f"a{bucket_name}")
    make_bucket(acme, f"b{bucket_name}")
    found = names(server)
    assert found[f"a{bucket_name}"] == "default" and found[f"b{bucket_name}"] == "acme"
    only = names(server, "--tenant", "acme")
    assert set(only.values()) == {"acme"} and f"b{bucket_name}" in only
    table = server.control("bucket", "list").stdout.splitlines()
    assert table[0].split() == ["NAME", "TENANT", "REGION", "CREATED"]
    assert any(line.split()[:2] == [f"b{bucket_name}", "acme"] for line in table[1:])


def test_a_buckets_owner_is_found(server, acme, bucket_name):
    make_bucket(acme, bucket_name)
    shown = server.ctl("bucket", "show", bucket_name)["bucket"]
    assert shown["tenant"] == "acme" and shown["region"] == "us-east-1"
    listed = server.ctl("bucket", "list", "--tenant", "acme")["buckets"]
    assert {k: shown[k] for k in ("name", "tenant", "region", "created_at")} in listed
    assert "belongs to another tenant" in refusal(server, "bucket", "show", bucket_name,
                                                  "--tenant", "default")
    assert "there is no bucket" in refusal(server, "bucket", "show", f"no-{bucket_name}")
    assert "There is no tenant" in refusal(server, "bucket", "list", "--tenant", "nobody")


def test_what_is_in_a_bucket_is_shown_with_it(server, acme, bucket_name):
    make_bucket(acme, bucket_name, "k1", "k2")
    upload = begin_upload(acme, bucket_name, "k3")
    assert rawhttp.request(acme, "PUT", f"/{bucket_name}/k3?partNumber=1&uploadId={upload}",
                           body=b"x" * 1000).status == 200
    shown = server.ctl("bucket", "show", bucket_name)["bucket"]
    assert (shown["objects"], shown["bytes"]) == (2, 20)
    assert (shown["uploads"], shown["upload_bytes"]) == (1, 1000)
    assert shown["quota"] == {"bytes": None, "objects": None}
    server.ctl("bucket", "quota", bucket_name, "--objects", "7")
    lines = [re.split(r" {2,}", line, maxsplit=1)
             for line in server.control("bucket", "show", bucket_name).stdout.splitlines()]
    told = dict(lines)
    assert told["bucket"] == bucket_name and told["tenant"] == "acme"
    assert told["objects"] == "2" and told["all objects"] == "3 of 7"
    assert told["all bytes"] == "1020 bytes" and told["their parts"] == "1000 bytes"


@pytest.mark.parametrize("name", ["..", "UPPER", "a/b", "x" * 64, ESCAPE, ""])
def test_what_is_no_buckets_name_is_told(server, name):
    said = refusal(server, "bucket", "show", name)
    assert "bucket" in said and "\x1b" not in said


# Whom it is open to

BLOCKS = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]


def reads(server, target):
    """What anybody is answered."""
    head = rawhttp.head("GET", target, [("Host", server.netloc)])
    return rawhttp.exchange(server, head, "GET").status


def unblocked(server, of, name, *keys):
    """A new bucket, which a policy may open."""
    make_bucket(of, name, *keys)
    server.ctl("bucket", "access", name, "--block", "none")


def policy_of(bucket):
    return {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                           "Resource": f"arn:aws:s3:::{bucket}/*"}]}


def test_an_operator_opens_and_closes_a_bucket_by_its_policy(server, acme, bucket_name, tmp_path):
    unblocked(server, acme, bucket_name, "k")
    assert server.ctl("bucket", "policy", bucket_name)["bucket"] == {
        "name": bucket_name, "tenant": "acme", "policy": None}
    assert server.control("bucket", "policy", bucket_name).stdout == f"{bucket_name} has no policy\n"
    assert reads(server, f"/{bucket_name}/k") == 403
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(policy_of(bucket_name), indent=4))
    done = server.control("bucket", "policy", bucket_name, "--file", str(file))
    assert done.returncode == 0 and json.loads(done.stdout) == policy_of(bucket_name)
    assert reads(server, f"/{bucket_name}/k") == 200
    told = server.ctl("bucket", "policy", bucket_name, "--tenant", "acme")["bucket"]["policy"]
    assert json.loads(told) == policy_of(bucket_name) and " " not in told
    assert json.loads(rawhttp.request(acme, "GET", f"/{bucket_name}?policy").body) == policy_of(bucket_name)
    assert server.ctl("bucket", "policy", bucket_name, "--remove")["bucket"]["policy"] is None
    assert reads(server, f"/{bucket_name}/k") == 403


def test_a_policy_that_is_none_changes_nothing_and_says_why(server, acme, bucket_name, tmp_path):
    unblocked(server, acme, bucket_name)
    server.ctl("bucket", "policy", bucket_name, "--file", "-", stdin=json.dumps(policy_of(bucket_name)))
    wrong = policy_of(bucket_name)
    wrong["Statement"][0]["Effect"] = f"Perhaps{ESCAPE}"
    said = refusal(server, "bucket", "policy", bucket_name, "--file", str(tmp_path / "nothing"))
    assert "No such file" in said
    (tmp_path / "wrong").write_text(json.dumps(wrong))
    said = refusal(server, "bucket", "policy", bucket_name, "--file", str(tmp_path / "wrong"))
    assert "Invalid effect: Perhaps?" in said and "\x1b" not in said
    (tmp_path / "wrong").write_text(" " * 70_000)
    assert "longer than 65536" in refusal(server, "bucket", "policy", bucket_name, "--file",
                                          str(tmp_path / "wrong"))
    assert "another tenant" in refusal(server, "bucket", "policy", bucket_name, "--remove", "--tenant",
                                       "default")
    done = server.control("bucket", "policy", bucket_name, "--remove", "--file", str(tmp_path / "wrong"))
    assert done.returncode == 2
    told = server.ctl("bucket", "policy", bucket_name)["bucket"]["policy"]
    assert json.loads(told) == policy_of(bucket_name)


def test_a_large_policy_reaches_it_whole(server, acme, bucket_name):
    unblocked(server, acme, bucket_name)
    large = policy_of(bucket_name)
    large["Statement"] = [{**large["Statement"][0], "Sid": f"S{n:03}"} for n in range(140)]
    text = json.dumps(large)
    assert 16 * 1024 < len(text) <= 20 * 1024    # more than a small body of an object may have
    told = server.ctl("bucket", "policy", bucket_name, "--file", "-", stdin=text)["bucket"]["policy"]
    assert json.loads(told) == large


def test_an_operator_keeps_a_bucket_from_being_open(server, acme, bucket_name):
    make_bucket(acme, bucket_name, "k")
    assert server.ctl("bucket", "access", bucket_name)["bucket"] == {
        "name": bucket_name, "tenant": "acme", "block": BLOCKS, "public": False}
    opening = json.dumps(policy_of(bucket_name))
    file = ("bucket", "policy", bucket_name, "--file", "-")
    done = server.control(*file, stdin=opening)
    assert done.returncode == 1 and "BlockPublicPolicy" in done.stderr
    assert f"cofferctl bucket access {bucket_name} --block none" in done.stderr
    server.ctl("bucket", "access", bucket_name, "--block", "none")
    server.ctl("bucket", "policy", bucket_name, "--file", "-", stdin=json.dumps(policy_of(bucket_name)))
    assert reads(server, f"/{bucket_name}/k") == 200
    told = server.ctl("bucket", "access", bucket_name, "--block", "restrictpublicbuckets")["bucket"]
    assert (told["block"], told["public"]) == (["RestrictPublicBuckets"], True)
    assert reads(server, f"/{bucket_name}/k") == 403
    lines = dict(re.split(r" {2,}", line, maxsplit=1) for line in server.control(
        "bucket", "access", bucket_name, "--block", "all").stdout.splitlines())
    assert lines["BlockPublicPolicy"] == "yes" and lines["public policy"] == "yes"
    again = json.dumps(policy_of(bucket_name)).encode()
    assert rawhttp.request(acme, "PUT", f"/{bucket_name}?policy", body=again).status == 403
    assert server.ctl("bucket", "access", bucket_name, "--block", "none")["bucket"]["block"] == []
    assert reads(server, f"/{bucket_name}/k") == 200
    assert rawhttp.request(acme, "PUT", f"/{bucket_name}?policy", body=again).status == 204


@pytest.mark.parametrize("named", ["", "some", "BlockPublicPolicy,", "BlockPublicPolicy none", "all,none"])
def test_blocks_that_there_are_not_are_a_usage_error(server, acme, bucket_name, named):
    make_bucket(acme, bucket_name)
    done = server.control("bucket", "access", bucket_name, "--block", named)
    assert done.returncode == 2 and "BlockPublicAcls" in done.stderr
    assert server.ctl("bucket", "access", bucket_name)["bucket"]["block"] == BLOCKS


# Deleting a bucket


def test_only_an_empty_bucket_is_deleted_just_so(server, acme, bucket_name):
    make_bucket(acme, bucket_name, "k")
    said = refusal(server, "bucket", "delete", bucket_name)
    assert "not empty" in said and "--with-objects" in said
    assert rawhttp.request(acme, "GET", f"/{bucket_name}/k").status == 200
    assert rawhttp.request(acme, "DELETE", f"/{bucket_name}/k").status == 204
    begin_upload(acme, bucket_name, "unfinished")
    done = server.control("bucket", "delete", bucket_name)
    assert done.returncode == 0
    assert done.stdout == f"deleted the bucket {bucket_name} of the tenant acme\n"
    assert not exists(acme, bucket_name) and bucket_name not in names(server)


def test_many_objects_go_with_their_bucket(server, acme, bucket_name, tmp_path):
    import_many(server, bucket_name, tmp_path)
    kept = make_bucket(acme, f"kept-{bucket_name}", "k")
    answer = server.ctl("bucket", "delete", bucket_name, "--with-objects", "--yes")
    assert answer == {"ok": True, "bucket": {"name": bucket_name, "tenant": "acme"},
                      "deleted": MANY, "bytes": 10 * MANY, "failed": 0, "interrupted": False,
                      "failures": []}
    assert not exists(acme, bucket_name)
    assert rawhttp.request(acme, "GET", f"/{kept}/k").status == 200
    assert "there is no bucket" in refusal(server, "bucket", "delete", bucket_name)


def import_many(server, bucket, directory):
    for i in range(MANY):
        (directory / f"k{i:05}").write_bytes(b"0123456789")
    imported = server.ctl("import", str(directory), "--format", "filesystem", "--tenant", "acme",
                          "--bucket", bucket, "--no-read-back")
    assert imported["imported"] == MANY


def test_t80_a_deletion_goes_on_when_stored_is_killed_in_its_middle(new_coffer, tmp_path):
    server = new_coffer()
    acme = server.add_tenant("acme")
    import_many(server, "doomed", tmp_path)
    kept = make_bucket(acme, "kept", "k")
    argv = [str(server.build / "client" / "cofferctl"), "--socket", str(server.admin_socket),
            "--json", "bucket", "delete", "doomed", "--with-objects", "--yes"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as running:
        deadline = time.monotonic() + LIMIT_S
        while exists(acme, "doomed") and count(acme, "doomed") == 1000:
            assert time.monotonic() < deadline
        server.kill_and_wait("stored")
        answer, said = running.communicate(timeout=LIMIT_S)
    answer = json.loads(answer)
    assert running.returncode == 0, said
    assert "waiting for it to come back" in said
    # One that was done, and its answer lost, is deleted a second time and counted once.
    assert answer["ok"] and answer["failed"] == 0 and answer["deleted"] == MANY
    assert not exists(acme, "doomed") and names(server) == {"default-objects": "default",
                                                            "kept": "acme"}
    assert rawhttp.request(acme, "GET", f"/{kept}/k").status == 200


DENY_ALL = {"Version": "2012-10-17",
            "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*",
                           "Resource": ["arn:aws:s3:::BUCKET", "arn:aws:s3:::BUCKET/*"]}]}


def test_neither_a_policy_nor_a_suspended_tenant_keeps_an_operator_from_a_bucket(new_coffer):
    server = new_coffer()
    acme = server.add_tenant("acme")
    make_bucket(acme, "closed", "k")
    begin_upload(acme, "closed", "k")
    policy = json.dumps(DENY_ALL).replace("BUCKET", "closed").encode()
    assert rawhttp.request(acme, "PUT", "/closed?policy", body=policy).status == 204
    server.ctl("tenant", "suspend", "acme")
    assert names(server, "--tenant", "acme") == {"closed": "acme"}
    assert server.ctl("bucket", "show", "closed")["bucket"]["objects"] == 1
    assert server.ctl("uploads", "abort", "--bucket", "closed", "--older-than", "0")["aborted"] == 1
    assert server.ctl("bucket", "delete", "closed", "--with-objects", "--yes")["deleted"] == 1
    assert names(server, "--tenant", "acme") == {}


def count(of, bucket):
    """How many the first page of its list has: a thousand, unless there are fewer."""
    listed = rawhttp.request(of, "GET", f"/{bucket}?list-type=2")
    return listed.body.count(b"<Key>") if listed.status == 200 else 0


def on_terminal(server, said, *args):
    """Types one line at it; the status, and what was shown."""
    ours, theirs = pty.openpty()
    argv = [str(server.build / "client" / "cofferctl"), "--socket", str(server.admin_socket), *args]
    with subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.write(ours, said)
        status = process.wait(LIMIT_S)
    os.close(theirs)
    shown = b""
    try:
        while more := os.read(ours, 4096):
            shown += more
    except OSError:     # nobody has the other end any more
        pass
    os.close(ours)
    return status, shown.decode()


def test_at_a_terminal_it_is_asked_whether_it_is_meant(server, acme, bucket_name):
    make_bucket(acme, bucket_name, "k1", "k2")
    for said in (b"n\n", b"\n", b"no, yes\n"):
        status, shown = on_terminal(server, said, "bucket", "delete", bucket_name, "--with-objects")
        assert status == 1 and "nothing was deleted" in shown
        assert f"2 objects (20 bytes) in the bucket {bucket_name} of the tenant acme" in shown
    assert rawhttp.request(acme, "GET", f"/{bucket_name}/k1").status == 200
    status, shown = on_terminal(server, b"y\n", "bucket", "delete", bucket_name, "--with-objects")
    assert status == 0 and "deleted 2 objects (20 bytes)" in shown
    assert not exists(acme, bucket_name)


# Unfinished uploads


def upload_ids(server, *args):
    return {u["upload_id"] for u in server.ctl("uploads", "list", *args)["uploads"]}


def test_uploads_are_selected_by_tenant_bucket_and_age(server, acme, bucket_name):
    mine = make_bucket(server, f"a{bucket_name}")
    first, second = make_bucket(acme, f"b{bucket_name}"), make_bucket(acme, f"c{bucket_name}")
    a, b, c = (begin_upload(of, bucket, "k") for of, bucket in
               ((server, mine), (acme, first), (acme, second)))
    assert {a, b, c} <= upload_ids(server)
    assert upload_ids(server, "--tenant", "acme") >= {b, c}
    assert a not in upload_ids(server, "--tenant", "acme")
    assert upload_ids(server, "--bucket", first) == {b}
    assert not upload_ids(server, "--bucket", first, "--older-than", "1h")
    assert server.ctl("uploads", "abort", "--bucket", first, "--older-than", "1h")["aborted"] == 0
    assert server.ctl("uploads", "abort", "--tenant", "acme", "--older-than", "0")["aborted"] >= 2
    assert not upload_ids(server, "--tenant", "acme") and a in upload_ids(server)
    assert "another tenant" in refusal(server, "uploads", "abort", "--older-than", "0", "--bucket",
                                       mine, "--tenant", "acme")
    assert a in upload_ids(server)
    assert server.control("uploads", "abort", "--bucket", mine, "--older-than", "0").stdout == \
        "aborted 1 upload\n"


def test_how_old_they_must_be_is_to_be_said(server):
    for args in (["abort"], ["abort", "--older-than", "soon"], ["list", "--older-than", "-1d"]):
        done = server.control("uploads", *args)
        assert done.returncode == 2 and "--older-than" in done.stderr


def test_a_terminal_is_not_told_what_to_do_by_a_key(server, bucket_name):
    make_bucket(server, bucket_name)
    begin_upload(server, bucket_name, ESCAPE)
    shown = server.control("uploads", "list", "--bucket", bucket_name).stdout
    assert r"\x1b[2Jred\x07" in shown and "\x1b" not in shown and "\x07" not in shown
    assert server.ctl("uploads", "list", "--bucket", bucket_name)["uploads"][0]["key"] == ESCAPE


# Who may


def test_what_was_looked_at_is_in_the_audit_log(server, bucket_name):
    make_bucket(server, bucket_name)
    server.ctl("bucket", "delete", bucket_name)
    kept = [json.loads(line) for file in (server.data / "auth").glob("audit.*.log")
            for line in file.read_text().splitlines()]
    asked = [r for r in kept if r.get("bucket") == bucket_name and r["do"] == "operator.grant"]
    assert asked and {r["purpose"] for r in asked} == {"manage"}
    assert {r["uid"] for r in asked} == {os.geteuid()}


@pytest.mark.skipif(os.geteuid() != 0, reason="playing another local user needs root")
@pytest.mark.parametrize("command", [["bucket", "list"], ["bucket", "show", "default-objects"],
                                     ["bucket", "delete", "default-objects"], ["uploads", "list"],
                                     ["uploads", "abort", "--older-than", "0"]])
def test_t75_another_local_user_sees_and_deletes_nothing(server, command):
    argv = [str(server.build / "client" / "cofferctl"), "--socket", str(server.admin_socket)]
    done = subprocess.run([*argv, *command], user=NOBODY, group=NOBODY, extra_groups=[],
                          capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 1 and done.stdout == ""
    assert "cofferctl: " in done.stderr and "hint: " in done.stderr
    assert exists(server, "default-objects")
