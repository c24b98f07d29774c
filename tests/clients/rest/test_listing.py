# SPDX-License-Identifier: Apache-2.0
"""GET /objects: order, prefix, limit, cursor, and every page's borders."""

import base64
import json
import threading
import uuid

import pytest

from lib import rest, sigv4

pytestmark = pytest.mark.functional

TREE = ["a", "a/", "a/1", "a/2", "a/b/1", "b", "b//x", "c/1", "d"]
DEFAULT, MOST = 100, 1000
CROWD = [f"k{i:04}" for i in range(2500)]


@pytest.fixture(scope="module")
def tree(operator):
    """A bucket that no test changes."""
    made = operator.store(bucket=f"t-tree-{uuid.uuid4().hex[:12]}")
    for key in reversed(TREE):
        made.put(key)
    return made


@pytest.fixture(scope="module")
def crowd(operator):
    """A bucket of 2,500 objects, which tests may only add others to."""
    made = operator.store(bucket=f"t-crowd-{uuid.uuid4().hex[:12]}")
    rest.fill(made, CROWD)
    return made


def told(store, query):
    """A page by its raw query, which may be wrong."""
    return store.ask("GET", f"/objects?{query}")


# The page

def test_empty_bucket(empty):
    answer = empty.ask("GET", "/objects")
    assert (answer.status, answer.body) == (200, b'{"keys":[],"next_cursor":null,"has_more":false}')
    assert answer.get("Content-Type") == "application/json"


def test_page_is_compact_json_in_this_order(empty):
    empty.put("b")
    empty.put("a b/c")
    answer = empty.ask("GET", "/objects")
    assert answer.body == b'{"keys":["a b/c","b"],"next_cursor":null,"has_more":false}'


def test_order_is_that_of_utf8_bytes(empty):
    """UTF-16 would put the surrogates of the last before the one before it."""
    order = ["A", "B", "_", "a", "a!", "a/", "a0", "\u00e9", "\u65e5", "\uff5e", "\U0001f5dd"]
    for key in reversed(order):
        empty.put(key)
    assert empty.page()["keys"] == order
    assert empty.keys(limit=1) == order


def test_listing_sees_every_write_at_once(empty):
    for i in range(10):
        empty.put(f"k{i}")
        assert len(empty.page()["keys"]) == i + 1
    empty.put("k0", b"again")
    for i in range(10):
        empty.delete(f"k{i}")
        assert len(empty.page()["keys"]) == 9 - i


# prefix

@pytest.mark.parametrize("prefix, expected", [
    ("", TREE), ("a", ["a", "a/", "a/1", "a/2", "a/b/1"]), ("a/", ["a/", "a/1", "a/2", "a/b/1"]),
    ("a/b/1", ["a/b/1"]), ("a/b/12", []), ("z", []), ("b/", ["b//x"]), ("/", []), ("A", [])])
def test_prefix(tree, prefix, expected):
    assert tree.page(prefix=prefix) == {"keys": expected, "next_cursor": None, "has_more": False}


@pytest.mark.parametrize("prefix", ["%", "_", "a%", "a_", "*", "'", "a_c", "\\", "?", "[a-z]", '"',
                                    "a' OR '1'='1", "\u20ac", "+", "a b", "#", "&", "=", "a\n"])
def test_prefix_is_literal(empty, prefix):
    for key in ("abc", "a", "a c", prefix + "x"):
        empty.put(key)
    assert empty.page(prefix=prefix)["keys"] == [prefix + "x"]


def test_a_plus_in_a_query_is_a_blank(empty):
    """Silent in the contract, whose `+` is of paths. Queries are forms, to Python's HTTP libraries
    and to the service before: a blank goes out as `+`, a plus as `%2B`.
    """
    for key in ("a b", "a+b"):
        empty.put(key)
    assert rest.document(told(empty, "prefix=a+b"))["keys"] == ["a b"]
    assert rest.document(told(empty, "prefix=a%2Bb"))["keys"] == ["a+b"]


@pytest.mark.parametrize("query", ["prefix=%ff", "prefix=a%80", "prefix=%ed%a0%80", "prefix=%zz",
                                   "prefix=%", "prefix=%4", "prefix=%00"])
def test_malformed_prefix_is_refused(tree, query):
    rest.refused(told(tree, query), 400)


@pytest.mark.parametrize("size", [1024, 1025, 5000])
def test_no_key_begins_with_a_prefix_longer_than_a_key(tree, size):
    """Silent in the contract: an empty page or 400, and nothing else."""
    answer = told(tree, f"prefix={'p' * size}")
    if size > 1024 and answer.status == 400:
        rest.refused(answer, 400)
    else:
        assert answer.body == b'{"keys":[],"next_cursor":null,"has_more":false}'


# limit

def test_default_limit(crowd):
    page = crowd.page()
    assert (page["keys"], page["has_more"]) == (CROWD[:DEFAULT], True)


@pytest.mark.parametrize("limit", ["1", "7", "100", "999", "1000", "1001", "2147483647",
                                   "2147483648", "4294967296", "18446744073709551616", "9" * 40,
                                   "007"])
def test_limit(crowd, limit):
    page = crowd.page(limit=limit)
    assert page["keys"] == CROWD[:min(int(limit), MOST)]
    assert page["has_more"] is True


@pytest.mark.parametrize("more", ["", "&prefix=a", "&cursor=" + sigv4.encode(rest.cursor("a"))])
def test_limit_0_is_an_empty_page_with_more(tree, more):
    answer = told(tree, "limit=0" + more)
    page = rest.document(answer)
    assert (answer.status, list(page)) == (200, rest.LIST_MEMBERS)
    assert (page["keys"], page["has_more"]) == ([], True)
    if page["next_cursor"] is not None:
        rest_of_it = told(tree, f"limit=1{more.partition('cursor')[0]}"
                          f"&cursor={sigv4.encode(page['next_cursor'])}")
        assert rest.document(rest_of_it)["keys"] == (["a/"] if "cursor" in more else ["a"])


@pytest.mark.parametrize("limit", [
    "abc", "-1", "-0.5", "1.5", "", "1e3", "0x10", "1,000", "ten", "None", "null", "true", "-", "+",
    "1;2", "--1", "NaN", "inf", "-99999999999999999999", "%00", "%ff", "5%00", "5a", "5 5"])
def test_limit_that_is_no_whole_number(tree, limit):
    answer = told(tree, f"limit={limit.replace(' ', '%20')}")
    if limit.endswith(("%00", "%ff")):
        # Not even a query; the strict reader of requests may be the one who says so.
        assert answer.status in (400, 422)
        rest.document(answer)
    else:
        rest.invalid(answer, "limit")


@pytest.mark.parametrize("limit", ["+5", "%2B5", "%205", "5%20", "%0A5"])
def test_limit_with_a_sign_or_blanks(tree, limit):
    """Silent in the contract: a whole number to some readers. It is taken as 5 or refused, and
    never as if nothing were said.
    """
    answer = told(tree, f"limit={limit}")
    if answer.status == 200:
        assert rest.document(answer)["keys"] == TREE[:5]
    else:
        rest.invalid(answer, "limit")


# cursor

def test_pages_follow_each_other(tree):
    first = tree.page(limit=4)
    assert (first["keys"], first["has_more"]) == (TREE[:4], True)
    second = tree.page(limit=4, cursor=first["next_cursor"])
    assert (second["keys"], second["has_more"]) == (TREE[4:8], True)
    last = tree.page(limit=4, cursor=second["next_cursor"])
    assert last == {"keys": TREE[8:], "next_cursor": None, "has_more": False}


@pytest.mark.parametrize("limit", range(1, len(TREE) + 2))
def test_pages_hold_each_key_once(tree, limit):
    assert tree.keys(limit=limit) == TREE


@pytest.mark.parametrize("limit", range(1, 6))
def test_pages_of_a_prefix_hold_each_of_its_keys_once(tree, limit):
    assert tree.keys(limit=limit, prefix="a/") == ["a/", "a/1", "a/2", "a/b/1"]


def test_a_page_that_ends_at_the_end_has_no_more(tree):
    assert tree.page(limit=len(TREE))["has_more"] is False
    assert tree.page(limit=len(TREE) - 1)["has_more"] is True
    assert tree.page(limit=1, cursor=rest.cursor(TREE[-2]))["has_more"] is False


def test_what_follows_a_prefix_is_no_more_of_it(tree):
    assert tree.page(limit=4, prefix="a/")["has_more"] is False
    assert tree.page(limit=3, prefix="a/")["has_more"] is True
    assert tree.page(limit=1, prefix="a/b")["has_more"] is False


@pytest.mark.parametrize("key", ["a", "\u20ac/\U0001f5dd", 'say "no"', "a\\b", "new\nline", "\x01",
                                 "a+b/c?d", "\xff\xfe~~~???>>>"])
def test_a_cursor_is_base64_of_its_last_key(empty, key):
    empty.put(key)
    empty.put(key + "!")
    page = empty.page(limit=1)
    assert page["keys"] == [key]
    decoded = base64.b64decode(page["next_cursor"], validate=True)
    assert json.loads(decoded) == {"last_key": key}
    assert empty.page(cursor=page["next_cursor"])["keys"] == [key + "!"]


def encoded(document, dumps=json.dumps):
    text = document if isinstance(document, bytes) else dumps(document).encode()
    return base64.b64encode(text).decode()


@pytest.mark.parametrize("dumps", [
    json.dumps, lambda d: json.dumps(d, ensure_ascii=False),
    lambda d: json.dumps(d, separators=(",", ":")), lambda d: json.dumps(d, indent=2) + "\n"],
    ids=["ascii", "utf-8", "compact", "indented"])
@pytest.mark.parametrize("key", ["a/2", "\u20ac", "\U0001f5dd", "a\"\\\n\t/"])
def test_cursors_made_by_the_service_before_are_taken(empty, dumps, key):
    """A client that walks while the service is replaced goes on where it was."""
    for name in ("A", key, key + "+"):
        empty.put(name)
    assert empty.page(cursor=encoded({"last_key": key}, dumps))["keys"] == [key + "+"]


@pytest.mark.parametrize("last, expected", [
    ("0", TREE), ("a", TREE[1:]), ("a/11", TREE[3:]), ("a/zzz", TREE[5:]), ("d", []), ("zzz", []),
    ("\U0010ffff", [])])
def test_a_cursor_need_not_name_an_object(tree, last, expected):
    assert tree.page(cursor=rest.cursor(last)) == {
        "keys": expected, "next_cursor": None, "has_more": False}


def test_a_cursor_outlives_its_key(empty):
    for key in TREE:
        empty.put(key)
    cursor = empty.page(limit=4)["next_cursor"]
    for key in TREE[2:6]:
        empty.delete(key)
    assert empty.page(cursor=cursor)["keys"] == TREE[6:]


def test_a_cursor_outlives_every_key(empty):
    for key in TREE:
        empty.put(key)
    cursor = empty.page(limit=4)["next_cursor"]
    for key in TREE:
        empty.delete(key)
    assert empty.page(cursor=cursor) == {"keys": [], "next_cursor": None, "has_more": False}


@pytest.mark.parametrize("last, expected", [
    ("a", ["a/", "a/1", "a/2", "a/b/1"]), ("a/1", ["a/2", "a/b/1"]), ("b", []), ("0", TREE[1:5]),
    ("a/b/1", [])])
def test_cursor_and_prefix(tree, last, expected):
    """A cursor before the prefix starts at it, one behind it finds nothing."""
    assert tree.page(prefix="a/", cursor=rest.cursor(last))["keys"] == expected


def test_empty_prefix_and_cursor_are_none(tree):
    for query in ("prefix=", "cursor=", "prefix=&cursor=", "prefix&cursor", "cursor=&limit=100"):
        assert rest.document(told(tree, query))["keys"] == TREE


def test_a_cursor_sent_as_it_is_may_hold_a_plus(empty):
    """Base64 has `+` and `/`; a client that puts them into a query unencoded means them so."""
    key = "~~~>>>???"
    while "+" not in rest.cursor(key):
        key = "~" + key
    for name in (key, key + "!"):
        empty.put(name)
    answer = told(empty, f"cursor={rest.cursor(key)}")
    assert rest.document(answer)["keys"] == [key + "!"]


# In urlsafe base64 this one has another letter than in the standard one.
PLUS = b'{"last_key": "~~~>>>???~~"}'
LONGEST = "k" * 1024

WRONG_CURSORS = {
    "text": "not a cursor", "a key": "a/2", "letters": "abcd", "one letter": "a", "blank": " ",
    "padding": "====", "unpadded": rest.cursor("a").rstrip("="),
    "padded too far": rest.cursor("a") + "=", "padded in the middle": "eyJs=YXN0",
    "urlsafe": base64.urlsafe_b64encode(PLUS).decode(), "hex": PLUS.hex(),
    "twice": encoded(rest.cursor("a").encode()), "bare JSON": '{"last_key": "a"}',
    "quoted": f'"{rest.cursor("a")}"', "non-ASCII": "\u20ac",
    "no JSON": encoded(b"last_key=a"), "nothing in JSON": encoded(b" "),
    "cut JSON": encoded(b'{"last_key": "a"'), "JSON and more": encoded(b'{"last_key": "a"} x'),
    "two objects": encoded(b'{"last_key": "a"}{"last_key": "a"}'),
    "array": encoded([]), "array of it": encoded([{"last_key": "a"}]), "string": encoded("a"),
    "number": encoded(5), "null": encoded(None), "true": encoded(True),
    "empty object": encoded({}), "other member": encoded({"key": "a"}),
    "number as key": encoded({"last_key": 5}), "null as key": encoded({"last_key": None}),
    "list as key": encoded({"last_key": ["a"]}), "object as key": encoded({"last_key": {"a": "b"}}),
    "not UTF-8": encoded(b'{"last_key": "\xff"}'),
    "half a character": encoded(b'{"last_key": "\\ud800"}'),
    "surrogates in UTF-8": encoded(b'{"last_key": "\xed\xa0\x80"}'),
    "NUL": encoded({"last_key": "a\x00b"}), "raw NUL": encoded(b'{"last_key": "a\x00b"}'),
    "raw newline": encoded(b'{"last_key": "a\nb"}'), "byte order mark": encoded(
        b'\xef\xbb\xbf{"last_key": "a"}'),
    "UTF-16": encoded('{"last_key": "a"}'.encode("utf-16")),
    "deep": encoded(b"[" * 3000), "deep as key": encoded(b'{"last_key": ' + b"[" * 3000),
}


@pytest.mark.parametrize("form", WRONG_CURSORS)
def test_wrong_cursor(tree, form):
    answer = told(tree, f"cursor={sigv4.encode(WRONG_CURSORS[form])}")
    rest.refused(answer, 400, "Invalid cursor")


@pytest.mark.parametrize("query", ["cursor=%zz", "cursor=%", "cursor=%ff", "cursor=abc%80"])
def test_cursor_that_does_not_decode(tree, query):
    rest.refused(told(tree, query), 400)


def test_the_longest_keys_make_cursors(empty):
    """The last is six times as long in JSON, and a third more in base64."""
    longest = ["\x01" * 1024, "\x01" * 1023 + "\x02", "\"" * 1024, LONGEST, "z" * 1024,
               "\U0001f5dd" * 256]
    for key in longest:
        empty.put(key)
    assert empty.keys(limit=1) == longest
    for i, key in enumerate(longest):
        assert empty.page(cursor=rest.cursor(key))["keys"] == longest[i + 1:]


@pytest.mark.parametrize("last, behind", [
    ("", TREE), (LONGEST + "k", []), ("A" * 1025, TREE), ("\u20ac" * 342, []),
    ("b" * 5000, TREE[7:])])
def test_a_last_key_that_no_object_can_have(tree, last, behind):
    """Silent in the contract: it leads to its place among the keys, or nowhere."""
    answer = tree.ask("GET", rest.listing(cursor=rest.cursor(last)))
    if answer.status == 200:
        assert rest.document(answer)["keys"] == behind
    else:
        rest.refused(answer, 400, "Invalid cursor")


@pytest.mark.parametrize("query", ["limit=2&limit=3", "prefix=a&prefix=b",
                                   "cursor=x&cursor=" + rest.cursor("a")])
def test_a_parameter_given_twice(tree, query):
    """Silent in the contract: one of the two, or a clean refusal."""
    answer = told(tree, query)
    assert answer.status in (200, 400, 422)
    rest.document(answer)


# Many keys

@pytest.mark.parametrize("limit", [None, 1, 999, 1000, 5000])
def test_a_walk_holds_each_of_2500_keys_once(crowd, limit):
    if limit == 1:
        assert crowd.keys(limit=1, prefix="k00") == CROWD[:100]
        return
    assert crowd.keys(**({} if limit is None else {"limit": limit}), prefix="k") == CROWD


def test_a_page_of_the_longest_keys_is_whole(empty):
    """6 MB of JSON: every byte of these keys is written as six."""
    longest = ["\x01" * 1020 + f"{i:04}" for i in range(1001)]
    rest.fill(empty, longest)
    page = empty.page(limit=1000)
    assert (page["keys"], page["has_more"]) == (longest[:1000], True)
    assert empty.keys(limit=300) == longest


@pytest.mark.parametrize("limit", [500, 625, 2500])
def test_borders_of_pages_in_a_crowd(crowd, limit):
    """The last page is full exactly, and says that it is the last."""
    pages, cursor = [], {}
    while True:
        page = crowd.page(limit=limit, prefix="k", **cursor)
        pages.append(len(page["keys"]))
        if not page["has_more"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert pages == [min(limit, MOST)] * (2500 // min(limit, MOST)) + (
        [500] if limit > MOST else [])


class Neighbour(threading.Thread):
    """Puts and deletes keys between those of the crowd until told to stop."""

    def __init__(self, store):
        super().__init__(daemon=True)
        self.store = store
        self.stopping = threading.Event()
        self.rounds = 0
        self.errors = []

    def run(self):
        try:
            while not self.stopping.is_set():
                around = [f"{key}-{self.rounds % 3}" for key in ("0", *CROWD[::50], "z")]
                rest.fill(self.store, around, connections=1)
                rest.pour(self.store, [self.store.head("DELETE", rest.target(key), length=0)
                                       for key in around], 204, connections=1)
                self.rounds += 1
        except BaseException as e:  # a thread's exception must fail the test, not vanish
            self.errors.append(repr(e))


def test_a_walk_among_changes_elsewhere_holds_each_key_once(crowd):
    neighbour = Neighbour(crowd)
    neighbour.start()
    walks = 0
    try:
        while walks < 3 or neighbour.rounds < 2:
            seen = crowd.keys(limit=100)
            assert seen == sorted(set(seen))
            assert [key for key in seen if key in set(CROWD)] == CROWD
            walks += 1
    finally:
        neighbour.stopping.set()
        neighbour.join()
    assert not neighbour.errors, neighbour.errors
