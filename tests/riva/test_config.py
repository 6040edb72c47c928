"""The RIVA_* variables."""

from __future__ import annotations

import pytest

from harness.errors import UsageError
from harness.riva.config import RivaConfig


def test_an_empty_environment_gives_the_defaults():
    """Every variable is optional."""
    assert RivaConfig.from_env({}) == RivaConfig()


def test_every_variable_has_its_effect(tmp_path):
    """Each variable sets its field, and nothing else does."""
    ca_file = tmp_path / "ca.pem"
    ca_file.touch()
    env = {
        "RIVA_HOST": "riva.example",
        "RIVA_PORT": "443",
        "RIVA_SSL": "true",
        "RIVA_SSL_CERT": str(ca_file),
        "RIVA_API_KEY": "secret",
        "RIVA_MODEL": "conformer_en_US_parakeet_rnnt",
        "RIVA_LANGUAGE_CODE": "de-DE",
        "RIVA_ENABLE_AUTOMATIC_PUNCTUATION": "false",
        "RIVA_ENABLE_WORD_TIME_OFFSETS": "false",
        "RIVA_ENABLE_PARTIAL_RESULTS": "false",
        "RIVA_TIMEOUT_MS": "1500",
        "RIVA_MAX_RETRIES": "0",
        "RIVA_RETRY_DELAY_MS": "5",
    }
    assert RivaConfig.from_env(env) == RivaConfig(
        host="riva.example",
        port=443,
        tls=True,
        ca_file=ca_file,
        api_key="secret",
        model="conformer_en_US_parakeet_rnnt",
        language_code="de-DE",
        automatic_punctuation=False,
        word_time_offsets=False,
        partial_results=False,
        timeout_ms=1500,
        retries=0,
        retry_delay_ms=5,
    )


def test_a_certificate_alone_means_tls(tmp_path):
    """Whoever gives a CA file wants TLS, unless RIVA_SSL says otherwise."""
    (tmp_path / "ca.pem").touch()
    env = {"RIVA_SSL_CERT": str(tmp_path / "ca.pem")}
    assert RivaConfig.from_env(env).tls
    assert not RivaConfig.from_env({**env, "RIVA_SSL": "false"}).tls


@pytest.mark.parametrize("name", ["RIVA_PORT", "RIVA_SSL", "RIVA_SSL_CERT", "RIVA_TIMEOUT_MS", "RIVA_MAX_RETRIES"])
def test_a_wrong_variable_is_named(name):
    """The error's place is the variable."""
    with pytest.raises(UsageError) as caught:
        RivaConfig.from_env({name: "wrong"})
    assert caught.value.where == name


def test_the_api_key_is_not_shown():
    """A configuration in a log or a traceback does not give the key away."""
    assert "secret" not in repr(RivaConfig(api_key="secret"))


@pytest.mark.parametrize(("host", "target"), [("riva", "riva:50051"), ("::1", "[::1]:50051")])
def test_the_target_is_what_grpc_takes(host, target):
    """An IPv6 host stands in brackets."""
    assert RivaConfig(host=host).target == target
