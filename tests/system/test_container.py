# SPDX-License-Identifier: Apache-2.0
"""Dockerfile and compose.yaml: what comes out is Coffer, confined as elsewhere, on one volume."""

import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

from clients import s3
from lib import coffer, procfs, rawhttp, rest

from .container import Container, Image, composed

MIB = 1024 * 1024
USER = 1234
NO_CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
APPEAR_LIMIT_S = 30


@pytest.fixture(scope="module")
def image(free_ports):
    if "COFFER_IMAGE" not in os.environ:
        pytest.skip("make check-system makes the image that these tests need")
    return Image(os.environ["COFFER_IMAGE"])


@pytest.fixture(scope="module")
def unpacked(image):
    with image.unpacked() as found:
        yield found


@pytest.fixture
def new_container(image, unpacked, tmp_path):
    """Makes containers on one volume: `new_container(without=["KILL"])`."""
    made = []
    place = tmp_path / "volume"
    place.mkdir()

    def make(**how):
        made.append(Container(image, unpacked[1], place, **how))
        return made[-1]

    yield make
    for container in made:
        container.close()
        print(container.log())


def store(container):
    return rest.Store(container.rest_endpoint, container.token)


def uids(container):
    return {procfs.status(pid)["Uid"] for pid in container.daemons()}


def wait_until(condition):
    deadline = time.monotonic() + APPEAR_LIMIT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def find_below(pid, name):
    """The process of that name among all that one has started; None when there is none yet."""
    for child in procfs.children(pid):
        if procfs.name(child) == name:
            return child
        if found := find_below(child, name):
            return found
    return None


# What is in the image

def test_compose_and_the_image_speak_of_the_same(image):
    service = composed()
    inside = {f"{port.rsplit(':', 1)[1]}/tcp" for port in service["ports"]}
    assert inside == set(image.config["ExposedPorts"])
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert service["volumes"] == [f"data:{place}" for place in image.config["Volumes"]]


def test_nothing_of_the_build_or_of_a_run_is_in_the_image(unpacked):
    root = unpacked[1]
    assert not any((root / "data").iterdir())
    assert not any((root / name).exists() for name in ("usr/bin/gcc", "usr/bin/meson", "src"))
    programs = {p.relative_to(root).as_posix() for p in (root / "usr/local").rglob("*")
                if p.is_file() and os.access(p, os.X_OK)}
    assert programs == {"usr/local/bin/coffer", "usr/local/bin/cofferctl",
                        *(f"usr/local/libexec/coffer/coffer-{d}" for d in coffer.DAEMONS)}


def test_no_secret_is_in_the_image(image):
    words = [*image.config["Env"], *image.history]
    assert not [w for w in words if re.search("(?i)secret|password|token|access_key", w)]


# What runs

def test_objects_outlive_a_container_on_its_volume(new_container):
    big = os.urandom(20 * MIB)
    first = new_container().start()
    client = s3.client(first)
    client.create_bucket(Bucket="kept")
    client.put_object(Bucket="kept", Key="small", Body=b"hello")
    client.put_object(Bucket="kept", Key="big", Body=big)
    store(first).put("by/rest", b"rest")
    assert first.is_healthy()
    assert first.stop() == 0
    said = first.log()
    assert first.secret_key not in said and first.token not in said
    order = [said.index(f"coffer-{name}: stopping") for name in ("frontend", "stored", "authd")]
    assert order == sorted(order)

    second = new_container().start()
    assert (second.access_key, second.token) == (first.access_key, first.token)
    client = s3.client(second)
    assert client.get_object(Bucket="kept", Key="small")["Body"].read() == b"hello"
    assert client.get_object(Bucket="kept", Key="big")["Body"].read() == big
    assert store(second).read("by/rest") == b"rest"
    assert second.stop() == 0


def test_first_key_can_come_from_the_environment(new_container):
    pair = dict(zip(composed()["environment"], ("alice", "correct-horse")))
    container = new_container().start(env=pair)
    assert (container.access_key, container.secret_key) == ("alice", "correct-horse")
    assert b"correct-horse" not in pathlib.Path(f"/proc/{container.first()}/environ").read_bytes()


def test_daemons_are_three_users_without_capabilities(new_container):
    container = new_container().start()
    assert len(uids(container)) == 3 and not any(u.startswith("0\t") for u in uids(container))
    for pid in container.daemons():
        status = procfs.status(pid)
        assert {status[field] for field in NO_CAPABILITIES} == {"0" * 16}
        assert (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1")
    assert "three user ids, each with its own" in container.log()


def test_started_by_a_user_it_is_one_and_says_so(new_container):
    container = new_container(user=USER).start()
    assert uids(container) == {"\t".join([str(USER)] * 4)}
    assert container.is_healthy()
    assert "ONE user id for all three" in container.log()
    assert container.stop() == 0


def test_it_writes_into_the_volume_and_nowhere_else(new_container):
    container = new_container().start()
    for place in ("/usr/local/bin/coffer", "/etc/coffer.conf", "/x"):
        assert "Read-only file system" in container.run("dd", "of=" + place).stderr


def test_health_is_that_of_all_three(new_container):
    container = new_container().start()
    stored = next(p for p in container.daemons() if procfs.name(p) == "coffer-stored")
    os.kill(stored, signal.SIGSTOP)
    assert not container.is_healthy()
    os.kill(stored, signal.SIGCONT)
    wait_until(container.is_healthy)


def test_process_one_reaps_what_others_leave_and_restarts_a_daemon(new_container):
    container = new_container().start()
    frontend = next(p for p in container.daemons() if procfs.name(p) == "coffer-frontend")
    assert container.run("sh", "-c", "(sleep 0.2 &) ; true").returncode == 0
    os.kill(frontend, signal.SIGKILL)
    wait_until(lambda: container.serves() and len(uids(container)) == 3)
    wait_until(lambda: "Z" not in container.run("sh", "-c", "cat /proc/[0-9]*/stat").stdout.split())
    assert container.stop() == 0


def test_cofferctl_inside_knows_its_server(new_container):
    container = new_container().start()
    assert container.run("cofferctl", "tenant", "create", "acme").returncode == 0
    assert "acme" in container.run("cofferctl", "tenant", "list").stdout
    status = container.run("cofferctl", "status").stdout
    print(status)
    assert len(re.findall(r"^(?:frontend|authd|stored) +up ", status, re.MULTILINE)) == 3
    assert "without" not in status


def test_options_are_added_to_those_of_the_image(new_container):
    container = new_container().launch("--help")
    assert container.process.wait(APPEAR_LIMIT_S) == 0
    assert "usage: coffer up" in container.log()


# What it is given

@pytest.mark.parametrize("capability, said", [
    ("CHOWN", "cannot prepare /data/auth"),
    ("DAC_OVERRIDE", "cannot look for /data/auth/auth.db"),
    ("SETGID", "cannot become user"),
    ("SETUID", "cannot become user"),
])
def test_without_a_capability_it_does_not_start(new_container, capability, said):
    container = new_container(without=[capability]).launch()
    assert container.process.wait(APPEAR_LIMIT_S) == 1
    assert said in container.log()


def test_without_fowner_the_key_is_not_taken_back(new_container):
    container = new_container(without=["FOWNER"]).start()
    container.stop()
    assert "keyring-copy-left" in container.log()


def test_without_kill_no_daemon_hears_of_the_end(new_container):
    container = new_container(without=["KILL"]).start()
    with pytest.raises(subprocess.TimeoutExpired):
        os.kill(container.first(), signal.SIGTERM)
        container.process.wait(5)


def test_without_setpcap_daemons_keep_a_bounding_set(new_container):
    container = new_container(without=["SETPCAP"]).start()
    assert all(int(procfs.status(pid)["CapBnd"], 16) for pid in container.daemons())


def test_every_capability_is_accounted_for():
    assert composed()["cap_add"] == ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID",
                                     "SETPCAP", "SETUID"]


def test_it_is_confined_within_a_runtimes_own_filter(image, unpacked, tmp_path):
    """`buildah run` puts the filter around it that podman and Docker have, too."""
    log_file = tmp_path / "log"
    with log_file.open("wb") as log:
        runner = subprocess.Popen(
            image.command("run", "--isolation=chroot", unpacked[0], "--",
                          *image.config["Entrypoint"]),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_until(lambda: runner.poll() is not None or b"is new" in log_file.read_bytes())
        assert runner.poll() is None, log_file.read_text()
        first = find_below(runner.pid, "coffer")
        assert procfs.status(first)["Seccomp_filters"] == "1"
        answer = rawhttp.exchange(coffer.Server("http://127.0.0.1:9000"),
                                  rawhttp.head("GET", "/-/health", [("Host", "x")]))
        assert answer.status == 200 and b'"confinement":"full"' in answer.body
        os.kill(first, signal.SIGTERM)
        assert runner.wait(APPEAR_LIMIT_S) == 0
    finally:
        if first := find_below(runner.pid, "coffer"):
            os.kill(first, signal.SIGKILL)
        runner.kill()
        runner.wait()
