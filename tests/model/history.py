# SPDX-License-Identifier: Apache-2.0
"""Whether what clients did to one key, and what they were told, can have happened in one order.

Every value is written once. An event that was answered happened at one moment between its beginning and its
end; one that was not may have happened at any moment from its beginning on, or never. The moments are looked
for as Wing and Gong do: the history is gone through in time, with all the states that the key can be in; where
an event ends, those remain in which it has happened.
"""

import dataclasses
import math

NEVER = math.inf
SOMETHING = "something"		# what a list says of a key without its entity tag


@dataclasses.dataclass(frozen=True)
class Event:
    """`act` is "write", "create" (where there is nothing), "replace" (what is `old`), "read" or "remove".

    `value` is what is written or was read, None for nothing: a write of None is a delete that does not tell
    whether there was something; "remove" does. `done` is False for what was refused for the key's state, and
    None for what got no answer.
    """
    act: str
    begin: float
    end: float
    value: object = None
    old: object = None
    done: object = True

    @property
    def is_open(self):
        return self.done is None


IMPOSSIBLE = object()


def after(event, state):
    """The state behind an event that happens to this state, or IMPOSSIBLE."""
    if event.act == "read":
        same = state == event.value or (event.value == SOMETHING and state is not None)
        return state if same else IMPOSSIBLE
    if event.act == "write":
        return event.value
    passes = {"create": state is None, "remove": state is not None,
              "replace": state is not None and state == event.old}[event.act]
    if event.done is False:
        return IMPOSSIBLE if passes else state
    return event.value if passes else IMPOSSIBLE


class States:
    """What may be: the key's value, which events under way have happened, and which unanswered ones were used.

    Of two that differ in the last alone, the one that has used fewer can do whatever the other can.
    """

    def __init__(self):
        self.least = {}

    def add(self, value, happened, used):
        known = self.least.setdefault((value, happened), [])
        if any(other <= used for other in known):
            return False
        known[:] = [other for other in known if not used <= other] + [used]
        return True

    def __iter__(self):
        for (value, happened), known in self.least.items():
            for used in known:
                yield value, happened, used


def ending(states, n, events, under_way, unanswered):
    """The states in which event n, which ends now, has happened; n is taken out of what is under way."""
    left, seen = States(), States()
    for state in states:
        seen.add(*state)
    todo = list(seen)
    while todo:
        value, happened, used = todo.pop()
        if n in happened:
            left.add(value, happened - {n}, used)
            continue
        for m in under_way - happened:
            next_value = after(events[m], value)
            if next_value is not IMPOSSIBLE and seen.add(next_value, happened | {m}, used):
                todo.append((next_value, happened | {m}, used))
        for m in unanswered - used:
            next_value = after(events[m], value)
            if next_value is not IMPOSSIBLE and next_value != value and seen.add(next_value, happened, used | {m}):
                todo.append((next_value, happened, used | {m}))
    return left


def is_possible(events, first=None):
    """Whether there is an order, for a key whose value was `first`."""
    moments = [(e.begin, 0, n) for n, e in enumerate(events)]
    moments += [(e.end, 1, n) for n, e in enumerate(events) if not e.is_open]
    states = States()
    states.add(first, frozenset(), frozenset())
    under_way, unanswered = frozenset(), frozenset()
    for _, is_end, n in sorted(moments):
        if events[n].is_open:
            unanswered |= {n}
        elif not is_end:
            under_way |= {n}
        else:
            states = ending(states, n, events, under_way, unanswered)
            under_way -= {n}
            if not states.least:
                return False
    return True


def shortest(events):
    """An impossible history without the events that it is as impossible without: those that change nothing."""
    for event in list(events):
        fewer = [e for e in events if e is not event]
        if (event.act == "read" or event.done is False) and not is_possible(fewer):
            events = fewer
    return events
