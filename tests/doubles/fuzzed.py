"""Random conversations from a seed: what clients say, what recognisers do, and what must hold of the answers."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

from doubles.hostile_client import TEXT, frame

from harness.gateway import answers, translate
from harness.gateway.intake import PCM16, SAMPLE_BYTES
from harness.riva.convert import RivaFinal, RivaPartial, RivaWord
from harness.riva.failures import RivaError, failure_of
from harness.wire.codec import decode_server, encode
from harness.wire.conversation import Event
from harness.wire.messages import (
    Connection,
    Error,
    Partial,
    ServerMessage,
    SessionStarted,
    SessionStopped,
    Transcription,
)

STATUSES = ("INTERNAL", "UNAVAILABLE", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED", "UNKNOWN")
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 8000, 16_000, 44_100, 2**31, 10**30, 1.5, 1e308, "", "pcm16", "mulaw", "opus"),
    *("en-US", "x" * 200, "\0", "\ud800", "😀", [], ["a"], [1], ["\udfff"], [[]], {}, {"type": "ping"}),
)
KEYS = ("sample_rate", "encoding", "language_code", "hotwords", "stream_id", "enable_partials", "word_time_offsets")
TYPES = ("stop_transcription", "ping", "get_metrics", "partial", "error", "", "dance")


def said(rng: random.Random) -> str | bytes:
    """A frame as a client might send it: mostly right, often nearly right, sometimes nonsense."""
    kind = rng.random()
    if kind < 0.4:
        return rng.randbytes(rng.choice((0, 1, 2, 3, 640, 640, 640, 640, 641)))
    if kind < 0.6:
        return '{"type":"start_transcription"}'
    if kind < 0.75:
        return '{"type":"stop_transcription"}'
    if kind < 0.85:
        chosen = {key: rng.choice(VALUES) for key in rng.sample(KEYS, rng.randrange(4))}
        return json.dumps({"type": "start_transcription", **chosen})
    if kind < 0.93:
        return json.dumps({"type": rng.choice(TYPES), rng.choice(KEYS): rng.choice(VALUES)})
    return _spoilt(rng, '{"type":"start_transcription","sample_rate":16000,"hotwords":["a","b"]}')


def _spoilt(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text))
    instead = rng.choice(("", "\0", '"', "{", "[" * rng.choice((1, 2000)), "\\ud800", "NaN", "é", "1e999", ","))
    return text[:at] + instead + text[at + rng.randrange(3) :]


def as_frames(word: str | bytes) -> bytes:
    """What was said as a client sends it."""
    return frame(TEXT, word.encode()) if isinstance(word, str) else frame(0x2, word)


class FuzzedStream:
    """In the place of an UpstreamStream: says its words, and ends well or not, before the audio does or after it."""

    endpoint, group = "double", "default"

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._words = [_heard(rng) for _ in range(rng.randrange(5))]
        self._early = rng.random() < 0.1
        self._status = rng.choice(STATUSES) if rng.random() < 0.2 else None
        self._over = asyncio.Event()
        self._cancelled = False
        self.finals = 0
        self.reading = False

    @property
    def room(self) -> bool:
        return self._rng.random() < 0.5

    def offer(self, _: bytes) -> None:
        assert not self._over.is_set() or self._cancelled

    async def send(self, _: bytes) -> None:
        await _pass(self._rng)
        if self._rng.random() < 0.02:
            raise RivaError(failure_of("UNAVAILABLE"))

    async def done(self) -> None:
        self._over.set()
        await _pass(self._rng)

    def cancel(self) -> None:
        self._cancelled = True
        self._over.set()

    async def __aiter__(self) -> AsyncIterator[RivaPartial | RivaFinal]:
        self.reading = True
        try:
            for heard in self._words:
                await _pass(self._rng)
                if self._cancelled:
                    break
                self.finals += isinstance(heard, RivaFinal)
                yield heard
            if not self._early:
                await self._over.wait()
            if self._cancelled:
                raise RivaError(failure_of("CANCELLED"))
            if self._status is not None:
                raise RivaError(failure_of(self._status))
        finally:
            self.reading = False


def _heard(rng: random.Random) -> RivaPartial | RivaFinal:
    text = rng.choice(("", "a", "a b", "\0", "é\u2028"))
    if rng.random() < 0.6:
        return RivaPartial(text=text, stability=0.5, audio_processed_s=None)
    words = tuple(
        RivaWord(text="a", start_ms=rng.randrange(-100, 9999), end_ms=rng.randrange(9999), confidence=None)
        for _ in range(rng.randrange(3))
    )
    return RivaFinal(text=text, words=words, confidence=rng.choice((None, 0.5)), audio_processed_s=None)


async def _pass(rng: random.Random) -> None:
    """Let others run, or not."""
    for _ in range(rng.choice((0, 0, 0, 1, 1, 3))):
        await asyncio.sleep(0)


class FuzzedUpstream:
    """In the place of the upstream: a stream for each session, or none to be had."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.streams: list[FuzzedStream] = []

    async def stream(self, _: Any, **_options: Any) -> FuzzedStream:
        await _pass(self._rng)
        if self._rng.random() < 0.1:
            raise RivaError(failure_of(self._rng.choice(STATUSES)))
        self.streams.append(FuzzedStream(self._rng))
        return self.streams[-1]

    def name_for(self, _: str | None) -> str:
        return "double"


class FuzzedClient:
    """In the place of a Client. `conversation` is told of shutdowns at moments of its own."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._left = rng.randrange(1, 25)
        self._gone = self._closing = False
        self.connection_id = "fuzzed"
        self.sample_bytes = SAMPLE_BYTES[PCM16]
        self.too_slow = rng.random() < 0.1
        self.conversation: Any = None
        self._take: Callable[[bytes], bool] = lambda _: False
        self.asides: list[asyncio.Task[None]] = []
        self.trace: list[str | int] = []  # what was said; of audio its length
        self.heard: list[ServerMessage] = []
        self.closed_with: int | None = None

    def limit_queue(self, queue_bytes: int) -> None:
        assert queue_bytes > 0

    def when_audio_comes(self, take: Callable[[bytes], bool]) -> None:
        self._take = take

    async def next(self, within_s: float | None = None) -> tuple[Event | None, Any]:
        await _pass(self._rng)
        if self._gone or self.closed_with is not None:
            return Event.CLIENT_GONE, ""
        self._left -= 1
        if self._left < 0 or self._closing:
            return self._leave()
        chance = self._rng.random()
        if chance < 0.03 and within_s is not None:
            return None, ""
        if chance < 0.05:
            return Event.IDLE, ""
        if chance < 0.07:
            self.asides.append(asyncio.create_task(self.conversation.take(Event.SHUTDOWN)))
        word = said(self._rng)
        self.trace.append(word if isinstance(word, str) else len(word))
        if isinstance(word, bytes) and word and len(word) % self.sample_bytes == 0 and self._take(word):
            return None, ""
        return translate.event_of(word, self.sample_bytes)

    def _leave(self) -> tuple[Event | None, str]:
        """With a close frame, and then for good once it is answered; or without a word."""
        if self._closing or self._rng.random() < 0.3:
            self._gone = self._closing is False or self._rng.random() < 0.1
            return (Event.CLIENT_GONE if self._gone else None), ""
        self._closing = True
        return Event.CLIENT_CLOSED, ""

    async def say(self, message: ServerMessage) -> None:
        text = encode(message)
        text.encode()
        assert decode_server(text) == message
        if not self._gone and self.closed_with is None:
            self.heard.append(message)
        await _pass(self._rng)

    async def close(self, code: int) -> None:
        if self.closed_with is None:
            self.closed_with = code
        await _pass(self._rng)

    def abort(self) -> None:
        raise AssertionError("the relay has failed")


def check_order(heard: list[ServerMessage], close_code: int | None) -> list[int]:
    """What the contract promises of all conversations. Returns the finals of each session that was stopped."""
    assert not heard or isinstance(heard[0], Connection | Error)
    finals: int | None = None  # of the open session
    stopped = []
    for message in heard:
        match message:
            case SessionStarted():
                assert finals is None, "a session within a session"
                finals = 0
            case Partial():
                assert finals == message.segment_id, "a partial outside its segment"
            case Transcription():
                assert finals == message.segment_id, "a final outside its segment"
                finals += 1
            case SessionStopped():
                assert finals is not None, "a session stopped twice, or never started"
                stopped.append(finals)
                finals = None
            case Error():
                assert message.code, "an error without a code"
    codes = [message.code for message in heard if isinstance(message, Error)]
    if close_code is not None:
        assert close_code == answers.close_code_of(codes[-1] if codes else None), "a close code that no error explains"
    if close_code == answers.NORMAL_CLOSURE:
        assert finals is None, "a session that was open has not been stopped"
    return stopped
