# SPDX-License-Identifier: Apache-2.0
"""What the metrics say is what happened: counted over all workers, and whatever becomes of them."""

import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import subprocess

import pytest

from lib import coffer, ipc, metrics, rawhttp

from .conftest import WORKERS, wait_for


def put(server, bucket, key, body):
    assert rawhttp.request(server, "PUT", f"/{bucket}/{key}", body=body).status == 200


class Counted:
    """How much a sum has grown since then."""

    def __init__(self, server, name, **labels):
        self.server, self.name, self.labels = server, name, labels
        self.before = self.now()

    def now(self):
        return metrics.scrape(self.server).sum(self.name, **self.labels)

    def grew(self):
        return self.now() - self.before


@pytest.fixture
def bucket(watched, bucket_name):
    assert rawhttp.request(watched, "PUT", f"/{bucket_name}").status == 200
    return bucket_name


def test_each_request_is_counted_once_whoever_served_it(watched, bucket):
    requests = Counted(watched, "coffer_requests_total", operation="GetObject", status="2xx")
    latencies = Counted(watched, "coffer_request_seconds_count", operation="GetObject")
    tenants = Counted(watched, "coffer_tenant_requests_total", tenant="default")
    sent = Counted(watched, "coffer_sent_bytes_total", operation="GetObject")
    received = Counted(watched, "coffer_received_bytes_total", operation="PutObject")
    granted = Counted(watched, "coffer_authd_grants_total", dialect="s3")
    put(watched, bucket, "k", b"x" * 1000)
    # A connection each, so that every worker gets some.
    for _ in range(20 * WORKERS):
        assert rawhttp.request(watched, "GET", f"/{bucket}/k").status == 200
    wait_for(lambda: requests.grew() >= 20 * WORKERS)
    assert requests.grew() == latencies.grew() == 20 * WORKERS
    assert tenants.grew() == granted.grew() == 20 * WORKERS + 1
    assert sent.grew() == 1000 * 20 * WORKERS
    assert received.grew() == 1000


def test_errors_are_counted_by_what_clients_were_told(watched, bucket):
    missing = Counted(watched, "coffer_errors_total", code="NoSuchKey")
    denied = Counted(watched, "coffer_errors_total", code="AccessDenied")
    refused = Counted(watched, "coffer_authd_denials_total", error="AccessDenied")
    later = Counted(watched, "coffer_stored_refusals_total", error="AccessDenied")
    none = Counted(watched, "coffer_requests_total", operation="none", status="4xx")
    for _ in range(3):
        assert rawhttp.request(watched, "GET", f"/{bucket}/nothing").status == 404
    # Nobody makes a bucket without credentials: authd says so, and what it would be is not looked at.
    plain = rawhttp.head("PUT", f"/{bucket}-2", [("Host", watched.netloc), ("Content-Length", "0")])
    assert rawhttp.exchange(watched, plain).status == 403
    wait_for(lambda: none.grew() == 1)
    assert (missing.grew(), denied.grew(), refused.grew(), later.grew()) == (3, 1, 1, 0)
    # To read one may be anybody's: only stored knows.
    plain = rawhttp.head("GET", f"/{bucket}/k", [("Host", watched.netloc)])
    assert rawhttp.exchange(watched, plain).status == 403
    wait_for(lambda: later.grew() == 1)
    assert refused.grew() == 1


def test_counts_never_go_back_when_a_worker_is_killed(watched, bucket):
    """Of kill -9 of each worker in turn, and of what those who come after it count."""
    requests = Counted(watched, "coffer_requests_total", operation="PutObject")
    starts = Counted(watched, "coffer_frontend_worker_starts_total")
    for killed, worker in enumerate(watched.workers(), 1):
        for i in range(10):
            put(watched, bucket, f"k{i}", b"body")
        wait_for(lambda n=10 * killed: requests.grew() == n)
        os.kill(worker, signal.SIGKILL)
        wait_for(lambda n=killed: starts.grew() == n)
        assert requests.grew() == 10 * killed
        wait_for(lambda: metrics.scrape(watched).sum("coffer_frontend_workers") == WORKERS)
    assert requests.grew() == 10 * WORKERS


def test_what_is_open_is_counted_while_it_is(watched):
    opened = [rawhttp.Connection(watched) for _ in range(5)]
    wait_for(lambda: metrics.scrape(watched).sum("coffer_connections") == 5)
    for connection in opened:
        connection.close()
    wait_for(lambda: metrics.scrape(watched).sum("coffer_connections") == 0)


def test_the_store_tells_of_commits_flushes_and_the_disk(watched, bucket):
    commits = Counted(watched, "coffer_stored_commit_changes_sum")
    flushes = Counted(watched, "coffer_stored_flush_seconds_count", of="blob")
    swept = Counted(watched, "coffer_stored_swept_blobs_total", why="dead")
    put(watched, bucket, "small", b"s")
    put(watched, bucket, "large", b"l" * 300_000)
    assert (commits.grew(), flushes.grew()) == (2, 1)
    assert rawhttp.request(watched, "DELETE", f"/{bucket}/large").status == 204
    wait_for(lambda: swept.grew() == 1)
    told = metrics.scrape(watched)
    disk = os.statvfs(watched.data)
    assert told.sum("coffer_stored_disk_size_bytes") == disk.f_blocks * disk.f_frsize
    assert 0 < told.sum("coffer_stored_disk_floor_bytes") < told.sum("coffer_stored_disk_free_bytes")


@pytest.mark.parametrize("daemon", ["authd", "stored"])
def test_a_daemon_that_does_not_answer_is_down_and_the_others_are_told(watched, daemon):
    other = {"authd": "stored", "stored": "authd"}[daemon]
    pid = watched.pid(daemon)
    os.kill(pid, signal.SIGSTOP)
    try:
        told = metrics.scrape(watched)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert told.sum("coffer_up", daemon=daemon) == 0
    assert told.sum("coffer_up", daemon=other) == 1
    assert told.sum("coffer_start_time_seconds", daemon=daemon) == 0
    assert told.sum("coffer_start_time_seconds", daemon=other) > 0
    assert metrics.scrape(watched).sum("coffer_up") == 3


def test_each_daemon_says_which_coffer_it_is_and_how_it_is_confined(watched):
    printed = watched.control("--version").stdout
    confinement = watched.ctl("status")["status"]["confinement"]
    told = metrics.scrape(watched)
    for daemon in coffer.DAEMONS:
        assert told.sum("coffer_build_info", daemon=daemon, version=printed.split()[1],
                        confinement=confinement) == 1
        has_landlock = told.sum("coffer_landlock_abi", daemon=daemon) > 0
        assert has_landlock == (confinement != "degraded")
    assert told.sum("coffer_build_info") == len(coffer.DAEMONS)


def test_a_channel_that_is_lost_is_counted(watched):
    lost = Counted(watched, "coffer_ipc_losses_total", daemon="frontend", peer="stored")
    watched.kill_and_wait("stored")
    wait_for(lambda: lost.grew() == WORKERS)


def test_a_packet_that_no_sound_worker_sends_is_counted(watched):
    broken = Counted(watched, "coffer_ipc_losses_total", daemon="authd", peer="frontend",
                     why="violation")
    with ipc.Worker(watched, enter=False) as worker:
        worker.authd.send_raw(b"\xff\xff")
        assert worker.authd.has_ended()
    wait_for(lambda: broken.grew() == 1)


def test_every_metric_of_the_table_is_there(watched):
    told = metrics.scrape(watched)
    documented = subprocess.run([watched.build / "tools" / "describe-metrics", "--json"],
                                capture_output=True, check=True, text=True).stdout
    rows = {row["name"]: row for row in json.loads(documented)}
    assert set(told.types) == set(rows)
    for name, row in rows.items():
        assert told.types[name] == row["kind"]
        labels = row["labels"].split(",") if row["labels"] else []
        for key in told.series.get(name, {}):
            assert [label for label, _value in key] == labels


def test_promtool_finds_nothing_to_say(watched):
    promtool = shutil.which("promtool")
    if not promtool:
        pytest.skip("promtool is not installed; it comes with Prometheus, which nobody wants to "
                    "have running for this")
    done = subprocess.run([promtool, "check", "metrics"], input=metrics.fetch(watched),
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# --- who may have them


def test_t42_metrics_hold_no_key_no_bucket_and_no_secret(watched, bucket):
    put(watched, bucket, "a-private-name", b"and its body")
    rawhttp.request(watched, "GET", f"/{bucket}/another-private-name")
    text = metrics.fetch(watched)
    for secret in (bucket, "private-name", watched.access_key, watched.secret_key, watched.token):
        assert secret not in text


def test_t30_clients_of_a_tenant_get_no_metrics_at_any_door(watched):
    """Not of others, and not of their own: those who run the server have them."""
    for path in ("/metrics", "/-/metrics", "/metrics/", "//metrics"):
        answer = rawhttp.request(watched, "GET", path)
        assert answer.status in (400, 403, 404) and b"coffer_" not in answer.body, path
        rest = http.client.HTTPConnection("127.0.0.1", watched.rest_port, timeout=10)
        rest.request("GET", path, headers={"Authorization": f"Bearer {watched.token}"})
        answer = rest.getresponse()
        assert answer.status == 404 and b"coffer_" not in answer.read(), path
        rest.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="a daemon's memory is closed to others")
def test_t73_of_what_workers_count_each_has_only_its_own_to_write(watched):
    written = []
    for worker in watched.workers():
        maps = [line.split() for line in open(f"/proc/{worker}/maps", encoding="ascii")
                if "memfd:board" in line]
        sizes = {mode: end - start for mode, start, end in
                 ((m[1], *(int(at, 16) for at in m[0].split("-"))) for m in maps)}
        assert set(sizes) == {"rw-s", "r--s"} and len(maps) == 2
        assert sizes["rw-s"] * WORKERS < sizes["r--s"]
        written += [m[2] for m in maps if m[1] == "rw-s"]
    assert len(set(written)) == WORKERS


@pytest.mark.skipif(os.geteuid() != 0, reason="playing another user needs root")
def test_t75_another_local_user_has_no_metrics(watched):
    refused = Counted(watched, "coffer_scrapes_total", outcome="refused")
    for uid in (65534, ipc.uid_of(watched, "frontend"), ipc.uid_of(watched, "stored")):
        with ipc.as_uid(uid), pytest.raises((ConnectionError, http.client.HTTPException)):
            metrics.fetch(watched)
    assert refused.grew() == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="playing another user needs root")
def test_who_is_named_has_them(new_coffer):
    server = new_coffer(args=["--metrics-uid", "61199"])
    with ipc.as_uid(61199):
        assert metrics.scrape(server).sum("coffer_up") == 3


TOKEN = "cfm_" + "t" * 43
TOKEN_HASH = hashlib.sha256(TOKEN.encode()).hexdigest()


def ask_tcp(port, token=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        connection.request("GET", "/metrics", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def listening_port(server):
    """The TCP port of the metrics, as it said at the start."""
    return int(re.search(r"metrics at http://127\.0\.0\.1:(\d+)/metrics", server.log())[1])


def test_t75_over_tcp_they_are_for_who_has_the_token(new_coffer):
    server = new_coffer(args=["--metrics", "127.0.0.1:0", "--metrics-token-sha256", TOKEN_HASH])
    port = listening_port(server)
    for wrong in (None, "", TOKEN[:-1], TOKEN_HASH, server.token, server.secret_key):
        status, body = ask_tcp(port, wrong)
        assert status == 401 and "coffer_" not in body
    status, body = ask_tcp(port, TOKEN)
    assert status == 200 and metrics.Figures(body).sum("coffer_up") == 3
    # While authd is away, too: that is when somebody looks.
    os.kill(server.pid("authd"), signal.SIGSTOP)
    try:
        status, body = ask_tcp(port, TOKEN)
    finally:
        os.kill(server.pid("authd"), signal.SIGCONT)
    assert status == 200 and metrics.Figures(body).sum("coffer_up", daemon="authd") == 0


def test_t75_over_tcp_without_a_token_it_does_not_start():
    build = coffer.build_dir()
    if build is None:
        pytest.skip("COFFER_BUILD is not set")
    done = subprocess.run([build / "client" / "coffer", "up", "--metrics", "127.0.0.1:0"],
                          capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 2 and "metrics-token-sha256 is missing" in done.stderr


def test_cofferctl_makes_a_token_and_says_its_hash(new_coffer):
    build = coffer.build_dir()
    if build is None:
        pytest.skip("COFFER_BUILD is not set")
    told = [subprocess.run([build / "client" / "cofferctl", "metrics-token", "--json"],
                           capture_output=True, check=True, text=True).stdout for _ in range(2)]
    assert told[0] != told[1]
    made = json.loads(told[0])["metrics_token"]
    assert hashlib.sha256(made["token"].encode()).hexdigest() == made["sha256"]
    server = new_coffer(args=["--metrics", "127.0.0.1:0",
                              "--metrics-token-sha256", made["sha256"]])
    assert ask_tcp(listening_port(server), made["token"])[0] == 200
