"""A run over load levels in the making: visits to levels, each with its latencies, evenly spread over its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harness.judge.slo import judge
from harness.judge.visited import Part
from harness.model.capacity import Level
from harness.model.plan import Plan, Stage

SECOND = 1_000_000_000
FINAL = "p95 final_ms <= 800"


class Ladder:
    """Objectives are named o1, o2, … and sliced per level. Each visit has 30 s of warm-up before its steady time."""

    def __init__(self, bench: Any, *texts: str, per: tuple[str, ...] = ("level",), **given: Any) -> None:
        named = enumerate(texts or (FINAL,), 1)
        self.bench = bench(objectives=tuple(bench.objective(text, f"o{at}", per=per) for at, text in named), **given)
        self.stages: list[Stage] = []
        self.now_s = 0.0

    def visit(self, level: int, values: Sequence[float | None], *, seconds: float = 60.0, **given: Any) -> Ladder:
        """One session a value of `final_ms`; None failed. The ends of speech lie evenly in the steady time."""
        number = 1 + sum(stage.level == level for stage in self.stages)
        stage = Stage(
            stage_id=f"{level}-{number}",
            kind=given.pop("kind", "level"),
            level=level,
            visit=number,
            from_ns=round(self.now_s * SECOND),
            steady_ns=round((self.now_s + 30) * SECOND),
            until_ns=round((self.now_s + 30 + seconds) * SECOND),
        )
        self.stages.append(stage)
        for at, value in enumerate(values):
            end_ns = stage.steady_ns + round((at + 0.5) * seconds / len(values) * SECOND)
            outcome = "unavailable" if value is None else "ok"
            self.bench.play(outcome=outcome, **{"final_ms": value} | given)
            self.bench.sessions[-1] = replace(
                self.bench.sessions[-1], start_ns=end_ns - 10 * SECOND, end_ns=end_ns, stage=stage.stage_id, level=level
            )
        self.now_s += 30 + seconds
        return self

    def visits(self, level: int, values: Sequence[float | None], *, times: int = 3, **given: Any) -> Ladder:
        for _ in range(times):
            self.visit(level, values, **given)
        return self

    @property
    def part(self) -> Part:
        bench = self.bench
        plan = Plan(seed=7, lanes=1, sessions=tuple(bench.sessions), stages=tuple(self.stages))
        record = replace(bench.record, manifest=replace(bench.record.manifest, plan=plan))
        return Part(record=record, measured=bench.measured, judgement=judge(record, bench.measured))


def mixed(n: int, late: int, *, good: float = 500.0, bad: float | None = 900.0) -> list[float | None]:
    """n sessions of which every so many is late (None: failed), spread as evenly as it goes; the rest differ a bit."""
    marks = {round((at + 0.5) * n / late) for at in range(late)} if late else set()
    return [bad if at in marks else good + at * 7 % 20 for at in range(n)]


def at(levels: Sequence[Level], level: int) -> Level:
    (found,) = (one for one in levels if one.level == level)
    return found
