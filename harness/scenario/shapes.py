"""Arrival shapes taken apart, pure and seeded: closed ones into legs, open ones into the moments of their sessions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from harness.model.plan import StageKind
from harness.model.scenario import (
    ClosedShape,
    Constant,
    Levels,
    OpenShape,
    Poisson,
    Ramp,
    Search,
    Spike,
    Steps,
    Storm,
    Stress,
    Surge,
)
from harness.scenario.session import draw

_NS_PER_S: Final = 1_000_000_000
_LEAST_WARM_NS: Final = 30 * _NS_PER_S
_RISING_WARM_PART: Final = 3  # of a step's time at most that part: a rise looks for the knee, it certifies nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A stretch with one number of lanes: its stage's times are settled when its sessions are dealt.

    It lasts `warm_ns` and then `steady_ns`, longer where `sessions` have not yet begun in its steady time. Before one
    that stands `apart` all lanes run empty, so that no session of the leg before it is heard in it, nor the other way.
    """

    kind: StageKind
    level: int
    steady_ns: int
    warm_ns: int = 0
    visit: int = 1
    sessions: int = 0
    apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """The starts of open arrivals, ns since the stage began; those before `warm_ns` are sent, not counted."""

    kind: StageKind
    starts_ns: tuple[int, ...]
    until_ns: int
    warm_ns: int = 0


def warm_up_ns(warm_s: float | None, longest_ns: int) -> int:
    """From a change of load to the first session that counts: 30 s, or twice the longest clip, unless it is said."""
    return max(_LEAST_WARM_NS, 2 * longest_ns) if warm_s is None else _ns(warm_s)


def legs(shape: ClosedShape, seed: int, longest_ns: int) -> tuple[Leg, ...]:
    """A closed shape in order of time. `longest_ns` is the longest streamed part of the clips that may be drawn."""
    match shape:
        case Constant():
            warm_ns = warm_up_ns(shape.warm_s, longest_ns)
            found = iter((Leg(kind="level", level=shape.lanes, warm_ns=warm_ns, steady_ns=_ns(shape.for_s)),))
        case Levels():
            found = _visits(shape, seed, longest_ns)
        case Ramp():
            found = _ramp(shape)
        case Spike():
            found = _spike(shape, longest_ns)
        case Steps():
            between = range(shape.from_lanes, shape.to_lanes, shape.step)
            found = _rise((*between, shape.to_lanes), shape.each_s, longest_ns)
        case Stress():
            found = _rise(_stress(shape), shape.each_s, longest_ns)
        case Search():
            found = _rise(_stress(scouting(shape)), shape.rise_s, longest_ns)
        case Surge():
            found = _surge(shape, longest_ns)
    return tuple(found)


def scouting(search: Search) -> Stress:
    """The first run of a search."""
    return Stress(from_lanes=search.from_lanes, to_lanes=search.to_lanes, factor=search.factor, each_s=search.rise_s)


def _visits(shape: Levels, seed: int, longest_ns: int) -> Iterator[Leg]:
    for visit in range(1, shape.visits + 1):
        for level in sorted(shape.levels, key=lambda level: draw(seed, "visit", visit, level)):
            yield Leg(
                kind="level",
                level=level,
                visit=visit,
                warm_ns=warm_up_ns(shape.warm_s, longest_ns),
                steady_ns=_ns(shape.visit_s),
                sessions=-(-shape.sessions // shape.visits),
                apart=True,
            )


def _ramp(shape: Ramp) -> Iterator[Leg]:
    """A leg a lane. It never rests, so nothing of it is warm-up."""
    count = shape.to_lanes - shape.from_lanes + 1
    edges_ns = [_ns(shape.for_s) * number // count for number in range(count + 1)]
    for level, (from_ns, until_ns) in enumerate(pairwise(edges_ns), start=shape.from_lanes):
        yield Leg(kind="rise", level=level, steady_ns=until_ns - from_ns)


def _spike(shape: Spike, longest_ns: int) -> Iterator[Leg]:
    """What the spike does, and what comes right after it, is what one wants to see: neither has a warm-up."""
    at_ns, spike_ns = _ns(shape.at_s), _ns(shape.spike_s)
    yield _step("level", shape.lanes, at_ns, longest_ns)
    yield Leg(kind="overload", level=shape.lanes * shape.times, steady_ns=spike_ns)
    yield Leg(kind="recovery", level=shape.lanes, visit=2, steady_ns=_ns(shape.for_s) - at_ns - spike_ns)


def _surge(shape: Surge, longest_ns: int) -> Iterator[Leg]:
    """As with a spike: an overload and the recovery from it have no warm-up."""
    yield _step("level", shape.lanes, _ns(shape.rest_s), longest_ns)
    for visit, lanes in enumerate(shape.overloads, start=2):
        yield Leg(kind="overload", level=lanes, visit=visit, steady_ns=_ns(shape.each_s))
        yield Leg(kind="recovery", level=shape.lanes, visit=visit, steady_ns=_ns(shape.rest_s))


def _rise(levels: Iterable[int], each_s: float, longest_ns: int) -> Iterator[Leg]:
    for level in levels:
        yield _step("rise", level, _ns(each_s), longest_ns)


def _stress(shape: Stress) -> Iterator[int]:
    level = shape.from_lanes
    while level < shape.to_lanes:
        yield level
        level = max(level + 1, int(level * shape.factor + 0.5))
    yield shape.to_lanes


def _step(kind: StageKind, level: int, lasts_ns: int, longest_ns: int) -> Leg:
    """So long in all; the warm-up is part of it."""
    warm_ns = min(warm_up_ns(None, longest_ns), lasts_ns // _RISING_WARM_PART)
    return Leg(kind=kind, level=level, warm_ns=warm_ns, steady_ns=lasts_ns - warm_ns)


def arrivals(shape: OpenShape, seed: int, longest_ns: int) -> Arrivals:
    """When the sessions of an open shape start.

    Poisson arrivals are as many as are expected, each at a moment of its own, all moments equally likely: which is what
    a Poisson process is, given its number. It needs no logarithm, whose last digit differs between machines.
    """
    if isinstance(shape, Poisson):
        warm_ns = warm_up_ns(shape.warm_s, longest_ns)
        until_ns = warm_ns + _ns(shape.for_s)
        count = max(1, round(shape.per_s * until_ns / _NS_PER_S))
        return Arrivals(
            kind="level", starts_ns=_scattered(seed, "poisson", count, until_ns), until_ns=until_ns, warm_ns=warm_ns
        )
    if isinstance(shape, Storm):
        until_ns = _ns(shape.within_s)
        return Arrivals(kind="storm", starts_ns=_scattered(seed, "storm", shape.sessions, until_ns), until_ns=until_ns)
    starts_ns = tuple(map(_ns, shape.starts_s))
    return Arrivals(kind="level", starts_ns=starts_ns, until_ns=starts_ns[-1] + 1)


def _scattered(seed: int, what: str, count: int, until_ns: int) -> tuple[int, ...]:
    return tuple(sorted(draw(seed, what, number) % until_ns for number in range(count)))


def _ns(seconds: float) -> int:
    return round(seconds * _NS_PER_S)
