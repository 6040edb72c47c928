"""Any two runs, slice by slice and clip by clip."""

from __future__ import annotations

import math

from harness.judge.compare import compare


def two(bench, clip_of, now):
    """A run of 20 plays with 500 ms and no errors, and one that differs as `now` says, clip by clip."""
    old, new = bench(), bench()
    for name, metrics in now.items():
        old.play(clip_of(name), times=20, final_ms=500.0, first_partial_ms=200.0, wer=(0, 10))
        new.play(clip_of(name), times=20, **({"final_ms": 500.0, "first_partial_ms": 200.0, "wer": (0, 10)} | metrics))
    return compare((old.record, old.measured), (new.record, new.measured))


def test_a_clip_that_changed_is_told_from_one_that_did_not(bench):
    """The change stands in its own row, with an interval without zero; the other's is unclear."""
    found = two(bench, bench.clip, {"a": {"final_ms": 560.0, "wer": (5, 10)}, "b": {}})
    (a, b) = found.clips
    assert [row.label for row in found.clips] == ["a 16 kHz", "b 16 kHz"]
    assert [one.value for one in a.changes] == [0.5, 60.0, 0.0]
    assert [one.unclear for one in a.changes] == [False, False, True]
    assert all(one.unclear for one in b.changes)


def test_slices_are_all_rates_and_conditions(bench):
    """Everything first, then rates, then conditions at each rate."""
    clips = {"x": bench.clip("x", 8000, "noisy"), "y": bench.clip("y", 16_000, "clean")}
    found = two(bench, clips.__getitem__, {"x": {}, "y": {}})
    assert [row.label for row in found.slices] == ["all", "8 kHz", "16 kHz", "clean 16 kHz", "noisy 8 kHz"]
    assert [row.changes[0].pairs for row in found.slices] == [40, 20, 20, 20, 20]


def test_few_pairs_are_unclear(bench):
    """Two plays of a clip have no interval."""
    old, new = bench().play(times=2, final_ms=1.0), bench().play(times=2, final_ms=900.0)
    found = compare((old.record, old.measured), (new.record, new.measured))
    final = found.clips[0].changes[1]
    assert (final.value, final.low, final.high, final.unclear) == (899.0, -math.inf, math.inf, True)


def test_sessions_of_one_run_alone_are_named(bench):
    """They are in no row."""
    old, new = bench().play(wer=(0, 10)), bench().play(wer=(0, 10)).play(wer=(0, 10))
    found = compare((old.record, old.measured), (new.record, new.measured))
    assert (found.only_new, found.only_old) == (("s0002",), ())


def test_a_run_with_a_baseline_says_what_changed_for_each_clip(bench):
    """Beside the verdicts; a run without a baseline, or with one of another driver, says nothing."""
    old = bench().play(times=20, final_ms=500.0, wer=(0, 10))
    made = bench().play(times=20, final_ms=560.0, wer=(5, 10))
    assert made.judge().changes == ()
    made.baseline = old.blessed()
    words, final = made.judge().changes
    assert (words.clip, words.metric, words.value, words.pairs, words.unclear) == ("c1@16000", "wer", 0.5, 20, False)
    assert (final.metric, final.value) == ("final_ms", 60.0)
    made.baseline = old.blessed(driver="riva")
    assert made.judge().changes == ()
