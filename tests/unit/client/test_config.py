# SPDX-License-Identifier: Apache-2.0
"""coffer.conf, from the file to the daemons' command lines."""

import json
import os
import pathlib
import subprocess

import pytest

from lib import coffer

LIMIT_S = 20
WRONG = 2


def run(*argv):
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=LIMIT_S,
                          check=False)


def settings():
    """The table of settings, as the build knows it; none where there is no build."""
    build = coffer.build_dir()
    return json.loads(run(build / "tools" / "describe-config", "--json").stdout) if build else []


def argv_pairs(launcher, daemon):
    argv = launcher.seen(daemon)["argv"][1:]
    return list(zip(argv[::2], argv[1::2]))


@pytest.fixture
def configured(launcher):
    """A launcher that has a file, still empty, and a directory of drop-ins."""
    launcher.config = launcher.home / "coffer.conf"
    launcher.config.write_text("")
    (launcher.home / "coffer.conf.d").mkdir()
    return launcher


def drop_in(launcher, name, text):
    (launcher.home / "coffer.conf.d" / name).write_text(text)


def test_files_and_command_line_reach_the_daemons_in_their_order(configured):
    configured.config.write_text("[limits]\nlogin-failures = 11\nlogin-pause = 12\n"
                                 "trusted-proxy = 10.0.0.0/8 ::1\n[s3]\ndomain = a.local\n")
    drop_in(configured, "10.conf", "[limits]\nlogin-pause = 13\nrequest-rate = 14\n"
                                   "[s3]\ndomain = b.local\n[processes]\nworkers = 3\n")
    configured.start("--request-rate", "15")
    authd, frontend = argv_pairs(configured, "authd"), argv_pairs(configured, "frontend")
    for wanted in [("--login-failures", "11"), ("--login-pause", "13"), ("--request-rate", "15"),
                   ("--trusted-proxy", "10.0.0.0/8"), ("--trusted-proxy", "::1")]:
        assert wanted in authd
    assert [value for option, value in frontend if option == "--domain"] == ["a.local", "b.local"]
    assert ("--workers", "3") in frontend


def test_what_is_said_nowhere_is_the_default_of_the_table(launcher):
    launcher.start()
    for wanted in [("--login-failures", "20"), ("--login-pause", "2"), ("--request-rate", "0"),
                   ("--confine", "strict")]:
        assert wanted in argv_pairs(launcher, "authd")
    assert ("--durability", "full") in argv_pairs(launcher, "stored")
    assert "--workers" not in dict(argv_pairs(launcher, "frontend"))


def test_a_wrong_line_stops_the_start_and_is_named(configured):
    drop_in(configured, "50-mine.conf", "[limits]\n\nlogin-pause = soon\n")
    assert configured.fails() == WRONG
    assert f'{configured.config}.d/50-mine.conf:3: login-pause cannot be "soon"' in configured.err()
    assert "hint: it takes a whole number from 1 to 3600" in configured.err()
    assert not configured.data.exists()


def test_a_check_starts_nothing_and_says_what_holds_and_from_where(configured):
    configured.config.write_text("[s3]\nregion = eu\n")
    told = run(configured.coffer, "up", "--config", configured.config, "--login-pause", "7",
               "--data", configured.data, "--check-config")
    assert told.returncode == 0 and not configured.data.exists()
    assert f"# {configured.config}:2\nregion = eu\n" in told.stdout
    assert "# the command line\nlogin-pause = 7\n" in told.stdout
    assert "#durability = full\n" in told.stdout


def test_the_usual_file_is_read_without_being_named():
    if os.geteuid() != 0:
        pytest.skip("an /etc of the test's own needs root")
    build = coffer.build_dir()
    if build is None:
        pytest.skip("COFFER_BUILD is not set")
    script = ("mount -t tmpfs none /etc && mkdir -p /etc/coffer/coffer.conf.d && "
              "echo '[s3]\nregion = eu' >/etc/coffer/coffer.conf && "
              "echo '[s3]\ndomain = a' >/etc/coffer/coffer.conf.d/a.conf && "
              f"exec {build}/client/coffer up --check-config")
    told = run("unshare", "--mount", "sh", "-c", script)
    if "unshare failed" in told.stderr or "mount:" in told.stderr:
        pytest.skip(f"cannot make an /etc here: {told.stderr.strip()}")
    assert "# /etc/coffer/coffer.conf:2\nregion = eu" in told.stdout, told.stderr
    assert "# /etc/coffer/coffer.conf.d/a.conf:2\ndomain = a" in told.stdout


def test_the_example_is_understood_and_changes_nothing(launcher):
    example = pathlib.Path(__file__).parents[3] / "docs" / "coffer.conf"
    with_it, without = (run(launcher.coffer, "up", "--check-config", "--config", file)
                        for file in (example, "/dev/null"))
    assert with_it.returncode == 0 and with_it.stdout == without.stdout


def wrong_values(setting):
    by_type = {"text": [], "word": ["neither"], "number": [setting["most"] + 1, "many"],
               "listen": ["somewhere"], "network": ["10.0.0.1/8"],
               "account": ["nobody-of-that-name", 2**32 - 1],
               "hash": ["0" * 63, "0" * 65, "g" * 64],
               "size": ["much", "1.5GiB", "10GB", setting["least"] - 1, setting["most"] + 1],
               "duration": ["soon", "-1d", "1.5h", "7 d d", "600y"]}
    return by_type[setting["type"]]


@pytest.mark.parametrize("setting", settings(), ids=lambda setting: setting["key"])
def test_a_wrong_value_is_refused_with_a_sentence_of_its_own(launcher, tmp_path, setting):
    config = tmp_path / "coffer.conf"
    for value in wrong_values(setting):
        config.write_text(f"[{setting['section']}]\n{setting['key']} = {value}\n")
        told = run(launcher.coffer, "up", "--check-config", "--config", config)
        assert told.returncode == WRONG
        assert f'{config}:2: {setting["key"]} cannot be "{value}"\nhint: it takes ' in told.stderr
    told = run(launcher.coffer, "up", "--check-config", "--config", "/dev/null",
               f"--{setting['key']}=")
    assert told.returncode == WRONG and f'--{setting["key"]} cannot be ""' in told.stderr


@pytest.mark.parametrize("daemon", ["authd", "stored", "frontend"])
def test_each_daemon_takes_what_the_table_admits_and_no_more(daemon):
    """Two programs check each value, and both have the same opinion."""
    build = coffer.build_dir()
    if build is None:
        pytest.skip("COFFER_BUILD is not set")
    program = build / daemon / f"coffer-{daemon}"
    for setting in settings():
        if not setting[daemon]:
            continue
        option = f"--{setting['key']}"
        good = {"text": ["x"], "word": setting["argument"].split("|"),
                "number": [setting["least"], setting["most"]], "network": ["10.0.0.0/8", "::1"],
                "hash": ["0" * 64], "duration": ["none", "0", "90", "7d", "1h 30min"],
                "size": ["none", f"{setting['least'] >> 10}KiB", f"{setting['most'] >> 20} MiB",
                         setting["least"], setting["most"]],
                "account": ["root", 0, 2**32 - 2]}
        for value in good[setting["type"]]:
            assert run(program, option, value, "--help").returncode == 0, (option, value)
        for value in [*wrong_values(setting), "", -1]:
            if setting["type"] != "text":
                assert run(program, option, value, "--help").returncode != 0, (option, value)


# --- coffer itself -----------------------------------------------------------------------------


def run_coffer(*args):
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    return subprocess.run([coffer.build_dir() / "client" / "coffer", *args], capture_output=True,
                          text=True, timeout=LIMIT_S, check=False)


@pytest.mark.parametrize("args", [["--help"], ["help"], ["exec", "--help"]])
def test_help_of_coffer_names_its_commands(args):
    done = run_coffer(*args)
    assert done.returncode == 0 and done.stderr == ""
    assert "coffer up" in done.stdout and "coffer exec" in done.stdout


@pytest.mark.parametrize("args", [["start"], ["exec", "frontd"], ["exec"], ["up", "--dta", "x"]])
def test_what_coffer_does_not_understand_has_a_hint(args):
    done = run_coffer(*args)
    assert (done.returncode, done.stdout) == (2, "")
    error, hint = done.stderr.splitlines()
    assert error.startswith("coffer: ") and hint.startswith("hint: ") and "--help" in hint
    assert args != ["start"] or "start" in error


# --- coffer exec ------------------------------------------------------------------------------


@pytest.fixture
def become(tmp_path):
    """Runs `coffer exec` where every daemon only says what it was started with."""
    build = coffer.build_dir()
    if build is None:
        pytest.skip("COFFER_BUILD is not set")
    for daemon in coffer.DAEMONS:
        program = tmp_path / f"coffer-{daemon}"
        program.write_text('#!/bin/sh\nprintf "%s\\n" "$@" "$LISTEN_FDS"\n')
        program.chmod(0o755)

    def run_exec(*args):
        return subprocess.run([build / "client" / "coffer", "exec", *map(str, args)],
                              env={"COFFER_LIBEXEC": str(tmp_path), "LISTEN_FDS": "3"},
                              capture_output=True, text=True, timeout=LIMIT_S, check=False)
    return run_exec


def test_a_unit_starts_a_daemon_with_its_settings(become, tmp_path):
    file = tmp_path / "coffer.conf"
    file.write_text("[limits]\nlogin-pause = 9\n[s3]\ndomain = a.b c.d\nregion = eu\n")
    said = become("authd", "--config", file, "--", "--state", "/a b").stdout.splitlines()
    given = dict(zip(said[:-1:2], said[1:-1:2]))
    assert said[:2] == ["--state", "/a b"] and said[-1] == "3"
    assert given["--login-pause"] == "9" and given["--region"] == "eu"
    assert [said[i + 1] for i, a in enumerate(said) if a == "--domain"] == ["a.b", "c.d"]
    assert "--login-pause" not in become("stored", "--config", file).stdout
    assert "--inline-limit" in become("stored", "--config", file).stdout
    assert "--region" not in become("frontend", "--config", file).stdout


def test_only_a_file_that_may_be_missing_may_be_missing(become, tmp_path):
    missing = tmp_path / "none.conf"
    assert "--login-pause\n2\n" in become("authd", "--config", f"-{missing}").stdout
    refused = become("authd", "--config", missing)
    assert refused.returncode == WRONG and str(missing) in refused.stderr
    (tmp_path / "none.conf.d").mkdir()
    (tmp_path / "none.conf.d/a.conf").write_text("[limits]\nlogin-pause = 8\n")
    assert "--login-pause\n8\n" in become("authd", "--config", f"-{missing}").stdout


def test_a_wrong_line_starts_no_daemon(become, tmp_path):
    file = tmp_path / "coffer.conf"
    file.write_text("[limits]\nlogin-pause = soon\n")
    refused = become("stored", "--config", file)
    assert (refused.returncode, refused.stdout) == (WRONG, "")
    assert f'{file}:2: login-pause cannot be "soon"' in refused.stderr


def test_what_the_units_settle_is_said_to_be_not_used(become, tmp_path):
    file = tmp_path / "coffer.conf"
    file.write_text("[listen]\ns3 = :9000\n")
    done = become("frontend", "--config", file)
    assert done.returncode == 0 and ":9000" not in done.stdout
    assert f"setting-not-used key=s3 from={file}:2" in done.stderr


def test_exec_needs_a_daemon_that_there_is(become):
    for args in ((), ("launcher",), ("authd", "--config")):
        assert become(*args).returncode == WRONG
