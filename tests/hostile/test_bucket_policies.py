# SPDX-License-Identifier: Apache-2.0
"""T20 to T30 for buckets that are open to others: exactly as far as their policies say, for strangers,
other tenants and one's own users."""

import json
import uuid

import pytest

from hostile import test_policies as users
from lib import rawhttp, rest

pytestmark = pytest.mark.usefixtures("unharmed")


@pytest.fixture(scope="module")
def other(victim):
    """Another tenant of the same server, as itself."""
    return victim.add_tenant(f"t-{uuid.uuid4().hex[:12]}")


def id_of(victim, server):
    """How policies call the tenant whose key it is."""
    for tenant in victim.ctl("tenant", "list")["tenants"]:
        shown = victim.ctl("tenant", "show", tenant["name"])["tenant"]
        keys = victim.ctl("key", "list", "--tenant", tenant["name"])["keys"]
        if server.access_key in [key["access_key"] for key in keys]:
            return shown["id"]
    raise AssertionError("nobody has that key")


@pytest.fixture(scope="module")
def other_id(victim, other):
    return id_of(victim, other)


@pytest.fixture(scope="module")
def own_id(victim):
    return id_of(victim, victim)


@pytest.fixture
def open_bucket(victim, scene):
    """A bucket whose policy may be public. `say()` sets the policy."""
    assert rawhttp.request(victim, "PUT", f"/{scene['b']}?publicAccessBlock",
                           body=b"<PublicAccessBlockConfiguration/>").status == 200
    return scene["b"]


scene = users.scene
user = users.user


def statement(principal, action, bucket, effect="Allow", key="*", **more):
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/{key}"]
    return {"Effect": effect, "Principal": principal if principal == "*" else {"AWS": principal},
            "Action": action, "Resource": resources, **more}


def say(victim, bucket, *statements):
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    response = rawhttp.request(victim, "PUT", f"/{bucket}?policy", body=text.encode())
    assert response.status == 204, response.body


def ask_as_nobody(victim, method, target, headers=(), body=b""):
    head = rawhttp.head(method, target, [("Host", victim.netloc), *headers,
                                         *([("Content-Length", str(len(body)))] if body else [])])
    return rawhttp.exchange(victim, head + body, method)


def answer_of(response):
    return response.status, response.code if response.status >= 300 and response.body else None


DENIED = (403, "AccessDenied")


# --- T23: who has no credentials ------------------------------------------------------------------


def test_t23_nobody_reads_what_is_not_public(victim, scene):
    bucket = scene["b"]
    for target in (f"/{bucket}/k", f"/{bucket}/missing", f"/{bucket}", f"/{bucket}-of-nobody",
                   f"/{bucket}-of-nobody/k", f"/{bucket}?location", f"/{bucket}/k?versionId=x"):
        assert answer_of(ask_as_nobody(victim, "GET", target)) == DENIED, target


def test_t23_a_public_object_is_read_by_everybody_and_nothing_else_is(victim, open_bucket):
    say(victim, open_bucket, statement("*", "s3:GetObject", open_bucket, key="k"))
    assert ask_as_nobody(victim, "GET", f"/{open_bucket}/k").body == b"kept"
    assert ask_as_nobody(victim, "HEAD", f"/{open_bucket}/k").status == 200
    for method, target in (("GET", "/m"), ("GET", ""), ("GET", "?policy"), ("PUT", "/k"), ("PUT", "/new"),
                           ("DELETE", "/k"), ("GET", "/k?acl"), ("GET", "/k?attributes"),
                           ("GET", "/k?versionId=null"), ("POST", "/k?uploads"), ("GET", "?uploads")):
        assert answer_of(ask_as_nobody(victim, method, f"/{open_bucket}{target}")) == DENIED, target


# Nobody but those who say who they are may do these, whatever the policy says.
NEVER = [name for name in users.REQUESTS if name not in (
    "GetBucketLocation", "ListObjectsV2", "ListObjects", "HeadBucket", "GetObjectAttributes",
    "GetObjectTagging", "GetObject", "HeadObject", "PutObject", "DeleteObject")]


@pytest.mark.parametrize("name", users.REQUESTS)
def test_t23_of_every_operation_nobody_does_more_than_s3_lets_him(victim, scene, open_bucket, name):
    say(victim, open_bucket, statement("*", "s3:*", open_bucket))
    before = users.whole(victim, scene)
    method, target, headers, body, _ = users.REQUESTS[name]
    data = users.delete_of("k") if body == "<delete>" else body.format(**scene).encode()
    response = ask_as_nobody(victim, method, target.format(**scene),
                             [(field, value.format(**scene)) for field, value in headers], data)
    if name in NEVER:
        assert response.status == 403
        assert users.whole(victim, scene) == before
    else:
        assert response.status in (200, 204), response.body


def test_t23_blocks_close_a_public_bucket_again(victim, open_bucket, other):
    say(victim, open_bucket, statement("*", "s3:GetObject", open_bucket))
    block = (b"<PublicAccessBlockConfiguration><RestrictPublicBuckets>true</RestrictPublicBuckets>"
             b"</PublicAccessBlockConfiguration>")
    assert rawhttp.request(other, "GET", f"/{open_bucket}/k").status == 200
    assert rawhttp.request(victim, "PUT", f"/{open_bucket}?publicAccessBlock", body=block).status == 200
    assert answer_of(ask_as_nobody(victim, "GET", f"/{open_bucket}/k")) == DENIED
    assert answer_of(rawhttp.request(other, "GET", f"/{open_bucket}/k")) == DENIED
    assert rawhttp.request(victim, "GET", f"/{open_bucket}/k").status == 200


def test_t23_a_signature_that_is_wrong_does_not_make_one_nobody(victim, open_bucket):
    say(victim, open_bucket, statement("*", "s3:GetObject", open_bucket))
    for headers in ([("Authorization", "AWS4-HMAC-SHA256 x")], [("Authorization", "Bearer x")],
                    [("Authorization", "AWS a:b")]):
        assert ask_as_nobody(victim, "GET", f"/{open_bucket}/k", headers).status >= 400
    for query in ("X-Amz-Signature=0", "X-Amz-Algorithm=AWS4-HMAC-SHA256", "AWSAccessKeyId=a",
                  "Signature=b"):
        assert ask_as_nobody(victim, "GET", f"/{open_bucket}/k?{query}").status >= 400


def test_t25_a_condition_on_the_address_is_met_by_no_field(victim, open_bucket):
    here = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    say(victim, open_bucket, statement("*", "s3:GetObject", open_bucket, Condition=here))
    claims = [("X-Forwarded-For", "203.0.113.7"), ("Forwarded", "for=203.0.113.7")]
    assert answer_of(ask_as_nobody(victim, "GET", f"/{open_bucket}/k", claims)) == DENIED
    say(victim, open_bucket, statement("*", "s3:GetObject", open_bucket, Condition={
        "IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}))
    assert ask_as_nobody(victim, "GET", f"/{open_bucket}/k").status == 200


# --- another tenant -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n in users.REQUESTS if n not in ("ListBuckets", "CreateBucket")])
def test_t30_another_tenant_does_what_the_policy_allows_and_nothing_else(victim, scene, other, other_id,
                                                                      name):
    bucket, needed = scene["b"], users.REQUESTS[name][4]
    assert rawhttp.request(victim, "PUT", f"/{bucket}-empty").status == 200
    about = f"{bucket}-empty" if name == "DeleteBucket" else bucket
    for statements in ([], [statement(other_id, ["s3:GetBucketTagging"], about)],
                       [statement(other_id, needed, about),
                        statement(other_id, needed[-1], about, "Deny")],
                       [statement("nobody", needed, about)]):
        say(victim, about, *(statements or [statement("nobody", "s3:*", about)]))
        before = users.whole(victim, scene)
        assert users.is_refused(name, users.do(other, name, scene)), statements
        assert users.whole(victim, scene) == before
    say(victim, about, statement(other_id, needed, about))
    response = users.do(other, name, scene)
    if name in ("GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"):
        assert answer_of(response) == (405, "MethodNotAllowed")
    else:
        assert response.status in (200, 204), response.body


def test_t26_across_tenants_both_sides_must_allow(victim, open_bucket, other_id):
    name = next(t["name"] for t in victim.ctl("tenant", "list")["tenants"]
                if victim.ctl("tenant", "show", t["name"])["tenant"]["id"] == other_id)
    stranger = users.User(victim, name)
    target = f"/{open_bucket}/k"
    for principal in (other_id, f"arn:aws:iam::{other_id}:user/{stranger.user}", "*"):
        say(victim, open_bucket, statement(principal, "s3:GetObject", open_bucket))
        stranger.put_policy(users.allow("s3:PutObject"))
        assert answer_of(stranger.ask("GET", target)) == DENIED
        stranger.put_policy(users.allow("s3:*"), users.deny("s3:GetObject"))
        assert answer_of(stranger.ask("GET", target)) == DENIED
        stranger.put_policy(users.allow("s3:GetObject"))
        assert stranger.ask("GET", target).body == b"kept"
    say(victim, open_bucket, statement(f"arn:aws:iam::{other_id}:user/nobody", "s3:*", open_bucket))
    assert answer_of(stranger.ask("GET", target)) == DENIED


def test_t26_a_user_kept_to_his_tenants_buckets_reaches_no_other(victim, open_bucket, other_id):
    """s3:ResourceAccount is whose the bucket is, and no more known to authd than to the client."""
    name = next(t["name"] for t in victim.ctl("tenant", "list")["tenants"]
                if victim.ctl("tenant", "show", t["name"])["tenant"]["id"] == other_id)
    stranger = users.User(victim, name)
    say(victim, open_bucket, statement(other_id, "s3:*", open_bucket))
    own = {"StringEquals": {"s3:ResourceAccount": other_id}}
    stranger.put_policy(users.allow("s3:GetObject", Condition=own))
    assert answer_of(stranger.ask("GET", f"/{open_bucket}/k")) == DENIED
    stranger.put_policy(users.allow("s3:GetObject"), users.deny("s3:*", Condition={
        "StringNotEquals": {"s3:ResourceAccount": other_id}}))
    assert answer_of(stranger.ask("GET", f"/{open_bucket}/k")) == DENIED
    stranger.put_policy(users.allow("s3:GetObject"))
    assert stranger.ask("GET", f"/{open_bucket}/k").status == 200


def test_t30_what_another_tenant_puts_is_the_owners(victim, scene, other, other_id):
    bucket = scene["b"]
    say(victim, bucket, statement(other_id, ["s3:PutObject", "s3:ListBucket"], bucket))
    for body in (b"small", b"large" * 100_000):
        assert rawhttp.request(other, "PUT", f"/{bucket}/theirs", body=body).status == 200
        assert rawhttp.request(victim, "GET", f"/{bucket}/theirs").body == body
    assert answer_of(rawhttp.request(other, "GET", f"/{bucket}/theirs")) == DENIED
    listed = rawhttp.request(other, "GET", f"/{bucket}?fetch-owner=true&list-type=2").xml
    mine = rawhttp.request(victim, "GET", f"/{bucket}?fetch-owner=true&list-type=2").xml
    assert {e.text for e in listed.iter("ID")} == {e.text for e in mine.iter("ID")}
    assert not list(rawhttp.request(other, "GET", "/").xml.iter("Name"))


def test_t30_the_owner_that_is_expected_is_the_buckets(victim, scene, other, other_id):
    bucket = scene["b"]
    own, theirs = (rawhttp.request(server, "GET", "/").xml.findtext("Owner/ID")
                   for server in (victim, other))
    say(victim, bucket, statement(other_id, "s3:GetObject", bucket))
    for server in (victim, other):
        expect = [("x-amz-expected-bucket-owner", own)]
        assert rawhttp.request(server, "GET", f"/{bucket}/k", expect).status == 200
        expect = [("x-amz-expected-bucket-owner", theirs)]
        assert answer_of(rawhttp.request(server, "GET", f"/{bucket}/k", expect)) == DENIED


# --- T20, T21, T24 --------------------------------------------------------------------------------


@pytest.fixture
def theirs(other):
    name = f"theirs-{uuid.uuid4().hex[:12]}"
    assert rawhttp.request(other, "PUT", f"/{name}").status == 200
    return name


@pytest.mark.parametrize("size", [0, 5, 300_000])
def test_t20_a_copy_from_another_tenant_needs_his_leave_and_shares_nothing_with_him(
        victim, scene, other, other_id, theirs, size):
    bucket, body = scene["b"], b"x" * size
    source = [("x-amz-copy-source", f"/{bucket}/source")]
    assert rawhttp.request(victim, "PUT", f"/{bucket}/source", [("x-amz-meta-a", "b")],
                           body=body).status == 200
    say(victim, bucket, statement(other_id, ["s3:PutObject", "s3:ListBucket"], bucket))
    assert answer_of(rawhttp.request(other, "PUT", f"/{theirs}/copy", source)) == DENIED
    say(victim, bucket, statement(other_id, "s3:GetObject", bucket))
    assert rawhttp.request(other, "PUT", f"/{theirs}/copy", source).status == 200
    upload = rawhttp.request(other, "POST", f"/{theirs}/m?uploads").xml.findtext("UploadId")
    part = rawhttp.request(other, "PUT", f"/{theirs}/m?uploadId={upload}&partNumber=1", source)
    assert part.status == 200
    tag = part.xml.findtext("ETag")
    done = rawhttp.request(other, "POST", f"/{theirs}/m?uploadId={upload}",
                           body=users.COMPLETE.format(etag=tag).encode())
    assert done.status == 200
    # What becomes of the source is nothing to the copies.
    assert rawhttp.request(victim, "DELETE", f"/{bucket}/source").status == 204
    copied = rawhttp.request(other, "GET", f"/{theirs}/copy")
    assert (copied.body, copied.get("x-amz-meta-a")) == (body, "b")
    assert rawhttp.request(other, "GET", f"/{theirs}/m").body == body


def test_t20_conditions_on_anothers_source_hold(victim, scene, other, other_id, theirs):
    bucket = scene["b"]
    say(victim, bucket, statement(other_id, "s3:GetObject", bucket))
    source = [("x-amz-copy-source", f"/{bucket}/k"), ("x-amz-copy-source-if-match", '"other"')]
    response = rawhttp.request(other, "PUT", f"/{theirs}/copy", source)
    assert answer_of(response) == (412, "PreconditionFailed")


def test_t21_each_key_of_a_delete_is_asked_of_the_bucket(victim, scene, other, other_id):
    bucket = scene["b"]
    for key in ("open/a", "open/kept"):
        assert rawhttp.request(victim, "PUT", f"/{bucket}/{key}", body=b"x").status == 200
    say(victim, bucket, statement(other_id, "s3:DeleteObject", bucket, key="open/*"),
        statement("*", "s3:DeleteObject", bucket, "Deny", key="open/kept"))
    body = users.delete_of("open/a", "open/kept", "k")
    for server, left in ((other, {"open/kept", "k"}), (victim, {"open/kept"})):
        response = rawhttp.request(server, "POST", f"/{bucket}?delete", users.md5(body), body)
        assert {e.findtext("Key") for e in response.xml.iter("Error")} == left
    assert rawhttp.request(victim, "HEAD", f"/{bucket}/open/kept").status == 200
    assert rawhttp.request(victim, "HEAD", f"/{bucket}/k").status == 404


@pytest.mark.parametrize("condition", [[], [("If-Match", '"x"')], [("If-None-Match", "*")]], ids=str)
def test_t24_who_may_not_list_does_not_learn_which_keys_there_are(victim, scene, other, other_id,
                                                                 open_bucket, condition):
    say(victim, open_bucket, statement("*", "s3:GetObject", open_bucket))
    for ask in (lambda: ask_as_nobody(victim, "GET", f"/{open_bucket}/missing", condition),
                lambda: rawhttp.request(other, "GET", f"/{open_bucket}/missing", condition)):
        assert answer_of(ask()) == DENIED
    say(victim, open_bucket, statement("*", ["s3:GetObject", "s3:ListBucket"], open_bucket))
    assert answer_of(ask_as_nobody(victim, "GET", f"/{open_bucket}/missing")) == (404, "NoSuchKey")


def test_t30_to_who_is_refused_a_bucket_with_a_policy_is_as_one_without(victim, scene, other):
    bucket = scene["b"]
    plain = f"{bucket}-plain"
    assert rawhttp.request(victim, "PUT", f"/{plain}").status == 200
    say(victim, bucket, statement("nobody", "s3:*", bucket))
    answers = {users.without_ids(rawhttp.request(other, "GET", f"/{b}{key}"))
               for b in (bucket, plain) for key in ("/k", "/missing", "?list-type=2", "?policy")}
    assert len(answers) == 1


# --- one's own ------------------------------------------------------------------------------------


def test_t26_in_ones_own_bucket_either_side_allows_and_a_deny_wins(victim, scene, user, own_id):
    bucket, target = scene["b"], f"/{scene['b']}/k"
    assert answer_of(user.ask("GET", target)) == DENIED
    named = f"arn:aws:iam::{own_id}:user/{user.user}"
    say(victim, bucket, statement(named, "s3:GetObject", bucket))
    assert user.ask("GET", target).body == b"kept"
    assert answer_of(user.ask("GET", f"/{bucket}/missing")) == DENIED
    # To let the account in is to let it say for itself which users.
    say(victim, bucket, statement(own_id, "s3:GetObject", bucket))
    assert answer_of(user.ask("GET", target)) == DENIED
    user.put_policy(users.allow("s3:*"))
    say(victim, bucket, statement(named, "s3:GetObject", bucket, "Deny"))
    assert answer_of(user.ask("GET", target)) == DENIED
    assert rawhttp.request(victim, "GET", target).status == 200


def test_a_tenant_that_locks_itself_out_can_take_the_policy_away(victim, scene):
    bucket = scene["b"]
    say(victim, bucket, statement("*", "s3:*", bucket, "Deny"))
    assert answer_of(rawhttp.request(victim, "GET", f"/{bucket}/k")) == DENIED
    assert answer_of(rawhttp.request(victim, "GET", f"/{bucket}")) == DENIED
    assert rawhttp.request(victim, "GET", f"/{bucket}?policy").status == 200
    say(victim, bucket, statement("nobody", "s3:GetObject", bucket))
    assert rawhttp.request(victim, "GET", f"/{bucket}/k").status == 200
    say(victim, bucket, statement("*", "s3:*", bucket, "Deny"))
    assert rawhttp.request(victim, "DELETE", f"/{bucket}?policy").status == 204
    assert rawhttp.request(victim, "GET", f"/{bucket}/k").status == 200


def test_a_deny_is_for_tokens_as_well(victim):
    store = "default-objects"
    tokens = rest.Store(victim.rest_endpoint, victim.token)
    say(victim, store, statement("*", "s3:GetObject", store, "Deny"))
    try:
        assert tokens.ask("GET", rest.target("missing")).status == 403
    finally:
        assert rawhttp.request(victim, "DELETE", f"/{store}?policy").status == 204
    assert tokens.ask("GET", rest.target("missing")).status == 404


# --- T40: what it may cost ------------------------------------------------------------------------


def test_t40_a_policy_made_to_take_long_is_refused_and_the_old_one_stays(victim, open_bucket):
    """20 KiB of wildcards in front of what allows: more steps than a question may take."""
    patterns = [f"arn:aws:s3:::{open_bucket}/1*{'a' * (70 + i % 7)}b" for i in range(150)]
    say(victim, open_bucket, statement("*", "s3:GetObject", open_bucket))
    text = json.dumps({"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
                                     "Resource": patterns}})
    response = rawhttp.request(victim, "PUT", f"/{open_bucket}?policy", body=text.encode())
    assert answer_of(response) == (400, "MalformedPolicy")
    assert "steps" in response.xml.findtext("Message")
    assert ask_as_nobody(victim, "GET", f"/{open_bucket}/k").status == 200


def test_t26_everybody_but_one_is_not_let_in(victim, open_bucket, other_id):
    text = json.dumps({"Statement": {"Effect": "Allow", "NotPrincipal": {"AWS": other_id},
                                     "Action": "s3:GetObject", "Resource": "*"}})
    response = rawhttp.request(victim, "PUT", f"/{open_bucket}?policy", body=text.encode())
    assert answer_of(response) == (400, "MalformedPolicy")
    assert ask_as_nobody(victim, "GET", f"/{open_bucket}/k").status == 403


def test_t26_a_deny_for_all_but_one_spares_no_other_user_of_his_tenant(victim, scene, user, own_id):
    bucket = scene["b"]
    user.put_policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
    spared = f"arn:aws:iam::{own_id}:user/{user.user}"
    for named, status in (([own_id, spared], 200), ([own_id], 403), ([spared], 403),
                          ([own_id, f"{spared}-2"], 403)):
        say(victim, bucket, {"Effect": "Deny", "NotPrincipal": {"AWS": named},
                             "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"})
        assert user.ask("GET", f"/{bucket}/k").status == status, named
