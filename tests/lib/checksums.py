# SPDX-License-Identifier: Apache-2.0
"""The checksums of S3, computed here so that no client's library vouches for itself."""

import base64
import hashlib
import zlib


def _reflected_table(polynomial):
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (polynomial if value & 1 else 0)
        table.append(value)
    return table


CRC32C_TABLE = _reflected_table(0x82F63B78)
CRC64NVME_TABLE = _reflected_table(0x9A6C9329AC4BC9B5)


def _crc(data, table, ones):
    value = ones
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ ones


def crc32(data):
    return zlib.crc32(data).to_bytes(4, "big")


def crc32c(data):
    return _crc(data, CRC32C_TABLE, 0xFFFFFFFF).to_bytes(4, "big")


def crc64nvme(data):
    return _crc(data, CRC64NVME_TABLE, 0xFFFFFFFFFFFFFFFF).to_bytes(8, "big")


def sha1(data):
    return hashlib.sha1(data).digest()


def sha256(data):
    return hashlib.sha256(data).digest()


ALGORITHMS = {"CRC32": crc32, "CRC32C": crc32c, "CRC64NVME": crc64nvme, "SHA1": sha1,
              "SHA256": sha256}


def b64(algorithm, data):
    """The checksum as headers and XML carry it."""
    return base64.b64encode(ALGORITHMS[algorithm](data)).decode()


def composite(algorithm, parts):
    """The checksum of a composite multipart object: that of its parts' checksums, and how many."""
    digests = b"".join(ALGORITHMS[algorithm](part) for part in parts)
    return f"{b64(algorithm, digests)}-{len(parts)}"


def md5_b64(data):
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def etag(data):
    """The ETag of an object put in one piece, quotes included."""
    return f'"{hashlib.md5(data).hexdigest()}"'


def multipart_etag(parts):
    digests = b"".join(hashlib.md5(part).digest() for part in parts)
    return f'"{hashlib.md5(digests).hexdigest()}-{len(parts)}"'
