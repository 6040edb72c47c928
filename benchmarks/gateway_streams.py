"""Many sessions in real time from one process, by the product's own drivers and its own wheel: the client's side."""

from __future__ import annotations

import asyncio
import gc
import math
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from harness.clock import MonotonicClock
from harness.drivers.base import Driver, Link
from harness.model.clip import Clip
from harness.model.plan import SessionPlan
from harness.model.timeline import Closed, Errored, Final, Heard, Opened, Partial, Refused
from harness.pcm import BYTES_PER_SAMPLE, samples_of
from harness.run.lateness import Lateness
from harness.run.wheel import Wheel

RATE_HZ = 16_000
CADENCE_NS = 200_000_000
ENDS_NS = 2_000_000_000  # sessions end over so long, so that their finals do not queue behind each other
OPENS_HZ = 150
PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What counts, in ns from the first session's start: `warm_ns` are left out, `counted_ns` are measured."""

    warm_ns: int
    counted_ns: int


@dataclass(slots=True, kw_only=True)
class Stream:
    """One session: when each piece went out and each answer came, in ns of CLOCK_MONOTONIC."""

    name: str
    frame_ns: int
    phase_ns: int
    length_ns: int
    start_ns: int = 0
    sent_ns: list[int] = field(default_factory=list)
    late_ns: list[int] = field(default_factory=list)
    answers: dict[int, tuple[int, int]] = field(default_factory=dict)  # piece: came, and left the upstream
    ended_ns: int | None = None
    final_ns: int | None = None
    heard_bytes: int = 0
    errors: list[str] = field(default_factory=list)
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    link: Link | None = None
    pieces: Sequence[bytes] = ()
    retire: Callable[[], None] = lambda: None

    def open(self, driver: Driver) -> None:
        self.link = driver.open(_plan(self.name, self.frame_ns), self.hear)

    def hear(self, what: Heard) -> None:
        now_ns = time.monotonic_ns()
        match what:
            case Partial():
                piece, left_ns, _ = what.text.split(" ", 2)
                self.answers[int(piece)] = now_ns, int(left_ns)
            case Final():
                self.final_ns, self.heard_bytes = now_ns, int(what.text.split(" ", 1)[0])
            case Opened():
                self.opened.set()
            case Errored() | Refused():
                self.errors.append(what.code)
        if isinstance(what, Closed) and what.code not in ("1000", "OK"):
            self.errors.append(f"closed {what.code}")
        if isinstance(what, Closed | Refused):
            self.over.set()

    # --- what the wheel asks

    def next_ns(self) -> int:
        return self.start_ns + (len(self.sent_ns) + 1) * self.frame_ns

    def step(self) -> int | None:
        assert self.link is not None  # noqa: S101  it was opened
        now_ns = time.monotonic_ns()
        if len(self.sent_ns) < len(self.pieces):
            self.late_ns.append(now_ns - self.next_ns())
            self.sent_ns.append(now_ns)
            self.link.send(self.pieces[len(self.sent_ns) - 1])
        else:
            self.ended_ns = now_ns
            self.link.end()
            self.retire()
        return None if self.ended_ns else self.next_ns()

    # --- what came of it

    def partials_ms(self, from_ns: int, to_ns: int) -> list[float]:
        """From sending the piece that made an answer due to the answer; infinite where none came."""
        every = CADENCE_NS // self.frame_ns
        due = [(piece, self.sent_ns[piece]) for piece in range(every - 1, len(self.sent_ns), every)]
        counted = [(self.answers.get(piece), sent_ns) for piece, sent_ns in due if from_ns <= sent_ns < to_ns]
        return [(answer[0] - sent_ns) / 1e6 if answer else math.inf for answer, sent_ns in counted]

    def upward_ms(self, from_ns: int, to_ns: int) -> list[float]:
        """From sending such a piece to the upstream's having it: the latency's part before the answer."""
        sent = {piece: at for piece, at in enumerate(self.sent_ns) if from_ns <= at < to_ns}
        return [(left_ns - sent[piece]) / 1e6 for piece, (_, left_ns) in self.answers.items() if piece in sent]

    def carried_s(self, from_ns: int, to_ns: int) -> float:
        """Seconds of audio that reached the upstream in that time, to 200 ms."""
        return sum(from_ns <= left_ns < to_ns for _, left_ns in self.answers.values()) * CADENCE_NS / 1e9

    def late_ms(self, from_ns: int, to_ns: int) -> list[float]:
        """How late we were in sending."""
        return [late / 1e6 for late, at in zip(self.late_ns, self.sent_ns, strict=True) if from_ns <= at < to_ns]

    @property
    def final_ms(self) -> float:
        """From the half-close to the final; infinite where none came."""
        return (self.final_ns - self.ended_ns) / 1e6 if self.final_ns and self.ended_ns else math.inf

    def faults(self) -> list[str]:
        """What went wrong, in a word or two each."""
        lost = len(self.sent_ns) * self.frame_ns // CADENCE_NS - len(self.answers)
        whole = self.heard_bytes == sum(map(len, self.pieces[: len(self.sent_ns)]))
        found = ["answers missing"] * (lost != 0) + ["no final"] * (self.final_ns is None)
        return [*self.errors, *found, *(["audio lost"] if self.final_ns and not whole else [])]


def streams(count: int, frame_ms: int, window: Window, *, prefix: str, seed: int) -> list[Stream]:
    """Phases over one partial cadence and ends over two seconds, all drawn with the seed."""
    chance, frame_ns = random.Random(seed), frame_ms * 1_000_000  # noqa: S311  no secrets here
    shortest_ns = window.warm_ns + window.counted_ns
    return [
        Stream(
            name=f"{prefix}{number}",
            frame_ns=frame_ns,
            phase_ns=chance.randrange(CADENCE_NS),
            length_ns=shortest_ns + chance.randrange(ENDS_NS),
        )
        for number in range(count)
    ]


async def play(sessions: Sequence[tuple[Stream, Driver]], window: Window, edge: Callable[[], None]) -> tuple[int, int]:
    """Play all of them; `edge` is called where the counted time begins and ends. Returns when that was."""
    wheel = Wheel(MonotonicClock(0), Lateness())
    for stream, driver in sessions:
        stream.open(driver)
        await asyncio.sleep(1 / OPENS_HZ)
    await _all(stream.opened for stream, _ in sessions)
    first_ns = time.monotonic_ns() + 200_000_000
    playing = [stream for stream, _ in sessions if stream.opened.is_set()]
    pieces = _pieces(max(stream.length_ns for stream, _ in sessions), sessions[0][0].frame_ns)
    for stream in playing:
        stream.start_ns = first_ns + stream.phase_ns
        stream.pieces = pieces[: stream.length_ns // stream.frame_ns]
        stream.retire = wheel.retire
        wheel.add(stream, stream.next_ns())
    for stream, _ in sessions:
        if not stream.opened.is_set():
            stream.errors.append("not opened")
    from_ns, to_ns = first_ns + window.warm_ns, first_ns + window.warm_ns + window.counted_ns
    edges = asyncio.create_task(_edges(from_ns, to_ns, edge))
    await wheel.turn()
    await edges
    await _all(stream.over for stream in playing)
    await asyncio.gather(*(stream.link.close() for stream, _ in sessions if stream.link))
    return from_ns, to_ns


async def _edges(from_ns: int, to_ns: int, edge: Callable[[], None]) -> None:
    """Without our own garbage collector between them: its pauses would be measured as the gateway's."""
    clock = MonotonicClock(0)
    await clock.sleep_until(from_ns)
    gc.freeze()
    gc.disable()
    edge()
    await clock.sleep_until(to_ns)
    edge()
    gc.enable()
    gc.unfreeze()


async def _all(events: Iterable[asyncio.Event]) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in events]
    if waiting:
        _, late = await asyncio.wait(waiting, timeout=PATIENCE_S)
        for task in late:
            task.cancel()


def _pieces(length_ns: int, frame_ns: int) -> list[bytes]:
    """Every sample of a piece is the piece's number."""
    samples = samples_of(frame_ns, RATE_HZ)
    return [number.to_bytes(BYTES_PER_SAMPLE, "little") * samples for number in range(length_ns // frame_ns)]


def _plan(name: str, frame_ns: int) -> SessionPlan:
    """Drivers read the name and the rate of it; the times are the wheel's here."""
    clip = Clip(
        clip_id=name,
        rate_hz=RATE_HZ,
        path="",
        sha256="",
        condition="clean",
        source="",
        speaker="",
        speech="none",
        duration_ns=0,
        reference="",
        words=(),
        segments=(),
    )
    return SessionPlan(
        session_id=name,
        clip=clip,
        lane=0,
        repeat=0,
        open_ns=0,
        start_ns=0,
        frame_ns=frame_ns,
        end_ns=0,
        deadline_ns=0,
    )
