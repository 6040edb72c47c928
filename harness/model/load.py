"""What a run with stages came to: each level's figures, and the course of the whole run on one time axis."""

from __future__ import annotations

from dataclasses import dataclass

from harness.model.capacity import Capacity, Knee
from harness.model.plan import Stage, StageKind
from harness.model.verdict import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure with its one-sided bounds at 95 %. +inf is a quantile that more sessions miss than it allows.

    A bound of None: so few sessions have none.
    """

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A latency over a level's sessions in ms; `missing` of them have no value and count as worst."""

    n: int
    missing: int
    p50: Figure
    p95: Figure
    p99: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependence:
    """How much sessions that share moments are worth: n sessions like `effective_n` independent ones.

    `rise` is how far a latency rose over the level's window, in ms; `steady` whether that is no drift.
    """

    metric: str
    design_effect: float
    effective_n: float
    batches: int
    batch_s: float
    rise: float
    steady: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRow:
    """All stages of one kind and level together. None is "not measured", never zero."""

    level: int
    kind: StageKind
    visits: int
    steady_s: float  # counted seconds of all visits
    planned: int  # counted sessions of the plan
    measured: int
    ok: int
    rtfx: float | None  # seconds of audio of completed sessions a second of the steady time
    first_partial: Spread | None
    final: Spread | None
    errors: Figure | None  # share of measured sessions
    timeouts: Figure | None  # the same
    failures: tuple[tuple[str, int], ...]  # outcome -> sessions, most first
    interval_p50_ms: float | None  # partial cadence: the median over sessions of their median
    interval_p95_ms: float | None
    unstable: Figure | None  # pooled share of words
    wer: Figure | None  # the same
    wer_baseline: float | None  # the blessed run's, over the same clips and rates
    dependence: Dependence | None  # of the latency that depends most on its moments
    disturbed: int  # sessions that the harness itself was late for
    send_lag_p99_us: float | None
    tick_late_max_us: int | None
    outcome: Outcome | None  # of the judged lines that read this level alone; None where none does
    reason: str = ""  # of the line that decided, or why the harness cannot vouch for the level

    @property
    def steady_level(self) -> bool:
        """Whether it is a level that a capacity may be read from, and no transition, overload or recovery."""
        return self.kind in ("level", "rise")


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelTable:
    """The levels in ascending order, and what they are held to; None: nothing limits it."""

    rows: tuple[LevelRow, ...]
    first_partial_limit_ms: float | None
    final_limit_ms: float | None
    error_limit: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One bin of the run. Latencies stand where the words had been spoken; counted sessions only, None without any."""

    at_ns: int  # its beginning
    planned: int  # sessions planned to be open in its middle
    active: int  # sessions that were
    arrivals: int
    refused: int
    failed: int  # otherwise than refused
    first_partial_p50_ms: float | None
    first_partial_p95_ms: float | None
    final_p50_ms: float | None
    final_p95_ms: float | None
    send_lag_p99_us: int | None
    tick_late_max_us: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What was read of one source over the run: (ns, value)."""

    source: str
    metric: str
    points: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """How one of the harness's own engines fared at worst, in per cent of one core. None: it was not read."""

    source: str
    sessions: int | None  # that it played
    send_lag_p99_us: float | None  # of their frames
    busy_percent: float | None  # by the thread that paces
    waiting_percent: float | None  # that thread was ready to run and had no core
    late_ticks: int  # over 10 ms
    tick_late_ms: float | None  # the worst of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The run in bins of equal length, its stages, and what was read of processes meanwhile."""

    bin_ns: int
    until_ns: int
    stages: tuple[Stage, ...]
    moments: tuple[Moment, ...]
    series: tuple[Series, ...]
    engines: tuple[Engine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OverloadStage:
    """What became of all sessions that began in a stage of an overload run, warm-up too: nobody tells callers of it.

    A refusal is prompt where it came before the speaker begins (`open_ns` lies a second before), and structured where
    it names a reason and says when to come again.
    """

    stage_id: str
    kind: StageKind
    level: int
    sessions: int  # those that were measured
    refused: int
    prompt: int  # of the refused
    structured: int  # of the refused
    refusal_p95_ms: float | None  # from opening; None without a refusal
    admitted: int  # not refused
    ok: int  # of the admitted
    inside: int  # of the admitted: ended ok and inside every limit on their latency
    hung: int  # of the admitted: timed out
    first_partial_p95_ms: float | None  # of the admitted; None where nothing was measured
    final_p95_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """`recovery_s`: from the end of the last overload until no more sessions were refused, failed or late than may be.

    None: the run ended first, or no stage followed; `watched_s` says for how long it was looked at.
    """

    stages: tuple[OverloadStage, ...]
    first_partial_limit_ms: float | None
    final_limit_ms: float | None
    allowed_share: float  # of sessions that may be refused, fail or be late once it has recovered
    recovery_s: float | None
    watched_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What an hour of audio costs at the certified number of sessions, each of them streaming all the time."""

    per_audio_hour: float
    per_hour: float
    sessions: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadFacts:
    """All that the report of a run with stages shows beside its verdicts. None: the run says nothing of it."""

    levels: LevelTable
    course: Course
    capacity: Capacity | None = None
    knee: Knee | None = None
    cost: Cost | None = None
    overload: Overload | None = None
