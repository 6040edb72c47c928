"""One session's life: open, frames at their due times, end, finals, closed or deadline."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.clock import Clock
from harness.drivers.base import Driver, Link
from harness.model.plan import SessionPlan
from harness.model.timeline import Closed, EndReason, Heard, Opened, Partial, Refused
from harness.run.lateness import Lateness
from harness.run.outbox import Outbox
from harness.store.rows import session_row

OnOver = Callable[["Session", Link | None], None]


class Session:
    """A rider of the wheel. What it hears is stamped here, at the moment the driver says it."""

    __slots__ = (
        "_backlog_max",
        "_clock",
        "_driver",
        "_due_ns",
        "_ended",
        "_frames",
        "_lateness",
        "_link",
        "_on_over",
        "_opened_ns",
        "_outbox",
        "_over",
        "_ready_ns",
        "_sent",
        "plan",
    )

    def __init__(
        self,
        plan: SessionPlan,
        frames: Sequence[bytes],
        *,
        driver: Driver,
        clock: Clock,
        lateness: Lateness,
        outbox: Outbox,
        on_over: OnOver,
    ) -> None:
        self.plan = plan
        self._frames = frames
        self._driver = driver
        self._clock = clock
        self._lateness = lateness
        self._outbox = outbox
        self._on_over = on_over
        self._link: Link | None = None
        self._opened_ns: int | None = None
        self._ready_ns: int | None = None
        self._sent = 0
        self._ended = False
        self._over = False
        self._backlog_max = 0
        self._due_ns = plan.open_ns  # of the next thing to do

    def step(self) -> int | None:
        if self._over:
            return None
        if (link := self._link) is None:
            self._open()
        elif self._sent < len(self._frames):
            self._send(link)
        elif not self._ended:
            self._ended = True
            self._due_ns = self.plan.deadline_ns
            link.end()
        else:
            self._finish("deadline")
        return self._due_ns

    def cut(self) -> None:
        """The run is interrupted: what has begun is cut, the rest never started."""
        if not self._over:
            self._finish("never_started" if self._link is None else "cut")

    def _open(self) -> None:
        self._opened_ns = self._clock.now_ns()
        self._outbox.opened(self.plan.session_id, self._opened_ns)
        self._link = self._driver.open(self.plan, self._hear)
        self._due_ns = self._after_frames(0)

    def _send(self, link: Link) -> None:
        frame = self._sent
        self._sent += 1
        lag_ns = self._clock.now_ns() - self._due_ns
        self._due_ns = self._after_frames(self._sent)
        self._outbox.sent(self.plan.session_id, frame, lag_ns // 1000)
        if (waiting := link.send(self._frames[frame])) > self._backlog_max:
            self._backlog_max = waiting

    def _after_frames(self, sent: int) -> int:
        """When the next frame is due, or the end of the audio."""
        return self.plan.due_ns(sent) if sent < len(self._frames) else self.plan.end_ns

    def _hear(self, heard: Heard) -> None:
        if self._over:
            return
        at_ns = self._clock.now_ns()
        self._outbox.heard(self.plan.session_id, at_ns, heard)
        if isinstance(heard, Partial):  # nearly all are
            return
        if isinstance(heard, Opened) and self._ready_ns is None:
            self._ready_ns = at_ns
        if isinstance(heard, (Closed, Refused)):
            self._finish("completed")

    def _finish(self, end_reason: EndReason) -> None:
        self._over = True
        now_ns = self._clock.now_ns()
        link, self._link, self._frames = self._link, None, ()  # what is over keeps nothing: hours have many sessions
        began = link is not None
        row = session_row(
            self.plan,
            end_reason,
            opened_ns=self._opened_ns,
            ready_ns=self._ready_ns,
            ended_ns=now_ns if began else None,
            backlog_max=self._backlog_max,
            # from the planned opening on: a stall that delays the opening disturbs the session
            tick_late_max_us=self._lateness.worst_us(self.plan.open_ns, now_ns) if began else 0,
        )
        self._outbox.over(row)
        self._on_over(self, link)
