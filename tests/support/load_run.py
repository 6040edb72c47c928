"""An invented load run: levels in shuffled visits, a target that gets slow and then refuses, and the harness."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from harness.model.clip import Clip, Segment, Word
from harness.model.plan import Plan, SessionPlan, Stage
from harness.model.run import Ending, Identity, Manifest, Record, Vitals
from harness.model.scenario import Arrival, Objective, Pacing, Scenario, Selection, Target
from harness.model.timeline import Closed, Final, Heard, HeardWord, Opened, Partial, Refused, Sample, Timeline

MS = 1_000_000
S = 1000 * MS
IDENTITY = Identity(facts=(("model", "invented-en"), ("server", "1.2.3"), ("gateway", "0.9.1")))
_TEXTS = (
    "the harbour was quiet when the first ferry came in",
    "she kept the ledger open and counted every coin",
    "take two trays of glasses to the long table",
    "we walked the orchard road before the rain",
)


def clips() -> tuple[Clip, ...]:
    return tuple(_clip(number, text) for number, text in enumerate(_TEXTS))


def _clip(number: int, text: str) -> Clip:
    words, at = [], 400 * MS
    for word in text.split():
        length = (90 + 45 * len(word)) * MS
        words.append(Word(text=word, start_ns=at, end_ns=at + length))
        at += length + 60 * MS
    return Clip(
        clip_id=f"clean-{number}",
        rate_hz=16000,
        path=f"clips/clean-{number}-16000.flac",
        sha256=f"{number:064x}",
        condition="clean",
        source=f"clean-{number}",
        speaker=f"speaker {number}",
        speech="human",
        duration_ns=at + 600 * MS,
        reference=text,
        words=tuple(words),
        segments=(Segment(first_word=0, last_word=len(words) - 1),),
        confirmed_by_ear=True,
    )


def objective(text: str, name: str, aggregate: str, metric: str, threshold: float, **more) -> Objective:
    return Objective(
        objective_id=name,
        text=text,
        aggregate=aggregate,
        metric=metric,
        op=more.pop("op", "<="),
        threshold=threshold,
        **more,
    )


OBJECTIVES = (
    objective("p95 first_partial_ms <= 300 per level", "first-partial", "p95", "first_partial_ms", 300, per=("level",)),
    objective("p95 final_ms <= 800 per level", "final", "p95", "final_ms", 800, per=("level",)),
    objective("rate error < 2 % per level", "errors", "rate", "error", 0.02, op="<", per=("level",)),
)


@dataclass(frozen=True, kw_only=True)
class LoadStory:
    """What is invented: the default is a confirm phase whose target carries about 40 sessions."""

    levels: tuple[int, ...] = (16, 24, 32, 40, 48)
    visits: int = 3
    visit_s: int = 30
    warm_s: int = 10
    knee: float = 39.0
    seed: int = 5
    late_level: int = 0  # at this level the harness itself is too slow
    objectives: tuple[Objective, ...] = OBJECTIVES
    stages: tuple[tuple[str, int], ...] = ()  # (kind, level) in order, instead of shuffled levels
    doors: int = 0  # sessions at once that are let in, where the target refuses the rest
    recovers_s: int = 0  # for how long it stays slow after an overload


def make(story: LoadStory | None = None, run_id: str = "load-20261121T031502Z-b7704a") -> Record:
    """The record that a folder of this run would hold."""
    story = story or LoadStory()
    chance = random.Random(story.seed)  # noqa: S311  seeded on purpose
    plan = make_plan(story)
    slow = {one.stage_id: one.from_ns + story.recovers_s * S for one in plan.stages if one.kind == "recovery"}
    timelines = tuple(_tell(one, story, chance, until_ns=slow.get(one.stage, 0)) for one in plan.sessions)
    return Record(
        manifest=_manifest(run_id, story, plan),
        ending=Ending(
            ended_utc="2026-11-21T03:25:02.5+00:00",
            elapsed_ns=plan.end_ns,
            vitals=Vitals(identity_after=IDENTITY),
        ),
        timelines=timelines,
        samples=tuple(_samples(plan, chance)),
    )


def make_plan(story: LoadStory) -> Plan:
    chance = random.Random(story.seed + 1)  # noqa: S311  seeded on purpose
    stages, sessions, at = [], [], 2 * S
    for kind, level, visit in _order(story, chance):
        steady = at + story.warm_s * S
        stage = Stage(
            stage_id=f"{kind}-{level}-{visit}",
            kind=kind,
            level=level,
            visit=visit,
            from_ns=at,
            steady_ns=steady,
            until_ns=steady + story.visit_s * S,
        )
        stages.append(stage)
        sessions += _lanes(stage, chance)
        at = stage.until_ns
    sessions.sort(key=lambda one: (one["start_ns"], one["lane"]))
    made = tuple(SessionPlan(session_id=f"s{number:05d}", repeat=number, **one) for number, one in enumerate(sessions))
    return Plan(seed=story.seed, lanes=max(one.level for one in stages), sessions=made, stages=tuple(stages))


def _order(story: LoadStory, chance: random.Random):
    if story.stages:
        for visit, (kind, level) in enumerate(story.stages, start=1):
            yield kind, level, visit
        return
    for visit in range(1, story.visits + 1):
        levels = list(story.levels)
        chance.shuffle(levels)
        yield from (("level", level, visit) for level in levels)


def _lanes(stage: Stage, chance: random.Random) -> list[dict]:
    """Every lane plays clip after clip, half a second apart, and begins at a moment of its own."""
    texts, found = clips(), []
    for lane in range(stage.level):
        at = stage.from_ns + chance.randrange(3 * S)
        while at < stage.until_ns:
            clip = chance.choice(texts)
            end = at + clip.words[-1].end_ns + 200 * MS
            found.append(
                {
                    "clip": clip,
                    "lane": lane,
                    "open_ns": at - S // 5,
                    "start_ns": at,
                    "frame_ns": 100 * MS,
                    "end_ns": end,
                    "deadline_ns": end + 10 * S,
                    "warm_up": at < stage.steady_ns,
                    "stage": stage.stage_id,
                    "level": stage.level,
                }
            )
            at = end + S // 2
    return found


def _tell(plan: SessionPlan, story: LoadStory, chance: random.Random, *, until_ns: int) -> Timeline:
    """`until_ns`: a session that starts before it still suffers from what was before."""
    crowd, share = plan.level or 1, 0.0
    if story.doors and crowd > story.doors:
        crowd, share = story.doors, 1 - story.doors / crowd
    load = 1.15 if plan.start_ns < until_ns else crowd / story.knee
    late_us = 80_000 if plan.level == story.late_level and chance.random() < 0.08 else 0
    lags = tuple(int(chance.lognormvariate(5.6 + 0.3 * load, 0.6)) for _ in range(plan.frame_count))
    drawn = chance.random()
    if drawn < (share if story.doors else 0.2 * (load - 1) if load > 1.1 else 0):
        return _ended(plan, _refusal(plan, chance, load), lags[:0], late_us)
    ready = plan.open_ns + int(chance.gauss(40, 8) * MS)
    if load > 1.2 and drawn > 0.985:
        heard = [(ready, Opened()), *_partials(plan, load, chance)]
        return Timeline(
            session_id=plan.session_id,
            end_reason="deadline",
            opened_ns=plan.open_ns,
            ready_ns=ready,
            ended_ns=plan.deadline_ns,
            send_lag_us=lags,
            tick_late_max_us=900,
            heard=tuple(heard),
        )
    return _ended(plan, [(ready, Opened()), *_partials(plan, load, chance), *_final(plan, load, chance)], lags, late_us)


def _refusal(plan: SessionPlan, chance: random.Random, load: float) -> list[tuple[int, Heard]]:
    at = plan.open_ns + int(chance.gauss(30, 6) * MS)
    told = chance.random() < 0.97
    return [(at, Refused(code="over_capacity", retry_after_ms=2000 if told else None))]


def _partials(plan: SessionPlan, load: float, chance: random.Random) -> list[tuple[int, Heard]]:
    words, heard = plan.clip.words, []
    wait = max(60.0, chance.gauss(150 + 70 * load**3, 30))
    at = plan.start_ns + words[0].end_ns + int(wait * MS)
    while at < plan.end_ns - 250 * MS:
        spoken = [word.text for word in words if plan.start_ns + word.end_ns < at]
        if spoken and chance.random() < 0.15:
            spoken[-1] = "mumble"
        if spoken:
            heard.append((at, Partial(segment=0, text=" ".join(spoken))))
        at += int(chance.uniform(150, 230) * (1 + 0.3 * load) * MS)
    return heard


def _final(plan: SessionPlan, load: float, chance: random.Random) -> list[tuple[int, Heard]]:
    words = [word for word in plan.clip.words if chance.random() > 0.02 + 0.02 * max(0.0, load - 1)]
    wait = chance.gauss(430 + 130 * load**4, 55) + (chance.expovariate(1 / (40 + 250 * max(0.0, load - 0.9))))
    heard = tuple(HeardWord(text=word.text, start_ns=word.start_ns, end_ns=word.end_ns) for word in words)
    at = plan.start_ns + plan.clip.words[-1].end_ns + int(max(210.0, wait) * MS)
    return [(at, Final(segment=0, text=" ".join(word.text for word in words), words=heard))]


def _ended(plan: SessionPlan, heard: list, lags: tuple[int, ...], late_us: int) -> Timeline:
    heard.sort(key=lambda told: told[0])
    refused = isinstance(heard[-1][1], Refused)
    ended = heard[-1][0] if refused else max(heard[-1][0], plan.end_ns) + 20 * MS
    if not refused:
        heard.append((ended, Closed(code="1000")))
    return Timeline(
        session_id=plan.session_id,
        end_reason="completed",
        opened_ns=plan.open_ns,
        ready_ns=None if refused else heard[0][0],
        ended_ns=ended,
        send_lag_us=(*lags[:1], *(max(lag, late_us) for lag in lags[1:])),
        tick_late_max_us=max(900, late_us),
        heard=tuple(heard),
    )


def _samples(plan: Plan, chance: random.Random):
    """Three processes, the engine's own thread, and two counters of a server."""
    requests = waited = 0.0
    for at in range(0, plan.stages[-1].until_ns // S, 2):
        level = next((one.level for one in plan.stages if one.from_ns <= at * S < one.until_ns), 0)
        for source, idle, each, mb in (("engine", 4, 0.9, 92), ("gateway", 3, 0.7, 61), ("riva", 20, 3.1, 410)):
            cpu = min(idle + each * level, 190) + chance.uniform(-3, 3)
            yield Sample(at_ns=at * S, source=source, metric="cpu_percent", value=round(cpu, 1))
            memory = mb + 0.4 * level + 4 * math.log1p(at)
            yield Sample(at_ns=at * S, source=source, metric="rss_bytes", value=round(memory * 1e6))
        busy = round(6 + 0.8 * level + chance.uniform(-2, 2), 1)
        yield Sample(at_ns=at * S, source="engine", metric="loop_busy_percent", value=busy)
        if level >= 48 and chance.random() < 0.2:
            yield Sample(at_ns=at * S, source="engine", metric="tick_late_ms", value=round(chance.uniform(10, 24), 1))
        requests, waited = requests + level, waited + level * (900 + 30 * level)
        yield Sample(at_ns=at * S, source="riva", metric='nv_inference_count{model="asr"}', value=requests)
        yield Sample(at_ns=at * S, source="riva", metric='nv_inference_queue_duration_us{model="asr"}', value=waited)


def _manifest(run_id: str, story: LoadStory, plan: Plan) -> Manifest:
    return Manifest(
        run_id=run_id,
        began_utc="2026-11-21T03:15:02.000000+00:00",
        driver="gateway",
        endpoint="ws://127.0.0.1:40123/v1/stream",
        scenario=Scenario(
            name="load",
            description="Levels in shuffled visits.",
            clips=(Selection(),),
            arrival=Arrival(lanes=plan.lanes, seed=story.seed, think_ms=500),
            pacing=Pacing(frame_ms=100, end_after_ms=200),
            objectives=story.objectives,
        ),
        target=Target(name="invented", kind="real", endpoints=(("gateway", "ws://127.0.0.1:40123/v1/stream"),)),
        plan=plan,
        identity_before=IDENTITY,
        bound_seed=11,
        normaliser="whisper-english 0.1.12",
        versions=(("riva-slo-harness", "0.1.0"), ("python", "3.11.9")),
        environment=(("cpus", "16"), ("kernel", "Linux 6.8")),
        digests=(("scenario load.yaml", "11" * 32), ("target real.yaml", "22" * 32)),
    )
