"""A whole run in virtual time: the real engine's stage, a scripted target, and the record a folder would hold."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any

import uvloop

from harness.clock import ManualClock
from harness.drivers.scripted import Script, ScriptedDriver
from harness.measure.text import NORMALISER
from harness.model.plan import Plan, SessionPlan
from harness.model.run import Ending, Identity, Manifest, Record, Vitals
from harness.model.scenario import Scenario, Target
from harness.model.timeline import Heard, Timeline
from harness.run.outbox import Outbox
from harness.run.stage import Stage
from harness.store.clips import frames_of
from harness.store.rows import heard_of

IDENTITY = Identity(facts=(("target", "scripted"),))


def play(scenario: Scenario, plan: Plan, script: Script) -> Record:
    """Stream the plan's sessions to a target that answers by a script. No clip is read: the target listens to none."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return _record(scenario, plan, runner.run(_streamed(plan, script)))


async def _streamed(plan: Plan, script: Script) -> tuple[Timeline, ...]:
    clock, outbox = ManualClock(), Outbox()
    cast = [(session, frames_of(session, _silence(session))) for session in plan.sessions]
    stage = Stage(cast, driver=ScriptedDriver(clock, script), clock=clock, outbox=outbox)
    playing = asyncio.ensure_future(stage.play())
    await clock.run_to_end(plan.end_ns)
    assert playing.done()
    await playing
    batch = outbox.take()
    assert batch is not None
    return _timelines(plan, batch)


def _silence(session: SessionPlan) -> bytes:
    return bytes(2 * session.clip.rate_hz * session.clip.duration_ns // 1_000_000_000)


def _timelines(plan: Plan, batch: dict[str, Any]) -> tuple[Timeline, ...]:
    heard: defaultdict[str, list[tuple[int, Heard]]] = defaultdict(list)
    for row in batch["heard"]:
        heard[row["session_id"]].append((row["at_ns"], heard_of(row)))
    lags: defaultdict[str, list[int]] = defaultdict(list)
    for session_id, _, lag_us in batch["frames"]:
        lags[session_id].append(lag_us)
    over = {row["session_id"]: row for row in batch["over"]}
    return tuple(
        Timeline(
            session_id=session.session_id,
            send_lag_us=tuple(lags[session.session_id]),
            heard=tuple(heard[session.session_id]),
            **{name: over[session.session_id][name] for name in _KEPT},
        )
        for session in plan.sessions
    )


_KEPT = ("end_reason", "opened_ns", "ready_ns", "ended_ns", "backlog_max", "tick_late_max_us")


def _record(scenario: Scenario, plan: Plan, timelines: tuple[Timeline, ...]) -> Record:
    manifest = Manifest(
        run_id=f"{scenario.name}-virtual",
        began_utc="2026-01-01T00:00:00.000000Z",
        driver="riva",
        endpoint="nowhere",
        scenario=scenario,
        target=Target(name="double", kind="real", endpoints=(("riva", "nowhere"),)),
        plan=plan,
        identity_before=IDENTITY,
        bound_seed=scenario.arrival.seed,
        normaliser=NORMALISER,
        versions=(),
        environment=(),
        digests=(),
    )
    vitals = Vitals(identity_after=IDENTITY)
    ending = Ending(ended_utc="2026-01-01T01:00:00.000000Z", elapsed_ns=plan.end_ns, vitals=vitals)
    return Record(manifest=manifest, ending=ending, timelines=timelines)
