"""A ward of patients: sessions whose finals and partials are written down, measured for real, and their symptoms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from harness.judge.symptoms import symptoms
from harness.measure.run import measure_run
from harness.model.clip import Clip, Segment, Word
from harness.model.timeline import Final, Heard, HeardWord, Partial

SECOND = 1_000_000_000
MS = 1_000_000
TEXT = "alpha bravo charlie delta echo foxtrot golf hotel india juliet"


class Ward:
    """Words last a second each, the first from the start; a patient answers 500 ms after the last one."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench.of("sum error == 0")

    def clip(self, clip_id: str = "c1", reference: str = TEXT, **given: Any) -> Clip:
        """Each "|" starts a segment."""
        parts = [part.split() for part in reference.split("|") if part.strip()]
        texts = [word for part in parts for word in part]
        words = (Word(text=text, start_ns=at * SECOND, end_ns=(at + 1) * SECOND) for at, text in enumerate(texts))
        ends = accumulate(len(part) for part in parts)
        segments = (
            Segment(first_word=end - len(part), last_word=end - 1) for part, end in zip(parts, ends, strict=True)
        )
        clip = self.bench.clip(clip_id, **given)
        return replace(
            clip,
            reference=" ".join(texts),
            words=tuple(words),
            segments=tuple(segments),
            speech="human" if texts else "none",
        )

    def hears(self, clip: Clip, *finals: str, partials: Sequence[str] = ("alpha",), **given: Any) -> Ward:
        """One session; `late_ms` moves the finals; `ends` (in s), `scale` and `offset_ms` are for word times."""
        start_ns = (len(self.bench.sessions) * 12 + 1) * SECOND
        end_ns = start_ns + (clip.words[-1].end_ns if clip.words else 2 * SECOND)
        final_ns = end_ns + round(given.pop("late_ms", 500) * MS)
        scale, offset_ns = given.pop("scale", 1.0), given.pop("offset_ms", 0) * MS
        said: list[tuple[int, Heard]] = [
            (start_ns + (at + 1) * SECOND // 2, Partial(segment=0, text=text)) for at, text in enumerate(partials)
        ]
        told = iter(given.pop("ends", range(1, 100)))
        for segment, text in enumerate(finals):
            ends = {word: round(next(told) * SECOND * scale) + offset_ns for word in text.split()}
            words = tuple(HeardWord(text=word, end_ns=end_ns) for word, end_ns in ends.items())
            said.append((final_ns, Final(segment=segment, text=text, words=words)))
        self.bench.play(clip, heard=tuple(said), **given)
        return self

    def everywhere(self, *finals: str, sources: int = 3, reference: str = TEXT, **given: Any) -> Ward:
        """The same on that many recordings."""
        for number in range(sources):
            self.hears(self.clip(f"c{number + 1}", reference), *finals, **given)
        return self

    def change(self, session: int, **changes: Any) -> Ward:
        """Change what was recorded of a session."""
        self.bench.timelines[session] = replace(self.bench.timelines[session], **changes)
        return self

    @property
    def symptoms(self) -> tuple[str, ...]:
        record = self.bench.record
        return tuple(symptoms(record, measure_run(record)))
