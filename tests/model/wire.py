# SPDX-License-Identifier: Apache-2.0
"""Requests of the model's over connections that are kept, and what came back without what no model knows.

Buckets go by the model's names, uploads by the operation that began them, and times by whole seconds.
"""

import dataclasses
import datetime
import email.utils
import hashlib
import json

from lib import rawhttp, sigv4

# In a query: what the last page of a list told of where the next one begins.
TOLD_TOKEN, TOLD_UPLOAD = "NextContinuationToken", "NextUploadIdMarker"
NO_UPLOAD = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
UNKNOWABLE = {"RequestId", "HostId", "Message", "Resource", "Owner", "Initiator", "CreationDate", "Initiated",
              "ChecksumCRC64NVME"}
OF_OBJECTS = ("content-type", "content-length", "cache-control", "content-language", "content-disposition",
              "content-encoding", "expires", "accept-ranges")
COMPARED = ("etag", "last-modified", "content-range", "location", "allow", "retry-after", "www-authenticate",
            "x-amz-bucket-region", "x-amz-mp-parts-count")


@dataclasses.dataclass
class Request:
    """What goes out, in the model's names. `copied` is the (bucket, key) of a copy's source."""
    method: str
    bucket: str = None
    key: str = None
    query: list = dataclasses.field(default_factory=list)
    headers: list = dataclasses.field(default_factory=list)
    body: bytes = b""
    dialect: str = "s3"
    mode: str = "signed"
    upload: int = None
    begins: int = None
    copied: tuple = None
    own_names: bool = False

    @property
    def reads_object(self):
        return self.method in ("GET", "HEAD") and self.key is not None and self.upload is None and not (
            {name for name, _ in self.query} & {"tagging", "attributes"})


class Wire:
    """Both dialects of one server. `names` are the real names of the model's buckets."""

    def __init__(self, server, store, names):
        self.server = server
        self.doors = {"s3": server, "rest": store}
        self.names = names
        self.connections = {}
        self.uploads = {}
        self.marks = {}

    def close(self):
        for connection in self.connections.values():
            connection.close()
        self.connections = {}

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    # There

    def name(self, bucket):
        return self.names.get(bucket, f"{self.names['b0']}-{bucket}") if bucket is not None else None

    def upload_id(self, number):
        return self.uploads.get(number, NO_UPLOAD)

    def bytes_of(self, request):
        return self.of_rest(request) if request.dialect == "rest" else self.of_s3(request)

    def of_rest(self, request):
        door = self.doors["rest"]
        path = "/objects" + ("" if request.key is None else "/" + sigv4.encode(request.key, keep=b"/"))
        if request.query:
            path += "?" + "&".join(f"{n}={sigv4.encode(str(v))}" for n, v in request.query)
        if request.method == "PUT" and request.mode == "chunks":
            framed = b"".join(f"{len(p):x}\r\n".encode() + p + b"\r\n" for p in sigv4.pieces(request.body, 5000))
            return door.head("PUT", path, [*request.headers, ("Transfer-Encoding", "chunked")]) + framed + b"0\r\n\r\n"
        length = len(request.body) if request.method == "PUT" else None
        return door.head(request.method, path, request.headers, length) + request.body

    def of_s3(self, request):
        headers = list(request.headers)
        query = [(n, self.marks.get(v, v)) for n, v in request.query]
        if request.own_names:
            query.append(("prefix", self.names["b0"].removesuffix("b0")))
        if request.copied:
            bucket, key = request.copied
            headers.append(("x-amz-copy-source", f"/{self.name(bucket)}/{sigv4.encode(key, keep=b'/')}"))
        if request.upload is not None:
            query.append(("uploadId", self.upload_id(request.upload)))
        target = sigv4.target(self.name(request.bucket), request.key, query)
        about = {"host": self.server.netloc, "headers": headers}
        body = request.body
        if request.mode in ("streaming", "chunks"):
            fields, body, _ = sigv4.streaming(self.server.credentials, request.method, target, body, **about)
        else:
            digest = sigv4.UNSIGNED_PAYLOAD if request.mode == "unsigned" else hashlib.sha256(body).hexdigest()
            fields, _ = sigv4.header_auth(self.server.credentials, request.method, target, payload_hash=digest, **about)
        if body or request.method in ("PUT", "POST"):
            fields.append(("Content-Length", str(len(body))))
        return rawhttp.head(request.method, target, fields) + body

    # And back

    def ask(self, request):
        """Sends it and gives the answer as the model would say it."""
        connection = self.connections.pop(request.dialect, None) or rawhttp.Connection(self.doors[request.dialect], 60)
        try:
            connection.send(self.bytes_of(request))
        except (BrokenPipeError, ConnectionResetError):
            pass		# a server may answer and close before it has read everything
        response = connection.receive(request.method)
        if response.get("Connection", "").lower() == "close":
            connection.close()
        else:
            self.connections[request.dialect] = connection
        return self.told(request, response)

    def told(self, request, response):
        headers = {}
        for name in {n.lower() for n, _ in response.headers}:
            of_object = request.reads_object and response.status in (200, 206)
            if name in COMPARED or name.startswith("x-amz-meta-") or (of_object and name in OF_OBJECTS) or (
                    name.startswith("x-amz-checksum-") and name != "x-amz-checksum-crc64nvme"):
                headers[name] = response.get(name)
        if "last-modified" in headers:
            headers["last-modified"] = int(email.utils.parsedate_to_datetime(headers["last-modified"]).timestamp())
        if "location" in headers:
            headers["location"] = self.in_model(headers["location"])
        return {"status": response.status, "headers": headers, "body": self.body(request, response, headers)}

    def body(self, request, response, headers):
        kind = response.get("Content-Type", "")
        if request.reads_object and response.status in (200, 206) or not response.body:
            return response.body
        if kind == "application/json":
            told = json.loads(response.body)
            if "created_at" in told:
                told["created_at"] = seconds(told["created_at"])
            return told
        if kind == "application/xml":
            root = response.xml
            self.marks.update((e.tag, e.text or "") for e in root if e.tag in (TOLD_TOKEN, TOLD_UPLOAD))
            if request.begins and response.status == 200:
                self.uploads[request.begins] = root.findtext("UploadId")
            return root.tag, self.children(root)
        return response.body

    def children(self, element):
        return [(child.tag, self.value(child)) for child in element if child.tag not in UNKNOWABLE]

    def value(self, element):
        if len(element):
            return self.children(element)
        text = element.text or ""
        if element.tag == "LastModified":
            return seconds(text)
        if element.tag == "UploadId":
            return next((n for n, real in self.uploads.items() if real == text), 0 if text == NO_UPLOAD else text)
        return self.in_model(text)

    def in_model(self, text):
        for name, real in self.names.items():
            text = text.replace(f"{real}-missing", "missing").replace(real, name)
        return text


def seconds(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())
