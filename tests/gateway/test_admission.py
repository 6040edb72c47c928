"""Admission by a clock that is moved by hand."""

from __future__ import annotations

import pytest

from harness.clock import ManualClock
from harness.gateway.admission import Admission, AdmissionLimits, Refusal
from harness.gateway.answers import ANSWERS
from harness.riva.environment import Environment

MINUTE_NS = 60_000_000_000


def admission(clock=None, **limits):
    return Admission(AdmissionLimits(**limits), clock or ManualClock())


def test_the_door_is_open_until_the_last_place_is_taken():
    """Asking takes no place; entering does, and leaving gives it back."""
    gate = admission(connections=2)
    assert [gate.at_the_door() for _ in range(3)] == [None] * 3
    assert [gate.enter(), gate.enter()] == [None, None]
    assert gate.at_the_door() == Refusal("overloaded", 1)
    gate.leave()
    assert gate.at_the_door() is None


def test_who_slipped_through_the_door_is_refused_behind_it():
    """Two that were let through for one place: the second is counted, told, and leaves."""
    gate = admission(connections=1)
    assert gate.at_the_door() is gate.at_the_door() is None
    assert gate.enter() is None
    assert gate.enter() == Refusal("overloaded", 1)
    gate.leave()
    gate.leave()
    assert gate.connections == 0


def test_streams_have_a_limit_of_their_own():
    """At the limit a start is refused, and nobody new comes in."""
    gate = admission(streams=1, retry_after_s=7)
    assert gate.begin() is None
    assert gate.begin() == gate.at_the_door() == Refusal("overloaded", 7)
    gate.end()
    assert gate.begin() is None


def test_a_subjects_quota_is_its_own():
    """One caller at its limit is refused, others and the nameless are not; what is left is forgotten."""
    gate = admission(connections_per_subject=1)
    assert gate.enter("a") is None
    assert gate.at_the_door("a") == gate.enter("a") == Refusal("too_many_requests", 1)
    assert gate.at_the_door("b") is gate.at_the_door(None) is None
    gate.leave("a")
    gate.leave("a")
    assert gate.at_the_door("a") is None
    assert not gate._by_subject


def test_starts_come_at_their_rate():
    """A minute's worth at once, then one each time a share of the minute has passed, with the wait told."""
    clock = ManualClock()
    gate = admission(clock, starts_per_minute=2)
    assert [gate.begin("a"), gate.begin("a")] == [None, None]
    assert gate.begin("a") == gate.at_the_door("a") == Refusal("rate_limited", 30)
    assert gate.begin("b") is None
    clock._now_ns = MINUTE_NS // 2
    assert gate.begin("a") is None
    assert gate.begin("a") == Refusal("rate_limited", 30)


def test_a_refused_start_costs_nothing():
    """A start refused because all streams are taken is not counted against its caller."""
    gate = admission(streams=1, starts_per_minute=2)
    assert gate.begin("a") is None
    assert gate.begin("a") == Refusal("overloaded", 1)
    gate.end()
    assert gate.begin("a") is None


def test_callers_at_rest_are_forgotten():
    """However many names come, those of the last minute are kept."""
    clock = ManualClock()
    gate = admission(clock, starts_per_minute=1, streams=10_000)
    for number in range(1500):
        gate.begin(f"caller {number}")
    clock._now_ns = 2 * MINUTE_NS
    assert gate.begin("caller 0") is None
    assert len(gate._starts) == 1


@pytest.mark.parametrize(("change", "code"), [("draining", "going_away"), ("enabled", "asr_disabled")])
def test_switched_off_or_draining_admits_nobody_and_ends_nothing(change, code):
    """New connections and new sessions are refused; open ones end by themselves."""
    gate = admission()
    assert gate.begin() is None
    setattr(gate, change, True if change == "draining" else lambda: False)
    assert gate.at_the_door() == gate.begin() == gate.enter() == Refusal(code, 1)
    gate.end()
    assert gate.streams == 0


@pytest.mark.parametrize("code", ["overloaded", "too_many_requests", "rate_limited", "asr_disabled", "going_away"])
def test_each_refusal_has_an_answer_in_http_and_in_websocket(code):
    """A status before the upgrade, a close code after it, and a time to come again."""
    answer = ANSWERS[code]
    assert answer.status in (429, 503)
    assert answer.close_code in (1008, 1012, 1013)
    assert answer.retryable
    assert answer.retry_after_ms


def test_the_stream_limit_follows_the_connections():
    """One variable is enough for a limit; two set two."""
    assert AdmissionLimits.from_env(Environment({"WS_MAX_CONNECTIONS": "7"})).streams == 7
    both = AdmissionLimits.from_env(Environment({"WS_MAX_CONNECTIONS": "7", "GATEWAY_MAX_STREAMS": "3"}))
    assert (both.connections, both.streams) == (7, 3)
