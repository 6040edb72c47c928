"""One gRPC channel and the calls on it: a channel that was replaced closes after its last call."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from riva.client.proto import health_pb2_grpc, riva_asr_pb2_grpc

_READ_OUT_S: Final = 1.0  # a call is over when its status is here; its last messages may still be unread


class Line:
    """Belongs to the loop that was running when its channel was made."""

    def __init__(self, channel: Any) -> None:
        self.stub = riva_asr_pb2_grpc.RivaSpeechRecognitionStub(channel)
        self.health = health_pb2_grpc.HealthStub(channel)
        self._channel = channel
        self._calls = 0
        self._retired = False
        self._closing: asyncio.Task[None] | None = None

    @property
    def over(self) -> bool:
        return self._closing is not None and self._closing.done()

    def carry(self, call: Any) -> Any:
        """The call, counted until it is done."""
        self._calls += 1
        call.add_done_callback(self._done)
        return call

    def retire(self) -> None:
        """Nothing new comes; what is open goes on to its end."""
        self._retired = True
        self._look_later()

    async def close(self) -> None:
        """Ends what is still open."""
        await self._channel.close()

    def _done(self, _: Any) -> None:
        self._calls -= 1
        if self._retired:
            self._look_later()

    def _look_later(self) -> None:
        asyncio.get_running_loop().call_later(_READ_OUT_S, self._close_when_idle)

    def _close_when_idle(self) -> None:
        if not self._calls and self._closing is None:
            self._closing = asyncio.ensure_future(self._channel.close())
