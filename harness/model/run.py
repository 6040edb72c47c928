"""What the run's folder says about the run itself: the manifest, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from harness.model.baseline import Baseline, PastRun
from harness.model.measurement import Measurement, Mistake, Respelling, SessionOutcome
from harness.model.plan import Plan
from harness.model.scenario import Scenario, Target
from harness.model.timeline import FaultEvent, Sample, Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What the target says it is: pairs like (model, moonshine-tiny-en-embedded)."""

    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """The harness's own health over the run."""

    interrupted: bool = False
    engines_lost: tuple[str, ...] = ()  # a sentence for each that died
    clock_drift_ms: float = 0.0  # largest move of the wall clock against the monotonic one
    digest_faults: tuple[str, ...] = ()  # clips that were not what the manifest says
    exploratory: str = ""  # why the run is none to judge by: a sentence on what was changed by hand while it went on
    scrape_faults: tuple[tuple[str, str], ...] = ()  # source and what was last wrong with it, of pages not always read
    identity_after: Identity | None = None  # None: could not be read after the run (a finding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All that judging needs beside the timelines. Written before the first frame is sent."""

    run_id: str
    began_utc: str  # ISO 8601, to the microsecond: when at_ns was 0
    driver: str
    endpoint: str
    scenario: Scenario
    target: Target
    plan: Plan
    identity_before: Identity
    bound_seed: int
    normaliser: str
    versions: tuple[tuple[str, str], ...]
    environment: tuple[tuple[str, str], ...]
    digests: tuple[tuple[str, str], ...]  # scenario and target file, golden files: name -> sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Written when the run is over; its absence means the run crashed."""

    ended_utc: str
    elapsed_ns: int
    vitals: Vitals
    parts: tuple[tuple[str, int], ...] = ()  # table -> how many files were written of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All that a run's folder holds. `ending` None: the run crashed, and what was stored is judged as cut."""

    manifest: Manifest
    ending: Ending | None
    timelines: tuple[Timeline, ...]  # one a planned session, warm-up included, in plan order
    samples: tuple[Sample, ...] = ()
    faults: tuple[FaultEvent, ...] = ()
    damage: tuple[str, ...] = ()  # what in the folder is missing, changed or foreign
    baseline: Baseline | None = None  # the blessed run to compare with, as it was when this run began
    history: tuple[PastRun, ...] = ()  # the last runs of this target, scenario and driver, oldest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What `measure` makes of a record: counted sessions only, in plan order."""

    outcomes: tuple[SessionOutcome, ...]
    measurements: tuple[Measurement, ...]
    mistakes: tuple[Mistake, ...] = ()
    respellings: tuple[Respelling, ...] = ()
