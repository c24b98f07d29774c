# SPDX-License-Identifier: Apache-2.0
"""The evaluator says of random policies and requests what a slow and plain model says.

It goes on for POLICY_MODEL_S seconds, ten where that is not set, from POLICY_MODEL_SEED, or a seed of the day.
"""

import json
import os
import random
import time

from . import model
from .generator import UNKNOWN, Generator

SECONDS = float(os.environ.get("POLICY_MODEL_S", "10"))
BATCH = 20
# Why something is refused may become known later: nothing allows it, or it is denied as well.
REFUSAL = {"deny": "refused", "no": "refused"}
WORDS_TRIED = ["a", "alice", "", None]


def begin(name):
    seed = os.environ.get("POLICY_MODEL_SEED") or str(random.SystemRandom().randrange(2**32))
    print(f"{name}: POLICY_MODEL_SEED={seed}")
    return Generator(random.Random(seed)), time.monotonic() + SECONDS / 2


def asked(question, identities, bucket):
    """For the driver: with the policies as text."""
    return question | {"identity": [json.dumps(p, ensure_ascii=False) for p in identities],
                       "bucket": json.dumps(bucket, ensure_ascii=False) if bucket else None}


def case(g):
    identities = [g.policy(False) for _ in range(g.random.randint(0, 2))]
    return identities, g.policy(True) if g.chance(2) or not identities else None, g.question()


def shown(identities, bucket, question):
    return json.dumps({"identities": identities, "bucket": bucket, "question": question},
                      ensure_ascii=False, indent=1)


def test_the_evaluator_says_what_the_model_says(evaluator):
    g, end = begin("whole requests")
    seen = {}
    while time.monotonic() < end or len(seen) < 3:
        cases = [case(g) for _ in range(BATCH)]
        answers = evaluator.ask_all([asked(q, i, b) for i, b, q in cases])
        for (identities, bucket, question), answer in zip(cases, answers, strict=True):
            expected = model.verdict(identities, bucket, question)
            assert answer.get("verdict") == expected, \
                f"{answer}, not {expected}\n{shown(identities, bucket, question)}"
            seen[expected] = seen.get(expected, 0) + 1
    print(seen)
    assert set(seen) == {"allow", "no", "deny"}


def completed(question, what, word):
    """The question, with a value for what was not known; None is that there is none."""
    made = question | {"context": dict(question["context"]), "unknown": []}
    if UNKNOWN[what] == "tags":
        made["tags"] = {} if word is None else {"t": word, "T": word}
    elif word is None:
        made["context"].pop(what, None)
    else:
        made["context"][what] = word
    return made


def test_what_is_decided_early_is_right_whatever_becomes_known(evaluator):
    """What the evaluator says without having been told a value, the model says for every value."""
    g, end = begin("requests with a gap")
    seen = {}
    while time.monotonic() < end or len(seen) < 3:
        cases = [(*case(g), g.pick(list(UNKNOWN))) for _ in range(BATCH)]
        answers = evaluator.ask_all([asked(q | {"unknown": [what]}, i, b) for i, b, q, what in cases])
        for (identities, bucket, question, what), answer in zip(cases, answers, strict=True):
            possible = {REFUSAL.get(v, v) for v in (
                model.verdict(identities, bucket, completed(question, what, word))
                for word in WORDS_TRIED)}
            said = REFUSAL.get(answer.get("verdict"), answer.get("verdict"))
            assert said == "undecided" or possible == {said}, \
                f"{answer}, where it can be {possible}\n{what}\n{shown(identities, bucket, question)}"
            seen[said] = seen.get(said, 0) + 1
    print(seen)
    assert set(seen) == {"allow", "refused", "undecided"}
