"""How a session ended, in one word of a closed set, and whether the harness can vouch for it."""

from __future__ import annotations

from harness.measure.codes import NORMAL_CLOSES, outcome_of
from harness.measure.finals import last_final_fault
from harness.measure.hearing import NS_PER_MS, Hearing
from harness.model.limits import Limits
from harness.model.measurement import UNMEASURED, SessionOutcome
from harness.model.timeline import Closed, Errored, Refused, Timeline

Ending = tuple[str, str, str]  # outcome, the target's own code, detail


def session_outcome(hearing: Hearing, tick_late_ms: float = Limits().tick_late_ms) -> SessionOutcome:
    """The outcome with the target's code beside it. Unmeasured sessions bear their end reason as outcome.

    A frame or a tick later than `tick_late_ms`, and its times are the harness's as much as the target's.
    """
    timeline = hearing.timeline
    lack = next((heard for _, heard in timeline.heard if isinstance(heard, Errored) and heard.ours), None)
    if timeline.end_reason in ("cut", "never_started"):
        ending: Ending = (timeline.end_reason, "", "")
    elif lack is not None:
        ending = ("harness", lack.code, lack.detail)
    else:
        ending = _failure_said(timeline) or _failure_seen(hearing) or ("ok", _close_code(timeline), "")
    outcome, code, detail = ending
    return SessionOutcome(
        session_id=hearing.plan.session_id,
        outcome=outcome,
        code=code,
        detail=detail,
        measured=ending[0] not in UNMEASURED,
        disturbed=disturbance(timeline, tick_late_ms),
    )


def disturbance(timeline: Timeline, tick_late_ms: float) -> str:
    """A sentence on how late the harness itself was while the session was open; empty when it was in time."""
    worst_us, most_us = max(timeline.send_lag_us, default=0), 1000 * tick_late_ms
    if worst_us > most_us:
        frame = timeline.send_lag_us.index(worst_us)
        return f"Frame {frame} was dispatched {worst_us / 1000:.1f} ms after it was due."
    if timeline.tick_late_max_us > most_us:
        return f"The engine's tick ran {timeline.tick_late_max_us / 1000:.1f} ms late."
    return ""


def _failure_said(timeline: Timeline) -> Ending | None:
    """What the target, or the way to it, said first: later complaints (a close after an error) follow from it."""
    for _, heard in timeline.heard:
        if isinstance(heard, Refused):
            return outcome_of(heard.code, otherwise="refused"), heard.code, heard.detail
        if isinstance(heard, Errored):
            return outcome_of(heard.code, otherwise="internal"), heard.code, heard.detail
        if isinstance(heard, Closed) and heard.code.strip().lower() not in NORMAL_CLOSES:
            return outcome_of(heard.code, otherwise="disconnected"), heard.code, heard.detail
    return None


def _failure_seen(hearing: Hearing) -> Ending | None:
    """What went wrong without a word of the target."""
    timeline, code = hearing.timeline, _close_code(hearing.timeline)
    lost = last_final_fault(hearing) if hearing.clip.has_speech else ""
    if timeline.end_reason == "deadline":
        overdue = "not ready" if timeline.ready_ns is None else "not closed"
        return "timeout", code, f"{overdue} by the deadline" + (f"; {lost}" if lost else "")
    if timeline.ready_ns is None:
        return "disconnected", code, "closed before it was ready"
    early_ns = hearing.plan.end_ns - _closed_ns(timeline, otherwise=hearing.plan.end_ns)
    if early_ns > 0:
        return "disconnected", code, f"closed {early_ns / NS_PER_MS:.0f} ms before the audio was over"
    return ("no_final", code, lost) if lost else None


def _closed_ns(timeline: Timeline, *, otherwise: int) -> int:
    return next((at_ns for at_ns, heard in timeline.heard if isinstance(heard, Closed)), otherwise)


def _close_code(timeline: Timeline) -> str:
    return next((heard.code for _, heard in timeline.heard if isinstance(heard, Closed)), "")
