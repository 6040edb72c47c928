"""True, noteworthy, and no verdict."""

from __future__ import annotations

from harness.model.run import Identity, Vitals
from harness.model.scenario import KnownLimit, Observe
from harness.model.timeline import Errored, Sample
from harness.model.verdict import Outcome


def findings(made) -> str:
    return "\n".join(made.judge().findings)


def test_a_calm_run_has_none_but_its_error_rate(bench):
    """Even a clean run of 93 sessions says that it is no certificate of < 0.5 %."""
    made = bench.of("sum error == 0").play(times=93)
    assert made.judge().findings == (
        (
            "0 failures in 93 sessions certify an error rate below 3.2 %; "
            "< 0.5 % is not certified by so few, it takes 598 sessions."
        ),
    )


def test_enough_sessions_certify_the_error_rate(bench):
    """From 598 clean sessions there is nothing to add."""
    assert bench.of("sum error == 0").play(times=598).judge().findings == ()


def test_a_changed_identity_is_a_finding_and_not_invalid(bench):
    """It names what changed; the verdict stands."""
    after = Identity(facts=(("model", "large"), ("gateway", "0.1.0"), ("build", "7")))
    made = bench.of("max final_ms <= 800", vitals=Vitals(identity_after=after)).play(final_ms=1.0)
    assert made.judge().outcome is Outcome.PASS
    assert findings(made) == (
        "The target changed during the run: build was absent and is 7, model was tiny and is large."
    )


def test_an_identity_that_could_not_be_read_is_a_finding(bench):
    """A kill drill must be able to FAIL: a dead target cannot say who it is."""
    made = bench.of("max final_ms <= 800", vitals=Vitals(identity_after=None)).play(final_ms=900.0)
    assert made.judge().outcome is Outcome.FAIL
    assert findings(made) == "What the target is could not be read after the run."


def test_failed_warm_up_is_a_finding(bench):
    """Warm-up is not counted, and its failures are not hidden."""
    made = bench.of("max final_ms <= 800").play(warm_up=True, heard=((1, Errored(code="UNAVAILABLE")),))
    made.play(warm_up=True).play(final_ms=1.0)
    assert findings(made) == "1 of 2 warm-up sessions failed (s0001: UNAVAILABLE); they are not counted."


def test_a_known_limit_that_passed_is_a_finding(bench):
    """Perhaps it is no limit any more."""
    limit = KnownLimit(objective="o1", reason="the small model is slow.")
    made = bench.of("max final_ms <= 800", known_limits=(limit,)).play(final_ms=1.0)
    assert findings(made) == "Known limit o1 passed this time (the small model is slow)."


def test_processes_of_which_nothing_was_read_are_named(bench):
    """What was to be observed and never spoke is said, not shown as zero."""
    watched = (Observe(kind="process", of="gateway"), Observe(kind="process", of="riva"))
    cpu = Sample(at_ns=1, source="gateway", metric="cpu_percent", value=3.0)
    made = bench.of("max final_ms <= 800", observe=watched, samples=(cpu,)).play(final_ms=1.0)
    assert findings(made) == "Not measured, because nothing was read from it: process riva."


def test_a_narrowed_run_says_so(bench):
    """What the command line cut away stands first."""
    made = bench.of("max final_ms <= 800", narrowed=("rate 8000",)).play(final_ms=1.0)
    assert findings(made).startswith("This run was narrowed on the command line (rate 8000)")


def test_a_crashed_run_says_so(bench):
    """What nobody looked at afterwards is named."""
    made = bench.of("max final_ms <= 800", vitals=None).play(final_ms=1.0)
    assert findings(made).startswith("The run crashed before its end")
