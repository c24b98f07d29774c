# SPDX-License-Identifier: Apache-2.0
"""An administrator who remembers what he was told, of an authd in which something fails.

What he orders is done and answered so; or he is told that it failed, or nothing, and then it may have been
done or not.
"""

import time

from lib import operators, rawhttp, sigv4

ANSWER_LIMIT_S = 3
RECOVERY_LIMIT_S = 20
SECRET = "a-secret-of-a-test"


class Administrator:
    """`told` are the states that each tenant, key and token may be in; None where there is none."""

    def __init__(self, server):
        self.server = server
        self.told = {}
        self.count = 0
        self.unsure = self.silent = 0

    def order(self, item, new, what, **members):
        """Orders what makes the item's state `new`; whether it is so for certain."""
        done = (self.ask(what, **members) or {"ok": False})["ok"]
        self.unsure += not done
        self.told[item] = [new] if done else [*self.told.get(item, [None]), new]
        return done

    def ask(self, what, **members):
        """The answer, or None where there is none."""
        try:
            return operators.order(self.server, what, ANSWER_LIMIT_S, **members)
        except TimeoutError:
            self.silent += 1
        except (OSError, ValueError):
            pass
        return None

    def work(self):
        """Some of everything, unless answers stay away. What is ordered for a tenant that may be missing may fail."""
        self.count += 1
        self.silent = 0
        name, access_key = f"t{self.count}", f"CF{self.count:018}"
        tenant, key, token = ("tenant", name), ("key", access_key), ("token", name)
        mine, of_default = {"access_key": access_key}, {"tenant": "default", "token_name": name}
        orders = [
            (tenant, "active", "tenant.create", {"name": name}),
            (key, "enabled", "key.create", {"tenant": name, "secret_key": SECRET, **mine}),
            (key, "disabled", "key.disable", mine),
            (tenant, "suspended", "tenant.suspend", {"name": name}),
            (tenant, "active", "tenant.resume", {"name": name}),
            (key, "enabled", "key.enable", mine),
            (token, "there", "token.create", {"ttl_days": 1, **of_default}),
            (key, None, "key.delete", mine),
            (token, None, "token.delete", of_default),
        ]
        for item, new, what, members in orders if self.count % 2 else orders[:-2]:
            if not self.silent:
                self.order(item, new, what, **members)

    def state(self):
        """What is there of what was ordered, or None where that is not told."""
        lists = [self.ask(what) for what in ("tenant.list", "key.list", "token.list")]
        if not all(answer and answer["ok"] for answer in lists):
            return None
        found = {("tenant", t["name"]): t["state"] for t in lists[0]["tenants"]}
        found |= {("key", k["access_key"]): k["status"] for k in lists[1]["keys"]}
        found |= {("token", t["name"]): "there" for t in lists[2]["tokens"]}
        return {item: found.get(item) for item in self.told}

    def opens(self, access_key):
        """Whether what is signed with the key is answered; None where nobody could say."""
        credentials = sigv4.Credentials(access_key, SECRET, self.server.region)
        fields, _ = sigv4.header_auth(credentials, "GET", "/", host=self.server.netloc)
        try:
            status = rawhttp.exchange(self.server, rawhttp.head("GET", "/", fields)).status
        except (OSError, rawhttp.ProtocolError):
            return None
        return {200: True, 403: False}.get(status)

    def eventually(self, ask, *args):
        """The first answer that is none of nothing: authd may be coming back."""
        end = time.monotonic() + RECOVERY_LIMIT_S
        while (answer := ask(*args)) is None:
            assert time.monotonic() < end, (args, self.server.log())
            time.sleep(0.02)
        return answer

    def make_one(self):
        self.count += 1
        return self.order(("tenant", f"made{self.count}"), "active", "tenant.create",
                          name=f"made{self.count}") or None

    def check(self):
        """Orders are taken again, and all that is there is what it may be."""
        self.eventually(self.make_one)
        state = self.eventually(self.state)
        for item, found in state.items():
            assert found in self.told[item], (item, found, self.told[item], self.server.log())
            self.told[item] = [found]
        access_key, found = max((item[1], found) for item, found in state.items() if item[0] == "key")
        may = found == "enabled" and state["tenant", f"t{int(access_key[2:])}"] == "active"
        assert self.eventually(self.opens, access_key) == may, self.server.log()
