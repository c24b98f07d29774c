# SPDX-License-Identifier: Apache-2.0
"""Large objects pass through little memory."""

import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading

import stream

import coffer

HERE = pathlib.Path(__file__).resolve().parent
MIB = 256
LIMIT_KIB = 32 * 1024


class Bottomless(http.server.BaseHTTPRequestHandler):
    """Counts what it is given, and gives back what the program makes."""

    protocol_version = "HTTP/1.1"
    size = 0

    def log_message(self, *args):
        pass

    def do_PUT(self):
        Bottomless.size = 0
        while size := int(self.rfile.readline(), 16):
            Bottomless.size += len(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        body = json.dumps({"key": stream.KEY, "size": Bottomless.size, "created_at": ""}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(Bottomless.size))
        self.end_headers()
        for index in range(Bottomless.size // stream.MIB):
            self.wfile.write(stream.block(index))


def run(*argv):
    """A Python program with the client that the tests take, wherever that is."""
    path = os.pathsep.join([str(pathlib.Path(coffer.__file__).parent.parent), *sys.path])
    done = subprocess.run([sys.executable, *argv], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "COFFER_TOKEN": "t", "PYTHONPATH": path}, check=False)
    assert done.returncode == 0, done.stderr
    return done


def test_large_objects_pass_through_little_memory(kind):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bottomless) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        done = run(HERE / "stream.py", kind, url, str(MIB))
        server.shutdown()
    told = json.loads(done.stdout)
    assert told["size"] == MIB * stream.MIB
    assert told["sent"] == told["received"]
    assert told["grown_kib"] < LIMIT_KIB


def test_the_measure_sees_memory():
    """A program that holds what it reads is found out."""
    script = ("import stream; before = stream.peak_kib(); kept = b'x' * (64 * stream.MIB);"
              "print(stream.peak_kib() - before)")
    done = run("-c", script)
    assert int(done.stdout) > LIMIT_KIB
