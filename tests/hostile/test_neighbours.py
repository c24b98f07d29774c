# SPDX-License-Identifier: Apache-2.0
"""T20 to T30, T40, T41: two tenants of one server. What one of them tries with upload ids, copies, links, tokens,
policies, names and quotas to get at the other's, over both dialects."""

import hashlib
import json
import uuid

import pytest

from hostile import test_bucket_policies as policies
from hostile import test_policies as users
from lib import coffer, rawhttp, rest, sigv4

pytestmark = pytest.mark.usefixtures("unharmed")

DENIED = (403, "AccessDenied")
BODY = b"what the victim has"
answer_of = policies.answer_of


class Tenant(coffer.Server):
    """A tenant with a bucket, a key for S3, and a token for the other dialect on the same bucket."""

    def __init__(self, victim, kind):
        self.victim = victim
        self.name = f"{kind}-{uuid.uuid4().hex[:12]}"
        self.bucket = self.name
        made = victim.add_tenant(self.name)
        super().__init__(made.endpoint, made.access_key, made.secret_key, made.region, made.rest_endpoint)
        assert self.ask("PUT", "").status == 200
        self.store = rest.Store(self.rest_endpoint, self.token_for("t"), self.bucket)
        self.id = victim.ctl("tenant", "show", self.name)["tenant"]["id"]

    def token_for(self, name, *more):
        return self.victim.ctl("token", "add", name, "--ttl", "1", "--tenant", self.name, "--bucket",
                               self.bucket, *more)["token"]["token"]

    def ask(self, method, rest_of, headers=(), body=b"", bucket=None):
        return rawhttp.request(self, method, f"/{bucket or self.bucket}{rest_of}", headers, body)

    def say(self, *statements):
        policies.say(self, self.bucket, *statements)

    def let(self, other, action, key="*", **more):
        return policies.statement(other.id, action, self.bucket, key=key, **more)

    def begin(self, key, bucket=None):
        return self.ask("POST", f"/{key}?uploads", bucket=bucket).xml.findtext("UploadId")

    def part(self, key, upload, body=b"part", bucket=None):
        return self.ask("PUT", f"/{key}?uploadId={upload}&partNumber=1", body=body, bucket=bucket)


@pytest.fixture(scope="module")
def mine(victim):
    made = Tenant(victim, "mine")
    made.store.put("k", BODY)
    return made


@pytest.fixture(scope="module")
def hostile(victim):
    made = Tenant(victim, "hostile")
    made.store.put("k", b"own")
    return made


@pytest.fixture(autouse=True)
def intact(mine):
    """Whatever was tried, it is as it was; and no policy of one test is another's."""
    yield
    assert mine.ask("DELETE", "?policy").status == 204
    assert mine.ask("GET", "/k").body == BODY
    assert mine.store.read("k") == BODY


# --- upload ids -----------------------------------------------------------------------------------


@pytest.fixture
def begun(mine):
    """An upload of the victim's with one part: its id, and the part's ETag."""
    upload = mine.begin("m")
    tag = mine.part("m", upload).get("etag")
    yield upload, tag
    assert [e.text for e in mine.ask("GET", f"/m?uploadId={upload}").xml.iter("ETag")] == [tag]
    assert mine.ask("DELETE", f"/m?uploadId={upload}").status == 204


def with_upload(who, key, upload, tag, bucket):
    """What there is to do with an upload id, without what makes sense of it."""
    yield who.ask("GET", f"/{key}?uploadId={upload}", bucket=bucket)
    yield who.part(key, upload, b"foreign", bucket=bucket)
    yield who.ask("PUT", f"/{key}?uploadId={upload}&partNumber=2",
                  [("x-amz-copy-source", f"/{who.bucket}/k")], bucket=bucket)
    yield who.ask("POST", f"/{key}?uploadId={upload}", body=users.COMPLETE.format(etag=tag).encode(),
                  bucket=bucket)
    yield who.ask("DELETE", f"/{key}?uploadId={upload}", bucket=bucket)


def test_t30_anothers_upload_id_is_worth_nothing_in_ones_own_bucket(hostile, begun):
    upload, tag = begun
    answers = [answer_of(a) for a in with_upload(hostile, "m", upload, tag, hostile.bucket)]
    assert set(answers) == {(404, "NoSuchUpload")}
    # Nor does an id that never was one look different.
    never = upload[:-1] + ("A" if upload[-1] != "A" else "B")
    assert answers == [answer_of(a) for a in with_upload(hostile, "m", never, tag, hostile.bucket)]
    assert answer_of(hostile.ask("GET", "/m")) == (404, "NoSuchKey")


def test_t30_anothers_upload_id_is_worth_nothing_in_his_bucket(hostile, mine, begun):
    upload, tag = begun
    for answer in with_upload(hostile, "m", upload, tag, mine.bucket):
        assert answer_of(answer) == DENIED


def test_t21_leave_for_one_key_is_none_for_the_upload_of_another(hostile, mine, begun):
    """Who may write open/* says that key, and the id of an upload that is of another."""
    upload, tag = begun
    mine.say(mine.let(hostile, ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
                      key="open/*"))
    for answer in with_upload(hostile, "open/m", upload, tag, mine.bucket):
        assert answer_of(answer) == (404, "NoSuchUpload")
    for answer in with_upload(hostile, "m", upload, tag, mine.bucket):
        assert answer_of(answer) == DENIED


def test_t20_a_part_of_anothers_upload_completes_no_upload_of_ones_own(hostile, begun):
    _, tag = begun
    own = hostile.begin("m")
    answer = hostile.ask("POST", f"/m?uploadId={own}", body=users.COMPLETE.format(etag=tag).encode())
    assert answer_of(answer) == (400, "InvalidPart")
    assert hostile.ask("DELETE", f"/m?uploadId={own}").status == 204


def test_t29_uploads_of_another_are_in_no_list(hostile, mine, begun):
    upload, _ = begun
    listed = hostile.ask("GET", f"?uploads&key-marker=l&upload-id-marker={upload}").xml
    assert not list(listed.iter("Upload"))
    mine.say(mine.let(hostile, "s3:ListBucketMultipartUploads",
                      Condition={"StringLike": {"s3:prefix": "open/*"}}))
    for query in ("", "&prefix=", "&prefix=m", "&delimiter=/", "&prefix=open", f"&key-marker=m&upload-id-marker={upload}"):
        assert answer_of(hostile.ask("GET", f"?uploads{query}", bucket=mine.bucket)) == DENIED, query
    seen = hostile.ask("GET", "?uploads&prefix=open/&key-marker=a", bucket=mine.bucket)
    assert seen.status == 200 and not list(seen.xml.iter("Upload"))


# --- copies ---------------------------------------------------------------------------------------

SPELLINGS = ["/{b}/k", "{b}/k", "%2F{b}%2Fk", "{b}%2Fk", "/{b}/%6B", "/{b}/k?versionId=null", "//{b}/k",
             "/{o}/../{b}/k", "/{o}/%2e%2e/{b}/k", "arn:aws:s3:::{b}/k", "/{b}/k%00", "/{B}/k",
             "http://127.0.0.1/{b}/k", "/{b}/./k", "/{o}%2F..%2F{b}/k"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_t20_no_spelling_of_a_source_leads_into_anothers_bucket(hostile, mine, spelling):
    source = [("x-amz-copy-source",
               spelling.format(b=mine.bucket, B=mine.bucket.upper(), o=hostile.bucket))]
    upload = hostile.begin("part-of-stolen")
    for target in ("/stolen", f"/part-of-stolen?uploadId={upload}&partNumber=1"):
        answer = hostile.ask("PUT", target, source)
        assert answer.status in (400, 403, 404, 501), (answer.status, answer.body)
        assert BODY not in answer.body
    assert hostile.store.read("stolen") is None
    assert hostile.ask("DELETE", f"/part-of-stolen?uploadId={upload}").status == 204


def test_t20_a_copy_into_anothers_bucket_needs_his_leave_as_well(hostile, mine):
    source = [("x-amz-copy-source", f"/{hostile.bucket}/k")]
    for target in ("/k", "/new"):
        assert answer_of(hostile.ask("PUT", target, source, bucket=mine.bucket)) == DENIED
    # Leave to read is none to write, over what is read or beside it.
    mine.say(mine.let(hostile, ["s3:GetObject", "s3:ListBucket"]))
    replace = [("x-amz-copy-source", f"/{mine.bucket}/k"), ("x-amz-metadata-directive", "REPLACE")]
    for target in ("/k", "/new"):
        assert answer_of(hostile.ask("PUT", target, replace, bucket=mine.bucket)) == DENIED
    assert answer_of(mine.ask("HEAD", "/new")) == (404, None)


# --- versions, conditions, ranges -----------------------------------------------------------------


def test_t22_leave_to_read_is_none_to_read_a_version(hostile, mine):
    mine.say(mine.let(hostile, ["s3:GetObject", "s3:DeleteObject"]))
    for method, target in (("GET", "/k?versionId=null"), ("HEAD", "/k?versionId=null"),
                           ("DELETE", "/k?versionId=null"), ("GET", "/k?attributes&versionId=null")):
        answer = hostile.ask(method, target, [("x-amz-object-attributes", "ETag")] if "attr" in target else [],
                             bucket=mine.bucket)
        assert answer.status == 403, target
    source = [("x-amz-copy-source", f"/{mine.bucket}/k?versionId=null")]
    assert answer_of(hostile.ask("PUT", "/stolen", source)) == DENIED
    body = b"<Delete><Object><Key>k</Key><VersionId>null</VersionId></Object></Delete>"
    assert answer_of(hostile.ask("POST", "?delete", users.md5(body), body, bucket=mine.bucket)) == DENIED
    mine.say(mine.let(hostile, "s3:GetObjectVersion"))
    assert hostile.ask("GET", "/k?versionId=null", bucket=mine.bucket).body == BODY
    assert answer_of(hostile.ask("GET", "/k", bucket=mine.bucket)) == DENIED


def test_t24_who_may_only_write_does_not_learn_by_conditions_what_is_there(hostile, mine):
    """An ETag is the MD5 of the bytes: whether it fits would tell whether they were guessed."""
    mine.say(mine.let(hostile, ["s3:PutObject", "s3:DeleteObject"]))
    right, wrong = (f'"{hashlib.md5(b).hexdigest()}"' for b in (BODY, b"not it"))
    for tag in (right, wrong):
        condition = [("If-Match", tag)]
        for key in ("k", "missing"):
            assert answer_of(hostile.ask("PUT", f"/{key}", condition, b"x", bucket=mine.bucket)) == DENIED
            assert answer_of(hostile.ask("DELETE", f"/{key}", condition, bucket=mine.bucket)) == DENIED
            body = f"<Delete><Object><Key>{key}</Key><ETag>{tag}</ETag></Object></Delete>".encode()
            assert answer_of(hostile.ask("POST", "?delete", users.md5(body), body,
                                         bucket=mine.bucket)) == DENIED
        upload = hostile.begin("k", bucket=mine.bucket)
        part = hostile.part("k", upload, bucket=mine.bucket).get("etag")
        done = hostile.ask("POST", f"/k?uploadId={upload}", condition,
                           users.COMPLETE.format(etag=part).encode(), bucket=mine.bucket)
        assert answer_of(done) == DENIED
        assert mine.ask("DELETE", f"/k?uploadId={upload}").status == 204
    # Who may read knows the ETag anyway.
    mine.say(mine.let(hostile, ["s3:PutObject", "s3:GetObject"]))
    assert answer_of(hostile.ask("PUT", "/k", [("If-Match", wrong)], b"x",
                                 bucket=mine.bucket)) == (412, "PreconditionFailed")


@pytest.mark.parametrize("field", ["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since",
                                   "Range", "If-Range"])
def test_t24_no_condition_or_range_is_answered_in_anothers_bucket(hostile, mine, field):
    value = {"Range": "bytes=100000-", "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT",
             "If-Unmodified-Since": "Fri, 01 Jan 1999 00:00:00 GMT"}.get(field, f'"{hashlib.md5(BODY).hexdigest()}"')
    answers = {users.without_ids(hostile.ask("GET", f"/{key}", [(field, value)], bucket=mine.bucket))
               for key in ("k", "missing")}
    assert len(answers) == 1 and next(iter(answers))[0] == 403
    # In the dialect without buckets the same key is one's own, and so is what a condition is about.
    hostile.store.put("k", b"own")
    answer = hostile.store.get("k", [(field, value)])
    assert BODY not in answer.body and (answer.status in (200, 304, 412, 416))
    assert answer.get("ETag") != f'"{hashlib.md5(BODY).hexdigest()}"'


# --- signatures, links and tokens -----------------------------------------------------------------


def with_key(server, method, target, credentials):
    """A request as one signs it with his key, wherever it leads."""
    url = sigv4.presign(credentials, method, target, host=server.netloc)
    return url, rawhttp.exchange(server, rawhttp.head(method, url, [("Host", server.netloc)]), method)


def test_t10_a_link_leads_where_it_was_made_for_and_nowhere_else(hostile, mine):
    own = f"/{hostile.bucket}/k"
    url, answer = with_key(hostile, "GET", own, hostile.credentials)
    assert answer.body == b"own"
    for changed in (url.replace(hostile.bucket, mine.bucket),
                    url.replace(hostile.access_key, mine.access_key),
                    url.replace(own, f"/{mine.bucket}/k").replace(hostile.access_key, mine.access_key),
                    url.replace(own, f"{own}/../../{mine.bucket}/k")):
        answer = rawhttp.exchange(mine, rawhttp.head("GET", changed, [("Host", mine.netloc)]))
        assert answer.status in (400, 403) and BODY not in answer.body, changed
    _, answer = with_key(hostile, "GET", f"/{mine.bucket}/k", hostile.credentials)
    assert answer_of(answer) == DENIED
    # Another tenant's id with one's own secret is a wrong signature.
    mixed = sigv4.Credentials(mine.access_key, hostile.secret_key)
    _, answer = with_key(hostile, "GET", f"/{mine.bucket}/k", mixed)
    assert answer_of(answer) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("name", ["x-coffer-tenant", "x-tenant", "x-amz-tenant-id", "x-bucket",
                                  "x-amz-bucket", "x-amz-account-id", "x-amz-security-token",
                                  "x-amz-expected-bucket-owner", "x-forwarded-user", "x-original-url",
                                  "x-rewrite-url", "x-http-method-override", "x-minio-source-replication-request"])
def test_t28_no_header_makes_one_another_tenant(hostile, mine, name):
    for value in (mine.id, mine.name, mine.bucket, mine.access_key, f"/{mine.bucket}/k"):
        answer = hostile.ask("GET", "/k", [(name, value)], bucket=mine.bucket)
        assert answer.status in (400, 403) and BODY not in answer.body
        answer = hostile.ask("GET", "/k", [(name, value)])
        assert answer.body == b"own" or answer.status in (400, 403)
        assert hostile.store.get("k", [(name, value)]).body == b"own"


def test_t30_both_dialects_show_each_his_own(hostile, mine):
    hostile.store.put("only-hostile", b"x")
    assert "only-hostile" not in mine.store.keys() and "only-hostile" in hostile.store.keys()
    assert mine.store.read("only-hostile") is None
    assert hostile.store.delete("k").status == 200 or hostile.store.read("k") is None
    assert mine.store.read("k") == BODY
    hostile.store.put("k", b"own")
    assert hostile.store.read("k") == b"own" and mine.store.read("k") == BODY
    names = [e.text for e in rawhttp.request(hostile, "GET", "/").xml.iter("Name")]
    assert names == [hostile.bucket]


def test_t30_a_policy_opens_nothing_in_the_dialect_of_tokens(victim, hostile, mine):
    """Neither to another tenant's token nor to nobody, however open the bucket is."""
    assert mine.ask("PUT", "?publicAccessBlock", body=b"<PublicAccessBlockConfiguration/>").status == 200
    mine.say(policies.statement("*", "s3:*", mine.bucket))
    assert policies.ask_as_nobody(victim, "GET", f"/{mine.bucket}/k").body == BODY
    assert hostile.store.read("k") == b"own"
    nobody = mine.store.with_token(None)
    for answer in (nobody.get("k"), nobody.ask("GET", "/objects"), nobody.ask("PUT", "/objects/k", body=b"x"),
                   nobody.delete("k")):
        rest.refused(answer, 401)
    assert mine.ask("DELETE", "?publicAccessBlock").status == 204


def test_t25_a_deny_by_address_holds_for_tokens_whatever_they_claim(mine):
    mine.store.put("guarded", b"guarded")
    elsewhere = {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    mine.say(policies.statement("*", "s3:GetObject", mine.bucket, "Deny", key="guarded", Condition=elsewhere))
    for claim in ([], [("X-Forwarded-For", "203.0.113.7")], [("Forwarded", "for=203.0.113.7")],
                  [("X-Real-IP", "203.0.113.7")]):
        assert mine.store.get("guarded", claim).status == 403
        assert mine.ask("GET", "/guarded", claim).status == 403
    assert mine.store.read("k") == BODY


def test_t40_a_token_of_one_tenant_is_none_of_another_under_the_same_name(victim, hostile, mine):
    for change in (str.swapcase, lambda t: t[:-1], lambda t: t + "A", lambda t: f"token:{t}"):
        rest.refused(mine.store.with_token(change(hostile.store.token)).get("k"), 401)
    assert mine.store.with_token(hostile.store.token).read("k") == b"own"
    # Deleted and made anew under its name it is another one, and the neighbour's of that name stays.
    victim.ctl("token", "delete", "t", "--tenant", hostile.name)
    rest.refused(hostile.store.get("k"), 401)
    assert mine.store.read("k") == BODY
    old = hostile.store.token
    hostile.store = hostile.store.with_token(hostile.token_for("t"))
    assert hostile.store.token != old and hostile.store.read("k") == b"own"
    rest.refused(hostile.store.with_token(old).get("k"), 401)


def test_t26_a_token_is_not_made_for_anothers_bucket(victim, hostile, mine):
    for command in (("token", "add", "stolen", "--ttl", "1"),
                    ("token", "refresh", "t", "--ttl", "1")):
        with pytest.raises(coffer.ControlError) as caught:
            victim.ctl(*command, "--tenant", hostile.name, "--bucket", mine.bucket)
        assert "belongs to another tenant" in caught.value.stderr
    assert hostile.store.read("k") == b"own"


def test_t41_who_guesses_with_anothers_key_slows_only_himself(hostile, mine):
    """His key's allowance is spent by right signatures alone; tokens are told apart by their bytes."""
    forged = sigv4.Credentials(mine.access_key, "x" * 40)
    for _ in range(60):
        with_key(hostile, "GET", f"/{mine.bucket}/k", forged)
        mine.store.with_token("cft_" + "A" * 43).get("k")
    assert mine.ask("GET", "/k").body == BODY
    assert mine.store.read("k") == BODY


def test_t42_no_answer_to_one_tenant_names_the_other(victim, hostile, mine):
    """Nor does the log have more of a refusal than whose key it was, and what of the other's there is."""
    seen = b""
    for method, rest_of in (("GET", "/k"), ("GET", ""), ("GET", "?policy"), ("PUT", "/k"), ("DELETE", "/k"),
                            ("POST", "/m?uploads"), ("GET", "?uploads"), ("PUT", "?policy")):
        answer = hostile.ask(method, rest_of, bucket=mine.bucket)
        seen += answer.body + repr(answer.headers).encode()
    answer = rawhttp.request(hostile, "PUT", f"/{mine.bucket}")
    assert answer_of(answer) == (409, "BucketAlreadyExists")
    seen += answer.body + repr(answer.headers).encode()
    shown = victim.ctl("tenant", "show", mine.name)["tenant"]
    for secret in (mine.id, mine.access_key, mine.secret_key, mine.store.token, shown["canonical_id"]):
        assert secret.encode() not in seen
    said = victim.log()
    for secret in (mine.secret_key, hostile.secret_key, mine.store.token, hostile.store.token):
        assert secret not in said


# --- lists ----------------------------------------------------------------------------------------


@pytest.fixture
def listed(mine, hostile):
    for i in range(3):
        for where in ("open", "private"):
            assert mine.ask("PUT", f"/{where}/{i}", body=b"x").status == 200
    mine.say(mine.let(hostile, "s3:ListBucket", Condition={"StringLike": {"s3:prefix": "open/*"}}))


def test_t29_a_list_that_is_let_by_its_prefix_shows_nothing_outside(hostile, mine, listed):
    tokens = [mine.ask("GET", f"?list-type=2&max-keys=1&prefix={p}").xml.findtext("NextContinuationToken")
              for p in ("", "private/", "open/")]
    assert all(tokens)
    for query in ("list-type=2", "list-type=2&prefix=", "list-type=2&prefix=private/", "list-type=2&delimiter=/",
                  "list-type=2&prefix=open", "prefix=open%00/", "delimiter=/", "marker=open/", "",
                  "prefix=private/&prefix=open/", "list-type=2&start-after=open/"):
        answer = hostile.ask("GET", f"?{query}", bucket=mine.bucket)
        assert answer.status in (400, 403) and b"private" not in answer.body, query
    for more in ("", "&start-after=a", "&start-after=zzz", "&delimiter=/", "&delimiter=0",
                 *(f"&continuation-token={sigv4.encode(t)}" for t in tokens)):
        answer = hostile.ask("GET", f"?list-type=2&prefix=open/{more}", bucket=mine.bucket)
        assert answer.status in (200, 400), more
        assert b"private" not in answer.body and b"<Key>k<" not in answer.body, more
    for more in ("&marker=a", "&marker=private/", "&marker=open/1"):
        answer = hostile.ask("GET", f"?prefix=open/{more}", bucket=mine.bucket)
        assert answer.status == 200 and b"<Key>private" not in answer.body


def test_t29_anothers_place_in_a_list_leads_to_ones_own(hostile, mine, listed):
    token = mine.ask("GET", "?list-type=2&max-keys=1").xml.findtext("NextContinuationToken")
    answer = hostile.ask("GET", f"?list-type=2&continuation-token={sigv4.encode(token)}")
    assert answer.status in (200, 400) and b"private" not in answer.body and b"open/" not in answer.body
    cursor = mine.store.page(limit=1)["next_cursor"]
    answer = hostile.store.ask("GET", rest.listing(limit=100, cursor=cursor))
    assert answer.status in (200, 400) and b"private" not in answer.body and b"open/" not in answer.body


# --- policies and names ---------------------------------------------------------------------------


@pytest.mark.parametrize("resource", ["arn:aws:s3:::{b}/*", "arn:aws:s3:::{b}", "arn:aws:s3:::*", "*",
                                      "arn:aws:s3:::{o}*", "arn:aws:s3:::{b}/../{o}/*"])
def test_t26_a_policy_of_ones_own_bucket_opens_none_of_anothers(hostile, mine, resource):
    resource = resource.format(b=mine.bucket, o=hostile.bucket)
    text = json.dumps({"Statement": {"Effect": "Allow", "Principal": {"AWS": hostile.id}, "Action": "s3:*",
                                     "Resource": resource}})
    answer = hostile.ask("PUT", "?policy", body=text.encode())
    assert answer_of(answer) in ((204, None), (400, "MalformedPolicy"))
    for method, rest_of in (("GET", "/k"), ("GET", ""), ("PUT", "/k"), ("DELETE", "/k"), ("GET", "?policy")):
        assert answer_of(hostile.ask(method, rest_of, bucket=mine.bucket)) == DENIED
    assert hostile.ask("DELETE", "?policy").status == 204


def test_t26_leave_is_not_passed_on(victim, hostile, mine):
    """Who may do everything in a bucket cannot let a third in, nor keep the owner out."""
    third = Tenant(victim, "third")
    mine.say(mine.let(hostile, "s3:*"))
    text = json.dumps({"Statement": [mine.let(third, "s3:*"), policies.statement(mine.id, "s3:*", mine.bucket,
                                                                               "Deny")]}).encode()
    assert answer_of(hostile.ask("PUT", "?policy", body=text, bucket=mine.bucket)) == (405, "MethodNotAllowed")
    assert answer_of(hostile.ask("DELETE", "?policy", bucket=mine.bucket)) == (405, "MethodNotAllowed")
    for acl in ("public-read", "bucket-owner-full-control", "authenticated-read"):
        hostile.ask("PUT", "/given", [("x-amz-acl", acl)], b"x", bucket=mine.bucket)
        assert policies.ask_as_nobody(victim, "GET", f"/{mine.bucket}/given").status == 403
    assert answer_of(third.ask("GET", "/k", bucket=mine.bucket)) == DENIED
    # What he has put is the owner's, who may do away with it.
    assert mine.ask("DELETE", "/given").status == 204


def test_t30_a_bucket_that_became_anothers_has_nothing_of_the_old_ones_leave(victim, hostile):
    """The policy that let him in, an upload that he began, a block that was off: all gone with the bucket."""
    one, two = Tenant(victim, "one"), Tenant(victim, "two")
    name = f"passed-{uuid.uuid4().hex[:12]}"
    assert rawhttp.request(one, "PUT", f"/{name}").status == 200
    assert one.ask("PUT", "?publicAccessBlock", body=b"<PublicAccessBlockConfiguration/>", bucket=name).status == 200
    policies.say(one, name, policies.statement(hostile.id, "s3:*", name), policies.statement("*", "s3:GetObject", name))
    upload = hostile.begin("m", bucket=name)
    part = hostile.part("m", upload, bucket=name).get("etag")
    assert one.ask("PUT", "/k", body=b"x", bucket=name).status == 200
    assert hostile.ask("GET", "/k", bucket=name).body == b"x"
    assert one.ask("DELETE", "/k", bucket=name).status == 204
    assert hostile.ask("DELETE", f"/m?uploadId={upload}", bucket=name).status == 204
    assert rawhttp.request(one, "DELETE", f"/{name}").status == 204
    assert rawhttp.request(two, "PUT", f"/{name}").status == 200
    assert two.ask("PUT", "/k", body=b"two's", bucket=name).status == 200
    for answer in (hostile.ask("GET", "/k", bucket=name), hostile.ask("GET", "", bucket=name),
                   one.ask("GET", "/k", bucket=name), one.ask("PUT", "/k", body=b"x", bucket=name),
                   one.ask("GET", "?policy", bucket=name),
                   policies.ask_as_nobody(victim, "GET", f"/{name}/k"),
                   *with_upload(hostile, "m", upload, part, name), *with_upload(one, "m", upload, part, name)):
        assert answer_of(answer) == DENIED
    assert answer_of(two.ask("GET", "?policy", bucket=name)) == (404, "NoSuchBucketPolicy")
    assert two.ask("GET", "/k", bucket=name).body == b"two's"


# --- quotas ---------------------------------------------------------------------------------------


def test_t30_who_is_refused_takes_none_of_anothers_room(victim, hostile, mine):
    """Neither what he announces nor what he leaves open is counted against a bucket that he may not write."""
    tenant = ("tenant", "quota", mine.name)
    used = next(t for t in victim.ctl("tenant", "usage", mine.name)["tenants"])["bytes"]
    victim.ctl(*tenant, "--bytes", str(used + 100_000))
    try:
        for _ in range(20):
            fields, _ = sigv4.header_auth(hostile.credentials, "PUT", f"/{mine.bucket}/new", host=hostile.netloc,
                                          payload_hash=sigv4.UNSIGNED_PAYLOAD)
            head = rawhttp.head("PUT", f"/{mine.bucket}/new", [*fields, ("Content-Length", "90000")])
            with rawhttp.Connection(hostile) as held:
                held.send(head)
                assert held.receive("PUT").status == 403
        assert mine.ask("PUT", "/fits", body=b"x" * 90_000).status == 200
        mine.store.put("fits", b"y" * 90_000)
        assert mine.ask("DELETE", "/fits").status == 204
    finally:
        victim.ctl(*tenant, "--bytes", "none")


def test_t30_which_quota_is_full_others_do_not_hear(victim, hostile, mine):
    mine.say(mine.let(hostile, ["s3:PutObject"]))
    answers = set()
    for what in (("tenant", "quota", mine.name), ("bucket", "quota", mine.bucket)):
        victim.ctl(*what, "--bytes", "1")
        answer = hostile.ask("PUT", "/new", body=b"x" * 1000, bucket=mine.bucket)
        assert answer_of(answer) == (403, "QuotaExceeded")
        answers.add(answer.xml.findtext("Message"))
        large = hostile.ask("PUT", "/new", body=b"x" * 300_000, bucket=mine.bucket)
        answers.add(large.xml.findtext("Message"))
        assert "owner" in mine.ask("PUT", "/new", body=b"xx").xml.findtext("Message") or what[0] == "bucket"
        victim.ctl(*what, "--bytes", "none")
    assert len(answers) == 1
    assert answer_of(mine.ask("HEAD", "/new")) == (404, None)
