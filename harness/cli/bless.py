"""`harness bless`: declare a run the one that later runs are compared with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import BaselinesOption, RunArgument


def command(
    run: RunArgument,
    baselines: BaselinesOption = Path("baselines"),
    force: Annotated[
        str, typer.Option(metavar="REASON", help="Bless a run that did not PASS; the reason is kept with it.")
    ] = "",
) -> None:
    """Keep a run's measurements as the baseline of its target, scenario and driver."""
    from datetime import UTC, datetime

    from harness.cli.certify import Certified, certify
    from harness.errors import FolderError
    from harness.judge.bless import blessed, history_with, never, stale_limits
    from harness.model.verdict import Outcome
    from harness.store.baselines import Shelf
    from harness.store.folder import RunFolder

    def check(certified: Certified) -> None:
        record, judgement = certified.record, certified.judgement
        if why := never(record, certified.measured, judgement):
            raise FolderError(str(run), f"this run can be no baseline, {why}", "bless a whole run that PASSes")
        if judgement.outcome is not Outcome.PASS and not force.strip():
            remedy = 'bless a run that PASSes, or say why with --force "…"'
            raise FolderError(str(run), f"this run is {judgement.outcome.value}, not PASS", remedy)
        if stale := stale_limits(record, judgement):
            problem = f"known limits passed three times in a row ({stale}), so their mark is out of date"
            raise FolderError(str(run), problem, "remove them from the target's file and run again")

    certified = certify(RunFolder.open(run))
    check(certified)
    record, judgement = certified.record, certified.judgement
    manifest = record.manifest
    forced = "" if judgement.outcome is Outcome.PASS else force.strip()
    baseline = blessed(
        record, certified.measured, judgement, at_utc=datetime.now(UTC).isoformat(timespec="seconds"), forced=forced
    )
    shelf = Shelf(root=baselines, target=manifest.target.name, scenario=manifest.scenario.name, driver=manifest.driver)
    shelf.put(baseline, history_with(record, judgement, shelf.history()))
    typer.echo(f"{shelf.path}: later runs are compared with {manifest.run_id} ({len(baseline.sessions)} sessions)")
