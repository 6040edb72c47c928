"""Whole files through the recogniser of the streams, in short steps that always stand behind what the streams want."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterator
from concurrent.futures import Future
from functools import partial
from typing import Any

from harness.embedded.pool import Pool, Rank, Request
from harness.embedded.recogniser import Recogniser
from harness.embedded.recording import Recording
from harness.embedded.stream import Result, Stream


class Offline:
    """Recognises files. One step at a time over all of them, in turn, so that a thread is always left to the streams.

    A step is about a second of audio: its voice activity, and the decoding of the segment that ends in it, if any.
    """

    def __init__(self, recogniser: Recogniser, pool: Pool) -> None:
        self._recogniser = recogniser
        self._pool = pool
        self._turn = asyncio.Lock()

    async def recognise(self, recording: Recording) -> tuple[Result, ...]:
        """Every final of the file. ValueError where it cannot be read; what broke a decoding is raised as it is."""
        said: list[Result] = []
        broken: list[BaseException] = []
        stream = Stream(self._recogniser, _AtOnce(), recording.intake, said.append, broken.append)
        step = partial(_step, stream, recording.pieces)
        more = True
        while more and not broken:
            async with self._turn:
                more = await self._pool.run(stream, Rank.OFFLINE, step)
        if broken:
            raise broken[0]
        return tuple(said)


class _AtOnce:
    """What a stream takes for the pool, on one of the pool's threads: finals are decoded here, partials never."""

    def submit(self, request: Request) -> None:
        if request.rank is not Rank.FINAL:
            return
        outcome: Future[Any] = Future()
        try:
            outcome.set_result(request.work()())
        except Exception as error:  # noqa: BLE001  whatever broke, the stream tells it on
            outcome.set_exception(error)
        request.done(outcome)

    def forget(self, key: Hashable) -> None:
        """Nothing waits here."""


def _step(stream: Stream, pieces: Iterator[bytes]) -> bool:
    """Hear a piece; whether there may be another."""
    piece = next(pieces, None)
    if piece is None:
        stream.end()
        return False
    stream.feed(piece)
    return True
