from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
import pytest
from riva.client.proto import health_pb2, health_pb2_grpc

from harness.embedded.health import HealthService


@pytest.fixture
async def health() -> HealthService:
    return HealthService()


@pytest.fixture
async def stub(health: HealthService) -> AsyncIterator[health_pb2_grpc.HealthStub]:
    """A client of the service on a free port."""
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield health_pb2_grpc.HealthStub(channel)
    await server.stop(None)


async def test_health_says_serving_then_not_serving(health: HealthService, stub: health_pb2_grpc.HealthStub) -> None:
    """Check and Watch of the server and of Riva's service; both change when the server leaves."""
    serving, not_serving = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
    requests = [health_pb2.HealthCheckRequest(service=name) for name in ("", "nvidia.riva.asr.RivaSpeechRecognition")]
    watch = stub.Watch(requests[1])
    assert [(await stub.Check(request)).status for request in requests] == [serving] * 2
    assert (await watch.read()).status == serving
    health.leave()
    assert [(await stub.Check(request)).status for request in requests] == [not_serving] * 2
    assert (await watch.read()).status == not_serving


async def test_health_of_an_unknown_service(stub: health_pb2_grpc.HealthStub) -> None:
    """As the protocol says: NOT_FOUND to Check, SERVICE_UNKNOWN to Watch, which stays open."""
    request = health_pb2.HealthCheckRequest(service="other")
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stub.Check(request)
    assert error.value.code() is grpc.StatusCode.NOT_FOUND
    watch = stub.Watch(request)
    assert (await watch.read()).status == 3  # SERVICE_UNKNOWN, which this stub cannot name
    watch.cancel()
