"""The live part of a run: everything is checked first, then the target is started, asked who it is, and streamed to."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from harness.cli.audio import gather
from harness.cli.certify import judging_versions
from harness.cli.display import ProgressLine
from harness.cli.options import Asked, pick_driver
from harness.drivers.base import DriverSpec
from harness.drivers.registry import make_driver
from harness.embedded.server import MAX_STREAMS
from harness.embedded.stack import start_stack
from harness.errors import FolderError
from harness.measure.text import NORMALISER
from harness.model.outline import outline
from harness.model.plan import Plan
from harness.model.run import Identity, Manifest
from harness.model.scenario import Target
from harness.observe.host import describe_host
from harness.observe.scrape import pages_of
from harness.run.channel import Engines
from harness.run.child import one_engine
from harness.run.conduct import conduct
from harness.scenario.load import load_target
from harness.store.baselines import Shelf, digests, past_runs
from harness.store.folder import RunFolder

AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Via:
    """Through which engines a run is streamed: `engines` gets its plan and the folder of its logs."""

    engines: Callable[[Plan, Path], Engines]
    facts: tuple[tuple[str, str], ...] = ()  # what the manifest is to say of them


DIRECT: Final = Via(engines=lambda _, __: one_engine)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reached:
    """A target that stands: where, and which processes of it are ours."""

    endpoint: str
    pids: dict[str, int]
    endpoints: dict[str, str]  # of all that was started, or stands in the target's file


def stream(
    asked: Asked,
    *,
    files: tuple[Path, Path],
    driver: str | None,
    out: Path,
    shelves: Path,
    progress: ProgressLine,
    via: Via = DIRECT,
) -> RunFolder:
    """Run the plan against the target; the folder then holds all that was measured. Raises UsageError before it.

    `files` are the scenario's and the target's, `shelves` is where baselines are kept.
    """
    signal.signal(signal.SIGTERM, _interrupt)  # a cancelled job says TERM where a person says Ctrl-C
    target = load_target(files[1])
    driver = pick_driver(target, files[1], driver)
    _ensure_writable(out)
    shelf = Shelf(root=shelves, target=target.name, scenario=asked.scenario.name, driver=driver)
    yesterday = shelf.copies(past_runs(out, shelf))
    with _audio(asked) as (sent, clips), _reach(target, driver, sent, progress) as (reached, logs):
        spec = DriverSpec.of(target, driver, reached.endpoint)
        progress.say(f"asking {reached.endpoint} who it is")
        identity = asyncio.run(identify(spec))
        manifest = manifest_of(sent, target, spec, identity, files, yesterday)
        manifest = replace(manifest, environment=(*manifest.environment, *via.facts))
        folder = RunFolder.create(out, manifest.run_id, manifest, clips, yesterday)
        try:
            asyncio.run(_conduct(folder, spec, reached, target, progress, via.engines(sent.plan, logs)))
        finally:  # from here on everything is measured, and one more Ctrl-C may not take it away
            before = [signal.signal(name, signal.SIG_IGN) for name in (signal.SIGINT, signal.SIGTERM)]
            shutil.copytree(logs, folder.path / "logs", dirs_exist_ok=True)
    signal.signal(signal.SIGINT, before[0])
    signal.signal(signal.SIGTERM, _interrupt)
    return folder


@contextmanager
def _audio(asked: Asked) -> Iterator[tuple[Asked, dict[str, Path]]]:
    """What was asked, with the digest of every clip, and each clip's file by its digest; raises CorpusError."""
    with tempfile.TemporaryDirectory(prefix="harness-clips-") as made:
        plan, files = gather(asked, Path(made))
        yield replace(asked, plan=plan), files


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


async def identify(spec: DriverSpec) -> Identity:
    """What the target at that endpoint says it is. Raises TargetError."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # a failed handshake is one sentence of ours, not its page
    driver = make_driver(spec)
    try:
        return await driver.probe()
    finally:
        await driver.close()


async def _conduct(
    folder: RunFolder, spec: DriverSpec, reached: _Reached, target: Target, progress: ProgressLine, engines: Engines
) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await conduct(
        folder=folder,
        driver=spec,
        pids=reached.pids,
        on_progress=progress.show,
        stop=stop,
        pages=pages_of(target, reached.endpoints),
        engines=engines,
    )


@contextmanager
def _reach(target: Target, driver: str, asked: Asked, progress: ProgressLine) -> Iterator[tuple[_Reached, Path]]:
    """Start what is ours to start; stop it again, whatever happens. The second value is where its logs are.

    It takes all that the plan opens, and as many again that still wait for their last final: a limit of its own would
    be taken for the recogniser's. Only where `asked.admit` says so does it refuse.
    """
    endpoint = dict(target.endpoints)[driver]
    with tempfile.TemporaryDirectory(prefix="harness-logs-") as logs:
        if target.stack is None:
            yield _Reached(endpoint=endpoint, pids={}, endpoints=dict(target.endpoints)), Path(logs)
            return
        progress.say("starting the embedded stack")
        most = max(MAX_STREAMS, 2 * outline(asked.plan).peak_open)
        admit = None if driver == "riva" else asked.admit
        streams = asked.admit if driver == "riva" and asked.admit else most
        with start_stack(log_dir=Path(logs), model=target.model, max_streams=streams, admit=admit) as stack:
            watched = {watch.of for watch in target.observe if watch.kind == "process"}
            pids = {name: pid for name, pid in stack.pids.items() if name in watched}
            ways = {way: stack.endpoints[way] if at == AUTO else at for way, at in target.endpoints}
            yield _Reached(endpoint=ways[driver], pids=pids, endpoints=ways), Path(logs)


def manifest_of(
    asked: Asked,
    target: Target,
    spec: DriverSpec,
    identity: Identity,
    files: tuple[Path, ...],
    yesterday: dict[str, str],
) -> Manifest:
    """What a run's folder says before it begins; `files` are the scenario's and the target's, for their digests."""
    now = datetime.now(UTC)
    return Manifest(
        run_id=f"{asked.scenario.name}-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
        began_utc=now.isoformat(),
        driver=spec.driver,
        endpoint=spec.endpoint,
        scenario=asked.scenario,
        target=target,
        plan=asked.plan,
        identity_before=identity,
        bound_seed=asked.scenario.arrival.seed,
        normaliser=NORMALISER,
        versions=judging_versions(),
        environment=describe_host(),
        digests=(
            *((file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in files),
            *digests(yesterday),
        ),
    )


def _ensure_writable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise FolderError(f"--out {out}", f"cannot be written ({error.strerror})", "choose another folder") from error
