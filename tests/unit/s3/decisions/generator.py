# SPDX-License-Identifier: Apache-2.0
"""Policies and requests at random, from words so few that they often meet."""

import base64

from . import model, table

ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:GetObjectAcl", "s3:DeleteObject",
           "s3:ListAllMyBuckets"]
ACTION_PATTERNS = ACTIONS + ["s3:*", "*", "s3:Get*", "s3:get?bject", "S3:*Object", "s3:*Acl*",
                             "s3:?ut*", "s3:List*"]
KEYS = ["a", "b", "ab", "ba", "aab", "a/b", "alice", "alice/a", "é", "aé", "", "A", "*", "${aws:username}"]
WORDS = ["a", "b", "ab", "A", "", "alice", "é", "a/b", "*", "?", "1", "10", "true"]
BITS = ["a", "b", "/", "*", "?", "é", "*", "alice", "${aws:username}", "${*}", "${?}", "${$}",
        "${aws:Referer}", "${aws:Referer, 'a'}", "${aws:UserAgent, ''}", "${s3:ExistingObjectTag/t}",
        "${ aws:userid }", "${s3:prefix,'it''s'}"]
NUMBERS = ["0", "1", "9", "10", "10.5", "-1", "0.000001", "10.0"]
DATES = ["2026-11-26", "2026-11-26T00:00:00Z", "2026-11-26T01:00:00+01:00", "1795651200", "0",
         "2026-11-27T10:00:00Z"]
NETWORKS = ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "0.0.0.0/0", "2001:db8::/32", "::/0"]
ADDRESSES = ["10.1.2.3", "10.2.0.1", "11.0.0.1", "2001:db8::1", "::1", "nowhere"]
ARN_PARTS = ["aws", "iam", "", "111122223333", "444455556666", "*", "user/*", "user/alice", "root",
             "?oot", "user/${aws:username}"]
PRINCIPALS = ["*", table.ACME, table.UMBRELLA, f"arn:aws:iam::{table.ACME}:root",
              f"arn:aws:iam::{table.ACME}:user/alice", f"arn:aws:iam::{table.UMBRELLA}:user/mallory",
              f"arn:aws:iam::{table.UMBRELLA}:root", f"arn:aws:iam::{table.ACME}:user/bob"]
TEXT_KEYS = ["aws:Referer", "aws:username", "aws:UserAgent", "s3:prefix", "aws:userid",
             "s3:ExistingObjectTag/t", "s3:ExistingObjectTag/T", "s3:RequestObjectTag/t",
             "aws:PrincipalArn", "aws:PrincipalType"]
SET_KEYS = ["s3:RequestObjectTagKeys", "aws:TagKeys"]
CONTEXT = {"aws:Referer": WORDS, "aws:UserAgent": WORDS, "s3:prefix": WORDS, "s3:max-keys": NUMBERS + ["x"],
           "aws:CurrentTime": DATES + ["never"], "aws:SourceIp": ADDRESSES,
           "aws:SecureTransport": ["true", "false", "TRUE", "1"]}
UNKNOWN = {"s3:ExistingObjectTag/any": "tags", "aws:Referer": "aws:Referer"}


class Generator:
    """Everything that one seed makes."""

    def __init__(self, random):
        self.random = random

    def chance(self, one_in):
        return self.random.randrange(one_in) == 0

    def pick(self, words):
        return self.random.choice(words)

    def some(self, make, most=3):
        """One, alone or in a list, or several."""
        made = [make() for _ in range(self.random.randint(1, most))]
        return made[0] if len(made) == 1 and self.chance(2) else made

    def pattern(self):
        return "".join(self.pick(BITS) for _ in range(self.random.randint(1, 5)))

    def resource(self, in_bucket):
        if self.chance(4):
            return "*"
        bucket = table.BUCKET if in_bucket or self.chance(2) else self.pick(["b?t", "b*", "*", "c"])
        return f"arn:aws:s3:::{bucket}" + ("" if self.chance(5) else "/" + self.pattern())

    def principal(self):
        if self.chance(4):
            return "*"
        made = {"AWS": self.some(lambda: self.pick(PRINCIPALS[1:] if self.chance(4) else PRINCIPALS))}
        if self.chance(4):
            made["CanonicalUser"] = table.CANONICAL
        return made

    def arn(self):
        return "*" if self.chance(5) else "arn:" + ":".join(self.pick(ARN_PARTS) for _ in range(5))

    def value(self, name):
        """A value that the operator can compare."""
        if name.startswith("Numeric"):
            return self.pick(NUMBERS)
        if name.startswith("Date"):
            return self.pick(DATES)
        if name in ("Bool", "Null"):
            return self.pick(["true", "false", True, False, "TRUE"])
        if name == "BinaryEquals":
            return base64.b64encode(self.pick(WORDS[:4]).encode()).decode()
        if "Ip" in name:
            return self.pick(NETWORKS)
        return self.arn() if "Arn" in name else self.pattern() if self.chance(2) else self.pick(WORDS)

    def key(self, name, quantifier):
        if quantifier and "String" in name and not self.chance(3):
            return self.pick(SET_KEYS)
        usual = {"N": "s3:max-keys", "D": "aws:CurrentTime", "B": "aws:SecureTransport"}
        if "Ip" in name:
            return "aws:SourceIp"
        if name == "Null":
            return self.pick(TEXT_KEYS + SET_KEYS + list(CONTEXT))
        if name.startswith(("Numeric", "Date", "Bool")):
            return usual[name[0]]
        return "aws:PrincipalArn" if "Arn" in name and not self.chance(4) else self.pick(TEXT_KEYS)

    def condition(self):
        name = self.pick([*model.OPERATORS, *model.NEGATED, "Null", "Null"])
        quantifier = "" if name == "Null" else self.pick(["", "", "", "ForAllValues:", "ForAnyValue:"])
        suffix = "IfExists" if name != "Null" and self.chance(4) else ""
        values = self.some(lambda: self.value(name))
        return quantifier + name + suffix, self.key(name, quantifier), values

    def statement(self, of_bucket):
        no = {name: "Not" * self.chance(5) for name in ("Action", "Resource", "Principal")}
        made = {"Effect": self.pick(["Allow", "Allow", "Deny"]),
                f"{no['Action']}Action": self.some(lambda: self.pick(ACTION_PATTERNS)),
                f"{no['Resource']}Resource": self.some(lambda: self.resource(of_bucket))}
        if of_bucket:
            made[f"{no['Principal']}Principal"] = self.principal()
        for _ in range(self.pick([0, 0, 1, 1, 2, 3])):
            operator, key, values = self.condition()
            made.setdefault("Condition", {}).setdefault(operator, {})[key] = values
        return made

    def policy(self, of_bucket):
        made = {"Statement": self.some(lambda: self.statement(of_bucket), 4)}
        version = self.pick(["2012-10-17"] * 4 + ["2008-10-17", None])
        return made | ({"Version": version} if version else {})

    def tags(self):
        return {name: self.pick(WORDS) for name in ("t", "T", "a") if self.chance(3)}

    def question(self):
        """A request of which everything is known."""
        in_bucket = not self.chance(10)
        return table.PEOPLE[self.pick(list(table.PEOPLE))] | {
            "action": self.pick(ACTIONS), "owner": self.pick([table.ACME, table.UMBRELLA]),
            "in": table.BUCKET if in_bucket else None,
            "key": self.pick(KEYS) if in_bucket and not self.chance(4) else None,
            "context": {name: self.pick(words) for name, words in CONTEXT.items() if self.chance(2)},
            "tags": self.tags(), "request_tags": self.tags(), "unknown": []}
