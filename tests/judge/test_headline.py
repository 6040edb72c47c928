"""One sentence that names the worst objective, and by how much."""

from __future__ import annotations

from harness.model.scenario import KnownLimit

RATES = "p95 final_ms <= 800 where condition in noisy, music per rate"


def test_fail_names_objective_place_value_and_limit(bench):
    """The worst line stands first, the number of others after it."""
    made = bench.of(RATES, "sum error == 0")
    made.play(bench.clip("n", 8000, "noisy"), times=67, final_ms=500.0)
    made.play(bench.clip("n", 8000, "noisy"), times=13, final_ms=1298.0)
    made.play(bench.clip("n", 16_000, "noisy"), times=80, final_ms=500.0, outcome="ok").play(outcome="timeout")
    assert made.judge().headline == (
        "Final in “noisy” and “music” at 8 kHz: p95 is 1,298 ms, the limit is 800 ms. 1 more line fails."
    )


def test_lost_finals_stand_in_the_headline(bench):
    """More than 5 % without a final have no p95, and the headline says what is missing."""
    made = bench.of("p95 final_ms <= 800").play(times=83, final_ms=500.0).play(times=10, final_ms=None)
    assert made.judge().headline == "Final: p95 is ∞, the limit is 800 ms; 10 sessions never got a final."


def test_errors_name_their_outcomes(bench):
    """Must-be-zero objectives give their counter-examples."""
    made = bench.of("sum error == 0").play(times=7).play(times=3, outcome="unavailable", code="UNAVAILABLE")
    assert made.judge().headline == "Errors: 3 of 10 sessions failed: 3 unavailable."


def test_the_largest_share_of_bad_sessions_is_worst(bench):
    """Ten of 100 late beat one error of 100, whatever comes first in the scenario."""
    made = bench.of("sum error == 0", "p95 final_ms <= 800")
    made.play(outcome="timeout", final_ms=None).play(times=15, final_ms=900.0).play(times=84, final_ms=500.0)
    assert made.judge().headline.startswith("Final: p95 is 900 ms")


def test_pooled_gives_its_share(bench):
    """Words have a share and no quantile."""
    made = bench.of("pooled wer <= 12 % per rate").play(times=93, wer=(3, 10))
    assert made.judge().headline == "Word errors at 16 kHz: 30.0 %, the limit is 12 %."


def test_pass_names_the_closest(bench):
    """All hold, and the line whose bound comes nearest to its limit is named; objectives are counted, not lines."""
    made = bench.of("p95 first_partial_ms <= 300 per rate", "p95 final_ms <= 800", "sum error == 0")
    made.play(times=93, first_partial_ms=287.0, final_ms=500.0)
    made.play(bench.clip(rate_hz=8000), times=93, first_partial_ms=259.0, final_ms=500.0)
    assert made.judge().headline == (
        "All 3 objectives hold; closest: first partial at 16 kHz, bound 287 ms, limit 300 ms."
    )


def test_pass_without_a_bound(bench):
    """Where nothing has a bound nothing is closest."""
    assert bench.of("sum error == 0").play().judge().headline == "The one objective holds."


def test_inconclusive_gives_the_reason(bench):
    """What is not decided, how it leans, and how many others there are."""
    made = bench.of("p95 final_ms <= 800", "p95 connect_ms <= 50").play(times=58, final_ms=500.0, connect_ms=5.0)
    assert made.judge().headline == (
        "Final is not decided: none of 58 sessions is over 800 ms; a PASS takes at least 59 sessions, even without a "
        "violation; leaning good: a fresh run of 59 sessions would PASS at 95 % with a chance of 90 %. "
        "1 more line is not decided."
    )


def test_known_limits_are_never_the_headline(bench):
    """A line that is left out of the verdict is left out of its sentence."""
    limit = KnownLimit(objective="o1", reason="the small model is slow")
    made = bench.of("p95 final_ms <= 800", "sum error == 0", known_limits=(limit,)).play(times=60, final_ms=900.0)
    assert made.judge().headline == "The one objective holds."
