"""Twelve seeded defects, each caught by name: plan, engine, measurement and judge on the committed corpus, no sockets.

The clips' word times are trusted here whatever the corpus says of them, because the double speaks exactly to them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from doubles.recogniser import MS, Defect, recognise
from support.processes import ROOT
from support.virtual import play

from harness.corpus.load import load_corpus
from harness.drivers.scripted import Answer
from harness.judge.slo import judge
from harness.judge.symptoms import symptoms
from harness.measure.run import measure_run
from harness.model.plan import SessionPlan
from harness.model.timeline import Closed, Opened
from harness.model.verdict import Judgement, Outcome
from harness.scenario.load import load_scenario
from harness.scenario.plan import check, make_plan

SCENARIO = """
name: defects
clips:
  - {select: {clip: [clean-tidigits-2934z, clean-cross, clean-forig]}, repeat: 10}
  - {select: {clip: clean-hts-a}, repeat: 30}
  - {select: {condition: [silence, long]}}
arrival: {lanes: 64, seed: 7, think_ms: 1000}
pacing:  {frame_ms: 100, end_after_ms: 200}
objectives:
  first-partial: p95 first_partial_ms <= 300 per rate
  final:         p95 final_ms <= 800 per rate
  segment-final: p95 segment_final_ms <= 800
  errors:        sum error == 0
  wer:           pooled wer <= 6 % where condition = clean per rate
  wer-long:      pooled wer == 0 where condition = long
  upwr:          pooled upwr <= 20 % where condition = clean
  word-times:    p95 word_time_error_ms <= 100
  early:         sum early_words == 0
  silence:       sum silence_words == 0 where condition = silence
"""

Judged = tuple[Judgement, tuple[str, ...]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Defect], Judged]:
    """A recogniser's judgement and symptoms."""
    file = tmp_path_factory.mktemp("scenario") / "defects.yaml"
    file.write_text(SCENARIO, encoding="utf-8")

    def judged(defect: Defect) -> Judged:
        scenario, plan = planned(file)
        record = play(scenario, plan, lambda session: answers(session, defect))
        measured = measure_run(record)
        return judge(record, measured), tuple(symptoms(record, measured))

    return cache(judged)


@cache
def planned(file: Path):
    corpus = tuple(replace(clip, latency=clip.has_speech) for clip in load_corpus(ROOT))
    scenario = check(load_scenario(file), corpus, file.name)
    return scenario, make_plan(scenario, corpus)


def answers(session: SessionPlan, defect: Defect) -> Sequence[Answer]:
    cues = recognise(session, defect)
    said = [Answer(after="start", delay_ns=at_ns - session.start_ns, heard=heard) for at_ns, heard in cues]
    last_ns = max([session.spoken_ns, *(one.delay_ns for one in said)])
    ready = Answer(after="open", delay_ns=50 * MS, heard=Opened())
    return [ready, *said, Answer(after="start", delay_ns=last_ns + 50 * MS, heard=Closed(code="OK"))]


@pytest.mark.slow
@pytest.mark.parametrize("defect", [Defect.NONE, Defect.UPPER_CASE, Defect.DIGITS])
def test_what_is_no_defect_passes_without_a_symptom(run, defect: Defect) -> None:
    """A perfect recogniser PASSes, and so it does in capitals with punctuation, and with numbers as digits."""
    judgement, found = run(defect)
    assert judgement.outcome is Outcome.PASS, judgement.headline
    assert found == ()


# The normaliser makes one word of the twenty sessions of digits: of those it sees no last word, and no neighbours.
WER = {"wer[rate=8000]", "wer[rate=16000]", "wer-long"}
FIRST = {"first-partial[rate=8000]", "first-partial[rate=16000]"}
LAST = {"final[rate=8000]", "final[rate=16000]", "segment-final"}
LATE_8 = {"first-partial[rate=8000]", "final[rate=8000]", "segment-final"}
CASES = {
    Defect.DROPS_LAST_WORD: (WER, "The last word is missing in 102 of 122 sessions (4 recordings)"),
    Defect.SWAPS_TWO_WORDS: (WER, "Neighbouring words are swapped in 102 of 122 sessions (4 recordings)"),
    Defect.LATE_ON_8_KHZ: (
        LATE_8,
        (
            "At 8 kHz the target answers later than at 16 kHz, clip by clip: first partial by 400 ms "
            "(400 to 400 ms at 95 %, 61 pairs); final by 400 ms (400 to 400 ms at 95 %, 61 pairs)."
        ),
    ),
    Defect.WORDS_ON_SILENCE: ({"silence"}, "16 words heard on silence, in 8 of 8 sessions in which nobody speaks"),
    Defect.NO_PARTIALS: (FIRST, "No partial came before the final in 122 of 122 sessions (5 recordings)"),
    Defect.REPEATS_A_SEGMENT: (WER, "A segment came twice in 122 of 122 sessions (5 recordings)"),
    Defect.FINAL_BEFORE_THE_END: (
        {"errors", *LAST},
        "The last final came before the speech had ended in 122 of 122 sessions (5 recordings), typically 250 ms",
    ),
    Defect.FLICKERS: ({"upwr"}, "Partials flicker"),
    Defect.SCALES_WORD_TIMES: (
        {"word-times", "segment-final"},
        "Heard word times are scaled: they run 1.100 times as long as the reference's (1.100 to 1.100 at 95 %",
    ),
    Defect.LOSES_A_SEGMENT: (
        {*WER, *FIRST, "segment-final"},
        "A whole segment is missing: clean-hts-a lacks segment 1 of 2",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("defect", CASES)
def test_a_defect_fails_its_lines_and_is_called_by_its_name(run, defect: Defect) -> None:
    """FAIL, in those lines that can see it and no others, and one symptom: the one that names it."""
    lines, symptom = CASES[defect]
    judgement, found = run(defect)
    assert judgement.outcome is Outcome.FAIL
    assert {one.line_id for one in judgement.verdicts if one.outcome is not Outcome.PASS} == lines
    assert [one[: len(symptom)] for one in found] == [symptom]
    assert set(found) <= set(judgement.findings)


def test_a_lost_segment_of_the_long_clip_is_named_by_its_words(run) -> None:
    """Eight of fifteen; two hundred other words of it are right."""
    _, (found,) = run(Defect.LOSES_A_SEGMENT)
    assert 'long-menus lacks segment 8 of 15, "all of our representatives are currently …", in 2 of 2 sessions' in found
