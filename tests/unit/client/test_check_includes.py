# SPDX-License-Identifier: Apache-2.0
"""tools/check-includes finds what it is there for."""

import pathlib
import subprocess

import pytest

CHECK = pathlib.Path(__file__).parents[3] / "tools" / "check-includes"


def check(tmp_path, source, include):
    for name in ("base/span.h", "s3/target.h", "ipc/wire.h", "policy/rule.h", "authd/keyring.h",
                 "frontend/http.h", source):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'#include "{include}"\n' if name == source else "")
    return subprocess.run([CHECK, tmp_path], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("source,include", [
    ("base/loop.c", "s3/target.h"),
    ("s3/request.c", "ipc/wire.h"),
    ("s3/request.c", "s3/policy/document.h"),
    ("frontend/render/error.c", "s3/policy/evaluate.h"),
    ("policy/filter.c", "s3/target.h"),
    ("frontend/worker.c", "authd/keyring.h"),
    ("authd/main.c", "frontend/http.h"),
    ("client/launch/coffer.c", "authd/keyring.h"),
    ("stored/deep/down.c", "authd/keyring.h"),
    ("frontend/worker.c", "authd/orders/order.h"),
    ("frontend/exchange.c", "frontend/render/document.h"),
    ("frontend/render/list.c", "frontend/exchange.h"),
    ("authd/judge.c", "authd/database/rows.h"),
    ("authd/database/token.c", "authd/orders/orders.h"),
    ("authd/identities/sift.c", "authd/authd.h"),
    ("stored/engine/read.c", "stored/session.h"),
    ("stored/engine/read.c", "policy/confine.h"),
    ("stored/call.c", "stored/engine/catalog.h"),
    ("client/report.c", "client/transfer/tally.h"),
    ("client/report.c", "client/launch/spawn.h"),
    ("client/launch/supervisor.c", "client/report.h"),
    ("client/transfer/import.c", "client/setting.h"),
    ("client/transfer/operator.c", "stored/operator.h"),
    ("client/admin.c", "client/remote/http.h"),
    ("client/remote/remote.c", "ipc/channel.h"),
    ("client/remote/remote.c", "client/setting.h"),
    ("authd/main.c", "keyring.h"),
])
def test_wrong_direction_is_found(tmp_path, source, include):
    done = check(tmp_path, source, include)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{source}: ") and include in done.stderr


@pytest.mark.parametrize("source,include", [
    ("s3/request.c", "base/span.h"),
    ("stored/engine/read.c", "stored/store.h"),
    ("stored/call.c", "stored/change.h"),
    ("ipc/grant.c", "s3/target.h"),
    ("authd/main.c", "policy/rule.h"),
    ("authd/main.c", "authd/keyring.h"),
    ("authd/authd.h", "authd/orders/admin.h"),
    ("authd/orders/token.c", "authd/token.h"),
    ("authd/orders/identity.c", "authd/identities/identities.h"),
    ("client/cofferctl.c", "client/transfer/transfer.h"),
    ("client/cofferctl.c", "client/remote/remote.h"),
    ("client/remote/remote.c", "client/admin.h"),
    ("client/transfer/import.c", "client/transfer/mover.h"),
    ("client/transfer/operator.c", "client/admin.h"),
    ("client/transfer/operator.c", "ipc/channel.h"),
    ("s3/crc.c", "generated-tables.h"),
])
def test_right_direction_passes(tmp_path, source, include):
    done = check(tmp_path, source, include)
    assert (done.returncode, done.stderr) == (0, "")
