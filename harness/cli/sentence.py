"""One committed sentence through one endpoint, on the very path of a run: planned, streamed by the engine, measured."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.cli.live import manifest_of
from harness.cli.options import Asked
from harness.corpus.load import read_golden, verify
from harness.drivers.base import DriverSpec
from harness.errors import CorpusError, EngineError
from harness.measure.run import measure_session
from harness.measure.trace import trace_session
from harness.model.clip import Clip
from harness.model.measurement import Measurement, SessionOutcome
from harness.model.run import Identity, Record
from harness.model.scenario import Arrival, Pacing, Scenario, Selection, Target
from harness.run.conduct import conduct
from harness.scenario.plan import make_plan
from harness.store.folder import RunFolder

CLIP: Final = "clean-tt-weasels"
RATE_HZ: Final = 16_000
LANGUAGE: Final = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What one session showed; a latency of +inf is one that never came."""

    outcome: SessionOutcome
    reference: str
    heard: str
    wrong_words: int
    words: int
    first_partial_ms: float
    final_ms: float


def find_sentence(corpus: Path) -> Clip:
    """The committed clip. Raises CorpusError where it is missing or changed."""
    path = corpus / "golden" / f"{CLIP}.json"
    for clip in read_golden(corpus, path):
        if clip.rate_hz == RATE_HZ:
            verify(clip, corpus)
            return clip
    raise CorpusError(str(path), f"it has no audio at {RATE_HZ} Hz", "restore it from version control")


def speak(
    clip: Clip, corpus: Path, target: Target, spec: DriverSpec, identity: Identity, pids: dict[str, int]
) -> Spoken:
    """Stream it once, in a folder that is thrown away. Raises EngineError where the harness itself could not."""
    with tempfile.TemporaryDirectory(prefix="harness-doctor-") as place:
        manifest = manifest_of(_asked(clip, corpus), target, spec, identity, (), {})
        folder = RunFolder.create(Path(place), manifest.run_id, manifest, {clip.sha256: corpus / clip.path})
        asyncio.run(conduct(folder=folder, driver=spec, pids=pids, on_progress=lambda _: None, stop=asyncio.Event()))
        return _measured(folder.read())


def _asked(clip: Clip, corpus: Path) -> Asked:
    scenario = Scenario(
        name="doctor",
        description="One sentence.",
        clips=(Selection(),),
        arrival=Arrival(lanes=1, seed=7, think_ms=0),
        pacing=Pacing(),
        objectives=(),
    )
    return Asked(scenario=scenario, plan=make_plan(scenario, (clip,)), corpus=corpus)


def _measured(record: Record) -> Spoken:
    (plan,), (timeline,) = record.manifest.plan.sessions, record.timelines
    outcome, rows, _ = measure_session(plan, timeline)
    if not outcome.measured:
        lost = record.ending.vitals.engines_lost if record.ending else ()
        raise EngineError(f"the sentence was not streamed ({'; '.join(lost) or outcome.outcome})")
    by_name: dict[str, Measurement] = {row.metric: row for row in rows}
    return Spoken(
        outcome=outcome,
        reference=plan.clip.reference,
        heard=trace_session(plan, timeline).transcript,
        wrong_words=round(by_name["wer"].numerator or 0),
        words=round(by_name["wer"].denominator),
        first_partial_ms=by_name["first_partial_ms"].value,
        final_ms=by_name["final_ms"].value,
    )
