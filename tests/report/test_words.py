"""The section on words, put together."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.talk import Talk

from harness.model.measurement import Mistake
from harness.model.verdict import Outcome
from harness.report import words

GONE = ("0 one>", "1 two>", "2 three>", "3 four>")


def built(talk: Talk):
    return words.build(talk.record, talk.measured, (), talk.sessions)


def test_the_heading_says_which_clips_make_most_errors():
    """Half of seven errors are in one clip of three."""
    talk = (
        Talk().play(Talk.clip("a"), *GONE).play(Talk.clip("b"), "0 one>", "1 two>").play(Talk.clip("c"), "3 four>for")
    )
    found = built(talk)
    assert found.heading == "7 of 12\u202fwords are wrong; 1 of 3\u202fclips makes half of them"
    assert found.lede.startswith("Most wrong words: a (4), b (2) and c (1).")


def test_the_lede_names_the_most_frequent_mistake():
    """Once it came twice."""
    talk = Talk().play(Talk.clip("a"), "3 four>for", times=2)
    assert built(talk).lede == "Most wrong words: a (2). The most frequent mistake is “four” heard as “for”, 2 times."
    more = built(talk.play(Talk.clip("a"), "1 two>", "0 one>")).lede
    assert "The three most frequent mistakes make 4 of 4; first “four” heard as “for”, 2 times." in more
    assert "frequent" not in built(Talk().play(Talk.clip("a"), "3 four>for")).lede


def test_descriptive_clips_are_counted_beside():
    """They are not in the heading's numbers."""
    talk = Talk().play(Talk.clip("a"), "3 four>for").play(Talk.clip("h", binding=False), *GONE)
    found = built(talk)
    assert found.heading == "1 of 4\u202fwords is wrong; in one clip"
    assert "4 of 4\u202fwords more in 1\u202fdescriptive clip, which stand apart." in found.lede


def test_a_run_without_a_wrong_word_says_so():
    """And has neither table of mistakes nor anything to rewrite."""
    found = built(Talk().play(Talk.clip(), times=2))
    assert (found.heading, found.lede) == ("All 8\u202fwords are right", "")
    assert (found.confusions, found.respelled, found.changes) == (None, None, None)


def test_a_run_of_silence_alone_speaks_of_silence():
    """There are no words that could be wrong."""
    found = built(Talk().hush(Talk.clip("q", condition="silence")))
    assert found.heading == "Nothing was heard in 1\u202fsession without speech"
    assert built(Talk()) is None


@pytest.mark.parametrize(("metric", "says"), [("wer", "words are wrong"), ("final_ms", ""), ("silence_words", "")])
def test_the_terminal_speaks_of_words_where_a_line_about_them_does_not_pass(failing, metric, says):
    """One line, or none."""
    verdicts = tuple(
        replace(line, outcome=Outcome.FAIL if line.objective.metric == metric else Outcome.PASS)
        for line in failing.judgement.verdicts
    )
    line = words.terminal(failing.record, failing.measured, replace(failing.judgement, verdicts=verdicts))
    assert (says in line) if says else line == ""
    assert "\n" not in line


def test_the_terminal_counts_words_on_silence(failing):
    """Where the line about them does not hold."""
    measured = failing.measured
    rows = tuple(replace(row, numerator=2.0) if row.metric == "silence_words" else row for row in measured.measurements)
    verdicts = tuple(
        replace(line, outcome=Outcome.FAIL if line.objective.metric == "silence_words" else Outcome.PASS)
        for line in failing.judgement.verdicts
    )
    judgement = replace(failing.judgement, verdicts=verdicts)
    line = words.terminal(failing.record, replace(measured, measurements=rows), judgement)
    assert line == "words   64\u202fwords heard where nobody speaks"
    assert words.terminal(failing.record, measured, replace(judgement, outcome=Outcome.INVALID)) == ""


def test_the_page_plays_each_silent_clip_once(failing):
    """However many sessions heard a word in it; what was heard is text, never markup."""
    silent = [one for one in failing.record.manifest.plan.counted if one.clip.key == "silence-room@8000"]
    heard = tuple(
        Mistake(session_id=one.session_id, kind="insert", at=0, of=0, heard="<i>you</i>", at_ns=one.start_ns + 10**9)
        for one in silent[:3]
    )
    rows = tuple(
        replace(row, numerator=1.0)
        if row.metric == "silence_words" and row.session_id in {one.session_id for one in heard}
        else row
        for row in failing.measured.measurements
    )
    measured = replace(failing.measured, mistakes=(*failing.measured.mistakes, *heard), measurements=rows)
    clip = silent[0].clip
    sound = next(iter(failing.audio.values()))
    page = replace(failing, measured=measured, audio={**failing.audio, clip.sha256: sound}).html()
    part = page[page.index("Where nobody speaks") : page.index('id="latency"')]
    assert part.count("<audio") == 1
    assert part.count("<li>") == 3
    assert "&lt;i&gt;you&lt;/i&gt;" in part
    assert "<i>" not in part
    assert "final at 1.00" in part


def test_the_page_draws_words_that_got_worse(failing):
    """From the baseline that the run's folder keeps, blessed from a run of the same plan without a mistake."""
    talk = Talk()
    talk.plans = list(failing.record.manifest.plan.counted)
    talk.outcomes, talk.normaliser = list(failing.measured.outcomes), failing.record.manifest.normaliser
    talk.rows = [replace(row, numerator=0.0) for row in failing.measured.measurements]
    record = replace(failing.record, baseline=talk.blessed())
    hard = [one for one in talk.plans if one.clip.key == "music-moh5@8000"]
    wrong = tuple(
        Mistake(session_id=one.session_id, kind="substitute", at=5, of=14, reference="busy", heard="fizzy")
        for one in hard
    )
    measured = replace(failing.measured, mistakes=wrong)
    page = replace(failing, record=record, measured=measured).html()
    part = page[page.index("Against the baseline") : page.index("Where nobody speaks")]
    assert "“fizzy”" in part
    assert "music-moh5, 8\u202fkHz" in part
    assert "16 of 16" in part
