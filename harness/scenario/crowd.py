"""A plan from an arrival shape: clips drawn by their weights fill its lanes, or its moments. Pure and seeded."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from heapq import heapify, heappush, heapreplace
from itertools import accumulate, pairwise
from math import lcm
from typing import Final

from harness.errors import ScenarioError
from harness.model.clip import Clip
from harness.model.plan import Plan, SessionPlan, Stage, StageKind
from harness.model.scenario import OpenShape, Poisson, Scenario, Selection, Storm, Trace
from harness.scenario.session import MS, OPEN_BEFORE_NS, draw, planned, spoken_ns
from harness.scenario.shapes import Arrivals, Leg, arrivals, legs

MOST_SESSIONS: Final = 500_000  # what a memory holds of a plan that somebody mistyped
_NS_PER_S: Final = 1_000_000_000
_FINEST: Final = 1_000_000  # weights are read to that part of one, so that they add up exactly

Queue = list[tuple[int, int]]
"""A heap of lanes: when each is free, and its number."""


def fill(scenario: Scenario, chosen: Iterable[tuple[Selection, Clip]]) -> Plan:
    """Every session of a scenario whose arrival has a shape. Raises ScenarioError where they are too many."""
    shape, seed = scenario.arrival.shape, scenario.arrival.seed
    crowd = _Crowd(scenario, _Deck(scenario, chosen))
    if isinstance(shape, Poisson | Trace | Storm):
        stages = [crowd.scatter(shape)]
    elif shape is not None:
        stages = list(crowd.queue(legs(shape, seed, crowd.deck.longest_ns)))
    else:
        raise ValueError("the arrival has no shape")
    lanes = 1 + max((session.lane for session in crowd.sessions), default=0)
    return Plan(seed=seed, lanes=lanes, sessions=tuple(crowd.sessions), stages=tuple(stages))


class _Deck:
    """The clips that may be drawn. Those of an entry share its weight; one of two entries has a part of both."""

    def __init__(self, scenario: Scenario, chosen: Iterable[tuple[Selection, Clip]]) -> None:
        pairs = list(chosen)
        shared = Counter(id(entry) for entry, _ in pairs)
        clips: dict[str, Clip] = {}
        weights: defaultdict[str, Fraction] = defaultdict(Fraction)
        for entry, clip in pairs:
            clips[clip.key] = clip
            weights[clip.key] += Fraction(entry.weight).limit_denominator(_FINEST) / shared[id(entry)]
        keys = sorted(clips)
        whole = lcm(*(weights[key].denominator for key in keys))
        self._clips = [clips[key] for key in keys]
        self._edges = list(accumulate(int(weights[key] * whole) for key in keys))
        self._seed = scenario.arrival.seed
        self._spoken_ns = [spoken_ns(clip, scenario.pacing) for clip in self._clips]
        self.longest_ns = max(self._spoken_ns)

    @property
    def mean_ns(self) -> int:
        """The expected length of what is drawn."""
        steps = [b - a for a, b in pairwise((0, *self._edges))]
        return sum(step * ns for step, ns in zip(steps, self._spoken_ns, strict=True)) // self._edges[-1]

    def deal(self, number: int) -> Clip:
        """The clip of that session: whole numbers all the way, so that it is the same clip on any machine."""
        at = draw(self._seed, "clip", number) * self._edges[-1] >> 64
        return self._clips[bisect_right(self._edges, at)]


class _Crowd:
    """The sessions so far, in the order of their starts."""

    def __init__(self, scenario: Scenario, deck: _Deck) -> None:
        self.deck = deck
        self.sessions: list[SessionPlan] = []
        self._name, self._arrival, self._pacing = scenario.name, scenario.arrival, scenario.pacing
        self._think_ns = scenario.arrival.think_ms * MS
        self._played: Counter[str] = Counter()

    def queue(self, parts: Iterable[Leg]) -> Iterator[Stage]:
        """Leg after leg; what a lane began before a leg's end runs on into the next."""
        until_ns, lanes = OPEN_BEFORE_NS, Queue()
        for number, leg in enumerate(parts, start=1):
            from_ns = until_ns
            if leg.apart and number > 1:
                from_ns, lanes = until_ns + self.deck.longest_ns + OPEN_BEFORE_NS, []
            lanes = self._lanes(lanes, leg, number, from_ns)
            stage_id = _stage_id(number, leg.kind, leg.level)
            until_ns = self._run(leg, stage_id, lanes, from_ns)
            yield Stage(
                stage_id=stage_id,
                kind=leg.kind,
                level=leg.level,
                visit=leg.visit,
                from_ns=from_ns,
                steady_ns=from_ns + leg.warm_ns,
                until_ns=until_ns,
            )

    def scatter(self, shape: OpenShape) -> Stage:
        """Each session in a lane that is free, or in a new one: nobody waits for anybody."""
        told = arrivals(shape, self._arrival.seed, self.deck.longest_ns)
        level = shape.sessions if isinstance(shape, Storm) else self._expected(told)
        stage = Stage(
            stage_id=_stage_id(1, told.kind, level),
            kind=told.kind,
            level=level,
            visit=1,
            from_ns=OPEN_BEFORE_NS,
            steady_ns=OPEN_BEFORE_NS + told.warm_ns,
            until_ns=OPEN_BEFORE_NS + told.until_ns,
        )
        lanes = Queue()
        for start_ns in (OPEN_BEFORE_NS + moment_ns for moment_ns in told.starts_ns):
            free = bool(lanes) and lanes[0][0] <= start_ns
            lane = lanes[0][1] if free else len(lanes)
            session = self._begin(start_ns, lane, stage.stage_id, level, warm_up=start_ns < stage.steady_ns)
            (heapreplace if free else heappush)(lanes, (session.end_ns, lane))
        return stage

    def _expected(self, told: Arrivals) -> int:
        """Sessions at once, by Little's law."""
        span_ns = max(told.until_ns, self.deck.mean_ns)
        return max(1, round(len(told.starts_ns) * self.deck.mean_ns / span_ns))

    def _lanes(self, before: Queue, leg: Leg, number: int, from_ns: int) -> Queue:
        """The lanes of a leg. New ones begin at moments of their own: aligned they would send their frames together."""
        lanes = [(free_ns, lane) for free_ns, lane in before if lane < leg.level]
        cycle_ns = self.deck.longest_ns + self._think_ns
        lanes += [
            (from_ns + draw(self._arrival.seed, "phase", number, lane) % cycle_ns, lane)
            for lane in range(len(lanes), leg.level)
        ]
        heapify(lanes)
        return lanes

    def _run(self, leg: Leg, stage_id: str, lanes: Queue, from_ns: int) -> int:
        """Begin the leg's sessions and say when it is over."""
        steady_ns, counted = from_ns + leg.warm_ns, 0
        until_ns = steady_ns + leg.steady_ns
        while lanes[0][0] < until_ns or counted < leg.sessions:
            start_ns, lane = lanes[0]
            session = self._begin(start_ns, lane, stage_id, leg.level, warm_up=start_ns < steady_ns)
            counted += not session.warm_up
            heapreplace(lanes, (session.end_ns + self._think_ns, lane))
            if start_ns >= until_ns:
                until_ns = from_ns + ((start_ns - from_ns) // _NS_PER_S + 1) * _NS_PER_S
        return until_ns

    def _begin(self, start_ns: int, lane: int, stage: str, level: int, *, warm_up: bool) -> SessionPlan:
        number = len(self.sessions)
        if number == MOST_SESSIONS:
            raise ScenarioError(
                f"{self._name}: arrival.shape", f"asks for more than {MOST_SESSIONS:,} sessions", "make it shorter"
            )
        clip = self.deck.deal(number)
        session = planned(
            f"s{number:06d}",
            clip,
            self._pacing,
            start_ns=start_ns,
            lane=lane,
            repeat=self._played[clip.key],
            warm_up=warm_up,
            stage=stage,
            level=level,
        )
        self._played[clip.key] += 1
        self.sessions.append(session)
        return session


def _stage_id(number: int, kind: StageKind, level: int) -> str:
    """In the order of time as text, too."""
    return f"{number:04d}-{kind}-{level}"
