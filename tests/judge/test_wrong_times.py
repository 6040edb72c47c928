"""Defects that show in the times, called by their names; scattered delays are not."""

from __future__ import annotations

import pytest
from judge.ward import TEXT, Ward

from harness.model.timeline import Partial


@pytest.fixture
def ward(bench) -> Ward:
    return Ward(bench)


def both_rates(ward: Ward, *, late_ms: int, pairs: int = 6, at: int = 8000) -> Ward:
    """Finals after 300 to 350 ms, and at one rate that much later."""
    for number in range(pairs):
        for rate_hz in (8000, 16_000):
            clip = ward.clip(f"c{number}", rate_hz=rate_hz)
            ward.hears(clip, TEXT, late_ms=300 + 10 * number + late_ms * (rate_hz == at))
    return ward


@pytest.mark.parametrize(("at", "other"), [(8000, "16"), (16_000, "8")])
def test_a_rate_that_is_later_is_named_with_the_shift(ward, at, other):
    """Clip by clip, in either direction."""
    assert both_rates(ward, late_ms=400, at=at).symptoms == (
        (
            f"At {at / 1000:g} kHz the target answers later than at {other} kHz, clip by clip: "
            "final by 400 ms (400 to 400 ms at 95 %, 6 pairs)."
        ),
    )


def test_a_rate_that_is_a_little_later_is_not(ward):
    """100 ms are the rates' own."""
    assert both_rates(ward, late_ms=100).symptoms == ()


def test_five_pairs_show_no_shift(ward):
    """The interval has no end yet."""
    assert both_rates(ward, late_ms=400, pairs=5).symptoms == ()


def test_a_target_without_partials_is_named(ward):
    """Where it gives them as a rule, one session without is no symptom."""
    assert ward.everywhere(TEXT, partials=()).symptoms == (
        "No partial came before the final in 3 of 3 sessions (3 recordings), such as s0001 (c1@16000).",
    )


def test_some_sessions_without_partials_are_no_symptom(ward):
    """Two recordings make no pattern, and a blank partial is none."""
    assert ward.everywhere(TEXT, partials=(), sources=2).everywhere(TEXT).symptoms == ()
    assert len(ward.everywhere(TEXT, partials=("", ".")).symptoms) == 1


def test_finals_before_the_end_of_speech_are_named(ward):
    """By how much, typically, and in an example."""
    ward.everywhere(TEXT, late_ms=-250)
    assert ward.symptoms == (
        (
            "The last final came before the speech had ended in 3 of 3 sessions (3 recordings), "
            "typically 250 ms before, such as 250 ms in s0001 (c1@16000)."
        ),
    )


def test_an_early_final_on_word_times_nobody_trusts_is_no_symptom(ward):
    """Nobody knows when that speech ended."""
    for number in range(3):
        ward.hears(ward.clip(f"c{number}", latency=False), TEXT, late_ms=-250)
    assert ward.symptoms == ()


def test_flicker_is_named_with_its_share_and_the_worst_session(ward):
    """A word that goes and comes back, whether another stood in its place or none."""
    ward.everywhere(TEXT, partials=("alpha", "what", "alpha bravo", "alpha", "alpha bravo charlie"))
    assert ward.symptoms == (
        (
            "Partials flicker: 6 of 15 partials (40.0 %) bring back a word that the one before had taken away, "
            "most in s0001 (c1@16000): 2 of 5."
        ),
    )


@pytest.mark.parametrize(
    "partials",
    [
        ("I", "all", "alpha for", "alpha fought", "alpha bravo"),
        ("alpha", "what", "alpha", "alpha bravo", "alpha bravo charlie"),
    ],
)
def test_guesses_that_are_corrected_are_no_flicker(ward, partials):
    """An eager recogniser changes its mind, and now and then back again: one partial in five."""
    assert ward.everywhere(TEXT, partials=partials).symptoms == ()


def test_a_word_of_the_next_segment_does_not_come_back(ward):
    """Its place is another one."""
    start_ns = 7_000_000_000
    shown = [Partial(segment=at % 2, text=text) for at, text in enumerate(("alpha", "bravo") * 8)]
    ward.hears(ward.clip(), TEXT)
    heard = ward.bench.timelines[0].heard
    ward.change(0, heard=(*((start_ns, one) for one in shown), *heard))
    assert ward.symptoms == ()


@pytest.mark.parametrize(("scale", "said"), [(1.1, "1.100"), (0.97, "0.970")])
def test_scaled_word_times_are_named_with_the_scale(ward, scale, said):
    """Whatever they are off by at the start."""
    assert ward.everywhere(TEXT, scale=scale, offset_ms=200, sources=6).symptoms == (
        (
            f"Heard word times are scaled: they run {said} times as long as the reference's "
            f"({said} to {said} at 95 %, 6 sessions)."
        ),
    )


def test_word_times_that_are_all_late_or_a_little_off_scale_are_not(ward):
    """An offset is no scale, and 2 % may be rough ends."""
    assert ward.everywhere(TEXT, scale=1.019, offset_ms=300, sources=6).symptoms == ()


@pytest.mark.parametrize("heard", [TEXT.replace("foxtrot", "romeo"), TEXT.replace("charlie delta", "charlie")])
def test_a_scale_is_read_from_the_right_words_at_both_ends(ward, heard):
    """A wrong word is left out, and one that is lost moves none behind it."""
    ends = [at + 1 for at, word in enumerate(TEXT.split()) if word in heard or word == "foxtrot"]
    ward.everywhere(heard, ends=ends, scale=1.1, sources=6)
    assert "Heard word times are scaled: they run 1.100 times" in "".join(ward.symptoms)


def test_a_chance_word_does_not_tilt_the_scale(ward):
    """The "alpha" that stands in front belongs to the second segment, seven seconds later; the first was lost."""
    reference = "alpha bravo charlie delta echo foxtrot golf | alpha hotel india juliet kilo lima"
    ward.everywhere("alpha hotel india juliet kilo lima", reference=reference, ends=range(8, 14), sources=6)
    assert [said for said in ward.symptoms if "scaled" in said] == []


@pytest.mark.parametrize(
    "heard", ["alpha bravo charlie delta", TEXT.replace("charlie", "romeo").replace("india", "victor")]
)
def test_too_few_words_in_a_row_show_no_scale(ward, heard):
    """Four from the front, or two and one: a line through them may tilt by chance."""
    reference = heard if heard.endswith("delta") else TEXT
    for number in range(6):
        ward.hears(ward.clip(f"c{number}", reference), heard, scale=1.1, late_ms=2000)
    assert [said for said in ward.symptoms if "scaled" in said] == []
