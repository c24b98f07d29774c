# SPDX-License-Identifier: Apache-2.0
"""A server of the REST dialect, small and faithful, that fails when it is told to.

`faults` holds functions, each for one request: what they do with it is all that happens to it. A
fault that returns False leaves the request to the one after it in the queue, or to the server.
"""

import base64
import collections
import datetime
import hashlib
import http.server
import json
import re
import socket
import struct
import threading
import time
import urllib.parse

TOKEN = "fake-token-0123456789"


class Object:
    def __init__(self, data, content_type):
        self.data = data
        self.content_type = content_type
        self.etag = f'"{hashlib.md5(data).hexdigest()}"'


class Request:
    """One that came, as it came."""

    def __init__(self, method, target, headers, body):
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body


class FakeStore(http.server.ThreadingHTTPServer):
    daemon_threads = True
    # Connections that a fault left open must not hold up the end of a test.
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.token = TOKEN
        self.objects = {}
        self.requests = []
        self.faults = collections.deque()
        self.connections = 0
        self.ended = 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self):
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc_info):
        self.shutdown()
        self.server_close()

    def get_request(self):
        self.connections += 1
        return super().get_request()

    def shutdown_request(self, request):
        super().shutdown_request(request)
        self.ended += 1

    def handle_error(self, request, client_address):
        """Clients that go away are part of the tests."""

    @property
    def methods(self):
        return [request.method for request in self.requests]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def log_message(self, *args):
        pass

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # What is read

    def read_body(self):
        """The whole body. One that ends early is none, and its request is not done."""
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = bytearray()
            while size := int(self.rfile.readline() or "nothing", 16):
                body += self.read_exactly(size)
                self.rfile.readline()
            self.rfile.readline()
            return bytes(body)
        return self.read_exactly(int(self.headers.get("Content-Length", 0)))

    def read_exactly(self, size):
        body = self.rfile.read(size)
        if len(body) < size:
            raise EOFError("the client has gone away")
        return body

    # What is sent

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)
        self.wfile.flush()

    def answer_json(self, status, told, headers=()):
        self.answer(status, json.dumps(told).encode(),
                    [("Content-Type", "application/json"), *headers])

    def refuse(self, status, message, headers=()):
        self.answer_json(status, {"error": {"code": str(status), "message": message}}, headers)

    def reset(self):
        """Ends the connection as a dying server does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.wfile.flush()
        self.connection.close()

    # The dialect

    def handle_any(self):
        target = self.requestline.split(" ")[1]
        self.body = self.read_body()
        self.server.requests.append(Request(self.command, target, self.headers, self.body))
        while self.server.faults:
            if self.server.faults.popleft()(self) is not False:
                return
        self.serve(target)

    do_GET = do_HEAD = do_PUT = do_DELETE = do_POST = handle_any

    def serve(self, target):
        path, _, query = target.partition("?")
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        challenge = [("WWW-Authenticate", "Bearer")]
        if scheme.lower() != "bearer" or not token:
            self.refuse(401, "Not authenticated", challenge)
        elif token != self.server.token:
            self.refuse(401, "Invalid or missing token", challenge)
        elif path == "/objects" and self.command == "GET":
            self.list(urllib.parse.parse_qs(query))
        elif path == "/objects":
            self.answer_json(405, {"detail": "Method Not Allowed"}, [("Allow", "GET")])
        elif path.startswith("/objects/"):
            self.object(urllib.parse.unquote_to_bytes(path[len("/objects/"):]))
        else:
            self.answer_json(404, {"detail": "Not Found"})

    def object(self, raw_key):
        try:
            key = raw_key.decode()
        except UnicodeDecodeError:
            return self.refuse(400, "The key is not UTF-8")
        if not 1 <= len(raw_key) <= 1024:
            return self.refuse(400, "A key has 1 to 1024 bytes")
        if self.command == "PUT":
            return self.put(key)
        found = self.server.objects.get(key)
        if found is None:
            return self.refuse(404, f"Object {key} not found")
        if self.command == "DELETE":
            del self.server.objects[key]
            return self.answer(204)
        return self.get(found)

    def put(self, key):
        self.server.objects[key] = Object(self.body, self.headers.get("Content-Type"))
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self.answer_json(200, {"key": key, "size": len(self.body), "created_at": now})

    def get(self, found):
        status, body, headers = 200, found.data, [
            ("Content-Type", found.content_type or "application/octet-stream"),
            ("ETag", found.etag)]
        if self.headers.get("If-Match", found.etag) != found.etag:
            return self.refuse(412, "Precondition failed")
        if span := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")):
            start, size = int(span[1]), len(body)
            if start >= size:
                return self.refuse(416, "Range not satisfiable",
                                   [("Content-Range", f"bytes */{size}")])
            status, body = 206, body[start:]
            headers.append(("Content-Range", f"bytes {start}-{size - 1}/{size}"))
        return self.answer(status, body, headers)

    def list(self, query):
        limit = query.get("limit", ["100"])[0]
        if not limit.isdigit():
            return self.answer_json(422, {"detail": [{"msg": "limit is no whole number"}]})
        after = b""
        if cursor := query.get("cursor", [""])[0]:
            try:
                after = json.loads(base64.b64decode(cursor, validate=True))["last_key"].encode()
            except (ValueError, KeyError, TypeError):
                return self.refuse(400, "Invalid cursor")
        prefix = query.get("prefix", [""])[0].encode()
        keys = sorted(k for k in (key.encode() for key in self.server.objects)
                      if k > after and k.startswith(prefix))
        page = [key.decode() for key in keys[:min(int(limit), 1000)]]
        more = len(keys) > len(page)
        last = json.dumps({"last_key": page[-1] if page else ""}).encode()
        return self.answer_json(200, {"keys": page, "has_more": more, "next_cursor":
                                      base64.b64encode(last).decode() if more else None})


# Faults


def refusing(status, message="no", **headers):
    """Refuses; headers by their names with underscores."""
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return lambda handler: handler.refuse(status, message, named)


def resetting(handler):
    """Ends the connection without an answer, the request not done."""
    handler.reset()


def done_but_not_told(handler):
    """Does what is asked and ends the connection without an answer."""
    handler.answer = lambda *args, **how: handler.reset()
    handler.serve(handler.requestline.split(" ")[1])


def cutting_after(count, by="close", spoil=lambda headers: headers):
    """Sends the whole head and the first bytes of the body. `spoil` changes the headers."""

    def fault(handler):
        answer = handler.answer

        def cut(status, body=b"", headers=()):
            handler.answer = answer
            handler.send_response(status)
            for name, value in spoil([("Content-Length", str(len(body))), *headers]):
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body[:count])
            handler.wfile.flush()
            handler.close_connection = True
            if by == "reset":
                handler.reset()

        handler.answer = cut
        handler.serve(handler.requestline.split(" ")[1])

    return fault


def silent_for(seconds):
    """Does not answer for a while, and then not either."""

    def fault(handler):
        time.sleep(seconds)
        handler.reset()

    return fault


def passing(handler):
    """No fault: the request in between is served."""
    return handler.serve(handler.requestline.split(" ")[1])
