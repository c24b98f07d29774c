# SPDX-License-Identifier: Apache-2.0
"""AWS Signature Version 4 for S3, written from the documentation, for tests.

It signs what it is told to sign, right or wrong: every date, scope, header list and hash can be
given, and every value on the way (canonical request, string to sign, seed signature) can be had.
That is what attack tests need and what a real client's signer hides.

Targets and header fields are bytes or str exactly as they go over the wire. A target is
path-absolute, percent-encoded, with its query.
"""

import dataclasses
import datetime
import hashlib
import hmac
import urllib.parse

ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
STREAMING_SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
STREAMING_SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
STREAMING_UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


@dataclasses.dataclass(frozen=True)
class Credentials:
    access_key: str
    secret_key: str
    region: str = "us-east-1"
    service: str = "s3"


@dataclasses.dataclass(frozen=True)
class Signed:
    """A signature and everything it was made of."""
    signature: str
    signed_headers: str
    scope: str
    amz_date: str
    canonical_request: str
    string_to_sign: str


def encode(raw, keep=b""):
    """Percent-encodes as SigV4 demands: everything but the unreserved, in capital hex."""
    if isinstance(raw, str):
        raw = raw.encode()
    return "".join(chr(b) if b in UNRESERVED or b in keep else f"%{b:02X}" for b in raw)


def target(bucket=None, key=None, query=()):
    """The path-style target of a bucket or key with query pairs; None is a bare parameter."""
    path = "/" if bucket is None else f"/{encode(bucket)}"
    if key is not None:
        path += "/" + encode(key, keep=b"/")
    pairs = [encode(n) if v is None else f"{encode(n)}={encode(str(v))}" for n, v in query]
    return path + ("?" + "&".join(pairs) if pairs else "")


def now():
    """The time as x-amz-date writes it."""
    return date_of(datetime.datetime.now(datetime.timezone.utc))


def date_of(when):
    return when.strftime("%Y%m%dT%H%M%SZ")


def scope_of(credentials, amz_date):
    return f"{amz_date[:8]}/{credentials.region}/{credentials.service}/aws4_request"


def signing_key(credentials, amz_date):
    key = ("AWS4" + credentials.secret_key).encode()
    for part in (amz_date[:8], credentials.region, credentials.service, "aws4_request"):
        key = _hmac(key, part)
    return key


def _hmac(key, message):
    return hmac.new(key, message.encode(), hashlib.sha256).digest()


def _canonical_query(query):
    pairs = []
    for part in query.split("&") if query else []:
        name, _, value = part.partition("=")
        # A plus sign in a query is a plus sign to SigV4, never a space.
        pairs.append((encode(urllib.parse.unquote_to_bytes(name)),
                      encode(urllib.parse.unquote_to_bytes(value))))
    return "&".join(f"{n}={v}" for n, v in sorted(pairs))


def _canonical_headers(headers, signed):
    """Lines of `name:value` for the signed names, repeated fields joined in order."""
    lines = []
    for wanted in signed:
        values = [" ".join(str(v).split()) for n, v in headers if n.lower() == wanted]
        lines.append(f"{wanted}:{','.join(values)}\n")
    return "".join(lines)


def canonical_request(method, raw_target, headers, signed, payload_hash):
    path, _, query = raw_target.partition("?")
    return "\n".join([
        method,
        encode(urllib.parse.unquote_to_bytes(path), keep=b"/"),
        _canonical_query(query),
        _canonical_headers(headers, signed),
        ";".join(signed),
        payload_hash])


def sign(credentials, method, raw_target, headers, payload_hash, amz_date, signed=None):
    """Signs a request whose header fields are a list of pairs; all of them, unless told."""
    if signed is None:
        signed = sorted({n.lower() for n, _ in headers})
    canonical = canonical_request(method, raw_target, headers, signed, payload_hash)
    scope = scope_of(credentials, amz_date)
    string = "\n".join([ALGORITHM, amz_date, scope,
                        hashlib.sha256(canonical.encode()).hexdigest()])
    signature = _hmac(signing_key(credentials, amz_date), string).hex()
    return Signed(signature, ";".join(signed), scope, amz_date, canonical, string)


def authorization(credentials, signed):
    return (f"{ALGORITHM} Credential={credentials.access_key}/{signed.scope}, "
            f"SignedHeaders={signed.signed_headers}, Signature={signed.signature}")


def header_auth(credentials, method, raw_target, headers=(), body=b"", *, host,
                payload_hash=None, amz_date=None, signed=None):
    """The header fields of a signed request: Host, the given ones, the signature's own.

    Returns them with the Signed. Without `payload_hash` the body's SHA-256 is signed.
    """
    amz_date = amz_date or now()
    payload_hash = payload_hash or hashlib.sha256(body).hexdigest()
    fields = [("Host", host), *headers, ("x-amz-content-sha256", payload_hash),
              ("x-amz-date", amz_date)]
    made = sign(credentials, method, raw_target, fields, payload_hash, amz_date, signed)
    return [*fields, ("Authorization", authorization(credentials, made))], made


def presign(credentials, method, raw_target, *, host, expires_s=300, headers=(), amz_date=None,
            payload_hash=UNSIGNED_PAYLOAD):
    """The target with its signature in the query. `headers` are the further ones it signs."""
    amz_date = amz_date or now()
    fields = [("Host", host), *headers]
    names = ";".join(sorted({n.lower() for n, _ in fields}))
    scope = scope_of(credentials, amz_date)
    query = "&".join(f"{n}={encode(v)}" for n, v in (
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", f"{credentials.access_key}/{scope}"),
        ("X-Amz-Date", amz_date),
        ("X-Amz-Expires", str(expires_s)),
        ("X-Amz-SignedHeaders", names)))
    with_query = raw_target + ("&" if "?" in raw_target else "?") + query
    made = sign(credentials, method, with_query, fields, payload_hash, amz_date)
    return f"{with_query}&X-Amz-Signature={made.signature}"


class Chunks:
    """The framing of aws-chunked, signed or not: chunk() for each piece, then end().

    The chain of signatures starts at the seed, the signature of the head; `previous` is where
    it stands and may be set to break it.
    """

    def __init__(self, credentials, seed, *, is_signed=True):
        self.key = signing_key(credentials, seed.amz_date)
        self.prefix = (seed.amz_date, seed.scope)
        self.previous = seed.signature
        self.is_signed = is_signed

    def _next(self, algorithm, *parts):
        self.previous = _hmac(self.key, "\n".join(
            [algorithm, *self.prefix, self.previous, *parts])).hex()
        return self.previous

    def signature(self, data):
        """Moves the chain one chunk on and returns the signature there."""
        return self._next("AWS4-HMAC-SHA256-PAYLOAD", EMPTY_SHA256,
                          hashlib.sha256(data).hexdigest())

    def trailer_signature(self, trailers):
        lines = "".join(f"{n.lower()}:{v}\n" for n, v in trailers)
        return self._next("AWS4-HMAC-SHA256-TRAILER", hashlib.sha256(lines.encode()).hexdigest())

    def head(self, data):
        """The line before a chunk's bytes."""
        size = f"{len(data):x}"
        if self.is_signed:
            size += f";chunk-signature={self.signature(data)}"
        return f"{size}\r\n".encode()

    def chunk(self, data):
        return self.head(data) + data + b"\r\n"

    def end(self, trailers=()):
        """The final chunk of no bytes with the trailer fields, if any."""
        out = [self.head(b"")]
        out += [f"{n}:{v}\r\n".encode() for n, v in trailers]
        if trailers and self.is_signed:
            made = self.trailer_signature(trailers)
            out.append(f"x-amz-trailer-signature:{made}\r\n".encode())
        return b"".join(out) + b"\r\n"


def pieces(body, size):
    return [body[i:i + size] for i in range(0, len(body), size)]


def streaming(credentials, method, raw_target, body, *, host, mode=STREAMING_SIGNED,
              chunk_size=64 * 1024, trailers=(), headers=(), amz_date=None):
    """A streamed request: its header fields, its framed body and the Signed of its head."""
    fields = [*headers, ("Content-Encoding", "aws-chunked"),
              ("x-amz-decoded-content-length", str(len(body)))]
    if trailers:
        fields.append(("x-amz-trailer", ",".join(n for n, _ in trailers)))
    fields, seed = header_auth(credentials, method, raw_target, fields, host=host,
                               payload_hash=mode, amz_date=amz_date)
    chunks = Chunks(credentials, seed, is_signed=mode != STREAMING_UNSIGNED_TRAILER)
    framed = b"".join(chunks.chunk(p) for p in pieces(body, chunk_size)) + chunks.end(trailers)
    return fields, framed, seed
