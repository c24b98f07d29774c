# SPDX-License-Identifier: Apache-2.0
"""Manual pages and completions say all that the programs say of themselves, and shells take them."""

import os
import re
import shutil
import subprocess

import pytest

from lib import coffer

PROGRAMS = {
    "coffer.1": ("client/coffer", "up"),
    "cofferctl.1": ("client/cofferctl",),
    "coffer-authd.8": ("authd/coffer-authd",),
    "coffer-frontend.8": ("frontend/coffer-frontend",),
    "coffer-instance.8": ("systemd/coffer-instance",),
    "coffer-stored.8": ("stored/coffer-stored",),
}
COMPLETED = ("coffer.1", "cofferctl.1", "coffer-instance.8")


@pytest.fixture(scope="module")
def build():
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    return coffer.build_dir()


def printed(build, page, *words):
    program, *command = PROGRAMS[page]
    return subprocess.run([build / program, *command, *words, "--help"], check=True,
                          capture_output=True, text=True).stdout


def commands(build, page):
    """Those that tell more of themselves."""
    told = printed(build, page)
    if "COMMAND --help" not in told:
        return []
    return re.findall(r"^  ([a-z][a-z -]*[a-z])(?: [A-Z-]+)? {2,}", told, re.MULTILINE)


def options(build, page):
    """Every option that the program's help shows, but for another program's in `…`."""
    told = [printed(build, page), *(printed(build, page, *c.split()) for c in commands(build, page))]
    return set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", re.sub(r"`[^`]*`", "", "".join(told))))


@pytest.mark.parametrize("page", PROGRAMS)
def test_a_page_has_every_option(build, page):
    text = (build / "docs" / "man" / page).read_text().replace("\\-", "-").replace("\\fB", " ")
    shown = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", text))
    assert options(build, page) <= shown


def test_the_page_of_cofferctl_has_each_command_with_its_example(build):
    text = (build / "docs" / "man" / "cofferctl.1").read_text().replace("\\-", "-")
    known = commands(build, "cofferctl.1")
    assert len(known) > 15
    for command in known:
        _, _, own = text.partition(f"\n.SS {command}\n")
        assert f"\ncofferctl {command}" in own.partition("\n.SS ")[0], command


@pytest.mark.parametrize("page", PROGRAMS)
def test_a_page_is_sound(build, page):
    if not shutil.which("groff"):
        pytest.skip("groff is not installed")
    done = subprocess.run(["groff", "-man", "-Tascii", "-wall", "-z", build / "docs" / "man" / page],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def complete(build, line, home):
    """What bash offers behind the words of a command line, the last of which is unfinished."""
    words = line.split(" ")
    name = words[0]
    function = "_" + name.replace("-", "_")
    script = (f". {build}/docs/man/{name}.bash; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); "
              f"{function}; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    done = subprocess.run(["bash", "-c", script, "bash", *words], check=True, cwd=home,
                          capture_output=True, text=True,
                          env={"PATH": f"{home}:{os.environ['PATH']}"})
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(("line", "offered"), [
    ("coffer u", ["up"]),
    ("coffer up --dur", ["--durability"]),
    ("coffer up --durability ", ["full", "relaxed"]),
    ("coffer up --data there/ --conf", ["--config", "--confine"]),
    ("cofferctl te", ["tenant"]),
    ("cofferctl tenant cr", ["create"]),
    ("cofferctl --json key cr", ["create"]),
    ("cofferctl --socket tenant key cr", ["create"]),
    ("cofferctl key create --ten", ["--tenant"]),
    ("cofferctl token add x --scope ", ["read", "write", "delete"]),
    ("cofferctl tenant create --ten", []),
    ("cofferctl key list --tenant a --js", ["--json"]),
    ("coffer-instance create x --s", ["--s3"]),
])
def test_bash_completes(build, tmp_path, line, offered):
    assert complete(build, line, tmp_path) == offered


def test_bash_completes_a_path(build, tmp_path):
    (tmp_path / "here.sock").touch()
    assert complete(build, "cofferctl --socket he", tmp_path) == ["here.sock"]
    assert complete(build, "cofferctl token import he", tmp_path) == ["here.sock"]
    assert complete(build, "cofferctl token import --js", tmp_path) == ["--json"]


def test_bash_completes_what_a_running_coffer_knows(build, tmp_path):
    """Asked is the socket that the line names."""
    fake = tmp_path / "cofferctl"
    fake.write_text("#!/bin/sh\n[ \"$COFFER_ADMIN_SOCKET\" = /s ] || exit 1\n"
                    "case \"$*\" in\n"
                    "*tenant*) echo '{\"ok\":true,\"tenants\":[{\"name\":\"acme\",\"id\":\"x\"}]}' ;;\n"
                    "*key*) echo '{\"ok\":true,\"keys\":[{\"access_key\":\"CFA\"}]}' ;;\n"
                    "*token*) echo '{\"ok\":true,\"tokens\":[{\"name\":\"lap\",\"tenant\":\"a\"}]}' ;;\n"
                    "*bucket*) echo '{\"ok\":true,\"buckets\":[{\"name\":\"pics\",\"tenant\":\"a\"}]}' ;;\n"
                    "esac\n")
    fake.chmod(0o755)
    assert complete(build, "cofferctl --socket /s key list --tenant a", tmp_path) == ["acme"]
    assert complete(build, "cofferctl --socket /s key disable CF", tmp_path) == ["CFA"]
    assert complete(build, "cofferctl --socket /s tenant delete a", tmp_path) == ["acme"]
    assert complete(build, "cofferctl --socket /s token refresh l", tmp_path) == ["lap"]
    assert complete(build, "cofferctl --socket /s bucket show p", tmp_path) == ["pics"]
    assert complete(build, "cofferctl --socket /s export /x --bucket p", tmp_path) == ["pics"]
    assert complete(build, "cofferctl --socket /s tenant create a", tmp_path) == []
    assert complete(build, "cofferctl key disable CF", tmp_path) == []


def test_bash_carries_out_no_name(build, tmp_path):
    """A token may be called anything."""
    (tmp_path / "cofferctl").write_text(
        "#!/bin/sh\ncat <<'EOF'\n"
        '{"ok":true,"tokens":[{"name":"$(touch${IFS}here)"},{"name":"`touch${IFS}here`"},'
        '{"name":"$HOME"},{"name":"*"},{"name":"two words"},{"name":"l\\"ap"},{"name":"lap-1.b"}]}\n'
        "EOF\n")
    (tmp_path / "cofferctl").chmod(0o755)
    offered = complete(build, "cofferctl token refresh ", tmp_path)
    assert [word for word in offered if not word.startswith("--")] == ["lap-1.b"]
    assert not (tmp_path / "here").exists()


@pytest.mark.parametrize("page", COMPLETED)
def test_zsh_takes_the_completion(build, page):
    if not shutil.which("zsh"):
        pytest.skip("zsh is not installed")
    subprocess.run(["zsh", "-n", build / "docs" / "man" / f"_{page.split('.')[0]}"], check=True)


@pytest.mark.parametrize("page", COMPLETED)
@pytest.mark.parametrize("form", ["{}.bash", "_{}"])
def test_a_completion_has_every_option(build, page, form):
    text = (build / "docs" / "man" / form.format(page.split(".")[0])).read_text()
    missing = {o for o in options(build, page) if not re.search(rf"{o}(?![\w-])", text)}
    assert not missing
