"""What the banner says of the runs before this one: what it is compared with, and since when it is as it is."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from harness.model.baseline import Facts, PastRun
from harness.model.run import Record
from harness.model.verdict import Judgement, Outcome
from harness.report import wording

Said = tuple[str, str, bool]
"""Text, note, and whether it must not be overlooked."""

_MOST_CHANGES = 3
_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\]):\d+")  # a free port of our own is another in every run


def baseline(record: Record) -> Said | None:
    """None where nothing was blessed when the run began."""
    found = record.baseline
    if found is None:
        return None
    outcome = found.run.outcome.value
    if found.forced:
        return found.run.run_id, f"{outcome}, blessed all the same: {found.forced}", True
    return found.run.run_id, f"{outcome}, blessed {_day(found.blessed_utc)}", False


def since_when(record: Record, judgement: Judgement) -> Said | None:
    """None where no earlier run is known. Facts only: what changed since the last PASS, never that it is the cause."""
    past = record.history
    if not past:
        return None
    known = wording.plural(len(past), "earlier run")
    if judgement.outcome is Outcome.PASS:
        passed = sum(run.outcome is Outcome.PASS for run in past)
        return f"{wording.count(passed)} of {known} passed too", f"since {_moment(past[0].began_utc)}", False
    good = [index for index, run in enumerate(past) if run.outcome is Outcome.PASS]
    if not good:
        return f"no PASS in {known}", f"since {_moment(past[0].began_utc)}", True
    last, streak = past[good[-1]], past[good[-1] + 1 :]
    begun = streak[0].began_utc if streak else record.manifest.began_utc
    text = f"no PASS since {_moment(begun)}" if streak else "the first run without a PASS"
    changes = _changes(last, record)
    return text, f"last PASS {last.run_id}; {_told(changes)}", bool(changes)


def _told(changes: list[str]) -> str:
    if not changes:
        return "what the target and the harness say of themselves is the same"
    more = len(changes) - _MOST_CHANGES
    return f"since then {', '.join(changes[:_MOST_CHANGES])}" + (f" and {more} more" if more > 0 else "")


def _changes(last: PastRun, record: Record) -> list[str]:
    """`gateway 0.8.4 → 0.9.1`."""
    manifest = record.manifest
    now = _named((*manifest.identity_before.facts, *manifest.versions))
    before = _named((*last.identity, *last.versions))
    return [
        f"{key.replace('_', ' ')} {before.get(key, 'absent')} → {now.get(key, 'absent')}"
        for key in sorted(now.keys() | before.keys())
        if now.get(key) != before.get(key)
    ]


def _named(facts: Facts) -> dict[str, str]:
    return {key: text for key, text in facts if not _LOOPBACK.fullmatch(text)}


def _day(utc: str) -> str:
    moment = datetime.fromisoformat(utc).astimezone(UTC)
    return f"{moment.day} {moment:%b %Y}"


def _moment(utc: str) -> str:
    moment = datetime.fromisoformat(utc).astimezone(UTC)
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"
