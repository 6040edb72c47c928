"""Builds small records and what was measured of them, session by session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from harness.judge.bless import blessed
from harness.judge.slo import judge
from harness.model.baseline import Baseline, PastRun
from harness.model.clip import Clip, Segment, Word
from harness.model.measurement import Measurement, SessionOutcome
from harness.model.plan import Plan, SessionPlan
from harness.model.run import Ending, Identity, Manifest, Measured, Record, Vitals
from harness.model.scenario import Arrival, KnownLimit, Objective, Pacing, Scenario, Selection, Target
from harness.model.timeline import Timeline
from harness.model.verdict import Judgement, Verdict
from harness.scenario.slo import parse

SECOND = 1_000_000_000
IDENTITY = Identity(facts=(("model", "tiny"), ("gateway", "0.1.0")))


def make_clip(clip_id: str = "c1", rate_hz: int = 16_000, condition: str = "clean", **given) -> Clip:
    words = tuple(Word(text=f"w{i}", start_ns=i * SECOND, end_ns=(i + 1) * SECOND) for i in range(10))
    speech = condition != "silence"
    clip = Clip(
        clip_id=clip_id,
        rate_hz=rate_hz,
        path=f"{clip_id}.flac",
        sha256=clip_id,
        condition=condition,
        source=clip_id,
        speaker="someone",
        speech="human" if speech else "none",
        duration_ns=11 * SECOND,
        reference=" ".join(word.text for word in words) if speech else "",
        words=words if speech else (),
        segments=(Segment(first_word=0, last_word=9),) if speech else (),
    )
    return replace(clip, **given)


def make_objective(text: str, objective_id: str = "it", **given) -> Objective:
    read = parse(text)
    parts = {key: getattr(read, key) for key in type(read).__dataclass_fields__}
    return Objective(objective_id=objective_id, text=text, **(parts | given))


@dataclass
class Bench:
    """A run in the making: add sessions, then ask for the judgement."""

    objectives: tuple[Objective, ...] = ()
    known_limits: tuple[KnownLimit, ...] = ()
    kind: str = "embedded"
    observe: tuple = ()
    vitals: Vitals | None = field(default_factory=lambda: Vitals(identity_after=IDENTITY))
    narrowed: tuple[str, ...] = ()
    bound_seed: int = 7
    samples: tuple = ()
    baseline: Baseline | None = None
    history: tuple[PastRun, ...] = ()
    run_id: str = "golden-1"
    began_utc: str = "2026-01-01T00:00:00.000000Z"
    driver: str = "gateway"
    sessions: list[SessionPlan] = field(default_factory=list)
    timelines: list[Timeline] = field(default_factory=list)
    outcomes: list[SessionOutcome] = field(default_factory=list)
    rows: list[Measurement] = field(default_factory=list)

    @classmethod
    def of(cls, *texts: str, **given) -> Bench:
        """A bench with objectives named o1, o2, …"""
        objectives = tuple(make_objective(text, f"o{number}") for number, text in enumerate(texts, 1))
        return cls(objectives=objectives, **given)

    clip = staticmethod(make_clip)
    objective = staticmethod(make_objective)

    def play(self, clip: Clip | None = None, *, times: int = 1, outcome: str = "ok", code: str = "", **given) -> Bench:
        """Sessions of a clip; other keywords are metrics: a value, None for missing, or (numerator, denominator)."""
        warm_up, disturbed = given.pop("warm_up", False), given.pop("disturbed", "")
        measured, heard, level = given.pop("measured", True), given.pop("heard", ()), given.pop("level", None)
        for _ in range(times):
            session_id = f"s{len(self.sessions) + 1:04d}"
            start = len(self.sessions) * 12 * SECOND
            self.sessions.append(
                SessionPlan(
                    session_id=session_id,
                    clip=clip or make_clip(),
                    lane=0,
                    repeat=0,
                    open_ns=start,
                    start_ns=start + SECOND,
                    frame_ns=SECOND // 10,
                    end_ns=start + 11 * SECOND,
                    deadline_ns=start + 21 * SECOND,
                    warm_up=warm_up,
                    level=level,
                )
            )
            reason = "completed" if measured else "cut"
            self.timelines.append(Timeline(session_id=session_id, end_reason=reason, ready_ns=start, heard=heard))
            if not warm_up:
                self._measure(session_id, outcome, code, disturbed, given, measured=measured)
        return self

    def latencies(self, metric: str, values: Sequence[float | None], clip: Clip | None = None) -> Bench:
        for value in values:
            self.play(clip, **{metric: value})
        return self

    @property
    def record(self) -> Record:
        ending = self.vitals and Ending(ended_utc="2026-01-01T00:10:00.000000Z", elapsed_ns=1, vitals=self.vitals)
        return Record(
            manifest=self._manifest(),
            ending=ending,
            timelines=tuple(self.timelines),
            samples=tuple(self.samples),
            baseline=self.baseline,
            history=self.history,
        )

    @property
    def measured(self) -> Measured:
        return Measured(outcomes=tuple(self.outcomes), measurements=tuple(self.rows))

    def judge(self) -> Judgement:
        return judge(self.record, self.measured)

    def blessed(self, **given) -> Baseline:
        """This run as the baseline of another."""
        return replace(blessed(self.record, self.measured, self.judge(), at_utc="2026-01-01T01:00:00+00:00"), **given)

    def only(self) -> Verdict:
        """The verdict of a run with one line."""
        (verdict,) = self.judge().verdicts
        return verdict

    def _measure(self, session_id: str, outcome: str, code: str, disturbed: str, given, *, measured: bool) -> None:
        self.outcomes.append(
            SessionOutcome(
                session_id=session_id,
                outcome=outcome if measured else "cut",
                code=code,
                measured=measured,
                disturbed=disturbed,
            )
        )
        if not measured:
            return
        for metric, value in (given | {"error": float(outcome != "ok")}).items():
            numerator, denominator = value if isinstance(value, tuple) else (value, 1.0)
            self.rows.append(
                Measurement(session_id=session_id, metric=metric, numerator=numerator, denominator=denominator)
            )

    def _manifest(self) -> Manifest:
        return Manifest(
            run_id=self.run_id,
            began_utc=self.began_utc,
            driver=self.driver,
            endpoint="ws://127.0.0.1:1/",
            scenario=Scenario(
                name="golden",
                description="",
                clips=(Selection(),),
                arrival=Arrival(lanes=1, seed=7),
                pacing=Pacing(),
                objectives=self.objectives,
                narrowed=self.narrowed,
            ),
            target=Target(
                name="bench",
                kind=self.kind,
                endpoints=(("gateway", "auto"),),
                known_limits=self.known_limits,
                observe=self.observe,
            ),
            plan=Plan(seed=7, lanes=1, sessions=tuple(self.sessions)),
            identity_before=IDENTITY,
            bound_seed=self.bound_seed,
            normaliser="whisper-english",
            versions=(("harness", "0.1.0"),),
            environment=(("cores", "2"),),
            digests=(("scenario", "a" * 64),),
        )


@pytest.fixture
def bench() -> type[Bench]:
    return Bench
