# SPDX-License-Identifier: Apache-2.0
"""Trees of files with awkward names, for clients that move files."""

import os

from clients import keys


def is_file_name(key):
    """Whether a key can be a path below a directory, beside any other key of the list."""
    parts = key.split("/")
    return all(p not in ("", ".", "..") and len(p.encode()) <= 255 for p in parts)


def names(accepts=lambda key: True):
    """The awkward keys that can be files; none is a directory of another."""
    found = sorted({k for k in keys.ALL if is_file_name(k) and accepts(k)})
    return [k for k in found if not any(o.startswith(k + "/") for o in found)]


def plant(root, names_of_files):
    """Writes a file for each name, its content naming it."""
    for name in names_of_files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(name))


def content(name):
    return f"content of {name}".encode()


def found(root):
    """Name and content of every file below a directory."""
    return {os.path.relpath(os.path.join(where, f), root): open(os.path.join(where, f), "rb").read()
            for where, _, files in os.walk(root) for f in files}
