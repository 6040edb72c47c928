"""A session's audio on its way in: decoded, resampled to what Riva takes, joined, and its speed judged. Pure.

Frames are joined upstream because a message to Riva costs the same for 20 ms as for 100 ms. A frame waits for the next
ones only while they are due within `hold_ms`; so frames of 45 ms and longer, and the last before a stop, never wait.
Three frames of 20 ms go together: the first waits 40 ms, and jitter of a few more does not part them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness.pcm import BYTES_PER_SAMPLE, StreamResampler, floats_of, mulaw_decode, pcm16_of
from harness.riva.environment import Environment

PCM16: Final = "pcm16"
MULAW: Final = "mulaw"
SAMPLE_BYTES: Final = {PCM16: BYTES_PER_SAMPLE, MULAW: 1}
TAKEN_HZ: Final = (8_000, 16_000)  # by Riva, as they are
RATES_HZ: Final = (*TAKEN_HZ, 44_100, 48_000)
_RESAMPLED_HZ: Final = 16_000
_RESAMPLED_LATE_MS: Final = 1.5
_MS: Final = 1_000_000
_S: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioLimits:
    """How audio may come, and wait.

    `queue_bytes` and `queue_ms`: what may wait in memory before TCP slows the client, whichever is less. A client may
    be `ahead_ms` ahead of real time; beyond that it is slowed, and after `slowed_ms` of being slowed it must leave.
    """

    join_ms: int = 100
    hold_ms: int = 45
    queue_bytes: int = 128 * 1024
    queue_ms: int = 2_000
    ahead_ms: int = 30_000
    slowed_ms: int = 60_000

    @classmethod
    def from_env(cls, read: Environment) -> AudioLimits:
        """Raises UsageError, which names the variable."""
        default = cls()
        return cls(
            join_ms=read.whole("GATEWAY_JOIN_MS", default.join_ms, most=1000),
            hold_ms=read.whole("GATEWAY_JOIN_HOLD_MS", default.hold_ms, most=1000),
            queue_bytes=read.whole("GATEWAY_QUEUE_BYTES", default.queue_bytes, least=1024),
            queue_ms=read.whole("GATEWAY_QUEUE_MS", default.queue_ms, least=20),
            ahead_ms=read.whole("GATEWAY_AHEAD_MS", default.ahead_ms, least=1000),
            slowed_ms=read.whole("GATEWAY_SLOWED_MS", default.slowed_ms),
        )


class Pace:
    """How far a client is ahead of real time: a leaky bucket, so that a silence cannot be caught up at will."""

    def __init__(self, limits: AudioLimits, now_ns: int) -> None:
        self._most_ns = limits.ahead_ms * _MS
        self._patience_ns = limits.slowed_ms * _MS
        self._ahead_ns = 0
        self._slowed_ns = 0
        self._at_ns = now_ns

    def admits(self, audio_ns: int, now_ns: int) -> bool:
        """Take this piece of audio if it needs no hold; False, and nothing has changed, if it does."""
        ahead_ns = self._ahead_ns + self._at_ns - now_ns
        ahead_ns = audio_ns if ahead_ns < 0 else ahead_ns + audio_ns
        if ahead_ns > self._most_ns:
            return False
        self._ahead_ns, self._at_ns = ahead_ns, now_ns
        if ahead_ns < self._most_ns // 2:
            self._slowed_ns = 0
        return True

    def hold_ns(self, audio_ns: int, now_ns: int) -> int:
        """How long to read nothing more from this client after this piece of audio."""
        self._ahead_ns = max(0, self._ahead_ns - (now_ns - self._at_ns)) + audio_ns
        self._at_ns = now_ns
        hold_ns = max(0, self._ahead_ns - self._most_ns)
        if hold_ns:
            self._slowed_ns += hold_ns
        elif self._ahead_ns < self._most_ns // 2:
            self._slowed_ns = 0
        return hold_ns

    @property
    def too_fast(self) -> bool:
        return self._slowed_ns > self._patience_ns


class Intake:
    """Between one session's frames and the messages to Riva. Times are monotonic nanoseconds."""

    def __init__(self, limits: AudioLimits, *, rate_hz: int, encoding: str = PCM16) -> None:
        self.rate_hz = rate_hz
        self.encoding = encoding
        self.bytes_in = 0
        self.due_ns: int | None = None
        """When what is held must go on; None while nothing is held."""
        self.sample_bytes = SAMPLE_BYTES[encoding]
        self.queue_bytes = min(limits.queue_bytes, limits.queue_ms * rate_hz * self.sample_bytes // 1000)
        self._resampler = None if rate_hz in TAKEN_HZ else _resampler(rate_hz)
        self._companded = encoding == MULAW
        self._join_ns = limits.join_ms * _MS
        self._hold_ns = limits.hold_ms * _MS
        self._held: list[bytes] = []
        self._held_ns = 0

    @property
    def taken_hz(self) -> int:
        """The rate that Riva is told."""
        return self.rate_hz if self._resampler is None else _RESAMPLED_HZ

    @property
    def audio_s(self) -> float:
        return self.bytes_in / self.sample_bytes / self.rate_hz

    @property
    def audio_ns(self) -> int:
        return self.bytes_in // self.sample_bytes * _S // self.rate_hz

    def duration_ns(self, frame: bytes) -> int:
        return len(frame) // self.sample_bytes * _S // self.rate_hz

    def push(self, frame: bytes, now_ns: int) -> bytes:
        """What is to go to Riva now; empty while it waits for more."""
        duration_ns = self.duration_ns(frame)
        self.bytes_in += len(frame)
        self._held.append(self._taken(frame))
        self._held_ns += duration_ns
        if self.due_ns is None:
            self.due_ns = now_ns + self._hold_ns
        if self._held_ns >= self._join_ns or now_ns + duration_ns > self.due_ns:
            return self.flush()
        return b""

    def flush(self) -> bytes:
        """What was held."""
        held, self._held, self._held_ns, self.due_ns = self._held, [], 0, None
        return held[0] if len(held) == 1 else b"".join(held)

    def finish(self) -> bytes:
        """All that is left at the end of the audio."""
        return self.flush() + (b"" if self._resampler is None else pcm16_of(self._resampler.finish()))

    def _taken(self, frame: bytes) -> bytes:
        pcm = mulaw_decode(frame) if self._companded else frame
        return pcm if self._resampler is None else pcm16_of(self._resampler.push(floats_of(pcm)))


def _resampler(rate_hz: int) -> StreamResampler:
    return StreamResampler(rate_hz, _RESAMPLED_HZ, late_ms=_RESAMPLED_LATE_MS)
