"""What a clip is held to: the judged lines that limit one of its metrics, and how a value stands to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.model.clip import Clip
from harness.model.scenario import Objective
from harness.model.verdict import Judgement, Verdict
from harness.report.facts import breaks, covers

CLOSE = 0.9  # a value within 10 % of its limit is marked


def limits(judgement: Judgement, metric: str, clip: Clip) -> tuple[Verdict, ...]:
    """The lines with an upper limit on the metric that read the clip: those that count, known limits, advice."""
    found = [
        line
        for line in judgement.verdicts
        if line.objective.metric == metric
        and line.objective.op in ("<=", "<", "==")
        and line.objective.aggregate != "rate"
        and not line.objective.delta
        and covers(line.objective, clip, line.slice)
    ]
    return tuple(sorted(found, key=lambda line: (not line.counted, not line.objective.gate, line.objective.threshold)))


def strictest(judgement: Judgement, metric: str, clip: Clip) -> Objective | None:
    """The objective whose limit is drawn beside a value of the clip; None where nothing limits it."""
    return next((line.objective for line in limits(judgement, metric, clip)), None)


def mark(lines: Sequence[Verdict], value: float) -> str:
    """`over` a limit, `known` where only a known limit is exceeded, `close` to a limit, or nothing."""
    counted = [line for line in lines if line.counted]
    if _broken(counted, value):
        return "over"
    if _broken((line for line in lines if line.known_limit), value):
        return "known"
    held = counted or [line for line in lines if not line.known_limit]
    if _broken(held, value):
        return "over"
    near = any(line.objective.threshold and value >= CLOSE * line.objective.threshold for line in held)
    return "close" if near else ""


def _broken(lines: Iterable[Verdict], value: float) -> bool:
    return any(breaks(line.objective, value) for line in lines)
