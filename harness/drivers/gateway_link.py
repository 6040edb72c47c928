"""One WebSocket connection: the contract's messages on one side, Heard on the other."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

import picows

from harness.drivers.backlog import LIMIT_S, Backlog
from harness.drivers.base import OnHeard
from harness.drivers.gateway_socket import ABNORMAL, Door, connect
from harness.model.timeline import Closed, Errored, Heard, HeardWord, Opened, Partial, Refused
from harness.model.timeline import Final as FinalHeard
from harness.wire import codec, messages
from harness.wire.conversation import View, heard

GOODBYE_S: Final = 1.0
_BINARY: Final = picows.WSMsgType.BINARY
NOT_ADMITTED: Final = ("resource_exhausted", "unauthorized")


class Greeting:
    """What a probe wants to know of a link: what the gateway said of itself and how far the conversation got."""

    def __init__(self) -> None:
        self.config = messages.ServerConfig()
        self.view: View | None = None

    def pending(self) -> str:
        """What the gateway has left undone."""
        return {
            None: "it does not answer the WebSocket handshake",
            View.OPENED: "it accepts a WebSocket but sends no `connection` message, so it speaks another protocol",
            View.ASKED: "it does not answer start_transcription",
        }.get(self.view, "it does not say session_stopped after stop_transcription")


class GatewayLink:
    """Connect, greet, start, stream, stop: each step when the gateway has answered the one before."""

    def __init__(
        self, door: Door, start: messages.StartTranscription, on_heard: OnHeard, greeting: Greeting | None = None
    ) -> None:
        self._start = start
        self._on_heard = on_heard
        self._greeting = greeting or Greeting()
        self._backlog = Backlog(start.sample_rate_hz or 0)
        self._transport: picows.WSTransport | None = None
        self._ready = False  # audio goes through now
        self._ended = False
        self._over = False
        self._refusal: Refused | None = None
        self._connecting = asyncio.get_running_loop().create_task(connect(door, self))

    def send(self, frame: bytes) -> int:
        if self._ready and self._transport is not None:
            self._transport.send(_BINARY, frame)
            return 0
        if not self._over:
            self._backlog.add(frame)
            if self._backlog.over:
                self.failed("timeout", f"over {LIMIT_S} s of audio waited for the target")
        return len(self._backlog)

    def end(self) -> None:
        self._ended = True
        if self._ready:
            self._stop()

    async def close(self) -> None:
        self._over = True
        self._connecting.cancel()
        await asyncio.gather(self._connecting, return_exceptions=True)
        if (transport := self._transport) is None:
            return
        transport.send_close(picows.WSCloseCode.OK)
        with contextlib.suppress(Exception):  # what it raises has been heard, or came after the end
            await asyncio.wait_for(transport.wait_disconnected(), GOODBYE_S)
        transport.disconnect(graceful=False)

    # --- what the socket does

    def connected(self, transport: picows.WSTransport) -> None:
        self._transport = transport
        self._greeting.view = View.OPENED

    def text(self, text: str) -> None:
        try:
            message = codec.decode_server(text)
        except codec.WireError as error:
            if error.code != codec.UNKNOWN_TYPE:  # a gateway may say more than the contract has
                self.failed("protocol", f"it sends what is no message of the contract ({error})")
            return
        view = heard(self._greeting.view or View.OPENED, message)
        if view is None:
            self.failed("protocol", f"it sends {type(message).__name__} where the contract does not allow it")
            return
        self._greeting.view = view
        self._follow(message)

    def closed(self, code: str, reason: str) -> None:
        if code == "1013" and self._greeting.view in (View.OPENED, View.ASKED):
            self._finish(self._refusal or Refused(code=code, detail=reason))
        else:
            self._finish(Closed(code=code, detail=reason))

    def declined(self, code: str, detail: str, retry_after_ms: int | None) -> None:
        self._finish(Refused(code=code, retry_after_ms=retry_after_ms, detail=detail))

    def failed(self, code: str, detail: str, *, ours: bool = False) -> None:
        self._tell(Errored(code=code, detail=detail, ours=ours))
        self._finish(Closed(code=ABNORMAL))

    def writable(self, *, yes: bool) -> None:
        """The socket's own buffer is full, or has room again."""
        self._ready = yes and self._greeting.view is View.STARTED
        if self._ready:
            self._drain()

    # --- what follows from it

    def _follow(self, message: messages.ServerMessage) -> None:
        match message:
            case messages.Partial():  # first, for nearly all are
                self._tell(Partial(segment=message.segment_id, text=message.text))
            case messages.Connection():
                self._greeting.config = message.server_config
                self._say(self._start, View.ASKED)
            case messages.SessionStarted():
                self._ready = True
                self._tell(Opened())
                self._drain()
            case messages.Transcription():
                self._tell(_final(message))
            case messages.SessionStopped() if self._ended:
                self._finish(Closed(code="1000", detail="session_stopped"))
            case messages.Error():
                self._error(message)
            case _:  # a pong, metrics, or a gateway that stops by itself: its close frame follows
                pass

    def _error(self, error: messages.Error) -> None:
        code = error.code or "error"
        if code in NOT_ADMITTED and not self._ready:
            self._finish(Refused(code=code, retry_after_ms=error.retry_after_ms, detail=error.error))
        else:
            if not self._ready:  # what a 1013 behind it means
                self._refusal = Refused(code=code, retry_after_ms=error.retry_after_ms, detail=error.error)
            self._tell(Errored(code=code, retryable=bool(error.retryable), detail=error.error))

    def _drain(self) -> None:
        while self._ready and self._backlog and self._transport is not None:
            self._transport.send(_BINARY, self._backlog.take())
        if self._ended and self._ready:
            self._stop()

    def _stop(self) -> None:
        self._ready = False
        self._say(messages.StopTranscription(), View.ENDED)

    def _say(self, message: messages.ClientMessage, view: View) -> None:
        if self._transport is not None:
            self._greeting.view = view
            self._transport.send(picows.WSMsgType.TEXT, codec.encode(message))

    def _finish(self, last: Refused | Closed) -> None:
        self._tell(last)
        self._over, self._ready = True, False
        self._backlog.clear()

    def _tell(self, what: Heard) -> None:
        if not self._over:
            self._on_heard(what)


def _final(message: messages.Transcription) -> FinalHeard:
    words = tuple(
        HeardWord(text=word.word, start_ns=round(word.start_s * 1e9), end_ns=round(word.end_s * 1e9))
        for word in message.words
    )
    end_s = message.audio_end_s
    return FinalHeard(
        segment=message.segment_id,
        text=message.text,
        words=words,
        audio_end_ns=None if end_s is None else round(end_s * 1e9),
    )
