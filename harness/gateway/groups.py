"""Which endpoints there are, in groups with weights, and which of them a new session gets. Pure.

A caller's group is SHA-256(key) / 2^64 (the first 8 bytes, big-endian) against the weights in the order of the groups'
names: the same on every gateway, whatever the order in the file, and a group that grows keeps whom it had.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from harness.errors import UsageError
from harness.gateway.vitals import Health

ONLY_GROUP: Final = "default"
_ADDRESS: Final = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\s:\[\]/]+):(?P<port>\d{1,5})")
_SHAPE: Final = "write groups: {name: weight} and endpoints: [{target: host:port, group: name}]"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")  # it becomes a metric's label


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One Riva server of a group."""

    host: str
    port: int
    group: str = ONLY_GROUP

    @property
    def target(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Fleet:
    """All endpoints, and each group's share of the new sessions (relative; 0 admits none)."""

    endpoints: tuple[Endpoint, ...]
    weights: Mapping[str, float] = field(default_factory=lambda: {ONLY_GROUP: 1.0})

    @property
    def name(self) -> str:
        """The endpoints, each group behind its name; a fleet without groups has only endpoints."""
        if set(self.weights) == {ONLY_GROUP}:
            return self.name_of(ONLY_GROUP)
        return ";".join(f"{group}@{self.name_of(group)}" for group in sorted(self.weights) if self.weights[group] > 0)

    def name_of(self, group: str) -> str:
        return ",".join(endpoint.target for endpoint in self.endpoints if endpoint.group == group)


@dataclass(frozen=True, slots=True)
class Standing:
    """An endpoint as it is now: `streams` open, `served` since the start; `admits` is its breaker's word."""

    endpoint: Endpoint
    health: Health
    admits: bool
    streams: int
    served: int

    @property
    def eligible(self) -> bool:
        return self.admits and self.health is not Health.EJECTED


def place_of(key: str) -> float:
    """Where a caller stands between 0 and 1."""
    return int.from_bytes(hashlib.sha256(key.encode(errors="surrogatepass")).digest()[:8], "big") / 2**64


def group_of(key: str, weights: Mapping[str, float]) -> str | None:
    """The caller's group; None where no weight is above 0."""
    admitting = [(group, weights[group]) for group in sorted(weights) if weights[group] > 0]
    place = place_of(key) * math.fsum(weight for _, weight in admitting)
    reached = 0.0
    for group, weight in admitting:
        reached += weight
        if place < reached:
            return group
    return admitting[-1][0] if admitting else None


def choose_group(key: str, weights: Mapping[str, float], served: Collection[str]) -> tuple[str | None, bool]:
    """The group of a new session, and whether it had to be diverted because its own has nobody who may be asked."""
    own = group_of(key, weights)
    if own is None or own in served:
        return own, False
    return group_of(key, {group: weight for group, weight in weights.items() if group in served}), True


def choose_endpoint(standings: Iterable[Standing], group: str, *, avoid: str = "") -> Endpoint | None:
    """The healthiest, then least loaded endpoint of a group; `avoid` (a target) only where there is no other."""
    eligible = [standing for standing in standings if standing.endpoint.group == group and standing.eligible]
    if not eligible:
        return None
    best = min(eligible, key=lambda s: (s.endpoint.target == avoid, s.health, s.streams, s.served))
    return best.endpoint


def parse_endpoint(text: str, where: str, group: str = ONLY_GROUP) -> Endpoint:
    """host:port. Raises UsageError."""
    match = _ADDRESS.fullmatch(text)
    if match is None or not 1 <= int(match["port"]) <= 65535:
        raise UsageError(where, f'"{text}" is no endpoint', "write host:port, such as riva-1:50051")
    return Endpoint(match["host"].strip("[]"), int(match["port"]), group)


def parse_fleet(content: Any, where: str) -> Fleet:
    """A decoded endpoints file, {groups: {name: weight}, endpoints: [{target, group}]}. Raises UsageError."""
    if not isinstance(content, dict) or set(content) - {"groups", "endpoints"}:
        raise UsageError(where, "it does not hold groups and endpoints alone", _SHAPE)
    weights = _weights(content.get("groups", {ONLY_GROUP: 1}), where)
    listed = content.get("endpoints")
    if not isinstance(listed, list) or not listed:
        raise UsageError(f"{where}: endpoints", "there is no list of them", "list at least one {target, group}")
    endpoints = tuple(_endpoint(entry, weights, f"{where}: endpoints[{at}]") for at, entry in enumerate(listed))
    if len({endpoint.target for endpoint in endpoints}) < len(endpoints):
        raise UsageError(f"{where}: endpoints", "a target is listed twice", "list each once")
    empty = [group for group, weight in weights.items() if weight and group not in {e.group for e in endpoints}]
    if empty:
        raise UsageError(f"{where}: groups", f'"{empty[0]}" has no endpoint', "list one, or give it weight 0")
    return Fleet(endpoints, weights)


def _weights(groups: Any, where: str) -> dict[str, float]:
    where = f"{where}: groups"
    if not isinstance(groups, dict) or not groups:
        raise UsageError(where, "they are no mapping of names to weights", "write name: weight")
    for name, weight in groups.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise UsageError(where, f'"{name}" is no name', "use letters, digits, dots, dashes and underscores")
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < math.inf:
            raise UsageError(f"{where}.{name}", f'"{weight}" is no weight', "give a number from 0 up")
    if not any(groups.values()):
        raise UsageError(where, "all weights are 0", "give at least one group a weight above 0")
    return {name: float(weight) for name, weight in groups.items()}


def _endpoint(entry: Any, weights: Mapping[str, float], where: str) -> Endpoint:
    if not isinstance(entry, dict) or set(entry) - {"target", "group"} or not isinstance(entry.get("target"), str):
        raise UsageError(where, "it is no {target, group}", "write target: host:port, and its group")
    group = entry.get("group", ONLY_GROUP)
    if not isinstance(group, str) or group not in weights:
        raise UsageError(where, f'there is no group "{group}"', f"use one of {', '.join(sorted(weights))}")
    return parse_endpoint(entry["target"], where, group)
