# SPDX-License-Identifier: Apache-2.0
"""Signs what Schemathesis sends to the admin API, as SCHEMATHESIS_HOOKS: it has no signer of its own."""

import os
import sys
import pathlib
import urllib.parse
import uuid

import requests.auth
import schemathesis

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import sigv4  # noqa: E402


class Signer(requests.auth.AuthBase):
    credentials = sigv4.Credentials(os.environ["ADMIN_ACCESS_KEY"], os.environ["ADMIN_SECRET_KEY"],
                                    service="coffer")

    def __call__(self, request):
        # It learns from answers which keys there are, and would soon have disabled this one.
        request.url = request.url.replace(self.credentials.access_key, "CFNOSUCHKEY000000000")
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        host = urllib.parse.urlsplit(request.url).netloc
        # The same case again is another request.
        fields, _ = sigv4.header_auth(self.credentials, request.method, request.path_url,
                                      [("x-nonce", uuid.uuid4().hex)], body, host=host)
        request.headers.update(dict(fields))
        return request


schemathesis.auth.set_from_requests(Signer())
