# SPDX-License-Identifier: Apache-2.0
"""A socket that keeps what it hears, byte for byte, and says what it was told to."""

import socket
import threading

OK_PUT = b'{"key":"k","size":0,"created_at":"2026-01-01T00:00:00Z"}'


def answer(status, body=b"", *headers):
    """An answer after which the connection ends."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", "Connection: close",
             *headers, "", ""]
    return "\r\n".join(lines).encode() + body


class Recorder:
    """Answers one request a connection, each with the next of `answers`, the last one for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.heads = []
        self.token = "recorded-token"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self._listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *exc_info):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @property
    def request_lines(self):
        return [head.split(b"\r\n")[0] for head in self.heads]

    def headers(self, index=-1):
        """The fields of a request, names in lower case, each with all its values."""
        found = {}
        for line in self.heads[index].split(b"\r\n")[1:]:
            name, _, value = line.decode("latin-1").partition(":")
            found.setdefault(name.lower(), []).append(value.strip())
        return found

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                heard = b""
                while b"\r\n\r\n" not in heard:
                    block = connection.recv(65536)
                    if not block:
                        break
                    heard += block
                self.heads.append(heard.partition(b"\r\n\r\n")[0])
                said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                connection.sendall(said)
                # Bytes that nobody has read would make a reset of the close, and that loses the answer.
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
