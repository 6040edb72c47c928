"""Environment variables with types."""

from __future__ import annotations

import pytest

from harness.errors import UsageError
from harness.riva.environment import Environment


@pytest.mark.parametrize(
    ("value", "flag"), [("1", True), ("TRUE", True), ("on", True), ("0", False), ("No", False), ("off", False)]
)
def test_flags_are_read_as_people_write_them(value, flag):
    """Each usual spelling counts, whatever the default."""
    assert Environment({"X": value}).flag("X", default=not flag) is flag


def test_set_to_nothing_is_not_set():
    """`NAME=` in a compose file leaves the default."""
    env = Environment({"X": " "})
    assert env.text("X", "a") == "a"
    assert env.optional("X") is None
    assert env.flag("X", default=True) is True
    assert env.whole("X", 7) == 7
    assert env.file("X") is None


@pytest.mark.parametrize("value", ["maybe", "2", "truth"])
def test_a_wrong_flag_names_its_variable(value):
    """The sentence names variable, value and remedy."""
    with pytest.raises(
        UsageError, match=rf'^RIVA_SSL: "{value}" is neither true nor false; set it to true or false\.$'
    ):
        Environment({"RIVA_SSL": value}).flag("RIVA_SSL", default=False)


@pytest.mark.parametrize("value", ["abc", "1.5", "0", "65536", "-1", "1e3"])
def test_a_wrong_number_names_its_variable_and_range(value):
    """What is no whole number, or out of range, is refused in one sentence."""
    with pytest.raises(UsageError, match=r"^RIVA_PORT: .* set it to a number from 1 to 65535\.$"):
        Environment({"RIVA_PORT": value}).whole("RIVA_PORT", 50051, least=1, most=65535)


def test_a_missing_file_names_its_variable(tmp_path):
    """A path must be a file that exists."""
    with pytest.raises(UsageError, match=r"^RIVA_SSL_CERT: there is no file"):
        Environment({"RIVA_SSL_CERT": str(tmp_path / "ca.pem")}).file("RIVA_SSL_CERT")
    (tmp_path / "ca.pem").touch()
    assert Environment({"RIVA_SSL_CERT": str(tmp_path / "ca.pem")}).file("RIVA_SSL_CERT") == tmp_path / "ca.pem"


@pytest.mark.parametrize("value", ["abc", "nan", "-0.1", "1.1", "inf"])
def test_a_wrong_fraction_names_its_variable_and_range(value):
    """NaN is no number either."""
    with pytest.raises(UsageError, match=r"^X: .* set it to a number from 0 to 1\.$"):
        Environment({"X": value}).number("X", 0.5, least=0, most=1)


def test_numbers_words_and_pairs():
    """Fractions, lists between commas, and key=value lists."""
    env = Environment({"N": "0.25", "W": " a, b ,,c", "P": "function-id=1=2, k=v w"})
    assert env.number("N", 0.5, least=0, most=1) == 0.25
    assert env.number("M", 0.5, least=0, most=1) == 0.5
    assert env.words("W") == ("a", "b", "c")
    assert env.pairs("P") == (("function-id", "1=2"), ("k", "v w"))
    assert env.pairs("Q") == ()


@pytest.mark.parametrize("value", ["Secret=v", "secret", "=secret", "k=sécret"])
def test_a_wrong_pair_is_counted_and_not_shown(value):
    """gRPC wants lower-case keys and ASCII; the value may be a secret."""
    with pytest.raises(UsageError, match=r"^X: entry 2 is no such pair") as caught:
        Environment({"X": f"a=b,{value}"}).pairs("X")
    assert value not in str(caught.value)
