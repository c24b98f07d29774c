# SPDX-License-Identifier: Apache-2.0
"""What a server writes down of requests, of administrators and of denials."""

import json
import os
import signal
import subprocess
import time

import pytest

from lib import coffer, rawhttp

from .conftest import wait_for

# --- the access log


def test_a_request_is_one_line(watched, bucket_name):
    since = watched.log_size()
    assert rawhttp.request(watched, "PUT", f"/{bucket_name}").status == 200
    answer = rawhttp.request(watched, "PUT", f"/{bucket_name}/a%20key", body=b"hello")
    line = wait_for(lambda: [line for line in watched.log(since).splitlines()
                             if 'key="a key"' in line])
    assert len(line) == 1
    fields = dict(field.split("=", 1) for field in line[0].split(" ")[2:] if "=" in field)
    assert fields["id"] == answer.get("x-amz-request-id")
    assert (fields["tenant"], fields["credential"]) == ("default", watched.access_key)
    assert (fields["op"], fields["bucket"]) == ("PutObject", bucket_name)
    assert (fields["status"], fields["in"], fields["out"]) == ("200", "5", "0")
    assert 0 < float(fields["authd_ms"]) <= float(fields["answer_ms"]) <= float(fields["ms"])


def json_lines(server, since=0):
    return [json.loads(line) for line in server.log(since).splitlines() if line.startswith("{")]


def test_in_json_each_line_is_an_object_by_itself(new_coffer, bucket_name):
    server = new_coffer(args=["--access-log", "json"])
    since = server.log_size()
    assert rawhttp.request(server, "PUT", f"/{bucket_name}").status == 200
    key = "a\u00e9\n\"\\ key"
    assert rawhttp.request(server, "PUT", f"/{bucket_name}/a%C3%A9%0A%22%5C%20key",
                           body=b"hello").status == 200
    told = wait_for(lambda: [o for o in json_lines(server, since) if o.get("key") == key])
    assert told[0]["event"] == "request" and told[0]["tenant"] == "default"
    assert told[0]["status"] == 200 and told[0]["in"] == 5 and told[0]["ms"] > 0
    assert "coffer-frontend: request" not in server.log(since)


def test_where_none_is_wanted_there_is_none(new_coffer):
    server = new_coffer(args=["--access-log", "none"])
    assert rawhttp.request(server, "GET", "/").status == 200
    time.sleep(0.2)
    assert " op=" not in server.log() and not json_lines(server)


# --- the audit log

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="auth/ is authd's own")


def kept(server, name="audit"):
    """The records of all files, oldest first."""
    files = sorted((server.data / "auth").glob(f"{name}.*.log"),
                   key=lambda file: int(file.name.split(".")[1]))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def ctl(server, *args):
    """cofferctl, and the pid that it had."""
    process = subprocess.Popen(
        [server.build / "client" / "cofferctl", "--socket", server.admin_socket, "--json", *args],
        stdout=subprocess.PIPE, text=True)
    out, _err = process.communicate(timeout=20)
    return json.loads(out), process.pid


def test_what_is_done_over_the_admin_socket_is_kept_with_who_did_it(watched):
    answer, pid = ctl(watched, "tenant", "create", "audited", "--email", "a@example.org")
    assert answer["ok"]
    order = next(r for r in kept(watched) if r["event"] == "order" and r.get("name") == "audited")
    assert (order["do"], order["uid"], order["pid"]) == ("tenant.create", os.geteuid(), pid)
    assert order["email"] == "a@example.org" and "outcome" not in order
    outcome = wait_for(lambda: [r for r in kept(watched) if r["event"] == "outcome"
                                and r["order"] == order["order"]])
    assert [r["outcome"] for r in outcome] == ["done"]


def test_an_answer_is_given_when_the_order_is_kept_and_not_before(watched):
    """kill -9 right behind the answer takes nothing away that was answered."""
    for i in range(5):
        answer, _pid = ctl(watched, "tenant", "create", f"killed-{i}")
        watched.kill("authd", signal.SIGKILL)
        assert answer["ok"]
        assert [r for r in kept(watched) if r.get("name") == f"killed-{i}"]
        wait_for(watched.serves)


def test_what_is_refused_and_what_is_only_read_is_kept_too(watched):
    assert not ctl(watched, "key", "delete", "NOBODYSKEY")[0]["ok"]
    assert ctl(watched, "key", "list")[0]["ok"]
    wait_for(lambda: [r for r in kept(watched, "queries") if r["do"] == "key.list"
                      and r.get("outcome") == "done"])
    assert [r["error"] for r in kept(watched) if r["event"] == "outcome"
            and r["do"] == "key.delete"] == ["There is no access key NOBODYSKEY."]


def test_denials_are_kept_by_themselves(watched):
    stranger = coffer.Server(watched.endpoint, "AKNOBODY", "n" * 40)
    answer = rawhttp.request(stranger, "GET", "/a-private-name")
    assert answer.status == 403
    denied = wait_for(lambda: [r for r in kept(watched, "denials")
                               if r.get("id") == answer.get("x-amz-request-id")])
    assert denied[0]["error"] == "InvalidAccessKeyId" and denied[0]["peer"] == "127.0.0.1"
    assert denied[0]["credential"] == "unknown"
    assert "a-private-name" not in json.dumps(kept(watched, "denials"))


@needs_root
def test_what_stored_refuses_is_kept_as_well(watched, bucket_name):
    other = watched.add_tenant(f"o-{bucket_name[-12:]}")
    assert rawhttp.request(watched, "PUT", f"/{bucket_name}").status == 200
    answer = rawhttp.request(other, "GET", f"/{bucket_name}/a-private-name")
    assert answer.code == "AccessDenied"
    kept_of_it = wait_for(lambda: [r for r in kept(watched, "denials") if r.get("by") == "stored"
                                   and r["id"] == answer.get("x-amz-request-id")])
    assert len(kept_of_it) == 1
    record = kept_of_it[0]
    assert (record["error"], record["credential"]) == ("AccessDenied", other.access_key)
    assert (record["operation"], record["bucket"]) == ("GetObject", bucket_name)
    assert "a-private-name" not in json.dumps(kept(watched, "denials"))



@needs_root
def test_t75_who_is_turned_away_at_a_socket_is_kept(watched):
    done = subprocess.run([watched.build / "client" / "cofferctl", "--socket",
                           watched.admin_socket, "status"], user=65534, group=65534,
                          capture_output=True, check=False, timeout=20)
    assert done.returncode == 1
    assert wait_for(lambda: [r for r in kept(watched, "denials") if r["event"] == "peer-refused"
                             and (r["socket"], r["uid"]) == ("admin", 65534)])


def test_t42_no_secret_is_in_a_log_or_in_the_audit_log(watched):
    key = watched.ctl("key", "create", "--tenant", "default")["key"]
    token = watched.ctl("token", "add", "audited", "--ttl", "1")["token"]["token"]
    watched.ctl("key", "create", "--tenant", "default", "--access-key", "MYOWN",
                "--secret-key-stdin", stdin="my-own-secret\n")
    rawhttp.request(watched, "GET", "/")
    text = watched.log() + json.dumps([kept(watched, name)
                                       for name in ("audit", "queries", "denials")])
    for secret in (key["secret_key"], token, "my-own-secret", watched.secret_key, watched.token):
        assert secret not in text
    assert key["access_key"] in text and "MYOWN" in text


def test_where_only_the_journal_is_wanted_there_are_no_files(new_coffer):
    server = new_coffer(args=["--audit-log", "journal"])
    server.ctl("tenant", "create", "only-in-the-log")
    assert " do=tenant.create " in server.log()
    assert not list((server.data / "auth").glob("*.log"))
