"""An asyncio client of Riva's speech recognition, on NVIDIA's stubs: every call and every step has a deadline.

    client = RivaClient(RivaConfig.from_env(os.environ))      # inside a running loop
    stream = await client.stream(Recognition(sample_rate_hz=16000))
    await stream.send(pcm); ...; await stream.done()
    async for event in stream: ...                            # RivaPartial | RivaFinal; ends when Riva says OK
    await client.close()

Whatever fails raises RivaError, whose `failure` is a plain value. `harness.riva.transcribe` does all this in one call.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import grpc
from riva.client.proto import health_pb2, riva_asr_pb2

from harness.riva.config import RivaConfig
from harness.riva.convert import Recognition, RivaFinal, RivaModel, finals_of, models_of, whole_request
from harness.riva.credentials import Credentials
from harness.riva.failures import RivaError, failure_of
from harness.riva.line import Line
from harness.riva.stream import RivaStream

LONGEST_STREAM_S: Final = 4 * 3600.0  # no call is without a deadline, and no conversation is longer


class RivaClient:
    """One channel to one Riva server, shared by its streams (50 on one channel was measured to be fine).

    When a certificate file changes, new calls get a new channel and the old one ends with its last call.
    """

    def __init__(self, config: RivaConfig) -> None:
        """Opens nothing yet. Needs a running loop: a grpc.aio channel belongs to the loop it was made in.

        Raises UsageError for certificates or a token file that cannot be used.
        """
        self.config = config
        self._credentials = Credentials(config)
        self._line = Line(self._credentials.channel())
        self._retired: list[Line] = []

    async def stream(
        self, ask: Recognition, *, deadline_s: float | None = None, metadata: tuple[tuple[str, str], ...] = ()
    ) -> RivaStream:
        """A stream whose configuration is written. `deadline_s` bounds the whole call, audio included.

        `metadata` goes with this call, beside what goes with all.
        The call starts without wait_for_ready, so a port where nobody listens fails at once instead of never.
        """
        timeout_s = LONGEST_STREAM_S if deadline_s is None else deadline_s
        line = self._current()
        pairs = (*self._credentials.metadata(), *metadata)
        call = line.carry(line.stub.StreamingRecognize(metadata=pairs, timeout=timeout_s))
        stream = RivaStream(call, step_s=self.config.timeout_ms / 1000, where=self.config.target)
        try:
            await stream.configure(ask)
        except BaseException:
            stream.cancel()
            raise
        return stream

    async def recognize(
        self, ask: Recognition, pcm: bytes, *, deadline_s: float | None = None
    ) -> tuple[RivaFinal, ...]:
        """Offline recognition of PCM16 mono audio in one call. Not tried again: it may have cost much already."""
        timeout_s = self.config.timeout_ms / 1000 if deadline_s is None else deadline_s
        return finals_of(await self._unary("Recognize", whole_request(ask, pcm), timeout_s))

    async def list_models(self) -> tuple[RivaModel, ...]:
        """The models on offer, tried again as often as the configuration says while the failure may pass."""
        retries = self.config.retries
        while True:
            try:
                return await self._models(self.config.timeout_ms / 1000)
            except RivaError as error:
                if not error.failure.retryable or not retries:
                    raise
            retries -= 1
            await asyncio.sleep(self.config.retry_delay_ms / 1000)

    async def probe(self, *, deadline_s: float = 1.0) -> None:
        """Proof of life by one unary call. Raises RivaError: a refused connection at once, silence at the deadline."""
        await self._models(deadline_s)

    async def health(self, *, deadline_s: float = 5.0) -> str:
        """What the server's standard health check says: SERVING, NOT_SERVING, UNKNOWN. Raises RivaError."""
        response = await self._unary("Check", health_pb2.HealthCheckRequest(), deadline_s)
        names = {number: name for name, number in health_pb2.HealthCheckResponse.ServingStatus.items()}
        return str(names.get(response.status, response.status))

    async def close(self) -> None:
        """Ends what is still open, on replaced channels too."""
        for line in (self._line, *self._retired):
            await line.close()

    async def _models(self, deadline_s: float) -> tuple[RivaModel, ...]:
        request = riva_asr_pb2.RivaSpeechRecognitionConfigRequest()
        return models_of(await self._unary("GetRivaSpeechRecognitionConfig", request, deadline_s))

    async def _unary(self, method: str, request: Any, timeout_s: float) -> Any:
        line = self._current()
        stub = line.health if method == "Check" else line.stub
        call = getattr(stub, method)(request, metadata=self._credentials.metadata(), timeout=timeout_s)
        try:
            return await line.carry(call)
        except grpc.aio.AioRpcError as error:
            raise RivaError(failure_of(error.code().name, error.details() or "", where=self.config.target)) from error

    def _current(self) -> Line:
        channel = self._credentials.renewed()
        if channel is not None:
            self._line.retire()
            self._retired = [line for line in (*self._retired, self._line) if not line.over]
            self._line = Line(channel)
        return self._line
