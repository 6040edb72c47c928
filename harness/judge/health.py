"""How the harness and its host fared, as far as it makes no run INVALID: findings, each with what to do about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from statistics import median
from typing import Final

from harness.judge.lacks import nearly
from harness.judge.wording import limit, plural, sentence_case, show
from harness.model.run import Record
from harness.model.series import LOOP_BUSY, LOOP_WAITING, TICK_LATE, UP
from harness.model.timeline import Sample
from harness.stats.periodic import period_s

_OFTEN: Final = 0.01  # of the seconds: less is a hiccup
_LEAST_SECONDS: Final = 2
_LATE_ALL_THE_TIME: Final = 0.5  # of the time: such lateness is no stall, and has no rhythm of its own
_SAME: Final = 0.01


def health(record: Record) -> Iterator[str]:
    """What was not always read, an engine's core that was full, files and ports that ran low, stalls with a rhythm."""
    yield from _scrapes(record)
    yield from _cores(record)
    yield from (sentence_case(text) for text in nearly(record))
    yield from _rhythm(record)


def pace_remedy(record: Record) -> str:
    """What would have kept the pace, as far as the series tell; empty where they do not."""
    if _often_over(record, LOOP_BUSY, record.manifest.scenario.limits.core_busy_share):
        return f"an engine's core was full, so {_more_workers(record)}"
    if _often_over(record, LOOP_WAITING, record.manifest.scenario.limits.tick_late_ms / 1000):
        return "others held the processor, so let this machine do nothing else, or generate from another"
    return ""


def unanswered(record: Record) -> set[str]:
    """Pages that were scraped and never answered."""
    ups = [sample for sample in record.samples if sample.metric == UP]
    return {sample.source for sample in ups} - {sample.source for sample in ups if sample.value}


def _more_workers(record: Record) -> str:
    """An engine is a worker's, and it has one core: what one cannot do is shared by more, while there are cores."""
    engines = {sample.source for sample in record.samples if sample.metric == LOOP_BUSY}
    cores = int(dict(record.manifest.environment).get("cores", 0))
    if 0 < cores <= len(engines):
        return f"generate from a second machine too, this one has {plural(cores, 'core')}"
    return f"run with {len(engines) + 1} workers"


def _scrapes(record: Record) -> Iterator[str]:
    """A page that did not always answer. What it did not answer is not measured, and never zero."""
    answers: defaultdict[str, list[float]] = defaultdict(list)
    for sample in record.samples:
        if sample.metric == UP:
            answers[sample.source].append(sample.value)
    why = dict(record.ending.vitals.scrape_faults) if record.ending else {}
    for source, ups in answers.items():
        if (answered := sum(map(int, ups))) < len(ups):
            reason = f" (the last time that it did not: {why[source]})" if source in why else ""
            number = f"{answered:,}" if answered else "none"
            said = f"{source} answered {number} of {plural(len(ups), 'scrape')}{reason}"
            yield f"{sentence_case(said)}: {'the rest' if answered else 'it'} is not measured."


def _cores(record: Record) -> Iterator[str]:
    limits = record.manifest.scenario.limits
    for source, share in _often_over(record, LOOP_BUSY, limits.core_busy_share).items():
        yield (
            f"The {source}'s core was over {limit(limits.core_busy_share, 'ratio')} busy for {show(share, 'ratio')} "
            f"of the time: {_more_workers(record)}."
        )


def _often_over(record: Record, metric: str, limit_share: float) -> dict[str, float]:
    """Sources whose metric, in per cent, was over that share for more than 1 % of the seconds; and for how many."""
    values: defaultdict[str, list[float]] = defaultdict(list)
    for sample in record.samples:
        if sample.metric == metric:
            values[sample.source].append(sample.value)
    over = {source: sum(value > 100 * limit_share for value in own) for source, own in values.items()}
    return {
        source: number / len(values[source])
        for source, number in over.items()
        if number >= _LEAST_SECONDS and number > _OFTEN * len(values[source])
    }


def _rhythm(record: Record) -> Iterator[str]:
    """Late ticks at a constant phase of some period: a host's timer is known by its period."""
    late = [sample for sample in record.samples if sample.metric == TICK_LATE]
    if not late or _is_always(late):
        return
    period = period_s([sample.at_ns / 1e9 - sample.value / 1e3 for sample in late])  # when they should have run
    if period is None:
        return
    worst, often = max(sample.value for sample in late), median(sample.value for sample in late)
    said = f"Stalls of the engine come every {period:.2g} s ({plural(len(late), 'tick')} over 10 ms late, "
    said += f"half of them over {often:.0f} ms, the worst {worst:.0f} ms)"
    frame_s = record.manifest.scenario.pacing.frame_ms / 1000
    if abs(period - frame_s) <= _SAME * frame_s:
        yield f"{said}: that is the length of a frame, so it is the sending itself; {_more_workers(record)}."
    else:
        yield f"{said}: something periodic on this host."


def _is_always(late: list[Sample]) -> bool:
    span_ms = (max(one.at_ns for one in late) - min(one.at_ns for one in late)) / 1e6
    return sum(one.value for one in late) > _LATE_ALL_THE_TIME * span_ms
