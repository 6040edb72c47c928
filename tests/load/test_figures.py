"""What Locust shows of a session is what the report will say of it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from harness.load.figures import Figure, Figures
from harness.measure.run import measure_session
from harness.model.clip import Clip, Segment, Word
from harness.model.plan import SessionPlan
from harness.model.timeline import Closed, EndReason, Errored, Final, Heard, Opened, Partial, Refused, Timeline
from harness.store.rows import heard_row, session_row

MS = 1_000_000
CLIP = Clip(
    clip_id="clip",
    rate_hz=16_000,
    path="clip.flac",
    sha256="0" * 64,
    condition="clean",
    source="clip",
    speaker="nobody",
    speech="human",
    duration_ns=1000 * MS,
    reference="hello there",
    words=(
        Word(text="hello", start_ns=100 * MS, end_ns=300 * MS),
        Word(text="there", start_ns=400 * MS, end_ns=800 * MS),
    ),
    segments=(Segment(first_word=0, last_word=1),),
)
PLAN = SessionPlan(
    session_id="s1",
    clip=CLIP,
    lane=0,
    repeat=0,
    open_ns=5000 * MS,
    start_ns=6000 * MS,
    frame_ns=100 * MS,
    end_ns=7000 * MS,
    deadline_ns=17000 * MS,
)
GOOD: tuple[tuple[int, Heard], ...] = (
    (5050, Opened()),
    (6200, Partial(segment=0, text="")),
    (6250, Partial(segment=0, text="yellow")),
    (6350, Partial(segment=0, text="hello")),
    (7105, Final(segment=0, text="hello there")),
    (7110, Closed(code="1000")),
)


def follow(
    plan: SessionPlan, heard: tuple[tuple[int, Heard], ...], end_reason: EndReason = "completed"
) -> list[Figure]:
    """The figures of a session that is told in two batches, a row more in the first."""
    rows = [heard_row(plan.session_id, at_ms * MS, what) for at_ms, what in heard]
    ready_ns = next((at_ms * MS for at_ms, what in heard if isinstance(what, Opened)), None)
    over = session_row(plan, end_reason, opened_ns=plan.open_ns, ready_ns=ready_ns, ended_ns=7200 * MS)
    collected = Figures([plan])
    first: dict[str, Any] = {"heard": rows[:1], "frames": [("s1", 0, 100), ("s1", 1, 2_000)], "over": []}
    last: dict[str, Any] = {"heard": rows[1:], "frames": [("s1", 2, 300)], "over": [over]}
    return [*collected.follow(first), *collected.follow(last)]


def test_a_good_session_has_all_five() -> None:
    """Names as the documentation has them; times from the intended moments, the worst lag of all its frames."""
    assert follow(PLAN, GOOD) == [
        Figure(name="connect", ms=50.0),
        Figure(name="first partial", ms=-50.0),
        Figure(name="final", ms=305.0),
        Figure(name="session", ms=2200.0),
        Figure(name="send lag", ms=2.0),
    ]


@pytest.mark.parametrize(
    "heard",
    [
        GOOD,
        GOOD[:-2] + GOOD[-1:],  # no final
        (*GOOD[:1], (6900, Errored(code="UNAVAILABLE")), (6901, Closed(code="1011"))),
        ((5010, Refused(code="429")),),
        (),
    ],
)
def test_they_are_the_reports_own(heard: tuple[tuple[int, Heard], ...]) -> None:
    """Same values, and missing where those are missing; the outcome is the kind of the failure."""
    end_reason: EndReason = "completed" if heard else "deadline"
    ready_ns = next((at_ms * MS for at_ms, what in heard if isinstance(what, Opened)), None)
    timeline = Timeline(
        session_id="s1",
        end_reason=end_reason,
        ready_ns=ready_ns,
        heard=tuple((at_ms * MS, what) for at_ms, what in heard),
    )
    outcome, rows, _ = measure_session(PLAN, timeline)
    measured = {row.metric: row.numerator for row in rows}
    shown = {figure.name: figure for figure in follow(PLAN, heard, end_reason)}
    for name, metric in (("connect", "connect_ms"), ("first partial", "first_partial_ms"), ("final", "final_ms")):
        assert shown[name].ms == measured[metric]
        assert bool(shown[name].fault) == (measured[metric] is None)
    assert shown["session"].fault == ("" if outcome.outcome == "ok" else outcome.outcome)


def test_silence_has_no_words_to_wait_for() -> None:
    """A clip without speech shows its connection, its end and its lag."""
    silent = dataclasses.replace(CLIP, reference="", words=(), segments=(), speech="none")
    names = [figure.name for figure in follow(dataclasses.replace(PLAN, clip=silent), GOOD[:1] + GOOD[-1:])]
    assert names == ["connect", "session", "send lag"]


def test_warm_up_and_what_was_cut_are_not_shown() -> None:
    """As they count nowhere else."""
    assert follow(dataclasses.replace(PLAN, warm_up=True), GOOD) == []
    assert follow(PLAN, GOOD[:2], "cut") == []
