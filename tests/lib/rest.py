# SPDX-License-Identifier: Apache-2.0
"""The REST dialect for tests: raw requests with a bearer token, answers read strictly.

What every answer must be is checked here once: JSON is an object of `application/json` whose
members come once and in the contract's order, an error says its own status, a 401 how to log in.
"""

import base64
import dataclasses
import json
import re
import socket
import threading

from . import rawhttp, sigv4

LIST_MEMBERS = ["keys", "next_cursor", "has_more"]
# How much is on the way at once on each connection of pour().
PIPELINED = 32


@dataclasses.dataclass(frozen=True)
class Store(rawhttp.Listener):
    """What a client has: where the REST dialect listens, a token, and what that is bound to."""
    endpoint: str
    token: str = None
    bucket: str = None

    def with_token(self, token):
        """The same door with another token; None for nobody."""
        return dataclasses.replace(self, token=token)

    def head(self, method, target, headers=(), length=None):
        """A request's head: Host, the token, the given fields, a length where there is one."""
        fields = [("Host", self.netloc)]
        if self.token is not None:
            fields.append(("Authorization", f"Bearer {self.token}"))
        if length is not None:
            fields.append(("Content-Length", str(length)))
        return rawhttp.head(method, target, [*fields, *headers])

    def ask(self, method, path, headers=(), body=None, **how):
        """One request on a connection of its own. A PUT without a body has one of no bytes."""
        if body is None and method == "PUT":
            body = b""
        length = None if body is None else len(body)
        data = self.head(method, path, headers, length) + (body or b"")
        return rawhttp.exchange(self, data, method, **how)

    def put(self, key, body=b"x", headers=()):
        answer = self.ask("PUT", target(key), headers, body)
        assert answer.status == 200, (answer.status, answer.body)
        return document(answer)

    def get(self, key, headers=()):
        return self.ask("GET", target(key), headers)

    def read(self, key):
        """The object's bytes; None when there is no such object."""
        answer = self.get(key)
        assert answer.status in (200, 404), (answer.status, answer.body)
        return answer.body if answer.status == 200 else None

    def delete(self, key):
        """As the deployed clients send it, with a length of 0."""
        return self.ask("DELETE", target(key), [("Content-Length", "0")])

    def page(self, **query):
        """One page of the listing, checked to be one."""
        answer = self.ask("GET", listing(**query))
        assert answer.status == 200, (answer.status, answer.body)
        told = document(answer)
        assert list(told) == LIST_MEMBERS
        assert isinstance(told["has_more"], bool)
        assert all(isinstance(key, str) for key in told["keys"])
        if query.get("limit") != 0:
            assert (told["next_cursor"] is not None) == told["has_more"]
        return told

    def keys(self, **query):
        """Every key, page by page."""
        found, told = [], self.page(**query)
        found += told["keys"]
        while told["has_more"]:
            told = self.page(**{**query, "cursor": told["next_cursor"]})
            found += told["keys"]
        return found


def target(key):
    """The path of an object, as the deployed sync client spells it."""
    return "/objects/" + sigv4.encode(key, keep=b"/")


def listing(**query):
    pairs = [f"{name}={sigv4.encode(str(value))}" for name, value in query.items()]
    return "/objects" + ("?" + "&".join(pairs) if pairs else "")


def cursor(key):
    """A cursor to what is behind a key, made as the old service made it."""
    return base64.b64encode(json.dumps({"last_key": key}).encode()).decode()


def _once(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"repeated members: {names}"
    return dict(pairs)


def document(answer):
    """The JSON object that an answer is."""
    assert answer.get("Content-Type") == "application/json", (answer.status, answer.headers)
    told = json.loads(answer.body.decode(), object_pairs_hook=_once)
    assert isinstance(told, dict), answer.body
    return told


def _says_how_to_log_in(answer):
    assert (answer.status == 401) == (answer.get("WWW-Authenticate") == "Bearer"), answer.headers


def refused(answer, status, message=None):
    """The answer is the service's own error, with this message where one is promised."""
    assert answer.status == status, (answer.status, answer.body)
    _says_how_to_log_in(answer)
    told = document(answer)
    assert list(told) == ["error"] and list(told["error"]) == ["code", "message"], told
    assert told["error"]["code"] == str(status)
    said = told["error"]["message"]
    assert isinstance(said, str) and said.strip()
    if message is not None:
        assert said == message
    return said


def refused_without_body(answer, status):
    """As refused(), for a HEAD."""
    assert (answer.status, answer.body) == (status, b"")
    _says_how_to_log_in(answer)


def detailed(answer, status, text):
    """The answer is one of those that the old service's framework makes: `{"detail":"…"}`."""
    assert answer.status == status, (answer.status, answer.body)
    assert answer.body == f'{{"detail":"{text}"}}'.encode()
    assert answer.get("Content-Type") == "application/json"


def invalid(answer, parameter):
    """422, and a list of what is wrong, each with the place, a sentence and a kind."""
    assert answer.status == 422, (answer.status, answer.body)
    told = document(answer)
    assert list(told) == ["detail"] and isinstance(told["detail"], list) and told["detail"]
    for item in told["detail"]:
        assert item["loc"] == ["query", parameter]
        assert isinstance(item["msg"], str) and item["msg"]
        assert isinstance(item["type"], str) and item["type"]


# Many at once

def _pour_some(store, requests, status, errors):
    answered = re.compile(rb"HTTP/1\.1 (\d{3}) ")
    try:
        with socket.create_connection((store.host, store.port), timeout=60) as s:
            for i in range(0, len(requests), PIPELINED):
                batch = requests[i:i + PIPELINED]
                s.sendall(b"".join(batch))
                got = b""
                while len(found := answered.findall(got)) < len(batch):
                    more = s.recv(1 << 16)
                    assert more, got[-300:]
                    got += more
                assert set(found) == {str(status).encode()}, got[-300:]
    except Exception as e:  # a thread's exception must fail the test, not vanish
        errors.append(repr(e))


def pour(store, requests, status, connections=8):
    """Sends many whole requests, pipelined over several connections; each has this answer."""
    errors = []
    threads = [threading.Thread(target=_pour_some,
                                args=(store, requests[i::connections], status, errors))
               for i in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors[0]


def fill(store, keys, connections=8):
    """Puts an object under every key."""
    pour(store, [store.head("PUT", target(key), length=1) + b"x" for key in keys], 200,
         connections)
