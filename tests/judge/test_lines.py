"""Which lines are judged, which sessions they read, and how many share the error of FAIL."""

from __future__ import annotations

from harness.judge.lines import gates, judged_lines
from harness.model.metrics import METRICS
from harness.model.scenario import KnownLimit

PER_RATE = "p95 final_ms <= 800 per rate"


def lines_of(made):
    return judged_lines(made.record.manifest)


def test_per_splits_by_the_plan(bench):
    """`per rate` is a line a planned rate, in the order of their numbers."""
    made = bench.of(PER_RATE).play(bench.clip(rate_hz=16_000), times=3).play(bench.clip(rate_hz=8000), times=2)
    assert [(line.slice, len(line.sessions)) for line in lines_of(made)] == [
        ((("rate", "8000"),), 2),
        ((("rate", "16000"),), 3),
    ]


def test_levels_split_the_sessions_of_one_clip(bench):
    """What one clip is at level 4 is another line than what it is at 12; the lower level comes first."""
    clip = bench.clip()
    made = bench.of("p95 final_ms <= 800 per level", "p95 final_ms <= 800 where level = 12")
    made.play(clip, level=12, times=2).play(clip, level=4, times=3)
    assert [(line.slice, len(line.sessions)) for line in lines_of(made)] == [
        ((("level", "4"),), 3),
        ((("level", "12"),), 2),
        ((), 2),
    ]


def test_a_known_limit_of_a_level_leaves_the_others_alone(bench):
    """And an undivided line has sessions of other levels, so it is judged."""
    limit = KnownLimit(objective="o1", where=(("level", ("12",)),), reason="two cores")
    made = bench.of("p95 final_ms <= 800 per level", known_limits=(limit,)).play(level=12).play(level=4)
    assert [line.known_limit for line in lines_of(made)] == ["", "two cores"]
    undivided = bench.of("p95 final_ms <= 800", known_limits=(limit,)).play(level=12).play(level=4)
    assert [line.known_limit for line in lines_of(undivided)] == [""]
    assert [line.known_limit for line in lines_of(bench.of(PER_RATE, known_limits=(limit,)).play())] == [""]


def test_where_selects(bench):
    """Only sessions whose clip has one of the values are in the line."""
    made = bench.of("p95 final_ms <= 800 where condition in noisy, music and rate = 8000")
    for condition in ("noisy", "music", "clean"):
        for rate in (8000, 16_000):
            made.play(bench.clip(condition, rate, condition))
    (line,) = lines_of(made)
    assert {session.clip.condition for session in line.sessions} == {"noisy", "music"}
    assert {session.clip.rate_hz for session in line.sessions} == {8000}


def test_clips_that_do_not_bind_and_warm_up_are_in_no_line(bench):
    """Descriptive clips and warm-up sessions are played and not judged."""
    made = bench.of(PER_RATE).play(bench.clip(binding=False)).play(warm_up=True).play()
    assert [len(line.sessions) for line in lines_of(made)] == [1]


def test_a_slice_to_which_the_metric_cannot_apply_is_no_line(bench):
    """Silence and clips with doubtful word times open no latency line of their own."""
    made = bench.of("p95 final_ms <= 800 per condition", "pooled wer <= 12 % per condition")
    made.play(bench.clip("quiet", condition="silence")).play(bench.clip("odd", condition="music", latency=False)).play()
    assert [line.slice for line in lines_of(made)] == [
        (("condition", "clean"),),
        (("condition", "clean"),),
        (("condition", "music"),),
    ]


def test_one_segment_has_no_segment_final(bench):
    """`segment_final_ms` reads clips of several segments only."""
    segments = bench.clip().segments * 2
    made = bench.of("p95 segment_final_ms <= 800").play().play(bench.clip("two", segments=segments))
    assert [len(line.sessions) for line in lines_of(made)] == [1]


def test_every_metric_of_the_catalogue_can_be_planned(bench):
    """The catalogue's words for where a metric applies are all understood."""
    made = bench.of(*(f"{metric.aggregates[0]} {name} <= 0.5" for name, metric in METRICS.items())).play()
    assert len(lines_of(made)) == len(METRICS)


def test_an_objective_without_a_planned_session_is_one_empty_line(bench):
    """A narrowed run cannot drop an objective silently."""
    (line,) = lines_of(bench.of("p95 final_ms <= 800 where condition = noisy per rate").play())
    assert (line.slice, line.sessions) == ((), ())


def test_m_counts_gating_lines_with_a_bound(bench):
    """Two rates are two, delta is one; max, sum, must-be-zero, advisory, empty and known-limit lines are none."""
    texts = (PER_RATE, "max final_ms <= 900", "sum error == 0", "rate error <= 0 %", "delta p95 final_ms <= 50")
    advisory = bench.objective("p95 connect_ms <= 9", "advisory", gate=False)
    objectives = (*bench.of(*texts, "p50 final_ms <= 9 where condition = noisy").objectives, advisory)
    made = bench(objectives=objectives).play(bench.clip(rate_hz=8000)).play()
    assert gates(lines_of(made)) == 3
    made.known_limits = (KnownLimit(objective="o1", where=(("rate", ("8000",)),), reason="small model"),)
    assert gates(lines_of(made)) == 2


def test_a_known_limit_names_its_line_by_slice_or_where(bench):
    """Only the line that lies inside the limit's `where` is meant, whether `per` or `where` puts it there."""
    limit = KnownLimit(objective="o1", where=(("condition", ("noisy",)), ("rate", ("8000",))), reason="small model")
    made = bench.of("p95 final_ms <= 800 where condition = noisy per rate", PER_RATE, known_limits=(limit,))
    made.play(bench.clip("a", 8000, "noisy")).play(bench.clip("a", 16_000, "noisy"))
    assert [line.known_limit for line in lines_of(made)] == ["small model", "", "", ""]


def test_a_real_target_has_no_known_limits(bench):
    """Limits are for the embedded target, whatever a file says."""
    made = bench.of(PER_RATE, kind="real", known_limits=(KnownLimit(objective="o1", reason="small model"),)).play()
    assert [line.known_limit for line in lines_of(made)] == [""]


def test_lines_have_the_names_of_their_verdicts(bench):
    """Who knows the plan knows what will be judged: tests are named before the run and found again after it."""
    made = bench.of(PER_RATE, "sum error == 0").play(bench.clip(rate_hz=8000)).play()
    names = [line.line_id for line in lines_of(made)]
    assert names == ["o1[rate=8000]", "o1[rate=16000]", "o2"]
    assert names == [verdict.line_id for verdict in made.judge().verdicts]
