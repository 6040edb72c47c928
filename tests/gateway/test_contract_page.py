"""docs/contract.md is drawn from the tables that decide; this holds them together."""

from __future__ import annotations

import os
from pathlib import Path

from harness.gateway.answers import ANSWERS
from harness.gateway.closing import MOST_FRAGMENTS
from harness.gateway.front import REFUSALS
from harness.gateway.intake import RATES_HZ, SAMPLE_BYTES
from harness.gateway.translate import LONGEST, MOST_HOTWORDS
from harness.wire import codec
from harness.wire.conversation import Do, Event, State, step

PAGE = Path(__file__).parents[2] / "docs" / "contract.md"
HEAD = """\
# The contract: JSON over WebSocket

Text frames hold one JSON message each, binary frames audio: mono, 20 to 100 ms each. Unknown keys are ignored, `null`
is a key left out, and a known key of another JSON type is a `malformed_message`. Any path will do. This page is drawn
from the tables that the gateway runs on; a test fails when they differ
(`UPDATE_GOLDEN=1 pytest tests/gateway/test_contract_page.py` draws it again). Error codes are in
[errors.md](errors.md), settings in [gateway.md](gateway.md).

    client: upgrade                  gateway: connection
            start_transcription               session_started
            audio, audio, ...                 partial, partial, transcription, partial, ...
            stop_transcription                transcription, session_stopped  (and another start may follow)

## What always holds

- Whatever ends the audio, the last `transcription` comes before `session_stopped`, and that before the close frame. A
  client that simply closes gets its last words too, if it still reads.
- A segment's partials come before its `transcription`, which has the same `segment_id`; afterwards that id never comes
  again in this session.
- A mistake is answered and changes nothing. An error that ends the connection comes before the close frame.
- A frame shorter than 45 ms may wait 45 ms to be sent to Riva with others, and its own length more where none comes.
  A longer one never waits.
- Partials are never held back or thinned out.
- A client that does not read for `GATEWAY_SEND_S` finds `too_slow` and close code 1008 behind what it has not read; as
  long again, and the connection is cut.
- While a client that is faster than real time is slowed, an unasked pong comes each second; nobody has to answer it.

"""
REFUSED = """
## Before there is a WebSocket

An upgrade is a `GET` in HTTP/1.1. `/healthz`, `/readyz` and `/metrics` answer `HEAD` and HTTP/1.0 as well. What is none
of these is answered as soon as it is certain, and the connection then ends:

| HTTP | when |
|---|---|
"""
NO_UPGRADE = {
    "400": "it asks for a WebSocket, and `Sec-WebSocket-Key`, `Sec-WebSocket-Version` (13) or `Sec-WebSocket-Protocol` "
    "is missing or malformed",
    "426": "it asks for no WebSocket, and nothing else is at its path: `Upgrade` or `Connection` is missing, or it is "
    "a `HEAD`, or in HTTP/1.0",
    "401, 403, 429, 503": "it is not let in: the body is the `error` of [errors.md](errors.md)",
    "none": "no whole request came within `GATEWAY_HANDSHAKE_S`, or there are 100 more sockets than twice "
    "`WS_MAX_CONNECTIONS`: the connection is cut",
}
CLOSED = """
## How a connection closes

| code | when |
|---|---|
"""
CLOSES = {
    "1000": "the client closed: the answer to its close frame, after its last words",
    "1002": "a frame breaks RFC 6455: no mask, a reserved bit or opcode, a fragment out of place, a control frame in "
    "fragments or over 125 bytes, a close frame with a code that may not be sent",
    "1007": "text that is no UTF-8, in a message or in the reason of a close frame",
    "1009": f"a message is longer than `WS_MAX_MESSAGE_SIZE_MB`, or in more than {MOST_FRAGMENTS} fragments",
    "1008, 1011 to 1014": "the `error` before it says why: [errors.md](errors.md)",
    "1011, no `error`": "nothing came from the client, pongs included, for twice `WS_PING_INTERVAL_S`; or the gateway "
    "itself failed",
}
AFTER_CLOSE = """
After 1002, 1007 and 1009 nothing more is said: a session's last words are lost. Who gets one of them has a bug, or
something between has one; the same again will end in the same way.
"""
AUDIO = f"""
## Audio

`sample_rate`: {", ".join(map(str, RATES_HZ))} Hz; 44100 and 48000 are resampled here to 16000, 1.5 ms late.
`encoding`: {", ".join(f"`{name}` ({size} byte{'s' * (size > 1)} a sample)" for name, size in SAMPLE_BYTES.items())};
`pcm16` is signed and little-endian, `mulaw` G.711. Without them: 16000 (what `server_config` says) and `pcm16`.
"""
START = """
## Limits of a start

"""
AFTER_START = """
What is more, or no text that UTF-8 can hold, is an `invalid_start`, and the connection is as good as before. What these
limits let through, Riva may still refuse: that is an `invalid_argument`.
"""
ANSWERED = """
## What a client does, and what it hears

| | without a session | in a session | after `stop_transcription` |
|---|---|---|---|
"""
LIMITS = """
## What ends a session besides its client

| | without a session | in a session | after `stop_transcription` |
|---|---|---|---|
"""
FROM_CLIENT = {
    Event.START: "`start_transcription`",
    Event.START_INVALID: "`start_transcription` that asks for what is not offered",
    Event.AUDIO: "audio",
    Event.AUDIO_ODD: "a binary frame that is empty or ends within a sample",
    Event.STOP: "`stop_transcription`",
    Event.PING: "`ping`",
    Event.GET_METRICS: "`get_metrics`",
    Event.MALFORMED: "a text frame that is no message (no JSON, no `type`, audio as text)",
    Event.UNKNOWN_TYPE: "a message of another type",
    Event.CLIENT_CLOSED: "its close frame",
}
FROM_ELSEWHERE = {
    Event.IDLE: "nothing came for `GATEWAY_IDLE_S`",
    Event.TOO_FAST: "faster than real time for longer than `GATEWAY_SLOWED_MS`",
    Event.TOO_LONG: "`GATEWAY_SESSION_S` is over",
    Event.SHUTDOWN: "the gateway is to end",
    Event.REFUSED: "admission refuses the start",
    Event.FAILED: "Riva fails",
    Event.DONE: "Riva ends by itself",
}
DONE = {
    Do.NOTHING: "",
    Do.OPEN: "`session_started`",
    Do.FORWARD: "what is recognised in it",
    Do.FINISH: "the last `transcription`, then `session_stopped`",
    Do.PONG: "`pong`",
    Do.METRICS: "`metrics`",
    Do.STOPPED: "`session_stopped`",
    Do.REFUSE: "its error, then close",
    Do.FAIL: "its error, then close",
    Do.CLOSE: "close",
}
STATES = (State.CONNECTED, State.STREAMING, State.STOPPING)


def keys(shape: codec._Shape) -> str:
    named = [f"`{key.name}`" + ("" if key.required else "?") for key in shape.keys]
    return ", ".join([*(f"`{name}`: {str(value).lower()}" for name, value in shape.fixed), *named]) or "none"


def messages(title: str, shapes: tuple[codec._Shape, ...]) -> str:
    rows = "".join(f"| `{shape.name}` | {keys(shape)} |\n" for shape in shapes)
    return f"\n## {title}\n\n| `type` | keys (`?`: may be missing) |\n|---|---|\n{rows}"


def cell(state: State, event: Event) -> str:
    known = step(state, event)
    said = [f"`error` `{known.code}`"] if known.code else []
    close = ", then close" if known.state is State.LEAVING and known.do in (Do.FINISH, Do.NOTHING) else ""
    done = DONE[known.do]
    if known.state is State.LEAVING and known.do is Do.NOTHING:
        done, close = "the last `transcription`, `session_stopped`", ", then close"
    return "; ".join([*said, *([done + close] if done else [])]) or "nothing"


def table(events: dict[Event, str]) -> str:
    return "".join(
        f"| {name} | {' | '.join(cell(state, event) for state in STATES)} |\n" for event, name in events.items()
    )


def rows(table: dict[str, str]) -> str:
    return "".join(f"| {name} | {when} |\n" for name, when in table.items())


def page() -> str:
    return (
        HEAD.rstrip("\n")
        + "\n"
        + messages("Client to gateway", codec._CLIENT_SHAPES)
        + messages("Gateway to client", codec._SERVER_SHAPES)
        + AUDIO
        + START
        + f"- at most {MOST_HOTWORDS} `hotwords`\n"
        + "".join(
            f"- `{key}`: at most {most} characters{' each' * (key == 'hotwords')}\n" for key, most in LONGEST.items()
        )
        + AFTER_START
        + ANSWERED
        + table(FROM_CLIENT)
        + LIMITS
        + table(FROM_ELSEWHERE)
        + REFUSED
        + rows({str(status.value): when for status, when in REFUSALS.items()})
        + rows(NO_UPGRADE)
        + CLOSED
        + rows(CLOSES)
        + AFTER_CLOSE
    )


def test_the_page_shows_the_tables_as_they_are() -> None:
    """A step, a key or a rate that changes in the code changes in the manual."""
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_event_of_the_conversation_is_on_the_page() -> None:
    """But for the two that nobody hears of: a client that is gone, and Riva's words, which are the point."""
    assert set(Event) - set(FROM_CLIENT) - set(FROM_ELSEWHERE) == {Event.CLIENT_GONE, Event.HEARD}


def test_every_code_on_the_page_has_its_line_on_the_other() -> None:
    """A reader who looks a code up finds it."""
    codes = {step(state, event).code for state in STATES for event in Event} - {None}
    assert codes <= set(ANSWERS)
