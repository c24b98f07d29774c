# SPDX-License-Identifier: Apache-2.0
"""Virtual-host addressing: the bucket in the Host, under each base domain the server knows."""

import contextlib
import socket

import pytest

from clients import s3
from lib import coffer, rawhttp, sigv4

pytestmark = pytest.mark.functional

DOMAIN, SECOND = "s3.coffer.test", "objects.test"


@pytest.fixture(scope="module")
def domain_server():
    if coffer.is_external() or coffer.build_dir() is None:
        pytest.skip("needs a server of its own, started with --domain")
    running = coffer.start(args=["--domain", DOMAIN, "--domain", SECOND])
    with contextlib.closing(running):
        yield running


@pytest.fixture
def path_client(domain_server):
    return s3.client(domain_server)


@pytest.fixture
def own_bucket(path_client, bucket_name):
    path_client.create_bucket(Bucket=bucket_name)
    return bucket_name


def ask(server, method, target, host, body=b""):
    fields, _ = sigv4.header_auth(server.credentials, method, target, body=body, host=host)
    if method == "PUT":
        fields.append(("Content-Length", str(len(body))))
    return rawhttp.exchange(server, rawhttp.head(method, target, fields) + body, method)


@pytest.mark.parametrize("host", ["{bucket}." + DOMAIN, "{bucket}." + DOMAIN + ":9000",
                                  "{bucket}." + SECOND])
def test_object_lives_under_the_bucket_s_host(domain_server, path_client, own_bucket, host):
    host = host.format(bucket=own_bucket)
    assert ask(domain_server, "PUT", "/a/b", host, b"body").status == 200
    assert s3.read(path_client, own_bucket, "a/b") == b"body"
    assert ask(domain_server, "GET", "/a/b", host).body == b"body"
    listed = ask(domain_server, "GET", "/?list-type=2", host).xml
    assert [e.text for e in listed.findall("Contents/Key")] == ["a/b"]
    assert ask(domain_server, "DELETE", "/a/b", host).status == 204


def test_bucket_is_made_and_removed_by_host(domain_server, path_client, bucket_name):
    host = f"{bucket_name}.{DOMAIN}"
    assert ask(domain_server, "PUT", "/", host).status == 200
    path_client.head_bucket(Bucket=bucket_name)
    assert ask(domain_server, "DELETE", "/", host).status == 204


def test_base_domain_itself_is_path_style(domain_server, own_bucket):
    listed = ask(domain_server, "GET", "/", DOMAIN).xml
    assert own_bucket in [e.text for e in listed.findall("Buckets/Bucket/Name")]
    assert ask(domain_server, "GET", f"/{own_bucket}", DOMAIN).xml.findtext("Name") == own_bucket


def test_unknown_host_is_path_style(domain_server, own_bucket):
    answer = ask(domain_server, "GET", f"/{own_bucket}", "elsewhere.example")
    assert answer.xml.findtext("Name") == own_bucket


def test_host_is_compared_without_case(domain_server, own_bucket):
    answer = ask(domain_server, "GET", "/", f"{own_bucket}.{DOMAIN.upper()}")
    assert answer.xml.findtext("Name") == own_bucket


def test_bucket_name_with_dots(domain_server, path_client, bucket_name):
    name = f"{bucket_name}.with.dots"
    path_client.create_bucket(Bucket=name)
    assert ask(domain_server, "GET", "/", f"{name}.{DOMAIN}").xml.findtext("Name") == name


def test_host_that_only_ends_like_the_domain(domain_server, own_bucket):
    """`xs3.coffer.test` is no subdomain of `s3.coffer.test`."""
    answer = ask(domain_server, "GET", f"/{own_bucket}", f"x{DOMAIN}")
    assert answer.xml.findtext("Name") == own_bucket


def test_missing_bucket_by_host(domain_server, bucket_name):
    answer = ask(domain_server, "GET", "/k", f"{bucket_name}.{DOMAIN}")
    assert (answer.status, answer.code) == (404, "NoSuchBucket")


def test_key_that_begins_with_the_bucket_name(domain_server, path_client, own_bucket):
    host = f"{own_bucket}.{DOMAIN}"
    assert ask(domain_server, "PUT", f"/{own_bucket}/k", host, b"x").status == 200
    assert s3.keys(path_client.list_objects_v2(Bucket=own_bucket)) == [f"{own_bucket}/k"]


def test_boto3_speaks_it(domain_server, own_bucket, monkeypatch):
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **how: resolve(
        "127.0.0.1" if host.endswith(DOMAIN) else host, *rest, **how))
    named = coffer.Server(f"http://{DOMAIN}:{domain_server.port}", domain_server.access_key,
                          domain_server.secret_key, domain_server.region)
    client = s3.client(named, style="virtual")
    client.put_object(Bucket=own_bucket, Key="a b/\u20ac", Body=b"body")
    assert s3.read(client, own_bucket, "a b/\u20ac") == b"body"
    url = client.generate_presigned_url("get_object", {"Bucket": own_bucket, "Key": "a b/\u20ac"})
    host, _, target = url.removeprefix("http://").partition("/")
    assert host == f"{own_bucket}.{DOMAIN}:{domain_server.port}"
    answer = rawhttp.exchange(domain_server, rawhttp.head("GET", "/" + target, [("Host", host)]))
    assert (answer.status, answer.body) == (200, b"body")
