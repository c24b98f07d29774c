# SPDX-License-Identifier: Apache-2.0
"""Who types cofferctl: makes tokens as an operator does, and reads what that prints."""

import datetime
import hashlib
import json
import re
import secrets
import uuid

from lib import rest

SCOPES = ["delete", "read", "write"]
UTC = datetime.timezone.utc

ADDED = """\
Token created.
  name:     {name}
  ttl_days: {ttl}
  expires:  <time>
  scopes:   {scopes}

Plaintext token (store this securely, you won't see it again):
<token>
"""
# A sentence, and a hint where there is one.
REFUSAL = re.compile(r"ERROR: .+\n(?:hint: .+\n)?")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")


class Operator:
    """An operator of one server."""

    def __init__(self, server):
        self.server = server

    def type(self, *args, **how):
        """`cofferctl token …`: the finished process."""
        return self.server.control("token", *map(str, args), **how)

    def token(self, *options, name=None, ttl=1):
        """Makes a token with these options and returns it."""
        done = self.type("add", name or f"n-{uuid.uuid4().hex}", "--ttl", ttl, *options)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout.splitlines()[-1]

    def store(self, *options, bucket=None, **how):
        """A new token for a bucket as a client would use it."""
        bound = ["--bucket", bucket] if bucket else []
        return rest.Store(self.server.rest_endpoint, self.token(*bound, *options, **how), bucket)

    def import_tokens(self, path, entries, *options):
        """Writes a tokens.json and imports it; `entries` may be text that is none."""
        text = entries if isinstance(entries, (str, bytes)) else json.dumps(entries)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self.type("import", path, *options)

    def listed(self):
        """The listing as cofferctl --json tells it, to see whether anything changed."""
        done = self.server.control("--json", "token", "list")
        assert done.returncode == 0, done
        return json.loads(done.stdout)


def masked(text):
    """What `token add` printed, its time and its token made the same in every run."""
    lines = TIME.sub("<time>", text).splitlines(keepends=True)
    return "".join([*lines[:-1], re.sub(r"^\S+$", "<token>", lines[-1])]) if lines else text


def entry(name, *, token=None, scopes=("read", "write", "delete"), expires=None, **other):
    """An entry of tokens.json as the old service wrote it, and the token it is for."""
    token = token or secrets.token_urlsafe(32)
    now = datetime.datetime.now(UTC)
    return {"created_at": now.isoformat(),
            "expires": (expires or now + datetime.timedelta(days=1)).isoformat(),
            "hash": hashlib.sha256(token.encode()).hexdigest(),
            "name": name, "scopes": list(scopes), **other}, token
