# SPDX-License-Identifier: Apache-2.0
"""T20 to T26 for users: nobody does anything that his policy does not allow, by any operation."""

import base64
import hashlib
import json
import pathlib
import re
import uuid

import pytest

from lib import coffer, rawhttp

pytestmark = pytest.mark.usefixtures("unharmed")

OPERATIONS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "operations.md"
COMPLETE = ("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
            "</CompleteMultipartUpload>")
# Of a bucket, as do() fills it in; it concerns nobody here.
POLICY = ('{{"Statement":[{{"Effect":"Deny","Principal":{{"AWS":"nobody"}},"Action":"s3:*",'
          '"Resource":"arn:aws:s3:::{b}/never"}}]}}')


class User(coffer.Server):
    """A user of the first tenant, with one key, and the policy that he is given."""

    def __init__(self, victim, tenant="default"):
        self.victim = victim
        self.tenant = tenant
        self.user = f"u-{uuid.uuid4().hex[:12]}"
        victim.ctl("user", "create", self.user, "--tenant", tenant)
        made = victim.ctl("key", "create", "--tenant", tenant, "--user", self.user)["key"]
        super().__init__(victim.endpoint, made["access_key"], made["secret_key"], victim.region)

    def put_policy(self, *statements):
        text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self.victim.ctl("policy", "put", self.user, "--tenant", self.tenant, "--file", "-",
                        stdin=text)

    def ask(self, method, target, headers=(), body=b""):
        return rawhttp.request(self, method, target, headers, body)


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


@pytest.fixture
def user(victim):
    return User(victim)


@pytest.fixture
def scene(victim, bucket):
    """What the operations are about: a bucket with an object and an upload that has a part."""
    assert rawhttp.request(victim, "PUT", f"/{bucket}/k", body=b"kept").status == 200
    upload = rawhttp.request(victim, "POST", f"/{bucket}/m?uploads").xml.findtext("UploadId")
    part = rawhttp.request(victim, "PUT", f"/{bucket}/m?uploadId={upload}&partNumber=1",
                           body=b"part")
    scene = {"b": bucket, "u": upload, "etag": part.get("etag")}
    assert rawhttp.request(victim, "PUT", f"/{bucket}?policy",
                           body=POLICY.format(**scene).encode()).status == 204
    return scene


def delete_of(*keys):
    return ("<Delete>" + "".join(f"<Object><Key>{k}</Key></Object>" for k in keys)
            + "</Delete>").encode()


def md5(body):
    return [("Content-MD5", base64.b64encode(hashlib.md5(body).digest()).decode())]


# Name: method, target, header fields, body; the actions that are needed, all of them.
REQUESTS = {
    "ListBuckets": ("GET", "/", [], "", ["s3:ListAllMyBuckets"]),
    "GetBucketLocation": ("GET", "/{b}?location", [], "", ["s3:GetBucketLocation"]),
    "ListMultipartUploads": ("GET", "/{b}?uploads", [], "", ["s3:ListBucketMultipartUploads"]),
    "GetBucketAcl": ("GET", "/{b}?acl", [], "", ["s3:GetBucketAcl"]),
    "GetBucketPolicy": ("GET", "/{b}?policy", [], "", ["s3:GetBucketPolicy"]),
    "GetBucketPolicyStatus": ("GET", "/{b}?policyStatus", [], "", ["s3:GetBucketPolicyStatus"]),
    "PutBucketPolicy": ("PUT", "/{b}?policy", [], POLICY, ["s3:PutBucketPolicy"]),
    "DeleteBucketPolicy": ("DELETE", "/{b}?policy", [], "", ["s3:DeleteBucketPolicy"]),
    "GetPublicAccessBlock": ("GET", "/{b}?publicAccessBlock", [], "",
                             ["s3:GetBucketPublicAccessBlock"]),
    "PutPublicAccessBlock": ("PUT", "/{b}?publicAccessBlock", [], "<PublicAccessBlockConfiguration/>",
                             ["s3:PutBucketPublicAccessBlock"]),
    "DeletePublicAccessBlock": ("DELETE", "/{b}?publicAccessBlock", [], "",
                                ["s3:PutBucketPublicAccessBlock"]),
    "GetBucketConfiguration": ("GET", "/{b}?versioning", [], "", ["s3:GetBucketVersioning"]),
    "ListObjectsV2": ("GET", "/{b}?list-type=2", [], "", ["s3:ListBucket"]),
    "ListObjects": ("GET", "/{b}", [], "", ["s3:ListBucket"]),
    "HeadBucket": ("HEAD", "/{b}", [], "", ["s3:ListBucket"]),
    "CreateBucket": ("PUT", "/{b}-new", [], "", ["s3:CreateBucket"]),
    "DeleteBucket": ("DELETE", "/{b}-empty", [], "", ["s3:DeleteBucket"]),
    "DeleteObjects": ("POST", "/{b}?delete", [], "<delete>", ["s3:DeleteObject"]),
    "ListParts": ("GET", "/{b}/m?uploadId={u}", [], "", ["s3:ListMultipartUploadParts"]),
    "GetObjectAttributes": ("GET", "/{b}/k?attributes", [("x-amz-object-attributes", "ETag")], "",
                            ["s3:GetObjectAttributes", "s3:GetObject"]),
    "GetObjectAcl": ("GET", "/{b}/k?acl", [], "", ["s3:GetObjectAcl"]),
    "GetObjectTagging": ("GET", "/{b}/k?tagging", [], "", ["s3:GetObjectTagging"]),
    "GetObject": ("GET", "/{b}/k", [], "", ["s3:GetObject"]),
    "HeadObject": ("HEAD", "/{b}/k", [], "", ["s3:GetObject"]),
    "UploadPartCopy": ("PUT", "/{b}/m?uploadId={u}&partNumber=2",
                       [("x-amz-copy-source", "/{b}/k")], "", ["s3:PutObject", "s3:GetObject"]),
    "UploadPart": ("PUT", "/{b}/m?uploadId={u}&partNumber=2", [], "part", ["s3:PutObject"]),
    "CopyObject": ("PUT", "/{b}/copy", [("x-amz-copy-source", "/{b}/k")], "",
                   ["s3:PutObject", "s3:GetObject"]),
    "PutObject": ("PUT", "/{b}/new", [], "new", ["s3:PutObject"]),
    "CreateMultipartUpload": ("POST", "/{b}/new?uploads", [], "", ["s3:PutObject"]),
    "CompleteMultipartUpload": ("POST", "/{b}/m?uploadId={u}", [], COMPLETE, ["s3:PutObject"]),
    "AbortMultipartUpload": ("DELETE", "/{b}/m?uploadId={u}", [], "",
                             ["s3:AbortMultipartUpload"]),
    "DeleteObject": ("DELETE", "/{b}/k", [], "", ["s3:DeleteObject"]),
}


def test_no_operation_is_left_out():
    named = re.findall(r"^\| (\w+) \| `[A-Z]+ /", OPERATIONS.read_text(), re.MULTILINE)
    assert len(named) > 20 and set(named) == set(REQUESTS)


def do(server, name, scene):
    method, target, headers, body, _ = REQUESTS[name]
    headers = [(field, value.format(**scene)) for field, value in headers]
    data = delete_of("k") if body == "<delete>" else body.format(**scene).encode()
    if body == "<delete>":
        headers += md5(data)
    return rawhttp.request(server, method, target.format(**scene), headers, data)


def is_refused(name, response):
    if name == "DeleteObjects" and response.status == 200:
        return [e.findtext("Code") for e in response.xml.iter("Error")] == ["AccessDenied"]
    return response.status == 403 and (REQUESTS[name][0] == "HEAD"
                                       or response.code == "AccessDenied")


def whole(victim, scene):
    """All that the requests could change, for comparing."""
    bucket = scene["b"]
    keys = [e.text for e in rawhttp.request(victim, "GET", f"/{bucket}?list-type=2").xml.iter("Key")]
    uploads = [e.text for e in rawhttp.request(victim, "GET", f"/{bucket}?uploads").xml.iter("UploadId")]
    parts = [e.text for e in rawhttp.request(
        victim, "GET", f"/{bucket}/m?uploadId={scene['u']}").xml.iter("PartNumber")]
    there = [e.text for e in rawhttp.request(victim, "GET", "/").xml.iter("Name")]
    said = [rawhttp.request(victim, "GET", f"/{bucket}?{what}").body
            for what in ("policy", "publicAccessBlock")]
    return keys, uploads, parts, there, said, rawhttp.request(victim, "GET", f"/{bucket}/k").body


@pytest.mark.parametrize("name", REQUESTS)
def test_t26_an_operation_needs_each_of_its_actions_and_no_other_will_do(victim, user, scene, name):
    assert rawhttp.request(victim, "PUT", f"/{scene['b']}-empty").status == 200
    needed = REQUESTS[name][4]
    before = whole(victim, scene)
    policies = [[allow(["s3:ListBucket", "s3:GetBucketTagging"] if needed != ["s3:ListBucket"] else
                       "s3:GetObject")]]
    for missing in needed:
        others = [action for action in needed if action != missing]
        policies += [
            [{"Effect": "Allow", "NotAction": missing, "Resource": "*"}],
            [allow("s3:*"), deny(missing)],
            [allow(needed, "arn:aws:s3:::another-bucket*")],
            [allow(needed), deny(missing, "*", Condition={
                "StringEquals": {"aws:username": user.user}})],
        ]
        policies += [[allow(others)]] if others else []
    for policy in policies:
        user.put_policy(*policy)
        assert is_refused(name, do(user, name, scene)), policy
        assert whole(victim, scene) == before
    user.put_policy(allow(needed))
    assert do(user, name, scene).status in (200, 204), name
    if name == "DeleteObjects":
        assert rawhttp.request(victim, "HEAD", f"/{scene['b']}/k").status == 404


def test_t26_what_is_allowed_is_told_by_the_newest_policy_at_once(victim, user, scene):
    user.put_policy(allow("s3:GetObject"))
    assert user.ask("GET", f"/{scene['b']}/k").body == b"kept"
    user.put_policy(deny("s3:GetObject"))
    assert user.ask("GET", f"/{scene['b']}/k").code == "AccessDenied"
    user.put_policy(allow("s3:GetObject"))
    victim.ctl("policy", "delete", user.user)
    assert user.ask("GET", f"/{scene['b']}/k").code == "AccessDenied"
    assert victim.ctl("policy", "get", user.user)["policy"] is None


@pytest.mark.parametrize("policy, places", [
    ([allow("s3:CreateBucket", Condition={"StringEquals": {"s3:LocationConstraint": "eu-west-1"}})],
     {"eu-west-1": 200, " eu-west-1 ": 200, "eu-west-2": 403, "": 403, None: 403}),
    ([allow("s3:CreateBucket"),
      deny("s3:CreateBucket", Condition={"StringLike": {"s3:LocationConstraint": "us-*"}})],
     {"eu-west-1": 200, "us-west-2": 403, None: 200}),
    ([allow("s3:CreateBucket", Condition={"Null": {"s3:LocationConstraint": "true"}})],
     {"eu-west-1": 403, "": 200, None: 200}),
    ([deny("s3:CreateBucket"), allow("s3:CreateBucket", Condition={
        "StringEquals": {"s3:LocationConstraint": "eu-west-1"}})], {"eu-west-1": 403}),
], ids=["allowed there", "denied there", "allowed nowhere said", "denied anyway"])
def test_t26_a_bucket_is_made_only_where_its_policy_lets_it_be(victim, user, scene, policy, places):
    user.put_policy(*policy)
    for i, (place, status) in enumerate(places.items()):
        body = b"" if place is None else (
            f"<CreateBucketConfiguration><LocationConstraint>{place}</LocationConstraint>"
            "</CreateBucketConfiguration>").encode()
        response = rawhttp.request(user, "PUT", f"/{scene['b']}-in-{i}", body=body)
        assert (response.status, response.code if status == 403 else None) == \
            (status, "AccessDenied" if status == 403 else None), place
        there = rawhttp.request(victim, "HEAD", f"/{scene['b']}-in-{i}").status
        assert there == (404 if status == 403 else 200), place


# --- T20, T21, T22 --------------------------------------------------------------------------------


def test_t20_a_copy_needs_to_read_its_source_where_it_lies(victim, user, scene):
    bucket = scene["b"]
    user.put_policy(allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*"),
                    allow("s3:GetObject", f"arn:aws:s3:::{bucket}/mine/*"))
    source = [("x-amz-copy-source", f"/{bucket}/k")]
    assert user.ask("PUT", f"/{bucket}/mine/stolen", source).code == "AccessDenied"
    target = f"/{bucket}/m?uploadId={scene['u']}&partNumber=2"
    assert user.ask("PUT", target, source).code == "AccessDenied"
    assert user.ask("PUT", target, [*source, ("x-amz-copy-source-range", "bytes=0-1")]).code == \
        "AccessDenied"
    assert rawhttp.request(victim, "HEAD", f"/{bucket}/mine/stolen").status == 404
    assert user.ask("PUT", f"/{bucket}/mine/own", body=b"own").status == 200
    source = [("x-amz-copy-source", f"/{bucket}/mine/own")]
    assert user.ask("PUT", f"/{bucket}/copied", source).status == 200


def test_t21_each_key_of_a_delete_is_asked_for_by_itself(victim, user, scene):
    bucket = scene["b"]
    for key in ("mine/a", "mine/b", "mine/kept"):
        assert rawhttp.request(victim, "PUT", f"/{bucket}/{key}", body=b"x").status == 200
    user.put_policy(allow("s3:DeleteObject", f"arn:aws:s3:::{bucket}/mine/*"),
                    deny("s3:DeleteObject", f"arn:aws:s3:::{bucket}/mine/kept"))
    body = delete_of("mine/a", "k", "mine/kept", "mine/b", "nothing")
    answer = user.ask("POST", f"/{bucket}?delete", md5(body), body)
    assert answer.status == 200
    assert [e.findtext("Key") for e in answer.xml.iter("Deleted")] == ["mine/a", "mine/b"]
    errors = {e.findtext("Key"): e.findtext("Code") for e in answer.xml.iter("Error")}
    assert errors == dict.fromkeys(("k", "mine/kept", "nothing"), "AccessDenied")
    for key, status in (("mine/a", 404), ("mine/b", 404), ("k", 200), ("mine/kept", 200)):
        assert rawhttp.request(victim, "HEAD", f"/{bucket}/{key}").status == status


def test_t22_a_version_has_actions_of_its_own(user, scene):
    bucket = scene["b"]
    user.put_policy(allow(["s3:GetObject", "s3:DeleteObject"]))
    assert user.ask("GET", f"/{bucket}/k?versionId=null").code == "AccessDenied"
    assert user.ask("DELETE", f"/{bucket}/k?versionId=null").code == "AccessDenied"
    body = (b"<Delete><Object><Key>k</Key><VersionId>null</VersionId></Object></Delete>")
    answer = user.ask("POST", f"/{bucket}?delete", md5(body), body)
    assert [e.findtext("Code") for e in answer.xml.iter("Error")] == ["AccessDenied"]
    user.put_policy(allow("s3:GetObjectVersion"))
    assert user.ask("GET", f"/{bucket}/k?versionId=null").body == b"kept"
    assert user.ask("GET", f"/{bucket}/k").code == "AccessDenied"


# --- T24, T30 -------------------------------------------------------------------------------------


def without_ids(response):
    text = response.body
    for header in ("x-amz-request-id", "x-amz-id-2"):
        text = text.replace(response.get(header).encode(), b"ID")
    return response.status, re.sub(rb"<(Resource|Key|BucketName)>[^<]*", b"", text)


def test_t24_who_may_not_list_does_not_learn_which_keys_there_are(victim, user, scene):
    bucket = scene["b"]
    user.put_policy(allow(["s3:GetObject", "s3:PutObject"]))
    assert user.ask("GET", f"/{bucket}/missing").code == "AccessDenied"
    assert user.ask("HEAD", f"/{bucket}/missing").status == 403
    assert user.ask("PUT", f"/{bucket}/c", [("x-amz-copy-source", f"/{bucket}/missing")]).code == \
        "AccessDenied"
    user.put_policy(allow("s3:DeleteObject"))
    body = b"<Delete><Object><Key>missing</Key><ETag>x</ETag></Object></Delete>"
    answer = user.ask("POST", f"/{bucket}?delete", md5(body), body)
    assert [e.findtext("Code") for e in answer.xml.iter("Error")] == ["AccessDenied"]
    user.put_policy(allow(["s3:GetObject", "s3:ListBucket"]))
    assert user.ask("GET", f"/{bucket}/missing").code == "NoSuchKey"
    # To list where a copy goes to is not to list where it comes from.
    assert rawhttp.request(victim, "PUT", f"/{bucket}-source").status == 200
    copy = [("x-amz-copy-source", f"/{bucket}-source/missing")]
    for listed, code in ((bucket, "AccessDenied"), (f"{bucket}-source", "NoSuchKey")):
        user.put_policy(allow(["s3:GetObject", "s3:PutObject"]),
                        allow("s3:ListBucket", f"arn:aws:s3:::{listed}"))
        assert user.ask("PUT", f"/{bucket}/c", copy).code == code


@pytest.mark.parametrize("condition", [[], [("If-Match", '"x"')], [("If-None-Match", "*")],
                                       [("Range", "bytes=0-1")]], ids=str)
def test_t24_t30_a_refusal_looks_alike_whatever_is_there(user, scene, condition):
    bucket = scene["b"]
    user.put_policy(allow("s3:*", "arn:aws:s3:::elsewhere*"))
    answers = {without_ids(user.ask(method, f"/{b}{key}", condition if method == "GET" else []))
               for b in (bucket, f"{bucket}-of-nobody")
               for key in ("/k", "/missing", "?list-type=2", "?location")
               for method in ("GET",)}
    assert len(answers) == 1 and next(iter(answers))[0] == 403


def test_t30_a_user_reaches_no_other_tenant_whatever_his_policy_says(victim, scene):
    victim.ctl("tenant", "create", name := f"t-{uuid.uuid4().hex[:12]}")
    stranger = User(victim, name)
    stranger.put_policy(allow("s3:*"))
    for operation in REQUESTS:
        if operation in ("ListBuckets", "CreateBucket", "DeleteBucket"):
            continue
        before = whole(victim, scene)
        assert do(stranger, operation, scene).status == 403, operation
        assert whole(victim, scene) == before
    assert not list(stranger.ask("GET", "/").xml.iter("Name"))


# --- T25 ------------------------------------------------------------------------------------------


def test_t25_conditions_see_what_is_believed_and_not_what_is_claimed(user, scene):
    bucket = scene["b"]
    elsewhere = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    user.put_policy(allow("s3:GetObject", Condition=elsewhere))
    for claim in ([], [("X-Forwarded-For", "203.0.113.7")], [("Forwarded", "for=203.0.113.7")]):
        assert user.ask("GET", f"/{bucket}/k", claim).code == "AccessDenied"
    user.put_policy(allow("s3:GetObject", Condition={"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}))
    assert user.ask("GET", f"/{bucket}/k").body == b"kept"
    user.put_policy(allow("s3:GetObject", Condition={"Bool": {"aws:SecureTransport": "true"}}))
    assert user.ask("GET", f"/{bucket}/k").code == "AccessDenied"
    user.put_policy(allow("s3:GetObject", Condition={
        "DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}))
    assert user.ask("GET", f"/{bucket}/k").code == "AccessDenied"


def test_t25_behind_a_trusted_proxy_the_address_is_whom_it_speaks_for():
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    with coffer.Coffer(args=("--trusted-proxy", "127.0.0.1")) as behind:
        user = User(behind)
        user.put_policy(allow("s3:ListAllMyBuckets", Condition={
            "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}))
        for claim, status in (("203.0.113.7", 200), ("198.51.100.7", 403),
                              ("203.0.113.7, 198.51.100.7", 403), ("rubbish", 403)):
            assert user.ask("GET", "/", [("X-Forwarded-For", claim)]).status == status, claim
        assert user.ask("GET", "/").status == 403


def test_t25_a_prefix_that_is_asked_for_is_the_one_that_is_shown(victim, user, scene):
    bucket = scene["b"]
    assert rawhttp.request(victim, "PUT", f"/{bucket}/mine/a", body=b"x").status == 200
    user.put_policy(allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", Condition={
        "StringLike": {"s3:prefix": "mine/*"}, "NumericLessThanEquals": {"s3:max-keys": "10"}}))
    for query in ("", "&prefix=", "&prefix=k", "&prefix=mine", "&prefix=mine/",
                  "&prefix=mine/&max-keys=11", "&prefix=k&prefix=mine/&max-keys=1"):
        assert user.ask("GET", f"/{bucket}?list-type=2{query}").status in (400, 403), query
    answer = user.ask("GET", f"/{bucket}?list-type=2&prefix=mine/&max-keys=10")
    assert [e.text for e in answer.xml.iter("Key")] == ["mine/a"]


def test_t26_variables_keep_users_apart(victim, scene):
    bucket = scene["b"]
    alice, bob = User(victim), User(victim)
    for who in (alice, bob):
        who.put_policy(allow(["s3:PutObject", "s3:GetObject"],
                             f"arn:aws:s3:::{bucket}/home/${{aws:username}}/*"))
        assert who.ask("PUT", f"/{bucket}/home/{who.user}/x", body=b"own").status == 200
    assert alice.ask("GET", f"/{bucket}/home/{bob.user}/x").code == "AccessDenied"
    assert bob.ask("PUT", f"/{bucket}/home/{alice.user}/x", body=b"y").code == "AccessDenied"


# --- what is no policy ----------------------------------------------------------------------------


@pytest.mark.parametrize("text, said", [
    ("", ""), ("{", ""), ("[]", ""), ('{"Statement":[]}', ""),
    ('{"Statement":{"Effect":"allow","Action":"s3:*","Resource":"*"}}', "effect"),
    ('{"Statement":{"Effect":"Allow","Action":"ec2:*","Resource":"*"}}', ""),
    ('{"Statement":{"Effect":"Allow","Action":"s3:*"}}', ""),
    ('{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}}', "Principal"),
    ('{"Statement":{"Effect":"Allow","Effect":"Deny","Action":"s3:*","Resource":"*"}}', ""),
], ids=lambda v: str(v)[:60])
def test_what_is_no_policy_is_refused_with_a_sentence_and_the_old_one_stays(victim, user, text, said):
    user.put_policy(allow("s3:GetObject"))
    before = victim.ctl("policy", "get", user.user)
    done = victim.control("policy", "put", user.user, "--file", "-", stdin=text)
    assert done.returncode == 1 and said in done.stderr and len(done.stderr) > 30
    assert victim.ctl("policy", "get", user.user) == before


def test_a_policy_that_is_too_large_is_refused(victim, user):
    text = json.dumps({"Statement": [allow("s3:GetObject", f"arn:aws:s3:::b/{'x' * 900}{i}")
                                     for i in range(8)]})
    done = victim.control("policy", "put", user.user, "--file", "-", stdin=text)
    assert done.returncode == 1 and "6144" in done.stderr
    done = victim.control("policy", "put", user.user, "--file", "-", stdin=" " * 70_000)
    assert done.returncode == 1 and "longer than 65536 bytes" in done.stderr


def test_t40_a_policy_that_is_too_dear_is_refused(victim, user):
    text = json.dumps({"Statement": allow("s3:GetObject", f"arn:aws:s3:::b/*{'a' * 400}b")})
    done = victim.control("policy", "put", user.user, "--file", "-", stdin=text)
    assert done.returncode == 1 and "steps and 262144 is the most" in done.stderr


def test_a_policy_survives_the_death_of_authd():
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    with coffer.Coffer() as other:
        other.ctl("user", "create", "kept")
        other.ctl("policy", "put", "kept", "--file", "-", stdin=json.dumps(
            {"Statement": [allow("s3:ListAllMyBuckets")]}))
        made = other.ctl("key", "create", "--tenant", "default", "--user", "kept")["key"]
        other.kill_and_wait("authd")
        kept = coffer.Server(other.endpoint, made["access_key"], made["secret_key"], other.region)
        assert rawhttp.request(kept, "GET", "/").status == 200
        assert rawhttp.request(kept, "PUT", "/bucket-of-kept").code == "AccessDenied"
