"""How anyone reaches the same verdict again, and what the words mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from harness.model.metrics import METRICS, Metric
from harness.model.run import Measured, Record
from harness.model.verdict import Judgement
from harness.report import wording

_MOST_LISTED = 300  # files; a long run has thousands of parts, and their digests stand in its certificate
_KNOWN_LIMIT = (
    "known limit",
    "a line of the embedded target that is known to fail, and why; it keeps its verdict, and the run's leaves it out",
)
_WORDS = (
    ("95 % bound", "the value that the truth stays below with 95 % confidence, given n sessions"),
    ("p95", "the ⌈0.95·n⌉-th smallest of n sessions"),
    ("missing", "a session without the answer: its latency is ∞, and it stays in every count"),
    ("PASS", "the bound is on the good side of the limit"),
    ("FAIL", "the opposite bound is on the bad side, corrected for the number of judged lines: shown to be bad"),
    ("INCONCLUSIVE", "neither bound decides: not shown to be good; a fresh run of the size named could tell"),
    ("INVALID", "the harness cannot vouch for the run"),
    ("lane", "one caller after the other; as many sessions at once as there are lanes"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recompute:
    commands: tuple[str, ...]
    answer: str
    digests: tuple[tuple[str, str], ...]
    parts: tuple[tuple[str, str], ...]  # files in the folder's own directories
    unlisted: tuple[tuple[str, int], ...]  # directories with more files than are worth listing, and how many
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    name: str
    text: str


def build(record: Record, judgement: Judgement, digests: Sequence[tuple[str, str]]) -> Recompute:
    manifest = record.manifest
    every = dict.fromkeys((*manifest.digests, *digests))
    parts = [pair for pair in every if "/" in pair[0]]
    counts = Counter(name.split("/")[0] for name, _ in parts)
    crowded = {name for name, number in counts.items() if number > _MOST_LISTED}
    folder = f"reports/{manifest.run_id}"
    versions = [f"{name} {text}" for name, text in (*manifest.versions, *manifest.environment)]
    versions += [
        f"plan seed {manifest.plan.seed}",
        f"bound seed {manifest.bound_seed}",
        f"frames {manifest.scenario.pacing.frame_ms}{wording.NNBSP}ms",
    ]
    return Recompute(
        commands=(f"harness judge {folder}", f"harness report {folder}"),
        answer=f"{judgement.outcome.value} · exit code {judgement.exit_code}",
        digests=tuple(pair for pair in every if "/" not in pair[0]),
        parts=tuple(pair for pair in parts if pair[0].split("/")[0] not in crowded),
        unlisted=tuple((name, counts[name]) for name in sorted(crowded)),
        versions=tuple(versions),
    )


def glossary(measured: Measured, judgement: Judgement) -> tuple[Term, ...]:
    """The metrics that occur on this page, then the words of the verdict."""
    present = {row.metric for row in measured.measurements}
    present |= {verdict.objective.metric for verdict in judgement.verdicts}
    metrics = [_term(metric) for name, metric in METRICS.items() if name in present]
    known = any(verdict.known_limit for verdict in judgement.verdicts)
    words = (*_WORDS, *([_KNOWN_LIMIT] if known else ()))
    return (*metrics, *(Term(name=name, text=wording.sentence(text)) for name, text in words))


def _term(metric: Metric) -> Term:
    missing = "" if metric.missing == "never" or metric.missing.startswith("never:") else f"∞ when {metric.missing}"
    return Term(name=metric.name, text=wording.joined([metric.meaning, missing]))
