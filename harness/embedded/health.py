"""The standard gRPC health check."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import grpc
from riva.client.proto import health_pb2

from harness.embedded.protocol import SERVICE

_SERVICE_UNKNOWN: Final = 3  # of grpc.health.v1; NVIDIA's stub of it is older and has no name for it


class HealthService:
    """grpc.health.v1.Health, for the whole server ("") and for Riva's service."""

    def __init__(self) -> None:
        self._serving = True
        self._changed = asyncio.Event()

    def leave(self) -> None:
        self._serving = False
        self._changed.set()

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        if request.service not in ("", SERVICE):
            await context.abort(grpc.StatusCode.NOT_FOUND, f"no service {request.service}")
        return self._status()

    async def Watch(self, request: Any, _: Any) -> AsyncIterator[Any]:  # noqa: N802
        if request.service in ("", SERVICE):
            yield self._status()
            await self._changed.wait()
            yield self._status()
            return
        yield health_pb2.HealthCheckResponse(status=_SERVICE_UNKNOWN)
        await self._changed.wait()

    def _status(self) -> Any:
        status = health_pb2.HealthCheckResponse
        return status(status=status.SERVING if self._serving else status.NOT_SERVING)
