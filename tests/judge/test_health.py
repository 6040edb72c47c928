"""How the harness and its host fared: findings, and no verdict."""

from __future__ import annotations

import random

import pytest

from harness.judge.health import health, pace_remedy
from harness.model.run import Vitals
from harness.model.scenario import Observe
from harness.model.series import LOOP_BUSY, LOOP_WAITING, TICK_LATE, UP
from harness.model.timeline import Sample
from harness.model.verdict import Outcome

S = 1_000_000_000


def series(metric: str, values, source: str = "engine") -> list[Sample]:
    return [Sample(at_ns=at * S, source=source, metric=metric, value=value) for at, value in enumerate(values)]


def told(bench, *samples, **given) -> list[str]:
    return list(health(bench.of("sum error == 0", samples=samples, **given).play(times=3).record))


def test_a_calm_run_has_none(bench):
    """Nothing in the series, or nothing worth a word."""
    assert told(bench) == []
    assert told(bench, *series(LOOP_BUSY, [20.0] * 60), *series(UP, [1.0] * 60, "metrics of gateway")) == []


def test_a_page_that_did_not_always_answer_is_said_with_its_reason(bench):
    """How many of how many; what is missing is not zero."""
    vitals = Vitals(scrape_faults=(("metrics of gateway", "it answers HTTP 503"),))
    assert told(bench, *series(UP, [1.0, 0.0, 1.0, 1.0], "metrics of gateway"), vitals=vitals) == [
        (
            "Metrics of gateway answered 3 of 4 scrapes (the last time that it did not: it answers HTTP 503): "
            "the rest is not measured."
        )
    ]


def test_a_page_that_never_answered_is_said_once(bench):
    """And the list of what was not measured does not name it again."""
    page = Observe(kind="prometheus", of="http://gpu:8002/metrics")
    empty = Observe(kind="prometheus", of="gateway")
    samples = (*series(UP, [0.0, 0.0], page.source), *series(UP, [1.0, 1.0], empty.source))
    made = bench.of("max final_ms <= 800", samples=samples, observe=(page, empty)).play(final_ms=1.0)
    assert made.judge().findings == (
        "Metrics of http://gpu:8002/metrics answered none of 2 scrapes: it is not measured.",
        "Not measured, because nothing was read from it: metrics of gateway.",
    )


@pytest.mark.parametrize(("full", "seconds", "said"), [(2, 150, True), (1, 50, False), (2, 250, False)])
def test_a_full_core_is_a_finding_from_one_per_cent_of_the_time(bench, full, seconds, said):
    """One second alone is a hiccup; the cure is one worker more than there were."""
    found = told(bench, *series(LOOP_BUSY, [97.0] * full + [40.0] * (seconds - full)))
    assert bool(found) is said
    if said:
        assert found == ["The engine's core was over 95 % busy for 1.3 % of the time: run with 2 workers."]


def test_more_workers_than_cores_are_no_cure(bench):
    """The bench has two cores, and an engine on each."""
    (found,) = told(bench, *series(LOOP_BUSY, [99.0] * 60), *series(LOOP_BUSY, [30.0] * 60, "engine 2"))
    assert found.endswith("generate from a second machine too, this one has 2 cores.")


def test_a_full_core_voids_nothing(bench):
    """Only late frames do."""
    made = bench.of("sum error == 0", samples=series(LOOP_BUSY, [99.0] * 60)).play(times=3)
    assert made.judge().outcome is Outcome.PASS


def test_a_disturbed_run_names_its_cure_where_the_series_know_it(bench):
    """More workers for a full core, less company where the core was taken away, nothing where nobody knows."""

    def disturbed(samples):
        return bench.of("sum error == 0", samples=samples).play(times=9).play(disturbed="Late.")

    full = disturbed(series(LOOP_BUSY, [99.0] * 60))
    assert full.judge().headline.endswith("an engine's core was full, so run with 2 workers.")
    company = disturbed(series(LOOP_WAITING, [8.0] * 60))
    assert company.judge().headline.endswith("let this machine do nothing else, or generate from another.")
    assert pace_remedy(disturbed(()).record) == ""


def late(period: float, span: float, late_ms: float = 24.0) -> list[Sample]:
    """Ticks that should have run every `period` seconds, and ran late."""
    chance = random.Random(5)  # noqa: S311  seeded on purpose
    found, at = [], 0.2
    while at < span:
        by_ms = late_ms * chance.uniform(0.6, 1.8)
        moment = round((at + chance.gauss(0, 0.004) + by_ms / 1e3) * S)
        found.append(Sample(at_ns=moment, source="engine", metric=TICK_LATE, value=by_ms))
        at += period
    return found


def test_stalls_with_a_rhythm_are_named_by_their_period(bench):
    """From when the ticks should have run: how late they are differs, the host's timer does not."""
    (found,) = told(bench, *late(0.5, 60.0))
    assert found.startswith("Stalls of the engine come every 0.5 s (120 ticks over 10 ms late, half of them over ")
    assert found.endswith("something periodic on this host.")


def test_a_rhythm_of_the_frames_is_the_sending_itself(bench):
    """100 ms is no timer of the host's."""
    (found,) = told(bench, *late(0.1, 30.0))
    assert "the length of a frame" in found


def test_stalls_without_a_rhythm_are_left_to_the_checks(bench):
    """Scattered ones, and lateness that never ends."""
    chance = random.Random(5)  # noqa: S311
    scattered = [
        Sample(at_ns=round(chance.uniform(0, 60) * S), source="engine", metric=TICK_LATE, value=20.0) for _ in range(80)
    ]
    assert told(bench, *scattered) == []
    assert told(bench, *late(0.12, 30.0, late_ms=100.0)) == []
