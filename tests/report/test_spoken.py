"""The sessions with speech."""

from __future__ import annotations

from support.talk import Talk

from harness.report.spoken import error_rate, rates_of, spoken, wrong_of


def test_sessions_take_their_own_mistakes():
    """Silence is not among them, and a session without a mistake is."""
    talk = Talk().play(Talk.clip(), "0 one>won").play(Talk.clip(rate_hz=8000)).hush(Talk.clip("q", condition="silence"))
    told = spoken(talk.measured, talk.sessions)
    assert [len(one.mistakes) for one in told] == [1, 0]
    assert rates_of(told) == (16_000, 8000)
    assert wrong_of(told) == (1, 8)
    assert error_rate(told) == "12.5\u202f%"
    assert error_rate([]) == "–"  # noqa: RUF001  typographic dash


def test_a_session_that_heard_nothing_is_lost():
    """One heard word, right or wrong, and it is not."""
    gone = [f"{at} {word}>" for at, word in enumerate(("one", "two", "three", "four"))]
    talk = Talk().play(Talk.clip(), *gone).play(Talk.clip(), *gone[:3]).play(Talk.clip(), *gone[:3], "3 four>for")
    assert [one.lost for one in spoken(talk.measured, talk.sessions)] == [True, False, False]
