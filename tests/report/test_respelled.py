"""What each judged line would be without words that are only written otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.talk import Talk

from harness.model.scenario import Objective
from harness.model.verdict import Estimate, Outcome, Verdict
from harness.report import respelled
from harness.report.facts import Standing
from harness.report.spoken import spoken

WER = Objective(
    objective_id="wer", text="pooled wer <= 12 %", aggregate="pooled", metric="wer", op="<=", threshold=0.12
)
SAME = (("compound", 0, "one two", "onetwo", 2),)


def built(talk: Talk, outcome: Outcome = Outcome.FAIL, objective: Objective = WER, part: tuple = ()):
    estimate = Estimate(metric="wer", aggregate="pooled", n=9, missing=0, value=0.5)
    line = Verdict(objective=objective, slice=part, outcome=outcome, estimate=estimate, reason="")
    standing = Standing(objective=objective, title="Word errors", lines=(line,))
    return respelled.build(talk.measured, [standing], spoken(talk.measured, talk.sessions))


def talk_of(*more: str, plays: int = 4) -> Talk:
    """Two wrong words of 4 that are only a compound, and those given; then plays without a mistake."""
    return Talk().play(Talk.clip(), "0 one>onetwo", "1 two>", *more, same=SAME).play(Talk.clip(), times=plays)


def test_the_sentence_counts_wrong_words_by_kind():
    """Of all wrong words, so many, and which."""
    talk = talk_of("3 four>for").play(Talk.clip(), "3 four>4th", same=(("number", 3, "four", "4th", 1),))
    found = built(talk)
    assert found.sentence == ("Of the 4\u202fwrong words, 3 differ only in how they are written: compound 2, number 1.")
    assert found.examples == "“four” as “4th” (1), “one two” as “onetwo” (1)"


def test_without_any_it_is_said_and_no_line_is_drawn():
    """None is a finding too."""
    found = built(Talk().play(Talk.clip(), "3 four>for"))
    assert found.sentence.startswith("None of the 1\u202fwrong word differs only in how it is written")
    assert (found.lines, found.verdicts) == ((), ())
    assert built(Talk().play(Talk.clip())) is None


@pytest.mark.parametrize(
    ("outcome", "plays", "meets"),
    [
        (Outcome.FAIL, 3, True),  # 2 of 16 is over 12 %, none is not
        (Outcome.INCONCLUSIVE, 3, True),
        (Outcome.PASS, 3, False),  # nothing to be said of a line that holds
        (Outcome.INCONCLUSIVE, 20, False),  # its value is within the limit already: the bound is what it lacks
    ],
)
def test_a_line_that_would_meet_its_limit_says_so(outcome, plays, meets):
    """By value, and its verdict stays."""
    found = built(talk_of(plays=plays), outcome)
    assert found.lines[0].meets is meets
    assert bool(found.verdicts) is meets
    if meets:
        assert found.verdicts[0] == (
            "Without them “Word errors” would be 0.0\u202f%, within its limit of 12\u202f% by value; "
            f"its verdict stays {outcome.value}, as words are judged as written."
        )


def test_a_line_that_stays_over_its_limit_says_nothing():
    """Two of three wrong words gone, and still too many."""
    found = built(talk_of("3 four>for", plays=0))
    assert [(line.wrong, line.same, line.value, line.without) for line in found.lines] == [
        (3, "2 (compound 2)", "75.0\u202f%", "25.0\u202f%")
    ]
    assert found.verdicts == ()


def test_lines_read_their_own_slice_only():
    """Another rate's compounds are none of this line's."""
    talk = talk_of().play(Talk.clip(rate_hz=8000), "3 four>for")
    found = built(talk, objective=replace(WER, per=("rate",)), part=(("rate", "8000"),))
    assert [(line.label, line.wrong, line.same) for line in found.lines] == [("Word errors, 8\u202fkHz", 1, "0")]


def test_comparisons_with_the_baseline_are_no_such_line():
    """Their value is a difference."""
    assert built(talk_of(), objective=replace(WER, delta=True)).lines == ()


def test_descriptive_clips_are_not_counted():
    """No judged line reads them."""
    talk = Talk().play(Talk.clip(), "3 four>for")
    talk.play(Talk.clip("hard", binding=False), "0 one>onetwo", "1 two>", same=SAME)
    assert built(talk).sentence.startswith("None of the 1\u202fwrong word")
