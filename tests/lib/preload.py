# SPDX-License-Identifier: Apache-2.0
"""Daemons with a library preloaded. They inherit nothing, so that their programs are scripts which say so."""

from . import coffer

# A library of ours comes before a sanitizer's, which dislikes that.
SANITIZERS = {"ASAN_OPTIONS": "verify_asan_link_order=0"}


def variables(library, **others):
    return {"LD_PRELOAD": str(library), **SANITIZERS, **others}


def environment(directory, build, by_daemon):
    """The launcher's environment in which each daemon that is named has these variables."""
    programs = directory / "programs"
    programs.mkdir(mode=0o755)
    for daemon in coffer.DAEMONS:
        program, real = programs / f"coffer-{daemon}", build / daemon / f"coffer-{daemon}"
        if daemon not in by_daemon:
            program.symlink_to(real)
            continue
        words = "".join(f"{name}='{value}' " for name, value in by_daemon[daemon].items())
        program.write_text(f'#!/bin/sh\n{words}exec {real} "$@"\n')
        program.chmod(0o755)
    return {"COFFER_LIBEXEC": str(programs)}
