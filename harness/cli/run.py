"""`harness run`: stream a scenario against a target, judge what came back, and write the report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn, Optional

import typer

from harness.cli.options import (
    Asked,
    BaselinesOption,
    ClipOption,
    ConditionOption,
    CorpusOption,
    LanesOption,
    RateOption,
    RepeatOption,
    ScenarioArgument,
    SeedOption,
    ask,
    find_target,
)
from harness.errors import ScenarioError

if TYPE_CHECKING:
    from harness.cli.live import Via

INTERRUPTED: Final = 130  # as a shell says it; not 1, which is FAIL


def command(
    scenario: ScenarioArgument,
    target: Annotated[str, typer.Option(help="A target file, or the name of one beside the scenario.")] = "embedded",
    driver: Annotated[
        Optional[str],  # noqa: UP045  typer reads the annotation at run time
        typer.Option(help="The way in: gateway or riva; the target's first endpoint by default."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the run's folder goes.")] = Path("reports"),
    baselines: BaselinesOption = Path("baselines"),
    corpus: CorpusOption = None,
    clip: ClipOption = [],  # noqa: B006  typer copies it
    condition: ConditionOption = [],  # noqa: B006
    rate: RateOption = [],  # noqa: B006
    repeat: RepeatOption = None,
    lanes: LanesOption = None,
    seed: SeedOption = None,
) -> None:
    """Stream a scenario in real time, judge it, and write the report."""
    asked = ask(
        scenario, corpus=corpus, clips=clip, conditions=condition, rates=rate, repeat=repeat, lanes=lanes, seed=seed
    )
    from harness.scenario.campaign import search_of

    if search_of(asked.scenario) is not None:
        raise ScenarioError(f"{scenario}: arrival.shape.search", "it is several runs", "play it with harness load")
    files = (scenario, find_target(scenario, target, corpus=asked.corpus))
    carry_out(asked, files=files, driver=driver, out=out, shelves=baselines)


def carry_out(
    asked: Asked,
    *,
    files: tuple[Path, Path],
    driver: str | None,
    out: Path,
    shelves: Path,
    via: Via | None = None,
) -> NoReturn:
    """A whole run with its line of progress and its summary; ends the command with the verdict's exit code."""
    from harness.cli.certify import REPORT
    from harness.cli.display import ProgressLine, print_summary
    from harness.cli.live import DIRECT
    from harness.cli.perform import Interrupted, perform

    try:
        with ProgressLine() as progress:
            run = perform(
                asked, files=files, driver=driver, out=out, shelves=shelves, progress=progress, via=via or DIRECT
            )
    except Interrupted as stopped:
        typer.echo(str(stopped), err=True)
        raise typer.Exit(INTERRUPTED) from None
    print_summary(run.record, run.measured, run.judgement, run.folder.path / REPORT)
    raise typer.Exit(run.judgement.exit_code)
