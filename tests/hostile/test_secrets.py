# SPDX-License-Identifier: Apache-2.0
"""T42, T43: secrets are in no log, no error, no argv, no environment, no file in the clear."""

import json
import os
import pathlib
import subprocess

import pytest

from lib import coffer, procfs, rawhttp, sigv4


def processes(victim):
    launcher = victim.process.pid
    return [launcher, *procfs.children(launcher), *victim.workers()]


def shapes(secret):
    """A secret as it could show: itself, and its bytes in hex."""
    return [secret.encode(), secret.encode().hex().encode()]


def test_t42_a_secret_is_in_no_file_of_the_data_directory(victim):
    made = victim.ctl("key", "create", "--tenant",
                      victim.ctl("key", "list")["keys"][0]["tenant"])["key"]
    for path in victim.data.rglob("*"):
        if path.is_file() and not path.is_socket():
            data = path.read_bytes()
            for secret in (victim.secret_key, made["secret_key"]):
                for shape in shapes(secret):
                    assert shape not in data, path


@pytest.mark.skipif(os.geteuid() != 0, reason="reading another user's /proc needs root")
def test_t42_a_secret_is_in_no_argv_and_no_environment(victim):
    for pid in processes(victim):
        for what in ("cmdline", "environ"):
            data = pathlib.Path(f"/proc/{pid}/{what}").read_bytes()
            assert victim.secret_key.encode() not in data, (pid, what)


def test_t42_a_secret_or_signature_is_in_no_log_and_no_error(victim, bucket):
    mark = victim.log_size()
    wrong = sigv4.Credentials(victim.access_key, "a-wrong-secret-that-must-not-show")
    seen = b""
    signatures = []
    for credentials in (wrong, victim.credentials):
        for target in (f"/{bucket}", f"/{bucket}/missing", "/no-such-bucket-at-all"):
            fields, made = sigv4.header_auth(credentials, "GET", target, host=victim.netloc)
            signatures.append(made.signature)
            seen += rawhttp.exchange(victim, rawhttp.head("GET", target, fields)).body
            presigned = sigv4.presign(credentials, "GET", target, host=victim.netloc)
            signatures.append(presigned.rpartition("=")[2])
            seen += rawhttp.exchange(
                victim, rawhttp.head("GET", presigned, [("Host", victim.netloc)])).body
    right = sigv4.header_auth(victim.credentials, "GET", f"/{bucket}", host=victim.netloc)[1]
    said = victim.log(mark).encode()
    for text in (seen, said):
        for secret in (victim.secret_key, wrong.secret_key, right.signature, *signatures[6:]):
            assert secret.encode() not in text
    assert b"Signature=" not in said


def test_t42_listings_show_no_secret(victim):
    assert victim.secret_key not in json.dumps(victim.ctl("key", "list"))
    assert victim.secret_key not in json.dumps(victim.ctl("status"))


@pytest.mark.skipif(os.geteuid() != 0, reason="being another user needs root")
def test_t42_processes_dump_no_core_and_are_closed_to_others(victim):
    for daemon in coffer.DAEMONS:
        pid = victim.pid(daemon)
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
        core = next(line for line in limits.splitlines() if line.startswith("Max core"))
        assert core.split()[4:6] == ["0", "0"]
        # A process that is not dumpable has its /proc entries owned by root.
        assert os.stat(f"/proc/{pid}/mem").st_uid == 0


def test_t42_the_credentials_file_is_for_its_owner_alone(victim):
    assert victim.credentials_file.stat().st_mode & 0o777 == 0o600


def test_t43_there_is_no_default_credential(new_coffer):
    one, two = new_coffer(), new_coffer()
    assert one.access_key != two.access_key and one.secret_key != two.secret_key
    assert len(one.secret_key) >= 32
    for access, secret in (("minioadmin", "minioadmin"), ("admin", "admin"), ("coffer", "coffer"),
                           ("test", "test"), ("", "")):
        fields, _ = sigv4.header_auth(sigv4.Credentials(access, secret), "GET", "/", host=one.netloc)
        assert rawhttp.exchange(one, rawhttp.head("GET", "/", fields)).status in (400, 403)


def test_t43_a_secret_cannot_be_given_on_the_command_line(victim):
    done = subprocess.run(
        [str(victim.build / "client" / "cofferctl"), "--socket", str(victim.admin_socket), "key",
         "create", "--tenant", "default", "--secret-key", "on-the-command-line"],
        capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
