"""Lines of a load run: bounds that know of shared moments, and what keeps a level from a PASS."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from judge.ladder import FINAL, Ladder, mixed

from harness.judge.slo import judge
from harness.model.verdict import Outcome
from harness.stats.blocked import blocked_bound


def verdict(ladder: Ladder):
    """The verdict of a run with one line."""
    (found,) = ladder.part.judgement.verdicts
    return found


def with_words(ladder: Ladder, wrong) -> Ladder:
    """The ladder with so many of ten words wrong in a visit's n-th session."""
    words = [row for row in ladder.bench.rows if row.metric == "wer"]
    ladder.bench.rows = [row for row in ladder.bench.rows if row.metric != "wer"]
    ladder.bench.rows += [replace(row, numerator=wrong(at % 200)) for at, row in enumerate(words)]
    return ladder


def late_in(windows: int, n: int = 200, each: int = 12) -> list[float | None]:
    """`each` late sessions in a row at the beginning of every so many."""
    return [900.0 if at % (n // windows) < each else 500.0 + at % 7 for at in range(n)]


def test_an_evenly_good_level_passes_and_says_what_its_sessions_are_worth(bench):
    """600 sessions, 6 late, none bunched: the design effect is 1, and only the few batches cost something."""
    found = verdict(Ladder(bench).visits(40, mixed(200, 2)))
    assert (found.outcome, found.line_id) == (Outcome.PASS, "o1[level=40]")
    assert (found.estimate.n, found.estimate.violations) == (600, 6)
    assert found.estimate.high is not None
    assert 500 < found.estimate.high <= 800
    assert "6 of 600 sessions are over 800 ms" in found.reason
    assert "d = 1.0 over 10 batches of 20 s" in found.reason


def test_the_same_count_in_bunches_does_not_pass(bench):
    """3 % late is a PASS where they are spread and none where they came within seconds of each other."""
    spread, bunched = mixed(200, 6), [900.0] * 6 + mixed(194, 0)
    assert verdict(Ladder(bench).visits(40, spread)).outcome is Outcome.PASS
    found = verdict(Ladder(bench).visits(40, bunched))
    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.leaning == "good"
    assert "n* = " in found.reason
    assert found.fresh_n > 600


def test_the_bound_is_the_blocked_one_of_planned_ends_of_speech(bench):
    """Not of what arrived when: ends are start plus the clip's last word, and the bound is the published one."""
    ladder = Ladder(bench).visits(40, late_in(4))
    part = ladder.part
    ends = np.array([one.start_ns / 1e9 + 10 for one in part.plan.sessions])
    values = np.array([row.value for row in part.measured.measurements if row.metric == "final_ms"])
    expected = blocked_bound(ends, values, 800.0, confidence=0.95)
    found = judge(part.record, part.measured).verdicts[0]
    assert expected is not None
    assert f"n* = {expected.effective_n:,.0f}" in found.reason
    assert f"d = {expected.design_effect:.1f} over {expected.batches} batches of {expected.batch_s:g} s" in found.reason


def test_a_level_far_over_its_limit_fails(bench):
    """Half of 600 late is shown to be bad, bunched or not."""
    for values in (mixed(200, 100), late_in(5, each=20)):
        found = verdict(Ladder(bench).visits(40, values))
        assert found.outcome is Outcome.FAIL
        assert "5 % may be" in found.reason


def test_fail_is_held_at_the_confidence_that_the_run_s_lines_share(bench):
    """A count that alone FAILs does not among twenty levels."""
    alone = Ladder(bench).visits(20, mixed(200, 14))
    among = Ladder(bench).visits(20, mixed(200, 14))
    for level in range(21, 40):
        among.visit(level, mixed(30, 0))
    assert verdict(alone).outcome is Outcome.FAIL
    assert among.part.judgement.verdicts[0].outcome is Outcome.INCONCLUSIVE


def test_a_rising_level_cannot_pass(bench):
    """No session is late, but each visit is slower than the one before: by the next hour they may be."""
    rising = [500.0 + 0.3 * at for at in range(600)]
    ladder = Ladder(bench)
    for start in (0, 200, 400):
        ladder.visit(40, rising[start : start + 200])
    found = verdict(ladder)
    assert (found.outcome, found.estimate.violations) == (Outcome.INCONCLUSIVE, 0)
    assert "not steady: the median of 10 s rises by 1" in found.reason


@pytest.mark.parametrize(("n", "outcome"), [(299, Outcome.INCONCLUSIVE), (300, Outcome.PASS)])
def test_a_level_takes_300_sessions(bench, n, outcome):
    """Below that neither PASS nor FAIL, however clear it looks."""
    assert verdict(Ladder(bench).visit(40, mixed(n, 0), seconds=180.0)).outcome is outcome
    bad = verdict(Ladder(bench).visit(40, [900.0] * n, seconds=180.0))
    assert (bad.outcome is Outcome.FAIL) == (n >= 300)
    assert ("at least 300 sessions" in bad.reason) == (n < 300)


def test_a_level_takes_eight_batches_of_ten_seconds(bench):
    """A thousand sessions within a minute share it, and nothing tells how."""
    found = verdict(Ladder(bench).visit(40, mixed(1000, 0), seconds=60.0))
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "fewer than 8 batches of 10 s" in found.reason
    assert (found.estimate.low, found.estimate.high) == (None, None)


def test_failed_sessions_are_late_ones_too(bench):
    """A refused session has no final, which is worst; and the error rate has it in its own line."""
    ladder = Ladder(bench, FINAL, "rate error <= 1 %").visits(40, mixed(200, 40, bad=None))
    final, error = ladder.part.judgement.verdicts
    assert (final.outcome, final.estimate.violations, final.estimate.missing) == (Outcome.FAIL, 120, 120)
    assert (error.outcome, error.estimate.violations) == (Outcome.FAIL, 120)
    assert error.estimate.low < 0.2 < error.estimate.high


def test_the_bound_in_ms_says_what_the_count_says(bench):
    """The bound of the p95 lies at or below the limit exactly where the level passes, at any count of late sessions."""
    outcomes = set()
    for late in range(11):
        found = verdict(Ladder(bench).visits(40, mixed(200, late)))
        outcomes.add(found.outcome)
        assert (found.estimate.high <= 800) == (found.outcome is Outcome.PASS)
    assert outcomes == {Outcome.PASS, Outcome.INCONCLUSIVE}


def test_a_value_on_the_limit_holds_for_le_and_not_for_lt(bench):
    """`<= 800` is kept by 800 exactly, `< 800` is broken by it."""
    assert verdict(Ladder(bench).visits(40, [800.0] * 200)).outcome is Outcome.PASS
    assert verdict(Ladder(bench, "p95 final_ms < 800").visits(40, [800.0] * 200)).outcome is Outcome.FAIL


def test_where_large_is_good_the_small_and_the_missing_violate(bench):
    """The mirror: bounds swap sides, and a session without a value is no large one."""
    text = "p95 final_ms >= 400"
    good = verdict(Ladder(bench, text).visits(40, mixed(200, 0)))
    lost = verdict(Ladder(bench, text).visits(40, [None] * 200))
    assert good.outcome is Outcome.PASS
    assert good.estimate.low >= 400
    assert (lost.outcome, lost.estimate.violations) == (Outcome.FAIL, 600)
    assert lost.estimate.high == -math.inf


def test_each_level_is_its_own_line(bench):
    """Sliced per level, in rising order; one level's sessions say nothing of another."""
    part = Ladder(bench).visits(100, mixed(200, 60)).visits(20, mixed(200, 0)).part
    assert [(one.line_id, one.outcome) for one in part.judgement.verdicts] == [
        ("o1[level=20]", Outcome.PASS),
        ("o1[level=100]", Outcome.FAIL),
    ]


def test_a_run_without_stages_keeps_the_plain_bound(bench):
    """59 sessions without a violation pass there, as ever."""
    assert bench.of(FINAL).play(times=59, final_ms=500.0).only().outcome is Outcome.PASS


def test_word_errors_that_came_together_certify_less(bench):
    """As many words wrong in both runs; where they came within seconds of each other the bound is wider."""

    def played(wrong):
        ladder = Ladder(bench, "pooled wer <= 9 %").visits(40, [500.0] * 200, wer=(0, 10))
        return verdict(with_words(ladder, wrong))

    spread, bunched = played(lambda at: 10.0 * (at % 20 == 3)), played(lambda at: 10.0 * (at < 10))
    assert (spread.outcome, spread.estimate.value) == (Outcome.PASS, 0.05)
    assert (bunched.outcome, bunched.estimate.value) == (Outcome.INCONCLUSIVE, 0.05)
    assert bunched.estimate.high > spread.estimate.high + 0.03
    assert "so they count as n* = " in bunched.reason
    assert bunched.fresh_n > spread.estimate.n


def test_word_errors_of_a_level_take_300_sessions_too(bench):
    """And eight batches: else nothing tells how far they share bad moments."""
    few = verdict(Ladder(bench, "pooled wer <= 12 %").visit(40, [500.0] * 299, seconds=180.0, wer=(0, 10)))
    short = verdict(Ladder(bench, "pooled wer <= 12 %").visit(40, [500.0] * 400, seconds=60.0, wer=(0, 10)))
    assert (few.outcome, short.outcome) == (Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE)
    assert "at least 300 sessions" in few.reason
    assert "fewer than 8 batches" in short.reason
