"""A load plan in plain text: totals, sessions at once over time, stages. No colour carries a meaning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.model.outline import Outline, StageOutline, concurrency, outline, stage_outlines
from harness.model.plan import Plan, Stage

_COLUMNS: Final = 72
_ROWS: Final = 12
_MOST_STAGES: Final = 40
_COUNTED, _SENT = "█", "░"
_NS_PER_S: Final = 1_000_000_000


def outlook(plan: Plan) -> Iterator[str]:
    """Totals, chart and table of a plan that has stages."""
    yield f"{totals(outline(plan))}; seed {plan.seed}"
    yield ""
    yield from chart(plan)
    yield ""
    yield from table(stage_outlines(plan))


def totals(told: Outline) -> str:
    """`5,003 sessions (3,752 counted), 4.1 h of audio, at most 12 at once (19 open), about 47 min`."""
    return (
        f"{told.sessions:,} sessions ({told.counted:,} counted), {told.audio_hours:.1f} h of audio, "
        f"at most {told.peak_streams:,} at once ({told.peak_open:,} open), about {_lasting(told.wall_s)}"
    )


def chart(plan: Plan) -> Iterator[str]:
    """The most sessions at once in each column of time."""
    most = concurrency(plan, _COLUMNS)
    over_ns = max(session.end_ns for session in plan.sessions)
    signs = [_sign(plan.stages, (2 * column + 1) * over_ns // (2 * _COLUMNS)) for column in range(_COLUMNS)]
    peak = max(most)
    rows = min(peak, _ROWS)
    wide = max(4, len(f"{peak:,}"))
    yield f"Sessions at once, planned ({_COUNTED} counted, {_SENT} warm-up and between stages)"
    for row in range(rows, 0, -1):
        label = f"{-(-peak * row // rows):,}" if row in (rows, (rows + 1) // 2) else ""
        cells = (sign if value * rows > (row - 1) * peak else " " for value, sign in zip(most, signs, strict=True))
        yield f"{label:>{wide}} │{''.join(cells)}".rstrip()
    yield f"{0:>{wide}} └{'─' * _COLUMNS}"
    yield f"{'':>{wide}}  {'0:00':<{_COLUMNS - 8}}{_clock(over_ns):>8}"


def table(stages: tuple[StageOutline, ...]) -> Iterator[str]:
    """A line for each stage."""
    yield f"{'stage':<20} {'visit':>5} {'from':>8} {'counted':>8} {'sessions':>9} {'warm-up':>8} {'audio':>8}"
    for one in stages[:_MOST_STAGES]:
        stage = one.stage
        name = f"{stage.kind} {stage.level:,}"
        lasts = _clock(stage.until_ns - stage.steady_ns)
        yield (
            f"{name:<20} {stage.visit:>5} {_clock(stage.from_ns):>8} {lasts:>8} "
            f"{one.counted:>9,} {one.warm_up:>8,} {one.audio_hours:>6.2f} h"
        )
    if len(stages) > _MOST_STAGES:
        yield f"and {len(stages) - _MOST_STAGES} stages more, up to level {max(s.stage.level for s in stages):,}"


def _sign(stages: tuple[Stage, ...], now_ns: int) -> str:
    return _COUNTED if any(stage.steady_ns <= now_ns < stage.until_ns for stage in stages) else _SENT


def _lasting(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def _clock(at_ns: int) -> str:
    minutes, seconds = divmod(at_ns // _NS_PER_S, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
