# SPDX-License-Identifier: Apache-2.0
"""Faults in the daemons of a running server: which call fails, and how. faults.h says what they are.

    with faults.Faulty() as server:
        server.fail("stored", "flush", "EIO", first=3)
        ...
        assert server.failed("stored") == 1
"""

import contextlib
import errno
import mmap
import os
import struct
import time

from . import coffer, preload

# enum fault_kind
KINDS = ("none", "allocation", "read", "write", "flush", "open", "name", "descriptor", "send")
# struct fault_plan, struct fault_loss
PLAN = struct.Struct(f"<IIQQQ{len(KINDS)}Q32s")
KIND = struct.Struct("<I")
LOSS = struct.Struct("<QQQ")
ALWAYS = 1 << 62
HALF = "half"		# a write that is not an error, and no whole one


class Plan:
    """What is to fail in a daemon. It outlives the daemon: the next has the same."""

    def __init__(self, path):
        path.write_bytes(bytes(PLAN.size))
        path.chmod(0o666)
        self.path = path
        with path.open("r+b") as f:
            self.mapped = mmap.mmap(f.fileno(), PLAN.size)

    def write(self, kind, error=0, first=0, count=0):
        KIND.pack_into(self.mapped, 0, KINDS.index("none"))
        self.mapped[KIND.size:] = PLAN.pack(0, error, first, count, 0, *[0] * len(KINDS),
                                            b"")[KIND.size:]
        KIND.pack_into(self.mapped, 0, KINDS.index(kind))

    def read(self):
        """How many calls have failed, how many of each kind there were, and which failed last."""
        _, _, _, _, failed, *seen, call = PLAN.unpack(self.mapped)
        return failed, dict(zip(KINDS, seen)), call.rstrip(b"\0").decode()


class Faulty(coffer.Coffer):
    """A Coffer of the test's own whose daemons fail as they are told. By itself it does not.

    Where `forgetful`, what stored or authd could not flush is lost with its cached pages, or when
    the power fails.
    """

    def __init__(self, build=None, parent="/dev/shm", forgetful=False, **how):
        super().__init__(build=build, parent=parent, **how)
        self.said = 0
        # Not below the data: that is what a test looks at.
        self.plans = {daemon: Plan(self.dir / f"plan-{daemon}") for daemon in coffer.DAEMONS}
        self.lost = {daemon: self.dir / f"lost-{daemon}" for daemon in ("authd", "stored")
                     if forgetful}
        for path in self.lost.values():
            path.touch()
            path.chmod(0o666)
        library = self.build / "tests" / "lib" / "faults.so"
        self.env |= preload.environment(self.dir, self.build, {
            daemon: preload.variables(library, FAULTS_PLAN=plan.path, **(
                {"FAULTS_LOST": self.lost[daemon]} if daemon in self.lost else {}))
            for daemon, plan in self.plans.items()})

    def _wait_until_ready(self):
        """Also for the launcher's word: of a daemon that ends before it, it takes the start for failed."""
        said = self.said
        super()._wait_until_ready()
        deadline = time.monotonic() + coffer.START_LIMIT_S
        while "serves S3 at" not in self.log(said):
            if time.monotonic() > deadline:
                raise coffer.CofferError(f"the launcher did not say that it serves:\n{self.log()}")
            time.sleep(self.poll_s)

    def start(self):
        self.said = self.log_size()
        return super().start()

    def fail(self, daemon, kind, error, first=1, count=1):
        """Lets calls of that kind fail, from the `first` on from now."""
        self.plans[daemon].write(kind, 0 if error == HALF else getattr(errno, error), first, count)

    def count(self, daemon):
        """Begins to count calls; nothing fails any more."""
        self.plans[daemon].write("none")

    def failed(self, daemon):
        return self.plans[daemon].read()[0]

    def seen(self, daemon, kind):
        return self.plans[daemon].read()[1][kind]

    def failed_call(self, daemon):
        return self.plans[daemon].read()[2]

    def well(self):
        """Nothing fails any more."""
        for plan in self.plans.values():
            plan.write("none")

    def lose(self):
        """What a power cut would: while nothing runs, what was never flushed is as before."""
        files = {path.stat().st_ino: path for path in self.data.rglob("*") if path.is_file()}
        lost = 0
        for log in self.lost.values():
            data, at = log.read_bytes(), 0
            while at < len(data):
                inode, offset, length = LOSS.unpack_from(data, at)
                at += LOSS.size
                if inode in files:
                    with files[inode].open("r+b") as f:
                        os.pwrite(f.fileno(), data[at:at + length], offset)
                    lost += 1
                at += length
            log.write_bytes(b"")
        return lost

    def close(self):
        super().close()
        with contextlib.suppress(BufferError):
            for plan in self.plans.values():
                plan.mapped.close()
