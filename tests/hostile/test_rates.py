# SPDX-License-Identifier: Apache-2.0
"""Guessing, and asking too often: who is slowed, and who is not."""

import re
import threading
import time

import pytest

from lib import coffer, rawhttp, sigv4

FAILURES = 20
PAUSE_S = 2
# However slowly the machine shows them, more than the pauses meanwhile give back.
GUESSES = 3 * FAILURES
NO_SUCH_KEY = "CFNOSUCHKEY000000000"
TOLD = {"key": (403, "InvalidAccessKeyId"), "secret": (403, "SignatureDoesNotMatch")}
SLOWED = (503, "SlowDown")


@pytest.fixture
def guarded():
    """A server with the limits that it has when nobody asks for others."""
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    with coffer.Coffer(limits=True) as running:
        yield running


def guesser(server, wrong):
    """Credentials of which the key or the secret is not right."""
    if wrong == "key":
        return sigv4.Credentials(NO_SUCH_KEY, server.secret_key, server.region)
    return sigv4.Credentials(server.access_key, "guessed-" + server.secret_key, server.region)


def ask(server, credentials, headers=(), source=None):
    fields, _ = sigv4.header_auth(credentials, "GET", "/", host=server.netloc)
    return rawhttp.exchange(server, rawhttp.head("GET", "/", [*fields, *headers]), source=source)


def ask_presigned(server, credentials):
    target = sigv4.presign(credentials, "GET", "/", host=server.netloc)
    return rawhttp.exchange(server, rawhttp.head("GET", target, [("Host", server.netloc)]))


def said(answer):
    return answer.status, answer.code


def is_slowed(answer):
    """Whether the answer is the one that tells nothing, in the form that clients wait for."""
    if said(answer) != SLOWED:
        return False
    assert re.fullmatch(r"[1-9][0-9]*", answer.get("Retry-After"))
    return True


def use_up(server, wrong="key", **how):
    """Shows wrong credentials until nothing more is told; how often something was."""
    began = time.monotonic()
    for told in range(GUESSES):
        answer = ask(server, guesser(server, wrong), **how)
        if is_slowed(answer):
            given_back = (time.monotonic() - began) // PAUSE_S
            assert FAILURES <= told <= FAILURES + given_back + 1
            return answer
        assert said(answer) == TOLD[wrong]
    raise AssertionError(f"{GUESSES} guesses, and all of them were answered")


@pytest.mark.parametrize("wrong", TOLD)
def test_t41_guessing_is_slowed(guarded, wrong):
    use_up(guarded, wrong)
    answers = [ask(guarded, guesser(guarded, wrong)) for _ in range(GUESSES)]
    assert sum(map(is_slowed, answers)) > FAILURES


def test_t41_a_signature_in_the_query_is_slowed_too(guarded):
    answers = [ask_presigned(guarded, guesser(guarded, "secret")) for _ in range(GUESSES)]
    assert [said(answer) for answer in answers[:FAILURES]] == [TOLD["secret"]] * FAILURES
    assert any(map(is_slowed, answers))


def test_t41_the_slowed_learn_no_longer_which_keys_exist(guarded):
    use_up(guarded, "secret")
    texts = set()
    for wrong in TOLD:
        answer = ask(guarded, guesser(guarded, wrong))
        assert is_slowed(answer)
        texts.add(re.sub(rb"<(RequestId|HostId)>[^<]*", b"", answer.body))
    assert len(texts) == 1


def test_t41_a_right_credential_passes_at_once_in_the_middle_of_a_flood(guarded):
    stop = threading.Event()

    def flood():
        while not stop.is_set():
            ask(guarded, guesser(guarded, "key"))

    use_up(guarded)
    flooding = [threading.Thread(target=flood) for _ in range(4)]
    for thread in flooding:
        thread.start()
    try:
        for _ in range(100):
            answer = ask(guarded, guarded.credentials)
            assert answer.status == 200, answer.body
        assert is_slowed(ask(guarded, guesser(guarded, "key")))
    finally:
        stop.set()
        for thread in flooding:
            thread.join()


def test_t41_who_waits_as_told_is_told_again(guarded):
    slowed = use_up(guarded)
    time.sleep(int(slowed.get("Retry-After")))
    assert said(ask(guarded, guesser(guarded, "key"))) == TOLD["key"]
    assert is_slowed(ask(guarded, guesser(guarded, "key")))


def test_t41_no_credentials_are_no_guess(guarded):
    nothing = rawhttp.head("GET", "/", [("Host", guarded.netloc)])
    for _ in range(GUESSES):
        assert said(rawhttp.exchange(guarded, nothing)) == (403, "AccessDenied")
    assert said(ask(guarded, guesser(guarded, "key"))) == TOLD["key"]


def test_t41_another_address_has_its_own_failures(guarded):
    use_up(guarded, source="127.0.0.2")
    assert said(ask(guarded, guesser(guarded, "key"), source="127.0.0.3")) == TOLD["key"]
    assert is_slowed(ask(guarded, guesser(guarded, "key"), source="127.0.0.2"))


def test_t41_the_log_tells_what_the_slowed_are_not_told(guarded):
    use_up(guarded, "secret")
    slowed = r"denied request=\w+ error=SignatureDoesNotMatch peer=127\.0\.0\.1 " \
        rf"key={guarded.access_key} retry_after=[12] "
    assert re.search(slowed, guarded.log())


# X-Forwarded-For


def forwarded(client):
    return [("X-Forwarded-For", client)]


def test_t25_a_stranger_cannot_pass_for_others(guarded):
    """Neither to get more tries, nor to use up somebody else's."""
    use_up(guarded)
    for i in range(5):
        answer = ask(guarded, guesser(guarded, "key"), headers=forwarded(f"192.0.2.{i}"))
        assert is_slowed(answer)
    assert said(ask(guarded, guesser(guarded, "key"), headers=forwarded("127.0.0.1"),
                    source="127.0.0.2")) == TOLD["key"]
    assert "peer=192.0.2." not in guarded.log()


def test_t25_behind_a_trusted_proxy_each_client_counts(new_coffer):
    server = new_coffer(args=["--trusted-proxy", "127.0.0.0/31"], limits=True)
    use_up(server, headers=forwarded("198.51.100.66, 192.0.2.1"))
    for client, slowed in [("192.0.2.1", True), ("192.0.2.2, 192.0.2.1", True),
                           ("192.0.2.1, 127.0.0.0", True), ("192.0.2.1, 192.0.2.2", False),
                           ("198.51.100.66", False), ("192.0.2.1, unknown", False)]:
        answer = ask(server, guesser(server, "key"), headers=forwarded(client))
        assert is_slowed(answer) == slowed, client
    # 127.0.0.2 is not in that network.
    assert said(ask(server, guesser(server, "key"), headers=forwarded("192.0.2.1"),
                    source="127.0.0.2")) == TOLD["key"]
    assert re.search(r"denied .*peer=192\.0\.2\.1 ", server.log())


# The rate of a credential


def test_a_key_over_its_rate_is_slowed_and_others_are_not(new_coffer):
    server = new_coffer(args=["--request-rate", "2", "--request-burst", "40"], limits=True)
    other = server.add_tenant("other")
    answers = [ask(server, server.credentials) for _ in range(60)]
    slowed = [answer for answer in answers if is_slowed(answer)]
    assert answers[0].status == 200 and slowed
    assert {answer.status for answer in answers} == {200, 503}
    assert ask(server, other.credentials).status == 200
    time.sleep(int(slowed[-1].get("Retry-After")))
    assert ask(server, server.credentials).status == 200


def test_a_client_that_is_honest_and_quick_meets_no_limit(guarded):
    with rawhttp.Connection(guarded) as connection:
        fields, _ = sigv4.header_auth(guarded.credentials, "GET", "/", host=guarded.netloc)
        head = rawhttp.head("GET", "/", fields)
        for _ in range(5000):
            connection.send(head)
            assert connection.receive().status == 200
