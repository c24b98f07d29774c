# SPDX-License-Identifier: Apache-2.0
"""A pretending server of the API for a tenant's administrators: it knows who signs, and says what it is told."""

import dataclasses
import hashlib
import http.server
import json
import re
import ssl
import threading

from lib import sigv4

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(\S+?)/(\d{8})/(\S+?)/(\S+?)/aws4_request,\s?"
    r"SignedHeaders=(\S+?),\s?Signature=([0-9a-f]{64})")


@dataclasses.dataclass
class Asked:
    method: str
    target: str
    headers: list
    body: bytes
    wrong: str | None  # with its signature

    def get(self, name):
        return next((v for n, v in self.headers if n.lower() == name), None)


@dataclasses.dataclass
class Says:
    status: int
    body: bytes
    headers: dict = dataclasses.field(default_factory=lambda: {"Content-Type": "application/json"})


def says(status, value):
    return Says(status, json.dumps(value).encode())


def refuses(status, code, message, **more):
    return says(status, {"error": {"code": code, "message": message, **more}})


def wrong_with(asked, credentials):
    """What is wrong with the signature of a request, or None."""
    found = AUTHORIZATION.fullmatch(asked.get("authorization") or "")
    if not found:
        return "no signature"
    access_key, day, region, service, signed, signature = found.groups()
    said = (access_key, region, service, asked.get("x-amz-date")[:8])
    if said != (credentials.access_key, credentials.region, credentials.service, day):
        return f"scope {said}"
    if not {"host", "x-amz-content-sha256", "x-amz-date"} <= set(signed.split(";")):
        return f"signs only {signed}"
    made = sigv4.sign(credentials, asked.method, asked.target, asked.headers,
                      hashlib.sha256(asked.body).hexdigest(), asked.get("x-amz-date"),
                      signed.split(";"))
    return None if made.signature == signature else f"not its signature: {made.canonical_request}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def answer(self):
        fake = self.server.fake
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = Asked(self.command, self.path, self.headers.items(), body, None)
        asked.wrong = wrong_with(asked, fake.credentials)
        fake.asked.append(asked)
        said = fake.answer(asked)
        self.send_response(said.status)
        for name, value in {**said.headers, "Content-Length": str(len(said.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Some end a connection in its midst: that is what they are tested for."""


class FakeAdministration:
    """`answer` is a function of what is asked. What was asked is in `asked`."""

    def __init__(self, access_key="AKADMIN", secret_key="a/secret+of admins", region="us-east-1",
                 certificate=None):
        self.credentials = sigv4.Credentials(access_key, secret_key, region, "coffer")
        self.asked = []
        self.answer = lambda asked: refuses(500, "InternalError", "nothing was planned")
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.fake = self
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def port(self):
        return self.server.server_address[1]

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def always(self, said):
        self.answer = lambda asked: said
        return self

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
