"""The readers of single keys."""

from __future__ import annotations

import pytest

from harness.wire import fields


@pytest.mark.parametrize("value", [True, "1", None, [], float("nan"), float("inf"), 10**400])
def test_what_is_no_finite_number_is_refused(value):
    """A flag, a text, and what a float cannot hold are not numbers."""
    assert not fields.is_number(value)
    with pytest.raises(fields.WireError, match="end must be a number"):
        fields.as_number(value, "end")


def test_whole_numbers_are_numbers_too():
    """A server may write 1 for 1.0."""
    assert fields.as_number(1, "end") == 1.0
    assert isinstance(fields.as_number(1, "end"), float)


def test_the_key_is_named():
    """The sentence says which key is wrong, list items included."""
    with pytest.raises(fields.WireError, match=r"hotwords\[\] must be text"):
        fields.as_texts(["a", 2], "hotwords")


@pytest.mark.parametrize("value", [2**31, -(2**31), 10**30])
def test_whole_numbers_have_a_range(value):
    """No segment and no delay is that large; what is stored must fit its column."""
    with pytest.raises(fields.WireError, match="segment_id is out of range"):
        fields.as_whole(value, "segment_id")
    assert fields.as_whole(2**31 - 1, "segment_id") == 2**31 - 1


def test_times_have_a_range():
    """A word that ends in 1e300 seconds is a fault, not a time."""
    with pytest.raises(fields.WireError, match="end is out of range"):
        fields.as_number(1e300, "end")
