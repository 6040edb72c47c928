"""The same clip, repeat and audio, in order."""

from __future__ import annotations

from dataclasses import replace

from harness.judge.pairing import pair, remembered, rows_of
from harness.model.baseline import PastMistake
from harness.model.measurement import Mistake


def paired(old, new, metric="final_ms"):
    return pair(metric, rows_of(new.record, new.measured, metric), remembered(old.record, old.measured))


def test_plays_of_one_clip_pair_in_order(bench):
    """The first with the first, whatever else was played between."""
    old = bench().play(final_ms=1.0).play(bench.clip("c2"), final_ms=2.0).play(final_ms=3.0)
    new = bench().play(final_ms=10.0).play(final_ms=30.0).play(bench.clip("c2"), final_ms=20.0)
    found = [(one.new.value, one.old.numerator) for one in paired(old, new).pairs]
    assert found == [(10.0, 1.0), (30.0, 3.0), (20.0, 2.0)]


def test_rates_are_clips_of_their_own(bench):
    """A clip at 8 kHz does not pair with itself at 16 kHz."""
    found = paired(bench().play(final_ms=1.0), bench().play(bench.clip(rate_hz=8000), final_ms=1.0))
    assert (found.pairs, found.only_new, found.only_old) == ((), ("s0001",), ("s0001",))


def test_repeats_pair_with_their_own(bench):
    """Repeat 1 does not stand in for a repeat 0 that was cut."""
    old, new = bench().play(times=2, final_ms=1.0), bench().play(measured=False).play(final_ms=5.0)
    for made in (old, new):
        made.sessions[1] = replace(made.sessions[1], repeat=1)
    found = paired(old, new)
    assert [one.session.session_id for one in found.pairs] == ["s0002"]
    assert (found.only_new, found.only_old) == ((), ("s0001",))


def test_other_audio_under_the_same_name_does_not_pair(bench):
    """Audio, words, their times, frames and the end must be the same."""
    clip = bench.clip()
    moved = replace(clip, words=(replace(clip.words[0], end_ns=5), *clip.words[1:]))
    for other in (replace(clip, sha256="other"), moved, replace(clip, reference="else")):
        assert paired(bench().play(clip, final_ms=1.0), bench().play(other, final_ms=1.0)).pairs == ()


def test_word_errors_pair_only_over_the_same_words(bench):
    """Another count of reference words is another normaliser's."""
    assert paired(bench().play(wer=(1, 10)), bench().play(wer=(1, 11)), "wer").pairs == ()


def test_sessions_without_a_row_are_in_no_list(bench):
    """Silence has no final, and is not missing a partner."""
    made = bench().play(final_ms=1.0).play(bench.clip("quiet", condition="silence"))
    found = paired(made, made)
    assert (len(found.pairs), found.only_new, found.only_old) == (1, (), ())


def test_warm_up_is_not_remembered(bench):
    """What is not counted is not compared."""
    made = bench().play(warm_up=True).play(final_ms=1.0)
    assert [one.session_id for one in remembered(made.record, made.measured)] == ["s0002"]


def test_wrong_words_are_remembered(bench):
    """So that a later run can tell which words got worse."""
    made = bench().play(wer=(1, 10)).play(wer=(0, 10))
    wrong = Mistake(session_id="s0001", kind="substitute", at=3, of=10, reference="four", heard="for")
    kept = remembered(made.record, replace(made.measured, mistakes=(wrong,)))
    assert [one.mistakes for one in kept] == [
        (PastMistake(kind="substitute", at=3, reference="four", heard="for"),),
        (),
    ]
