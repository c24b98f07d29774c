# SPDX-License-Identifier: Apache-2.0
"""A tenant's administrator at the admin API, who signs what he is told to, right or wrong."""

import dataclasses
import json
import uuid

from . import rawhttp, sigv4

PREFIX = "/-/admin/v1"


@dataclasses.dataclass
class Answer:
    """A status, what the document says, and the answer itself."""
    status: int
    json: dict
    raw: rawhttp.Response

    @property
    def code(self):
        return self.json.get("error", {}).get("code")

    @property
    def message(self):
        return self.json.get("error", {}).get("message")


def fields_of(server, credentials, method, target, body, headers=(), **how):
    """Two requests that are alike have two signatures: something in them is always another."""
    length = [("Content-Length", str(len(body)))] if body else []
    fields, _ = sigv4.header_auth(credentials, method, target,
                                  [*headers, *length, ("x-nonce", uuid.uuid4().hex)], body,
                                  host=server.netloc, **how)
    return fields


def send(server, method, target, fields, body=b""):
    got = rawhttp.exchange(server, rawhttp.head(method, target, fields) + body, method)
    assert got.get("Content-Type") == "application/json", got
    assert got.get("X-Content-Type-Options") == "nosniff" and got.get("x-amz-request-id")
    return Answer(got.status, json.loads(got.body), got)


class Administrator:
    """A user of a tenant with one key; an administrator unless told otherwise."""

    def __init__(self, server, tenant, administrator=True):
        self.server = server
        self.tenant = tenant
        self.user = f"a-{uuid.uuid4().hex[:12]}"
        server.ctl("user", "create", self.user, "--tenant", tenant, "--administrator",
                   "yes" if administrator else "no")
        made = server.ctl("key", "create", "--tenant", tenant, "--user", self.user)["key"]
        self.credentials = credentials_of(server, made)

    @property
    def access_key(self):
        return self.credentials.access_key

    def ask(self, method, path, body=None, credentials=None, **how):
        """`body` is JSON, or bytes as they are. The path is below the API's prefix."""
        sent = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        target = PREFIX + path
        fields = fields_of(self.server, credentials or self.credentials, method, target, sent, **how)
        return send(self.server, method, target, fields, sent)

    def done(self, method, path, body=None, status=200):
        answer = self.ask(method, path, body)
        assert answer.status == status, answer
        return answer.json


def credentials_of(server, key, service="coffer"):
    return sigv4.Credentials(key["access_key"], key["secret_key"], server.region, service)
