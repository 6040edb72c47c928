"""Everything a person runs here: ``nox -s golden``, or ``python3 noxfile.py -s golden`` where nox is not installed.

All sessions share one private environment under .nox/, named after the digest of pyproject.toml, so a second run
installs nothing. This file imports nothing but the standard library until that environment exists.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENTS = ROOT / ".nox"
NOX = "nox>=2024.10,<2027"


def python() -> str:
    """The shared environment's interpreter; made on first use."""
    key = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + sys.version.encode()).hexdigest()[:12]
    home = ENVIRONMENTS / f"env-{key}"
    interpreter = home / "bin" / "python"
    if not (home / "complete").exists():
        _make(home, interpreter)
    return str(interpreter)


def _make(home: Path, interpreter: Path) -> None:
    _need_a_fit_python()
    for old in ENVIRONMENTS.glob("env-*"):
        shutil.rmtree(old)
    print("Setting up a private environment in .nox (once, about a minute) …", flush=True)
    import venv

    venv.create(home, with_pip=True, symlinks=True)
    install = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*install, NOX, "--editable", f"{ROOT}[embedded,dev]"], check=False)
    if done.returncode != 0:
        sys.exit("The installation failed (its reason stands above); mend that and run the same command again.")
    (home / "complete").touch()


def _need_a_fit_python() -> None:
    if sys.version_info < (3, 11):
        sys.exit(f"This needs Python 3.11 or newer, and {sys.executable} is {sys.version.split()[0]}.")
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        sys.exit(
            "This Python cannot make virtual environments because ensurepip is missing; "
            "install it (Debian and Ubuntu: apt install python3-venv) and run the same command again."
        )


if __name__ == "__main__":
    os.execv(python(), [python(), "-m", "nox", "--noxfile", str(ROOT / "noxfile.py"), *sys.argv[1:]])

import nox  # noqa: E402  only inside the environment, or where the user has nox

nox.options.default_venv_backend = "none"
nox.options.sessions = ["tests", "lint", "types"]
nox.needs_version = ">=2024.10"


def _run(session: nox.Session, *command: str) -> None:
    session.run(python(), "-m", *command, external=True)


def _install(session: nox.Session, requirement: str) -> None:
    """What one session alone needs, into the shared environment, when it runs."""
    _run(session, "pip", "install", "--quiet", "--disable-pip-version-check", requirement)


@nox.session
def golden(session: nox.Session) -> None:
    """The golden matrix in real time on the embedded stack, or on --target; the report lands in reports/."""
    _run(session, "harness", "run", "scenarios/golden.yaml", *session.posargs)


@nox.session
def load(session: nox.Session) -> None:
    """The capacity of the embedded stack, or of --target, with confidence; -- --quick is a look of a few minutes."""
    _run(session, "harness", "load", "scenarios/load.yaml", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Every test, fast ones first, with real servers on free ports."""
    _run(session, "pytest", "-m", "not drill", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """The tests again, with branch coverage."""
    _run(session, "pytest", "-m", "not drill", "--cov", "--cov-report=term-missing:skip-covered", *session.posargs)


@nox.session
def drills(session: nox.Session) -> None:
    """Faults and timing, each for real: kills, stalls, interrupts, known delays."""
    _run(session, "pytest", "-m", "drill", "-v", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff, all rules but those excluded with a reason."""
    _run(session, "ruff", "check", ".")
    _run(session, "ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy, strict."""
    _run(session, "mypy")


@nox.session
def audit(session: nox.Session) -> None:
    """Known vulnerabilities among the dependencies; what could not be audited is no pass."""
    _install(session, "pip-audit>=2.9,<3")
    session.run(python(), "tools/audit_dependencies.py", *session.posargs, external=True)


@nox.session
def secrets(session: nox.Session) -> None:
    """Secrets in the tracked files and their history, once the scan has shown that it finds planted ones."""
    _install(session, "detect-secrets>=1.5,<1.6")
    _run(session, "pytest", "-q", "tests/tools/test_scan_secrets.py")
    session.run(python(), "tools/scan_secrets.py", external=True)


@nox.session
def corpus(session: nox.Session) -> None:
    """Rebuild fixtures/ and golden/ from their sources, byte for byte."""
    _install(session, "pocketsphinx==5.1.1")
    _run(session, "harness.corpus.build", *session.posargs)
