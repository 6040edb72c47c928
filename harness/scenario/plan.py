"""Scenario and corpus to Plan, pure and complete: same scenario, same clips, same seed, same plan, byte for byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from harness.errors import ScenarioError, UsageError, choose
from harness.model.clip import Clip
from harness.model.metrics import METRICS
from harness.model.plan import Plan, SessionPlan
from harness.model.scenario import Objective, Pacing, Scenario, Selection, Where
from harness.scenario.crowd import fill
from harness.scenario.session import MS, OPEN_BEFORE_NS, draw, planned, spoken_ns

_LONG_SHARE = 4  # of a lane's audio: a clip longer than that part begins

Take = tuple[Clip, int]
"""A clip, and which repeat of it."""


def matches(clip: Clip, where: Where) -> bool:
    """Whether a clip has one of the allowed values for every key. Levels are no clip's: they are left to the plan."""
    keys = clip.keys()
    return all(keys[key] in values for key, values in where if key != "level")


def narrow(scenario: Scenario, only: Where, repeat: int | None = None) -> Scenario:
    """Keep the clips that match `only`, and play each `repeat` times; the scenario then says that it was narrowed."""
    if not only and repeat is None:
        return scenario
    said = [f"{key} {', '.join(values)}" for key, values in only]
    if repeat is not None:
        said.append(f"repeat {repeat}")
    clips = tuple(
        replace(selection, select=selection.select + only, repeat=repeat or selection.repeat)
        for selection in scenario.clips
    )
    return replace(scenario, clips=clips, narrowed=tuple(said))


def check(scenario: Scenario, corpus: Iterable[Clip], file: str) -> Scenario:
    """Hold the scenario's names against the corpus; a narrowed scenario loses the objectives that read no session."""
    clips = tuple(corpus)
    for index, selection in enumerate(scenario.clips):
        refuse_unknown(clips, selection.select, f"{file}: clips.{index}.select")
        refuse_unknown(clips, selection.leave_out, f"{file}: clips.{index}.except")
    for objective in scenario.objectives:
        refuse_unknown(clips, objective.where, f"{file}: objectives.{objective.objective_id}")
    chosen = tuple(clip for _, clip in _chosen(scenario, clips))
    if not chosen:
        raise _nothing_left(scenario, file)
    kept = tuple(objective for objective in scenario.objectives if _reads_any(objective, chosen))
    if not kept:
        raise _nothing_judged(scenario, file)
    if len(kept) < len(scenario.objectives) and not scenario.narrowed:
        unread = next(objective for objective in scenario.objectives if objective not in kept)
        raise ScenarioError(
            f"{file}: objectives.{unread.objective_id}",
            "reads no clip that this scenario plays",
            "take it out, or play such clips",
        )
    return replace(scenario, objectives=kept)


def make_plan(scenario: Scenario, corpus: Iterable[Clip]) -> Plan:
    """Every session with its times: warm-up first, then the clips, each in the lane that is free first.

    The clips are shuffled, but for those that are very long: they begin. Where the arrival has a shape, that is filled.
    """
    clips = tuple(corpus)
    if scenario.arrival.shape is not None:
        return fill(scenario, _chosen(scenario, clips))
    seed, lanes = scenario.arrival.seed, scenario.arrival.lanes
    takes = [(clip, repeat) for entry, clip in _chosen(scenario, clips) for repeat in range(entry.repeat)]
    long, others = _shuffled(takes, scenario)
    warm = [clip for clip, _ in (others or long) if clip.has_speech][: scenario.warm_up_sessions]
    phases_ns = [_phase_ns(seed, lane, scenario.arrival.think_ms) for lane in range(lanes)]
    free_ns = [OPEN_BEFORE_NS + phase_ns for phase_ns in phases_ns]
    think_ns = scenario.arrival.think_ms * MS
    sessions = _fill(free_ns, [(clip, 0) for clip in warm], scenario.pacing, think_ns, warm_up=True)
    if sessions:
        over_ns = max(session.end_ns for session in sessions) + max(think_ns, OPEN_BEFORE_NS)
        free_ns = [over_ns + phase_ns for phase_ns in phases_ns]
    sessions += _fill(free_ns, long + others, scenario.pacing, think_ns, warm_up=False)
    return Plan(seed=seed, lanes=lanes, sessions=tuple(sorted(sessions, key=lambda s: (s.start_ns, s.lane))))


def refuse_unplanned(scenario: Scenario, plan: Plan, file: str) -> None:
    """Raises ScenarioError for a plan that counts nothing, and for an objective about a level that it never has."""
    if not plan.counted:
        raise ScenarioError(f"{file}: arrival.shape", "is over before any session counts", "make it longer")
    there = sorted({stage.level for stage in plan.stages})
    for objective in scenario.objectives:
        for key, values in objective.where:
            for value in values:
                if key == "level" and value not in map(str, there):
                    place = f"{file}: objectives.{objective.objective_id}"
                    known = ", ".join(map(str, there))
                    raise ScenarioError(place, f"no stage has level {value!r}", f"the plan's levels are {known}")


def _shuffled(takes: list[Take], scenario: Scenario) -> tuple[list[Take], list[Take]]:
    """The very long clips, then the others: a long one that started last would outlast all other lanes."""
    lasts_ns = {clip.key: spoken_ns(clip, scenario.pacing) for clip, _ in takes}
    long_ns = sum(lasts_ns[clip.key] for clip, _ in takes) / scenario.arrival.lanes / _LONG_SHARE
    order = sorted(takes, key=lambda take: draw(scenario.arrival.seed, "order", take[0].key, take[1]))
    long = [take for take in order if lasts_ns[take[0].key] > long_ns]
    return long, [take for take in order if lasts_ns[take[0].key] <= long_ns]


def _fill(
    free_ns: list[int], takes: list[tuple[Clip, int]], pacing: Pacing, think_ns: int, *, warm_up: bool
) -> list[SessionPlan]:
    sessions = []
    for index, (clip, repeat) in enumerate(takes):
        lane = min(range(len(free_ns)), key=lambda at: (free_ns[at], at))
        session_id = f"{'w' if warm_up else 's'}{index:05d}"
        session = planned(session_id, clip, pacing, start_ns=free_ns[lane], lane=lane, repeat=repeat, warm_up=warm_up)
        sessions.append(session)
        free_ns[lane] = session.end_ns + think_ns
    return sessions


def _chosen(scenario: Scenario, clips: tuple[Clip, ...]) -> Iterator[tuple[Selection, Clip]]:
    """Each entry with its clips. What an entry has assembled is played by that entry alone, whatever others select."""
    assembled = {entry.assemble.clip_id for entry in scenario.clips if entry.assemble}
    for entry in scenario.clips:
        own = {entry.assemble.clip_id} if entry.assemble else {clip.clip_id for clip in clips} - assembled
        for clip in clips:
            left_out = entry.leave_out and matches(clip, entry.leave_out)
            if clip.clip_id in own and matches(clip, entry.select) and not left_out:
                yield entry, clip


def _reads_any(objective: Objective, clips: tuple[Clip, ...]) -> bool:
    scope = METRICS[objective.metric].applies
    return any(scope.judges(clip) and matches(clip, objective.where) for clip in clips)


def refuse_unknown(clips: tuple[Clip, ...], where: Where, place: str) -> None:
    """Raises ScenarioError at `place` for a value that no clip has."""
    for key, values in where:
        if key == "level":
            continue
        there = {clip.keys()[key] for clip in clips}
        for value in values:
            if value not in there:
                raise ScenarioError(place, f"no clip has {key} {value!r}", choose(value, there))


def refuse_unknown_flags(scenario: Scenario, corpus: Iterable[Clip], only: Where, file: str) -> None:
    """Raises UsageError for a value of `--clip`, `--condition` or `--rate` that no clip of the scenario has."""
    played = {clip.key: clip for _, clip in _chosen(scenario, tuple(corpus))}.values()
    for key, values in only:
        there = {clip.keys()[key] for clip in played}
        for value in values:
            if value not in there:
                named = "is called that" if key == "clip" else "has it"
                raise UsageError(f"--{key} {value}", f"no clip that {file} plays {named}", choose(value, there))


def _nothing_left(scenario: Scenario, file: str) -> UsageError:
    if scenario.narrowed:
        return UsageError(_flags(scenario), f"together they leave no clip of those that {file} plays", "ask for less")
    return ScenarioError(f"{file}: clips", "the selection leaves no clip", "widen it")


def _nothing_judged(scenario: Scenario, file: str) -> UsageError:
    if scenario.narrowed:
        return UsageError(_flags(scenario), f"no objective of {file} reads any of these clips", "choose others")
    return ScenarioError(f"{file}: objectives", "no objective reads any of the chosen clips", "choose others")


def _flags(scenario: Scenario) -> str:
    return " ".join(f"--{one}" for one in scenario.narrowed)


def _phase_ns(seed: int, lane: int, think_ms: int) -> int:
    """Lanes must not start together: aligned phases make sessions share moments."""
    return draw(seed, "phase", lane) % max(1, (think_ms + 1000) * MS)
