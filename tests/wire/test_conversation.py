"""The conversation's tables, every pair of state and event."""

from __future__ import annotations

import pytest

from harness.wire.conversation import LEGAL, STEPS, Do, Event, State, Step, View, heard, step
from harness.wire.messages import (
    Connection,
    Error,
    Metrics,
    Partial,
    Pong,
    SessionStarted,
    SessionStopped,
    Transcription,
)

# state after, what to do, error said first; "." = the state stays, "-" = nothing
EXPECTED = """
event          CONNECTED                 STREAMING                    STOPPING                   LEAVING              CLOSED
START          STREAMING:OPEN:-          .:NOTHING:already_started    .:NOTHING:already_started  .:NOTHING:-          .:NOTHING:-
START_INVALID  .:NOTHING:invalid_start   .:NOTHING:already_started    .:NOTHING:already_started  .:NOTHING:-          .:NOTHING:-
AUDIO          .:NOTHING:not_started     .:FORWARD:-                  .:NOTHING:audio_after_stop .:NOTHING:-          .:NOTHING:-
AUDIO_ODD      .:NOTHING:odd_audio       .:NOTHING:odd_audio          .:NOTHING:odd_audio        .:NOTHING:-          .:NOTHING:-
STOP           .:NOTHING:not_started     STOPPING:FINISH:-            .:NOTHING:-                .:NOTHING:-          .:NOTHING:-
PING           .:PONG:-                  .:PONG:-                     .:PONG:-                   .:NOTHING:-          .:NOTHING:-
GET_METRICS    .:METRICS:-               .:METRICS:-                  .:METRICS:-                .:NOTHING:-          .:NOTHING:-
MALFORMED      .:NOTHING:malformed_message .:NOTHING:malformed_message .:NOTHING:malformed_message .:NOTHING:-        .:NOTHING:-
UNKNOWN_TYPE   .:NOTHING:unknown_type    .:NOTHING:unknown_type       .:NOTHING:unknown_type     .:NOTHING:-          .:NOTHING:-
CLIENT_CLOSED  CLOSED:CLOSE:-            LEAVING:FINISH:-             LEAVING:NOTHING:-          .:NOTHING:-          .:NOTHING:-
CLIENT_GONE    CLOSED:DROP:-             CLOSED:DROP:-                CLOSED:DROP:-              CLOSED:DROP:-        .:NOTHING:-
HEARD          .:NOTHING:-               .:RELAY:-                    .:RELAY:-                  .:RELAY:-            .:NOTHING:-
DONE           .:NOTHING:-               CLOSED:CLOSE:ended_early     CONNECTED:STOPPED:-        CLOSED:STOPPED_CLOSE:- .:NOTHING:-
FAILED         .:NOTHING:-               CLOSED:FAIL:-                CLOSED:FAIL:-              CLOSED:FAIL:-        .:NOTHING:-
IDLE           CLOSED:CLOSE:idle_timeout LEAVING:FINISH:idle_timeout  .:NOTHING:-                .:NOTHING:-          .:NOTHING:-
TOO_FAST       .:NOTHING:-               LEAVING:FINISH:too_fast      .:NOTHING:-                .:NOTHING:-          .:NOTHING:-
TOO_LONG       .:NOTHING:-               LEAVING:FINISH:session_too_long .:NOTHING:-             .:NOTHING:-          .:NOTHING:-
REFUSED        .:NOTHING:-               CLOSED:REFUSE:-              CLOSED:REFUSE:-            CLOSED:REFUSE:-      .:NOTHING:-
SHUTDOWN       CLOSED:CLOSE:going_away   LEAVING:FINISH:going_away    LEAVING:NOTHING:going_away .:NOTHING:-          .:NOTHING:-
"""  # noqa: E501  a table is read as a table


def expected() -> dict[tuple[State, Event], Step]:
    head, *rows = [line.split() for line in EXPECTED.strip().splitlines()]
    table = {}
    for name, *cells in rows:
        for state, cell in zip(map(State.__getitem__, head[1:]), cells, strict=True):
            after, do, code = cell.split(":")
            table[state, Event[name]] = Step(
                state if after == "." else State[after], Do[do], None if code == "-" else code
            )
    return table


@pytest.mark.parametrize("event", Event, ids=lambda event: event.name)
@pytest.mark.parametrize("state", State, ids=lambda state: state.name)
def test_every_event_in_every_state_has_its_one_step(state, event):
    """No pair of state and event is left to chance."""
    assert step(state, event) == expected()[state, event]


def test_the_table_has_no_other_entries():
    """The table is exactly states times events."""
    assert len(STEPS) == len(State) * len(Event)


def test_once_closed_always_closed():
    """Nothing leads out of CLOSED, and nothing is said there."""
    assert {step(State.CLOSED, event) for event in Event} == {Step(State.CLOSED)}


def test_what_ends_the_audio_never_skips_the_last_final():
    """From STREAMING, only a broken connection, a refusal or a recogniser that ended leads to CLOSED directly."""
    direct = {event for event in Event if step(State.STREAMING, event).state is State.CLOSED}
    assert direct == {Event.CLIENT_GONE, Event.DONE, Event.FAILED, Event.REFUSED}
    assert all(step(state, Event.HEARD).do is Do.RELAY for state in (State.STREAMING, State.STOPPING, State.LEAVING))


SAYINGS = [
    Connection(connection_id="c"),
    SessionStarted(),
    Partial(segment_id=0, text="a"),
    Transcription(segment_id=0, text="a"),
    SessionStopped(),
    Pong(),
    Metrics(),
    Error(error="x"),
]
VIEWS = {
    (View.OPENED, Connection): View.GREETED,
    (View.ASKED, SessionStarted): View.STARTED,
    (View.STARTED, Partial): View.STARTED,
    (View.STARTED, Transcription): View.STARTED,
    (View.STARTED, SessionStopped): View.GREETED,
    (View.ENDED, Partial): View.ENDED,
    (View.ENDED, Transcription): View.ENDED,
    (View.ENDED, SessionStopped): View.GREETED,
    **{(view, kind): view for view in View for kind in (Pong, Metrics, Error)},
}


@pytest.mark.parametrize("message", SAYINGS, ids=lambda message: type(message).__name__)
@pytest.mark.parametrize("view", View, ids=lambda view: view.name)
def test_a_client_knows_what_it_may_hear(view, message):
    """Each message is legal in exactly the views that the contract gives it, and moves the client as it says."""
    assert heard(view, message) is VIEWS.get((view, type(message)))
    assert (type(message) in LEGAL[view]) == ((view, type(message)) in VIEWS)
