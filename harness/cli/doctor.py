"""`harness doctor`: is the target there, is it what its file says, and is this machine fit to measure it?"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Optional

import typer

from harness.cli.finding import HERE, Finding, bad, exit_code, fine, line
from harness.cli.options import CorpusOption, corpus_here, find_target, pick_driver
from harness.errors import TargetError, UsageError
from harness.model.limits import Limits

if TYPE_CHECKING:
    from harness.model.clip import Clip
    from harness.model.scenario import Target

IDLE_S: Final = 3.0
DISTURBED_MS: Final = Limits().tick_late_ms  # beyond it a run's sessions count as disturbed, and the run is INVALID
AUTO: Final = "auto"
INTERRUPTED: Final = 130


def command(
    target: Annotated[
        Optional[str],  # noqa: UP045  typer reads the annotation at run time
        typer.Argument(help="A target file, or a name in scenarios/targets, such as embedded."),
    ] = None,
    driver: Annotated[
        Optional[str],  # noqa: UP045  typer reads the annotation at run time
        typer.Option(help="Only this way in: gateway or riva; all of the target's endpoints by default."),
    ] = None,
    corpus: CorpusOption = None,
    load: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, max=100_000, help="Without a target: can this machine send so many sessions at once?"),
    ] = None,
    frame_ms: Annotated[int, typer.Option(min=10, max=1_000, help="With --load: how long a frame is.")] = 100,
    workers: Annotated[int, typer.Option(min=1, max=256, help="With --load: engines that share the sessions.")] = 1,
    seconds: Annotated[float, typer.Option(min=1, max=600, help="With --load: how long all are open.")] = 10,
) -> None:
    """Check a target before a run: address, TLS, health, model, a sentence; and this machine's pacing and clocks.

    With --load, this machine alone: its engines really send that many sessions, into a sink of our own.

    Exit codes: 0 all fine, 1 something is wrong with the target (or this machine cannot send that many), 2 a file or
    flag is wrong, 4 only this machine is.
    """
    if load is not None:
        if target is not None:
            raise UsageError("doctor", f"--load is of this machine, {target} is a target", "ask for one of them")
        raise typer.Exit(int(_told(_of_load(load, frame_ms, min(workers, load), seconds)) != 0))
    if target is None:
        raise UsageError(
            "doctor", "neither a target nor --load was given", "name one, such as: harness doctor embedded"
        )
    raise typer.Exit(_told(_findings(target, driver, corpus)))


def _told(findings: Iterable[Finding]) -> int:
    """Say each as it comes; the exit code they come to."""
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    found: list[Finding] = []
    try:
        for finding in findings:
            found.append(finding)
            typer.echo(line(finding, colour=colour), color=colour)
    except KeyboardInterrupt:
        typer.echo("Interrupted.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    return exit_code(found)


def _of_load(sessions: int, frame_ms: int, workers: int, seconds: float) -> Iterator[Finding]:
    from harness.cli.load_check import found_of
    from harness.cli.load_trial import Load, play_load

    load = Load(sessions=sessions, workers=workers, frame_ms=frame_ms, seconds=seconds)
    typer.echo(f"sending {sessions:,} sessions for {load.lasts_s:.0f} s", err=True)
    yield from found_of(load, play_load(load))


def _findings(name: str, driver: str | None, corpus: Path | None) -> Iterator[Finding]:
    """One at a time. What is wrong in files or flags is raised, as UsageError, before the first."""
    from harness.cli.sentence import find_sentence
    from harness.clock import wall_against_monotonic_ns
    from harness.scenario.load import load_target

    root = corpus_here(corpus)
    file = find_target(root / "scenarios" / "of-no-name", name, asked=name)
    target = load_target(file)
    ways = _ways(target, file, driver)
    _check_addresses(target, ways)
    clip = find_sentence(root)
    wall_ns = wall_against_monotonic_ns()
    yield from _of_target(target, ways, clip, root)
    yield from _of_this_machine(wall_ns)


def _ways(target: Target, file: Path, driver: str | None) -> dict[str, str]:
    ways = dict(target.endpoints)
    if driver is None:
        return ways
    chosen = pick_driver(target, file, driver)
    return {chosen: ways[chosen]}


def _check_addresses(target: Target, ways: dict[str, str]) -> None:
    """Raises TargetError for an address, a token's variable or a PEM file that cannot be."""
    from harness.drivers.base import DriverSpec
    from harness.drivers.registry import make_driver

    for way, endpoint in ways.items():
        if endpoint != AUTO:
            make_driver(DriverSpec.of(target, way, endpoint))


def _of_target(target: Target, ways: dict[str, str], clip: Clip, root: Path) -> Iterator[Finding]:
    from harness.cli.checkup import Subject, examine
    from harness.drivers.base import DriverSpec
    from harness.embedded.stack import start_stack

    if target.stack is None:
        subject = Subject(target=target, clip=clip, corpus=root, pids={})
        for way, endpoint in ways.items():
            yield from examine(DriverSpec.of(target, way, endpoint), subject)
        return
    with tempfile.TemporaryDirectory(prefix="harness-logs-") as logs:
        try:
            started = start_stack(log_dir=Path(logs), model=target.model)
        except TargetError as error:
            yield bad("stack", "start", error)
            return
        with started as stack:
            yield fine("stack", "start", f"the embedded {' and '.join(stack.pids)} are up")
            subject = Subject(target=target, clip=clip, corpus=root, pids=dict(stack.pids))
            for way, endpoint in ways.items():
                at = stack.endpoints[way] if endpoint == AUTO else endpoint
                yield from examine(DriverSpec.of(target, way, at), subject)


def _of_this_machine(wall_ns: int) -> Iterator[Finding]:
    """`wall_ns`: the wall clock against the monotonic one when it all began."""
    from harness.cli.checkup import guarded

    yield guarded(HERE, "pacing", _pacing)
    yield guarded(HERE, "clocks", lambda: _clocks(wall_ns))


def _pacing() -> Finding:
    from harness.run.idle import worst_idle_ms

    worst_ms = worst_idle_ms(IDLE_S)
    found = f"an idle engine's ticks were {worst_ms:.1f} ms late at worst over {IDLE_S:g} s"
    return _within(worst_ms, "pacing", found, "free this machine, or measure from another; a run here would be INVALID")


def _clocks(wall_ns: int) -> Finding:
    from harness.clock import wall_against_monotonic_ns

    drift_ms = abs(wall_against_monotonic_ns() - wall_ns) / 1e6
    found = f"the wall clock moved {drift_ms:.1f} ms against the monotonic one meanwhile"
    return _within(drift_ms, "clocks", found, "let its time service settle; a run meanwhile would be INVALID")


def _within(value_ms: float, check: str, found: str, remedy: str) -> Finding:
    if value_ms <= DISTURBED_MS:
        return fine(HERE, check, f"{found} ({DISTURBED_MS:.0f} ms are allowed)")
    return Finding(where=HERE, check=check, mark="bad", found=found, remedy=remedy)
