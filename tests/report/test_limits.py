"""What a clip is held to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.report import facts, limits


@pytest.fixture
def clip(failing):
    sessions = facts.join(failing.record, failing.measured)
    return next(one.clip for one in sessions if one.clip.key == "noisy-babble5@8000")


def held(failing, clip, **more):
    """The final's limits on a noisy clip at 8 kHz, its own line changed."""
    verdicts = tuple(
        replace(line, **more) if line.line_id == "final-noisy[rate=8000]" else line
        for line in failing.judgement.verdicts
    )
    return limits.limits(replace(failing.judgement, verdicts=verdicts), "final_ms", clip)


def test_only_lines_that_read_the_clip_hold_it(failing, clip):
    """Neither those of other rates nor those of other conditions."""
    assert [line.line_id for line in held(failing, clip)] == ["final-noisy[rate=8000]"]


@pytest.mark.parametrize(("value", "marked"), [(700, ""), (720, "close"), (800, "close"), (801, "over")])
def test_over_and_close(failing, clip, value, marked):
    """A tenth below the limit it is close; on the limit it still holds."""
    assert limits.mark(held(failing, clip), value) == marked


def test_over_a_known_limit_is_no_failure(failing, clip):
    """And nothing is close to what does not count."""
    lines = held(failing, clip, known_limit="slow")
    assert (limits.mark(lines, 900), limits.mark(lines, 790)) == ("known", "")


def test_a_line_that_counts_weighs_more_than_a_known_limit(failing, clip):
    """Two lines read the clip: broken is what counts, whatever else is known."""
    known, counts = held(failing, clip, known_limit="slow")[0], held(failing, clip)[0]
    looser = replace(counts, objective=replace(counts.objective, threshold=1000))
    assert [limits.mark((looser, known), value) for value in (850, 950, 1100)] == ["known", "known", "over"]


def test_without_a_limit_nothing_is_marked():
    """There is nothing to be over."""
    assert limits.mark((), 10_000) == ""
