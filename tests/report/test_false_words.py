"""Words heard where nobody speaks."""

from __future__ import annotations

from support.talk import Talk

from harness.report import false_words

ROOM, MUSIC = Talk.clip("silence-room", condition="silence"), Talk.clip("silence-music", condition="silence")


def built(talk: Talk):
    return false_words.build(talk.measured, talk.sessions)


def test_a_run_without_silent_clips_has_no_such_part():
    """It is left out, not empty."""
    assert built(Talk().play(Talk.clip())) is None


def test_silence_that_stayed_silent_is_counted_in_seconds():
    """By kind, both rates together."""
    found = built(Talk().hush(ROOM).hush(Talk.clip("silence-room", 8000, "silence")).hush(MUSIC))
    assert found.heading == "Nothing was heard in 3\u202fsessions without speech"
    assert found.silent == "Stayed silent: music 8.0\u202fs and room 16.0\u202fs."
    assert found.clips == ()


def test_a_session_that_failed_is_no_proof_of_silence():
    """Its seconds are not counted, and it is named."""
    found = built(Talk().hush(ROOM).hush(ROOM, outcome="refused"))
    assert found.silent == "Stayed silent: room 8.0\u202fs. 1\u202fsession failed, and proves nothing."
    assert built(Talk().hush(ROOM, outcome="refused")).silent.startswith("No session stayed silent.")


def test_each_false_word_has_its_session_and_moment():
    """Where the target gives word times those count, otherwise when the final came after the session's start."""
    talk = Talk().hush(MUSIC, ("thank", 2500, None), ("you", 2500, None)).hush(MUSIC)
    talk.hush(MUSIC, ("bye", 4000, 1200), ("now", 4000, 1400))
    found = built(talk)
    assert found.heading == "4\u202fwords heard in 2 of 3\u202fsessions without speech"
    (clip,) = found.clips
    assert (clip.title, clip.note) == ("silence-music, 16\u202fkHz", "in 2 of 3\u202fsessions")
    assert [(one.session_id, [(at.text, at.when) for at in one.moments]) for one in clip.sessions] == [
        ("s0001", [("thank you", "final at 2.50\u202fs")]),
        ("s0003", [("bye", "at 1.20\u202fs"), ("now", "at 1.40\u202fs")]),
    ]


def test_the_loudest_clip_stands_first():
    """Each once, however many sessions heard something in it."""
    talk = Talk().hush(ROOM, ("a", 1, None)).hush(MUSIC, ("b", 1, None), ("c", 1, None)).hush(MUSIC, ("d", 1, None))
    assert [one.clip.clip_id for one in built(talk).clips] == ["silence-music", "silence-room"]


def test_the_sessions_whose_clips_are_played():
    """Each once; inserted words in speech are no false words on silence."""
    talk = Talk().play(Talk.clip(), "0 >oh").hush(MUSIC, ("a", 1, None), ("b", 1, None)).hush(ROOM)
    assert false_words.heard_in(talk.measured) == ("s0002",)
