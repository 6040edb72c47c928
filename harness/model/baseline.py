"""Yesterday: the measurements of a blessed run, and how the last runs of the same target and scenario ended."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from harness.model.measurement import MistakeKind
from harness.model.plan import SessionPlan
from harness.model.verdict import Judgement, Outcome, Verdict

KEPT_RUNS = 14

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastLine:
    """A judged line of an earlier run. What history of older versions does not tell is empty or None."""

    line_id: str
    outcome: Outcome
    value: float | None
    known_limit: bool = False
    objective: str = ""  # its text: the same name may mean another objective by now
    bound: float | None = None  # the one that certifies

    @classmethod
    def of(cls, line: Verdict) -> PastLine:
        """The line as history keeps it."""
        return cls(
            line_id=line.line_id,
            outcome=line.outcome,
            value=line.estimate.value,
            known_limit=bool(line.known_limit),
            objective=line.objective.text,
            bound=line.bound,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """How an earlier run ended, and with which versions of what."""

    run_id: str
    began_utc: str
    outcome: Outcome
    lines: tuple[PastLine, ...]
    identity: Facts
    versions: Facts

    @classmethod
    def of(cls, run_id: str, began_utc: str, judgement: Judgement, identity: Facts, versions: Facts) -> PastRun:
        """The run as a line of history."""
        return cls(
            run_id=run_id,
            began_utc=began_utc,
            outcome=judgement.outcome,
            lines=tuple(PastLine.of(one) for one in judgement.verdicts),
            identity=identity,
            versions=versions,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A metric of one blessed session; `numerator` None is missing, as in a Measurement."""

    metric: str
    numerator: float | None
    denominator: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMistake:
    """A wrong word of one blessed session, as in a Mistake."""

    kind: MistakeKind
    at: int
    reference: str
    heard: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlessedSession:
    """One counted and measured session. It pairs with a later one that plays the same clip, repeat and audio."""

    session_id: str
    clip: str  # the clip's key
    repeat: int
    played: str  # `played` of its plan: the same clip name may stand for other audio, words or pacing by now
    keys: Facts  # what objectives slice by
    outcome: str
    readings: tuple[Reading, ...]
    mistakes: tuple[PastMistake, ...] | None = None  # None: blessed by a harness that did not keep them


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A run that somebody declared the one to compare with."""

    target: str
    scenario: str
    driver: str
    normaliser: str
    blessed_utc: str
    forced: str  # why it was blessed although it did not PASS; empty where it did
    run: PastRun
    sessions: tuple[BlessedSession, ...]  # in plan order


def played(session: SessionPlan) -> str:
    """A digest of all that makes two plays comparable: audio, words with their times, frames, and where it ends."""
    clip = session.clip
    words = [(word.text, word.start_ns, word.end_ns) for word in clip.words]
    said = repr((clip.sha256, clip.reference, words, session.frame_ns, session.spoken_ns))
    return sha256(said.encode()).hexdigest()[:32]


def latest(*histories: tuple[PastRun, ...]) -> tuple[PastRun, ...]:
    """The last runs of all of them, each once, oldest first."""
    runs = {run.run_id: run for history in histories for run in history}
    return tuple(sorted(runs.values(), key=lambda run: (run.began_utc, run.run_id)))[-KEPT_RUNS:]
