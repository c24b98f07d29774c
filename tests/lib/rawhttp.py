# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 over a plain socket, byte for byte: sends exactly what it is given.

Nothing here repairs a request. Answers are read strictly: an answer that breaks HTTP's framing
raises ProtocolError, so that every test also tests the framing.
"""

import dataclasses
import socket
import urllib.parse
import xml.etree.ElementTree

from . import sigv4

TIMEOUT_S = 15


class ProtocolError(Exception):
    """The server's answer is not HTTP/1.1."""


class Closed(ProtocolError):
    """The connection ended before an answer was whole; `got` is what had come."""

    def __init__(self, got):
        super().__init__(f"connection closed after {got[:200]!r}")
        self.got = got


class Listener:
    """The parts of the URL in `endpoint`, for whoever has one."""

    @property
    def host(self):
        return urllib.parse.urlsplit(self.endpoint).hostname

    @property
    def port(self):
        return urllib.parse.urlsplit(self.endpoint).port

    @property
    def netloc(self):
        return urllib.parse.urlsplit(self.endpoint).netloc


@dataclasses.dataclass
class Response:
    status: int
    reason: str
    headers: list
    body: bytes
    interim: list = dataclasses.field(default_factory=list)

    def get(self, name, default=None):
        """The one value of a header field; a repeated field is an error of the server."""
        found = self.all(name)
        if len(found) > 1:
            raise ProtocolError(f"{name} came {len(found)} times: {found}")
        return found[0] if found else default

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    @property
    def xml(self):
        """The body as an element tree whose tags have lost their namespace."""
        root = xml.etree.ElementTree.fromstring(self.body)
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
        return root

    @property
    def code(self):
        """The S3 error code, or None when the body is no error document."""
        if not self.body.lstrip().startswith(b"<?xml"):
            return None
        root = self.xml
        return root.findtext("Code") if root.tag == "Error" else None


def head(method, target, headers=(), version="HTTP/1.1"):
    """The bytes of a request's head; str goes out as UTF-8."""
    lines = [b" ".join((_bytes(method), _bytes(target), _bytes(version)))]
    lines += [_bytes(n) + b": " + _bytes(v) for n, v in headers]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _bytes(text):
    return text if isinstance(text, bytes) else str(text).encode()


class Connection:
    """One TCP connection. Requests may be pipelined: send() and receive() know no turns."""

    def __init__(self, server, timeout_s=TIMEOUT_S, source=None):
        self.socket = socket.create_connection((server.host, server.port), timeout=timeout_s,
                                               source_address=source and (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def send_bytewise(self, data):
        """Each byte in a segment of its own, as far as TCP lets one say so."""
        for i in range(len(data)):
            self.socket.sendall(data[i:i + 1])

    def finish_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def _more(self):
        try:
            got = self.socket.recv(65536)
        except ConnectionResetError:
            got = b""
        if not got:
            raise Closed(self.buffer)
        self.buffer += got

    def _line(self):
        while b"\r\n" not in self.buffer:
            if len(self.buffer) > 65536:
                raise ProtocolError("a line without end")
            self._more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line.decode("latin-1")

    def _exactly(self, n):
        parts, missing = [], n
        while True:
            parts.append(self.buffer[:missing])
            self.buffer = self.buffer[missing:]
            missing -= len(parts[-1])
            if missing == 0:
                return b"".join(parts)
            self._more()

    def until_close(self):
        """All that comes until the server ends the connection, unread by any rule."""
        try:
            while True:
                self._more()
        except Closed:
            body, self.buffer = self.buffer, b""
            return body

    def _chunked(self):
        body = b""
        while size := int(self._line().split(";")[0], 16):
            body += self._exactly(size)
            if self._line():
                raise ProtocolError("a chunk that does not end where it says")
        while self._line():
            pass
        return body

    def _head(self):
        version, _, rest = self._line().partition(" ")
        if version not in ("HTTP/1.1", "HTTP/1.0"):
            raise ProtocolError(f"answer starts with {version!r}")
        status, _, reason = rest.partition(" ")
        fields = []
        while line := self._line():
            field, colon, value = line.partition(":")
            if not colon or field != field.strip():
                raise ProtocolError(f"header field {line!r}")
            fields.append((field, value.strip()))
        return Response(int(status), reason, fields, b"")

    def _body(self, response, method):
        if method == "HEAD" or response.status in (204, 304):
            return b""
        length, coding = response.get("Content-Length"), response.get("Transfer-Encoding")
        if length is not None and coding is not None:
            raise ProtocolError("both Content-Length and Transfer-Encoding")
        if coding is not None:
            return self._chunked()
        return self._exactly(int(length)) if length is not None else self.until_close()

    def receive(self, method="GET"):
        """The next final answer; interim ones (100) are kept in its `interim`."""
        interim = []
        while (response := self._head()).status < 200:
            interim.append(response)
        response.interim = interim
        response.body = self._body(response, method)
        return response

    def receive_interim(self):
        """The next head, whatever its status: for waiting on 100 Continue."""
        return self._head()

    def is_closed(self, timeout_s=TIMEOUT_S):
        """Whether the server ends the connection in time, with nothing more to read."""
        self.socket.settimeout(timeout_s)
        try:
            return not self.buffer and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False


def exchange(server, data, method="GET", timeout_s=TIMEOUT_S, source=None):
    """Sends bytes on a connection of their own, from that address, and reads one answer."""
    with Connection(server, timeout_s, source) as connection:
        try:
            connection.send(data)
        except (BrokenPipeError, ConnectionResetError):
            # A server may answer and close before it has read everything.
            pass
        return connection.receive(method)


def request(server, method, target, headers=(), body=b"", **how):
    """A request with a right signature in its header, Content-Length included."""
    fields, _ = sigv4.header_auth(server.credentials, method, target, headers, body,
                                  host=server.netloc, **how)
    if body or method in ("PUT", "POST"):
        fields.append(("Content-Length", str(len(body))))
    return exchange(server, head(method, target, fields) + body, method)


def stream(server, method, target, body, **how):
    """A request whose body goes in aws-chunked framing, rightly signed."""
    fields, framed, _ = sigv4.streaming(server.credentials, method, target, body,
                                        host=server.netloc, **how)
    fields.append(("Content-Length", str(len(framed))))
    return exchange(server, head(method, target, fields) + framed, method)
