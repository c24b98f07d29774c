# SPDX-License-Identifier: Apache-2.0
"""T01 to T12: signatures and payloads. Each refusal is checked to have changed nothing."""

import base64
import datetime
import hashlib
import zlib

import pytest

from lib import rawhttp, sigv4

pytestmark = pytest.mark.usefixtures("unharmed")

OLD = b"the old object"
BODY = b"x" * 20_000


@pytest.fixture
def old(victim, bucket):
    """A bucket with an object `k` that is the same afterwards, and nothing else."""
    assert rawhttp.request(victim, "PUT", f"/{bucket}/k", body=OLD).status == 200
    yield bucket
    assert rawhttp.request(victim, "GET", f"/{bucket}/k").body == OLD
    listed = rawhttp.request(victim, "GET", f"/{bucket}?list-type=2").xml
    assert [e.text for e in listed.iter("Key")] == ["k"]


def refused(response, *codes):
    assert response.code in codes, (response.status, response.body)
    assert 400 <= response.status < 500
    return response


def signed_put(victim, target, extra=(), body=BODY, **how):
    fields, _ = sigv4.header_auth(victim.credentials, "PUT", target, extra, body,
                                  host=victim.netloc, **how)
    return fields


def send_put(victim, target, fields, body=BODY):
    data = rawhttp.head("PUT", target, [*fields, ("Content-Length", str(len(body)))]) + body
    return rawhttp.exchange(victim, data, "PUT")


# --- T01 --------------------------------------------------------------------------------------

UNSIGNED_HEADERS = [
    ("x-amz-meta-colour", "red"), ("x-amz-tagging", "a=b"), ("x-amz-acl", "private"),
    ("x-amz-acl", "public-read"), ("x-amz-copy-source", "/other/key"),
    ("x-amz-object-lock-mode", "COMPLIANCE"), ("x-amz-storage-class", "STANDARD_IA"),
    ("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-unheard-of", "1"), ("X-AMZ-Meta-Case", "1"),
]


@pytest.mark.parametrize("header", UNSIGNED_HEADERS, ids=lambda h: h[0])
def test_t01_an_amz_header_that_is_not_signed_is_refused(victim, old, header):
    fields = [*signed_put(victim, f"/{old}/k"), header]
    assert refused(send_put(victim, f"/{old}/k", fields), "AccessDenied").status == 403


@pytest.mark.parametrize("header", UNSIGNED_HEADERS, ids=lambda h: h[0])
def test_t01_nor_with_a_presigned_url(victim, old, header):
    target = sigv4.presign(victim.credentials, "PUT", f"/{old}/k", host=victim.netloc)
    fields = [("Host", victim.netloc), header]
    assert refused(send_put(victim, target, fields), "AccessDenied").status == 403


# --- T02, T03 ---------------------------------------------------------------------------------


def unsigned_trailer(victim, target, secret=None, body=BODY):
    checksum = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
    credentials = sigv4.Credentials(victim.access_key, secret or victim.secret_key)
    fields, framed, _ = sigv4.streaming(
        credentials, "PUT", target, body, host=victim.netloc,
        mode=sigv4.STREAMING_UNSIGNED_TRAILER, trailers=[("x-amz-checksum-crc32", checksum)])
    return send_put(victim, target, fields, framed)


def test_t02_an_unsigned_trailer_needs_a_right_signature(victim, old):
    refused(unsigned_trailer(victim, f"/{old}/k", "wrong-secret-wrong-secret"),
            "SignatureDoesNotMatch")


def test_t02_also_on_upload_part(victim, old):
    upload = rawhttp.request(victim, "POST", f"/{old}/part?uploads").xml.findtext("UploadId")
    target = f"/{old}/part?partNumber=1&uploadId={upload}"
    refused(unsigned_trailer(victim, target, "wrong-secret-wrong-secret"), "SignatureDoesNotMatch")
    parts = rawhttp.request(victim, "GET", f"/{old}/part?uploadId={upload}").xml
    assert not list(parts.iter("Part"))
    assert unsigned_trailer(victim, target).status == 200


def test_t02_also_with_credentials_in_the_query(victim, old):
    wrong = sigv4.Credentials(victim.access_key, "wrong-secret-wrong-secret")
    framed = b"%x\r\n%s\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n" % (len(BODY), BODY)
    extra = [("x-amz-content-sha256", sigv4.STREAMING_UNSIGNED_TRAILER),
             ("x-amz-decoded-content-length", str(len(BODY))),
             ("x-amz-trailer", "x-amz-checksum-crc32"), ("Content-Encoding", "aws-chunked")]
    target = sigv4.presign(wrong, "PUT", f"/{old}/k", host=victim.netloc, headers=extra,
                           payload_hash=sigv4.STREAMING_UNSIGNED_TRAILER)
    refused(send_put(victim, target, [("Host", victim.netloc), *extra], framed),
            "SignatureDoesNotMatch")


def test_t02_also_with_a_bearer_token_or_none(victim, old):
    for authorization in ([("Authorization", "Bearer token")], []):
        fields = [("Host", victim.netloc), *authorization,
                  ("x-amz-content-sha256", sigv4.STREAMING_UNSIGNED_TRAILER),
                  ("x-amz-decoded-content-length", "5"), ("x-amz-date", sigv4.now())]
        response = send_put(victim, f"/{old}/k", fields, b"5\r\nhello\r\n0\r\n\r\n")
        refused(response, "AccessDenied", "InvalidArgument", "InvalidRequest")


@pytest.mark.parametrize("mode", [sigv4.STREAMING_SIGNED, sigv4.STREAMING_SIGNED_TRAILER,
                                  sigv4.STREAMING_UNSIGNED_TRAILER])
@pytest.mark.parametrize("operation", [("GET", "/{b}/k"), ("DELETE", "/{b}/k"),
                                       ("POST", "/{b}?delete"), ("POST", "/{b}/k?uploads"),
                                       ("PUT", "/{b}x")], ids=lambda o: " ".join(o))
def test_t03_a_streaming_mode_where_no_object_body_belongs_is_refused(victim, old, mode, operation):
    method, target = operation[0], operation[1].format(b=old)
    extra = [("x-amz-decoded-content-length", "0")]
    fields, _ = sigv4.header_auth(victim.credentials, method, target, extra, host=victim.netloc,
                                  payload_hash=mode)
    data = rawhttp.head(method, target, [*fields, ("Content-Length", "0")])
    refused(rawhttp.exchange(victim, data, method), "InvalidRequest")


# --- T04: the chain of signed chunks ----------------------------------------------------------


def streamed(victim, target, framed, fields):
    return send_put(victim, target, fields, framed)


def pieces_of(victim, bucket, body=BODY, chunk=8192, key="k"):
    """A streamed put taken apart: head fields, the chain, and the chunks' bytes."""
    target = f"/{bucket}/{key}"
    fields, _framed, seed = sigv4.streaming(victim.credentials, "PUT", target, body,
                                            host=victim.netloc)
    return target, fields, sigv4.Chunks(victim.credentials, seed), sigv4.pieces(body, chunk)


def test_t04_a_wrong_chunk_in_the_middle_is_refused(victim, old):
    target, fields, chain, chunks = pieces_of(victim, old)
    framed = [chain.chunk(c) for c in chunks] + [chain.end()]
    framed[1] = framed[1].replace(b"xxxx", b"yxxx", 1)
    refused(streamed(victim, target, b"".join(framed), fields), "SignatureDoesNotMatch")


def test_t04_a_wrong_signature_of_the_final_chunk_is_refused(victim, old):
    target, fields, chain, chunks = pieces_of(victim, old)
    framed = b"".join(chain.chunk(c) for c in chunks)
    chain.previous = "0" * 64
    refused(streamed(victim, target, framed + chain.end(), fields), "SignatureDoesNotMatch")


def test_t04_a_missing_final_chunk_is_refused(victim, old):
    target, fields, chain, chunks = pieces_of(victim, old)
    framed = b"".join(chain.chunk(c) for c in chunks)
    refused(streamed(victim, target, framed, fields), "IncompleteBody", "SignatureDoesNotMatch",
            "InvalidRequest")


def test_t04_a_chain_that_starts_again_is_refused(victim, old):
    target, fields, chain, chunks = pieces_of(victim, old)
    seed = chain.previous
    framed = []
    for c in chunks:
        chain.previous = seed
        framed.append(chain.chunk(c))
    refused(streamed(victim, target, b"".join(framed) + chain.end(), fields),
            "SignatureDoesNotMatch")


def test_t04_chunks_of_another_request_are_refused(victim, old):
    # Another key: two requests of the same second that differ in their chunks alone share a seed.
    _target, _fields, other, chunks = pieces_of(victim, old, b"z" * 20_000, key="other")
    framed = b"".join(other.chunk(c) for c in chunks) + other.end()
    target, fields, _chain, _chunks = pieces_of(victim, old)
    refused(streamed(victim, target, framed, fields), "SignatureDoesNotMatch")


@pytest.mark.parametrize("size", [b"ffffffffffffffff", b"10000000000000000", b"-1", b"0x10", b"",
                                  b" 5", b"5 ", b"g", b"7fffffffffffffff"])
def test_t04_a_chunk_size_that_is_none_or_overflows_is_refused(victim, old, size):
    target, fields, chain, chunks = pieces_of(victim, old)
    framed = size + b";chunk-signature=" + b"0" * 64 + b"\r\n" + chunks[0] + b"\r\n"
    response = streamed(victim, target, framed, fields)
    assert 400 <= response.status < 500 and response.code


def test_t04_a_tiny_chunk_that_is_not_the_last_is_refused(victim, old):
    target, fields, chain, chunks = pieces_of(victim, old, chunk=8000)
    framed = b"".join(chain.chunk(c) for c in chunks) + chain.end()
    refused(streamed(victim, target, framed, fields), "InvalidChunkSizeError")


def test_t04_a_chunk_header_split_at_every_offset_is_understood(victim, bucket):
    body = b"x" * 8192 + b"tail"
    target = f"/{bucket}/split"
    whole, framed, _ = sigv4.streaming(victim.credentials, "PUT", target, body,
                                       host=victim.netloc, chunk_size=8192)
    first_header = framed.index(b"\r\n") + 2
    second_header = first_header + 8192 + 2
    for at in [*range(1, first_header), *range(second_header - 2, second_header + 90)]:
        with rawhttp.Connection(victim) as c:
            c.send(rawhttp.head("PUT", target, [*whole, ("Content-Length", str(len(framed)))])
                   + framed[:at])
            c.send(framed[at:])
            assert c.receive("PUT").status == 200, at
    assert rawhttp.request(victim, "GET", target).body == body


# --- T05: trailers ----------------------------------------------------------------------------

CRC = base64.b64encode(zlib.crc32(BODY).to_bytes(4, "big")).decode()


def trailed(victim, bucket, trailers, announce="x-amz-checksum-crc32", tail=None, decoded=len(BODY)):
    target = f"/{bucket}/k"
    extra = [("Content-Encoding", "aws-chunked")]
    if decoded is not None:
        extra.append(("x-amz-decoded-content-length", str(decoded)))
    if announce:
        extra.append(("x-amz-trailer", announce))
    fields, _ = sigv4.header_auth(victim.credentials, "PUT", target, extra, host=victim.netloc,
                                  payload_hash=sigv4.STREAMING_UNSIGNED_TRAILER)
    end = b"".join(f"{n}:{v}\r\n".encode() for n, v in trailers) + b"\r\n" if tail is None else tail
    return send_put(victim, target, fields, b"%x\r\n%s\r\n0\r\n" % (len(BODY), BODY) + end)


def test_t05_a_trailer_that_was_not_announced_is_refused(victim, old):
    refused(trailed(victim, old, [("x-amz-checksum-crc32", CRC)], announce=None),
            "MalformedTrailerError", "InvalidRequest")
    refused(trailed(victim, old, [("x-amz-checksum-sha256", "A" * 43 + "=")]),
            "MalformedTrailerError", "InvalidRequest")
    refused(trailed(victim, old, [("x-amz-checksum-crc32", CRC), ("x-amz-meta-more", "1")]),
            "MalformedTrailerError", "InvalidRequest")


def test_t05_an_announced_trailer_that_does_not_come_is_refused(victim, old):
    refused(trailed(victim, old, []), "MalformedTrailerError", "InvalidRequest", "IncompleteBody")


def test_t05_a_trailer_that_comes_twice_is_refused(victim, old):
    refused(trailed(victim, old, [("x-amz-checksum-crc32", CRC)] * 2), "MalformedTrailerError",
            "InvalidRequest")


def test_t05_a_wrong_trailer_value_is_refused(victim, old):
    refused(trailed(victim, old, [("x-amz-checksum-crc32", "AAAAAA==")]), "BadDigest")
    refused(trailed(victim, old, [("x-amz-checksum-crc32", "no base64")]), "BadDigest",
            "InvalidRequest", "MalformedTrailerError", "InvalidDigest")


def test_t05_a_wrong_trailer_signature_is_refused(victim, old):
    target = f"/{old}/k"
    fields, framed, _ = sigv4.streaming(
        victim.credentials, "PUT", target, BODY, host=victim.netloc,
        mode=sigv4.STREAMING_SIGNED_TRAILER, trailers=[("x-amz-checksum-crc32", CRC)])
    at = framed.rindex(b"trailer-signature:") + len(b"trailer-signature:")
    bent = framed[:at] + (b"0" if framed[at:at + 1] != b"0" else b"1") + framed[at + 1:]
    refused(send_put(victim, target, fields, bent), "SignatureDoesNotMatch")
    cut = framed[:framed.rindex(b"x-amz-trailer-signature:")] + b"\r\n"
    refused(send_put(victim, target, fields, cut), "SignatureDoesNotMatch",
            "MalformedTrailerError", "IncompleteBody")


def test_t05_a_decoded_length_that_is_missing_or_wrong_is_refused(victim, old):
    trailer = [("x-amz-checksum-crc32", CRC)]
    assert refused(trailed(victim, old, trailer, decoded=None), "MissingContentLength").status == 411
    for wrong in (0, 1, len(BODY) - 1, len(BODY) + 1, 1 << 40):
        response = trailed(victim, old, trailer, decoded=wrong)
        assert response.code and 400 <= response.status < 500, wrong
    for nonsense in ("-1", "abc", "1e3", "18446744073709551616"):
        response = trailed(victim, old, trailer, decoded=nonsense)
        assert response.code and 400 <= response.status < 500, nonsense


# --- T06 --------------------------------------------------------------------------------------


def test_t06_aws_chunked_without_content_length_is_served(victim, bucket):
    target = f"/{bucket}/k"
    fields, framed, _ = sigv4.streaming(
        victim.credentials, "PUT", target, BODY, host=victim.netloc,
        mode=sigv4.STREAMING_UNSIGNED_TRAILER, trailers=[("x-amz-checksum-crc32", CRC)])
    wire = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in sigv4.pieces(framed, 777)) + b"0\r\n\r\n"
    data = rawhttp.head("PUT", target, [*fields, ("Transfer-Encoding", "chunked")]) + wire
    assert rawhttp.exchange(victim, data, "PUT").status == 200
    got = rawhttp.request(victim, "GET", target)
    assert got.body == BODY and got.get("Content-Encoding") is None


# --- T07 --------------------------------------------------------------------------------------


def test_t07_a_form_post_is_not_authenticated_by_being_one(victim, old):
    boundary = "b0undary"
    form = (f"--{boundary}\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nforged\r\n"
            f"--{boundary}\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\ndata\r\n"
            f"--{boundary}--\r\n").encode()
    for target in (f"/{old}", f"/{old}/", f"/{old}?delete"):
        data = rawhttp.head("POST", target, [
            ("Host", victim.netloc), ("Content-Type", f"multipart/form-data; boundary={boundary}"),
            ("Content-Length", str(len(form)))]) + form
        response = rawhttp.exchange(victim, data, "POST")
        assert response.status in (400, 403, 405, 501) and response.code, target


# --- T09: SignedHeaders and the canonical request ----------------------------------------------


def test_t09_a_list_of_signed_headers_that_is_malformed_is_refused(victim, old):
    fields = signed_put(victim, f"/{old}/k")
    good = dict(fields)["Authorization"]
    names = good.split("SignedHeaders=")[1].split(",")[0]
    for bent in ("", ";", names + ";", ";" + names, names.replace(";", ";;", 1),
                 ";".join(reversed(names.split(";"))), names + ";" + names,
                 names.replace("host;", ""), names.upper(), names.replace(";", " ")):
        header = good.replace(f"SignedHeaders={names}", f"SignedHeaders={bent}")
        others = [(n, v) for n, v in fields if n != "Authorization"]
        response = send_put(victim, f"/{old}/k", [*others, ("Authorization", header)])
        assert response.status in (400, 403) and response.code, bent


def test_t09_a_missing_host_in_the_signature_is_refused_even_if_it_is_right(victim, old):
    fields = signed_put(victim, f"/{old}/k", signed=["x-amz-content-sha256", "x-amz-date"])
    response = send_put(victim, f"/{old}/k", fields)
    assert response.status in (400, 403) and response.code


def test_t09_expect_may_be_signed(victim, bucket):
    fields = signed_put(victim, f"/{bucket}/k", [("Expect", "100-continue")])
    assert send_put(victim, f"/{bucket}/k", fields).status == 200


def test_t09_inner_spaces_of_a_signed_value_are_one(victim, bucket):
    fields = signed_put(victim, f"/{bucket}/k", [("x-amz-meta-a", "one two")])
    spaced = [(n, "one    two" if n == "x-amz-meta-a" else v) for n, v in fields]
    assert send_put(victim, f"/{bucket}/k", spaced).status == 200


def test_t09_a_raw_semicolon_in_the_query_is_part_of_its_value(victim, bucket):
    target = f"/{bucket}?list-type=2&prefix=a;b"
    fields, _ = sigv4.header_auth(victim.credentials, "GET", target, host=victim.netloc)
    response = rawhttp.exchange(victim, rawhttp.head("GET", target, fields))
    assert response.status == 200 and response.xml.findtext("Prefix") == "a;b"


def test_t09_the_same_parameter_twice_is_not_half_signed(victim, old):
    target = sigv4.presign(victim.credentials, "GET", f"/{old}/k", host=victim.netloc)
    for extra in ("&X-Amz-Expires=604800", "&X-Amz-Signature=" + "0" * 64, "&versionId=null"):
        head = rawhttp.head("GET", target + extra, [("Host", victim.netloc)])
        response = rawhttp.exchange(victim, head)
        assert response.status in (400, 403) and response.code, extra


# --- T10, T12: dates, scopes, keys ------------------------------------------------------------


def at(seconds):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return sigv4.date_of(when)


@pytest.mark.parametrize("skew", [-16 * 60, 16 * 60, -86400, 86400])
def test_t10_a_date_more_than_15_minutes_off_is_refused(victim, old, skew):
    fields = signed_put(victim, f"/{old}/k", amz_date=at(skew))
    assert refused(send_put(victim, f"/{old}/k", fields), "RequestTimeTooSkewed").status == 403


@pytest.mark.parametrize("skew", [-14 * 60, 14 * 60])
def test_t10_a_date_within_15_minutes_is_fine(victim, bucket, skew):
    fields = signed_put(victim, f"/{bucket}/k", amz_date=at(skew))
    assert send_put(victim, f"/{bucket}/k", fields).status == 200


def presigned_get(victim, bucket, **how):
    target = sigv4.presign(victim.credentials, "GET", f"/{bucket}/k", host=victim.netloc, **how)
    return rawhttp.exchange(victim, rawhttp.head("GET", target, [("Host", victim.netloc)]))


def test_t10_an_expired_presigned_url_is_refused(victim, old):
    refused(presigned_get(victim, old, amz_date=at(-100), expires_s=90), "AccessDenied")
    assert presigned_get(victim, old, amz_date=at(-100), expires_s=200).body == OLD


@pytest.mark.parametrize("expires", [604801, 0, -1, "abc", "", "1e3", 99999999999999999999])
def test_t10_an_expiry_out_of_range_is_refused(victim, old, expires):
    refused(presigned_get(victim, old, expires_s=expires), "AuthorizationQueryParametersError")


def test_t10_a_presigned_url_from_the_future_is_refused(victim, old):
    response = presigned_get(victim, old, amz_date=at(3600), expires_s=604800)
    refused(response, "AccessDenied", "RequestTimeTooSkewed")


@pytest.mark.parametrize("scope", ["{d}/us-east-1/s3", "{d}/us-east-1/ec2/aws4_request",
                                   "{d}/us-east-1/s3/aws4_requests", "20200101/us-east-1/s3/aws4_request",
                                   "us-east-1/s3/aws4_request", "{d}//s3/aws4_request", ""])
def test_t10_a_scope_that_is_malformed_is_refused(victim, old, scope):
    fields = signed_put(victim, f"/{old}/k")
    date = dict(fields)["x-amz-date"][:8]
    good = f"{victim.access_key}/{date}/{victim.region}/s3/aws4_request"
    bent = f"{victim.access_key}/{scope.format(d=date)}"
    fields = [(n, v.replace(good, bent) if n == "Authorization" else v) for n, v in fields]
    response = send_put(victim, f"/{old}/k", fields)
    refused(response, "AuthorizationHeaderMalformed", "SignatureDoesNotMatch")


def test_t10_any_region_is_accepted_unless_one_is_pinned(victim, bucket):
    there = sigv4.Credentials(victim.access_key, victim.secret_key, "eu-central-1")
    fields, _ = sigv4.header_auth(there, "GET", f"/{bucket}", host=victim.netloc)
    assert rawhttp.exchange(victim, rawhttp.head("GET", f"/{bucket}", fields)).status == 200


def test_t10_unknown_and_disabled_keys_are_refused(victim, old):
    unknown = sigv4.Credentials("AKIDNOTTHERE", "secret-secret-secret")
    fields, _ = sigv4.header_auth(unknown, "GET", f"/{old}/k", host=victim.netloc)
    refused(rawhttp.exchange(victim, rawhttp.head("GET", f"/{old}/k", fields)),
            "InvalidAccessKeyId")
    tenant = victim.ctl("key", "list")["keys"][0]["tenant"]
    made = victim.ctl("key", "create", "--tenant", tenant)["key"]
    mine = sigv4.Credentials(made["access_key"], made["secret_key"])

    def get():
        fields, _ = sigv4.header_auth(mine, "GET", f"/{old}/k", host=victim.netloc)
        return rawhttp.exchange(victim, rawhttp.head("GET", f"/{old}/k", fields))

    assert get().body == OLD
    victim.ctl("key", "disable", made["access_key"])
    refused(get(), "InvalidAccessKeyId")
    victim.ctl("key", "enable", made["access_key"])
    assert get().body == OLD
    victim.ctl("key", "delete", made["access_key"])
    refused(get(), "InvalidAccessKeyId")


def test_t12_a_signature_is_for_one_method_path_and_query(victim, old):
    fields, _ = sigv4.header_auth(victim.credentials, "GET", f"/{old}/k", host=victim.netloc)
    for method, target in (("DELETE", f"/{old}/k"), ("GET", f"/{old}/K"), ("GET", f"/{old}"),
                           ("GET", f"/{old}/k?versionId=null"), ("HEAD", f"/{old}/k")):
        response = rawhttp.exchange(victim, rawhttp.head(method, target, fields), method)
        assert response.status == 403, (method, target)


def test_sigv2_is_told_what_to_use_instead(victim, old):
    for target, fields in (
            (f"/{old}/k", [("Authorization", f"AWS {victim.access_key}:c2lnbmF0dXJl")]),
            (f"/{old}/k?AWSAccessKeyId={victim.access_key}&Signature=x&Expires=9999999999", [])):
        head = rawhttp.head("GET", target, [("Host", victim.netloc), *fields])
        response = refused(rawhttp.exchange(victim, head), "InvalidRequest")
        assert b"AWS4-HMAC-SHA256" in response.body


# --- T11: the body is not what was promised ------------------------------------------------------


@pytest.mark.parametrize("size", [100, 100_000, 3_000_000])
def test_t11_a_body_other_than_signed_is_refused_and_the_old_one_stays(victim, old, size):
    body = b"y" * size
    fields = signed_put(victim, f"/{old}/k", body=b"x" + body[1:])
    refused(send_put(victim, f"/{old}/k", fields, body), "XAmzContentSHA256Mismatch")


@pytest.mark.parametrize("size", [100, 100_000])
@pytest.mark.parametrize("header", ["Content-MD5", "x-amz-checksum-crc32", "x-amz-checksum-crc32c",
                                    "x-amz-checksum-crc64nvme", "x-amz-checksum-sha1",
                                    "x-amz-checksum-sha256"])
def test_t11_a_body_that_fails_its_checksum_is_refused(victim, old, header, size):
    lengths = {"Content-MD5": 16, "x-amz-checksum-crc64nvme": 8, "x-amz-checksum-sha1": 20,
               "x-amz-checksum-sha256": 32}
    wrong = base64.b64encode(b"\1" * lengths.get(header, 4)).decode()
    body = b"y" * size
    fields = signed_put(victim, f"/{old}/k", [(header, wrong)], body)
    refused(send_put(victim, f"/{old}/k", fields, body), "BadDigest")


@pytest.mark.parametrize("value", ["not base64!", "AAAA", "", hashlib.md5(BODY).hexdigest()])
def test_t11_a_content_md5_that_is_none_is_refused(victim, old, value):
    fields = signed_put(victim, f"/{old}/k", [("Content-MD5", value)])
    refused(send_put(victim, f"/{old}/k", fields), "InvalidDigest")


def test_t11_two_checksums_at_once_are_refused(victim, old):
    fields = signed_put(victim, f"/{old}/k", [("x-amz-checksum-crc32", CRC),
                                              ("x-amz-checksum-crc32c", CRC)])
    refused(send_put(victim, f"/{old}/k", fields), "InvalidRequest")
