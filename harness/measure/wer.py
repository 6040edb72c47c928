"""Word errors: substituted, deleted and inserted words against the reference, after the named normaliser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal, cast

import jiwer

from harness.measure.hearing import Hearing
from harness.measure.text import normalise
from harness.model.measurement import EditStep, Measurement, Mistake

Edit = Literal["equal", "substitute", "delete", "insert"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WordErrors:
    """The edits that turn the normalised reference into the normalised transcript, one step a column."""

    edits: tuple[EditStep, ...]

    def count(self, kind: Edit) -> int:
        return sum(step.kind == kind for step in self.edits)

    @property
    def errors(self) -> int:
        """S + D + I."""
        return len(self.edits) - self.count("equal")

    @property
    def reference_words(self) -> int:
        """N."""
        return len(self.edits) - self.count("insert")


def word_errors(reference: str, transcript: str) -> WordErrors:
    """Normalise both and align them; either may be empty."""
    aligned = jiwer.process_words(normalise(reference), normalise(transcript))
    wanted, got = aligned.references[0], aligned.hypotheses[0]
    return WordErrors(
        edits=tuple(
            EditStep(kind=cast("Edit", chunk.type), reference=left, heard=right)
            for chunk in aligned.alignments[0]
            for left, right in zip_longest(
                wanted[chunk.ref_start_idx : chunk.ref_end_idx],
                got[chunk.hyp_start_idx : chunk.hyp_end_idx],
                fillvalue="",
            )
        )
    )


def word_error_rate(hearing: Hearing) -> tuple[Measurement | None, tuple[Mistake, ...]]:
    """(S+D+I)/N as numerator and denominator, and the wrong words; without a final all words are deletions.

    No row where the normaliser leaves nothing of the reference ("uh"): there is no N to divide by.
    """
    found = word_errors(hearing.clip.reference, hearing.transcript)
    if not found.reference_words:
        return None, ()
    counts = (
        f"{found.count('substitute')} substituted, {found.count('delete')} deleted, {found.count('insert')} inserted"
    )
    row = hearing.row("wer", float(found.errors), denominator=float(found.reference_words), reason=counts)
    return row, tuple(_mistakes(hearing.plan.session_id, found))


def _mistakes(session_id: str, found: WordErrors) -> Iterator[Mistake]:
    at = 0
    for step in found.edits:
        if step.kind != "equal":
            yield Mistake(
                session_id=session_id,
                kind=step.kind,
                at=at,
                of=found.reference_words,
                reference=step.reference,
                heard=step.heard,
            )
        at += step.kind != "insert"
