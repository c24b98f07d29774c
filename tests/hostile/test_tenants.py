# SPDX-License-Identifier: Apache-2.0
"""T10, T30, T40 for tenants that come and go: a suspended one does nothing, of a deleted one nothing is left."""

import json
import os
import re
import uuid

import pytest

from hostile import test_bucket_policies as policies
from hostile import test_policies as users
from lib import coffer, operators, rawhttp, rest

pytestmark = pytest.mark.usefixtures("unharmed")

LARGE = b"of a tenant that goes" * 20_000


class Guest(coffer.Server):
    """A tenant with a key, a token and a bucket of its own, in which there is something of every kind."""

    def __init__(self, victim):
        self.victim = victim
        self.name = f"g-{uuid.uuid4().hex[:20]}"
        self.bucket = self.name
        made = victim.add_tenant(self.name)
        super().__init__(made.endpoint, made.access_key, made.secret_key, made.region,
                         made.rest_endpoint)
        assert rawhttp.request(self, "PUT", f"/{self.bucket}").status == 200
        self.put("small", b"small")
        self.put("large", LARGE)
        assert rawhttp.request(self, "POST", f"/{self.bucket}/parts?uploads").status == 200
        token = victim.ctl("token", "add", "t", "--ttl", "1", "--tenant", self.name, "--bucket",
                           self.bucket)["token"]["token"]
        self.store = rest.Store(self.rest_endpoint, token)

    def put(self, key, body):
        assert rawhttp.request(self, "PUT", f"/{self.bucket}/{key}", body=body).status == 200

    @property
    def id(self):
        return self.victim.ctl("tenant", "show", self.name)["tenant"]["id"]


@pytest.fixture
def guest(victim):
    return Guest(victim)


REQUESTS = [("GET", "/"), ("GET", "/{b}"), ("GET", "/{b}/small"), ("HEAD", "/{b}/small"),
            ("PUT", "/{b}/new"), ("DELETE", "/{b}/small"), ("POST", "/{b}/new?uploads"),
            ("PUT", "/{b}-2"), ("DELETE", "/{b}"), ("GET", "/{b}-of-nobody")]


def test_a_suspended_tenant_may_nothing_in_either_dialect_and_is_told(victim, guest):
    victim.ctl("tenant", "suspend", guest.name)
    for method, target in REQUESTS:
        response = rawhttp.request(guest, method, target.format(b=guest.bucket))
        assert response.status == 403
        if method != "HEAD":
            assert response.code == "AccessDenied"
            assert response.xml.findtext("Message") == "The tenant is suspended."
    for method, key in (("GET", "small"), ("PUT", "new"), ("DELETE", "small")):
        answer = guest.store.ask(method, rest.target(key))
        rest.refused(answer, 403, "The tenant is suspended.")
    victim.ctl("tenant", "resume", guest.name)
    assert rawhttp.request(guest, "GET", f"/{guest.bucket}/small").body == b"small"
    assert guest.store.read("small") == b"small"
    assert guest.store.read("new") is None


def test_t10_that_a_tenant_is_suspended_is_told_to_nobody_who_has_no_secret_of_it(victim, guest):
    victim.ctl("tenant", "suspend", guest.name)
    forger = coffer.Server(guest.endpoint, guest.access_key, "x" * 40, guest.region)
    assert rawhttp.request(forger, "GET", "/").code == "SignatureDoesNotMatch"
    rest.refused(guest.store.with_token(guest.store.token[:-1]).ask("GET", "/objects"), 401)
    # Nor does another tenant learn it from a bucket.
    response = rawhttp.request(victim, "GET", f"/{guest.bucket}")
    assert response.code == "AccessDenied" and b"suspended" not in response.body


def open_to_everybody(guest):
    assert rawhttp.request(guest, "PUT", f"/{guest.bucket}?publicAccessBlock",
                           body=b"<PublicAccessBlockConfiguration/>").status == 200
    policies.say(guest, guest.bucket, policies.statement("*", "s3:*", guest.bucket))


# What a bucket can let others do, and nobody in particular.
REACHES = [("GET", ""), ("GET", "/small"), ("HEAD", "/small"), ("PUT", "/new"), ("DELETE", "/small"),
           ("GET", "?location"), ("GET", "/missing"), ("GET", "/large")]
REACHES_OF_OTHERS = [*REACHES, ("POST", "/new?uploads"), ("GET", "?policy"), ("GET", "?uploads"),
                     ("GET", "?tagging"), ("DELETE", "?policy")]


def test_t23_what_a_suspended_tenant_has_opened_is_open_to_nobody(victim, guest):
    other = victim.add_tenant(f"o-{uuid.uuid4().hex[:12]}")
    own = f"{guest.bucket}-o"
    assert rawhttp.request(other, "PUT", f"/{own}").status == 200
    open_to_everybody(guest)
    upload = rawhttp.request(other, "POST", f"/{guest.bucket}/begun?uploads").xml.findtext("UploadId")
    part = f"/{guest.bucket}/begun?uploadId={upload}&partNumber=1"
    assert rawhttp.request(other, "PUT", part, body=b"part").status == 200
    source = [("x-amz-copy-source", f"/{guest.bucket}/small")]
    victim.ctl("tenant", "suspend", guest.name)
    for method, rest_of in REACHES:
        response = policies.ask_as_nobody(victim, method, f"/{guest.bucket}{rest_of}")
        assert response.status == 403 and response.code in ("AccessDenied", None)
        assert b"suspended" not in response.body
    for method, rest_of in REACHES_OF_OTHERS:
        response = rawhttp.request(other, method, f"/{guest.bucket}{rest_of}")
        assert response.status == 403 and response.code in ("AccessDenied", None)
        assert b"suspended" not in response.body
    several = users.delete_of("small", "large")
    answer = rawhttp.request(other, "POST", f"/{guest.bucket}?delete", users.md5(several), several)
    assert answer.status == 403 and answer.code == "AccessDenied"
    assert rawhttp.request(other, "PUT", part, body=b"part").code == "AccessDenied"
    assert rawhttp.request(other, "PUT", f"/{own}/copy", source).code == "AccessDenied"
    assert rawhttp.request(other, "DELETE", part.partition("&")[0]).code == "AccessDenied"
    # The name stays taken, and who has it is told what has happened to him.
    assert rawhttp.request(other, "PUT", f"/{guest.bucket}").code == "BucketAlreadyExists"
    assert b"The tenant is suspended." in rawhttp.request(guest, "GET", f"/{guest.bucket}").body
    victim.ctl("tenant", "resume", guest.name)
    assert policies.ask_as_nobody(victim, "GET", f"/{guest.bucket}/small").body == b"small"
    assert policies.ask_as_nobody(victim, "GET", f"/{guest.bucket}/new").status == 404
    assert rawhttp.request(other, "PUT", part, body=b"part").status == 200
    assert rawhttp.request(other, "PUT", f"/{own}/copy", source).status == 200


def test_t23_what_a_tenant_has_opened_is_closed_when_it_is_to_go(victim, guest):
    """From the answer to the order on, and not only when it is gone."""
    other = victim.add_tenant(f"o-{uuid.uuid4().hex[:12]}")
    open_to_everybody(guest)
    large = f"/{guest.bucket}/large"
    assert policies.ask_as_nobody(victim, "GET", large).status == 200
    assert rawhttp.request(other, "GET", large).status == 200
    answer = operators.order(victim, "tenant.delete", name=guest.name, data=True)
    assert answer["tenant"]["state"] == "deleting"
    for method, rest_of in REACHES:
        response = policies.ask_as_nobody(victim, method, f"/{guest.bucket}{rest_of}")
        assert response.status == 403 and response.code in ("AccessDenied", None)
    # To a tenant the name is free once it is all gone.
    for method, rest_of in REACHES_OF_OTHERS:
        response = rawhttp.request(other, method, f"/{guest.bucket}{rest_of}")
        assert response.status in (403, 404) and response.code in ("AccessDenied", "NoSuchBucket", None)


def test_t30_a_bucket_that_is_closed_so_is_as_one_that_never_was_open(victim, guest):
    """To who asks from outside that its owner is suspended looks like a policy that does not let him in."""
    other = victim.add_tenant(f"o-{uuid.uuid4().hex[:12]}")
    plain = f"{guest.bucket}-p"
    assert rawhttp.request(guest, "PUT", f"/{plain}").status == 200
    open_to_everybody(guest)
    victim.ctl("tenant", "suspend", guest.name)
    theirs = {users.without_ids(rawhttp.request(other, "GET", f"/{b}{rest_of}"))
              for b in (guest.bucket, plain) for rest_of in ("/small", "/missing", "", "?policy")}
    assert len(theirs) == 1
    nobodys = {users.without_ids(policies.ask_as_nobody(victim, "GET", f"/{b}{rest_of}"))
               for b in (guest.bucket, plain, f"{plain}-of-nobody") for rest_of in ("/small", "/missing", "")}
    assert len(nobodys) == 1
    victim.ctl("tenant", "resume", guest.name)


def test_a_tenant_with_a_bucket_is_deleted_only_with_its_data(victim, guest):
    with pytest.raises(coffer.ControlError) as caught:
        victim.ctl("tenant", "delete", guest.name)
    assert f"The tenant {guest.name} has buckets." in caught.value.stderr
    assert rawhttp.request(guest, "GET", f"/{guest.bucket}/small").body == b"small"
    assert guest.store.read("large") == LARGE


def test_t30_of_a_deleted_tenant_nothing_is_left(victim, guest):
    tenant = guest.id
    assert victim.files_of(tenant)
    assert victim.ctl("tenant", "delete", guest.name, "--with-data")["tenant"]["state"] == "deleted"
    assert victim.files_of(tenant) == []
    assert f"do=tenant.delete uid={os.getuid()}" in victim.log()
    assert f"name={guest.name} data=true outcome=done" in victim.log()
    assert rawhttp.request(guest, "GET", "/").code == "InvalidAccessKeyId"
    rest.refused(guest.store.ask("GET", "/objects"), 401)
    for name in ("auth.db", "auth.db-wal"):
        kept = (victim.data / "auth" / name)
        if kept.exists():
            assert guest.name.encode() not in kept.read_bytes()
            assert guest.access_key.encode() not in kept.read_bytes()
    index = (victim.data / "data" / "buckets.db")
    assert guest.bucket.encode() not in index.read_bytes()
    with pytest.raises(coffer.ControlError):
        victim.ctl("tenant", "show", guest.name)


def test_t30_a_name_that_was_another_tenants_opens_nothing_of_his(victim, guest):
    """Tenant, bucket, key and token have the names that they had before; what was in them is gone."""
    victim.ctl("tenant", "delete", guest.name, "--with-data")
    victim.ctl("tenant", "create", guest.name)
    made = victim.ctl("key", "create", "--tenant", guest.name, "--access-key", guest.access_key,
                      "--secret-key-stdin", stdin="another secret\n")["key"]
    heir = coffer.Server(guest.endpoint, made["access_key"], "another secret", guest.region)
    assert rawhttp.request(guest, "GET", "/").code == "SignatureDoesNotMatch"
    assert not list(rawhttp.request(heir, "GET", "/").xml.iter("Name"))
    assert rawhttp.request(heir, "PUT", f"/{guest.bucket}").status == 200
    assert rawhttp.request(heir, "GET", f"/{guest.bucket}/small").code == "NoSuchKey"
    assert not list(rawhttp.request(heir, "GET", f"/{guest.bucket}?uploads").xml.iter("Upload"))
    token = victim.ctl("token", "add", "t", "--ttl", "1", "--tenant", guest.name, "--bucket",
                       guest.bucket)["token"]["token"]
    assert rest.Store(guest.rest_endpoint, token).page()["keys"] == []
    rest.refused(guest.store.ask("GET", "/objects"), 401)
    victim.ctl("tenant", "delete", guest.name, "--with-data")


def test_t58_the_disk_gets_back_what_a_deleted_tenant_had(victim, guest):
    """Also what a process might hold open of it: no descriptor of stored's leads to a file without a name."""
    victim.ctl("tenant", "delete", guest.name, "--with-data")
    stored = victim.pid("stored")
    opened = [os.readlink(f"/proc/{stored}/fd/{fd}") for fd in os.listdir(f"/proc/{stored}/fd")]
    assert not [path for path in opened if re.search(r"catalog\.db.*\(deleted\)", path)]


@pytest.mark.parametrize("order", [
    {"do": "tenant.delete"}, {"do": "tenant.delete", "name": "default", "data": "yes"},
    {"do": "tenant.delete", "name": "default", "force": True},
    {"do": "tenant.delete", "name": "../default", "data": True},
    {"do": "tenant.suspend", "name": "default", "data": True},
    {"do": "tenant.suspend", "name": ["default"]}, {"do": "tenant.show"},
    {"do": "tenant.update", "name": "default"},
    {"do": "tenant.update", "name": "default", "display_name": "a\nb"},
    {"do": "tenant.update", "name": "default", "email": "x" * 255},
    {"do": "tenant.update", "name": "default", "canonical_id": "0" * 64},
], ids=json.dumps)
def test_an_order_that_is_not_right_changes_nothing(victim, order):
    order = dict(order)
    before = victim.ctl("tenant", "show", "default")
    answer = operators.order(victim, order.pop("do"), **order)
    assert answer["ok"] is False and answer["error"]
    assert victim.ctl("tenant", "show", "default") == before


# --- users and their keys -------------------------------------------------------------------------


def test_t26_a_user_without_a_policy_may_do_nothing(victim, guest):
    victim.ctl("user", "create", "idle", "--tenant", guest.name)
    made = victim.ctl("key", "create", "--tenant", guest.name, "--user", "idle")["key"]
    user = coffer.Server(guest.endpoint, made["access_key"], made["secret_key"], guest.region)
    for method, target in REQUESTS:
        response = rawhttp.request(user, method, target.format(b=guest.bucket))
        assert response.status == 403 and (method == "HEAD" or response.code == "AccessDenied")
    assert rawhttp.request(guest, "GET", f"/{guest.bucket}/small").body == b"small"


def test_keys_of_a_user_are_disabled_and_deleted_one_by_one(victim, guest):
    victim.ctl("user", "create", "turning", "--tenant", guest.name)
    keys = [victim.ctl("key", "create", "--tenant", guest.name, "--user", "turning", "--ttl",
                       "1")["key"] for _ in range(2)]
    listed = victim.ctl("key", "list", "--tenant", guest.name, "--user", "turning")["keys"]
    assert [k["access_key"] for k in listed] == [k["access_key"] for k in keys]
    assert all(k["user"] == "turning" and k["expires"] and not k["expired"] for k in listed)
    assert not any("secret" in name for k in listed for name in k)
    victim.ctl("key", "disable", keys[0]["access_key"])
    for key, code in zip(keys, ("InvalidAccessKeyId", "AccessDenied"), strict=True):
        user = coffer.Server(guest.endpoint, key["access_key"], key["secret_key"], guest.region)
        assert rawhttp.request(user, "GET", "/").code == code
    with pytest.raises(coffer.ControlError):
        victim.ctl("user", "delete", "turning", "--tenant", guest.name)
    for key in keys:
        victim.ctl("key", "delete", key["access_key"])
    victim.ctl("user", "delete", "turning", "--tenant", guest.name)
