"""The targets' many words for a failure."""

from __future__ import annotations

import pytest

from harness.measure.codes import outcome_of
from harness.model.measurement import OUTCOMES


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("RESOURCE_EXHAUSTED", "refused"),
        ("resource_exhausted", "refused"),
        ("UNAUTHENTICATED", "unauthorized"),
        ("PERMISSION_DENIED", "unauthorized"),
        ("UNAVAILABLE", "unavailable"),
        ("DEADLINE_EXCEEDED", "timeout"),
        ("INVALID_ARGUMENT", "protocol"),
        ("UNIMPLEMENTED", "protocol"),
        ("CANCELLED", "disconnected"),
        ("INTERNAL", "internal"),
        ("UNKNOWN", "internal"),
        ("unavailable", "unavailable"),
        ("timeout", "timeout"),
        ("protocol", "protocol"),
        ("unauthorized", "unauthorized"),
        ("refused", "refused"),
        ("idle_timeout", "timeout"),
        ("going_away", "unavailable"),
        ("ended_early", "disconnected"),
        ("malformed_message", "protocol"),
        ("audio_after_stop", "protocol"),
        ("1001", "unavailable"),
        ("1002", "protocol"),
        ("1006", "disconnected"),
        ("1008", "refused"),
        ("1011", "internal"),
        ("1013", "refused"),
        ("1014", "unavailable"),
        ("4401", "unauthorized"),
        ("4403", "unauthorized"),
        ("4429", "refused"),
        ("4503", "refused"),
        ("401", "unauthorized"),
        ("HTTP 503", "refused"),
        ("http-429", "refused"),
        ("404", "protocol"),
        ("500", "internal"),
        ("502", "unavailable"),
        ("Deadline Exceeded", "timeout"),
    ],
)
def test_known_codes_by_hand(code: str, outcome: str):
    """gRPC names, the gateway contract's codes, close codes and HTTP statuses each mean one outcome."""
    assert outcome_of(code, otherwise="nothing") == outcome
    assert outcome in OUTCOMES


@pytest.mark.parametrize("code", ["", "banana", "4000", "9999", "ok"])
def test_an_unknown_code_is_what_the_caller_says(code: str):
    """What a code does not tell is told by who said it."""
    assert outcome_of(code, otherwise="internal") == "internal"
