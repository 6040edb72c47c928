"""The command's entry: parses, maps errors to exit codes, imports each sub-command's work only when it runs."""

from __future__ import annotations

import sys
import traceback
from typing import Annotated, Final

import typer

from harness import __version__
from harness.cli import bless, compare, corpus, doctor, judge, load, load_worker, plan, report, run, schema, serve
from harness.cli.mistyped import is_mistyped, sentence
from harness.errors import HarnessError, UsageError

USAGE: Final = 2
CRASHED: Final = 4

app = typer.Typer(
    name="harness",
    help="Certify the service levels of a streaming speech recogniser: real speech, in real time, with confidence.",
    epilog="Exit codes: 0 PASS, 1 FAIL, 2 usage or configuration, 3 INCONCLUSIVE, 4 INVALID.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("run")(run.command)
app.command("load")(load.command)
app.command("load-worker")(load_worker.command)
app.command("doctor")(doctor.command)
app.command("plan")(plan.command)
app.command("judge")(judge.command)
app.command("report")(report.command)
app.command("bless")(bless.command)
app.command("compare")(compare.command)
app.command("schema")(schema.command)
app.add_typer(corpus.app, name="corpus")
app.add_typer(serve.app, name="serve")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", is_eager=True, callback=_version, help="Say which.")] = False,
) -> None:
    del version  # its callback has answered


def main() -> None:
    """Run the command; what the user can mend is one sentence on stderr and exit code 2."""
    try:
        sys.exit(app(prog_name="harness", standalone_mode=False) or 0)
    except UsageError as error:
        sys.exit(_say(str(error), USAGE))
    except HarnessError as error:
        sys.exit(_say(f"The harness failed: {error}", CRASHED))
    except Exception as error:  # noqa: BLE001  Python's own exit code for it is 1, and 1 says that the target is bad
        if is_mistyped(error):
            told = sentence(error, sys.argv)
            sys.exit(_say(str(told), USAGE) if told else USAGE)
        traceback.print_exc()
        sys.exit(_say("The harness failed (above is where); this says nothing about the target.", CRASHED))


def _say(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)
    return code
