"""Whole invented runs: recorded, measured and judged here, by rules good enough for a page and for nothing else."""

from __future__ import annotations

import importlib.util
import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from harness.model.measurement import SessionOutcome, SessionTrace
from harness.model.metrics import METRICS
from harness.model.run import Ending, Identity, Manifest, Measured, Record, Vitals
from harness.model.scenario import Arrival, Objective, Observe, Pacing, Scenario, Selection, Target
from harness.model.timeline import Sample
from harness.model.verdict import Check, Estimate, Judgement, Outcome, Verdict
from harness.report import html, view
from harness.stats import quantiles, rates


def _sibling(name: str):
    """Tests are imported by path and are no package: helpers beside them are loaded the same way."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


made_up, page_reader = _sibling("made_up_run"), _sibling("page_reader")
S = made_up.S


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything a report is made of."""

    record: Record
    measured: Measured
    judgement: Judgement
    traces: Mapping[str, SessionTrace]
    audio: Mapping[str, bytes]
    digests: tuple[tuple[str, str], ...] = (("timelines", "ab" * 32), ("verdicts", "cd" * 32))

    def html(self) -> str:
        return html.render(
            record=self.record,
            measured=self.measured,
            judgement=self.judgement,
            traces=self.traces,
            audio=self.audio,
            digests=self.digests,
        )


def manifest(plan, narrowed: tuple[str, ...], end_after_ms: int | None, objectives: tuple) -> Manifest:
    return Manifest(
        run_id="golden-20261120T021407Z-9c41e7",
        began_utc="2026-11-20T02:14:07.000000+00:00",
        driver="gateway",
        endpoint="ws://127.0.0.1:40123/v1/stream",
        scenario=Scenario(
            name="golden",
            description="Every clip at both rates.",
            clips=(Selection(),),
            arrival=Arrival(lanes=8, seed=7),
            pacing=Pacing(frame_ms=100, end_after_ms=end_after_ms),
            objectives=objectives,
            warm_up_sessions=2,
            narrowed=narrowed,
        ),
        target=Target(
            name="invented",
            kind="embedded",
            endpoints=(("gateway", "auto"),),
            observe=(Observe(kind="process", of="riva"), Observe(kind="prometheus", of="gateway")),
        ),
        plan=plan,
        identity_before=Identity(facts=(("model", "invented-en"), ("server", "1.2.3"), ("gateway", "0.9.1"))),
        bound_seed=11,
        normaliser="whisper-english 0.1.10",
        versions=(("riva-slo-harness", "0.1.0"), ("python", "3.11.9"), ("scipy", "1.16.2")),
        environment=(("cpus", "2"), ("kernel", "Linux 6.8")),
        digests=(("scenario golden.yaml", "11" * 32), ("target embedded.yaml", "22" * 32)),
    )


def _read_by(told, allowed: dict) -> bool:
    return all(told.plan.clip.keys()[key] in values for key, values in allowed.items())


def _parts(objective: Objective, everyone: list) -> list[tuple]:
    """The slices of an objective: 16 kHz before 8, then by name."""
    found = {tuple((key, told.plan.clip.keys()[key]) for key in objective.per) for told in everyone}
    return sorted(found, key=lambda part: [(-int(text) if text.isdigit() else 0, text) for _, text in part])


def _applies(objective: Objective, told) -> bool:
    return METRICS[objective.metric].applies.judges(told.plan.clip) and _read_by(told, dict(objective.where))


def judge(objectives: tuple, sessions: list, everyone: list, rows: dict) -> tuple[Verdict, ...]:
    verdicts = []
    for objective in objectives:
        for part in _parts(objective, [told for told in everyone if _applies(objective, told)]):
            allowed = {**dict(objective.where), **{key: (value,) for key, value in part}}
            read = [
                rows[told.plan.session_id, objective.metric]
                for told in sessions
                if _read_by(told, allowed) and (told.plan.session_id, objective.metric) in rows
            ]
            planned = sum(_read_by(told, allowed) for told in everyone)
            found = replace(
                estimate(objective, read), unmeasured=planned - sum(_read_by(told, allowed) for told in sessions)
            )
            verdicts.append(_verdict(objective, part, found))
    return tuple(verdicts)


def estimate(objective: Objective, read: list) -> Estimate:
    values = [row.value for row in read]
    about = {"metric": objective.metric, "aggregate": objective.aggregate, "n": len(read)}
    about["missing"] = sum(row.numerator is None for row in read)
    if objective.aggregate == "p95":
        about["violations"] = sum(value > objective.threshold for value in values)
        about["low"] = quantiles.lower_bound(values, 0.95, 0.95)
        return Estimate(**about, value=quantiles.point(values, 0.95), high=quantiles.upper_bound(values, 0.95, 0.95))
    if objective.aggregate == "sum":
        return Estimate(**about, value=sum(values))
    top, under = sum(row.numerator or 0 for row in read), sum(row.denominator for row in read)
    if objective.aggregate == "rate":
        about["violations"] = int(top)
    low, high = rates.lower(top, under, 0.95), rates.upper(top, under, 0.95)
    return Estimate(**about, value=top / under, low=low, high=high, units=len(read))


def _verdict(objective: Objective, part: tuple, found: Estimate) -> Verdict:
    limit, decided = objective.threshold, {"objective": objective, "slice": part, "estimate": found}
    if objective.has_bound and found.high is not None and found.high <= limit:
        return Verdict(**decided, outcome=Outcome.PASS, reason="the bound lies on the good side")
    if objective.has_bound and (found.low is None or found.low <= limit):
        leaning = "good" if found.value <= limit else "bad"
        reason = f"neither bound decides: {found.violations} of {found.n} sessions break the limit"
        return Verdict(**decided, outcome=Outcome.INCONCLUSIVE, reason=reason, leaning=leaning, fresh_n=947)
    if not objective.has_bound and found.value == limit:
        return Verdict(**decided, outcome=Outcome.PASS, reason="none")
    return Verdict(**decided, outcome=Outcome.FAIL, reason="even the lower bound is over the limit")


def checks(*, valid: bool) -> tuple[Check, ...]:
    found = [
        ("pace", "It kept its own pace", "0 of 130 sessions disturbed", "at most 1 %"),
        ("clock", "The clock was steady", "wall clock moved 0.6 ms against the monotonic one", "50 ms"),
        ("engine", "No engine was lost", "one engine, alive to the end", "none"),
        ("digests", "The audio is the certified audio", "14 of 14 digests match", "all"),
    ]
    made = [Check(check_id=a, title=b, found=c, limit=d, clear=True) for a, b, c, d in found]
    if not valid:
        made[0] = replace(made[0], found="9 of 130 sessions disturbed: s0004, s0007 and 7 more", clear=False)
    return tuple(made)


def samples() -> tuple[Sample, ...]:
    chance = random.Random(3)  # noqa: S311  seeded on purpose
    return tuple(
        Sample(at_ns=at * S, source=source, metric="cpu_percent", value=round(base + chance.uniform(-9, 12), 1))
        for source, base in (("harness", 31.0), ("riva", 118.0))
        for at in range(0, 160, 2)
    )


def world(
    *,
    repeats: int = 16,
    good: bool = False,
    valid: bool = True,
    interrupted: bool = False,
    crashed: bool = False,
    narrowed: tuple[str, ...] = (),
    end_after_ms: int | None = 200,
    limit: int = 3,
    objectives: tuple = made_up.OBJECTIVES,
) -> World:
    """An invented run; by default its finals come too late in noise and music at 8 kHz."""
    plan, chance = made_up.make_plan(repeats), random.Random(21)  # noqa: S311  seeded on purpose
    told = [made_up.tell(session, chance, good=good) for session in plan.sessions]
    lines = {one.plan.session_id: made_up.timeline(one, chance) for one in told}
    counted = [one for one in told if not one.plan.warm_up]
    outcomes = {
        one.plan.session_id: SessionOutcome(session_id=one.plan.session_id, outcome="no_final" if one.bare else "ok")
        for one in counted
    }
    if interrupted or crashed:
        for one in counted[-20:]:
            name = one.plan.session_id
            reason = "cut" if one in counted[-20:-12] else "never_started"
            lines[name] = replace(lines[name], end_reason=reason, heard=(), send_lag_us=(), ended_ns=None)
            outcomes[name] = SessionOutcome(session_id=name, outcome="ok", measured=False)
    read = [one for one in counted if outcomes[one.plan.session_id].measured]
    measurements = tuple(row for one in read for row in made_up.measure(one))
    verdicts = judge(objectives, read, counted, {(row.session_id, row.metric): row for row in measurements})
    worst = max((line.outcome for line in verdicts if line.objective.gate), key=lambda outcome: outcome.severity)
    outcome = worst if valid else Outcome.INVALID
    if (interrupted or crashed) and outcome is Outcome.PASS:
        outcome = Outcome.INCONCLUSIVE
    about = manifest(plan, narrowed, end_after_ms, objectives)
    vitals = Vitals(interrupted=interrupted, identity_after=about.identity_before)
    record = Record(
        manifest=about,
        ending=None if crashed else Ending(ended_utc="2026-11-20T02:16:48.5+00:00", elapsed_ns=161 * S, vitals=vitals),
        timelines=tuple(lines[session.session_id] for session in plan.sessions),
        samples=samples(),
    )
    measured = Measured(
        outcomes=tuple(outcomes[one.plan.session_id] for one in counted),
        measurements=measurements,
        mistakes=tuple(wrong for one in read for wrong in made_up.mistakes(one)),
    )
    headline = {
        Outcome.PASS: "All gating objectives hold",
        Outcome.FAIL: "Finals come too late in noise and music at 8 kHz",
        Outcome.INCONCLUSIVE: "Not shown to be good: errors lack evidence",
        Outcome.INVALID: "The harness could not keep its pace",
    }[outcome]
    judgement = Judgement(
        outcome=outcome,
        headline=headline,
        verdicts=verdicts,
        checks=checks(valid=valid),
        findings=("The gateway restarted once before the run",),
    )
    chosen = view.worst_sessions(record, measured, judgement, limit)
    traces = {
        one.plan.session_id: made_up.trace(one, lines[one.plan.session_id])
        for one in told
        if one.plan.session_id in chosen
    }
    audio = {one.plan.clip.sha256: made_up.flac(one.plan.clip) for one in told if one.plan.session_id in chosen}
    return World(record=record, measured=measured, judgement=judgement, traces=traces, audio=audio)


@pytest.fixture(scope="session")
def make_world() -> Callable[..., World]:
    """Makes invented runs; the same words give the same run."""
    return world


@pytest.fixture(scope="session")
def failing() -> World:
    return world()


@pytest.fixture(scope="session")
def passing() -> World:
    return world(good=True, repeats=60)


@pytest.fixture(scope="session")
def read() -> Callable[[str], object]:
    """Reads a page as its reader does; fails where tags do not balance."""
    return page_reader.read
