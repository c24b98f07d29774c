# SPDX-License-Identifier: Apache-2.0
"""What a tenant may have at a time: as operators say it, and as its clients and others meet it.

No test says how fast something must be. Where a limit is to be met, so much is asked that a limit that
does not hold is seen; a tenant that is limited to one request a second gets back one a second, and what
passes beyond its burst is held against the time that went by.
"""

import re
import threading
import time

import pytest

from lib import metrics, rawhttp, rest, sigv4

from .conftest import start, wait_for

KIB, MIB = 1 << 10, 1 << 20
BURST = 20
SIZE = 3 * MIB
OF_REQUESTS = "The tenant's limit of requests per second is reached."
OF_PARALLEL = "The tenant's limit of requests under way is reached."
NONE = {"requests_per_second": None, "burst": None, "bandwidth": None, "parallel": None}
# So much passes before it counts: a tenth of a second for each worker, and a piece for each request.
WORKERS = 2
AT_ONCE_S = 0.1


@pytest.fixture(scope="module")
def server():
    with start("--workers", str(WORKERS)) as running:
        yield running


@pytest.fixture
def acme(server, bucket_name):
    """A tenant with a bucket and a large object in it, which nobody has limited yet."""
    tenant = server.add_tenant(f"t-{bucket_name}"[:40])
    assert rawhttp.request(tenant, "PUT", f"/{bucket_name}").status == 200
    put = rawhttp.request(tenant, "PUT", f"/{bucket_name}/large", body=bytes(range(256)) * (SIZE // 256))
    assert put.status == 200
    tenant.name, tenant.bucket = f"t-{bucket_name}"[:40], bucket_name
    yield tenant
    limit(server, tenant, "--requests-per-second", "none", "--bandwidth", "none", "--parallel", "none")


@pytest.fixture
def store(server, acme):
    token = server.ctl("token", "add", f"r-{acme.bucket}", "--tenant", acme.name, "--ttl", "1",
                       "--bucket", acme.bucket)["token"]
    return rest.Store(server.rest_endpoint, token["token"], acme.bucket)


def limit(server, tenant, *said):
    return server.ctl("tenant", "limits", tenant.name, *said)["tenant"]


def slowed(answer, sentence):
    if answer.status == 200:
        return False
    assert (answer.status, answer.code) == (503, "SlowDown"), answer.body
    assert answer.xml.findtext("Message") == sentence
    assert re.fullmatch(r"[1-9][0-9]*", answer.get("Retry-After"))
    return True


# --- operators --------------------------------------------------------------------------------


def test_limits_are_set_shown_and_taken_away(server, acme):
    assert limit(server, acme)["limits"] == NONE
    told = limit(server, acme, "--requests-per-second", "100", "--burst", "500")
    assert told["limits"] == {**NONE, "requests_per_second": 100, "burst": 500}
    told = limit(server, acme, "--bandwidth", "20MiB", "--parallel", "64")
    assert told["limits"] == {"requests_per_second": 100, "burst": 500, "bandwidth": 20 * MIB,
                              "parallel": 64}
    assert sorted(told["own_limits"]) == sorted(NONE)
    shown = server.control("tenant", "limits", acme.name).stdout
    assert re.search(r"^requests per second +100$", shown, re.MULTILINE)
    assert re.search(r"^bandwidth, each way +20\.0 MiB a second$", shown, re.MULTILINE)
    assert "requests under way" in server.control("tenant", "show", acme.name).stdout
    of_all = next(t for t in server.ctl("tenant", "list")["tenants"] if t["name"] == acme.name)
    assert of_all["limits"] == told["limits"]
    told = limit(server, acme, "--requests-per-second", "default", "--burst", "default",
                 "--bandwidth", "default", "--parallel", "default")
    assert told["limits"] == NONE and told["own_limits"] == []
    assert f"tenant-limited name={acme.name}" in server.log()


@pytest.mark.parametrize("said, sentence, status", [
    (("--requests-per-second", "0"), "requests_per_second must be a whole number from 1 to", 1),
    (("--requests-per-second", "1000001"), "requests_per_second must be a whole number from 1 to", 1),
    (("--requests-per-second", "-1"), "--requests-per-second takes a whole number, none or", 2),
    (("--requests-per-second", "1KiB"), "--requests-per-second takes a whole number, none or", 2),
    (("--burst", "none"), "burst must be a whole number from 1 to 10000000, or default", 1),
    (("--bandwidth", "1KiB"), "bandwidth must be a number of bytes from 64KiB to 1TiB", 1),
    (("--bandwidth", "10GB"), "--bandwidth takes a number of bytes such as", 2),
    (("--bandwidth", ""), "--bandwidth takes a number of bytes such as", 2),
    (("--parallel", "100001"), "parallel must be a whole number from 1 to 100000", 1),
    (("--parallel", "few"), "--parallel takes a whole number, none or default", 2)])
def test_what_is_no_limit_is_refused_and_changes_nothing(server, acme, said, sentence, status):
    before = limit(server, acme, "--parallel", "5")["limits"]
    done = server.control("tenant", "limits", acme.name, *said)
    assert done.returncode == status and sentence in done.stderr and not done.stdout
    assert limit(server, acme)["limits"] == before


def test_of_a_tenant_that_is_not_there_nothing_is_told(server):
    for said in ((), ("--parallel", "5")):
        done = server.control("tenant", "limits", "nobody", *said)
        assert done.returncode == 1 and "There is no tenant nobody." in done.stderr


def test_the_configuration_says_what_others_have(new_coffer, tmp_path):
    server = new_coffer(args=["--tenant-requests-per-second", "1", "--tenant-burst", str(BURST)],
                        limits=True)
    free = server.add_tenant("free")
    server.ctl("tenant", "limits", "free", "--requests-per-second", "none")
    assert server.ctl("tenant", "show", "default")["tenant"]["limits"]["requests_per_second"] == 1
    assert server.ctl("tenant", "show", "default")["tenant"]["own_limits"] == []
    assert any(slowed(rawhttp.request(server, "GET", "/"), OF_REQUESTS) for _ in range(10 * BURST))
    assert all(rawhttp.request(free, "GET", "/").status == 200 for _ in range(10 * BURST))
    conf = tmp_path / "coffer.conf"
    conf.write_text("[limits]\ntenant-parallel = 7\ntenant-bandwidth = 1MiB\n")
    assert server.ctl("reload", "--config", str(conf))["reload"]["changed"] == [
        "tenant-requests-per-second", "tenant-burst", "tenant-bandwidth", "tenant-parallel"]
    told = server.ctl("tenant", "show", "default")["tenant"]["limits"]
    assert told == {**NONE, "parallel": 7, "bandwidth": MIB}
    assert all(rawhttp.request(server, "GET", "/").status == 200 for _ in range(2 * BURST))


# --- requests a second ------------------------------------------------------------------------


def pass_until_slowed(ask):
    """How many pass before one is refused, and how long that took."""
    began = time.monotonic()
    for n in range(100 * BURST):
        if not ask():
            return n, time.monotonic() - began
    raise AssertionError("all of them passed")


def test_a_burst_passes_and_then_the_rate_alone(server, acme, store):
    limit(server, acme, "--requests-per-second", "1", "--burst", str(BURST))
    passed, took_s = pass_until_slowed(
        lambda: not slowed(rawhttp.request(acme, "GET", "/"), OF_REQUESTS))
    assert BURST <= passed <= BURST + took_s + 1
    # It is one rate, whatever key or token is shown, and by whichever door.
    answers = [store.ask("GET", "/objects") for _ in range(3)]
    assert any(a.status == 429 for a in answers)
    told = next(a for a in answers if a.status == 429)
    assert told.body == b'{"error":{"code":"429","message":"Rate limit exceeded"}}'
    assert re.fullmatch(r"[1-9][0-9]*", told.get("Retry-After"))
    # Another tenant notices nothing.
    assert all(rawhttp.request(server, "GET", "/").status == 200 for _ in range(3 * BURST))
    time.sleep(int(told.get("Retry-After")) + 1)
    assert rawhttp.request(acme, "GET", "/").status == 200
    limit(server, acme, "--requests-per-second", "none")
    assert all(rawhttp.request(acme, "GET", "/").status == 200 for _ in range(3 * BURST))
    of_acme = metrics.scrape(server).sum("coffer_limited_total", tenant=acme.name, limit="requests")
    assert of_acme >= 2


def test_a_restart_keeps_limits(new_coffer):
    server = new_coffer()
    server.ctl("tenant", "limits", "default", "--requests-per-second", "1", "--burst", str(BURST),
               "--bandwidth", "1GiB")
    server.restart()
    told = server.ctl("tenant", "show", "default")["tenant"]
    assert told["limits"] == {"requests_per_second": 1, "burst": BURST, "bandwidth": 1 << 30,
                              "parallel": None}
    passed, took_s = pass_until_slowed(
        lambda: not slowed(rawhttp.request(server, "GET", "/"), OF_REQUESTS))
    # Some of them were used to see that it is there again.
    assert passed <= BURST + took_s + 1


# --- requests under way -----------------------------------------------------------------------


def begin_put(tenant, n):
    """One that is under way once it is told to go on: everything but its body is sent."""
    target = f"/{tenant.bucket}/open-{n}"
    fields, _ = sigv4.header_auth(tenant.credentials, "PUT", target, host=tenant.netloc,
                                  payload_hash=sigv4.UNSIGNED_PAYLOAD)
    fields += [("Content-Length", str(SIZE)), ("Expect", "100-continue")]
    connection = rawhttp.Connection(tenant, 30)
    connection.send(rawhttp.head("PUT", target, fields))
    return connection


def told(connection):
    return connection.receive_interim().status


def gets(tenant):
    return rawhttp.request(tenant, "GET", f"/{tenant.bucket}/large")


def test_so_many_are_under_way_in_all_workers_and_no_more(server, acme, store):
    limit(server, acme, "--parallel", "6")
    open_ones = []
    for n in range(6):
        open_ones.append(begin_put(acme, n))
        assert told(open_ones[-1]) == 100
    assert all(slowed(gets(acme), OF_PARALLEL) for _ in range(20))
    assert store.get("large").status == 429
    # Others have theirs.
    assert rawhttp.request(server, "GET", "/").status == 200
    open_ones.pop().close()
    wait_for(lambda: gets(acme).status == 200)
    refused = metrics.scrape(server).sum("coffer_limited_total", tenant=acme.name, limit="parallel")
    assert refused >= 21
    limit(server, acme, "--parallel", "none")
    assert gets(acme).status == 200
    for connection in open_ones:
        connection.close()


def test_who_come_all_at_once_are_no_more_either(server, acme):
    limit(server, acme, "--parallel", "3")
    for _ in range(5):
        all_of_them = [begin_put(acme, n) for n in range(24)]
        statuses = [told(connection) for connection in all_of_them]
        assert set(statuses) <= {100, 503} and 1 <= statuses.count(100) <= 3
        for connection in all_of_them:
            connection.close()
        wait_for(lambda: gets(acme).status == 200)


# --- bandwidth --------------------------------------------------------------------------------


def least_s(size, bandwidth, requests=1):
    """What so many bytes take at least."""
    return (size - requests * 64 * KIB) / bandwidth - WORKERS * AT_ONCE_S


def test_a_download_takes_as_long_as_the_limit_says_and_is_whole(server, acme, store):
    limit(server, acme, "--bandwidth", "2MiB")
    began = time.monotonic()
    answer = rawhttp.request(acme, "GET", f"/{acme.bucket}/large")
    took_s = time.monotonic() - began
    assert answer.status == 200 and answer.body == bytes(range(256)) * (SIZE // 256)
    assert took_s >= least_s(SIZE, 2 * MIB)
    began = time.monotonic()
    assert store.get("large").status == 200
    assert time.monotonic() - began >= least_s(SIZE, 2 * MIB)


def test_an_upload_takes_as_long_as_the_limit_says_and_is_whole(server, acme):
    limit(server, acme, "--bandwidth", "2MiB")
    body = bytes(range(255, -1, -1)) * (SIZE // 256)
    began = time.monotonic()
    assert rawhttp.request(acme, "PUT", f"/{acme.bucket}/up", body=body).status == 200
    assert time.monotonic() - began >= least_s(SIZE, 2 * MIB)
    limit(server, acme, "--bandwidth", "none")
    assert rawhttp.request(acme, "GET", f"/{acme.bucket}/up").body == body


def test_all_connections_in_all_workers_share_it(server, acme):
    limit(server, acme, "--bandwidth", "4MiB")
    answers = []

    def get():
        answers.append(rawhttp.request(acme, "GET", f"/{acme.bucket}/large").status)

    threads = [threading.Thread(target=get) for _ in range(4)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took_s = time.monotonic() - began
    assert answers == [200] * 4
    assert took_s >= least_s(4 * SIZE, 4 * MIB, requests=8)


def test_small_objects_share_it_as_well(server, acme):
    assert rawhttp.request(acme, "PUT", f"/{acme.bucket}/small", body=b"s" * 8 * KIB).status == 200
    limit(server, acme, "--bandwidth", "128KiB")
    began = time.monotonic()
    for _ in range(32):
        assert rawhttp.request(acme, "GET", f"/{acme.bucket}/small").status == 200
    assert time.monotonic() - began >= 31 * 8 / 128 - WORKERS * AT_ONCE_S
