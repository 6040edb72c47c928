"""A run in the making of which only clips, plays and wrong words matter."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

from harness.judge.pairing import remembered
from harness.model.baseline import Baseline, PastRun
from harness.model.clip import Clip, Segment, Word
from harness.model.measurement import Measurement, Mistake, Respelling, SessionOutcome
from harness.model.plan import SessionPlan
from harness.model.run import Measured
from harness.model.timeline import Timeline
from harness.model.verdict import Outcome
from harness.report import facts

MS = 1_000_000
S = 1000 * MS


def clip_of(clip_id: str = "c1", rate_hz: int = 16_000, condition: str = "clean", **given) -> Clip:
    """Four words of half a second each; silence lasts eight seconds."""
    texts = () if condition == "silence" else ("one", "two", "three", "four")
    words = tuple(Word(text=text, start_ns=at * S // 2, end_ns=(at + 1) * S // 2) for at, text in enumerate(texts))
    made = {
        "clip_id": clip_id,
        "rate_hz": rate_hz,
        "path": f"clips/{clip_id}-{rate_hz}.flac",
        "sha256": f"{clip_id}@{rate_hz}",
        "condition": condition,
        "source": clip_id,
        "speaker": "someone",
        "speech": "human" if words else "none",
        "duration_ns": 3 * S if words else 8 * S,
        "reference": " ".join(texts),
        "words": words,
        "segments": (Segment(first_word=0, last_word=3),) if words else (),
    }
    return Clip(**(made | given))


@dataclass
class Talk:
    """Plays, one after the other; a mistake is written `3 four>for`, `3 four>` (deleted) or `3 >oh` (inserted)."""

    plans: list[SessionPlan] = field(default_factory=list)
    outcomes: list[SessionOutcome] = field(default_factory=list)
    rows: list[Measurement] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    respelled: list[Respelling] = field(default_factory=list)
    baseline: Baseline | None = None
    normaliser: str = "n 1"

    clip = staticmethod(clip_of)

    def play(self, clip: Clip, *wrong: str, of: int = 4, times: int = 1, same: tuple[tuple, ...] = ()) -> Talk:
        """Sessions on a clip with speech; `same` are respellings: kind, at, reference, heard, errors."""
        for _ in range(times):
            session_id = self._plan(clip, "ok")
            for text in wrong:
                at, pair = text.split(" ", 1)
                reference, heard = pair.split(">")
                kind = "insert" if not reference else "substitute" if heard else "delete"
                self.mistakes.append(
                    Mistake(session_id=session_id, kind=kind, at=int(at), of=of, reference=reference, heard=heard)
                )
            self.respelled += [
                Respelling(session_id=session_id, kind=kind, at=at, reference=reference, heard=heard, errors=errors)
                for kind, at, reference, heard, errors in same
            ]
            self._row(session_id, "wer", float(len(wrong)), float(of))
        return self

    def hush(self, clip: Clip, *heard: tuple[str, int, int | None], outcome: str = "ok") -> Talk:
        """A session on silence; words with the ms after its start at which their final came, and their clip time."""
        session_id = self._plan(clip, outcome)
        start_ns = self.plans[-1].start_ns
        for word, final_ms, clip_ms in heard:
            self.mistakes.append(
                Mistake(
                    session_id=session_id,
                    kind="insert",
                    at=0,
                    of=0,
                    heard=word,
                    at_ns=start_ns + final_ms * MS,
                    clip_ns=None if clip_ms is None else clip_ms * MS,
                )
            )
        self._row(session_id, "silence_words", float(len(heard)))
        return self

    @property
    def measured(self) -> Measured:
        return Measured(
            outcomes=tuple(self.outcomes),
            measurements=tuple(self.rows),
            mistakes=tuple(self.mistakes),
            respellings=tuple(self.respelled),
        )

    @property
    def record(self) -> SimpleNamespace:
        """As much of a record as the report's words read."""
        plan = SimpleNamespace(counted=tuple(self.plans))
        manifest = SimpleNamespace(driver="gateway", normaliser=self.normaliser, plan=plan)
        timelines = tuple(Timeline(session_id=plan.session_id, end_reason="completed") for plan in self.plans)
        return SimpleNamespace(manifest=manifest, baseline=self.baseline, timelines=timelines)

    @property
    def sessions(self) -> tuple[facts.Session, ...]:
        return facts.join(self.record, self.measured)

    def blessed(self) -> Baseline:
        """This run as what a later one is compared with."""
        run = PastRun(run_id="golden-1", began_utc="", outcome=Outcome.PASS, lines=(), identity=(), versions=())
        return Baseline(
            target="t",
            scenario="golden",
            driver="gateway",
            normaliser=self.normaliser,
            blessed_utc="2026-01-01T00:00:00+00:00",
            forced="",
            run=run,
            sessions=remembered(self.record, self.measured),
        )

    def _plan(self, clip: Clip, outcome: str) -> str:
        session_id, start = f"s{len(self.plans) + 1:04d}", (1 + 20 * len(self.plans)) * S
        self.plans.append(
            SessionPlan(
                session_id=session_id,
                clip=clip,
                lane=0,
                repeat=len(self.plans),
                open_ns=start - S,
                start_ns=start,
                frame_ns=100 * MS,
                end_ns=start + clip.duration_ns,
                deadline_ns=start + clip.duration_ns + 10 * S,
            )
        )
        self.outcomes.append(SessionOutcome(session_id=session_id, outcome=outcome))
        return session_id

    def _row(self, session_id: str, metric: str, numerator: float, denominator: float = 1.0) -> None:
        self.rows.append(
            Measurement(session_id=session_id, metric=metric, numerator=numerator, denominator=denominator)
        )
