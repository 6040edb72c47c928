from __future__ import annotations

import math

from harness.measure import series
from harness.model.timeline import Sample, Timeline

S = 1_000_000_000


def samples(source, metric, *values):
    return [Sample(at_ns=at * 2 * S, source=source, metric=metric, value=value) for at, value in enumerate(values)]


def by_name(found):
    return {(one.source, one.metric): [value for _, value in one.points] for one in found}


def test_gauges_stay_what_they_are_in_order_of_time():
    """By metric and source; what is no number was not measured."""
    told = [*samples("riva", "cpu_percent", 10.0, math.nan, 30.0), *samples("gateway", "cpu_percent", 5.0)]
    found = series.series(reversed(told))
    assert by_name(found) == {("gateway", "cpu_percent"): [5.0], ("riva", "cpu_percent"): [10.0, 30.0]}
    assert [at for at, _ in found[1].points] == [0, 4 * S]


def test_a_counter_is_told_as_what_it_grew_by_a_second():
    """A server that began anew has no rate at that moment, and never a negative one."""
    found = series.series(samples("gateway", 'requests_total{code="200"}', 10, 30, 4, 8))
    assert by_name(found) == {("gateway", 'requests_total a second{code="200"}'): [10.0, 2.0]}


def test_buckets_of_histograms_are_no_series():
    """Nobody can read them as lines."""
    assert series.series(samples("gateway", 'wait_bucket{le="1"}', 1, 2)) == ()


def test_queue_time_is_the_waiting_of_those_that_came():
    """Growth of the time waited over growth of the requests, per model; where none came there is none."""
    told = [
        *samples("riva", 'nv_inference_count{model="asr"}', 100, 110, 110, 130),
        *samples("riva", 'nv_inference_queue_duration_us{model="asr"}', 0, 50_000, 50_000, 90_000),
    ]
    assert by_name(series.series(told))["riva", f'{series.QUEUE}{{model="asr"}}'] == [5.0, 2.0]


def test_engines_are_told_at_their_worst():
    """Each by itself: an average over workers hides the one that is too slow. What was not read is None.

    An engine on another host is known by the sessions that it played.
    """
    told = [
        *samples("engine 1", "loop_busy_percent", 20.0, 70.0, 30.0),
        *samples("engine 2", "loop_busy_percent", 20.0, 21.0),
        *samples("engine 2", "tick_late_ms", 12.0, 31.0),
        *samples("riva", "cpu_percent", 99.0),
    ]
    played = [
        Timeline(session_id=f"s{number}", end_reason="completed", opened_ns=0, send_lag_us=(100, lag_us), engine=name)
        for number, (lag_us, name) in enumerate([(900, "engine 1"), (200, "engine 1"), (700, "engine 3"), (5, "")])
    ]
    one, two, three = series.engines(told, played)
    assert (one.source, one.busy_percent, one.late_ticks, one.tick_late_ms) == ("engine 1", 70.0, 0, None)
    assert (one.sessions, one.send_lag_p99_us, two.sessions, two.send_lag_p99_us) == (2, 900, 0, None)
    assert series.engines(told, ())[0].sessions is None
    assert (three.source, three.sessions, three.send_lag_p99_us, three.busy_percent) == ("engine 3", 1, 700, None)
    assert (two.source, two.busy_percent, two.late_ticks, two.tick_late_ms) == ("engine 2", 21.0, 2, 31.0)
    assert one.waiting_percent is None
