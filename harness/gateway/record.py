"""What one session did: for its log lines, the counters and the latency histograms."""

from __future__ import annotations

import bisect
from array import array
from dataclasses import dataclass, field
from typing import Any, Final

from harness.gateway.intake import Intake, Pace
from harness.gateway.traces import UNTRACED, Trace
from harness.riva.convert import Recognition, RivaFinal

_S: Final = 1_000_000_000
_MARK_NS: Final = 20_000_000
_MARKS: Final = 1000  # 15 s at least; a word that is older when its final comes is not timed


class Arrivals:
    """When each place in the audio came in, to 20 ms."""

    def __init__(self) -> None:
        self._places = array("q")  # as objects they would be most of a session's memory
        self._moments = array("q")
        self._forgotten = False

    def add(self, place_ns: int, now_ns: int) -> None:
        """The audio up to this place is here."""
        if not self._places or place_ns - self._places[-1] >= _MARK_NS:
            self._places.append(place_ns)
            self._moments.append(now_ns)
            if len(self._places) > _MARKS:
                self._forget()

    def of(self, place_ns: int) -> int | None:
        """The moment in which the audio at this place came; None where that is no longer, or not yet, known."""
        at = bisect.bisect_left(self._places, place_ns)
        known = at < len(self._places) and (at > 0 or not self._forgotten)
        return self._moments[at] if known else None

    def _forget(self) -> None:
        del self._places[: _MARKS // 4], self._moments[: _MARKS // 4]
        self._forgotten = True


@dataclass(frozen=True, slots=True)
class Latencies:
    """Of one segment, seconds. `final_s`: from the arrival of its last word's end; `first_partial_s`: of its start."""

    final_s: float | None = None
    first_partial_s: float | None = None


@dataclass(slots=True, kw_only=True)
class Session:
    """From start_transcription to session_stopped. Monotonic nanoseconds."""

    stream_id: str
    ask: Recognition
    intake: Intake
    pace: Pace
    log: Any
    started_ns: int
    until_ns: int
    audio_at_ns: int  # when the newest audio came
    trace: Trace = UNTRACED
    segment: int = 0
    partials: int = 0
    arrivals: Arrivals = field(default_factory=Arrivals)
    partial_at_ns: int | None = None  # the first of the open segment

    def audio_came(self, frame: bytes, now_ns: int) -> bytes:
        """What of it is to go to Riva now."""
        self.audio_at_ns = now_ns
        ready = self.intake.push(frame, now_ns)
        self.arrivals.add(self.intake.audio_ns, now_ns)
        return ready

    def processing_ms(self, now_ns: int) -> float:
        """Since the newest audio."""
        return round((now_ns - self.audio_at_ns) / 1e6, 3)

    def partial_said(self, now_ns: int) -> None:
        self.partials += 1
        if self.partial_at_ns is None:
            self.partial_at_ns = now_ns

    def final_said(self, final: RivaFinal, now_ns: int) -> Latencies:
        self.segment += 1
        partial_at_ns, self.partial_at_ns = self.partial_at_ns, None
        if not final.words:
            return Latencies()
        return Latencies(
            final_s=_since(self.arrivals.of(final.words[-1].end_ms * 1_000_000), now_ns),
            first_partial_s=_since(self.arrivals.of(final.words[0].start_ms * 1_000_000), partial_at_ns),
        )

    def summary(self, now_ns: int) -> dict[str, float]:
        """The end line's figures. `rtfx`: seconds of audio per second of session; 1 is real time."""
        duration_s = (now_ns - self.started_ns) / _S
        return {
            "audio_s": round(self.intake.audio_s, 3),
            "audio_bytes": self.intake.bytes_in,
            "duration_s": round(duration_s, 3),
            "rtfx": round(self.intake.audio_s / duration_s, 3) if duration_s > 0 else 0.0,
            "partials": self.partials,
            "finals": self.segment,
        }


def _since(then_ns: int | None, now_ns: int | None) -> float | None:
    """Never below zero: a recogniser may date a word's end a little after the audio it has had."""
    return None if then_ns is None or now_ns is None else max(0.0, (now_ns - then_ns) / _S)
