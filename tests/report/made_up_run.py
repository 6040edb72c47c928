"""Invented sessions for the report's tests: deterministic, and of no recogniser that exists."""

from __future__ import annotations

import io
import math
import random
from dataclasses import dataclass

import numpy as np
import soundfile

from harness.model.clip import Clip, Segment, Word
from harness.model.measurement import EditStep, Measurement, Mistake, SessionTrace, ShownWord, WordTrace
from harness.model.plan import Plan, SessionPlan
from harness.model.scenario import Objective
from harness.model.timeline import Closed, Errored, Final, Opened, Partial, Timeline

MS = 1_000_000
S = 1000 * MS
_TEXTS = {
    "clean-harbour": ("clean", "the harbour was quiet when the first ferry came in out of the fog"),
    "clean-ledger": ("clean", "she kept the ledger open and counted every coin a second time"),
    "fast-orders": ("fast", "take two trays of glasses to the long table by the window and hurry back"),
    "accent-orchard": ("accented", "we walked the orchard road before the rain could reach the valley"),
    "noisy-babble5": ("noisy", "please leave your name and the number of your order after the tone"),
    "music-moh5": ("music", "all of our lines are busy and your call will be answered in turn"),
    "silence-room": ("silence", ""),
}


def clip(clip_id: str, rate_hz: int) -> Clip:
    condition, text = _TEXTS[clip_id]
    words, at = [], 420 * MS
    for index, word in enumerate(text.split()):
        length = (90 + 42 * len(word)) * MS
        words.append(Word(text=word, start_ns=at, end_ns=at + length))
        at += length + (640 * MS if index == 5 else 35 * MS)
    segments = (Segment(first_word=0, last_word=5), Segment(first_word=6, last_word=len(words) - 1)) if words else ()
    return Clip(
        clip_id=clip_id,
        rate_hz=rate_hz,
        path=f"clips/{clip_id}-{rate_hz}.flac",
        sha256=f"{clip_id}@{rate_hz}",
        condition=condition,
        source=clip_id,
        speaker=f"speaker of {clip_id}",
        speech="none" if not words else "synthetic" if clip_id == "fast-orders" else "human",
        duration_ns=at + 900 * MS if words else 4 * S,
        reference=text,
        words=tuple(words),
        segments=segments,
        confirmed_by_ear=clip_id.startswith("clean"),
    )


def flac(of: Clip) -> bytes:
    """Noise where the words are."""
    noise = np.random.default_rng(len(of.clip_id) + of.rate_hz)
    time = np.arange(of.duration_ns * of.rate_hz // S) / of.rate_hz
    loud = np.full(time.size, 0.01)
    for word in of.words:
        start, end = word.start_ns / S, word.end_ns / S
        inside = (time >= start) & (time < end)
        loud[inside] += 0.5 * np.sin(np.pi * (time[inside] - start) / (end - start))
    out = io.BytesIO()
    soundfile.write(out, (loud * noise.uniform(-1, 1, time.size)).astype(np.float32), of.rate_hz, format="FLAC")
    return out.getvalue()


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


SPEECH = ("clean", "fast", "accented")
OBJECTIVES = (
    objective("p95 first_partial_ms <= 300 per rate", "first-partial", "p95", "first_partial_ms", 300, per=("rate",)),
    objective(
        "p95 final_ms <= 800 where condition in clean, fast, accented per rate",
        "final-clear",
        "p95",
        "final_ms",
        800,
        where=(("condition", SPEECH),),
        per=("rate",),
    ),
    objective(
        "p95 final_ms <= 800 where condition in noisy, music per rate",
        "final-noisy",
        "p95",
        "final_ms",
        800,
        where=(("condition", ("noisy", "music")),),
        per=("rate",),
    ),
    objective("rate error < 0.5 %", "errors", "rate", "error", 0.005, op="<"),
    objective(
        "pooled wer <= 12 % where condition in clean, fast, accented per rate",
        "wer-clear",
        "pooled",
        "wer",
        0.12,
        where=(("condition", SPEECH),),
        per=("rate",),
    ),
    objective(
        "sum silence_words == 0 where condition = silence",
        "silence",
        "sum",
        "silence_words",
        0,
        op="==",
        where=(("condition", ("silence",)),),
    ),
    objective("pooled upwr <= 20 % (gate: false)", "stable", "pooled", "upwr", 0.20, gate=False),
)


def make_plan(repeats: int) -> Plan:
    clips = [clip(clip_id, rate) for rate in (16000, 8000) for clip_id in _TEXTS]
    takes = [(one, repeat) for repeat in range(repeats) for one in clips]
    random.Random(7).shuffle(takes)  # noqa: S311  seeded on purpose
    free, sessions = [S * (1 + lane) for lane in range(8)], []
    for number, (one, repeat) in enumerate(takes):
        lane = free.index(min(free))
        start = free[lane]
        end = start + (one.words[-1].end_ns + 200 * MS if one.words else one.duration_ns)
        free[lane] = end + 2 * S
        sessions.append(
            SessionPlan(
                session_id=f"s{number:04d}",
                clip=one,
                lane=lane,
                repeat=repeat,
                open_ns=start - S,
                start_ns=start,
                frame_ns=100 * MS,
                end_ns=end,
                deadline_ns=end + 10 * S,
                warm_up=number < 2,
            )
        )
    return Plan(seed=7, lanes=8, sessions=tuple(sessions))


@dataclass(slots=True)
class Told:
    """One invented session: how long things took, and what went wrong."""

    plan: SessionPlan
    first_ms: float
    final_ms: float
    wrong: int
    taken_back: int

    @property
    def bare(self) -> bool:
        return math.isinf(self.final_ms)


def tell(plan: SessionPlan, chance: random.Random, *, good: bool) -> Told:
    hard = plan.clip.condition in ("noisy", "music") and plan.clip.rate_hz == 8000 and not good
    late = hard and chance.random() < 0.18
    final = chance.gauss(560, 60) + (chance.uniform(300, 900) if late else 0)
    if hard and chance.random() < 0.03:
        final = math.inf
    wrong = sum(chance.random() < (0.12 if hard else 0.03) for _ in plan.clip.words)
    return Told(plan=plan, first_ms=chance.gauss(215, 28), final_ms=final, wrong=wrong, taken_back=chance.randrange(3))


def timeline(told: Told, chance: random.Random) -> Timeline:
    plan, heard = told.plan, [(told.plan.open_ns + 40 * MS, Opened())]
    if plan.clip.words:
        at = plan.start_ns + plan.clip.words[0].end_ns + int(told.first_ms * MS)
        while at < plan.end_ns:
            heard.append((at, Partial(segment=0, text="…")))
            at += int(chance.uniform(150, 260) * MS)
        spoken = plan.start_ns + plan.clip.words[-1].end_ns
        if told.bare:
            heard.append((spoken + 900 * MS, Errored(code="upstream_unavailable", retryable=True)))
        else:
            heard.append((spoken + int(told.final_ms * MS), Final(segment=0, text=plan.clip.reference)))
    ended = max(heard[-1][0], plan.end_ns) + 20 * MS
    heard.append((ended, Closed(code="1011" if told.bare else "1000")))
    return Timeline(
        session_id=plan.session_id,
        end_reason="completed",
        opened_ns=plan.open_ns,
        ready_ns=plan.open_ns + 40 * MS,
        ended_ns=ended,
        send_lag_us=tuple(int(chance.lognormvariate(5.1, 0.6)) for _ in range(plan.frame_count)),
        heard=tuple(heard),
    )


def measure(told: Told) -> list[Measurement]:
    def row(metric: str, numerator: float, denominator: float = 1.0) -> Measurement:
        missing = math.isinf(numerator)
        return Measurement(
            session_id=told.plan.session_id,
            metric=metric,
            numerator=None if missing else numerator,
            denominator=denominator,
        )

    words = len(told.plan.clip.words)
    rows = [row("error", float(told.bare)), row("send_lag_ms", 0.9)]
    if not words:
        return [*rows, row("silence_words", 0)]
    return [
        *rows,
        row("first_partial_ms", told.first_ms),
        row("first_correct_word_ms", told.first_ms + 40 + 130 * told.taken_back),
        row("final_ms", told.final_ms),
        row("wer", words if told.bare else told.wrong, words),
        row("upwr", told.taken_back, words),
    ]


def mistakes(told: Told) -> list[Mistake]:
    """Of a session without a final every word; otherwise words from the fourth on, by turns deleted and mumbled."""
    words = told.plan.clip.words
    return [
        Mistake(
            session_id=told.plan.session_id,
            kind="delete" if told.bare or index % 2 else "substitute",
            at=index,
            of=len(words),
            reference=words[index].text,
            heard="" if told.bare or index % 2 else "mumble",
        )
        for index in (range(len(words)) if told.bare else range(3, 3 + told.wrong))
    ]


def trace(told: Told, line: Timeline) -> SessionTrace:
    plan = told.plan
    arrivals = [at for at, event in line.heard if isinstance(event, Partial)]
    finals = [at for at, event in line.heard if isinstance(event, Final)]
    words, shown, edits = [], [], []
    for index, word in enumerate(plan.clip.words):
        start, end = plan.start_ns + word.start_ns, plan.start_ns + word.end_ns
        seen = next((at for at in [*arrivals, *finals] if at >= end + 120 * MS), None)
        wrong = index in range(3, 3 + told.wrong)
        words.append(
            WordTrace(text=word.text, start_ns=start, end_ns=end, shown_ns=seen, stays_ns=None if wrong else seen)
        )
        if seen is not None and index % 5 == 1 and told.taken_back:
            shown.append(ShownWord(text=word.text[:-1] + "k", shown_ns=seen - 90 * MS, gone_ns=seen))
        if seen is not None:
            shown.append(ShownWord(text="mumble" if wrong else word.text, shown_ns=seen, correct=not wrong))
        if told.bare or (wrong and index % 2):
            edits.append(EditStep(kind="delete", reference=word.text))
        elif wrong:
            edits.append(EditStep(kind="substitute", reference=word.text, heard="mumble"))
        else:
            edits.append(EditStep(kind="equal", reference=word.text, heard=word.text))
    if told.wrong > 1 and not told.bare:
        edits.insert(2, EditStep(kind="insert", heard="oh"))
    return SessionTrace(
        session_id=plan.session_id,
        words=tuple(words),
        shown=tuple(shown),
        edits=tuple(edits),
        hypothesis_ns=(*arrivals, *finals),
        final_ns=tuple(finals),
        transcript="" if told.bare else plan.clip.reference,
    )
