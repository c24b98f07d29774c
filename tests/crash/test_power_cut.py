# SPDX-License-Identifier: Apache-2.0
"""T80 (its power-cut half): the power goes, at any moment, and what was acknowledged is there.

recorder.so writes down what a store does to files while clients work on it, or an authd while administrators do;
power-cut makes of that directories as a disk could have them after a cut, and looks at each with a store or an
authd. Some are cut a second time, while they start. docs/durability.md says what may be lost and what is looked
at. What went wrong can be made again: the history is kept, and each bad state is named by the words that
`power-cut make` takes.
"""

import bisect
import collections
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile

import pytest

from lib import coffer, operators, preload, rawhttp

PROGRAMS = {"stored": "power-cut", "authd": "power-cut-authd"}
# (of what, which of its seeds)
HISTORIES = [("stored", 0), ("stored", 1), ("stored", 2), ("stored", 3), ("authd", 0)]
ROUNDS = {"stored": 60, "authd": 100}
STATES = 2000			# over all histories
STATES_OF_A_LIE = 42
STATES_OF_A_SECOND_LIE = 84	# of which some are cut again
SANITIZED_SHARE = 10		# sanitizers make a state so many times as dear
LUCKS = ("all", "nothing", "names", "bytes", "some", "little", "much")
LIES = [("stored", lie) for lie in ("blobs", "names", "shards", "places", "logs", "catalogs")] + [
    ("authd", lie) for lie in ("places", "logs", "catalogs", "orders")]

# history.h
HEAD = struct.Struct("<IHHQQQQQ")
WRITE, SYNC, NOTE = 7, 9, 10
KINDS = range(1, 12)


@pytest.fixture(scope="module")
def build():
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    return coffer.build_dir()


@pytest.fixture
def memory(tmp_path):
    """Where files cost little: nothing that is tested here depends on a real disk."""
    parent = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tmp_path
    directory = pathlib.Path(tempfile.mkdtemp(prefix="cut-", dir=parent))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


def program(build, of):
    return str(build / "tests" / "crash" / PROGRAMS[of])


def tool(build, of, *args, **how):
    return subprocess.run([program(build, of), *map(str, args)],
                          capture_output=True, text=True, check=False, **how)


def recorder(build):
    return build / "tests" / "crash" / "recorder.so"


def recording(build, history, under):
    return preload.variables(recorder(build),
                             RECORDER_FILE=str(history), RECORDER_UNDER=str(under))


def record(build, memory, history, seed, of="stored", durability="full", rounds=None):
    """Lets it work under the recorder. How often it did what.

    With every other seed blobs have names while they are written, as where a file system lacks O_TMPFILE.
    """
    data = memory / "data"
    data.mkdir()
    plain = {"RECORDER_PLAIN": "1"} if seed % 2 == 0 else {}
    done = tool(build, of, "record", data, durability, rounds or ROUNDS[of], seed,
                env={**os.environ, **recording(build, history, data), **plain})
    assert done.returncode == 0, done.stderr
    shutil.rmtree(data)
    return {name: int(count) for name, count in (line.split() for line in done.stdout.splitlines())}


def records(history):
    """The kind of each record, and where it ends."""
    data, at, found = history.read_bytes(), 0, []
    while at < len(data):
        kind, name_len, to_name_len, *_, length = HEAD.unpack_from(data, at)
        at += HEAD.size + name_len + to_name_len + (length if kind in (WRITE, NOTE) else 0)
        found.append((kind, at))
    assert at == len(data)
    return found


def check(build, memory, history, states, seed, of="stored", lie="honest", again="honest"):
    """(how many were good, how many bad, what was said of the bad); `again` is the lie of second cuts."""
    shares = min(os.cpu_count() or 1, 4)
    running = [
        subprocess.Popen([program(build, of), "check", str(history), lie, again, str(states), str(seed),
                          str(share), str(shares), str(memory)],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                         env={**os.environ, **preload.variables(recorder(build))})
        for share in range(shares)]
    good = bad = 0
    said = ""
    for process in running:
        told, complaints = process.communicate()
        assert not coffer.SANITIZER_REPORT.search(complaints), complaints[-8000:]
        words = told.split()
        assert words[::2] == ["good", "bad"], (told, complaints[-2000:])
        assert process.returncode == (words[3] != "0")
        good, bad, said = good + int(words[1]), bad + int(words[3]), said + complaints
    assert good + bad == states
    return good, bad, said


def n_states(build, n):
    return n // SANITIZED_SHARE if coffer.is_sanitized(build) else n


# --- nothing is lost --------------------------------------------------------------------------


@pytest.mark.parametrize("of, nth", HISTORIES)
def test_t80_a_power_cut_loses_nothing_that_was_acknowledged(build, memory, tmp_path, request, of, nth):
    chosen, history = request.config.getoption("--seed"), tmp_path / "history"
    seed = nth + 1 if chosen is None else chosen + nth
    record(build, memory, history, seed, of)
    length = len(records(history))
    states = request.config.getoption("--states")
    if states is not None:
        states = max(states // len(HISTORIES), 1)
    elif request.config.getoption("--long"):
        states = (length + 1) * len(LUCKS)
    else:
        states = n_states(build, STATES // len(HISTORIES))
    print(f"seed {seed}: {states} states of {length} records in {history}")
    good, bad, said = check(build, memory, history, states, seed, of)
    assert bad == 0, said[-8000:]
    assert good == states


# --- the tester ---------------------------------------------------------------------------------


def test_the_work_is_of_every_kind(build, memory, tmp_path):
    done, kinds = collections.Counter(), collections.Counter()
    for seed in range(1, sum(of == "stored" for of, _ in HISTORIES) + 1):
        history = tmp_path / str(seed)
        done.update(record(build, memory, history, seed))
        kinds.update(kind for kind, _ in records(history))
    assert {"create_bucket", "delete_bucket", "put_object", "copy_object", "delete_object",
            "delete_objects", "create_upload", "put_part", "complete_upload", "abort_upload",
            "erase_tenant", "set_quota", "set_configuration", "refused"} <= set(done), done
    assert set(kinds) == set(KINDS), kinds


def test_the_orders_are_of_every_kind(build, memory, tmp_path):
    done = record(build, memory, tmp_path / "history", 1, "authd")
    assert {"tenant.create", "tenant.update", "tenant.suspend", "tenant.resume", "tenant.delete",
            "user.create", "user.delete", "policy.put",
            "key.create", "key.enable", "key.disable", "key.delete",
            "token.create", "token.refresh", "token.import", "token.delete"} <= set(done), done


@pytest.mark.parametrize("of, lie", LIES)
def test_a_flush_that_does_nothing_is_found(build, memory, tmp_path, of, lie):
    history = tmp_path / "history"
    record(build, memory, history, 1, of)
    _, bad, said = check(build, memory, history, STATES_OF_A_LIE, 1, of, lie=lie)
    assert bad > 0, said[-8000:]
    assert f"bad: {history} {lie} " in said


@pytest.mark.parametrize("of", PROGRAMS)
def test_a_flush_that_does_nothing_while_it_starts_is_found(build, memory, tmp_path, of):
    history = tmp_path / "history"
    record(build, memory, history, 1, of)
    _, bad, said = check(build, memory, history, STATES_OF_A_SECOND_LIE, 1, of, again="catalogs")
    assert bad > 0, said[-8000:]
    assert f"bad: {history}-again-" in said


def test_relaxed_durability_is_found(build, memory, tmp_path):
    history = tmp_path / "history"
    record(build, memory, history, 1, durability="relaxed")
    _, bad, _ = check(build, memory, history, STATES_OF_A_LIE, 1)
    assert bad > 0


def test_nothing_is_found_out_without_the_recorder(build, memory):
    done = tool(build, "stored", "record", memory, "full", 1, 1)
    assert done.returncode != 0 and "nothing is recorded" in done.stderr


def contents(directory):
    return {path.relative_to(directory): path.read_bytes() if path.is_file() else None
            for path in directory.rglob("*")}


def make(build, history, at, luck, seed, directory):
    directory.mkdir()
    done = tool(build, "stored", "make", history, "honest", at, luck, seed, directory)
    assert done.returncode == 0, done.stderr
    return contents(directory)


def test_a_state_can_be_made_again(build, memory, tmp_path):
    history = tmp_path / "history"
    record(build, memory, history, 1, rounds=10)
    kinds = [kind for kind, _ in records(history)]
    at = max(i for i in range(8, len(kinds)) if kinds[i - 8:i + 1] == [WRITE] * 8 + [SYNC])
    first = make(build, history, at, "some", 7, memory / "first")
    assert first and make(build, history, at, "some", 7, memory / "again") == first
    assert make(build, history, at, "some", 8, memory / "other") != first


# --- all of Coffer ------------------------------------------------------------------------------

INLINE, LARGE, PART = 2_000, 300_000, 100_000


class Client:
    """What it was told, and how long the history was by then."""

    def __init__(self, server, history):
        self.server = server
        self.history = history
        self.told = {}
        self.moments = []

    def ask(self, method, target, headers=(), body=b""):
        response = rawhttp.request(self.server, method, target, headers, body)
        assert response.status in (200, 204), response
        return response

    def hear(self, key, body):
        self.told = {**self.told, key: body}
        self.moments.append((self.history.stat().st_size, self.told))

    def put(self, key, size):
        body = os.urandom(size)
        self.ask("PUT", f"/cut/{key}", body=body)
        self.hear(key, body)

    def copy(self, source, key):
        self.ask("PUT", f"/cut/{key}", [("x-amz-copy-source", f"/cut/{source}")])
        self.hear(key, self.told[source])

    def delete(self, key):
        self.ask("DELETE", f"/cut/{key}")
        self.hear(key, None)

    def upload(self, key):
        body = os.urandom(PART)
        upload = self.ask("POST", f"/cut/{key}?uploads").xml.findtext("UploadId")
        etag = self.ask("PUT", f"/cut/{key}?uploadId={upload}&partNumber=1", body=body).get("ETag")
        self.ask("POST", f"/cut/{key}?uploadId={upload}",
                 body=("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
                       f"<ETag>{etag}</ETag></Part></CompleteMultipartUpload>").encode())
        self.hear(key, body)

    def work(self):
        self.ask("PUT", "/cut")
        self.put("small", INLINE)
        self.put("large", LARGE)
        self.put("small", LARGE)
        self.copy("large", "copy")
        self.upload("parts")
        self.put("large", INLINE)
        self.delete("copy")
        self.put("parts", INLINE)


def lost(server, told):
    """The keys that are not what was told of them."""
    found = {}
    for key in told:
        response = rawhttp.request(server, "GET", f"/cut/{key}")
        found[key] = response.body if response.status == 200 else None
    return [key for key in told if found[key] != told[key]]


def exchange(directory, build, history, lie, at):
    """Puts the directory there that the cut leaves, as whose it was."""
    owner = directory.stat()
    shutil.rmtree(directory)
    directory.mkdir(mode=0o700)
    assert tool(build, "stored", "make", history, lie, at, "nothing", 1, directory).returncode == 0
    for path in [directory, *directory.rglob("*")]:
        os.chown(path, owner.st_uid, owner.st_gid)


@pytest.fixture
def stage():
    """A directory that every user may look into."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="cut-", dir="/tmp"))
    directory.chmod(0o711)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def history(stage):
    """One that any daemon may write."""
    path = stage / "history"
    path.touch()
    path.chmod(0o666)
    return path


def test_t80_all_of_coffer_after_a_power_cut(build, stage, history):
    server = coffer.Coffer()
    server.env = preload.environment(
        stage, build, {"stored": recording(build, history, server.data / "data")})
    with server:
        client = Client(server, history)
        client.work()
        server.stop()
        server.env = {}
        ends = [end for _, end in records(history)]
        for length, told in client.moments:
            exchange(server.data / "data", build, history, "honest", ends.index(length) + 1)
            server.start()
            assert lost(server, told) == []
            listed = rawhttp.request(server, "GET", "/cut?list-type=2").xml
            assert {e.text for e in listed.iter("Key")} == {k for k, b in told.items() if b}
            server.stop()
        # Were nothing flushed, this would be seen.
        exchange(server.data / "data", build, history, "logs", ends.index(length) + 1)
        server.start()
        assert lost(server, told)


class Administrator:
    """Who was known when he was told of it, and how long the history was by then."""

    LISTS = ("tenant", "user", "key", "token")

    def __init__(self, server, history):
        self.server = server
        self.history = history
        self.moments = []

    def order(self, what, **members):
        answer = operators.order(self.server, what, **members)
        assert answer["ok"], answer
        length = self.history.stat().st_size
        self.moments.append((length, self.known()))

    def known(self):
        answers = {noun: operators.order(self.server, f"{noun}.list")[f"{noun}s"] for noun in self.LISTS}
        for one in answers["key"] + answers["token"]:
            del one["last_used"]
        return answers

    def work(self):
        self.order("tenant.create", name="cut")
        self.order("user.create", tenant="cut", user="somebody")
        self.order("key.create", tenant="cut", user="somebody", access_key="CUTCUTCUT",
                   secret_key="a-secret-of-a-test")
        self.order("key.disable", access_key="CUTCUTCUT")
        self.order("token.create", tenant="default", token_name="cut", ttl_days=1)
        self.order("tenant.suspend", name="cut")
        self.order("key.delete", access_key="CUTCUTCUT")
        self.order("token.delete", tenant="default", token_name="cut")


def test_t80_who_is_known_to_all_of_coffer_after_a_power_cut(build, stage, history):
    server = coffer.Coffer()
    server.env = preload.environment(
        stage, build, {"authd": recording(build, history, server.data / "auth")})
    with server:
        administrator = Administrator(server, history)
        administrator.work()
        server.stop()
        server.env = {}
        ends = [end for _, end in records(history)]
        for length, known in administrator.moments:
            # What comes of an order is written down behind the answer, so a record may be there by half.
            at = bisect.bisect(ends, length)
            exchange(server.data / "auth", build, history, "honest", at)
            server.start()
            assert administrator.known() == known
            server.stop()
        exchange(server.data / "auth", build, history, "logs", at)
        server.start()
        assert administrator.known() != known
