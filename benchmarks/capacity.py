"""Whether capacity finds what was planted: whole searches in virtual time, seeded, judged by the functions that judge.

A scout rises until two levels are over; its knee plans seven levels; each is visited three times; their sessions go to
the judge's bound, and the levels' outcomes to its sequences. Planted are (a) a latency that grows past 40 sessions,
(b) refusals past 60, (c) 1 % of sessions dropped past 50, and (d) a target exactly at its limit at every level.
The last line is JSON; exit code 1 where a claim does not hold. `--quick` is a tenth of the searches.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from itertools import product

import numpy as np
from planted import AT_LIMIT, LIMIT_MS, MOMENTS, P95_SHARE, TARGETS, Floats, Moments, Planted, Rng, visit, visits

from harness.judge.knee import Share, estimate, plan_levels
from harness.judge.sequence import certified, level_outcome, refuted
from harness.judge.visited import ENDS
from harness.judge.weighing import weigh
from harness.model.verdict import Outcome
from harness.stats.binomial import shared_confidence

SCOUT_FACTOR, SCOUT_S = 1.25, 30.0
CONFIDENCE = 0.95
HOLDS = 0.95  # of the intervals


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What one search found."""

    certified: int | None
    refuted: int | None
    estimate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What many searches for one planted target found; levels are parts of the true knee, at 5, 50 and 95 %."""

    target: str
    moments: str
    searches: int
    held: float  # the share of intervals that hold the knee
    certified_above: float
    refuted_below: float
    closed: float  # both ends are there
    nothing_certified: float
    certified: list[float | None]
    refuted: list[float | None]
    estimate: list[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTheLimit:
    """How often a target that is exactly at its limit at every level gets any of them certified."""

    moments: str
    searches: int
    certified: float  # at the confidence of one end
    at_95: float  # at 95 %, as a line of the run passes
    allowed: float  # 5 % and three standard errors


def outcome(ends: Floats, values: Floats, target: Planted, confidence: float) -> Outcome:
    """The level's, from its two lines, which share the error of FAIL."""
    fail = shared_confidence(confidence, 2)
    final = weigh(ends, values, LIMIT_MS, allowed=P95_SHARE, confidence=confidence, fail_confidence=fail)
    error = weigh(
        ends,
        np.isinf(values).astype(np.float64),
        0.5,
        allowed=target.error_limit,
        confidence=confidence,
        fail_confidence=fail,
        steady=False,
    )
    return level_outcome([(final.outcome, True), (error.outcome, True)])


def shares(level: int, values: Floats, target: Planted) -> tuple[Share, Share]:
    late, lost, n = int((values > LIMIT_MS).sum()), int(np.isinf(values).sum()), values.size
    return (
        Share(objective_id="final", slice=(), level=level, violations=late, n=n, allowed=P95_SHARE),
        Share(objective_id="error", slice=(), level=level, violations=lost, n=n, allowed=target.error_limit),
    )


def scout(rng: Rng, target: Planted, moments: Moments) -> float:
    """The knee of a rise from a fifth to half of the true one, until two levels are at twice what is allowed."""
    found: list[Share] = []
    level, over = target.knee * rng.uniform(0.2, 0.5), 0
    while over < 2 and level < 4 * target.knee:
        _, values = visit(rng, target, round(level), moments, SCOUT_S)
        both = shares(round(level), values, target)
        found += both
        over += any(one.violations > max(2, 2 * one.allowed * one.n) for one in both)
        level = max(level * SCOUT_FACTOR, level + 1)
    knee = estimate(found)
    return target.knee if knee is None else knee.level


def search(rng: Rng, target: Planted, moments: Moments) -> Search:
    """A whole one, from scout to interval."""
    levels = {level: visits(rng, target, level, moments) for level in plan_levels(scout(rng, target, moments))}
    side = shared_confidence(CONFIDENCE, ENDS)
    decided = [(level, outcome(*sessions, target, side)) for level, sessions in levels.items()]
    knee = estimate([one for level, (_, values) in levels.items() for one in shares(level, values, target)])
    between = knee is not None and not knee.beyond
    return Search(
        certified=certified(decided), refuted=refuted(decided), estimate=knee.level if knee and between else None
    )


def searches(job: tuple[int, int, int, int, int]) -> Found:
    """Many, for one target and one kind of shared moments."""
    seed, runs, number, kind, longer = job
    target, moments = lengthened(TARGETS[number], longer), MOMENTS[kind]
    found = [search(np.random.default_rng([seed, number, kind, run]), target, moments) for run in range(runs)]
    above = [one.certified is not None and one.certified > target.knee for one in found]
    below = [one.refuted is not None and one.refuted <= target.knee for one in found]
    return Found(
        target=target.name,
        moments=moments,
        searches=runs,
        held=1 - float(np.mean(np.array(above) | np.array(below))),
        certified_above=float(np.mean(above)),
        refuted_below=float(np.mean(below)),
        closed=float(np.mean([one.certified is not None and one.refuted is not None for one in found])),
        nothing_certified=float(np.mean([one.certified is None for one in found])),
        certified=spread((one.certified or 0.0 for one in found), target.knee),
        refuted=spread((math.inf if one.refuted is None else one.refuted for one in found), target.knee),
        estimate=spread((one.estimate for one in found if one.estimate is not None), target.knee),
    )


def on_the_limit(job: tuple[int, int, int, int]) -> OnTheLimit:
    """Only the lowest level is looked at: what fails to certify it certifies nothing."""
    seed, runs, kind, longer = job
    target = lengthened(AT_LIMIT, longer)
    hits, lowest = [0, 0], plan_levels(40.0)[0]
    for run in range(runs):
        sessions = visits(np.random.default_rng([seed, len(TARGETS), kind, run]), target, lowest, MOMENTS[kind])
        for at, confidence in enumerate((shared_confidence(CONFIDENCE, ENDS), CONFIDENCE)):
            hits[at] += certified([(lowest, outcome(*sessions, target, confidence))]) is not None
    error = 1 - CONFIDENCE
    return OnTheLimit(
        moments=MOMENTS[kind],
        searches=runs,
        certified=hits[0] / runs,
        at_95=hits[1] / runs,
        allowed=error + 3 * math.sqrt(error * (1 - error) / runs),
    )


def lengthened(target: Planted, longer: int) -> Planted:
    return replace(target, visit_sessions=longer * target.visit_sessions)


def spread(levels: Iterable[float], knee: float) -> list[float | None]:
    """5, 50 and 95 % of the levels as parts of the knee; None stands for infinity, where nothing was refuted."""
    parts = [level / knee for level in levels]
    if not parts:
        return []
    found = np.quantile(parts, [0.05, 0.5, 0.95], method="inverted_cdf")
    return [round(float(one), 3) if math.isfinite(one) else None for one in found]


def show(one: Found) -> str:
    ends = "  ".join(
        "/".join("none" if part is None else f"{part:.2f}" for part in parts)
        for parts in (one.certified, one.refuted, one.estimate)
    )
    rates = (one.held, one.certified_above, one.refuted_below, one.closed, one.nothing_certified)
    return f"{one.target:22} {one.moments:14}" + "".join(f"{100 * rate:7.2f}" for rate in rates) + f"  {ends}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000, help="searches for each target and kind of moments")
    parser.add_argument("--quick", action="store_true", help="a tenth of them")
    parser.add_argument("--longer", type=int, default=1, help="times as many sessions in each visit")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=1)
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    runs = max(1, asked.runs // 10) if asked.quick else asked.runs
    kinds = range(len(MOMENTS))
    jobs = [(asked.seed, runs, *which, asked.longer) for which in product(range(len(TARGETS)), kinds)]
    print("in %:" + " " * 34 + "held  above  below closed   none  certified, refuted, estimate / knee at 5/50/95 %")
    with ProcessPoolExecutor(asked.jobs) as pool:
        found = []
        for one in pool.map(searches, jobs):
            print(show(one), flush=True)
            found.append(one)
        limits = list(pool.map(on_the_limit, [(asked.seed, 2 * runs, kind, asked.longer) for kind in kinds]))
    for limit in limits:
        print(
            f"{AT_LIMIT.name:22} {limit.moments:14} certified {100 * limit.certified:.2f} "
            f"(a line at 95 %: {100 * limit.at_95:.2f}), allowed {100 * limit.allowed:.2f}"
        )
    held = all(one.held >= HOLDS for one in found)
    bounded = all(max(one.certified, one.at_95) <= one.allowed for one in limits)
    told = {"held": held, "bounded": bounded, "searches": [asdict(one) for one in found]}
    print(json.dumps(told | {"on_the_limit": [asdict(one) for one in limits]}))
    return 0 if held and bounded else 1


if __name__ == "__main__":
    sys.exit(main())
