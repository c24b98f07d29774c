# SPDX-License-Identifier: Apache-2.0
"""The checker of histories on histories made by hand and by chance: it passes the possible ones alone."""

import itertools
import random

import pytest

from .history import IMPOSSIBLE, NEVER, SOMETHING, Event, after, is_possible, shortest


def write(value, begin, end):
    return Event("write", begin, end, value)


def read(value, begin, end):
    return Event("read", begin, end, value)


def lost(act, begin, value=None, old=None):
    """An event that got no answer."""
    return Event(act, begin, NEVER, value, old, None)


GOOD = {
    "nothing": [],
    "nothing there": [read(None, 0, 1)],
    "one after another": [write(1, 0, 1), read(1, 2, 3), write(2, 4, 5), read(2, 6, 7)],
    "old while written": [write(1, 0, 1), write(2, 2, 9), read(1, 3, 4), read(2, 5, 6)],
    "two at once, either last": [write(1, 0, 9), write(2, 0, 9), read(2, 10, 11)],
    "deleted": [write(1, 0, 1), write(None, 2, 3), read(None, 4, 5)],
    "one of two creates": [Event("create", 0, 9, 1), Event("create", 0, 9, 2, done=False), read(1, 10, 11)],
    "create refused while another is put": [write(1, 0, 9), Event("create", 1, 2, 2, done=False)],
    "replaced": [write(1, 0, 1), Event("replace", 2, 3, 2, 1), Event("replace", 4, 5, 3, 1, False), read(2, 6, 7)],
    "unanswered and there": [lost("write", 0, 1), read(1, 2, 3)],
    "unanswered and not there": [lost("write", 0, 1), read(None, 2, 3)],
    "unanswered and late": [lost("write", 0, 1), read(None, 2, 3), read(1, 4, 5)],
    "unanswered and overwritten": [lost("write", 0, 1), read(1, 1, 2), write(2, 3, 4), read(2, 5, 6)],
    "unanswered delete": [write(1, 0, 1), lost("write", 2, None), read(1, 3, 4), read(None, 5, 6)],
    "unanswered create refuses another": [lost("create", 0, 1), Event("create", 2, 3, 2, done=False), read(1, 4, 5)],
    "never read, but in the way": [lost("write", 0, 1), Event("create", 2, 3, 2, done=False), write(None, 4, 5),
                                   read(None, 6, 7)],
    "listed": [write(1, 0, 1), read(SOMETHING, 2, 3)],
    "removed once": [write(1, 0, 1), Event("remove", 2, 9), Event("remove", 2, 9, done=False)],
}
BAD = {
    "from nowhere": [read(1, 0, 1)],
    "lost": [write(1, 0, 1), read(None, 2, 3)],
    "stale": [write(1, 0, 1), write(2, 2, 3), read(1, 4, 5)],
    "back and forth": [write(1, 0, 1), write(2, 2, 9), read(2, 3, 4), read(1, 5, 6)],
    "before its time": [read(1, 0, 1), write(1, 2, 3)],
    "undeleted": [write(1, 0, 1), write(None, 2, 3), read(1, 4, 5)],
    "two creates": [Event("create", 0, 9, 1), Event("create", 0, 9, 2)],
    "create refused for nothing": [Event("create", 0, 1, 1, done=False)],
    "create over something": [write(1, 0, 1), Event("create", 2, 3, 2)],
    "replaced twice": [write(1, 0, 1), Event("replace", 2, 9, 2, 1), Event("replace", 2, 9, 3, 1)],
    "refused, yet written": [write(1, 0, 1), Event("replace", 2, 3, 2, 1, False)],
    "unanswered, there and gone": [lost("write", 0, 1), read(1, 2, 3), read(None, 4, 5)],
    "unanswered, twice": [write(1, 0, 1), lost("write", 2, 2), read(2, 3, 4), write(3, 5, 6), read(2, 7, 8)],
    "unanswered create over something": [write(1, 0, 1), lost("create", 2, 2), read(2, 3, 4)],
    "unanswered replace of another": [write(1, 0, 1), lost("replace", 2, 3, 2), read(3, 3, 4)],
    "listed, not there": [read(SOMETHING, 0, 1)],
    "not listed": [write(1, 0, 1), read(None, 2, 3)],
    "removed twice": [write(1, 0, 1), Event("remove", 2, 9), Event("remove", 2, 9)],
}


@pytest.mark.parametrize("events", GOOD.values(), ids=GOOD)
def test_a_possible_history_passes(events):
    assert is_possible(events)


@pytest.mark.parametrize("events", BAD.values(), ids=BAD)
def test_an_impossible_history_does_not(events):
    assert not is_possible(events)
    assert not is_possible(events[::-1])


def by_trying(events):
    """The same asked of every order of every choice of what got no answer."""
    answered = [e for e in events if not e.is_open]
    unanswered = [e for e in events if e.is_open]
    for n in range(len(unanswered) + 1):
        for chosen in itertools.combinations(unanswered, n):
            for order in itertools.permutations([*answered, *chosen]):
                if any(a.begin > b.end for a, b in itertools.combinations(order, 2)):
                    continue
                state = None
                for event in order:
                    state = after(event, state)
                    if state is IMPOSSIBLE:
                        break
                else:
                    return True
    return False


def some_history(chance):
    events = []
    for n in range(1, 6):
        begin = chance.randrange(8)
        act = chance.choice(("write", "create", "replace", "read", "read", "remove"))
        value = chance.choice((None, 1, 2, 3, SOMETHING)) if act == "read" else None if act == "remove" else n
        done = chance.choice((True, True, False)) if act in ("create", "replace", "remove") else True
        if act != "read" and chance.random() < 0.3:
            done = None
        events.append(Event(act, begin, NEVER if done is None else begin + chance.randrange(1, 6) + 0.5, value,
                            chance.randrange(1, 6), done))
    return events


def test_it_says_what_trying_every_order_says():
    chance = random.Random(1)
    said = [(is_possible(events), by_trying(events)) for events in (some_history(chance) for _ in range(1500))]
    assert all(ours == theirs for ours, theirs in said)
    assert min(sum(ours for ours, _ in said), sum(not ours for ours, _ in said)) > 200


def test_the_shortest_is_impossible_and_has_no_bystanders():
    events = [write(1, 0, 1), read(1, 2, 3), write(2, 4, 5), read(2, 6, 7), read(1, 8, 9), read(1, 10, 11)]
    left = shortest(events)
    assert not is_possible(left) and len(left) < len(events)


def test_many_unanswered_ones_are_no_burden():
    events = [lost("write", n, n) for n in range(40)] + [write(100, 50, 51), read(7, 52, 53), read(100, 54, 55)]
    assert not is_possible(events)
    assert is_possible(events[:-1])
