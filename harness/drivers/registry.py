"""The drivers by name. Each is imported only when it is asked for: grpc alone costs 0.1 s and 30 MB."""

from __future__ import annotations

from typing import Final

from harness.drivers.base import Driver, DriverSpec
from harness.errors import TargetError

DRIVERS: Final = ("gateway", "riva")


def make_driver(spec: DriverSpec) -> Driver:
    """Raises TargetError for a driver that does not exist or an address it cannot use."""
    if spec.driver == "gateway":
        from harness.drivers.gateway import GatewayDriver  # noqa: PLC0415

        return GatewayDriver(spec)
    if spec.driver == "riva":
        from harness.drivers.riva import RivaDriver  # noqa: PLC0415

        return RivaDriver(spec)
    raise TargetError(f"driver {spec.driver}", "there is no such driver", f"use one of {', '.join(DRIVERS)}")
