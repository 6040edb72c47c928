"""The rules of the conversation, both sides, as tables. No I/O: the gateway and the drivers ask, then act.

Server side, one connection:

    CONNECTED --START--> STREAMING --STOP--> STOPPING --DONE--> CONNECTED     (and so on, session after session)
                             |                   |
                             +---client closes, idle, shutdown--> LEAVING --DONE--> CLOSED

- Whatever ends the audio (stop, the client's close frame, silence on the line, our own shutdown) first lets the
  recogniser finish: the last final always goes out, then `session_stopped`, then, where one is due, the close frame.
- A message that cannot be accepted is answered with an error and changes nothing; the session goes on.
- A failure of the recogniser is answered with an error, and only then the close frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from harness.wire.messages import (
    Connection,
    Error,
    Metrics,
    Partial,
    Pong,
    ServerMessage,
    SessionStarted,
    SessionStopped,
    Transcription,
)


class State(Enum):
    """Where one connection is, as its server sees it."""

    CONNECTED = auto()  # greeted; no session
    STREAMING = auto()  # the recogniser takes audio
    STOPPING = auto()  # the audio is over, finals may be due; the connection stays
    LEAVING = auto()  # the same, and the connection closes afterwards
    CLOSED = auto()


class Event(Enum):
    """What can happen to a connection."""

    START = auto()  # start_transcription that can be served
    START_INVALID = auto()  # start_transcription that asks for what is not offered
    AUDIO = auto()  # a binary frame of whole samples
    AUDIO_ODD = auto()  # a binary frame that is empty or ends within a sample
    STOP = auto()  # stop_transcription
    PING = auto()
    GET_METRICS = auto()
    MALFORMED = auto()  # a text frame that is no message
    UNKNOWN_TYPE = auto()  # a message of a type the contract does not have
    CLIENT_CLOSED = auto()  # the client's close frame: it sends no more, but may still listen
    CLIENT_GONE = auto()  # the connection broke: nobody is listening
    HEARD = auto()  # a partial or a final from the recogniser
    DONE = auto()  # the recogniser ended well
    FAILED = auto()  # the recogniser failed, or a deadline on it passed
    IDLE = auto()  # no message of the client for too long
    TOO_FAST = auto()  # audio faster than real time for longer than TCP may slow it
    TOO_LONG = auto()  # the session's time is over
    REFUSED = auto()  # start_transcription that could be served, but not now or not for this caller
    SHUTDOWN = auto()  # this server is going away


class Do(Enum):
    """What the server does about it."""

    NOTHING = auto()
    OPEN = auto()  # open the recogniser's stream, then say session_started
    FORWARD = auto()  # hand the audio to the recogniser
    FINISH = auto()  # tell the recogniser that the audio is over
    RELAY = auto()  # hand the recogniser's words to the client
    PONG = auto()
    METRICS = auto()
    STOPPED = auto()  # say session_stopped
    STOPPED_CLOSE = auto()  # say session_stopped, then the close frame
    REFUSE = auto()  # say why it was refused, then the close frame
    FAIL = auto()  # say what the recogniser's failure was, then the close frame
    CLOSE = auto()  # the close frame
    DROP = auto()  # release everything; there is nobody to tell


@dataclass(frozen=True, slots=True)
class Step:
    """The state after an event and what to do. With a `code`, an error of that code goes out first."""

    state: State
    do: Do = Do.NOTHING
    code: str | None = None


def step(state: State, event: Event) -> Step:
    """The one legal step; every pair of state and event has one."""
    return STEPS[state, event]


def _staying(state: State, answers: dict[Event, tuple[Do, str | None]]) -> dict[tuple[State, Event], Step]:
    return {(state, event): Step(state, do, code) for event, (do, code) in answers.items()}


_ASIDE: Final[dict[Event, tuple[Do, str | None]]] = {  # answered alike in every state with a listener
    Event.PING: (Do.PONG, None),
    Event.GET_METRICS: (Do.METRICS, None),
    Event.MALFORMED: (Do.NOTHING, "malformed_message"),
    Event.UNKNOWN_TYPE: (Do.NOTHING, "unknown_type"),
    Event.AUDIO_ODD: (Do.NOTHING, "odd_audio"),
}

_CONNECTED: Final = {
    **_staying(State.CONNECTED, _ASIDE),
    **_staying(
        State.CONNECTED,
        {
            Event.START_INVALID: (Do.NOTHING, "invalid_start"),
            Event.AUDIO: (Do.NOTHING, "not_started"),
            Event.STOP: (Do.NOTHING, "not_started"),
            # the tail of a stream that has already ended, and of its limits
            Event.TOO_FAST: (Do.NOTHING, None),
            Event.TOO_LONG: (Do.NOTHING, None),
            Event.REFUSED: (Do.NOTHING, None),
            Event.HEARD: (Do.NOTHING, None),
            Event.DONE: (Do.NOTHING, None),
            Event.FAILED: (Do.NOTHING, None),
        },
    ),
    (State.CONNECTED, Event.START): Step(State.STREAMING, Do.OPEN),
    (State.CONNECTED, Event.CLIENT_CLOSED): Step(State.CLOSED, Do.CLOSE),
    (State.CONNECTED, Event.CLIENT_GONE): Step(State.CLOSED, Do.DROP),
    (State.CONNECTED, Event.IDLE): Step(State.CLOSED, Do.CLOSE, "idle_timeout"),
    (State.CONNECTED, Event.SHUTDOWN): Step(State.CLOSED, Do.CLOSE, "going_away"),
}

_STREAMING: Final = {
    **_staying(State.STREAMING, _ASIDE),
    **_staying(
        State.STREAMING,
        {
            Event.START: (Do.NOTHING, "already_started"),
            Event.START_INVALID: (Do.NOTHING, "already_started"),
            Event.AUDIO: (Do.FORWARD, None),
            Event.HEARD: (Do.RELAY, None),
        },
    ),
    (State.STREAMING, Event.STOP): Step(State.STOPPING, Do.FINISH),
    (State.STREAMING, Event.CLIENT_CLOSED): Step(State.LEAVING, Do.FINISH),
    (State.STREAMING, Event.CLIENT_GONE): Step(State.CLOSED, Do.DROP),
    # well or not, a recogniser that ends before the audio does has lost what is still to come
    (State.STREAMING, Event.DONE): Step(State.CLOSED, Do.CLOSE, "ended_early"),
    (State.STREAMING, Event.FAILED): Step(State.CLOSED, Do.FAIL),
    (State.STREAMING, Event.IDLE): Step(State.LEAVING, Do.FINISH, "idle_timeout"),
    (State.STREAMING, Event.TOO_FAST): Step(State.LEAVING, Do.FINISH, "too_fast"),
    (State.STREAMING, Event.TOO_LONG): Step(State.LEAVING, Do.FINISH, "session_too_long"),
    (State.STREAMING, Event.REFUSED): Step(State.CLOSED, Do.REFUSE),
    (State.STREAMING, Event.SHUTDOWN): Step(State.LEAVING, Do.FINISH, "going_away"),
}

_STOPPING: Final = {
    **_staying(State.STOPPING, _ASIDE),
    **_staying(
        State.STOPPING,
        {
            Event.START: (Do.NOTHING, "already_started"),
            Event.START_INVALID: (Do.NOTHING, "already_started"),
            Event.AUDIO: (Do.NOTHING, "audio_after_stop"),
            Event.STOP: (Do.NOTHING, None),  # the session_stopped under way answers both
            Event.HEARD: (Do.RELAY, None),
            Event.IDLE: (Do.NOTHING, None),  # it is the client who waits; the final has its own deadline
            Event.TOO_FAST: (Do.NOTHING, None),
            Event.TOO_LONG: (Do.NOTHING, None),
        },
    ),
    (State.STOPPING, Event.CLIENT_CLOSED): Step(State.LEAVING),
    (State.STOPPING, Event.CLIENT_GONE): Step(State.CLOSED, Do.DROP),
    (State.STOPPING, Event.DONE): Step(State.CONNECTED, Do.STOPPED),
    (State.STOPPING, Event.FAILED): Step(State.CLOSED, Do.FAIL),
    (State.STOPPING, Event.REFUSED): Step(State.CLOSED, Do.REFUSE),
    (State.STOPPING, Event.SHUTDOWN): Step(State.LEAVING, Do.NOTHING, "going_away"),
}

_LEAVING: Final = {
    **_staying(State.LEAVING, dict.fromkeys(Event, (Do.NOTHING, None))),  # goodbyes have been said
    **_staying(State.LEAVING, {Event.HEARD: (Do.RELAY, None)}),
    (State.LEAVING, Event.CLIENT_GONE): Step(State.CLOSED, Do.DROP),
    (State.LEAVING, Event.DONE): Step(State.CLOSED, Do.STOPPED_CLOSE),
    (State.LEAVING, Event.REFUSED): Step(State.CLOSED, Do.REFUSE),  # a shutdown came while it was asked for
    (State.LEAVING, Event.FAILED): Step(State.CLOSED, Do.FAIL),
}

STEPS: Final[dict[tuple[State, Event], Step]] = {
    **_CONNECTED,
    **_STREAMING,
    **_STOPPING,
    **_LEAVING,
    **_staying(State.CLOSED, dict.fromkeys(Event, (Do.NOTHING, None))),
}


class View(Enum):
    """Where one connection is, as its client sees it.

    Sending start moves it to ASKED, sending stop to ENDED; `heard` does the rest.
    """

    OPENED = auto()  # the socket is open, the greeting is due
    GREETED = auto()  # no session
    ASKED = auto()  # start_transcription is sent
    STARTED = auto()  # audio may go
    ENDED = auto()  # stop_transcription is sent


_ANYTIME: Final[frozenset[type]] = frozenset({Pong, Metrics, Error})

LEGAL: Final[dict[View, frozenset[type]]] = {
    View.OPENED: _ANYTIME | {Connection},
    View.GREETED: _ANYTIME,
    View.ASKED: _ANYTIME | {SessionStarted},
    View.STARTED: _ANYTIME | {Partial, Transcription, SessionStopped},  # a server that goes away stops by itself
    View.ENDED: _ANYTIME | {Partial, Transcription, SessionStopped},
}

_MOVES: Final[dict[type, View]] = {
    Connection: View.GREETED,
    SessionStarted: View.STARTED,
    SessionStopped: View.GREETED,
}


def heard(view: View, message: ServerMessage) -> View | None:
    """The client's view after a message, or None where the contract does not allow that message."""
    if type(message) not in LEGAL[view]:
        return None
    return _MOVES.get(type(message), view)
