"""An asyncio client of Riva's streaming recognition, on NVIDIA's stubs: every step has a deadline.

    client = RivaClient(RivaConfig.from_env(os.environ))      # inside a running loop
    stream = await client.stream(Recognition(sample_rate_hz=16000))
    await stream.send(pcm); ...; await stream.done()
    async for event in stream: ...                            # RivaPartial | RivaFinal; ends when Riva says OK
    await client.close()

Whatever fails raises RivaError, whose `failure` is a plain value.
"""

from __future__ import annotations

import asyncio
from typing import Final

import grpc
from riva.client import Auth
from riva.client.proto import riva_asr_pb2, riva_asr_pb2_grpc

from harness.riva.config import RivaConfig
from harness.riva.convert import Recognition, RivaModel, models_of
from harness.riva.failures import RivaError, failure_of
from harness.riva.stream import RivaStream

# gRPC by itself waits up to two minutes before it tries again, and a Riva that is back would look as if it were not.
_RECONNECT: Final = (
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 1000),
)


class RivaClient:
    """One channel to one Riva server, shared by its streams (50 on one channel was measured to be fine)."""

    def __init__(self, config: RivaConfig) -> None:
        """Opens nothing yet. Needs a running loop: a grpc.aio channel belongs to the loop it was made in."""
        self.config = config
        auth = Auth(
            ssl_root_cert=config.ca_file,
            use_ssl=config.tls,
            uri=config.target,
            metadata_args=[["authorization", f"Bearer {config.api_key}"]] if config.api_key else None,
            options=[[key, ms] for key, ms in _RECONNECT],
            use_aio=True,
        )
        self._metadata = auth.get_auth_metadata()
        self._channel = auth.channel
        self._stub = riva_asr_pb2_grpc.RivaSpeechRecognitionStub(auth.channel)

    async def stream(self, ask: Recognition, *, deadline_s: float | None = None) -> RivaStream:
        """A stream whose configuration is written. `deadline_s` bounds the whole call, audio included.

        The call starts without wait_for_ready, so a port where nobody listens fails at once instead of never.
        """
        call = self._stub.StreamingRecognize(metadata=self._metadata, timeout=deadline_s)
        stream = RivaStream(call, step_s=self.config.timeout_ms / 1000)
        await stream.configure(ask)
        return stream

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

    async def _models(self, deadline_s: float) -> tuple[RivaModel, ...]:
        request = riva_asr_pb2.RivaSpeechRecognitionConfigRequest()
        try:
            response = await self._stub.GetRivaSpeechRecognitionConfig(
                request, metadata=self._metadata, timeout=deadline_s
            )
        except grpc.aio.AioRpcError as error:
            raise RivaError(failure_of(error.code().name, error.details() or "")) from error
        return models_of(response)

    async def close(self) -> None:
        """Ends what is still open on the channel."""
        await self._channel.close()
