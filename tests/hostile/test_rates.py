# SPDX-License-Identifier: Apache-2.0
"""Guessing, and asking too often: who is slowed, and who is not."""

import json
import re
import threading
import time
import types

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


# Tokens


def ask_rest(server, token, target="/objects", method="GET", headers=(), source=None):
    door = types.SimpleNamespace(host=server.host, port=server.rest_port)
    head = rawhttp.head(method, target, [("Host", f"{door.host}:{door.port}"),
                                         ("Authorization", f"Bearer {token}"),
                                         ("Content-Length", "0"), *headers])
    return rawhttp.exchange(door, head, method, source=source)


def message(answer):
    return json.loads(answer.body)["error"]["message"]


def is_slowed_rest(answer):
    """The same as is_slowed(): clients of this dialect come again after 429 and nothing else."""
    if answer.status != 429:
        return False
    assert re.fullmatch(r"[1-9][0-9]*", answer.get("Retry-After"))
    assert message(answer) == "Rate limit exceeded"
    return True


def add_token(server, name, *terms):
    return server.ctl("token", "add", name, "--ttl", "1", *terms)["token"]["token"]


def test_t41_guessing_tokens_is_slowed(guarded):
    for told in range(GUESSES):
        answer = ask_rest(guarded, f"cft_{told:043}")
        if is_slowed_rest(answer):
            break
        assert (answer.status, message(answer)) == (401, "Invalid or missing token")
        assert answer.get("WWW-Authenticate") == "Bearer"
    assert FAILURES <= told < GUESSES - 1
    time.sleep(int(answer.get("Retry-After")))
    assert ask_rest(guarded, "cft_guessed").status == 401


def test_t41_failures_of_both_dialects_count_together(guarded):
    use_up(guarded, "secret")
    assert is_slowed_rest(ask_rest(guarded, "cft_guessed"))


def test_t41_a_right_token_passes_at_once_in_the_middle_of_a_flood(guarded):
    token = add_token(guarded, "honest")
    while not is_slowed_rest(ask_rest(guarded, "cft_guessed")):
        pass
    for _ in range(100):
        assert ask_rest(guarded, token).status == 200
        ask_rest(guarded, "cft_guessed")


def test_t41_what_is_no_guess_of_a_token_does_not_count(guarded):
    """A token that is none, or may not do this."""
    reader = add_token(guarded, "reader", "--scope", "read")
    for _ in range(GUESSES):
        assert message(ask_rest(guarded, "")) == "Not authenticated"
        assert ask_rest(guarded, reader, "/objects/k", "DELETE").status == 403
    assert ask_rest(guarded, "cft_guessed").status == 401


def test_t25_clients_of_rest_behind_a_trusted_proxy_count_each(new_coffer):
    server = new_coffer(args=["--trusted-proxy", "127.0.0.1"], limits=True)
    while not is_slowed_rest(ask_rest(server, "cft_guessed", headers=forwarded("192.0.2.1"))):
        pass
    assert ask_rest(server, "cft_guessed", headers=forwarded("192.0.2.2")).status == 401


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


def test_a_token_has_a_rate_of_its_own(guarded):
    slow, quick = add_token(guarded, "slow", "--rate", "2"), add_token(guarded, "quick")
    answers = [ask_rest(guarded, slow) for _ in range(30)]
    slowed = [answer for answer in answers if is_slowed_rest(answer)]
    assert [answer.status for answer in answers[:4]] == [200] * 4 and len(slowed) > 10
    assert {answer.status for answer in answers} == {200, 429}
    assert ask_rest(guarded, quick).status == 200
    time.sleep(int(slowed[-1].get("Retry-After")))
    assert ask_rest(guarded, slow).status == 200


def test_the_rate_of_all_holds_for_a_token_without_one(new_coffer):
    server = new_coffer(args=["--request-rate", "2", "--request-burst", "5"], limits=True)
    usual = add_token(server, "usual")
    quick = add_token(server, "quick", "--rate", "10000")
    assert any(is_slowed_rest(ask_rest(server, usual)) for _ in range(30))
    assert all(ask_rest(server, quick).status == 200 for _ in range(30))


# The rate of a tenant

OF_TENANT = "The tenant's limit of requests per second is reached."


def limited(server, burst):
    """A tenant that has so many requests, and one more each second."""
    tenant = server.add_tenant("limited")
    server.ctl("tenant", "limits", "limited", "--requests-per-second", "1", "--burst", str(burst))
    return tenant


def test_t41_strangers_use_up_nothing_of_a_tenants_rate(new_coffer):
    server = new_coffer()
    tenant = limited(server, 30)
    nothing = rawhttp.head("GET", "/", [("Host", server.netloc)])
    for _ in range(60):
        assert said(ask(tenant, guesser(tenant, "secret"))) == TOLD["secret"]
        assert said(rawhttp.exchange(server, nothing)) == (403, "AccessDenied")
        assert ask_rest(server, "cft_guessed").status == 401
    assert [ask(tenant, tenant.credentials).status for _ in range(30)] == [200] * 30


def test_t30_that_a_tenant_is_at_its_limit_nobody_else_learns(new_coffer):
    server = new_coffer()
    tenant = limited(server, 1)
    answers = [ask(tenant, tenant.credentials) for _ in range(60)]
    told = [answer for answer in answers if answer.status != 200]
    assert told and all(is_slowed(answer) for answer in told)
    assert all(OF_TENANT == answer.xml.findtext("Message") for answer in told)
    for _ in range(3):
        assert said(ask(tenant, guesser(tenant, "secret"))) == TOLD["secret"]
        assert said(ask(tenant, guesser(tenant, "key"))) == TOLD["key"]
        assert ask(server, server.credentials).status == 200


def test_a_token_over_its_rate_hears_neither_of_scopes_nor_of_what_is_malformed(guarded):
    token = add_token(guarded, "slow", "--rate", "1", "--scope", "read")
    while not is_slowed_rest(ask_rest(guarded, token, "/objects/k", "DELETE")):
        pass
    assert is_slowed_rest(ask_rest(guarded, token, "/objects?limit=nonsense"))
    time.sleep(1)
    assert ask_rest(guarded, token, "/objects/k", "DELETE").status == 403
    time.sleep(1)
    assert ask_rest(guarded, token, "/objects?limit=nonsense").status == 422


def test_a_client_that_is_honest_and_quick_meets_no_limit(guarded):
    with rawhttp.Connection(guarded) as connection:
        fields, _ = sigv4.header_auth(guarded.credentials, "GET", "/", host=guarded.netloc)
        head = rawhttp.head("GET", "/", fields)
        for _ in range(5000):
            connection.send(head)
            assert connection.receive().status == 200
