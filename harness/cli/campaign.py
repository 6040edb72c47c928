"""A campaign from the command line: searched, then judged from its folder alone, as any run is."""

from __future__ import annotations

import os
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NoReturn

import typer

from harness.cli.caution import Consent
from harness.cli.certify import JUNIT, REPORT, Certified, certify
from harness.cli.display import ProgressLine
from harness.cli.live import Via
from harness.cli.options import Asked
from harness.cli.perform import Interrupted, perform
from harness.cli.search import Searching
from harness.errors import FolderError
from harness.judge.campaign import search_result
from harness.judge.cost import cost
from harness.judge.level_table import level_table
from harness.judge.visited import Part
from harness.measure.overload import overload
from harness.model.campaign import Campaign, CampaignPart
from harness.model.journal import Entry, Journal
from harness.model.scenario import Search
from harness.report import campaign_html, campaign_junit, campaign_text
from harness.store.campaign import CampaignFolder
from harness.store.codec import dumps
from harness.store.folder import RunFolder

CAPACITY: Final = "capacity.json"
_PER: Final = {"gateway": "gateway instance", "riva": "Riva instance"}


def carry_out(
    asked: Asked,
    search: Search,
    *,
    files: tuple[Path, Path],
    driver: str | None,
    out: Path,
    shelves: Path,
    consent: Consent,
    via: Via,
    look: bool,
) -> NoReturn:
    """A whole search with its lines of progress and its summary; ends the command with the capacity's exit code."""
    now = datetime.now(UTC)
    name = f"{asked.scenario.name}-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    folder = CampaignFolder.create(out, Journal(campaign_id=name, scenario=asked.scenario.name, look=look))

    def play(part: Asked, where: Path) -> Certified:
        with ProgressLine() as progress:
            done = perform(part, files=files, driver=driver, out=where, shelves=shelves, progress=progress, via=via)
        typer.echo(f"{part.scenario.name}: {done.judgement.headline}", err=True)
        return done

    try:
        stopped = Searching(asked, search, files=files, consent=consent, play=play, folder=folder).run()
    except Interrupted as interrupted:
        stopped = str(interrupted)
    if stopped:
        typer.echo(stopped, err=True)
    close(folder)


def close(folder: CampaignFolder) -> NoReturn:
    """Judge what is there, write it and say it; the exit code is the capacity's."""
    campaign = judged(folder)
    write(folder, campaign)
    say(folder, campaign)
    raise typer.Exit(campaign.capacity.outcome.exit_code)


def rejudge(folder: CampaignFolder) -> NoReturn:
    """The same from its folder alone, and whether it comes to what stood there."""
    stood = folder.standing(CAPACITY) is not None
    campaign = judged(folder)
    same = write(folder, campaign)
    say(folder, campaign)
    if stood:
        typer.echo(f"{CAPACITY} {'is identical' if same else 'CHANGED and was rewritten'}")
    raise typer.Exit(campaign.capacity.outcome.exit_code)


def judged(folder: CampaignFolder) -> Campaign:
    """The campaign from its runs' folders alone. Raises FolderError where one of them is missing or damaged."""
    journal = folder.journal()
    if not journal.parts:
        raise FolderError(str(folder.path), "no run of it was measured", "start the search again")
    runs = {entry.part: certify(RunFolder.open(folder.path / entry.run)) for entry in journal.parts}
    parts = {name: _as_part(run) for name, run in runs.items()}
    basis = runs.get("confirm", next(iter(runs.values())))
    manifest = basis.record.manifest
    capacity = search_result(parts, look=journal.look, per=_PER[manifest.driver])
    return Campaign(
        campaign_id=journal.campaign_id,
        began_utc=min(run.record.manifest.began_utc for run in runs.values()),
        ended_utc=max(_ended_utc(run) for run in runs.values()),
        scenario=journal.scenario,
        target=manifest.target.name,
        driver=manifest.driver,
        endpoint=manifest.endpoint,
        identity=manifest.identity_before.facts,
        versions=manifest.versions,
        capacity=capacity,
        parts=tuple(_part(entry, runs[entry.part]) for entry in journal.parts),
        confirmed=level_table(basis.record, basis.measured, basis.judgement, capacity.levels),
        overload=overload(runs["overload"].record) if "overload" in runs else None,
        storm=overload(runs["storm"].record) if "storm" in runs else None,
        cost=cost(manifest.target, capacity),
    )


def write(folder: CampaignFolder, campaign: Campaign) -> bool:
    """Write capacity.json and the page; whether the first stood there already and is the same, byte for byte."""
    text = dumps(campaign.capacity)
    same = folder.standing(CAPACITY) == text
    folder.write_text(CAPACITY, text)
    folder.write_text(REPORT, campaign_html.render(campaign))
    folder.write_text(JUNIT, campaign_junit.render(campaign))
    return same


def say(folder: CampaignFolder, campaign: Campaign) -> None:
    """The summary on the terminal."""
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    typer.echo(campaign_text.summary(campaign, folder.path / REPORT, colour=colour), color=colour)


def _as_part(run: Certified) -> Part:
    return Part(record=run.record, measured=run.measured, judgement=run.judgement)


def _part(entry: Entry, run: Certified) -> CampaignPart:
    ending = run.record.ending
    return CampaignPart(
        name=entry.part,
        purpose=entry.purpose,
        run_id=run.record.manifest.run_id,
        report=f"{entry.run}/{REPORT}",
        outcome=run.judgement.outcome,
        headline=run.judgement.headline,
        sessions=sum(one.measured for one in run.measured.outcomes),
        elapsed_ns=None if ending is None else ending.elapsed_ns,
        decides=entry.part in ("confirm", "errors"),
    )


def _ended_utc(run: Certified) -> str:
    return run.record.manifest.began_utc if run.record.ending is None else run.record.ending.ended_utc
