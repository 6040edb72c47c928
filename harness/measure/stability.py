"""Words that should not have been shown: taken back, before anybody spoke, or where nobody speaks."""

from __future__ import annotations

from harness.measure.hearing import Hearing
from harness.measure.text import fold
from harness.model.measurement import Measurement, Mistake
from harness.model.timeline import Final


def unstable_words(hearing: Hearing) -> Measurement:
    """Words shown and later taken back, over the words of the finals (after arXiv 2006.01416, UPWR).

    A word counts once for every time it is taken back: replaced, removed, or never made final. A word that others
    push along without changing it is not taken back, nor is one that only changes its case or punctuation.
    """
    if not hearing.finals:
        return hearing.row("upwr", None, reason="no final came")
    unstable = sum(life.gone_ns is not None for life in hearing.screen.shown)
    return hearing.row("upwr", float(unstable), denominator=float(len(hearing.screen.standing)))


def early_words(hearing: Hearing) -> Measurement:
    """Words that appeared before speech onset, in partials or finals, whether they stayed or not."""
    early = [life.text for life in hearing.screen.shown if life.shown_ns < hearing.onset_ns]
    reason = f'shown before speech onset: "{" ".join(early)}"' if early else ""
    return hearing.row("early_words", float(len(early)), reason=reason)


def silence_words(hearing: Hearing) -> Measurement:
    """Words of the finals on a clip in which nobody speaks.

    Finals only: they are what a caller's transcript keeps. What flickered past in partials counts for nothing here,
    but the largest hypothesis shown is named in the reason, so that nobody takes 0 for a silent screen.
    """
    heard = [word for _, final in hearing.finals for word in fold(final.text)]
    largest = max((len(seen.words) for seen in hearing.seen), default=0)
    parts = [f'heard "{" ".join(heard)}"'] if heard else []
    parts += [f"words shown at once: up to {largest}"] if largest else []
    return hearing.row("silence_words", float(len(heard)), reason="; ".join(parts))


def silence_mistakes(hearing: Hearing) -> tuple[Mistake, ...]:
    """The words behind `silence_words`, each with the moment its final came, and its clip time where one is given."""
    session_id = hearing.plan.session_id
    return tuple(
        Mistake(session_id=session_id, kind="insert", at=0, of=0, heard=word, at_ns=at_ns, clip_ns=clip_ns)
        for at_ns, final in hearing.finals
        for word, clip_ns in _placed(final)
    )


def _placed(final: Final) -> list[tuple[str, int | None]]:
    """The text's words with the target's own times, where its list of words is that text."""
    words = fold(final.text)
    timed = [
        (word, heard.end_ns if heard.start_ns is None else heard.start_ns)
        for heard in final.words
        for word in fold(heard.text)
    ]
    return timed if tuple(word for word, _ in timed) == words else [(word, None) for word in words]
