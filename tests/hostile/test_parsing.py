# SPDX-License-Identifier: Apache-2.0
"""T50 to T57: names, headers, framing, documents and ranges as nobody should send them."""

import base64
import contextlib
import hashlib
import os
import re
import socket
import time

import pytest

from lib import procfs, rawhttp, sigv4

pytestmark = pytest.mark.usefixtures("unharmed")

SMALL, LARGE = b"small", bytes(200_000)


def put(victim, bucket, key, body=SMALL, headers=()):
    return rawhttp.request(victim, "PUT", sigv4.target(bucket, key), headers, body)


def keys_of(victim, bucket):
    listed = rawhttp.request(victim, "GET", f"/{bucket}?list-type=2&encoding-type=url").xml
    return [e.text for e in listed.iter("Key")]


# --- T50: keys --------------------------------------------------------------------------------

AWKWARD = [
    "..", ".", "../x", "a/../b", "/", "//", "a//b", "a/", "/a", "a/./b", "\\", "..\\x", "%2e%2e",
    "%00", "%", "+", " ", "a b", "\t", "\n", "\r\n", "\x01\x1f\x7f", "'; DROP TABLE objects;--",
    "%_*?[", "<&>\"'", "é€😀", "\ufffe", "a" * 1024, "é" * 512, "~", "index.html?x=y#z",
]


@pytest.mark.parametrize("key", AWKWARD, ids=ascii)
def test_t50_t51_every_key_is_just_bytes_and_decoded_once(victim, bucket, key):
    assert put(victim, bucket, key).status == 200
    assert put(victim, bucket, "neighbour", b"other").status == 200
    assert rawhttp.request(victim, "GET", sigv4.target(bucket, key)).body == SMALL
    listed = rawhttp.request(
        victim, "GET", sigv4.target(bucket, None, [("list-type", "2"), ("encoding-type", "url"),
                                                   ("prefix", key)])).xml
    assert len(list(listed.iter("Key"))) == 1, listed
    copied = rawhttp.request(victim, "PUT", sigv4.target(bucket, "copy"), [
        ("x-amz-copy-source", sigv4.target(bucket, key))])
    assert copied.status == 200
    assert rawhttp.request(victim, "GET", f"/{bucket}/copy").body == SMALL
    assert rawhttp.request(victim, "DELETE", sigv4.target(bucket, key)).status == 204
    assert keys_of(victim, bucket) == ["copy", "neighbour"]


@pytest.mark.parametrize("path", ["%ff", "%c0%af", "%ed%a0%80", "%80", "a%fe"])
def test_t50_a_key_that_is_not_utf8_is_refused(victim, bucket, path):
    response = rawhttp.request(victim, "PUT", f"/{bucket}/{path}", body=SMALL)
    assert response.status == 400 and response.code
    assert keys_of(victim, bucket) == []


@pytest.mark.parametrize("path", ["%", "%4", "%zz", "a%", "%00", "a%00b", "%u0041"])
def test_t50_a_path_that_does_not_decode_is_refused(victim, bucket, path):
    response = rawhttp.request(victim, "PUT", f"/{bucket}/{path}", body=SMALL)
    assert response.status == 400 and response.code
    assert keys_of(victim, bucket) == []


def test_t50_a_key_over_1024_bytes_is_refused_by_its_name(victim, bucket):
    assert put(victim, bucket, "a" * 1025).code == "KeyTooLongError"
    assert put(victim, bucket, "é" * 513).code == "KeyTooLongError"


@pytest.mark.parametrize("source", ["", "/", "bucket", "//", "/{b}", "/{b}/", "/{b}/%ff", "/{b}/%00",
                                    "/{b}/%zz", "/../etc/passwd", "arn:aws:s3:::{b}/k",
                                    "/{b}/k?versionId=", "/{b}/k\\", "http://127.0.0.1/{b}/k"])
def test_t50_a_copy_source_that_is_none_is_refused(victim, bucket, source):
    assert put(victim, bucket, "k").status == 200
    response = rawhttp.request(victim, "PUT", f"/{bucket}/copy",
                               [("x-amz-copy-source", source.format(b=bucket))])
    assert response.status in (400, 403, 404, 501) and response.code
    assert keys_of(victim, bucket) == ["k"]


@pytest.mark.parametrize("name", ["..", ".", "a", "ab", "A" * 5, "under_score", "dot..dot", "-dash",
                                  "dash-", "127.0.0.1", "x" * 64, "xn--abc", "%00abc", "b%2fc",
                                  "tab%09le", "abc-s3alias", "..%2f..%2fetc"])
def test_t50_a_bucket_name_outside_the_rules_is_refused(victim, name):
    response = rawhttp.request(victim, "PUT", f"/{name}")
    assert response.status in (400, 403, 405) and response.code, response.body


# --- T51: what a database could misread ---------------------------------------------------------


@pytest.mark.parametrize("prefix", ["%", "_", "a%", "a_", "'", "\\", "*", "a' OR '1'='1", "[a-z]"])
def test_t51_wildcards_in_prefixes_are_literal(victim, bucket, prefix):
    for key in ("abc", "a", prefix + "here"):
        assert put(victim, bucket, key).status == 200
    for name in ("prefix", "delimiter", "start-after", "continuation-token"):
        target = sigv4.target(bucket, None, [("list-type", "2"), ("encoding-type", "url"),
                                             (name, prefix)])
        response = rawhttp.request(victim, "GET", target)
        if name == "prefix":
            assert len(list(response.xml.iter("Key"))) == 1 + prefix.startswith("abc")
        else:
            assert response.status in (200, 400)
    assert len(keys_of(victim, bucket)) == 3


# --- T52: what comes back as a header ------------------------------------------------------------


@pytest.mark.parametrize("name", ["response-content-type", "response-content-disposition",
                                  "response-cache-control", "response-expires",
                                  "response-content-language", "response-content-encoding"])
@pytest.mark.parametrize("value", ["a\r\nX-Injected: 1", "a\nX-Injected: 1", "a\rX-Injected: 1",
                                   "a\x00b"], ids=ascii)
def test_t52_a_line_break_in_an_override_is_refused(victim, bucket, name, value):
    assert put(victim, bucket, "k").status == 200
    response = rawhttp.request(victim, "GET", sigv4.target(bucket, "k", [(name, value)]))
    assert response.get("X-Injected") is None
    assert response.status == 400


@pytest.mark.parametrize("value", [b"a\rX-Injected: 1", b"a\x00b", b"a\x01b", b"a\x7fb"], ids=ascii)
def test_t52_a_control_byte_in_metadata_is_refused(victim, bucket, value):
    fields, _ = sigv4.header_auth(victim.credentials, "PUT", f"/{bucket}/k", body=SMALL,
                                  host=victim.netloc)
    data = rawhttp.head("PUT", f"/{bucket}/k", [*fields, ("x-amz-meta-a", value),
                                               ("Content-Length", "5")]) + SMALL
    assert rawhttp.exchange(victim, data, "PUT").status == 400
    assert keys_of(victim, bucket) == []


def test_t53_content_is_not_sniffed(victim, bucket):
    html = b"<script>alert(1)</script>"
    assert put(victim, bucket, "k", html, [("Content-Type", "text/plain")]).status == 200
    response = rawhttp.request(victim, "GET", f"/{bucket}/k")
    assert response.get("X-Content-Type-Options") == "nosniff"
    assert response.get("Content-Type") == "text/plain"


# --- T54: request smuggling -----------------------------------------------------------------------

H = b"Host: 127.0.0.1\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\n" + H + b"\r\n"

SMUGGLING = {
    "length-and-chunked": b"POST / HTTP/1.1\r\n" + H
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "other-coding": b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "gzip-chunked": b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked-twice": b"POST / HTTP/1.1\r\n" + H
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "identity": b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: identity\r\n\r\n",
    "two-lengths": b"POST / HTTP/1.1\r\n" + H
    + b"Content-Length: 0\r\nContent-Length: 36\r\n\r\n",
    "same-length-twice": b"POST / HTTP/1.1\r\n" + H
    + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "list-of-lengths": b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 0, 0\r\n\r\n",
    "signed-length": b"POST / HTTP/1.1\r\n" + H + b"Content-Length: +0\r\n\r\n",
    "hex-length": b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 0x5\r\n\r\nhello",
    "empty-length": b"POST / HTTP/1.1\r\n" + H + b"Content-Length:\r\n\r\n",
    "huge-length": b"PUT / HTTP/1.1\r\n" + H + b"Content-Length: 99999999999999999999\r\n\r\n",
    "two-hosts": b"GET / HTTP/1.1\r\n" + H + b"Host: other\r\n\r\n",
    "no-host": b"GET / HTTP/1.1\r\nAccept: */*\r\n\r\n",
    "two-authorizations": b"GET / HTTP/1.1\r\n" + H + b"Authorization: a\r\nAuthorization: b\r\n\r\n",
    "space-before-colon": b"GET / HTTP/1.1\r\n" + H + b"Content-Length : 5\r\n\r\nhello",
    "name-with-space": b"GET / HTTP/1.1\r\n" + H + b"X Y: 1\r\n\r\n",
    "name-empty": b"GET / HTTP/1.1\r\n" + H + b": 1\r\n\r\n",
    "name-with-control": b"GET / HTTP/1.1\r\n" + H + b"X\x01Y: 1\r\n\r\n",
    "folded": b"GET / HTTP/1.1\r\n" + H + b"X-A: 1\r\n Content-Length: 5\r\n\r\nhello",
    "bare-cr": b"GET / HTTP/1.1\r\n" + H + b"X-A: 1\rContent-Length: 5\r\n\r\nhello",
    "nul-in-value": b"GET / HTTP/1.1\r\n" + H + b"X-A: 1\x002\r\n\r\n",
    "control-in-value": b"GET / HTTP/1.1\r\n" + H + b"X-A: 1\x012\r\n\r\n",
    "absolute-form": b"GET http://127.0.0.1/ HTTP/1.1\r\n" + H + b"\r\n",
    "authority-form": b"CONNECT 127.0.0.1:80 HTTP/1.1\r\n" + H + b"\r\n",
    "asterisk-form": b"OPTIONS * HTTP/1.1\r\n" + H + b"\r\n",
    "relative-target": b"GET bucket/key HTTP/1.1\r\n" + H + b"\r\n",
    "nul-in-target": b"GET /a%00b HTTP/1.1\r\n" + H + b"\r\n",
    "raw-nul-in-target": b"GET /a\x00b HTTP/1.1\r\n" + H + b"\r\n",
    "tab-in-target": b"GET /a\tb HTTP/1.1\r\n" + H + b"\r\n",
    "high-byte-in-target": b"GET /a\x80b HTTP/1.1\r\n" + H + b"\r\n",
    "fragment": b"GET /a#b HTTP/1.1\r\n" + H + b"\r\n",
    "http-0.9": b"GET /\r\n\r\n",
    "http-2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "unknown-version": b"GET / HTTP/1.9\r\n" + H + b"Transfer-Encoding: chunked\r\n"
    + b"Content-Length: 3\r\n\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("name", SMUGGLING)
def test_t54_a_request_that_two_servers_read_differently_is_refused_and_closed(victim, name):
    mark = victim.log_size()
    with rawhttp.Connection(victim) as c:
        c.send(SMUGGLING[name] + SMUGGLED)
        answered = c.until_close()
    heads = re.findall(rb"HTTP/1\.1 (\d{3} .*?)\r\n\r\n", answered, re.DOTALL)
    assert len(heads) == 1, heads
    assert heads[0].startswith((b"4", b"5")), heads
    assert b"\r\nConnection: close\r\n" in heads[0]
    assert b"<Code>" in answered, answered
    assert "smuggled" not in victim.log(mark)


def test_a_method_that_is_none_of_s3s_is_told_so(victim):
    head = b"BREW /pot HTTP/1.1\r\n" + H + b"\r\n"
    assert rawhttp.exchange(victim, head).status in (400, 403, 405, 501)


def test_t54_pipelined_requests_are_answered_in_order(victim, bucket):
    """The control: what is well framed is served, also several at once."""
    data = b""
    for n in range(5):
        fields, _ = sigv4.header_auth(victim.credentials, "PUT", f"/{bucket}/{n}",
                                      body=b"%d" % n, host=victim.netloc)
        data += rawhttp.head("PUT", f"/{bucket}/{n}", [*fields, ("Content-Length", "1")]) + b"%d" % n
        fields, _ = sigv4.header_auth(victim.credentials, "GET", f"/{bucket}/{n}", host=victim.netloc)
        data += rawhttp.head("GET", f"/{bucket}/{n}", fields)
    with rawhttp.Connection(victim) as c:
        c.send(data)
        for n in range(5):
            assert c.receive("PUT").status == 200
            assert c.receive().body == b"%d" % n


CHUNKS = {
    "size-0x": b"0x5\r\nhello\r\n0\r\n\r\n", "size-signed": b"+5\r\nhello\r\n0\r\n\r\n",
    "size-underscore": b"0_5\r\nhello\r\n0\r\n\r\n", "size-blank": b"5 \r\nhello\r\n0\r\n\r\n",
    "size-empty": b"\r\nhello\r\n0\r\n\r\n", "size-overflows": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "bare-lf": b"5\nhello\r\n0\r\n\r\n", "bare-cr-in-extension": b"5;a\rb\r\nhello\r\n0\r\n\r\n",
    "extension-without-end": b"5;" + b"e" * 5000 + b"\r\nhello\r\n0\r\n\r\n",
    "data-too-long": b"5\r\nhello!\r\n0\r\n\r\n", "data-bare-lf": b"5\r\nhello\n0\r\n\r\n",
    "trailer-blank": b"5\r\nhello\r\n0\r\nX : y\r\n\r\n",
    "trailer-folded": b"5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n",
    "trailer-bare-lf": b"5\r\nhello\r\n0\r\nX: y\n\r\n",
}


@pytest.mark.parametrize("name", CHUNKS)
def test_t54_chunks_that_two_servers_read_differently_are_refused_and_closed(victim, bucket, name):
    target = f"/{bucket}/k"
    fields, _ = sigv4.header_auth(victim.credentials, "PUT", target, host=victim.netloc,
                                  payload_hash="UNSIGNED-PAYLOAD")
    mark = victim.log_size()
    with rawhttp.Connection(victim) as c:
        c.send(rawhttp.head("PUT", target, [*fields, ("Transfer-Encoding", "chunked")])
               + CHUNKS[name] + SMUGGLED)
        answered = c.until_close()
    assert re.findall(rb"HTTP/1\.1 (\d{3}) ", answered) == [b"400"], answered
    assert "smuggled" not in victim.log(mark)
    assert keys_of(victim, bucket) == []


def test_t54_nothing_behind_the_last_request_is_done_and_that_is_answered(victim, bucket):
    """Bytes that nobody reads must not make a reset that takes the answer with them."""
    head = [rawhttp.head("PUT", target := f"/{bucket}/{key}", [
        *sigv4.header_auth(victim.credentials, "PUT", target, body=SMALL, host=victim.netloc)[0],
        ("Content-Length", str(len(SMALL))), *more])
        for key, more in (("first", [("Connection", "close")]), ("second", []))]
    with rawhttp.Connection(victim) as c:
        c.send(head[0] + SMALL + head[1] + SMALL + LARGE)
        assert c.receive("PUT").status == 200
        assert c.buffer == b"" and c.socket.recv(1) == b""
    assert keys_of(victim, bucket) == ["first"]


# --- T55: documents ---------------------------------------------------------------------------------

BOMB = (b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + i, (b"&%c;" % (97 + i)) * 10) for i in range(8))
        + b"]><Delete><Object><Key>&i;</Key></Object></Delete>")

DOCUMENTS = {
    "empty": b"",
    "not-xml": b"hello",
    "cut": b"<Delete><Object><Key>k</Key>",
    "wrong-root": b"<Remove><Object><Key>k</Key></Object></Remove>",
    "nothing-to-delete": b"<Delete></Delete>",
    "no-key": b"<Delete><Object></Object></Delete>",
    "two-keys": b"<Delete><Object><Key>k</Key><Key>l</Key></Object></Delete>",
    "empty-key": b"<Delete><Object><Key></Key></Object></Delete>",
    "trailing-garbage": b"<Delete><Object><Key>k</Key></Object></Delete>garbage",
    "two-documents": b"<Delete><Object><Key>k</Key></Object></Delete>" * 2,
    "bomb": BOMB,
    "external-entity": b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b"<Delete><Object><Key>&x;</Key></Object></Delete>",
    "external-dtd": b'<!DOCTYPE d SYSTEM "http://127.0.0.1/d.dtd">'
    b"<Delete><Object><Key>k</Key></Object></Delete>",
    "doctype": b"<!DOCTYPE d><Delete><Object><Key>k</Key></Object></Delete>",
    "deep": b"<Delete>" + b"<Object>" * 10_000 + b"</Object>" * 10_000 + b"</Delete>",
    "1001-keys": b"<Delete>" + b"<Object><Key>k</Key></Object>" * 1001 + b"</Delete>",
    "many-keys": b"<Delete>" + b"<Object><Key>k</Key></Object>" * 60_000 + b"</Delete>",
    "long-key": b"<Delete><Object><Key>" + b"k" * 100_000 + b"</Key></Object></Delete>",
    "not-utf8": b"<Delete><Object><Key>\xff</Key></Object></Delete>",
    "wrong-encoding": b'<?xml version="1.0" encoding="EBCDIC-CP-US"?><Delete/>',
    "null-character": b"<Delete><Object><Key>a&#0;b</Key></Object></Delete>",
}


def delete(victim, bucket, document):
    md5 = base64.b64encode(hashlib.md5(document).digest()).decode()
    return rawhttp.request(victim, "POST", f"/{bucket}?delete", [("Content-MD5", md5)], document)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_t55_a_document_that_is_none_is_refused_and_deletes_nothing(victim, bucket, name):
    assert put(victim, bucket, "k").status == 200
    response = delete(victim, bucket, DOCUMENTS[name])
    if name in ("long-key",) and response.status == 200:
        assert response.xml.find("Error") is not None
    else:
        assert response.status == 400 and response.code, response.body
    assert keys_of(victim, bucket) == ["k"]


def test_t55_a_document_over_the_limit_is_refused(victim, bucket):
    assert put(victim, bucket, "k").status == 200
    document = b"<Delete>" + b" " * (3 << 20) + b"<Object><Key>k</Key></Object></Delete>"
    response = delete(victim, bucket, document)
    assert response.status == 400 and response.code in ("MaxMessageLengthExceeded", "MalformedXML")
    assert keys_of(victim, bucket) == ["k"]


@pytest.mark.parametrize("document", [
    b"<CompleteMultipartUpload></CompleteMultipartUpload>", b"", b"<x/>",
    b"<CompleteMultipartUpload><Part><PartNumber>0</PartNumber><ETag>x</ETag></Part>"
    b"</CompleteMultipartUpload>",
    b"<CompleteMultipartUpload><Part><PartNumber>-1</PartNumber><ETag>x</ETag></Part>"
    b"</CompleteMultipartUpload>",
    b"<CompleteMultipartUpload><Part><PartNumber>99999999999</PartNumber><ETag>x</ETag></Part>"
    b"</CompleteMultipartUpload>", BOMB])
def test_t55_a_complete_that_is_none_is_refused_and_keeps_the_upload(victim, bucket, document):
    upload = rawhttp.request(victim, "POST", f"/{bucket}/m?uploads").xml.findtext("UploadId")
    response = rawhttp.request(victim, "POST", f"/{bucket}/m?uploadId={upload}", body=document)
    assert response.status == 400 and response.code
    assert rawhttp.request(victim, "GET", f"/{bucket}/m?uploadId={upload}").status == 200


# --- T56: ranges --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 5, 200_000])
@pytest.mark.parametrize("text", [
    "bytes=0-0", "bytes=1-", "bytes=-1", "bytes=-0", "bytes=0-", "bytes=5-4", "bytes=99999999-",
    "bytes=0-99999999999999999999", "bytes=-99999999999999999999", "bytes=a-b", "bytes=", "bytes",
    "bytes=0-0,1-1", "bytes=" + ",".join(["0-"] * 1000), "items=0-1", "bytes =0-1", "bytes=--1",
    "bytes=0x0-1", "bytes=18446744073709551615-18446744073709551616", ""])
def test_t56_every_range_is_a_part_the_whole_or_416(victim, bucket, size, text):
    body = os.urandom(size)
    assert put(victim, bucket, "k", body).status == 200
    response = rawhttp.request(victim, "GET", f"/{bucket}/k", [("Range", text)])
    assert response.status in (200, 206, 416)
    if response.status == 200:
        assert response.body == body
    elif response.status == 206:
        place, total = response.get("Content-Range").removeprefix("bytes ").split("/")
        first, last = map(int, place.split("-"))
        assert int(total) == size and response.body == body[first:last + 1]
        assert len(response.body) == last - first + 1 > 0
    else:
        assert response.code == "InvalidRange"


# --- T57: clients that are slow, vanish, or come in crowds --------------------------------------------


# stored/service.h, and what SQLite has open of one catalog: itself, its log, the index of that.
READERS = 4
CATALOG_DESCRIPTORS = 3


def open_descriptors(victim):
    return [procfs.descriptors(p) for p in
            (*victim.workers(), victim.pid("stored"), victim.pid("authd"))]


def settled(victim, before, slack, within_s=20):
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        now = open_descriptors(victim)
        if all(a <= b + slack for a, b in zip(now, before)):
            return True
        time.sleep(0.2)
    return False


@pytest.mark.skipif(os.geteuid() != 0, reason="counting a daemon's descriptors needs root")
def test_t57_clients_that_vanish_at_any_point_leave_nothing_behind(victim, bucket):
    assert put(victim, bucket, "large", LARGE * 20).status == 200
    signed, _ = sigv4.header_auth(victim.credentials, "PUT", f"/{bucket}/k", host=victim.netloc,
                                  payload_hash="UNSIGNED-PAYLOAD")
    upload = rawhttp.head("PUT", f"/{bucket}/k", [*signed, ("Content-Length", str(len(LARGE)))])
    fields, _ = sigv4.header_auth(victim.credentials, "GET", f"/{bucket}/large", host=victim.netloc)
    download = rawhttp.head("GET", f"/{bucket}/large", fields)

    def vanish():
        for data in (upload[:10], upload[:-2], upload, upload + LARGE[:10],
                     upload + LARGE[:100_000], download[:20], download):
            for _ in range(20):
                with rawhttp.Connection(victim) as c:
                    c.send(data)
                    if data is download:
                        c.socket.recv(1000)
                    c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                        b"\1\0\0\0\0\0\0\0")

    # Each of stored's readers opens the catalog when it is first needed, the last perhaps late. What one
    # kind of client left behind would be 60.
    allowed = 2 + READERS * CATALOG_DESCRIPTORS
    before = open_descriptors(victim)
    for _ in range(3):
        vanish()
    assert settled(victim, before, slack=allowed), (before, open_descriptors(victim))
    assert keys_of(victim, bucket) == ["large"]


def test_t57_a_thousand_idle_connections_do_not_stop_the_next(victim, bucket):
    idle = []
    try:
        for _ in range(1000):
            idle.append(socket.create_connection((victim.host, victim.port), timeout=15))
        assert put(victim, bucket, "k").status == 200
        for s in idle[:500]:
            s.sendall(b"GET / HT")
        assert rawhttp.request(victim, "GET", f"/{bucket}/k").body == SMALL
    finally:
        for s in idle:
            s.close()


def test_t57_who_has_sent_all_he_will_still_gets_a_large_answer(victim, bucket):
    assert put(victim, bucket, "large", LARGE * 20).status == 200
    fields, _ = sigv4.header_auth(victim.credentials, "GET", f"/{bucket}/large", host=victim.netloc)
    with rawhttp.Connection(victim) as c:
        c.send(rawhttp.head("GET", f"/{bucket}/large", fields))
        c.finish_sending()
        assert c.receive().body == LARGE * 20
        assert c.is_closed()


def test_t57_who_asks_without_end_and_reads_nothing_is_not_heard_without_end(victim):
    """What is not answered yet stays with the client: it is read no further."""
    asked = b"POST /-/health HTTP/1.1\r\n" + H + b"\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            flood = stack.enter_context(rawhttp.Connection(victim))
            flood.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            flood.socket.settimeout(0.5)
            with pytest.raises(TimeoutError):
                for _ in range(1000):
                    flood.send(asked * 1000)
        assert victim.serves()


def test_t57_a_head_that_never_ends_is_refused(victim):
    with rawhttp.Connection(victim) as c:
        try:
            c.send(b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 200_000 + b"\r\n\r\n")
            assert 400 <= c.receive().status < 500
        except (rawhttp.Closed, ConnectionResetError, BrokenPipeError):
            pass
    with rawhttp.Connection(victim) as c:
        try:
            c.send(b"GET /" + b"y" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            assert 400 <= c.receive().status < 500
        except (rawhttp.Closed, ConnectionResetError, BrokenPipeError):
            pass


def test_t57_a_slow_head_is_cut_off(victim):
    """One byte a second never ends; the deadline is for the whole head, not for each byte."""
    with rawhttp.Connection(victim) as c:
        begun = time.monotonic()
        try:
            for byte in b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"y" * 200:
                c.send(bytes([byte]))
                c.socket.settimeout(1)
                try:
                    if c.socket.recv(1000) == b"":
                        break
                except TimeoutError:
                    pass
            else:
                raise AssertionError("never cut off")
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert time.monotonic() - begun < 120


def test_t57_a_refusal_in_mid_body_reaches_a_client_that_is_still_sending(victim, bucket):
    wrong = sigv4.Credentials(victim.access_key, "wrong-secret-wrong-secret")
    for size in (100, 100_000, 8_000_000):
        fields, _ = sigv4.header_auth(wrong, "PUT", f"/{bucket}/k", host=victim.netloc,
                                      payload_hash="UNSIGNED-PAYLOAD")
        data = rawhttp.head("PUT", f"/{bucket}/k", [*fields, ("Content-Length", str(size))])
        response = rawhttp.exchange(victim, data + bytes(size), "PUT")
        assert response.code == "SignatureDoesNotMatch", size


def test_t57_a_refusal_comes_before_100_continue(victim, bucket):
    wrong = sigv4.Credentials(victim.access_key, "wrong-secret-wrong-secret")
    fields, _ = sigv4.header_auth(wrong, "PUT", f"/{bucket}/k", host=victim.netloc,
                                  payload_hash="UNSIGNED-PAYLOAD")
    head = rawhttp.head("PUT", f"/{bucket}/k", [*fields, ("Content-Length", "1000000"),
                                               ("Expect", "100-continue")])
    with rawhttp.Connection(victim) as c:
        c.send(head)
        assert c.receive_interim().status == 403
    fields, _ = sigv4.header_auth(victim.credentials, "PUT", f"/{bucket}/k", host=victim.netloc,
                                  payload_hash="UNSIGNED-PAYLOAD")
    head = rawhttp.head("PUT", f"/{bucket}/k", [*fields, ("Content-Length", "5"),
                                               ("Expect", "100-continue")])
    with rawhttp.Connection(victim) as c:
        c.send(head)
        assert c.receive_interim().status == 100
        c.send(SMALL)
        assert c.receive("PUT").status == 200


def test_t58_a_body_that_ends_early_is_no_object(victim, bucket):
    assert put(victim, bucket, "k").status == 200
    for size, sent in ((5, 4), (5, 0), (1_000_000, 999_999), (1_000_000, 0)):
        fields, _ = sigv4.header_auth(victim.credentials, "PUT", f"/{bucket}/k", host=victim.netloc,
                                      payload_hash="UNSIGNED-PAYLOAD")
        with rawhttp.Connection(victim) as c:
            c.send(rawhttp.head("PUT", f"/{bucket}/k", [*fields, ("Content-Length", str(size))]))
            c.send(bytes(sent))
            c.finish_sending()
            try:
                assert c.receive("PUT").status >= 400
            except rawhttp.Closed:
                pass
        assert rawhttp.request(victim, "GET", f"/{bucket}/k").body == SMALL


def test_t58_an_object_over_5_gib_in_one_piece_is_refused_before_its_body(victim, bucket):
    fields, _ = sigv4.header_auth(victim.credentials, "PUT", f"/{bucket}/k", host=victim.netloc,
                                  payload_hash="UNSIGNED-PAYLOAD")
    data = rawhttp.head("PUT", f"/{bucket}/k", [*fields, ("Content-Length", str((5 << 30) + 1))])
    assert rawhttp.exchange(victim, data, "PUT").code == "EntityTooLarge"


def test_t58_a_put_without_any_length_is_told_so(victim, bucket):
    fields, _ = sigv4.header_auth(victim.credentials, "PUT", f"/{bucket}/k", host=victim.netloc)
    response = rawhttp.exchange(victim, rawhttp.head("PUT", f"/{bucket}/k", fields), "PUT")
    assert response.status == 411 and response.code == "MissingContentLength"
