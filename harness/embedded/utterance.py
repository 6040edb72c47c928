"""Where one stream's utterances begin, pause and end: a pure machine over voice-activity probabilities.

Time is counted in frames of 32 ms since the start of the stream. A segment opens on weak evidence, since breathy and
fricative onsets stay below the usual threshold for up to 300 ms; it may be *shown* on better evidence and is
*confirmed* only by clear speech, so that noise and music never make a final.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness.embedded.vad import FRAME_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Thresholds on Silero's probability, and durations in frames."""

    suspected: float = 0.10
    voiced: float = 0.25
    shown: float = 0.30
    clear: float = 0.50
    confirming_frames: int = 4
    confirming_peak: float = 0.70
    certain_frames: int = 10
    hangover_frames: int = 9
    soft_limit_frames: int = 188  # 6 s: decoding costs and loops grow with the segment
    soft_hangover_frames: int = 3
    hard_limit_frames: int = 313  # 10 s without a pause of 96 ms: cut anyway
    first_after_frames: int = 2
    interval_frames: int = 6
    long_after_frames: int = 94  # 3 s: from here on a partial costs more and changes less
    long_interval_frames: int = 9


DEFAULT: Final = Settings()


@dataclass(slots=True, kw_only=True)
class Segment:
    """An utterance, or a stretch of a long one; frames are half open."""

    first_frame: int
    voiced_end_frame: int
    end_frame: int
    peak: float = 0.0
    clear_frames: int = 0
    asked_frame: int | None = None
    spoken: bool = False

    @property
    def start_ms(self) -> int:
        return self.first_frame * FRAME_MS

    @property
    def voiced_end_ms(self) -> int:
        return self.voiced_end_frame * FRAME_MS


class Endpointer:
    """Push one probability a frame; read `segment`, the open one."""

    def __init__(self, settings: Settings = DEFAULT) -> None:
        self._settings = settings
        self._frame = 0
        self.segment: Segment | None = None

    def push(self, probability: float) -> Segment | None:
        """Hear the next frame; the segment that it closed, if any."""
        self._frame += 1
        segment = self.segment
        if segment is None:
            if probability < self._settings.suspected:
                return None
            segment = self.segment = Segment(
                first_frame=self._frame - 1, voiced_end_frame=self._frame, end_frame=self._frame
            )
        self._grow(segment, probability)
        return self.flush() if self._is_over(segment) else None

    def flush(self) -> Segment | None:
        """Close the open segment here and now: half-close, or a forced end of utterance."""
        closed, self.segment = self.segment, None
        return closed

    def may_show(self, segment: Segment) -> bool:
        return segment.peak >= self._settings.shown

    def is_confirmed(self, segment: Segment) -> bool:
        """Whether clear speech was heard: in 309 of 310 spoken letters and digits, and once in 74 min of hold music."""
        settings = self._settings
        return segment.clear_frames >= settings.confirming_frames and segment.peak >= settings.confirming_peak

    def is_certain(self, segment: Segment) -> bool:
        """Whether so much was heard that even a doubtful text stands for something said."""
        return segment.clear_frames >= self._settings.certain_frames

    def ask_partial(self) -> Segment | None:
        """The open segment if a partial is due now, and note that it was asked for."""
        segment = self.segment
        if segment is None or not self._is_due(segment):
            return None
        segment.asked_frame = segment.end_frame
        return segment

    def _grow(self, segment: Segment, probability: float) -> None:
        segment.end_frame = self._frame
        segment.peak = max(segment.peak, probability)
        segment.clear_frames += probability >= self._settings.clear
        if probability >= self._settings.voiced:
            segment.voiced_end_frame = self._frame

    def _is_over(self, segment: Segment) -> bool:
        pause = segment.end_frame - segment.voiced_end_frame
        length = segment.end_frame - segment.first_frame
        if length >= self._settings.hard_limit_frames:
            return True
        is_long = length >= self._settings.soft_limit_frames
        return pause >= (self._settings.soft_hangover_frames if is_long else self._settings.hangover_frames)

    def _is_due(self, segment: Segment) -> bool:
        settings = self._settings
        length = segment.end_frame - segment.first_frame
        if segment.asked_frame is None or not segment.spoken:
            return length >= settings.first_after_frames
        pause_frame = segment.voiced_end_frame + settings.soft_hangover_frames
        if segment.end_frame >= pause_frame:  # one more, at once, so that the final finds its draft complete; then none
            return segment.asked_frame < pause_frame
        is_long = length >= settings.long_after_frames
        interval = settings.long_interval_frames if is_long else settings.interval_frames
        return segment.end_frame - segment.asked_frame >= interval
