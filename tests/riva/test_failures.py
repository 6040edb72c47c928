"""The table from gRPC's statuses to what a client is told."""

from __future__ import annotations

import grpc
import pytest

from harness.riva.failures import MEANINGS, TEXTS, Again, failure_of

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


@pytest.mark.parametrize("status", MEANINGS)
def test_every_status_says_whether_it_passes_and_what_we_do(status):
    """Nothing fatal is tried again, and a request that is wrong is not held against the endpoint."""
    failure = failure_of(status)
    assert failure.transient is failure.retryable
    assert (failure.again is Again.NEVER) is not failure.transient
    if failure.code in {"invalid_argument", "not_found", "resource_exhausted", "cancelled"}:
        assert not failure.counts
    else:
        assert failure.counts


@pytest.mark.parametrize(
    ("status", "details", "expected"),
    [
        (
            "INVALID_ARGUMENT",
            "Error: inference request for sequence 7 to model 'm' must specify the START flag on the first request",
            ("stream_expired", True, True, Again.ANYWHERE, False),
        ),
        (
            "INVALID_ARGUMENT",
            "Error: no audio for 60 s, so the stream was freed",
            ("stream_expired", True, True, Again.ANYWHERE, False),
        ),
        (
            "INVALID_ARGUMENT",
            "Error: Unavailable model requested. Lang: ru-RU, Type: online",
            ("not_found", False, False, Again.NEVER, False),
        ),
        ("INVALID_ARGUMENT", "Error: bad rate", ("invalid_argument", False, False, Again.NEVER, False)),
        ("UNKNOWN", "TRTIS response timeout", ("timeout", True, True, Again.ANYWHERE, True)),
        ("UNKNOWN", "Unexpected <class 'ValueError'>", ("internal", True, True, Again.ANYWHERE, True)),
        ("INTERNAL", "Internal error from Core", ("unavailable", True, True, Again.ANYWHERE, True)),
        ("INTERNAL", "Received RST_STREAM with error code 2", ("unavailable", True, True, Again.ANYWHERE, True)),
        ("INTERNAL", "Error: Triton model failed", ("internal", True, True, Again.ANYWHERE, True)),
        ("UNAVAILABLE", "Stream removed (Socket closed)", ("unavailable", True, True, Again.ANYWHERE, True)),
        ("UNAVAILABLE", "recvmsg:Connection reset by peer (104)", ("unavailable", True, True, Again.ANYWHERE, True)),
        ("UNAVAILABLE", "Connection timed out (110)", ("unavailable", True, True, Again.ANYWHERE, True)),
        ("UNAVAILABLE", "failed to connect to all addresses", ("unavailable", True, True, Again.ANYWHERE, True)),
        (
            "UNAVAILABLE",
            "Ssl handshake failed: SSL_ERROR_SSL: CERTIFICATE_VERIFY_FAILED: unable to get local issuer certificate",
            ("untrusted", False, True, Again.ELSEWHERE, True),
        ),
        ("RESOURCE_EXHAUSTED", "all 24 streams are in use", ("resource_exhausted", True, True, Again.ELSEWHERE, False)),
        (
            "RESOURCE_EXHAUSTED",
            "SERVER: Received message larger than max (70000000 vs. 67108864)",
            ("too_large", False, False, Again.NEVER, False),
        ),
    ],
)
def test_the_texts_riva_is_known_for(status, details, expected):
    """The text says more than the status: code, does it pass, may one come again, where do we try, who is blamed."""
    failure = failure_of(status, details, where="h:1")
    assert (failure.code, failure.transient, failure.retryable, failure.again, failure.counts) == expected
    assert failure.where == "h:1"


def test_every_known_text_belongs_to_a_status():
    """A row that can never match would only look like knowledge."""
    assert {known.status for known in TEXTS} <= set(MEANINGS)
