"""Who streams when, for every generator alike. Pure: a settled schedule, and the frames that are due in its window."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass

from harness.pcm import BYTES_PER_SAMPLE, samples_of

RATE_HZ = 16_000
LEAD_NS = 1_000_000_000  # from opening to the first sample, as in every plan
MS, S = 1_000_000, 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """So many sessions, opened one after another at random moments of a ramp, all of them open in the window.

    Their phases are random too: aligned ones cost any generator 10 ms. Times are ns since the run's epoch.
    """

    sessions: int
    frame_ms: int
    seconds: float  # the window
    opens_hz: int
    seed: int = 7

    @classmethod
    def from_json(cls, text: str) -> Crowd:
        return cls(**json.loads(text))

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @property
    def frame_ns(self) -> int:
        return self.frame_ms * MS

    @property
    def ramp_ns(self) -> int:
        return max(S // 2, self.sessions * S // self.opens_hz)

    @property
    def frames(self) -> int:
        """Of every session."""
        return -(-(self.ramp_ns + int(self.seconds * S)) // self.frame_ns)

    @property
    def window_ns(self) -> tuple[int, int]:
        """When every session streams."""
        begin = self.ramp_ns + LEAD_NS
        return begin, begin + int(self.seconds * S)

    @property
    def end_ns(self) -> int:
        """When the last frame is due."""
        return self.ramp_ns + LEAD_NS + self.frames * self.frame_ns

    @property
    def frame_bytes(self) -> int:
        return samples_of(self.frame_ns, RATE_HZ) * BYTES_PER_SAMPLE

    def opens_ns(self) -> list[int]:
        """When each session opens, by its number; its audio begins `LEAD_NS` later."""
        chance = random.Random(self.seed)  # noqa: S311  no secrets here
        return sorted(chance.randrange(self.ramp_ns) for _ in range(self.sessions))

    def pieces(self) -> list[bytes]:
        """The frames of every session: each sample of a frame is the frame's number."""
        return [number.to_bytes(2, "little") * (self.frame_bytes // 2) for number in range(self.frames)]


def name_of(number: int) -> str:
    """What a session is called, on the wire and in the results."""
    return f"s{number}"
