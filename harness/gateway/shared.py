"""What the connections of one process share."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.gateway.admission import Admission
from harness.gateway.counters import Counters
from harness.gateway.meters import Meters
from harness.gateway.passage import Holds
from harness.gateway.settings import GatewaySettings
from harness.gateway.traces import Traces
from harness.gateway.upstream import Upstream


@dataclass(frozen=True, slots=True)
class Shared:
    """One a process."""

    settings: GatewaySettings
    upstream: Upstream
    counters: Counters
    admission: Admission
    meters: Meters
    traces: Traces = field(default_factory=Traces)
    holds: Holds = field(default_factory=Holds)
