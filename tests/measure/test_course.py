from __future__ import annotations

from dataclasses import replace

import pytest
from support import load_run
from support.load_run import LoadStory, S

from harness.measure.course import BIN_NS, MOST_BINS, course, quantile
from harness.measure.run import measure_run

SMALL = LoadStory(levels=(4, 8), visits=1, visit_s=20, warm_s=5, knee=5.0)


@pytest.fixture(scope="module")
def record():
    return load_run.make(SMALL)


@pytest.fixture(scope="module")
def measured(record):
    return measure_run(record)


@pytest.fixture(scope="module")
def passed(record, measured):
    return course(record, measured)


def test_a_run_without_stages_has_no_course(record, measured):
    """Nothing changes over its time that a picture could show."""
    plan = replace(record.manifest.plan, stages=())
    assert course(replace(record, manifest=replace(record.manifest, plan=plan)), measured) is None


def test_every_session_stands_in_one_bin(record, measured, passed):
    """Arrivals are all that opened, warm-up too; failures are those of the outcomes."""
    assert sum(one.arrivals for one in passed.moments) == len(record.timelines)
    refused = sum(one.outcome == "refused" for one in measured.outcomes)
    warm = {one.session_id for one in record.manifest.plan.sessions if one.warm_up}
    assert refused
    assert sum(one.refused for one in passed.moments) >= refused
    assert sum(one.refused + one.failed for one in passed.moments) - sum(
        one.outcome != "ok" for one in measured.outcomes
    ) <= len(warm)


def test_open_sessions_are_counted_in_the_middle_of_a_bin(record, passed):
    """By when they really opened and ended, not by the plan."""
    for index in (2, 5, 8):
        middle = passed.moments[index].at_ns + BIN_NS // 2
        open_then = [one for one in record.timelines if one.opened_ns <= middle < one.ended_ns]
        assert passed.moments[index].active == len(open_then)


def test_latencies_are_of_counted_sessions_alone(record, measured, passed):
    """Nothing stands where only warm-up sessions spoke."""
    first = min(one.start_ns for one in record.manifest.plan.counted)
    empty = [one for one in passed.moments if one.at_ns + BIN_NS < first]
    assert empty
    assert all(one.final_p95_ms is None and one.first_partial_p50_ms is None for one in empty)
    assert any(one.final_p50_ms for one in passed.moments)


def test_a_long_run_has_longer_bins(record, measured):
    """A day in bins of five seconds is a black area; bins stay whole multiples of five."""
    plan = record.manifest.plan
    stages = (*plan.stages[:-1], replace(plan.stages[-1], until_ns=3 * 3600 * S))
    manifest = replace(record.manifest, plan=replace(plan, stages=stages))
    found = course(replace(record, manifest=manifest), measured)
    assert len(found.moments) <= MOST_BINS
    assert found.bin_ns % BIN_NS == 0
    assert found.bin_ns == 3 * BIN_NS


def test_sessions_that_never_opened_are_nowhere(record, measured):
    """A cut run has fewer of everything, and nothing breaks."""
    lost = record.timelines[-1]
    gone = replace(lost, opened_ns=None, ended_ns=None, heard=(), send_lag_us=(), end_reason="never_started")
    found = course(replace(record, timelines=(*record.timelines[:-1], gone)), measured)
    assert sum(one.arrivals for one in found.moments) == len(record.timelines) - 1


def test_the_quantile_is_that_of_the_house():
    """The order statistic of rank ceil(n*q): no interpolation, and none of nothing."""
    assert quantile([3.0, 1.0, 2.0, 4.0], 0.5) == 2.0
    assert quantile(list(range(1, 21)), 0.95) == 19
    assert quantile([], 0.5) is None
