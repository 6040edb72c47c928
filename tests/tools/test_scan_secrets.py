"""The scan finds what was planted, on disk and in the history; `nox -s secrets` runs this before it believes a scan."""

from __future__ import annotations

import importlib.util
import runpy
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "scan_secrets.py"
KEY = "AKIA" + "QYLPMN5HHHFPZAM2"  # in two parts, or the scan would find it here
PRIVATE = "-----BEGIN RSA PRIVATE " + "KEY-----"
TOKEN = "api_key = " + '"' + "k8Jd93nVbq2" + '"'


@pytest.fixture(scope="module")
def tool() -> SimpleNamespace:
    if importlib.util.find_spec("detect_secrets") is None:
        pytest.skip("detect-secrets is not installed; nox -s secrets installs it")
    return SimpleNamespace(**runpy.run_path(str(TOOL)))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    if shutil.which("git") is None:
        pytest.skip("git is not on PATH")
    git(tmp_path, "init", "--quiet")
    (tmp_path / "notes").write_text("nothing to see, sha256 " + 8 * "0123abcd" + "\n", encoding="utf-8")
    commit(tmp_path)
    return tmp_path


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", root, "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments], check=True)


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "as it is")


def test_a_digest_is_no_secret(tool, repository):
    """The corpus is full of them."""
    assert tool.scan(repository) == []


@pytest.mark.parametrize("planted", [KEY, PRIVATE, TOKEN])
def test_a_planted_key_is_found(tool, repository, planted):
    """At its place, before it is committed already where git knows the file; its text is not shown."""
    (repository / "notes").write_text(f"first\n{planted}\n", encoding="utf-8")
    ((where, _, key),) = tool.scan(repository)
    assert where == "notes:2"
    assert planted not in key
    assert tool.scan(repository, frozenset({key})) == []


def test_a_key_that_was_taken_out_again_is_found_in_the_history(tool, repository):
    """What was once pushed is known to others."""
    (repository / "notes").write_text(KEY, encoding="utf-8")
    commit(repository)
    (repository / "notes").unlink()
    commit(repository)
    ((where, kind, _),) = tool.scan(repository)
    assert where.endswith(":notes")
    assert kind == "AWS Access Key"
