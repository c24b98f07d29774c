# SPDX-License-Identifier: Apache-2.0
"""Several Coffers on one host: each with users, directories, addresses and data of its own."""

import pytest

from lib import coffer, rawhttp

from .machine import Failed

PORTS = {"shop": 9001, "blog": 9002}


@pytest.fixture(scope="module")
def instances(machine):
    """Two of them, with a tenant each of the same name."""
    for name, port in PORTS.items():
        machine.run("coffer-instance", "create", name, "--s3", f"127.0.0.1:{port}")
    servers = {name: machine.new_server("owner", port, name) for name, port in PORTS.items()}
    yield servers
    for name in PORTS:
        machine.try_run("coffer-instance", "remove", name, "--purge")


def put(server, bucket, body):
    rawhttp.request(server, "PUT", f"/{bucket}")
    assert rawhttp.request(server, "PUT", f"/{bucket}/key", body=body).status == 200


def get(server, bucket):
    return rawhttp.request(server, "GET", f"/{bucket}/key")


def test_the_same_names_mean_something_else_in_each(machine, instances):
    for name, server in instances.items():
        put(server, "same", name.encode())
    for name, server in instances.items():
        assert get(server, "same").body == name.encode()


def test_a_key_of_one_is_unknown_to_the_other(machine, instances):
    shop, blog = instances["shop"], instances["blog"]
    thief = coffer.Server(blog.endpoint, shop.access_key, shop.secret_key)
    assert (get(thief, "same").status, get(thief, "same").code) == (403, "InvalidAccessKeyId")


def test_each_has_users_and_directories_of_its_own(machine, instances):
    owners = set()
    for name in PORTS:
        for daemon in coffer.DAEMONS:
            unit = machine.unit(daemon, name)
            assert machine.show(unit, "User") == f"coffer-{name}-{daemon}"
            owners.add(machine.run("ps", "-o", "uid=", "-p", machine.show(unit, "MainPID")).strip())
        assert machine.run("stat", "--format", "%U %a", f"/var/lib/coffer@{name}/data").split() \
            == [f"coffer-{name}-stored", "700"]
    assert len(owners) == len(PORTS) * len(coffer.DAEMONS)
    for user in ("coffer-shop-stored", "coffer-stored"):
        assert machine.try_run("ls", "/var/lib/coffer@blog/data", user=user).returncode != 0


def test_what_happens_to_one_is_nothing_to_the_other(machine, instances):
    other = {d: machine.pid(machine.unit(d, "blog")) for d in coffer.DAEMONS}
    for daemon in coffer.DAEMONS:
        machine.kill(daemon, "shop")
    machine.run("systemctl", "stop", "coffer@shop.target", "coffer-s3@shop.socket")
    with pytest.raises(ConnectionRefusedError):
        get(instances["shop"], "same")
    assert get(instances["blog"], "same").body == b"blog"
    assert {d: machine.pid(machine.unit(d, "blog")) for d in coffer.DAEMONS} == other
    machine.run("systemctl", "start", "coffer@shop.target")
    machine.wait_until_served(instances["shop"])
    assert get(instances["shop"], "same").body == b"shop"


def test_one_is_listed_removed_and_made_again_with_its_data(machine, instances):
    listed = machine.run("coffer-instance", "list").split("\n")
    assert listed[0].split() == ["blog", "active", "s3", "127.0.0.1:9002", "rest", "-"]
    machine.run("coffer-instance", "remove", "shop")
    with pytest.raises(ConnectionRefusedError):
        get(instances["shop"], "same")
    machine.run("coffer-instance", "create", "shop", "--s3", "127.0.0.1:9001")
    machine.wait_until_served(instances["shop"])
    assert get(instances["shop"], "same").body == b"shop"


def test_purge_takes_one_and_leaves_the_other(machine, instances):
    machine.run("coffer-instance", "remove", "shop", "--purge")
    left = machine.run("find", "/etc", "/var/lib", "/run", "-name", "*coffer*shop*")
    assert left == ""
    assert get(instances["blog"], "same").body == b"blog"
    assert machine.run("systemctl", "is-active", "coffer.target").strip() == "active"


@pytest.mark.parametrize("arguments", [
    (), ("create",), ("create", "x"), ("create", "Shop", "--s3", "127.0.0.1:9003"),
    ("create", "../x", "--s3", "127.0.0.1:9003"), ("create", "x" * 16, "--s3", "127.0.0.1:9003"),
    ("create", "x", "--s3", "localhost:9003"), ("create", "x", "--s3", "127.0.0.1:9003\nUser=root"),
    ("create", "x", "--s3"), ("create", "x", "--port", "9003"), ("remove", "x", "--all"),
    ("list", "x"), ("prepare", "a b"), ("destroy",)])
def test_what_is_not_understood_is_refused_and_changes_nothing(machine, arguments):
    before = machine.run("find", "/etc", "/var/lib", "-name", "*coffer*")
    with pytest.raises(Failed) as refused:
        machine.run("coffer-instance", *arguments)
    assert refused.value.done.returncode == 2
    assert refused.value.done.stderr.startswith("coffer-instance: ")
    assert machine.run("find", "/etc", "/var/lib", "-name", "*coffer*") == before


def test_an_instance_whose_key_is_lost_is_not_given_another(machine):
    machine.run("mkdir", "-p", "/var/lib/coffer@lost/auth")
    machine.run("touch", "/var/lib/coffer@lost/auth/auth.db")
    try:
        done = machine.try_run("coffer-instance", "prepare", "lost")
        assert "was sealed with it" in done.stderr
        assert not machine.path("/var/lib/coffer@lost/credentials/keyring-key").exists()
    finally:
        machine.run("rm", "-r", "/var/lib/coffer@lost")
