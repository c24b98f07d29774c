# SPDX-License-Identifier: Apache-2.0
"""What a policy says, decided as slowly and plainly as the documentation reads: no compiling, no third truth.

It is asked of a request of which everything is known. Policies are Python objects, and sound.
"""

import base64
import datetime
import decimal
import ipaddress
import re

ESCAPES = {"${*}": "*", "${?}": "?", "${$}": "$"}
VARIABLE = re.compile(r"\$\{(?:[*?$]|\s*([^,}]*?)\s*(?:,\s*'((?:[^']|'')*)'\s*)?)\}")


def as_list(value):
    return value if isinstance(value, list) else [value]


class Request:
    """What is asked, as the driver's question has it."""

    def __init__(self, question):
        self.question = question
        self.values = {name.lower(): value for name, value in question["context"].items()}
        self._set_who(question)
        self.tags = {"s3:existingobjecttag/": question["tags"],
                     "s3:requestobjecttag/": question["request_tags"]}

    def _set_who(self, q):
        if q["who"] == "anonymous":
            said = {"principaltype": "Anonymous", "principalaccount": "anonymous",
                    "userid": "anonymous"}
        elif q["who"] == "root":
            said = {"principaltype": "Account", "principalaccount": q["account"],
                    "userid": q["account"], "principalarn": f"arn:aws:iam::{q['account']}:root"}
        else:
            said = {"principaltype": "User", "principalaccount": q["account"],
                    "userid": q["user_id"], "username": q["user"],
                    "principalarn": f"arn:aws:iam::{q['account']}:user/{q['user']}"}
        self.values |= {f"aws:{name}": value for name, value in said.items()}

    def one(self, key):
        """The value of a key with one, or None."""
        folder, slash, tag = key.partition("/")
        if slash:
            return self.tags.get(folder.lower() + "/", {}).get(tag)
        return self.values.get(key.lower())

    def many(self, key):
        """The values of a key with many; None for a key with one."""
        if key.lower() == "s3:requestobjecttagkeys":
            return list(self.question["request_tags"])
        return [] if key.lower() == "aws:tagkeys" else None

    @property
    def resource(self):
        bucket, key = self.question["in"], self.question["key"]
        return (bucket or "") + ("" if key is None else "/" + key)


# --- patterns: a list of literal text, ANY and ONE -------------------------------------------------

ANY, ONE = object(), object()


def pieces(text, request, variables, wildcards):
    """The pattern with its variables filled in, or None where one has no value."""
    made, at = [], 0
    while at < len(text):
        found = VARIABLE.match(text, at) if variables else None
        if found and found.group() in ESCAPES:
            made.append(ESCAPES[found.group()])
        elif found:
            value = request.one(found.group(1))
            if value is None and found.group(2) is not None:
                value = found.group(2).replace("''", "'")
            if value is None:
                return None
            made.extend(value)
        elif wildcards and text[at] in "*?":
            made.append(ANY if text[at] == "*" else ONE)
        else:
            made.append(text[at])
        at = found.end() if found else at + 1
    return made


def matches(pattern, text):
    """Every way is tried: what the pattern's first i pieces can have used of the text."""
    reached = {0}
    for piece in pattern:
        if piece is ANY:
            reached = set(range(min(reached), len(text) + 1)) if reached else set()
        else:
            reached = {at + 1 for at in reached
                       if at < len(text) and piece in (ONE, text[at])}
    return len(text) in reached


def fold(text):
    """In any case means letters of ASCII."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def match(pattern, text, request, variables=False, wildcards=True, any_case=False):
    made = pieces(pattern, request, variables, wildcards)
    if made is None:
        return False
    if any_case:
        made = [fold(p) if isinstance(p, str) else p for p in made]
        text = fold(text)
    return matches(made, text)


# --- values --------------------------------------------------------------------------------------

def number(text):
    return decimal.Decimal(text) if re.fullmatch(r"-?\d+(\.\d{1,6})?", text) else None


def date(text):
    if re.fullmatch(r"\d+", text):
        return int(text)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        text += "T00:00:00Z"
    try:
        return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())
    except ValueError:
        return None


def ordered(read):
    def compare(test):
        def fits(value, text, *_):
            theirs, ours = read(text), read(value)
            return theirs is not None and test(theirs, ours)
        return fits
    return {"Equals": compare(lambda a, b: a == b), "LessThan": compare(lambda a, b: a < b),
            "LessThanEquals": compare(lambda a, b: a <= b),
            "GreaterThan": compare(lambda a, b: a > b),
            "GreaterThanEquals": compare(lambda a, b: a >= b)}


def fits_bool(value, text, *_):
    return fold(text) in ("true", "false") and fold(value) == fold(text)


def fits_ip(value, text, *_):
    try:
        address, network = ipaddress.ip_address(text), ipaddress.ip_network(value)
    except ValueError:
        return False
    return address.version == network.version and address in network


def fits_arn(value, text, request, variables):
    if value == "*":
        return True
    ours = split_arn(value) if variables else value.split(":", 5)
    theirs = text.split(":", 5)
    return len(theirs) == 6 and all(match(a, b, request, variables)
                                    for a, b in zip(ours, theirs, strict=True))


def split_arn(value):
    """At the first five colons that are in no variable."""
    parts, depth = [""], False
    for i, c in enumerate(value):
        depth = True if value.startswith("${", i) else depth and c != "}"
        if c == ":" and not depth and len(parts) < 6:
            parts.append("")
        else:
            parts[-1] += c
    return parts


def text_operator(**how):
    return lambda value, text, request, variables: match(value, text, request, variables, **how)


OPERATORS = {
    "StringEquals": text_operator(wildcards=False),
    "StringEqualsIgnoreCase": text_operator(wildcards=False, any_case=True),
    "StringLike": text_operator(),
    "Bool": fits_bool,
    "BinaryEquals": lambda value, text, *_: base64.b64decode(value) == text.encode(),
    "IpAddress": fits_ip,
    "ArnEquals": fits_arn,
    "ArnLike": fits_arn,
    **{f"Numeric{name}": fits for name, fits in ordered(number).items()},
    **{f"Date{name}": fits for name, fits in ordered(date).items()},
}
NEGATED = {
    "StringNotEquals": "StringEquals", "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike", "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals", "NotIpAddress": "IpAddress", "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


# --- conditions ----------------------------------------------------------------------------------

def written(value):
    """A value as text: JSON's numbers and Booleans need no quotes."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def condition_holds(operator, key, values, request, variables):
    values = [written(v) for v in as_list(values)]
    quantifier, _, name = operator.rpartition(":")
    if name == "Null":
        many = request.many(key)
        missing = not many if many is not None else request.one(key) is None
        return any((fold(v) == "true") == missing for v in values)
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    negated = name in NEGATED
    fits = OPERATORS[NEGATED.get(name, name)]
    many = request.many(key)
    found = many if many is not None else [v for v in [request.one(key)] if v is not None]
    if quantifier and many is None:
        found = [v for v in found if v]
    if not found:
        return {"": negated or if_exists, "ForAllValues": True, "ForAnyValue": if_exists}[quantifier]
    held = [any(fits(v, text, request, variables) for v in values) != negated for text in found]
    return any(held) if quantifier == "ForAnyValue" else all(held)


# --- statements ----------------------------------------------------------------------------------

def is_named(name, kind, request):
    """Whether a principal's name is who asks, and whether it is the name of an account."""
    q = request.question
    if q["who"] == "anonymous":
        return False, False
    if kind == "CanonicalUser":
        return fold(name) == fold(q["canonical_id"]), True
    account, _, user = name.removeprefix("arn:aws:iam::").partition(":")
    if user.startswith("user/"):
        return (q["who"] == "user" and account == q["account"] and
                user[len("user/"):] == q["user"]), False
    return account == q["account"], True


def principal_fits(statement, request):
    q = request.question
    negated = "NotPrincipal" in statement
    said = statement["NotPrincipal" if negated else "Principal"]
    said = {"AWS": "*"} if said == "*" else said
    if "*" in as_list(said.get("AWS", [])):
        return not negated
    named = [is_named(name, kind, request) for kind, names in said.items()
             for name in as_list(names) if name != "*"]
    as_account = any(fits and is_account for fits, is_account in named)
    as_user = any(fits and not is_account for fits, is_account in named)
    if negated and statement["Effect"] == "Deny":
        return not (as_account and (as_user or q["who"] == "root"))
    if negated:
        return not (as_account or as_user)
    if statement["Effect"] == "Allow" and q["who"] == "user" and q["account"] == q["owner"]:
        return as_user
    return as_account or as_user


def action_fits(statement, request):
    negated = "NotAction" in statement
    names = as_list(statement["NotAction" if negated else "Action"])
    asked = request.question["action"].removeprefix("s3:")
    found = any(match(name if name == "*" else name.split(":", 1)[1], asked, request, any_case=True)
                for name in names)
    return found != negated


def resource_fits(statement, request, variables):
    negated = "NotResource" in statement
    names = as_list(statement["NotResource" if negated else "Resource"])
    found = any(match(name.removeprefix("arn:aws:s3:::"), request.resource, request, variables)
                for name in names)
    return found != negated


def applies(statement, request, variables, of_bucket):
    return (action_fits(statement, request) and
            (not of_bucket or principal_fits(statement, request)) and
            resource_fits(statement, request, variables) and
            all(condition_holds(operator, key, values, request, variables)
                for operator, keys in statement.get("Condition", {}).items()
                for key, values in keys.items()))


def answer(policy, question, of_bucket=False):
    """deny, allow or nothing."""
    request = Request(question)
    variables = policy.get("Version") == "2012-10-17"
    effects = {s["Effect"] for s in as_list(policy["Statement"])
               if applies(s, request, variables, of_bucket)}
    return "deny" if "Deny" in effects else "allow" if "Allow" in effects else "nothing"


def verdict(identities, bucket, question):
    """allow, no or deny, of the answers of all policies: a bucket's may be None."""
    said = {answer(policy, question) for policy in identities}
    of_bucket = answer(bucket, question, True) if bucket else "nothing"
    who, same = question["who"], question.get("account") == question["owner"]
    if "deny" in said | {of_bucket}:
        return "deny"
    by_bucket = of_bucket == "allow"
    by_identity = who == "root" or (who == "user" and "allow" in said)
    if who == "anonymous":
        allowed = by_bucket
    elif same:
        allowed = by_bucket or by_identity
    else:
        allowed = by_bucket and by_identity
    return "allow" if allowed else "no"
