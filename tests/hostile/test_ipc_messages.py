# SPDX-License-Identifier: Apache-2.0
"""T70, T72, T75: what a broken frontend or operator can do to a daemon with packets: end its channel."""

import os
import random
import struct

import pytest

from lib import ipc, operators, sigv4

pytestmark = pytest.mark.usefixtures("unharmed")

# Each door of a daemon that a peer of another uid may come in by, and which pair of roles meets there.
DOORS = {"authd": ("frontend", "authd"), "stored": ("frontend", "stored"),
         "operator": ("operator", "stored")}
NULL = os.open("/dev/null", os.O_RDONLY)


@pytest.fixture(params=DOORS)
def daemon(request):
    return request.param


@pytest.fixture
def fresh(victim):
    """Makes channels to either daemon, in the phase wanted; closes them all at the end."""
    made = []

    def make(daemon, phase):
        if daemon == "operator":
            made.append(operators.Operator(victim, enter=phase == "ready"))
            return made[-1].stored
        w = ipc.Worker(victim, enter=False)
        made.append(w)
        if phase == "ready":
            if daemon == "stored":
                w.enter()
            return getattr(w, daemon)
        raw = (w.dial_stored() if daemon == "stored"
               else ipc.Channel(w.schema, victim.data / "run" / "authd-frontend.sock", w.uid))
        made.append(raw)
        return raw

    yield make
    for m in made:
        m.close()


def messages(victim, daemon):
    return ipc.Schema(victim.build).between(*DOORS[daemon])


def phases_of(message):
    return ("greeting", "ready") if message["phase"] == "both" else (message["phase"],)


def ends(channel, packet, fds=()):
    try:
        channel.send_raw(packet, fds)
    except ipc.Ended:
        return True
    return channel.has_ended()


def test_t70_every_message_out_of_phase_ends_the_channel(victim, daemon, fresh):
    for message in messages(victim, daemon):
        for phase in {"greeting", "ready"} - set(phases_of(message)):
            channel = fresh(daemon, phase)
            packet = channel.schema.encode(message["name"])
            assert ends(channel, packet, [NULL] * message["fds"]), (message["name"], phase)


def test_t70_every_message_cut_at_every_byte_ends_the_channel(victim, daemon, fresh):
    for message in messages(victim, daemon):
        phase = phases_of(message)[0]
        whole = ipc.Schema(victim.build).encode(message["name"])
        # A packet of no bytes cannot be sent apart from a close; one byte is the shortest.
        for length in range(1, len(whole)):
            channel = fresh(daemon, phase)
            assert ends(channel, whole[:length], [NULL] * message["fds"]), (message, length)
            channel.close()


def test_t70_surplus_bytes_end_the_channel(victim, daemon, fresh):
    for message in messages(victim, daemon):
        channel = fresh(daemon, phases_of(message)[0])
        packet = channel.schema.encode(message["name"]) + b"\0"
        assert ends(channel, packet, [NULL] * message["fds"]), message["name"]


def test_t70_wrong_descriptor_counts_end_the_channel(victim, daemon, fresh):
    for message in messages(victim, daemon):
        for n in (0, 1, 2, 8, 100):
            if n == message["fds"]:
                continue
            channel = fresh(daemon, phases_of(message)[0])
            packet = channel.schema.encode(message["name"])
            assert ends(channel, packet, [NULL] * n), (message["name"], n)
            channel.close()


def test_t70_unknown_numbers_end_the_channel(victim, daemon, fresh):
    known = {m["number"] for m in messages(victim, daemon)}
    for number in [n for n in range(70) if n not in known] + [255, 256, 0x7FFF, 0xFFFF]:
        channel = fresh(daemon, "ready")
        assert ends(channel, struct.pack("<H", number)), number
        channel.close()


def test_t70_fields_that_claim_more_than_there_is_end_the_channel(victim, daemon, fresh):
    for message in messages(victim, daemon):
        if not message["fields"] or message["fields"][-1][0] != "bytes":
            continue
        for claimed in (1, 0x7FFFFFFF, 0xFFFFFFFF):
            channel = fresh(daemon, phases_of(message)[0])
            packet = channel.schema.encode(message["name"])[:-4] + struct.pack("<I", claimed)
            assert ends(channel, packet, [NULL] * message["fds"]), (message["name"], claimed)
            channel.close()


def test_t70_noise_at_full_speed_ends_channels_and_nothing_else(victim, daemon, fresh):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    noise = random.Random(seed)
    for _ in range(50):
        channel = fresh(daemon, noise.choice(("greeting", "ready")))
        try:
            for _ in range(200):
                fds = [NULL] * noise.choice((0, 0, 0, 1, 3))
                channel.send_raw(noise.randbytes(noise.randrange(1, 300)), fds)
        except ipc.Ended:
            pass
        except BlockingIOError:
            pass
        assert channel.has_ended()
        channel.close()


def test_t72_a_clients_mistake_is_an_answer_and_the_channel_lives(worker, bucket):
    host = worker.coffer.netloc
    wrong = sigv4.Credentials(worker.coffer.access_key, "not-the-secret-key-at-all")
    for method, target in (("GET", "/"), ("GET", f"/{bucket}/k"), ("PUT", f"/{bucket}/k")):
        fields, _ = sigv4.header_auth(wrong, method, target, host=host)
        _call, name, _values = worker.ask(method, target, fields)
        assert name == "DENIED"
    for target in ("no-slash", "/%zz", "/%00", "/" + "k" * 5000, "/UPPER/k", "*", ""):
        fields, _ = sigv4.header_auth(worker.coffer.credentials, "GET", target, host=host)
        _call, name, _values = worker.ask("GET", target, fields)
        assert name == "DENIED", target
    assert worker.call("GET", f"/{bucket}/missing")[0] == "FAILED"
    assert worker.call("GET", "/no-such-bucket-here")[0] == "FAILED"
    assert worker.command("POST", f"/{bucket}?delete", b"<not xml")[0] == "FAILED"
    assert worker.call("PUT", f"/{bucket}/ok", body=b"fine")[0] == "DONE"


@pytest.mark.skipif(os.geteuid() != 0, reason="playing another local user needs root")
@pytest.mark.parametrize("name", ["authd-frontend", "authd-stored", "stored-frontend",
                                  "stored-operator", "authd-admin"])
def test_t75_another_local_user_is_turned_away_at_every_socket(victim, name):
    if name == "authd-admin":
        import socket
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.settimeout(ipc.RECEIVE_S)
        with ipc.as_uid(65534):
            try:
                s.connect(str(victim.admin_socket))
            except PermissionError:
                return
        try:
            s.sendall(b'{"do": "key.list"}\n')
            assert s.recv(100) == b""
        except (BrokenPipeError, ConnectionResetError):
            pass
        return
    schema = ipc.Schema(victim.build)
    try:
        channel = ipc.Channel(schema, victim.data / "run" / f"{name}.sock", 65534)
    except PermissionError:
        return
    first = {"authd-frontend": "HELLO", "authd-stored": "STORE_HELLO", "stored-frontend": "ENTER",
             "stored-operator": "PRESENT"}
    try:
        channel.send(first[name])
        with pytest.raises(ipc.Ended):
            channel.receive()
    except ipc.Ended:
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="playing another daemon needs root")
def test_t75_the_seal_key_is_for_stored_alone(victim):
    schema = ipc.Schema(victim.build)
    for impostor in (0, ipc.uid_of(victim, "frontend"), ipc.uid_of(victim, "authd")):
        try:
            channel = ipc.Channel(schema, victim.data / "run" / "authd-stored.sock", impostor)
            channel.send("STORE_HELLO", version=schema.version)
            with pytest.raises(ipc.Ended):
                channel.receive()
        except ipc.Ended:
            pass
