"""The table from gRPC's statuses to what a client is told."""

from __future__ import annotations

import grpc
import pytest

from harness.riva.failures import MEANINGS, failure_of

EXPECTED = {
    "CANCELLED": ("cancelled", True),
    "UNKNOWN": ("internal", True),
    "INVALID_ARGUMENT": ("invalid_argument", False),
    "DEADLINE_EXCEEDED": ("timeout", True),
    "NOT_FOUND": ("not_found", False),
    "ALREADY_EXISTS": ("internal", True),
    "PERMISSION_DENIED": ("unauthorized", False),
    "RESOURCE_EXHAUSTED": ("resource_exhausted", True),
    "FAILED_PRECONDITION": ("invalid_argument", False),
    "ABORTED": ("internal", True),
    "OUT_OF_RANGE": ("invalid_argument", False),
    "UNIMPLEMENTED": ("unimplemented", False),
    "INTERNAL": ("internal", True),
    "UNAVAILABLE": ("unavailable", True),
    "DATA_LOSS": ("internal", True),
    "UNAUTHENTICATED": ("unauthorized", False),
}


@pytest.mark.parametrize("status", [code.name for code in grpc.StatusCode if code.name != "OK"])
def test_every_status_has_a_stable_code(status):
    """Each status gRPC can give has our code and says whether to try again."""
    failure = failure_of(status, "details")
    assert (failure.code, failure.retryable) == EXPECTED[status]
    assert (failure.status, failure.details) == (status, "details")


def test_the_table_holds_nothing_that_grpc_does_not_give():
    """No row is for a status that does not exist."""
    assert set(MEANINGS) == {code.name for code in grpc.StatusCode} - {"OK"}


def test_only_the_clients_own_mistakes_are_explained_to_it():
    """Riva's words about the request reach the client; its words about itself stay in our log."""
    assert failure_of("INVALID_ARGUMENT", "Unavailable model requested").text.endswith(": Unavailable model requested")
    assert "10.0.0.7" not in failure_of("UNAVAILABLE", "connect to 10.0.0.7 failed").text


def test_a_status_from_the_future_is_an_internal_failure():
    """A name the table does not know is not lost."""
    assert failure_of("NEW_STATUS").code == "internal"
