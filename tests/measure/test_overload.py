from __future__ import annotations

from dataclasses import replace

import pytest
from support import load_run
from support.load_run import MS, LoadStory

from harness.measure.overload import overload
from harness.model.timeline import Closed, Errored, Refused

STORY = LoadStory(
    stages=(("level", 6), ("overload", 18), ("recovery", 6)), visit_s=20, warm_s=5, knee=8.0, doors=7, recovers_s=7
)


@pytest.fixture(scope="module")
def record():
    return load_run.make(STORY)


def test_a_run_that_stays_within_its_limits_has_no_overload():
    """There is nothing to say of it."""
    assert overload(load_run.make(LoadStory(levels=(4,), visits=1, visit_s=10, warm_s=5))) is None


def test_everybody_is_refused_or_admitted(record):
    """Warm-up sessions too: a caller does not know that it is one."""
    found = overload(record)
    assert [stage.kind for stage in found.stages] == ["level", "overload", "recovery"]
    assert sum(stage.sessions for stage in found.stages) == len(record.timelines)
    for stage in found.stages:
        assert stage.refused + stage.admitted == stage.sessions
        assert stage.inside <= stage.ok <= stage.admitted
    assert found.stages[1].refused > found.stages[1].sessions / 2
    assert found.stages[0].refused == 0


def test_a_refusal_is_structured_only_with_a_reason_and_a_time(record):
    """Without a time to come again, callers come at once and make it worse."""

    def told(heard):
        return tuple(
            (at_ns, replace(one, retry_after_ms=None) if isinstance(one, Refused) else one) for at_ns, one in heard
        )

    before = overload(record).stages[1]
    bare = replace(record, timelines=tuple(replace(one, heard=told(one.heard)) for one in record.timelines))
    assert before.structured > 0.9 * before.refused
    assert overload(bare).stages[1].structured == 0
    assert overload(bare).stages[1].prompt == before.prompt


def test_an_error_message_before_the_refusal_takes_nothing_from_it(record):
    """A gateway says why in a message, and closes with 1013 behind it: both have come, and the reason counts."""

    def told(heard):
        refusals = [(at, one) for at, one in heard if isinstance(one, Refused)]
        return (*((at - MS, Errored(code="overloaded", retryable=True)) for at, _ in refusals), *heard)

    worded = replace(record, timelines=tuple(replace(one, heard=told(one.heard)) for one in record.timelines))
    assert overload(worded).stages[1].structured == overload(record).stages[1].structured > 0


def test_a_refusal_by_a_status_alone_is_prompt_and_bare(record):
    """Riva itself says RESOURCE_EXHAUSTED and no more: that is soon enough, and tells nobody when to come again."""

    def closed(heard):
        return tuple((at, Closed(code="RESOURCE_EXHAUSTED") if isinstance(one, Refused) else one) for at, one in heard)

    bare = replace(record, timelines=tuple(replace(one, heard=closed(one.heard)) for one in record.timelines))
    found, before = overload(bare).stages[1], overload(record).stages[1]
    assert (found.refused, found.prompt, found.structured) == (before.refused, before.prompt, 0)
    assert found.refusal_p95_ms == before.refusal_p95_ms


def test_a_late_refusal_is_not_prompt(record):
    """Who has begun to speak has been let in, as far as a person can tell."""

    def late(one):
        return tuple(
            (at_ns + 2000 * MS, heard) if isinstance(heard, Refused) else (at_ns, heard) for at_ns, heard in one.heard
        )

    slow = replace(record, timelines=tuple(replace(one, heard=late(one)) for one in record.timelines))
    found, before = overload(slow).stages[1], overload(record).stages[1]
    assert (found.refused, found.prompt) == (before.refused, 0)
    assert found.refusal_p95_ms == pytest.approx(before.refusal_p95_ms + 2000)


def test_recovery_ends_where_the_last_bad_moment_ends(record):
    """Slow for seven seconds after the overload is recovered within ten, on a grid of five."""
    assert overload(record).recovery_s == 10.0
    assert overload(load_run.make(replace(STORY, recovers_s=0))).recovery_s == 0.0


def test_a_target_that_stays_slow_has_not_recovered():
    """That is said, with how long it was watched."""
    found = overload(load_run.make(replace(STORY, recovers_s=60)))
    assert found.recovery_s is None
    assert found.watched_s == 25.0


def test_a_run_that_ends_with_the_overload_tells_nothing_of_recovery():
    """Nobody looked."""
    found = overload(load_run.make(replace(STORY, stages=STORY.stages[:2])))
    assert (found.recovery_s, found.watched_s) == (None, 0.0)
