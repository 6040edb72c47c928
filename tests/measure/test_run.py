"""A whole run: which sessions and which metrics have rows."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

from harness.measure.run import measure_run
from harness.model.limits import Limits
from harness.model.metrics import METRICS
from harness.model.timeline import Errored, Refused

EVERY = {"connect_ms", "error", "send_lag_ms"}
TRUSTED = {
    "first_partial_ms",
    "first_partial_onset_ms",
    "first_correct_word_ms",
    "partial_lag_ms",
    "final_ms",
    "partial_interval_ms",
}
SPEECH = {"upwr", "wer", "early_words"}
ONE = "one two three"
TWO = "one two | three"


def test_a_good_session_has_a_value_for_every_metric_that_applies(stage):
    """Two segments, word times, trusted times: everything but the silence."""
    rows = stage.rows(
        TWO,
        stage.partial(700, "one"),
        stage.partial(1000, "one two"),
        stage.final(1700, "one two", 0, (800, 1200)),
        stage.final(3000, "three", 1, (2600,)),
    )
    assert set(rows) == set(METRICS) - {"silence_words"}
    assert all(row.numerator is not None for row in rows.values())


def test_rows_come_in_the_catalogues_order(stage):
    """So that a run's table reads like the glossary."""
    order = list(METRICS)
    metrics = [order.index(metric) for metric in stage.rows(TWO)]
    assert metrics == sorted(metrics)


def test_silence_has_no_speech_metrics(stage):
    """Not applicable is no row, and a session without a final is ok: silence never poisons a p95."""
    outcome, rows = stage.measured("")
    assert set(rows) == {*EVERY, "silence_words"}
    assert outcome.outcome == "ok"
    assert rows["error"].numerator == 0


def test_a_clip_of_one_segment_has_no_segment_final(stage):
    """Its final is its only one."""
    assert "segment_final_ms" not in stage.rows(ONE)


def test_untrusted_word_times_carry_no_latency_rows(stage):
    """What counts words, and the harness's own health, still apply."""
    rows = stage.rows(TWO, stage.final(3000, TWO.replace("|", ""), 0, (800, 1200, 2600)), clip={"latency": False})
    assert set(rows) == EVERY | SPEECH


def test_a_descriptive_clip_is_measured_like_any_other(stage):
    """Whether objectives read it is the judge's business."""
    assert set(stage.rows(ONE, clip={"binding": False})) == set(stage.rows(ONE))


FAILURES = [
    {"closed": None, "ready_ns": None, "cues": [(-950.0, Refused(code="RESOURCE_EXHAUSTED"))]},
    {"cues": [(600.0, Errored(code="UNAVAILABLE"))]},
    {"closed": "1006", "cues": []},
    {"closed": None, "end_reason": "deadline", "cues": []},
    {"closed": None, "end_reason": "deadline", "ready_ns": None, "cues": []},
    {"cues": []},
]


@pytest.mark.parametrize(("failure", "reference"), list(itertools.product(FAILURES, [ONE, TWO])))
def test_a_failed_session_has_a_row_for_every_metric_that_applies(stage, failure, reference):
    """Failed sessions never leave a denominator: latencies are missing, all words are deletions, the error counts."""
    changes = {key: value for key, value in failure.items() if key != "cues"}
    outcome, rows = stage.measured(reference, *failure["cues"], **changes)
    segments = {"segment_final_ms"} if reference == TWO else set()
    assert set(rows) == EVERY | TRUSTED | SPEECH | segments | {"word_time_error_ms"}
    missing = {metric for metric, row in rows.items() if row.numerator is None}
    assert missing >= TRUSTED | segments | {"upwr", "word_time_error_ms"}
    assert all(rows[metric].reason.endswith(f"({outcome.outcome})") for metric in missing)
    assert rows["wer"].value == 1
    assert rows["error"].numerator == 1
    assert rows["error"].reason.startswith(outcome.outcome)


def test_what_a_session_gave_before_it_failed_keeps_its_value(stage):
    """A first partial that was seen was seen; the final that never came is missing."""
    rows = stage.rows(ONE, stage.partial(950, "one"), (1000, Errored(code="UNAVAILABLE", detail="Socket closed")))
    assert rows["first_partial_ms"].numerator == 150
    assert rows["final_ms"].numerator is None
    assert rows["final_ms"].reason == "no final came (unavailable)"
    assert rows["error"].reason == "unavailable: UNAVAILABLE: Socket closed"


def test_a_session_that_dispatched_no_frame_has_no_send_lag(stage):
    """The harness cannot have been late with nothing; otherwise its worst frame counts, in ms."""
    assert "send_lag_ms" not in stage.rows(ONE, send_lag_us=())
    assert stage.rows(ONE)["send_lag_ms"].numerator == 0.7


@pytest.mark.parametrize("reason", ["cut", "never_started"])
def test_an_unmeasured_session_has_no_rows(stage, reason):
    """It is neither good nor bad: the judge counts it as not measured."""
    outcome, rows = stage.measured(ONE, stage.final(2000, ONE), end_reason=reason)
    assert not outcome.measured
    assert rows == {}


def _record(stage, *sessions, limits=Limits()):  # noqa: B008  frozen
    """The plans' and timelines' part of a record, which is all that measuring reads."""
    plans = tuple(plan for plan, _ in sessions)
    plan = SimpleNamespace(counted=tuple(each for each in plans if not each.warm_up))
    timelines = tuple(timeline for _, timeline in sessions if timeline is not None)
    scenario = SimpleNamespace(limits=limits)
    return SimpleNamespace(manifest=SimpleNamespace(plan=plan, scenario=scenario), timelines=timelines)


def _session(stage, session_id, *cues, warm_up=False, **changes):
    plan = stage.plan(stage.clip(ONE), session_id=session_id, warm_up=warm_up)
    return plan, stage.timeline(*cues, session_id=session_id, **changes)


def test_a_run_is_measured_in_plan_order_without_its_warm_up(stage):
    """Sessions of the warm-up are sent and not counted."""
    final = stage.final(2000, ONE)
    record = _record(
        stage, _session(stage, "w", final, warm_up=True), _session(stage, "b", final), _session(stage, "a", final)
    )
    result = measure_run(record)
    assert [outcome.session_id for outcome in result.outcomes] == ["b", "a"]
    assert [session for session, _ in itertools.groupby(result.measurements, lambda row: row.session_id)] == ["b", "a"]


def test_a_planned_session_without_a_timeline_was_never_started(stage):
    """A crashed run accounts for every planned session."""
    plan, _ = _session(stage, "lost")
    result = measure_run(_record(stage, (plan, None)))
    assert [(o.outcome, o.measured) for o in result.outcomes] == [("never_started", False)]
    assert result.measurements == ()


def test_word_times_are_the_contracts_business_not_the_sessions(stage):
    """Where nobody in the run heard any there is no row; where somebody did, a session without a final is missing."""
    lost = _session(stage, "lost")
    plain = _session(stage, "plain", stage.final(2000, ONE))
    timed = _session(stage, "timed", stage.final(2000, ONE, 0, (800, 1200, 1600)))

    def rows(*sessions):
        measurements = measure_run(_record(stage, *sessions)).measurements
        return [(row.session_id, row.numerator) for row in measurements if row.metric == "word_time_error_ms"]

    assert rows(lost, plain) == []
    assert rows(lost, timed) == [("lost", None), ("timed", 0)]


def test_a_run_knows_which_mistakes_are_only_written_otherwise(stage):
    """They stand beside the mistakes, which stay what they are."""
    plan = stage.plan(stage.clip("every one knows"))
    result = measure_run(_record(stage, (plan, stage.timeline(stage.final(3000, "everyone knows")))))
    assert [(one.session_id, one.kind, one.errors) for one in result.respellings] == [("s1", "compound", 2)]
    assert len(result.mistakes) == 2


def test_a_scenario_can_ask_for_a_stricter_pace(stage):
    """A frame 700 us late disturbs where half a ms is the limit."""
    session = _session(stage, "a", stage.final(2000, ONE))
    strict = measure_run(_record(stage, session, limits=Limits(tick_late_ms=0.5))).outcomes[0]
    assert strict.disturbed == "Frame 1 was dispatched 0.7 ms after it was due."
    assert measure_run(_record(stage, session)).outcomes[0].disturbed == ""
