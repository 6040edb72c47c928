"""Whether the harness can vouch for a run. What the target did is never a reason here."""

from __future__ import annotations

from collections import Counter
from typing import Final

from harness.judge.health import pace_remedy
from harness.judge.lacks import lacks
from harness.judge.wording import limit, named, plural, show
from harness.model.run import Ending, Measured, Record
from harness.model.verdict import Check

MOST_DRIFT_MS: Final = 50.0  # of the wall clock against the monotonic one


def checks(record: Record, measured: Measured) -> tuple[Check, ...]:
    """Every check that can be made; any that is not clear makes the run INVALID.

    A crashed run has no ending, so nobody looked at its clocks, engines and digests at the end: those checks are left
    out, and the run is judged as cut.
    """
    return (
        _pace(record, measured),
        *lacks(record),
        _plan(record, measured),
        _folder(record),
        *(() if record.ending is None else _vitals(record, record.ending)),
    )


def unmeasured(record: Record, measured: Measured) -> int:
    """Counted sessions of the plan of which nothing is known: cut, never started, or failed by the harness itself."""
    held = {one.session_id for one in measured.outcomes if one.measured}
    return sum(session.session_id not in held for session in record.manifest.plan.counted)


def cut(record: Record, measured: Measured) -> str:
    """What a cut run lacks; empty for a run that ended and measured all that was planned."""
    lacking, planned = unmeasured(record, measured), len(record.manifest.plan.counted)
    if lacking:
        were = "were" if lacking > 1 else "was"
        return f"cut short: {lacking:,} of {plural(planned, 'planned session')} {were} not measured"
    if record.ending is None:
        return "cut short: the run crashed before its end"
    return "cut short: the run was interrupted" if record.ending.vitals.interrupted else ""


def too_many(disturbed: int, ran: int, most: float) -> bool:
    """Whether more than that share is disturbed; by division, so that exactly the share is the very same number."""
    return disturbed > 0 and disturbed / ran > most


def _pace(record: Record, measured: Measured) -> Check:
    most = record.manifest.scenario.limits.disturbed_share
    disturbed = [one for one in measured.outcomes if one.disturbed]
    ran = sum(one.measured or bool(one.disturbed) for one in measured.outcomes)
    found = f"{len(disturbed)} of {plural(ran, 'session')} disturbed"
    if disturbed:
        first = disturbed[0].disturbed.rstrip(".")
        found += f" ({show(len(disturbed) / ran, 'ratio')}): {named(one.session_id for one in disturbed)}"
        found += f"; in {disturbed[0].session_id} {first[:1].lower()}{first[1:]}"
    clear = not too_many(len(disturbed), ran, most)
    remedy = "" if clear else pace_remedy(record)
    return Check(
        check_id="pace",
        title="It kept its own pace",
        found=f"{found}; {remedy}" if remedy else found,
        limit=f"≤ {limit(most, 'ratio')}",
        clear=clear,
    )


def _plan(record: Record, measured: Measured) -> Check:
    """Every planned session has its timeline, and every counted one its outcome; nothing else was run."""
    plan = record.manifest.plan
    planned = [session.session_id for session in plan.sessions]
    counted = [session.session_id for session in plan.counted]
    recorded = [timeline.session_id for timeline in record.timelines]
    judged = [one.session_id for one in measured.outcomes]
    lost = sorted((set(planned) - set(recorded)) | (set(counted) - set(judged)))
    foreign = sorted((set(recorded) - set(planned)) | (set(judged) - set(counted)))
    doubled = sorted(one for ids in (recorded, judged) for one, times in Counter(ids).items() if times > 1)
    left_out = len(planned) - len(counted)
    found = f"{len(planned) - len(lost)} of {plural(len(planned), 'planned session')} accounted for"
    found += f", {left_out} of them warm-up and not counted" if left_out else ""
    for ids, what in ((lost, "without a record"), (foreign, "never planned"), (doubled, "recorded twice")):
        found += f"; {what}: {named(ids)}" if ids else ""
    clear = not (lost or foreign or doubled)
    return Check(check_id="plan", title="It ran the plan, all of it", found=found, limit="all", clear=clear)


def _folder(record: Record) -> Check:
    """The record is what the run left behind, and its audio what was sent."""
    clips = plural(len(record.manifest.plan.clips), "clip")
    return Check(
        check_id="folder",
        title="The record is whole",
        found=named(record.damage) if record.damage else f"no part is missing, digests of {clips} match",
        limit="whole",
        clear=not record.damage,
    )


def _vitals(record: Record, ending: Ending) -> tuple[Check, ...]:
    wrong, lost = ending.vitals.digest_faults, ending.vitals.engines_lost
    clips = plural(len(record.manifest.plan.clips), "clip")
    audio = Check(
        check_id="audio",
        title="The audio is the certified audio",
        found=f"not what the manifest says: {named(wrong)}" if wrong else f"the engine checked {clips}",
        limit="all",
        clear=not wrong,
    )
    engine = Check(
        check_id="engine",
        title="The engine lived through it",
        found=named(one.rstrip(".") for one in lost) if lost else "no engine was lost",
        limit="none lost",
        clear=not lost,
    )
    clock = _clock(abs(ending.vitals.clock_drift_ms))
    return (audio, engine, clock, *_by_hand(ending.vitals.exploratory))


def _by_hand(changed: str) -> tuple[Check, ...]:
    """Only a load run has a page on which users can be changed, so elsewhere there is nothing to check."""
    if not changed:
        return ()
    return (
        Check(
            check_id="by_hand",
            title="Nobody changed it while it ran",
            found=f"it is exploratory: {changed.rstrip('.')}",
            limit="untouched",
            clear=False,
        ),
    )


def _clock(drift_ms: float) -> Check:
    clear = drift_ms <= MOST_DRIFT_MS  # a NaN is not clear
    found = f"the wall clock moved {drift_ms:,.1f} ms against the monotonic one"
    return Check(
        check_id="clock",
        title="The clock was steady",
        found=found if clear else f"{found}; let its time service settle",
        limit=f"≤ {MOST_DRIFT_MS:.0f} ms",
        clear=clear,
    )
