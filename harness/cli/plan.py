"""`harness plan`: what a scenario would send, before anything runs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import (
    Asked,
    ClipOption,
    ConditionOption,
    CorpusOption,
    LanesOption,
    RateOption,
    RepeatOption,
    ScenarioArgument,
    SeedOption,
    ask,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model.plan import Plan, SessionPlan
    from harness.model.scenario import Objective

_NS_PER_S = 1e9
_LEAST_OF_A_LEVEL = 300  # sessions: below that the bound of sessions that share moments has no power


def command(
    scenario: ScenarioArgument,
    corpus: CorpusOption = None,
    clip: ClipOption = [],  # noqa: B006  typer copies it
    condition: ConditionOption = [],  # noqa: B006
    rate: RateOption = [],  # noqa: B006
    repeat: RepeatOption = None,
    lanes: LanesOption = None,
    seed: SeedOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="The whole plan, session by session.")] = False,
) -> None:
    """Show what a scenario would send, how long it takes, and what its numbers can certify."""
    asked = ask(
        scenario, corpus=corpus, clips=clip, conditions=condition, rates=rate, repeat=repeat, lanes=lanes, seed=seed
    )
    if as_json:
        from harness.cli.audio import gather
        from harness.store.codec import dumps

        with TemporaryDirectory(prefix="harness-clips-") as made:
            plan = gather(asked, Path(made))[0] if asked.assembled else asked.plan
        typer.echo(dumps(plan), nl=False)
    else:
        typer.echo("\n".join(describe(asked)))


def describe(asked: Asked) -> Iterator[str]:
    """The plan in a few lines; a load plan with its course over time and its stages."""
    from harness.cli.outlook import outlook

    scenario, plan = asked.scenario, asked.plan
    narrowed = f" (narrowed to {' and '.join(scenario.narrowed)})" if scenario.narrowed else ""
    yield f"{scenario.name}{narrowed}: {scenario.description}"
    yield from _listed(plan) if not plan.stages else outlook(plan)
    yield f"{len({clip.clip_id for clip in plan.clips})} clips, {len(plan.clips)} with their rates: " + ", ".join(
        f"{count} {condition}" for condition, count in _conditions(plan.counted).items()
    )
    yield from _assembled(asked)
    for objective in scenario.objectives:
        yield f"  {objective.objective_id:<16} {objective.text}   {_power(objective, plan.counted)}"


def _listed(plan: Plan) -> Iterator[str]:
    spoken_s = sum(session.spoken_ns for session in plan.counted) / _NS_PER_S
    last_s = max(session.end_ns for session in plan.sessions) / _NS_PER_S
    warm_up = len(plan.sessions) - len(plan.counted)
    yield (
        f"{len(plan.counted)} sessions in {plan.lanes} lanes, {spoken_s / 60:.1f} min of audio, "
        f"about {last_s / 60:.1f} min, after {warm_up} warm-up sessions; seed {plan.seed}"
    )


def _assembled(asked: Asked) -> Iterator[str]:
    """What is put together only when the scenario runs; its rates have the same pieces."""
    played = {clip.clip_id for clip in asked.plan.clips}
    for one in {one.clip.clip_id: one for one in asked.assembled if one.clip.clip_id in played}.values():
        clip = one.clip
        yield (
            f"{clip.clip_id} is put together when it runs: {len(one.pieces)} pieces of "
            f"{len({piece.clip.clip_id for piece in one.pieces})} clips, {clip.duration_ns / _NS_PER_S / 60:.1f} min, "
            f"{len(clip.words)} words in {len(clip.segments)} segments"
        )


def _conditions(sessions: tuple[SessionPlan, ...]) -> dict[str, int]:
    return Counter(condition for condition, _ in sorted({(one.clip.condition, one.clip.key) for one in sessions}))


def _power(objective: Objective, sessions: tuple[SessionPlan, ...]) -> str:
    """How many violations the smallest slice may have and still PASS."""
    from harness.model.metrics import METRICS, QUANTILES
    from harness.stats.binomial import most_to_pass

    scope = METRICS[objective.metric].applies
    read = [session.keys() for session in sessions if scope.judges(session.clip)]
    here = [keys for keys in read if all(keys[key] in values for key, values in objective.where)]
    slices = Counter(tuple(keys[key] for key in objective.per) for keys in here)
    if not slices:
        return "no session counts"
    fewest = min(slices.values())
    said = f"n {fewest}" if len(slices) == 1 else f"{len(slices)} slices, n {fewest} or more"
    if objective.delta:
        return f"{said}, paired with the baseline's"
    of_a_level = objective.has_bound and "level" in (*objective.per, *dict(objective.where))
    if of_a_level and fewest < _LEAST_OF_A_LEVEL:
        return f"{said}: too few to PASS, a level needs {_LEAST_OF_A_LEVEL}"
    if objective.aggregate in QUANTILES and objective.op in ("<", "<="):
        allowed = most_to_pass(fewest, 1 - QUANTILES[objective.aggregate], objective.confidence)
        may = f"may miss {allowed}" + (", fewer where slow moments bunch them" if of_a_level else "")
        return f"{said}: " + ("too few to PASS" if allowed is None else may)
    return said
