"""How latency is spread: who still waits after so many milliseconds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.model.metrics import METRICS, QUANTILES
from harness.model.run import Manifest
from harness.model.scenario import Objective
from harness.model.verdict import Verdict
from harness.report import wording
from harness.report.facts import Session, Standing, badness, inside

_PANELS = ("first_partial_ms", "final_ms")
_COMPANION = {"first_partial_ms": "first_correct_word_ms"}
_MOST_CURVES = 4  # more lines than these are drawn as one curve beside the worst


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The sorted values of a slice's sessions; +inf never came. p95 and bound are the judge's."""

    label: str
    values: tuple[float, ...]
    kind: str  # main | other | companion
    point: float | None = None
    bound: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    metric: str
    title: str
    subtitle: str
    limit_ms: float | None
    share: float | None  # how many may still wait at the limit
    quantile: str
    curves: tuple[Curve, ...]  # the main one first


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    heading: str
    panels: tuple[Panel, ...]


def build(manifest: Manifest, rows: Sequence[Standing], sessions: Sequence[Session]) -> Latency | None:
    """None where no latency was measured."""
    found = [_panel(metric, manifest, rows, sessions) for metric in _PANELS]
    panels = tuple(panel for panel in found if panel is not None)
    return Latency(heading=_heading(panels), panels=panels) if panels else None


def _panel(metric: str, manifest: Manifest, rows: Sequence[Standing], sessions: Sequence[Session]) -> Panel | None:
    drawable = [row for row in rows if _draws(row.objective, metric)]
    row = max(drawable, key=_weight, default=None)
    curves = _unjudged(metric, sessions) if row is None else _judged(metric, row, sessions)
    if not curves:
        return None
    return Panel(
        metric=metric,
        title=row.title if row else METRICS[metric].label.capitalize(),
        subtitle=_subtitle(metric, manifest),
        limit_ms=row.objective.threshold if row else None,
        share=round(1 - QUANTILES[row.objective.aggregate], 9) if row else None,
        quantile=row.objective.aggregate if row else "",
        curves=curves,
    )


def _weight(row: Standing) -> tuple[bool, bool, tuple[int, bool, float]]:
    """What the run's verdict reads is drawn before what it leaves out."""
    return row.objective.gate, bool(row.counted), badness(row.worst)


def _judged(metric: str, row: Standing, sessions: Sequence[Session]) -> tuple[Curve, ...]:
    others = [line for line in row.lines if line is not row.worst]
    drawn = [_curve(row.worst, inside(row.worst, sessions), main=True)]
    if len(row.lines) > _MOST_CURVES:
        drawn.append(_rest(metric, others, sessions))
    else:
        drawn += [_curve(line, inside(line, sessions), main=False) for line in others]
    return (*(curve for curve in drawn if curve.values), *_companion(metric, row.worst, sessions))


def _rest(metric: str, lines: Sequence[Verdict], sessions: Sequence[Session]) -> Curve:
    """The sessions of the other lines together: too many curves say nothing."""
    values = _values(metric, [session for line in lines for session in inside(line, sessions)])
    label = f"the other {wording.plural(len(lines), 'line')}, n = {wording.count(len(values))}"
    return Curve(label=label, values=values, kind="other")


def _draws(objective: Objective, metric: str) -> bool:
    quantile = objective.aggregate in QUANTILES and objective.op in ("<=", "<")
    return objective.metric == metric and quantile and not objective.delta


def _curve(line: Verdict, sessions: Sequence[Session], *, main: bool) -> Curve:
    estimate, objective = line.estimate, line.objective
    values = _values(objective.metric, sessions)
    bound = "no bound" if estimate.high is None else f"bound {wording.value('ms', estimate.high, objective.threshold)}"
    notes = [f"{objective.aggregate} {wording.value('ms', estimate.value, objective.threshold)}, {bound}"]
    late = sum(value > objective.threshold for value in values)
    if late and main:
        notes.append(f"{late} of {len(values)} still waiting at {wording.limit(objective)}")
    label = (wording.slice_label(line.slice) or "all") + (", known limit" if line.known_limit else "")
    return Curve(
        label=f"{label}, n = {wording.count(estimate.n)}",
        values=values,
        kind="main" if main else "other",
        point=estimate.value,
        bound=estimate.high,
        notes=tuple(notes),
    )


def _companion(metric: str, worst: Verdict, sessions: Sequence[Session]) -> tuple[Curve, ...]:
    """First correct word stands beside first partial: early partials are often wrong."""
    other = _COMPANION.get(metric)
    if other is None:
        return ()
    values = _values(other, inside(worst, sessions))
    return (Curve(label=METRICS[other].label, values=values, kind="companion"),) if values else ()


def _unjudged(metric: str, sessions: Sequence[Session]) -> tuple[Curve, ...]:
    rates = sorted({session.clip.rate_hz for session in sessions})
    curves: list[Curve] = []
    for rate in rates:
        values = _values(metric, [session for session in sessions if session.clip.rate_hz == rate])
        kind = "other" if curves else "main"
        label = f"{wording.hertz(rate)}, n = {wording.count(len(values))}"
        curves += [Curve(label=label, values=values, kind=kind)] if values else []
    return tuple(curves)


def _values(metric: str, sessions: Sequence[Session]) -> tuple[float, ...]:
    return tuple(sorted(value for session in sessions if (value := session.value(metric)) is not None))


def _subtitle(metric: str, manifest: Manifest) -> str:
    if metric == "first_partial_ms":
        return "after the first word has been spoken"
    end_after_ms = manifest.scenario.pacing.end_after_ms
    if end_after_ms is None:
        return "after the end of speech; the server finds the end itself"
    return f"after the end of speech; the client ends the stream {wording.milliseconds(end_after_ms)} after it"


def _heading(panels: Sequence[Panel]) -> str:
    """The panel with the largest share over its limit speaks."""
    shares = []
    for panel in panels:
        curve = panel.curves[0]
        if panel.limit_ms is not None and panel.share is not None:
            late = sum(value > panel.limit_ms for value in curve.values)
            shares.append((late / len(curve.values) / panel.share, late, panel))
    if not shares:
        never = sum(math.isinf(value) for panel in panels for value in panel.curves[0].values)
        return f"{wording.plural(never, 'answer')} never came" if never else "Every session got its answers"
    _, late, panel = max(shares, key=lambda share: share[:2])
    what = METRICS[panel.metric].label
    limit = wording.milliseconds(panel.limit_ms or 0.0)
    if not late:
        return f"No session waits longer than its limit: {what} within {limit}"
    curve = panel.curves[0]
    who = curve.label.split(", n =")[0]
    where = "" if who == "all" else f" at {who}" if who.endswith("kHz") and "," not in who else f" ({who})"
    share, may = wording.percent(late / len(curve.values)), wording.bare_percent(panel.share or 0.0)
    return f"{share} of sessions{where} still wait for their {what} at {limit}; {may} may"
