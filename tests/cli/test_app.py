"""The command itself."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer

import harness
from harness.cli import serve
from harness.cli.app import main


def test_it_says_its_version() -> None:
    """The number that certificates and reports carry."""
    done = subprocess.run(
        [sys.executable, "-m", "harness", "--version"], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == harness.__version__


def test_help_imports_nothing_heavy() -> None:
    """Start-up stays quick because numbers, plots, audio and gRPC are imported only when a command needs them."""
    code = "import sys; import harness.cli.app; print(sorted(m for m in sys.modules if m in HEAVY))"
    heavy = "{'numpy', 'scipy', 'pandas', 'pyarrow', 'grpc', 'picows', 'soundfile', 'jiwer', 'pydantic', 'jinja2'}"
    done = subprocess.run(
        [sys.executable, "-c", code.replace("HEAVY", heavy)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


MISTYPED = {
    "a command": (["pln"], "harness pln: there is no such command; did you mean plan?"),
    "a command below": (["serve", "rivva"], "harness serve rivva: there is no such command; did you mean riva?"),
    "an option": (["plan", "x.yaml", "--rat", "3"], "--rat: there is no such option; did you mean --rate?"),
    "another option": (["judge", "--x"], "--x: there is no such option; harness judge --help lists what there is."),
    "an argument": (["compare", "old"], "harness compare: NEW is missing; harness compare --help lists what there is."),
    "a choice": (
        ["corpus", "add", "x.wav", "--channel", "lefft"],
        "--channel lefft: 'lefft' is not one of 'left', 'right', 'mix'; harness corpus add --help lists what there is.",
    ),
    "a server's option": (["serve", "gateway", "--prot", "1"], "--prot: there is no such option; did you mean --port?"),
    "no streams": (
        ["serve", "riva", "--max-streams=0"],
        "--max-streams 0: input should be greater than or equal to 1; harness serve riva --help lists what there is.",
    ),
    "no workers": (
        ["serve", "gateway", "--workers", "0"],
        '--workers: "0" is not such a number; give a number from 1 to 86400.',
    ),
    "no folder": (
        ["judge", "nowhere"],
        "nowhere: this is no run's folder, it has no manifest.json; name a folder under reports.",
    ),
    "a corpus": (
        ["corpus", "check", "--corpus", "nowhere"],
        "--corpus nowhere: it holds no golden/; give the folder that holds golden/ and fixtures/.",
    ),
    "a driver": (
        ["doctor", "embedded", "--driver", "gatway"],
        "embedded.yaml has no such endpoint; did you mean gateway?",
    ),
}


@pytest.mark.parametrize(("words", "says"), MISTYPED.values(), ids=MISTYPED.keys())
def test_what_is_mistyped_is_told_in_one_sentence(
    words: list[str], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command or the flag with its value, what is wrong with it and what was meant, and exit code 2."""
    monkeypatch.setattr(sys, "argv", ["harness", *words])
    with pytest.raises(SystemExit) as exit_:
        main()
    told = capsys.readouterr()
    assert (exit_.value.code, told.out) == (2, "")
    assert told.err.count("\n") == 1
    assert told.err.strip().endswith(says)


def test_the_servers_flags_are_those_of_their_own_command_lines() -> None:
    """`harness serve` names each flag that `python -m` takes, and passes no other on."""
    from harness.embedded import server
    from harness.gateway import settings

    for name, parser, hidden in (("riva", server._parser(), set()), ("gateway", settings._parser(), {"--worker"})):
        own = {flag for action in parser._actions for flag in action.option_strings} - {"-h", "--help"} - hidden
        command = typer.main.get_command(serve.app).commands[name]
        assert {flag for param in command.params for flag in param.opts} == own


@pytest.mark.parametrize("words", [[], ["serve"]])
def test_nothing_asked_is_answered_with_the_help(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And exit code 2, as nothing was done."""
    monkeypatch.setattr(sys, "argv", ["harness", *words])
    with pytest.raises(SystemExit) as exit_:
        main()
    told = capsys.readouterr()
    assert exit_.value.code == 2
    assert "Commands" in told.out + told.err


@pytest.mark.parametrize(("server", "flag"), [("riva", "--max-streams"), ("gateway", "--drain-s")])
def test_the_servers_have_the_help_of_every_other_command(
    server: str, flag: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the name they were called by, with each flag."""
    monkeypatch.setattr(sys, "argv", ["harness", "serve", server, "--help"])
    with pytest.raises(SystemExit) as exit_:
        main()
    told = capsys.readouterr().out
    assert exit_.value.code == 0
    assert f"Usage: harness serve {server} [OPTIONS]" in told
    assert flag in told
