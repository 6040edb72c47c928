"""How long measuring takes: 1,000 sessions of 45 partials each, on one core. The last line is JSON."""

from __future__ import annotations

import json
import time

from harness.measure.run import measure_session
from harness.measure.trace import trace_session
from harness.model.clip import Clip, Segment, Word
from harness.model.plan import SessionPlan
from harness.model.timeline import Closed, Final, Heard, HeardWord, Opened, Partial, Timeline

SESSIONS = 1000
PARTIALS = 45
WORDS = 26
MS = 1_000_000
VOCABULARY = ("the", "old", "house", "by", "a", "river", "stood", "empty", "since", "winter", "when", "they", "came")


def clip(number: int) -> Clip:
    """Nine seconds of speech: 26 words, 340 ms apart, that differ from clip to clip."""
    words = tuple(
        Word(
            text=VOCABULARY[(number + 3 * at + at * at) % len(VOCABULARY)],
            start_ns=(300 + 340 * at) * MS,
            end_ns=(580 + 340 * at) * MS,
        )
        for at in range(WORDS)
    )
    return Clip(
        clip_id=f"clip{number}",
        rate_hz=16000,
        path="",
        sha256="",
        condition="clean",
        source="",
        speaker="",
        speech="human",
        duration_ns=9_500 * MS,
        reference=" ".join(word.text for word in words),
        words=words,
        segments=(Segment(first_word=0, last_word=WORDS - 1),),
    )


def session(number: int) -> tuple[SessionPlan, Timeline]:
    """A session whose partials grow by a word every 200 ms or so; every third changes its last three words."""
    start_ns, spoken = number * 100 * MS, clip(number)
    plan = SessionPlan(
        session_id=f"s{number}",
        clip=spoken,
        lane=0,
        repeat=0,
        open_ns=start_ns - 1000 * MS,
        start_ns=start_ns,
        frame_ns=100 * MS,
        end_ns=start_ns + spoken.duration_ns,
        deadline_ns=start_ns + spoken.duration_ns + 10_000 * MS,
    )
    texts = [word.text for word in spoken.words]
    heard: list[tuple[int, Heard]] = [(start_ns - 900 * MS, Opened())]
    for at in range(PARTIALS):
        shown = texts[: 1 + at * WORDS // PARTIALS]
        guess = [*shown[:-3], *(f"{word}s" for word in shown[-3:])] if at % 3 == 0 else shown
        heard.append((start_ns + (600 + 200 * at) * MS, Partial(segment=0, text=" ".join(guess))))
    timed = tuple(HeardWord(text=word.text, start_ns=word.start_ns, end_ns=word.end_ns) for word in spoken.words)
    final_ns = start_ns + 10_000 * MS
    heard += [(final_ns, Final(segment=0, text=" ".join(texts), words=timed)), (final_ns + MS, Closed(code="1000"))]
    return plan, Timeline(
        session_id=plan.session_id,
        end_reason="completed",
        ready_ns=start_ns - 900 * MS,
        ended_ns=final_ns + MS,
        send_lag_us=(300,) * 95,
        heard=tuple(heard),
    )


def main() -> None:
    sessions = [session(number) for number in range(SESSIONS)]
    began = time.process_time()
    rows = sum(len(measure_session(plan, timeline)[1]) for plan, timeline in sessions)
    measured = time.process_time()
    for plan, timeline in sessions[:10]:
        trace_session(plan, timeline)
    traced = time.process_time()
    print(f"{SESSIONS} sessions of {PARTIALS} partials: {rows} rows in {measured - began:.2f} s of CPU")
    print(f"10 traces in {traced - measured:.3f} s")
    print(json.dumps({"sessions": SESSIONS, "partials": PARTIALS, "rows": rows, "seconds": round(measured - began, 3)}))


if __name__ == "__main__":
    main()
