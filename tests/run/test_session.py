"""One session after another on a stage in virtual time: exact moments, and what each kind of target makes of them."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Sequence

from harness.drivers.scripted import Answer
from harness.model.plan import SessionPlan
from harness.model.timeline import Closed, Errored, Final, Heard, Opened, Partial, Refused

MS = 1_000_000
S = 1_000_000_000
Make = Callable[..., SessionPlan]


def said(after: str, delay_ms: int, heard: Heard) -> Answer:
    return Answer(after=after, delay_ns=delay_ms * MS, heard=heard)  # type: ignore[arg-type]


def script(*answers: Answer) -> Callable[[SessionPlan], Sequence[Answer]]:
    return lambda _: answers


async def test_frames_go_out_when_their_last_sample_has_been_spoken(theatre, make_session: Make) -> None:
    """Opened at 0, spoken from 1 s on: frame i at 1 s + (i+1)·100 ms, and the audio ends with the last one."""
    await theatre.play(make_session())
    (link,) = theatre.driver.links
    assert [at_ns for at_ns, _ in link.sent] == [S + n * 100 * MS for n in range(1, 11)]
    assert [frame[0] for _, frame in link.sent] == list(range(10))
    assert link.ended_ns == 2 * S
    assert theatre.lags_us["s1"] == [0] * 10


async def test_the_last_frame_may_be_short_and_is_due_at_the_end(theatre, make_session: Make) -> None:
    """250 ms in frames of 100 ms: 100, 200 and 250."""
    await theatre.play(make_session(length_ns=250 * MS))
    (link,) = theatre.driver.links
    assert [(at_ns - S, len(frame)) for at_ns, frame in link.sent] == [
        (100 * MS, 3200),
        (200 * MS, 3200),
        (250 * MS, 1600),
    ]
    assert link.ended_ns == S + 250 * MS


async def test_a_good_session_is_completed_when_the_target_closes(theatre, make_session: Make) -> None:
    """Ready, heard and over are stamped with the moment they came."""
    await theatre.play(make_session(open_ns=S))
    row = theatre.rows["s1"]
    assert row["end_reason"] == "completed"
    assert (row["opened_ns"], row["ready_ns"], row["ended_ns"]) == (S, 1_050 * MS, 3_100 * MS)
    final = Final(segment=0, text="hello there")
    assert theatre.heard["s1"] == [(1_050 * MS, Opened()), (3_100 * MS, final), (3_100 * MS, Closed(code="1000"))]
    assert theatre.driver.links[0].closed


async def test_everything_is_kept_in_the_order_it_came(theatre, make_session: Make) -> None:
    """A partial after the final is odd, and is data."""
    await theatre.play(
        make_session(),
        script=script(
            said("open", 10, Opened()),
            said("start", 400, Partial(segment=0, text="he")),
            said("end", 10, Final(segment=0, text="hello")),
            said("end", 20, Partial(segment=0, text="hello th")),
            said("end", 30, Closed(code="1000")),
        ),
    )
    kinds = [type(heard).__name__ for _, heard in theatre.heard["s1"]]
    assert kinds == ["Opened", "Partial", "Final", "Partial", "Closed"]


async def test_frames_wait_for_a_target_that_is_late_and_that_is_its_own_delay(theatre, make_session: Make) -> None:
    """Ready 550 ms into the speech: five frames waited, none was dispatched late by the harness."""
    await theatre.play(make_session(), script=script(said("start", 550, Opened()), said("end", 5, Closed(code="1000"))))
    row = theatre.rows["s1"]
    assert (row["backlog_max"], row["ready_ns"]) == (5, S + 550 * MS)
    assert max(theatre.lags_us["s1"]) == 0


async def test_a_target_that_is_never_ready_runs_into_the_deadline(theatre, make_session: Make) -> None:
    """Its audio is offered all the same; 10 s after its end the session is over."""
    await theatre.play(make_session(), script=script())
    row = theatre.rows["s1"]
    assert (row["end_reason"], row["ready_ns"], row["ended_ns"]) == ("deadline", None, 12 * S)
    assert (row["backlog_max"], len(theatre.lags_us["s1"])) == (10, 10)
    assert theatre.driver.links[0].closed


async def test_over_ten_seconds_of_waiting_audio_end_the_session(theatre, make_session: Make) -> None:
    """The frame that makes it 10.1 s is the last; what happened is the target's timeout."""
    await theatre.play(make_session(length_ns=15 * S), script=script())
    row = theatre.rows["s1"]
    assert (row["end_reason"], row["ended_ns"]) == ("completed", S + 10_100 * MS)
    assert len(theatre.lags_us["s1"]) == 101
    assert [type(heard) for _, heard in theatre.heard["s1"]] == [Errored, Closed]


async def test_a_target_that_ends_but_never_closes_runs_into_the_deadline(theatre, make_session: Make) -> None:
    """The final counts; the missing close is seen."""
    await theatre.play(
        make_session(), script=script(said("open", 5, Opened()), said("end", 5, Final(segment=0, text="hello")))
    )
    assert theatre.rows["s1"]["end_reason"] == "deadline"
    assert [type(heard) for _, heard in theatre.heard["s1"]] == [Opened, Final]


async def test_a_refused_session_sends_nothing(theatre, make_session: Make) -> None:
    """It is over at the refusal, before the speaker has begun."""
    await theatre.play(make_session(open_ns=S), script=script(said("open", 20, Refused(code="resource_exhausted"))))
    assert theatre.rows["s1"]["ended_ns"] == 1_020 * MS
    assert theatre.driver.links[0].sent == []


async def test_an_error_alone_does_not_end_a_session(theatre, make_session: Make) -> None:
    """A gateway that goes away says so, flushes its last final, and closes."""
    await theatre.play(
        make_session(),
        script=script(
            said("open", 5, Opened()),
            said("start", 500, Errored(code="going_away")),
            said("start", 550, Final(segment=0, text="hel")),
            said("start", 600, Closed(code="1001")),
        ),
    )
    assert [type(heard) for _, heard in theatre.heard["s1"]] == [Opened, Errored, Final, Closed]
    assert theatre.rows["s1"]["end_reason"] == "completed"
    assert len(theatre.driver.links[0].sent) == 5  # due until 500 ms; at 600 ms it closes before the tick


async def test_nothing_is_heard_of_a_session_that_is_over(theatre, make_session: Make) -> None:
    """After Closed the target's words belong to nobody."""
    await theatre.play(
        make_session(),
        script=script(
            said("open", 5, Opened()),
            said("end", 5, Closed(code="1000")),
            said("end", 5, Final(segment=0, text="too late")),
        ),
    )
    assert [type(heard) for _, heard in theatre.heard["s1"]] == [Opened, Closed]


async def test_what_is_over_keeps_neither_link_nor_audio(theatre, make_session: Make) -> None:
    """A soak has many thousands of sessions: what each of them had must be gone while the stage plays on."""
    await theatre.play(make_session())
    gone = weakref.ref(theatre.driver.links.pop())
    gc.collect()
    assert gone() is None


async def test_a_stall_disturbs_exactly_the_sessions_open_then(stalled, make_session: Make) -> None:
    """Two seconds without CPU at 3 s: over before, open, opening within and opening afterwards."""
    theatre = stalled(3 * S, 2 * S)
    before, during = make_session("before", open_ns=0, length_ns=500 * MS), make_session("during", open_ns=2 * S)
    within, after = make_session("within", open_ns=4_500 * MS), make_session("after", open_ns=5 * S + 10 * MS)
    await theatre.play(before, during, within, after)
    late_us = {session_id: row["tick_late_max_us"] for session_id, row in theatre.rows.items()}
    assert late_us["before"] == late_us["after"] == 0
    assert 1_990_000 <= late_us["during"] <= 2_000_000
    assert late_us["within"] == late_us["during"]
    assert theatre.rows["within"]["opened_ns"] == 5 * S


async def test_frames_missed_in_a_stall_go_out_at_once_with_their_lag(stalled, make_session: Make) -> None:
    """Spoken from 3 s on, standing still from 3.25 to 3.85 s: frames due at 3.3 to 3.8 s leave at 3.85 s."""
    theatre = stalled(3_250 * MS, 600 * MS)
    await theatre.play(make_session(open_ns=2 * S))
    assert theatre.lags_us["s1"] == [0, 0, 550_000, 450_000, 350_000, 250_000, 150_000, 50_000, 0, 0]


async def test_a_session_that_ends_in_a_stall_was_in_it(stalled, make_session: Make) -> None:
    """The target's close is read after the stall and before the late tick."""
    theatre = stalled(2_050 * MS, S)
    await theatre.play(make_session(), script=script(said("open", 5, Opened()), said("end", 0, Closed(code="1000"))))
    assert theatre.rows["s1"]["tick_late_max_us"] <= 1_000
    late = stalled(1_950 * MS, S)
    await late.play(make_session(), script=script(said("open", 5, Opened()), said("start", 980, Closed(code="1000"))))
    assert late.rows["s1"]["tick_late_max_us"] >= 990_000


async def test_a_cut_leaves_nobody_out(theatre, make_session: Make) -> None:
    """Over stays over, open is cut, and what has not begun never started."""
    playing = theatre.set(make_session("a"), make_session("b", open_ns=S), make_session("c", open_ns=9 * S))
    await theatre.clock.advance_to(2_500 * MS)
    theatre.stage.cut()
    await theatre.clock.advance_to(3 * S)
    assert playing.done()
    theatre.collect()
    assert {key: row["end_reason"] for key, row in theatre.rows.items()} == {
        "a": "completed",
        "b": "cut",
        "c": "never_started",
    }
    assert theatre.rows["c"]["ended_ns"] is None
    assert all(link.closed for link in theatre.driver.links)


async def test_many_sessions_are_paced_as_one(theatre, make_session: Make) -> None:
    """A hundred sessions with their own phases: every frame of each at its due time, on the grid."""
    plans = [make_session(f"s{n}", open_ns=n * 37 * MS) for n in range(100)]
    await theatre.play(*plans)
    assert {row["end_reason"] for row in theatre.rows.values()} == {"completed"}
    assert all(theatre.lags_us[plan.session_id] == [0] * 10 for plan in plans)
