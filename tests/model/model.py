# SPDX-License-Identifier: Apache-2.0
"""What an object store is, in the least that says it: buckets of objects and uploads, and what each request gets.

Written from what S3 documents and docs/rest.md says. Model.do() makes an operation happen and yields the
requests that it is and, for each, the answer that is right. Nothing is on a disk, nothing is fast, nothing
happens at the same time as anything else.
"""

import base64
import dataclasses
import hashlib
import json
import re
import urllib.parse
import xml.sax.saxutils

from lib import checksums

from .operations import PAGES_MAX, PART_MIN
from .wire import TOLD_TOKEN, TOLD_UPLOAD, Request

PAGE_MAX = 1000
REST_PAGE = 100
KEY_MAX = 1024
OTHER_ETAG = '"00000000000000000000000000000000"'
DATES = {"past": "Sat, 01 Jan 2000 00:00:00 GMT", "future": "Fri, 01 Jan 2100 00:00:00 GMT", "odd": "yesterday"}
OVERRIDE = ("response-content-type", "text/override")
STATUS = {
    "BadDigest": 400, "BucketAlreadyOwnedByYou": 409, "BucketNotEmpty": 409, "EntityTooSmall": 400,
    "InvalidArgument": 400, "InvalidPart": 400, "InvalidPartNumber": 416, "InvalidPartOrder": 400,
    "InvalidRange": 416, "InvalidRequest": 400, "KeyTooLongError": 400, "MalformedXML": 400,
    "NoSuchBucket": 404, "NoSuchKey": 404, "NoSuchUpload": 404, "PreconditionFailed": 412,
}
REST_MESSAGES = {
    "NoSuchBucket": "The token's bucket does not exist", "PreconditionFailed": "Precondition failed",
    "InvalidRange": "Range not satisfiable",
}


class Moment:
    """A time that the server chose: the first that is told is right, and any other is wrong."""

    def __init__(self):
        self.seconds = None

    def __eq__(self, other):
        if self.seconds is None:
            self.seconds = other
        return self.seconds == other

    def __repr__(self):
        return f"Moment({self.seconds})"


class Refused(Exception):
    """The answer is an error of S3's, with what it says beside its name."""

    def __init__(self, code, extra=(), headers=None):
        super().__init__(code)
        self.code = code
        self.extra = list(extra)
        self.headers = headers or {}


class NotModified(Exception):
    pass


@dataclasses.dataclass
class Object:
    body: bytes
    etag: str
    fields: dict
    checksum: tuple = None			# (algorithm, base64); of anything else CRC64NVME is made
    parts: list = None
    numbers: list = (1,)
    modified: Moment = dataclasses.field(default_factory=Moment)

    @property
    def algorithm(self):
        return self.checksum[0] if self.checksum else "CRC64NVME"


@dataclasses.dataclass
class Part:
    body: bytes
    etag: str
    modified: Moment = dataclasses.field(default_factory=Moment)


@dataclasses.dataclass
class Upload:
    number: int
    bucket: str
    key: str
    fields: dict
    parts: dict = dataclasses.field(default_factory=dict)


def content(n, size):
    """The bytes that operation n puts."""
    block = hashlib.shake_128(str(n).encode()).digest(min(size, 70 << 10))
    return (block * (size // len(block) + 1))[:size] if size else b""


def etag_of(body):
    return f'"{hashlib.md5(body).hexdigest()}"'


def answer(status, headers=None, body=b""):
    return {"status": status, "headers": headers or {}, "body": body}


class Model:
    def __init__(self):
        self.buckets = {"b0": {}}
        self.begun = {}
        self.known = set()		# the numbers of all that ever were
        self.completed = {}		# number: (bucket, key, claims, answer)
        self.last_claims = {}

    def do(self, operation):
        """The requests that the operation is, each with the answer that is right."""
        yield from getattr(self, operation["kind"])(**{k: v for k, v in operation.items() if k != "kind"})

    # --- what requests have in common ------------------------------------------------------------

    def judge(self, request, act):
        """What act() says or raises, as the request's dialect answers it."""
        try:
            if request.key is not None and len(request.key.encode()) > KEY_MAX:
                raise Refused("KeyTooLongError")
            made = act()
        except NotModified as e:
            return answer(304, e.args[0])
        except Refused as e:
            return self.refusal(request, e)
        if request.method == "HEAD":
            made = {**made, "body": b""}
        return made

    def refusal(self, request, e):
        if request.method == "HEAD":
            return answer(STATUS[e.code], e.headers)
        if request.dialect == "rest":
            status = STATUS[e.code]
            message = Anything() if status == 400 else REST_MESSAGES.get(e.code, f"Object {request.key} not found")
            return answer(status, e.headers, {"error": {"code": str(status), "message": message}})
        return answer(STATUS[e.code], e.headers, ("Error", [("Code", e.code), *e.extra]))

    def bucket(self, name):
        if name not in self.buckets:
            raise Refused("NoSuchBucket", [("BucketName", name)])
        return self.buckets[name]

    def object(self, bucket, key):
        found = self.bucket(bucket).get(key)
        if found is None:
            raise Refused("NoSuchKey", [("Key", key)])
        return found

    def find(self, bucket, key):
        return self.buckets.get(bucket, {}).get(key)

    def tag(self, which, bucket, key):
        """The field's value that an operation calls by what it is to be."""
        found = self.find(bucket, key)
        current = found.etag if found else etag_of(b"none")
        return {"current": current, "other": OTHER_ETAG, "*": "*", "list": f"{OTHER_ETAG}, {current}",
                "weak": f"W/{current}"}[which]

    @staticmethod
    def matches(value, etag, weak=False):
        if value == "*":
            return True
        return any(tag == etag or (weak and tag == f"W/{etag}") for tag in value.split(", "))

    def check_write(self, condition, existing, key):
        if condition is None:
            return
        name, value = condition
        if name == "if-match" and existing is None:
            raise Refused("NoSuchKey", [("Key", key)])
        if (name == "if-match" and not self.matches(value, existing.etag)) or (
                name == "if-none-match" and existing is not None and self.matches(value, existing.etag, True)):
            raise Refused("PreconditionFailed", [("Condition", {"if-match": "If-Match",
                                                                "if-none-match": "If-None-Match"}[name])])

    def condition_field(self, condition, bucket, key):
        return (condition[0], self.tag(condition[1], bucket, key)) if condition else None

    # --- writing --------------------------------------------------------------------------------

    def put(self, n, bucket, key, size, fields, condition, digest, checksum, mode, dialect="s3"):
        body = content(n, size)
        condition = self.condition_field(condition, bucket, key)
        if mode == "streaming" or (dialect == "s3" and mode == "chunks"):
            fields = {name: value for name, value in fields.items() if name != "content-encoding"}
        headers = [*fields.items(), *([condition] if condition else [])]
        if digest == "wrong" and (condition or not body or bucket not in self.buckets):
            digest = None		# of two faults either may be told
        if digest:
            headers.append(("content-md5", checksums.md5_b64(body if digest == "right" else body[1:])))
        if checksum:
            checksum = (checksum, checksums.b64(checksum, body))
            headers.append((f"x-amz-checksum-{checksum[0].lower()}", checksum[1]))
        request = Request("PUT", bucket, key, headers=headers, body=body, mode=mode, dialect=dialect)

        def act():
            self.check_write(condition, self.bucket(bucket).get(key), key)
            if digest == "wrong":
                raise Refused("BadDigest")
            made = self.buckets[bucket][key] = Object(body, etag_of(body), dict(fields), checksum)
            if dialect == "rest":
                return answer(200, {"etag": made.etag}, {"key": key, "size": size, "created_at": made.modified})
            return answer(200, {"etag": made.etag, **self.checksum_fields(made)})

        yield request, self.judge(request, act)

    def checksum_fields(self, found):
        named = {f"x-amz-checksum-{found.checksum[0].lower()}": found.checksum[1]} if found.checksum else {}
        return {**named, "x-amz-checksum-type": "FULL_OBJECT"}

    def rest_put(self, bucket, **how):
        yield from self.put(bucket="b0", dialect="rest", **how)

    def delete(self, n, bucket, key, condition, dialect="s3"):
        condition = self.condition_field(condition, bucket, key)
        request = Request("DELETE", bucket, key, headers=[condition] if condition else [], dialect=dialect)

        def act():
            existing = self.bucket(bucket).get(key)
            self.check_write(condition, existing, key)
            if existing is None and dialect == "rest":
                raise Refused("NoSuchKey")
            self.buckets[bucket].pop(key, None)
            return answer(204)

        yield request, self.judge(request, act)

    def rest_delete(self, bucket, **how):
        yield from self.delete(bucket="b0", dialect="rest", **how)

    def delete_objects(self, n, bucket, keys, quiet):
        escape = {"\r": "&#13;", "\n": "&#10;"}
        body = ("<Delete>" + ("<Quiet>true</Quiet>" if quiet else "") + "".join(
            f"<Object><Key>{xml.sax.saxutils.escape(key, escape)}</Key></Object>" for key in keys)
            + "</Delete>").encode()
        request = Request("POST", bucket, query=[("delete", None)], body=body,
                          headers=[("content-md5", checksums.md5_b64(body))])

        def act():
            for key in keys:
                self.bucket(bucket).pop(key, None)
            told = [] if quiet else [("Deleted", [("Key", key)]) for key in keys]
            return answer(200, body=("DeleteResult", told))

        yield request, self.judge(request, act)

    def copy(self, n, bucket, key, source_bucket, source_key, replace, fields, condition):
        headers = list(fields.items()) + ([("x-amz-metadata-directive", "REPLACE")] if replace else [])
        if condition:
            condition = (condition[0], self.tag(condition[1], source_bucket, source_key))
            headers.append((f"x-amz-copy-source-{condition[0]}", condition[1]))
        request = Request("PUT", bucket, key, headers=headers, copied=(source_bucket, source_key))

        def act():
            if (bucket, key) == (source_bucket, source_key) and not replace:
                raise Refused("InvalidRequest")
            self.bucket(bucket)
            source = self.object(source_bucket, source_key)
            if condition and (condition[0] == "if-match") != self.matches(condition[1], source.etag):
                raise Refused("PreconditionFailed", [("Condition", f"x-amz-copy-source-{condition[0]}")])
            made = dataclasses.replace(source, modified=Moment())
            if replace:
                made.fields = dict(fields)
            self.buckets[bucket][key] = made
            return answer(200, body=("CopyObjectResult", [("LastModified", made.modified), ("ETag", made.etag),
                                                          *self.checksum_elements(made)]))

        yield request, self.judge(request, act)

    @staticmethod
    def checksum_elements(found):
        named = [(f"Checksum{found.checksum[0]}", found.checksum[1])] if found.checksum else []
        return [*named, ("ChecksumType", "FULL_OBJECT")]

    # --- reading ----------------------------------------------------------------------------------

    def read(self, method, n, bucket, key, conditions, range, part, if_range, override, checksum_mode,
             dialect="s3"):
        found = self.find(bucket, key)
        conditions = {name: DATES.get(value) or self.tag(value, bucket, key) for name, value in conditions.items()}
        if_range = if_range and (DATES.get(if_range) or self.tag(if_range, bucket, key))
        headers = list(conditions.items())
        headers += [("range", range)] if range else []
        headers += [("if-range", if_range)] if range and if_range else []
        headers += [("x-amz-checksum-mode", "ENABLED")] if checksum_mode and dialect == "s3" else []
        query = [OVERRIDE] if override and dialect == "s3" else []
        query += [("partNumber", part)] if part else []
        request = Request(method, bucket, key, query=query, headers=headers, dialect=dialect)

        def act():
            found = self.object(bucket, key)
            self.check_read(conditions, found)
            ranged = range if not (dialect == "rest" and method == "HEAD") else None
            if ranged and if_range and if_range != found.etag:
                ranged = None
            span = self.span(ranged, found) if ranged else self.part_span(part, found) if part else None
            told = {"etag": found.etag, "last-modified": found.modified, "accept-ranges": "bytes",
                    **self.shown_fields(found, dialect)}
            if found.parts and part and dialect == "s3":
                told["x-amz-mp-parts-count"] = str(len(found.parts))
            if OVERRIDE in query:
                told["content-type"] = OVERRIDE[1]
            body = found.body[span[0]:span[1] + 1] if span else found.body
            told["content-length"] = str(len(body))
            if span and body:
                told["content-range"] = f"bytes {span[0]}-{span[1]}/{len(found.body)}"
            if checksum_mode and dialect == "s3" and (not span or (part and not found.parts)):
                told.update(self.checksum_fields(found))
            # Of an empty part no range can be told, and that there is nothing is told by either.
            status = 200 if not span else 206 if body else Either(200, 206)
            return answer(status, told, body)

        yield request, self.judge(request, act)

    def shown_fields(self, found, dialect):
        if dialect == "s3":
            return {"content-type": "binary/octet-stream", **found.fields}
        return {"content-type": "application/octet-stream",
                **{name: value for name, value in found.fields.items() if not name.startswith("x-amz-")}}

    def check_read(self, conditions, found):
        names = list(conditions)
        failed = Refused("PreconditionFailed", [("Condition", {
            "if-match": "If-Match", "if-none-match": "If-None-Match", "if-unmodified-since": "If-Unmodified-Since"
        }.get(names[0]))] if len([n for n in names if n != "if-modified-since"]) == 1 else []) if names else None
        if "if-match" in conditions:
            if not self.matches(conditions["if-match"], found.etag):
                raise failed
        elif conditions.get("if-unmodified-since") == DATES["past"]:
            raise failed
        if "if-none-match" in conditions:
            unchanged = self.matches(conditions["if-none-match"], found.etag, True)
        else:
            unchanged = conditions.get("if-modified-since") == DATES["future"]
        if unchanged:
            raise NotModified({"etag": found.etag, "last-modified": found.modified})

    def span(self, header, found):
        """(first, last) of the bytes, or None where the header means nothing."""
        size = len(found.body)
        parts = re.fullmatch(r"bytes=(\d*)-(\d*)", header)
        if not parts or parts.groups() == ("", ""):
            return None
        first, last = (int(text) if text else None for text in parts.groups())
        if first is not None and last is not None and last < first:
            return None
        if first is None and last and size:
            return max(size - last, 0), size - 1
        if first is None or first >= size:
            raise Refused("InvalidRange", [("RangeRequested", header), ("ActualObjectSize", str(size))],
                          {"content-range": f"bytes */{size}"})
        return first, min(size - 1 if last is None else last, size - 1)

    @staticmethod
    def part_span(number, found):
        """The same of a part. What was put in one piece is its own first part."""
        sizes = [len(part.body) for part in found.parts] if found.parts else [len(found.body)]
        at = found.numbers.index(number) if number in found.numbers else None
        if at is None:
            count = [("ActualPartCount", str(len(sizes)))] if found.parts else []
            raise Refused("InvalidPartNumber", [("PartNumberRequested", str(number)), *count])
        first = sum(sizes[:at])
        return first, first + sizes[at] - 1

    def get(self, **how):
        yield from self.read("GET", **how)

    def head(self, **how):
        yield from self.read("HEAD", **how)

    def rest_get(self, bucket, **how):
        yield from self.read("GET", bucket="b0", dialect="rest", **how)

    def rest_head(self, bucket, **how):
        yield from self.read("HEAD", bucket="b0", dialect="rest", **how)

    def tags(self, n, bucket, key):
        request = Request("GET", bucket, key, query=[("tagging", None)])

        def act():
            self.object(bucket, key)
            return answer(200, body=("Tagging", [("TagSet", "")]))

        yield request, self.judge(request, act)

    def attributes(self, n, bucket, key):
        request = Request("GET", bucket, key, query=[("attributes", None)],
                          headers=[("x-amz-object-attributes", "ETag,ObjectSize,StorageClass")])

        def act():
            found = self.object(bucket, key)
            return answer(200, {"last-modified": found.modified}, ("GetObjectAttributesResponse", [
                ("ETag", found.etag.strip('"')), ("StorageClass", "STANDARD"), ("ObjectSize", str(len(found.body)))]))

        yield request, self.judge(request, act)

    # --- buckets ----------------------------------------------------------------------------------

    def create_bucket(self, n, bucket):
        request = Request("PUT", bucket)

        def act():
            if bucket in self.buckets:
                raise Refused("BucketAlreadyOwnedByYou", [("BucketName", bucket)])
            if bucket != "missing":
                self.buckets[bucket] = {}
            return answer(200, {"location": f"/{bucket}"})

        if bucket != "missing":
            yield request, self.judge(request, act)

    def delete_bucket(self, n, bucket):
        request = Request("DELETE", bucket)

        def act():
            if self.bucket(bucket):
                raise Refused("BucketNotEmpty", [("BucketName", bucket)])
            del self.buckets[bucket]
            for number in [u.number for u in self.begun.values() if u.bucket == bucket]:
                del self.begun[number]
            self.completed = {u: made for u, made in self.completed.items() if made[0] != bucket}
            return answer(204)

        yield request, self.judge(request, act)

    def head_bucket(self, n, bucket):
        request = Request("HEAD", bucket)

        def act():
            self.bucket(bucket)
            return answer(200, {"x-amz-bucket-region": "us-east-1"})

        yield request, self.judge(request, act)

    def list_buckets(self, n, bucket):
        told = [("Bucket", [("Name", name), ("BucketRegion", "us-east-1")]) for name in self.order(self.buckets)]
        yield Request("GET", own_names=True), answer(200, body=("ListAllMyBucketsResult", [
            ("Buckets", told or ""), ("Prefix", Anything())]))

    # --- lists ------------------------------------------------------------------------------------

    def order(self, keys):
        return sorted(keys, key=str.encode)

    def walk(self, keys, prefix, delimiter, after):
        """(what is listed, whether it is a common prefix), in order, from behind `after` on."""
        found = []
        for key in self.order(keys):
            if not key.startswith(prefix) or key.encode() <= after.encode():
                continue
            at = key.find(delimiter, len(prefix)) if delimiter else -1
            item = (key, False) if at < 0 else (key[:at + len(delimiter)], True)
            if item not in found[-1:] and item != (after, True):
                found.append(item)
        return found

    def page(self, bucket, prefix, delimiter, after, limit):
        """The items of a page, and whether there are more."""
        found = self.walk(self.bucket(bucket), prefix, delimiter, after or "")
        return found[:limit], bool(limit) and len(found) > limit

    @staticmethod
    def shown(text, url):
        return Encoded(text) if url else text

    def items(self, bucket, items, url):
        told = []
        for key, is_prefix in items:
            if is_prefix:
                continue
            found = self.buckets[bucket][key]
            told.append(("Contents", [
                ("Key", self.shown(key, url)), ("LastModified", found.modified), ("ETag", found.etag),
                ("ChecksumAlgorithm", found.algorithm), ("ChecksumType", "FULL_OBJECT"),
                ("Size", str(len(found.body))), ("StorageClass", "STANDARD")]))
        return told + [("CommonPrefixes", [("Prefix", self.shown(key, url))]) for key, is_prefix in items if is_prefix]

    def list_v1(self, n, bucket, prefix, delimiter, after, limit, url, by_token):
        wanted = PAGE_MAX if limit is None else min(limit, PAGE_MAX)
        for _ in range(PAGES_MAX):
            query = [("prefix", prefix), ("delimiter", delimiter)] + ([("marker", after)] if after is not None else [])
            query += [("max-keys", limit)] if limit is not None else []
            query += [("encoding-type", "url")] if url else []
            request = Request("GET", bucket, query=query)
            last = None

            def act():
                nonlocal last
                items, more = self.page(bucket, prefix, delimiter, after, wanted)
                last = items[-1][0] if more else None
                told = [("Name", bucket), ("Prefix", self.shown(prefix, url)), ("Marker", self.shown(after or "", url))]
                told += [("NextMarker", self.shown(last, url))] if more and delimiter else []
                told += [("MaxKeys", str(wanted))]
                told += [("Delimiter", self.shown(delimiter, url))] if delimiter else []
                told += [("EncodingType", "url")] if url else []
                told += [("IsTruncated", "true" if more else "false")]
                return answer(200, body=("ListBucketResult", told + self.items(bucket, items, url)))

            yield request, self.judge(request, act)
            after = last
            if after is None:
                return

    def list_v2(self, n, bucket, prefix, delimiter, after, limit, url, by_token):
        """Goes on with the token that was told, or with start-after, which must be the same."""
        token = None
        wanted = PAGE_MAX if limit is None else min(limit, PAGE_MAX)
        for _ in range(PAGES_MAX):
            query = [("list-type", "2"), ("prefix", prefix), ("delimiter", delimiter)]
            query += [("start-after", after)] if after is not None and not token else []
            query += [("continuation-token", token)] if token else []
            query += [("max-keys", limit)] if limit is not None else []
            query += [("encoding-type", "url")] if url else []
            request = Request("GET", bucket, query=query)
            last = None

            def act():
                nonlocal last
                items, more = self.page(bucket, prefix, delimiter, after, wanted)
                last = items[-1][0] if more else None
                told = [("Name", bucket), ("Prefix", self.shown(prefix, url))]
                told += [("StartAfter", self.shown(after, url))] if after is not None and not token else []
                told += [("ContinuationToken", Anything())] if token else []
                told += [("NextContinuationToken", Anything())] if more else []
                told += [("KeyCount", str(len(items))), ("MaxKeys", str(wanted))]
                told += [("Delimiter", self.shown(delimiter, url))] if delimiter else []
                told += [("EncodingType", "url")] if url else []
                told += [("IsTruncated", "true" if more else "false")]
                return answer(200, body=("ListBucketResult", told + self.items(bucket, items, url)))

            yield request, self.judge(request, act)
            after = last
            token = TOLD_TOKEN if by_token else None
            if after is None:
                return

    def rest_list(self, n, bucket, prefix, after, limit):
        wanted = REST_PAGE if limit is None else min(limit, PAGE_MAX)
        for _ in range(PAGES_MAX):
            query = [("prefix", prefix)] + ([("limit", limit)] if limit is not None else [])
            query += [("cursor", cursor(after))] if after is not None else []
            request = Request("GET", "b0", query=query, dialect="rest")
            last = None

            def act():
                nonlocal last
                items, more = self.page("b0", prefix, "", after, wanted)
                last = items[-1][0] if more else after if wanted == 0 else None
                return answer(200, body={"keys": [key for key, _ in items], "has_more": more or wanted == 0,
                                         "next_cursor": None if last is None else Cursor(last)})

            yield request, self.judge(request, act)
            after = last
            if after is None or wanted == 0:
                return

    # --- uploads ----------------------------------------------------------------------------------

    def begin(self, n, bucket, key, fields):
        request = Request("POST", bucket, key, query=[("uploads", None)], headers=list(fields.items()), begins=n)

        def act():
            self.bucket(bucket)
            self.known.add(n)
            self.begun[n] = Upload(n, bucket, key, dict(fields))
            return answer(200, body=("InitiateMultipartUploadResult", [("Bucket", bucket), ("Key", key),
                                                                       ("UploadId", n)]))

        yield request, self.judge(request, act)

    def upload(self, number, bucket, key):
        self.bucket(bucket)
        found = self.begun.get(number)
        if found is None or (found.bucket, found.key) != (bucket, key):
            raise Refused("NoSuchUpload", [("UploadId", number if number in self.known else 0)])
        return found

    def part(self, n, bucket, key, upload, part, size):
        body = content(n, size)
        request = Request("PUT", bucket, key, query=[("partNumber", part)], body=body, upload=upload,
                          mode="unsigned" if size >= PART_MIN else "signed")

        def act():
            made = self.upload(upload, bucket, key).parts[part] = Part(body, etag_of(body))
            return answer(200, {"etag": made.etag})

        yield request, self.judge(request, act)

    def part_copy(self, n, bucket, key, upload, part, source_bucket, source_key, range):
        headers = [("x-amz-copy-source-range", f"bytes={range[0]}-{range[1]}")] if range else []
        request = Request("PUT", bucket, key, query=[("partNumber", part)], headers=headers, upload=upload,
                          copied=(source_bucket, source_key))

        def act():
            target = self.upload(upload, bucket, key)
            source = self.object(source_bucket, source_key)
            body = source.body
            if range:
                if range[1] >= len(body):
                    raise Refused("InvalidArgument")
                body = body[range[0]:range[1] + 1]
            made = target.parts[part] = Part(body, etag_of(body))
            return answer(200, body=("CopyPartResult", [("LastModified", made.modified), ("ETag", made.etag)]))

        yield request, self.judge(request, act)

    def claims(self, upload, how):
        """The (number, ETag) that a request to complete names."""
        if how == "again" and upload in self.last_claims:
            return self.last_claims[upload]
        found = self.begun.get(upload)
        there = [(number, part.etag) for number, part in sorted(found.parts.items())] if found else []
        if how == "last" and there:
            return there[-1:]
        if how == "wrong" and there:
            return [*there[:-1], (there[-1][0], OTHER_ETAG)]
        if how == "disordered" and len(there) > 1:
            return there[::-1]
        if how == "unknown":
            return [*there[-1:], (10000 if not there or there[-1][0] < 10000 else 10001, OTHER_ETAG)][-1:]
        return there or [(1, OTHER_ETAG)]

    def complete(self, n, bucket, key, upload, how, condition):
        claims = [claim for claim in self.claims(upload, how) if claim[0] <= 10000] or [(1, OTHER_ETAG)]
        condition = self.condition_field(condition, bucket, key)
        body = ("<CompleteMultipartUpload>" + "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{xml.sax.saxutils.escape(tag)}</ETag></Part>"
            for number, tag in claims) + "</CompleteMultipartUpload>").encode()
        request = Request("POST", bucket, key, headers=[condition] if condition else [], body=body, upload=upload)

        def act():
            self.bucket(bucket)
            if upload in self.completed and self.completed[upload][:3] == (bucket, key, claims):
                return self.completed[upload][3]
            found = self.upload(upload, bucket, key)
            if [c[0] for c in claims] != sorted({c[0] for c in claims}):
                raise Refused("InvalidPartOrder")
            for number, tag in claims:
                if number not in found.parts or found.parts[number].etag != tag:
                    raise Refused("InvalidPart")
            parts = [found.parts[number] for number, _ in claims]
            if any(len(part.body) < PART_MIN for part in parts[:-1]):
                raise Refused("EntityTooSmall")
            self.check_write(condition, self.find(bucket, key), key)
            return self.completing(upload, found, claims, parts)

        yield request, self.judge(request, act)

    def completing(self, number, found, claims, parts):
        made = Object(b"".join(part.body for part in parts), checksums.multipart_etag([p.body for p in parts]),
                      found.fields, parts=parts, numbers=[claim[0] for claim in claims])
        self.buckets[found.bucket][found.key] = made
        del self.begun[number]
        told = answer(200, body=("CompleteMultipartUploadResult", [
            ("Location", Anything()), ("Bucket", found.bucket), ("Key", found.key), ("ETag", made.etag),
            ("ChecksumType", "FULL_OBJECT")]))
        self.completed[number] = (found.bucket, found.key, claims, told)
        self.last_claims[number] = claims
        return told

    def abort(self, n, bucket, key, upload):
        request = Request("DELETE", bucket, key, upload=upload)

        def act():
            self.upload(upload, bucket, key)
            del self.begun[upload]
            return answer(204)

        yield request, self.judge(request, act)

    def parts(self, n, bucket, key, upload, limit, after):
        query = [("max-parts", limit)] if limit is not None else []
        query += [("part-number-marker", after)] if after is not None else []
        request = Request("GET", bucket, key, query=query, upload=upload)

        def act():
            found = [p for p in sorted(self.upload(upload, bucket, key).parts.items()) if p[0] > (after or 0)]
            wanted = PAGE_MAX if limit is None else limit
            told = [("Bucket", bucket), ("Key", key), ("UploadId", upload), ("StorageClass", "STANDARD"),
                    ("PartNumberMarker", str(after or 0)),
                    ("NextPartNumberMarker", str(found[:wanted][-1][0] if found else after or 0)),
                    ("MaxParts", str(wanted)), ("IsTruncated", "true" if len(found) > wanted else "false")]
            told += [("Part", [("PartNumber", str(number)), ("LastModified", part.modified), ("ETag", part.etag),
                               ("Size", str(len(part.body)))]) for number, part in found[:wanted]]
            return answer(200, body=("ListPartsResult", told))

        yield request, self.judge(request, act)

    def begun_in(self, bucket, prefix, delimiter, url):
        """The uploads and common prefixes of a list: (key or prefix, the element) in order."""
        by_key = {}
        for upload in self.begun.values():
            if upload.bucket == bucket:
                by_key.setdefault(upload.key, set()).add(upload.number)
        found = []
        for key, is_prefix in self.walk(by_key, prefix, delimiter, ""):
            if is_prefix:
                found.append((key, ("CommonPrefixes", [("Prefix", self.shown(key, url))])))
                continue
            found += [(key, ("Upload", [("Key", self.shown(key, url)), ("UploadId", OneOf(by_key[key])),
                                        ("StorageClass", "STANDARD")]))] * len(by_key[key])
        return found

    def uploads(self, n, bucket, prefix, delimiter, limit, url):
        found, after, wanted = self.begun_in(bucket, prefix, delimiter, url), None, limit or PAGE_MAX
        for at in range(0, len(found) or 1, wanted):
            query = [("uploads", None), ("prefix", prefix), ("delimiter", delimiter)]
            query += [("key-marker", after), ("upload-id-marker", TOLD_UPLOAD)] if after else []
            query += [("max-uploads", limit)] if limit else []
            query += [("encoding-type", "url")] if url else []
            page, more = [item for _, item in found[at:at + wanted]], len(found) > at + wanted
            last = found[at + wanted - 1][0] if more else None

            def act():
                self.bucket(bucket)
                told = [("Bucket", bucket), ("KeyMarker", self.shown(after or "", url)),
                        ("UploadIdMarker", Unknown() if after else "")]
                told += [("NextKeyMarker", self.shown(last, url)), ("NextUploadIdMarker", Unknown())] if more else []
                told += [("Prefix", self.shown(prefix, url))]
                told += [("Delimiter", self.shown(delimiter, url))] if delimiter else []
                told += [("MaxUploads", str(wanted))]
                told += [("EncodingType", "url")] if url else []
                told += [("IsTruncated", "true" if more else "false")]
                told += [item for item in page if item[0] == "Upload"] + [i for i in page if i[0] != "Upload"]
                return answer(200, body=("ListMultipartUploadsResult", told))

            request = Request("GET", bucket, query=query)
            yield request, self.judge(request, act)
            after = last


class Either:
    """One of several, and each is right."""

    def __init__(self, *values):
        self.values = values

    def __eq__(self, other):
        return other in self.values

    def __repr__(self):
        return f"Either{self.values}"


class Unknown:
    """What the model does not know, if there is any."""

    def __eq__(self, other):
        return isinstance(other, str)

    def __repr__(self):
        return "Unknown()"


class Anything:
    """What the model does not know, and what is there all the same."""

    def __eq__(self, other):
        return bool(other)

    def __repr__(self):
        return "Anything()"


class Encoded:
    """A key as encoding-type=url writes it: which bytes are escaped is the server's affair."""

    def __init__(self, text):
        self.text = text

    def __eq__(self, other):
        return isinstance(other, str) and other.isascii() and " " not in other and (
            urllib.parse.unquote_plus(other) == self.text)

    def __repr__(self):
        return f"Encoded({self.text!r})"


class OneOf:
    """One of several, but each once: the uploads of a key are listed in the order of ids that nobody knows."""

    def __init__(self, left):
        self.left = left

    def __eq__(self, other):
        if other not in self.left:
            return False
        self.left.remove(other)
        return True

    def __repr__(self):
        return f"OneOf({self.left})"


def cursor(key):
    return base64.b64encode(json.dumps({"last_key": key}).encode()).decode()


class Cursor:
    """A cursor that says this key, however it spells it."""

    def __init__(self, key):
        self.key = key

    def __eq__(self, other):
        return isinstance(other, str) and json.loads(base64.b64decode(other)) == {"last_key": self.key}

    def __repr__(self):
        return f"Cursor({self.key!r})"
