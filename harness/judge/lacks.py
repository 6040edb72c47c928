"""Whether the harness had files and ports enough: a session that failed for want of one says nothing of the target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from harness.judge.wording import named, plural, show
from harness.model.limits import Limits
from harness.model.run import Record
from harness.model.series import OPEN_FILES, OPEN_FILES_LIMIT, PORTS_IN_USE, PORTS_LIMIT
from harness.model.timeline import NO_FILES, NO_PORTS, Errored, Sample
from harness.model.verdict import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    check_id: str
    code: str
    title: str
    noun: str
    used: str  # the metrics of what an engine had in use, and of how much there was
    there: str
    remedy: str

    def most(self, limits: Limits) -> float:
        return limits.open_files_share if self.code == NO_FILES else limits.ports_share


_FILES: Final = _Kind(
    check_id="files",
    code=NO_FILES,
    title="It had files enough",
    noun="file descriptors",
    used=OPEN_FILES,
    there=OPEN_FILES_LIMIT,
    remedy="raise their limit (ulimit -n 65536)",
)
_PORTS: Final = _Kind(
    check_id="ports",
    code=NO_PORTS,
    title="It had ports enough",
    noun="local ports",
    used=PORTS_IN_USE,
    there=PORTS_LIMIT,
    remedy="widen net.ipv4.ip_local_port_range, or generate from a second machine",
)


def lacks(record: Record) -> tuple[Check, ...]:
    """Not clear as soon as one session, warm-up included, failed for want of it."""
    return tuple(_check(kind, record) for kind in (_FILES, _PORTS))


def nearly(record: Record) -> Iterator[str]:
    """A finding for each that was taken beyond the scenario's share; where it ran out, the check says so."""
    for kind in (_FILES, _PORTS):
        if _failed(kind, record):
            continue
        fullest, most = _fullest(kind, record.samples), kind.most(record.manifest.scenario.limits)
        if fullest is not None and fullest[0] > most * fullest[1]:
            yield f"{_taken(kind, fullest)}: before there are more sessions, {kind.remedy}."


def _check(kind: _Kind, record: Record) -> Check:
    failed = _failed(kind, record)
    fullest = _fullest(kind, record.samples)
    found = "no session failed for want of one"
    found += f", {_taken(kind, fullest)}" if fullest else ", how many were taken was not measured"
    if failed:
        found = f"{plural(len(failed), 'session')} failed because the harness had no {kind.noun} left "
        found += f"({named(failed)}); {kind.remedy}"
    return Check(check_id=kind.check_id, title=kind.title, found=found, limit="none failed", clear=not failed)


def _failed(kind: _Kind, record: Record) -> list[str]:
    return [
        timeline.session_id
        for timeline in record.timelines
        if any(isinstance(heard, Errored) and heard.ours and heard.code == kind.code for _, heard in timeline.heard)
    ]


def _fullest(kind: _Kind, samples: tuple[Sample, ...]) -> tuple[float, float] | None:
    """In use and limit where an engine was nearest to it; None where nobody counted."""
    there = {(one.at_ns, one.source): one.value for one in samples if one.metric == kind.there and one.value > 0}
    pairs = [
        (one.value, there[one.at_ns, one.source])
        for one in samples
        if one.metric == kind.used and (one.at_ns, one.source) in there
    ]
    return max(pairs, key=lambda pair: pair[0] / pair[1], default=None)


def _taken(kind: _Kind, fullest: tuple[float, float]) -> str:
    used, there = fullest
    return f"at most {used:,.0f} of {there:,.0f} {kind.noun} ({show(used / there, 'ratio')}) were taken"
