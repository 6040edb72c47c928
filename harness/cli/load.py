"""`harness load`: stream a scenario through several engines that Locust conducts, and judge it as any run."""

from __future__ import annotations

import socket
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from harness.cli.options import (
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
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.cli.live import Via
    from harness.run.locust import Locust


def command(
    scenario: ScenarioArgument,
    target: Annotated[str, typer.Option(help="A target file, or the name of one beside the scenario.")] = "embedded",
    driver: Annotated[
        Optional[str],  # noqa: UP045  typer reads the annotation at run time
        typer.Option(help="The way in: gateway or riva; the target's first endpoint by default."),
    ] = None,
    workers: Annotated[int, typer.Option(min=0, max=64, help="Engines here, each behind a Locust of its own.")] = 1,
    elsewhere: Annotated[
        int, typer.Option(min=0, max=64, help="Engines on other hosts that come with `harness load-worker`.")
    ] = 0,
    bind: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="HOST:PORT where they find us. Anyone who reaches it can take part: trusted networks only."),
    ] = None,
    web: Annotated[bool, typer.Option("--web", help="Locust's page, on 127.0.0.1, while the run goes on.")] = False,
    web_port: Annotated[int, typer.Option(min=1, max=65535, help="Where that page is.")] = 8089,
    locust_out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Where Locust's CSV, page and log go; the run's logs/ by default."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before load goes to others.")] = False,
    owned: Annotated[
        bool, typer.Option("--i-own-this-target", help="You may put load on this production target.")
    ] = False,
    max_sessions: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="Refuse a plan with more sessions."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Of a search: a look in a few minutes, which certifies nothing.")
    ] = False,
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
    """Stream a scenario from several processes under Locust, judge it, and write the report."""
    asked = ask(
        scenario, corpus=corpus, clips=clip, conditions=condition, rates=rate, repeat=repeat, lanes=lanes, seed=seed
    )
    from harness.cli.campaign import carry_out as seek
    from harness.cli.caution import Consent, be_sure
    from harness.cli.run import INTERRUPTED, carry_out
    from harness.run.locust import Locust
    from harness.scenario.campaign import quick as looking
    from harness.scenario.campaign import search_of
    from harness.scenario.load import load_target

    files = (scenario, find_target(scenario, target, corpus=asked.corpus))
    need_locust()
    place = _place(workers, elsewhere, bind)
    consent = Consent(yes=yes, owned=owned, max_sessions=max_sessions)
    locust = Locust(engines=workers, elsewhere=elsewhere, bind=place, web_port=web_port if web else None)
    via = _behind(locust, locust_out)
    if search := search_of(asked.scenario):
        if web:
            _announce_page(web_port)
        seek(
            asked,
            looking(search) if quick else search,
            files=files,
            driver=driver,
            out=out,
            shelves=baselines,
            consent=consent,
            via=via,
            look=quick,
        )
    if quick:
        raise UsageError("--quick", f"{scenario} is one run and no search", "leave it out")
    if not be_sure(asked.plan, load_target(files[1]), files, consent):
        raise typer.Exit(INTERRUPTED)
    if web:
        _announce_page(web_port)
    carry_out(asked, files=files, driver=driver, out=out, shelves=baselines, via=via)


def need_locust() -> None:
    if find_spec("locust") is None:
        raise UsageError("harness load", "Locust is not installed", "pip install 'riva-slo-harness[load]'")


def place_of(text: str, where: str) -> tuple[str, int]:
    """HOST:PORT as host and port. Raises UsageError."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise UsageError(where, f"{text!r} is not HOST:PORT", "write it as in 10.0.0.5:5557")
    return host, int(port)


def _place(workers: int, elsewhere: int, bind: str | None) -> tuple[str, int]:
    """Where Locust's workers come to. Raises UsageError where that does not fit who is to come."""
    if workers + elsewhere < 1:
        raise UsageError("--workers 0", "nobody is left to stream", "add workers here or elsewhere")
    if bool(elsewhere) != bool(bind):
        raise UsageError("--elsewhere, --bind", "one says nothing without the other", "give both or none")
    return place_of(bind, "--bind") if bind else ("127.0.0.1", 0)


def _behind(locust: Locust, locust_out: Path | None) -> Via:
    from functools import partial
    from importlib.metadata import version

    from harness.cli.live import Via
    from harness.model.plan import Plan
    from harness.run.channel import Engines
    from harness.run.lanes import active_lanes
    from harness.run.locust import locust_engines

    def engines(plan: Plan, logs: Path) -> Engines:
        out = locust_out or logs
        out.mkdir(parents=True, exist_ok=True)
        return partial(locust_engines, locust, active_lanes(plan), out.resolve())

    elsewhere = f" and {locust.elsewhere} on other hosts" if locust.elsewhere else ""
    return Via(engines=engines, facts=(("engines", f"{locust.engines}{elsewhere} behind Locust {version('locust')}"),))


def _announce_page(port: int) -> None:
    try:
        with socket.create_server(("127.0.0.1", port)):
            pass
    except OSError as error:
        raise UsageError(
            f"--web-port {port}", f"it cannot be served ({error.strerror})", "choose another port"
        ) from error
    typer.echo(f"Locust's page while it runs: http://127.0.0.1:{port}", err=True)
