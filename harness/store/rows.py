"""What is heard, as one flat row each: the shape of the `heard` table and of the engine's messages."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from harness.model.plan import SessionPlan
from harness.model.timeline import Closed, EndReason, Errored, Final, Heard, HeardWord, Opened, Partial, Refused

Row = dict[str, Any]

KINDS: Mapping[str, type[Heard]] = {
    "opened": Opened,
    "partial": Partial,
    "final": Final,
    "refused": Refused,
    "errored": Errored,
    "closed": Closed,
}
_NAME = {kind: name for name, kind in KINDS.items()}
_FIELDS = {kind: tuple(field.name for field in dataclasses.fields(kind)) for kind in KINDS.values()}
_PLANNED = ("lane", "repeat", "warm_up", "open_ns", "start_ns", "end_ns", "deadline_ns")


def heard_row(session_id: str, at_ns: int, heard: Heard) -> Row:
    """One row; columns that its kind does not have are left out."""
    kind = type(heard)
    row: Row = {"session_id": session_id, "at_ns": at_ns, "kind": _NAME[kind]}
    for name in _FIELDS[kind]:
        value = getattr(heard, name)
        row[name] = _storable(value) if isinstance(value, str) else value
    if words := row.get("words"):
        row["words"] = [
            {"text": _storable(word.text), "start_ns": word.start_ns, "end_ns": word.end_ns} for word in words
        ]
    return row


def _storable(text: str) -> str:
    """JSON can carry half of a surrogate pair, UTF-8 cannot: what the target says must never stop the run."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def heard_of(row: Mapping[str, Any]) -> Heard:
    """The value a row was made of; empty columns take the type's own default."""
    if (kind := KINDS.get(row["kind"])) is None:
        raise ValueError(f"nothing that can be heard is called {row['kind']!r}")
    given = {name: row[name] for name in _FIELDS[kind] if row.get(name) is not None}
    if "words" in given:
        given["words"] = tuple(HeardWord(**word) for word in given["words"])
    return kind(**given)


def session_row(
    plan: SessionPlan,
    end_reason: EndReason,
    *,
    opened_ns: int | None = None,
    ready_ns: int | None = None,
    ended_ns: int | None = None,
    backlog_max: int = 0,
    tick_late_max_us: int = 0,
) -> Row:
    """How a session went, beside what was planned for it."""
    return {
        "session_id": plan.session_id,
        "end_reason": end_reason,
        "opened_ns": opened_ns,
        "ready_ns": ready_ns,
        "ended_ns": ended_ns,
        "backlog_max": backlog_max,
        "tick_late_max_us": tick_late_max_us,
        "clip": plan.clip.clip_id,
        "rate_hz": plan.clip.rate_hz,
        "condition": plan.clip.condition,
        **{name: getattr(plan, name) for name in _PLANNED},
    }


def frame_row(session_id: str, frame: int, lag_us: int) -> Row:
    """A dispatched frame."""
    return {"session_id": session_id, "frame": frame, "send_lag_us": lag_us}
