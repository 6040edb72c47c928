"""The page as values: everything that is shown, arranged, before anything is drawn. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.model.load import LoadFacts
from harness.model.measurement import SessionTrace
from harness.model.run import Measured, Record
from harness.model.verdict import Judgement
from harness.report import banner, false_words, latency, load, matrix, objectives, recompute, stories, trust, words
from harness.report.banner import Banner
from harness.report.facts import join, standings
from harness.report.latency import Latency
from harness.report.load import Load
from harness.report.matrix import Matrix
from harness.report.objectives import Objectives
from harness.report.recompute import Recompute, Term
from harness.report.stories import Stories
from harness.report.trust import Trust
from harness.report.words import Words

__all__ = ["Page", "build", "sessions_to_hear", "worst_sessions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The sections in order; None is left out."""

    banner: Banner
    objectives: Objectives | None
    matrix: Matrix | None
    words: Words | None
    latency: Latency | None
    stories: Stories | None
    trust: Trust
    recompute: Recompute
    glossary: tuple[Term, ...]
    load: Load | None = None


def build(
    record: Record,
    measured: Measured,
    judgement: Judgement,
    traces: Mapping[str, SessionTrace],
    digests: Sequence[tuple[str, str]],
    *,
    load_facts: LoadFacts | None = None,
) -> Page:
    """Arrange a judged run: `digests` are (name, sha256) of the folder's files."""
    rows = standings(judgement)
    sessions = join(record, measured)
    return Page(
        banner=banner.build(record, judgement, rows, sessions),
        objectives=objectives.build(record, judgement, rows),
        matrix=matrix.build(judgement, sessions),
        words=words.build(record, measured, rows, sessions),
        latency=latency.build(record.manifest, rows, sessions),
        stories=stories.build(judgement, rows, sessions, traces),
        trust=trust.build(record, judgement, sessions),
        recompute=recompute.build(record, judgement, digests),
        glossary=recompute.glossary(measured, judgement),
        load=load.build(record, load_facts),
    )


def worst_sessions(record: Record, measured: Measured, judgement: Judgement, limit: int = 3) -> tuple[str, ...]:
    """Ids of the sessions to trace: the worst of each clip in the worst slice; when all passes, the slowest finals."""
    sessions = stories.pick(standings(judgement), join(record, measured), limit)
    return tuple(session.plan.session_id for session in sessions)


def sessions_to_hear(record: Record, measured: Measured, judgement: Judgement) -> tuple[str, ...]:
    """Ids of the sessions whose clips the page plays: the worst ones, and those that heard words in silence."""
    return tuple(dict.fromkeys((*worst_sessions(record, measured, judgement), *false_words.heard_in(measured))))
