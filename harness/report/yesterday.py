"""What the banner says of the runs before this one: what it is compared with, and since when it is as it is."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from harness.model.baseline import Facts, PastLine, PastRun
from harness.model.run import Record
from harness.model.verdict import Judgement, Outcome, Verdict
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
    return found.run.run_id, f"{outcome}, blessed {day(found.blessed_utc)}", False


def blessed_value(record: Record, line: Verdict) -> float | None:
    """What the blessed run had on that line; None where the two figures would not mean the same."""
    manifest, found = record.manifest, record.baseline
    if found is None or line.objective.delta or manifest.scenario.narrowed or found.driver != manifest.driver:
        return None
    if line.objective.metric == "wer" and found.normaliser != manifest.normaliser:
        return None
    return past_line.value if (past_line := line_of(found.run, line)) else None


def line_of(run: PastRun, line: Verdict) -> PastLine | None:
    """The same judged line of an earlier run; one whose name stood for another objective then is another line."""
    return next(
        (one for one in run.lines if one.line_id == line.line_id and one.objective in ("", line.objective.text)),
        None,
    )


def since_when(record: Record, judgement: Judgement) -> Said | None:
    """None where no earlier run is known. Facts only: what changed since the last PASS, never that it is the cause."""
    past = record.history
    if not past:
        return None
    known = wording.plural(len(past), "earlier run")
    if judgement.outcome is Outcome.PASS:
        passed = sum(run.outcome is Outcome.PASS for run in past)
        if not passed:
            return f"the first PASS after {known}", f"since {moment(past[0].began_utc)}", False
        return f"{wording.count(passed)} of {known} passed too", f"since {moment(past[0].began_utc)}", False
    good = [index for index, run in enumerate(past) if run.outcome is Outcome.PASS]
    if not good:
        return f"no PASS in {known}", f"since {moment(past[0].began_utc)}", True
    last, streak = past[good[-1]], past[good[-1] + 1 :]
    begun = streak[0].began_utc if streak else record.manifest.began_utc
    text = f"no PASS since {moment(begun)}" if streak else "the first run without a PASS"
    manifest = record.manifest
    found = changes(last, manifest.identity_before.facts, manifest.versions)
    return text, f"last PASS {last.run_id}; {_told(found)}", bool(found)


def _told(found: list[str]) -> str:
    if not found:
        return "what the target and the harness say of themselves is the same"
    more = len(found) - _MOST_CHANGES
    return f"since then {', '.join(found[:_MOST_CHANGES])}" + (f" and {more} more" if more > 0 else "")


def changes(last: PastRun, identity: Facts, versions: Facts) -> list[str]:
    """What it said of itself and no longer does: `gateway 0.8.4 → 0.9.1`."""
    now = _named((*identity, *versions))
    before = _named((*last.identity, *last.versions))
    return [
        f"{key.replace('_', ' ')} {before.get(key, 'absent')} → {now.get(key, 'absent')}"
        for key in sorted(now.keys() | before.keys())
        if now.get(key) != before.get(key)
    ]


def _named(facts: Facts) -> dict[str, str]:
    return {key: text for key, text in facts if not _LOOPBACK.fullmatch(text)}


def day(utc: str) -> str:
    at = datetime.fromisoformat(utc).astimezone(UTC)
    return f"{at.day} {at:%b %Y}"


def moment(utc: str) -> str:
    at = datetime.fromisoformat(utc).astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"
