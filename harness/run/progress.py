"""What the parent knows of a run while it goes on: for the display, and for what an engine that dies leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from harness.model.plan import Plan, SessionPlan
from harness.store.rows import Row, session_row

Phase = Literal["starting", "running", "finishing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A run at a moment. The latencies are the newest of any session, None before the first; no verdict is implied."""

    phase: Phase
    elapsed_ns: int  # since at_ns 0; before that, 0
    total_ns: int  # when the plan's last audio has been sent
    planned: int
    done: int
    open: int
    failed: int
    first_partial_ms: float | None
    final_ms: float | None
    worst_lag_ms: float  # the harness's own: the latest frame or tick so far


class Board:
    """Follows every planned session through the engine's batches."""

    def __init__(self, plan: Plan) -> None:
        self._plans = {session.session_id: session for session in plan.sessions}
        self._total_ns = max(session.end_ns for session in plan.sessions)
        self._opened: dict[str, int] = {}
        self._ready: dict[str, int] = {}
        self._over: set[str] = set()
        self._failed: set[str] = set()
        self._shown: set[str] = set()
        self._last_final: dict[str, int] = {}
        self._first_partial_ms: float | None = None
        self._final_ms: float | None = None
        self._worst_us = 0

    def follow(self, batch: dict[str, Any]) -> None:
        """Take in one batch of the engine."""
        self._opened.update(batch["opened"])
        for row in batch["heard"]:
            self._hear(self._plans[row["session_id"]], row)
        self._worst_us = max(self._worst_us, *(lag_us for _, _, lag_us in batch["frames"]), 0)
        for row in batch["over"]:
            self._end(self._plans[row["session_id"]], row)

    def progress(self, phase: Phase, elapsed_ns: int) -> Progress:
        return Progress(
            phase=phase,
            elapsed_ns=max(0, elapsed_ns),
            total_ns=self._total_ns,
            planned=len(self._plans),
            done=len(self._over),
            open=len(self._opened.keys() - self._over),
            failed=len(self._failed),
            first_partial_ms=self._first_partial_ms,
            final_ms=self._final_ms,
            worst_lag_ms=self._worst_us / 1000,
        )

    def left_open(self) -> list[Row]:
        """A row for every session the engine has not accounted for: cut where it had begun."""
        return [
            session_row(
                plan,
                "cut" if session_id in self._opened else "never_started",
                opened_ns=self._opened.get(session_id),
                ready_ns=self._ready.get(session_id),
            )
            for session_id, plan in self._plans.items()
            if session_id not in self._over
        ]

    def _hear(self, plan: SessionPlan, row: Row) -> None:
        session_id, at_ns, kind = plan.session_id, row["at_ns"], row["kind"]
        if kind == "opened":
            self._ready.setdefault(session_id, at_ns)
        elif kind in ("partial", "final"):
            self._show(plan, row)
        elif kind in ("refused", "errored") or (kind == "closed" and at_ns < plan.end_ns):
            self._failed.add(session_id)

    def _show(self, plan: SessionPlan, row: Row) -> None:
        if not (row["text"] and plan.clip.words):
            return
        if row["kind"] == "final":
            self._last_final[plan.session_id] = row["at_ns"]
        first = plan.clip.words[0]
        since_first_ns = row["at_ns"] - plan.start_ns
        if plan.session_id not in self._shown and since_first_ns > first.start_ns:
            self._shown.add(plan.session_id)
            self._first_partial_ms = (since_first_ns - first.end_ns) / 1e6

    def _end(self, plan: SessionPlan, row: Row) -> None:
        self._over.add(plan.session_id)
        self._worst_us = max(self._worst_us, row["tick_late_max_us"])
        if row["end_reason"] == "deadline":
            self._failed.add(plan.session_id)
        at_ns = self._last_final.pop(plan.session_id, None)
        if at_ns is not None and plan.session_id not in self._failed:
            self._final_ms = (at_ns - plan.start_ns - plan.clip.words[-1].end_ns) / 1e6
