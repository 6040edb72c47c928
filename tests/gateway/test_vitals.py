"""What probes say about an endpoint."""

from __future__ import annotations

import pytest

from harness.gateway.vitals import Health, Vitals

UP, SUSPECT, EJECTED = Health.UP, Health.SUSPECT, Health.EJECTED


@pytest.mark.parametrize(
    ("probes", "health", "ends_streams", "ejections"),
    [
        ("", UP, False, 0),
        ("a", UP, False, 0),
        ("m", SUSPECT, False, 0),
        ("mm", SUSPECT, False, 0),
        ("mmm", EJECTED, True, 1),
        ("mmmm", EJECTED, True, 1),
        ("mam", SUSPECT, False, 0),  # in a row
        ("r", EJECTED, False, 1),
        ("rr", EJECTED, False, 1),
        ("ra", UP, False, 1),
        ("rm", EJECTED, False, 1),  # one miss does not bring it back
        ("rarr", EJECTED, False, 2),
        ("mmrm", EJECTED, False, 1),  # a refusal is an answer
        ("mmma", UP, False, 1),
    ],
)
def test_health_after_probes(probes, health, ends_streams, ejections):
    """a: answered, r: refused, m: missed, three of which in a row are deadly."""
    vitals = Vitals(3)
    ended = False
    for probe in probes:
        ended = False
        if probe == "a":
            vitals.answered(1)
        elif probe == "r":
            vitals.refused(1)
        else:
            ended = vitals.missed()
    assert (vitals.health, ended, vitals.ejected_total) == (health, ends_streams, ejections)
