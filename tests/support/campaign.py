"""An invented campaign: its runs are those of load_run, measured and judged as real ones are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from support import load_run
from support.load_run import LoadStory

from harness.judge.capacity import judge_capacity
from harness.judge.cost import cost
from harness.judge.knee import scout_knee
from harness.judge.level_table import level_table
from harness.judge.slo import judge
from harness.judge.visited import Part
from harness.measure.course import course
from harness.measure.overload import overload
from harness.measure.run import measure_run
from harness.model.campaign import Campaign, CampaignPart
from harness.model.load import LoadFacts
from harness.model.run import Record

BEYOND = (("level", 32), ("overload", 48), ("recovery", 32), ("overload", 96), ("recovery", 32))


@dataclass(frozen=True, kw_only=True)
class Run:
    """A load run with all that its report shows."""

    part: Part
    facts: LoadFacts


@cache
def confirm(**words) -> Run:
    """Five levels in three visits each, judged."""
    return judged(load_run.make(LoadStory(**words)))


@cache
def errors(**words) -> Run:
    return judged(load_run.make(LoadStory(stages=(("level", 32),), visit_s=90, seed=8, **words), "errors-b7704a"))


@cache
def beyond(**words) -> Run:
    told = {"visit_s": 20, "warm_s": 5, "seed": 9, "doors": 35, "recovers_s": 7, **words}
    return judged(load_run.make(LoadStory(stages=BEYOND, **told), "overload-b7704a"))


def judged(record: Record) -> Run:
    measured = measure_run(record)
    judgement = judge(record, measured)
    part = Part(record=record, measured=measured, judgement=judgement)
    kinds, levels = {one.kind for one in part.plan.stages}, {one.level for one in part.plan.stages}
    capacity = judge_capacity(part) if kinds == {"level"} and len(levels) > 1 else None
    facts = LoadFacts(
        levels=level_table(record, measured, judgement, capacity.levels if capacity else ()),
        course=course(record, measured),
        capacity=capacity,
        knee=scout_knee(record, measured) if kinds <= {"level", "rise"} else None,
        cost=cost(record.manifest.target, capacity) if capacity else None,
        overload=overload(record),
    )
    return Run(part=part, facts=facts)


def campaign(*, lower_errors: bool = False, price: float | None = 4.10) -> Campaign:
    """Every part but the scout, which is told as a line."""
    first, second, third = confirm(), errors(), beyond()
    capacity = judge_capacity(first.part, errors=second.part)
    if lower_errors and capacity.errors is not None:
        capacity = replace(capacity, errors=replace(capacity.errors, certified=False))
    manifest = first.part.record.manifest
    target = replace(manifest.target, price_per_hour=price, currency="EUR" if price else "")
    return Campaign(
        campaign_id="load-20261121T024011Z-b7704a",
        began_utc="2026-11-21T02:40:11+00:00",
        ended_utc="2026-11-21T03:52:40+00:00",
        scenario="load",
        target=manifest.target.name,
        driver=manifest.driver,
        endpoint=manifest.endpoint,
        identity=manifest.identity_before.facts,
        versions=manifest.versions,
        capacity=capacity,
        parts=(
            CampaignPart(
                name="scout",
                purpose="rises by a quarter every 30 s until two levels are over: where to look",
                run_id="scout-b7704a",
                report="scout/report.html",
                outcome=second.part.judgement.outcome,
                headline="The knee is estimated at 41 sessions",
                sessions=812,
                elapsed_ns=310_000_000_000,
                decides=False,
            ),
            _part("confirm", "levels at 0.4 to 1.2 of the scout's estimate, three visits each", first),
            _part("errors", "the certified level alone, long enough for the error rate", second),
            _part("overload", "1.5 and 3 times the certified level, and back", third),
        ),
        confirmed=first.facts.levels,
        overload=third.facts.overload,
        cost=cost(target, capacity),
    )


def _part(name: str, purpose: str, run: Run) -> CampaignPart:
    record = run.part.record
    return CampaignPart(
        name=name,
        purpose=purpose,
        run_id=record.manifest.run_id,
        report=f"{name}/report.html",
        outcome=run.part.judgement.outcome,
        headline=run.part.judgement.headline,
        sessions=len(record.manifest.plan.counted),
        elapsed_ns=record.ending.elapsed_ns,
    )
