# SPDX-License-Identifier: Apache-2.0
"""A tenant is backed up while it runs, and made again of that, on this host or another."""

import contextlib
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import threading
import urllib.parse
import xml.etree.ElementTree

import pytest

from lib import coffer, rawhttp, rest

from .conftest import begin_upload, wait_for

KIB, MIB = 1 << 10, 1 << 20
LARGE = 200 * KIB
MANY, EACH = 48, 2 * MIB
WRITERS = 4
WITHOUT = "--without-identities"
BACKUP = ("tenant", "backup", WITHOUT)
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
     "Resource": "arn:aws:s3:::{bucket}/public/*"}]}, separators=(",", ":"))
NO_BLOCK = b"<PublicAccessBlockConfiguration></PublicAccessBlockConfiguration>"


@pytest.fixture
def tenant(server, elsewhere, bucket_name):
    """A tenant's server, with one bucket of the tenant's name; gone from both hosts afterwards."""
    made = server.add_tenant(bucket_name)
    assert rawhttp.request(made, "PUT", f"/{bucket_name}").status == 200
    made.name = bucket_name
    yield made
    for host in (server, elsewhere):
        names = {t["name"] for t in host.ctl("tenant", "list")["tenants"]}
        for name in names & {bucket_name, again(bucket_name)}:
            host.ctl("tenant", "delete", name, "--with-data")


@pytest.fixture
def place(server, bucket_name):
    return server.dir / f"b-{bucket_name}"


def again(name):
    return f"again-{name}"[:63]


def body_of(key, size=LARGE):
    return hashlib.shake_128(key.encode()).digest(64) * (size // 64)


def put(of, bucket, key, body, headers=()):
    answer = rawhttp.request(of, "PUT", f"/{bucket}/{key}", headers, body)
    assert answer.status == 200, answer.body
    return answer


def fill(tenant, n, size=EACH):
    for i in range(n):
        put(tenant, tenant.name, f"k{i}", body_of(f"{tenant.name}{i}", size))


def backup(server, name, place, *options):
    return server.ctl(*BACKUP, name, str(place), *options)


def restore(server, place, *options):
    return server.ctl("tenant", "restore", str(place), *options)


def key_of(server, tenant):
    answer = server.ctl("key", "create", "--tenant", tenant)
    key = answer.get("key", answer)
    made = coffer.Server(server.endpoint, key["access_key"], key["secret_key"], server.region,
                         server.rest_endpoint)
    made.name = tenant
    return made


def refused(server, *args):
    """What cofferctl says of a command that it does not carry out."""
    done = server.control(*args)
    assert done.returncode == 1, done
    return done.stderr


def tenants(server):
    return {t["name"] for t in server.ctl("tenant", "list")["tenants"]}


def keys(of, bucket):
    found, token = [], None
    while True:
        more = f"&continuation-token={urllib.parse.quote(token, safe='')}" if token else ""
        answer = rawhttp.request(of, "GET", f"/{bucket}?list-type=2{more}")
        assert answer.status == 200, answer.body
        tree = xml.etree.ElementTree.fromstring(answer.body)
        found += [e.text for e in tree.iterfind("{*}Contents/{*}Key")]
        token = tree.findtext("{*}NextContinuationToken")
        if not token:
            return found


SHOWN = ("etag", "last-modified", "content-type", "content-length", "cache-control",
         "x-amz-meta-a", "x-amz-checksum-crc32", "x-amz-checksum-sha256", "x-amz-checksum-crc64nvme",
         "x-amz-checksum-type", "x-amz-storage-class")


def object_of(of, bucket, key):
    """All that a client can see of it."""
    quoted = urllib.parse.quote(key)
    got = rawhttp.request(of, "GET", f"/{bucket}/{quoted}", [("x-amz-checksum-mode", "ENABLED")])
    attributes = rawhttp.request(of, "GET", f"/{bucket}/{quoted}?attributes", [
        ("x-amz-object-attributes", "ETag,Checksum,ObjectParts,StorageClass,ObjectSize")])
    return (got.status, hashlib.sha256(got.body).hexdigest(), [got.get(h) for h in SHOWN],
            attributes.status, attributes.body)


def all_of(of, bucket):
    return {key: object_of(of, bucket, key) for key in keys(of, bucket)}


def settings_of(server, of, bucket):
    """What else there is to a bucket: its policy, what it blocks, quotas, uploads and figures."""
    usage = server.ctl("tenant", "usage", of.name)
    return [rawhttp.request(of, "GET", f"/{bucket}?policy").body,
            rawhttp.request(of, "GET", f"/{bucket}?publicAccessBlock").body,
            usage["tenants"],
            xml.etree.ElementTree.fromstring(
                rawhttp.request(of, "GET", f"/{bucket}?uploads").body).findtext("{*}Upload/{*}UploadId")]


def put_in_parts(of, bucket, key, headers=()):
    answer = rawhttp.request(of, "POST", f"/{bucket}/{key}?uploads", headers)
    upload = xml.etree.ElementTree.fromstring(answer.body).findtext("{*}UploadId")
    parts = []
    for n, size in enumerate((5 * MIB, 5 * MIB, 1000), 1):
        part = rawhttp.request(of, "PUT", f"/{bucket}/{key}?partNumber={n}&uploadId={upload}",
                               body=body_of(f"{key}{n}", size))
        assert part.status == 200, part.body
        parts.append(f"<Part><PartNumber>{n}</PartNumber><ETag>{part.get('etag')}</ETag></Part>")
    done = rawhttp.request(
        of, "POST", f"/{bucket}/{key}?uploadId={upload}",
        body=f"<CompleteMultipartUpload>{''.join(parts)}</CompleteMultipartUpload>".encode())
    assert done.status == 200, done.body


def variety(server, tenant):
    """Something of every kind that a tenant can keep."""
    bucket = tenant.name
    put(tenant, bucket, "small", b"small", [("x-amz-meta-a", "b"), ("content-type", "text/x-a"),
                                            ("cache-control", "no-store")])
    put(tenant, bucket, "empty", b"")
    put(tenant, bucket, "public/large", body_of("large"), [("x-amz-meta-a", "c")])
    put(tenant, bucket, "a%20b%2F%C3%A9", body_of("strange"))
    put(tenant, bucket, "copy", b"", [("x-amz-copy-source", f"/{bucket}/public/large")])
    put_in_parts(tenant, bucket, "parts")
    put_in_parts(tenant, bucket, "crc32", [("x-amz-checksum-algorithm", "CRC32"),
                                           ("x-amz-checksum-type", "FULL_OBJECT")])
    begin_upload(tenant, bucket, "unfinished")
    assert rawhttp.request(tenant, "PUT", f"/{bucket}?publicAccessBlock",
                           body=NO_BLOCK).status == 200
    policy = POLICY.replace("{bucket}", bucket).encode()
    assert rawhttp.request(tenant, "PUT", f"/{bucket}?policy", body=policy).status in (200, 204)
    server.ctl("bucket", "quota", bucket, "--bytes", "1GiB", "--objects", "1000")
    server.ctl("tenant", "quota", bucket, "--bytes", "2GiB")


def blobs_in(place):
    return [p for p in pathlib.Path(place).glob("blobs/*/*") if not p.name.endswith(".new")]


def start(server, *args):
    return subprocess.Popen(
        [str(server.build / "client" / "cofferctl"), "--socket", str(server.admin_socket), *args],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


# What comes back

def test_what_a_tenant_keeps_is_there_again_on_another_host(server, elsewhere, tenant, place):
    variety(server, tenant)
    told = backup(server, tenant.name, place)
    assert (told["buckets"], told["objects"]) == (1, 7)
    assert server.control("tenant", "verify", str(place)).returncode == 0
    restore(elsewhere, place)
    shown = [h.ctl("tenant", "show", tenant.name)["tenant"] for h in (server, elsewhere)]
    assert shown[0]["canonical_id"] == shown[1]["canonical_id"]
    other = key_of(elsewhere, tenant.name)
    assert all_of(other, tenant.name) == all_of(tenant, tenant.name)
    assert settings_of(elsewhere, other, tenant.name) == settings_of(server, tenant, tenant.name)
    # The bucket's policy lets everybody in there, too, and it works on.
    plain = rawhttp.exchange(other, rawhttp.head("GET", f"/{tenant.name}/public/large",
                                                 [("Host", other.netloc)]))
    assert (plain.status, plain.body) == (200, body_of("large"))
    put(other, tenant.name, "new", body_of("new"))


def test_it_comes_back_under_another_name_once_its_names_are_free(server, tenant, place):
    variety(server, tenant)
    before = all_of(tenant, tenant.name)
    backup(server, tenant.name, place)
    said = refused(server, "tenant", "restore", str(place), "--name", again(tenant.name))
    assert f"Others have buckets of these names: {tenant.name}." in said
    assert "something already" in refused(server, "tenant", "restore", str(place))
    assert again(tenant.name) not in tenants(server)
    assert all_of(tenant, tenant.name) == before
    server.ctl("tenant", "delete", tenant.name, "--with-data")
    restore(server, place, "--name", again(tenant.name))
    assert all_of(key_of(server, again(tenant.name)), tenant.name) == before


class Writer(threading.Thread):
    """Writes one numbered object after another, each when the one before is there; then takes some away."""

    def __init__(self, tenant, number, store=None):
        super().__init__()
        self.tenant, self.number, self.store = tenant, number, store
        self.stop = threading.Event()
        self.written = 0

    def key(self, n):
        return f"w{self.number}-{n:05}"

    def run(self):
        while not self.stop.is_set():
            key = self.key(self.written)
            body = body_of(key, LARGE if self.written % 3 else 640)
            if self.store:
                self.store.put(key, body)
            else:
                put(self.tenant, self.tenant.name, key, body)
            self.written += 1
            # What goes meanwhile is in the backup, or it is not.
            put(self.tenant, self.tenant.name, f"fleeting{self.number}", body)
            rawhttp.request(self.tenant, "DELETE", f"/{self.tenant.name}/fleeting{self.number}")


@contextlib.contextmanager
def writing(server, tenant):
    token = server.ctl("token", "add", f"t-{tenant.name}", "--tenant", tenant.name, "--ttl", "1",
                       "--bucket", tenant.name)["token"]
    store = rest.Store(server.rest_endpoint, token["token"], tenant.name)
    writers = [Writer(tenant, n, store if n % 2 else None) for n in range(WRITERS)]
    for w in writers:
        w.start()
    try:
        yield writers
    finally:
        for w in writers:
            w.stop.set()
        for w in writers:
            w.join()


def test_a_backup_under_load_is_of_one_moment(server, elsewhere, tenant, place):
    with writing(server, tenant) as writers:
        wait_for(lambda: all(w.written > 5 for w in writers))
        backup(server, tenant.name, place)
        second = [w.written for w in writers]
        wait_for(lambda: all(w.written > n + 5 for w, n in zip(writers, second)))
        again_told = backup(server, tenant.name, place)
    assert again_told["copied_blobs"] < again_told["blobs"]
    assert server.control("tenant", "verify", str(place)).returncode == 0
    restore(elsewhere, place)
    other = key_of(elsewhere, tenant.name)
    there = all_of(other, tenant.name)
    for w, at_least in zip(writers, second):
        found = sorted(k for k in there if k.startswith(f"w{w.number}-"))
        # All that was written before some moment, which is after the backup began, and nothing later.
        assert found == [w.key(n) for n in range(len(found))]
        assert at_least <= len(found) <= w.written
    for key in there:
        assert there[key][0] == 200, key
        if key.startswith("w"):
            assert there[key] == object_of(tenant, tenant.name, key)
    figures = elsewhere.ctl("tenant", "usage", tenant.name, "--recount")
    assert figures["tenants"][0]["corrected"] == []


def test_a_second_run_copies_what_has_come_since_and_drops_what_has_gone(server, tenant, place):
    fill(tenant, 8, LARGE)
    first = backup(server, tenant.name, place)
    assert (first["copied_blobs"], first["copied_bytes"]) == (8, 8 * LARGE)
    names = {p.name for p in blobs_in(place)}
    put(tenant, tenant.name, "k0", body_of("other"))
    put(tenant, tenant.name, "small", b"x")
    assert rawhttp.request(tenant, "DELETE", f"/{tenant.name}/k1").status == 204
    second = backup(server, tenant.name, place)
    assert (second["blobs"], second["copied_blobs"], second["copied_bytes"]) == (7, 1, LARGE)
    now = {p.name for p in blobs_in(place)}
    assert (len(now), len(now - names), len(names - now)) == (7, 1, 2)
    assert backup(server, tenant.name, place)["copied_bytes"] == 0
    # One catalog, one list, one manifest.
    assert len([p for p in place.iterdir() if p.is_file()]) == 3


def test_a_tenant_that_has_nothing_comes_back_as_one(server, elsewhere, bucket_name, place):
    server.ctl("tenant", "create", bucket_name, "--display-name", "Nobody much")
    try:
        assert backup(server, bucket_name, place)["buckets"] == 0
        restore(elsewhere, place)
        shown = elsewhere.ctl("tenant", "show", bucket_name)["tenant"]
        assert shown["display_name"] == "Nobody much"
    finally:
        for host in (server, elsewhere):
            host.ctl("tenant", "delete", bucket_name, "--with-data")


# What is in the way

def test_the_backup_is_its_owners_alone(server, tenant, place):
    backup(server, tenant.name, place)
    for path in [place, *place.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path
    place.chmod(0o755)
    assert "not yours alone" in refused(server, *BACKUP, tenant.name, str(place))
    assert "not yours alone" in refused(server, "tenant", "verify", str(place))


@pytest.mark.skipif(os.geteuid() != 0, reason="another owner needs root")
def test_t75_a_backup_of_another_owner_is_refused(server, tenant, place):
    backup(server, tenant.name, place)
    os.chown(place, 4321, 4321)
    for command in (("backup", WITHOUT, tenant.name), ("verify",), ("restore",)):
        assert "not yours alone" in refused(server, "tenant", *command, str(place))


def test_a_directory_of_another_tenant_or_of_something_else_is_refused(server, tenant, place):
    backup(server, tenant.name, place)
    assert "of another tenant" in refused(server, *BACKUP, "default", str(place))
    other = place.with_name("o" + place.name[1:])
    other.mkdir(mode=0o700)
    (other / "notes.txt").write_text("mine")
    assert "notes.txt is in it" in refused(server, *BACKUP, tenant.name, str(other))
    assert (other / "notes.txt").read_text() == "mine"
    assert "There is no tenant nobody" in refused(server, *BACKUP, "nobody", str(other))


def test_t72_no_symbolic_link_is_followed(server, tenant, place):
    fill(tenant, 2, LARGE)
    link = place.with_name("l" + place.name[1:])
    target = place.with_name("t" + place.name[1:])
    target.mkdir(mode=0o700)
    link.symlink_to(target)
    assert "cannot open" in refused(server, *BACKUP, tenant.name, str(link))
    backup(server, tenant.name, place)
    secret = place.with_name("s" + place.name[1:])
    blob = blobs_in(place)[0]
    blob.rename(secret)
    for inside, outside in ((blob, secret), (place / "manifest.json", place.with_name("m" + place.name[1:])),
                            (place / "blobs", place.with_name("d" + place.name[1:]))):
        if inside != blob:
            inside.rename(outside)
        inside.symlink_to(outside)
        for command in (("backup", WITHOUT, tenant.name), ("verify",), ("restore",)):
            assert "is in it" in refused(server, "tenant", *command, str(place))
        inside.unlink()
        outside.rename(inside)


def flip(path, at=None):
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if at is None else at] ^= 1
    path.write_bytes(data)


def test_t72_a_bit_that_is_another_is_found_and_nothing_is_made_of_it(server, elsewhere, tenant, place):
    fill(tenant, 3, LARGE)
    backup(server, tenant.name, place)
    for path in [next(place.glob("catalog-*")), next(place.glob("list-*")), place / "manifest.json",
                 blobs_in(place)[-1]]:
        flip(path)
        for command in ("verify", "restore"):
            said = refused(elsewhere, "tenant", command, str(place))
            assert "damaged" in said and path.name in said, said
        # Of a blob it is seen when it is its turn. Until then the tenant is suspended, and nobody sees it.
        if tenant.name in tenants(elsewhere):
            elsewhere.ctl("tenant", "resume", tenant.name)
            assert rawhttp.request(key_of(elsewhere, tenant.name), "GET", f"/{tenant.name}").status == 404
        flip(path)
    assert server.control("tenant", "verify", str(place)).returncode == 0
    restore(elsewhere, place)
    assert all_of(key_of(elsewhere, tenant.name), tenant.name) == all_of(tenant, tenant.name)


def test_a_damaged_blob_of_a_backup_is_copied_anew_when_that_is_asked(server, tenant, place):
    fill(tenant, 3, LARGE)
    backup(server, tenant.name, place)
    flip(blobs_in(place)[0])
    assert backup(server, tenant.name, place)["copied_blobs"] == 0
    told = backup(server, tenant.name, place, "--verify")
    assert (told["copied_blobs"], told["damaged_blobs"]) == (1, 1)
    assert server.control("tenant", "verify", str(place)).returncode == 0


def forge(place, change):
    """The list as somebody else would have written it, with digests that are right."""
    manifest = json.loads((place / "manifest.json").read_text())
    path = place / manifest["list"]["file"]
    path.write_bytes(change(path.read_bytes()))
    manifest["list"].update(bytes=path.stat().st_size,
                            blake2b=hashlib.blake2b(path.read_bytes(), digest_size=32).hexdigest())
    del manifest["digest"]
    text = json.dumps(manifest, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    manifest["digest"] = hashlib.blake2b(text.encode(), digest_size=32).hexdigest()
    (place / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False))


def bend_id(data):
    at = data.index(b"blob ") + 5
    return data[:at] + b"../../../../../../../../etc/pass" + data[at + 32:]


def twice(data):
    at = data.index(b"blob ")
    return data + data[at:data.index(b"\n", at) + 1]


def huge(data):
    return data + b"blob " + b"f" * 32 + b" 9223372036854775807 " + b"0" * 16 + b" " + b"0" * 64 + b"\n"


def no_end(data):
    return data[:-1]


def long_line(data):
    return data + b"bucket " + b"a" * 100_000


@pytest.mark.parametrize("change", [bend_id, twice, huge, no_end, long_line])
def test_t72_a_list_that_no_backup_has_is_refused(server, elsewhere, tenant, place, change):
    fill(tenant, 2, LARGE)
    backup(server, tenant.name, place)
    forge(place, change)
    for command in ("verify", "restore"):
        assert "damaged" in refused(elsewhere, "tenant", command, str(place))
    assert tenant.name not in tenants(elsewhere)


def test_t72_a_list_that_names_fewer_blobs_than_the_catalog_makes_no_tenant(server, elsewhere, tenant, place):
    fill(tenant, 3, LARGE)
    backup(server, tenant.name, place)

    def fewer(data):
        return data[:data.rindex(b"blob ")]

    forge(place, fewer)
    manifest = json.loads((place / "manifest.json").read_text())
    manifest["counts"]["blobs"] -= 1
    manifest["counts"]["blob_bytes"] -= LARGE
    (place / "manifest.json").write_text(json.dumps(manifest))
    forge(place, bytes)
    assert server.control("tenant", "verify", str(place)).returncode == 0
    assert "Not all of it has come" in refused(elsewhere, "tenant", "restore", str(place))
    other = key_of(elsewhere, tenant.name)
    assert rawhttp.request(other, "GET", f"/{tenant.name}").status == 403
    # And were it let in, too.
    elsewhere.ctl("tenant", "resume", tenant.name)
    assert rawhttp.request(other, "GET", f"/{tenant.name}").status == 404
    assert rawhttp.request(other, "PUT", "/anything-else").status == 503
    elsewhere.ctl("tenant", "delete", tenant.name, "--with-data")
    assert not elsewhere.files_of(manifest["tenant"]["name"])


@pytest.fixture
def cramped(bucket_name):
    """A small file system for a backup."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    place = pathlib.Path("/tmp") / f"cramped-{bucket_name}"
    place.mkdir(mode=0o700)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={8 * MIB},mode=0700", "tmpfs",
                              str(place)], capture_output=True, text=True, check=False)
    if mounted.returncode:
        place.rmdir()
        pytest.skip(f"cannot mount a tmpfs here: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)
        place.rmdir()


def test_t58_where_the_backup_has_no_room_the_one_before_stays(server, tenant, cramped):
    fill(tenant, 1)
    backup(server, tenant.name, cramped)
    manifest = (cramped / "manifest.json").read_bytes()
    fill(tenant, 8)
    assert "No space left on device" in refused(server, *BACKUP, tenant.name, str(cramped))
    assert (cramped / "manifest.json").read_bytes() == manifest
    assert rawhttp.request(tenant, "DELETE", f"/{tenant.name}/k7").status == 204


# What is interrupted

@pytest.fixture
def much(tenant):
    fill(tenant, MANY)
    return tenant


def kill_when(process, there, how=signal.SIGKILL):
    wait_for(there, step_s=0.002)
    process.send_signal(how)
    process.communicate()
    return process.returncode


def restore_after_kill(server, place):
    """As soon as stored has noticed that whoever restored before is gone."""
    def is_restored():
        done = server.control("tenant", "restore", str(place))
        assert done.returncode == 0 or "Another restoration of this tenant is under way" in done.stderr
        return done.returncode == 0
    wait_for(is_restored)


def test_t80_a_backup_that_is_killed_leaves_the_one_before_and_goes_on(server, much, place):
    put(much, much.name, "k0", b"small")
    for n in range(1, MANY):
        rawhttp.request(much, "DELETE", f"/{much.name}/k{n}")
    backup(server, much.name, place)
    manifest = (place / "manifest.json").read_bytes()
    fill(much, MANY)
    killed = start(server, *BACKUP, much.name, str(place))
    assert kill_when(killed, lambda: len(blobs_in(place)) > 3) == -signal.SIGKILL
    assert (place / "manifest.json").read_bytes() == manifest
    assert server.control("tenant", "verify", str(place)).returncode == 0
    told = backup(server, much.name, place)
    assert told["blobs"] == MANY and 0 < told["copied_blobs"] <= MANY - 4
    assert server.control("tenant", "verify", str(place)).returncode == 0
    assert not [p for p in place.rglob("*.new")]


def test_who_is_asked_to_stop_says_that_it_can_be_gone_on_with(server, much, place):
    stopped = start(server, *BACKUP, much.name, str(place))
    wait_for(lambda: blobs_in(place), step_s=0.002)
    stopped.send_signal(signal.SIGINT)
    said = stopped.communicate()[1]
    assert stopped.returncode == 1 and "interrupted" in said and "goes on from here" in said
    assert backup(server, much.name, place)["blobs"] == MANY


def test_t80_stored_that_dies_during_a_backup_ends_it_and_it_goes_on(server, much, place):
    running = start(server, *BACKUP, much.name, str(place))
    wait_for(lambda: len(blobs_in(place)) > 3, step_s=0.002)
    server.kill_and_wait("stored")
    said = running.communicate()[1]
    assert running.returncode == 1 and "the server has gone away" in said, said
    told = backup(server, much.name, place)
    assert told["blobs"] == MANY and told["copied_blobs"] < MANY
    assert server.control("tenant", "verify", str(place)).returncode == 0


def stored_blobs(host, before):
    return [p for p in (host.data / "data").glob("tenants/*/blobs/*/*") if p not in before]


@pytest.mark.parametrize("whom", ["cofferctl", "stored"])
def test_t80_a_restoration_that_is_killed_is_gone_on_with(server, elsewhere, much, place, whom):
    backup(server, much.name, place)
    before = set(stored_blobs(elsewhere, ()))
    running = start(elsewhere, "tenant", "restore", str(place))
    wait_for(lambda: len(stored_blobs(elsewhere, before)) > 3, step_s=0.002)
    if whom == "cofferctl":
        running.kill()
    else:
        elsewhere.kill_and_wait("stored")
    running.communicate()
    assert running.returncode != 0
    other = key_of(elsewhere, much.name)
    elsewhere.ctl("tenant", "resume", much.name)
    assert rawhttp.request(other, "GET", f"/{much.name}").status == 404
    assert rawhttp.request(other, "PUT", f"/{much.name}").status == 503
    wait_for(lambda: elsewhere.control("tenant", "restore", str(place)).returncode == 0)
    assert keys(other, much.name) == keys(much, much.name)
    assert all_of(other, much.name) == all_of(much, much.name)


def test_a_restoration_that_only_made_the_tenant_is_gone_on_with(server, elsewhere, tenant, place):
    variety(server, tenant)
    backup(server, tenant.name, place)
    shown = server.ctl("tenant", "show", tenant.name)["tenant"]
    elsewhere.ctl("tenant", "create", tenant.name, "--canonical-id", shown["canonical_id"])
    restore(elsewhere, place)
    other = key_of(elsewhere, tenant.name)
    assert all_of(other, tenant.name) == all_of(tenant, tenant.name)


def test_t72_a_tenant_that_somebody_can_use_is_not_restored_into(server, elsewhere, tenant, place):
    backup(server, tenant.name, place)
    shown = server.ctl("tenant", "show", tenant.name)["tenant"]
    elsewhere.ctl("tenant", "create", tenant.name, "--canonical-id", shown["canonical_id"])
    key_of(elsewhere, tenant.name)
    assert "was there before" in refused(elsewhere, "tenant", "restore", str(place))
    assert elsewhere.ctl("tenant", "show", tenant.name)["tenant"]["keys"] == 1


def test_an_unfinished_restoration_is_of_its_own_backup(server, elsewhere, much, place, bucket_name):
    backup(server, much.name, place)
    server.add_tenant(again(bucket_name))
    another = place.with_name(f"{place.name}-another")
    backup(server, again(bucket_name), another)
    before = set(stored_blobs(elsewhere, ()))
    running = start(elsewhere, "tenant", "restore", str(place))
    assert kill_when(running, lambda: stored_blobs(elsewhere, before))
    said = refused(elsewhere, "tenant", "restore", str(another), "--name", much.name)
    assert f"the tenant {much.name} is there, and has another ID" in said and "--name" in said
    restore_after_kill(elsewhere, place)
    assert keys(key_of(elsewhere, much.name), much.name) == keys(much, much.name)


def test_a_restoration_that_is_given_up_leaves_nothing(server, elsewhere, much, place):
    backup(server, much.name, place)
    before = set(stored_blobs(elsewhere, ()))
    running = start(elsewhere, "tenant", "restore", str(place))
    kill_when(running, lambda: stored_blobs(elsewhere, before))
    identity = elsewhere.ctl("tenant", "show", much.name)["tenant"]["id"]
    elsewhere.ctl("tenant", "delete", much.name, "--with-data")
    assert not elsewhere.files_of(identity)
    restore(elsewhere, place)
    assert keys(key_of(elsewhere, much.name), much.name) == keys(much, much.name)
