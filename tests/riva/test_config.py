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


def test_the_variables_of_mutual_tls_and_tokens(tmp_path):
    """A client certificate means TLS; a token may come from a file and go by another name, with pairs beside it."""
    for name in ("cert", "key", "token"):
        (tmp_path / name).touch()
    env = {
        "RIVA_SSL_CLIENT_CERT": str(tmp_path / "cert"),
        "RIVA_SSL_CLIENT_KEY": str(tmp_path / "key"),
        "RIVA_API_KEY_FILE": str(tmp_path / "token"),
        "RIVA_API_KEY_HEADER": "X-Api-Key",
        "RIVA_METADATA": "function-id=7",
        "RIVA_HOTWORD_BOOST": "-2.5",
        "RIVA_KEEPALIVE_S": "60",
    }
    assert RivaConfig.from_env(env) == RivaConfig(
        tls=True,
        client_cert=tmp_path / "cert",
        client_key=tmp_path / "key",
        api_key_file=tmp_path / "token",
        api_key_header="x-api-key",
        metadata=(("function-id", "7"),),
        hotword_boost=-2.5,
        keepalive_s=60,
    )


@pytest.mark.parametrize(
    ("env", "where"),
    [
        ({"RIVA_SSL_CLIENT_CERT": __file__}, "RIVA_SSL_CLIENT_CERT, RIVA_SSL_CLIENT_KEY"),
        ({"RIVA_SSL_CLIENT_KEY": __file__}, "RIVA_SSL_CLIENT_CERT, RIVA_SSL_CLIENT_KEY"),
        ({"RIVA_API_KEY": "k", "RIVA_API_KEY_FILE": __file__}, "RIVA_API_KEY, RIVA_API_KEY_FILE"),
        (
            {"RIVA_SSL": "false", "RIVA_SSL_CLIENT_CERT": __file__, "RIVA_SSL_CLIENT_KEY": __file__},
            "RIVA_SSL",
        ),
        ({"RIVA_METADATA": "Key=v"}, "RIVA_METADATA"),
    ],
)
def test_variables_that_contradict_each_other_are_named(env, where):
    """Half a pair, or two ways to say one thing."""
    with pytest.raises(UsageError) as caught:
        RivaConfig.from_env(env)
    assert caught.value.where == where


def test_retries_and_requests_follow_the_configuration():
    """What the variables say of streams and of what is asked."""
    config = RivaConfig(retries=7, retry_delay_ms=30, model="m", hotword_boost=2, partial_results=False)
    assert (config.retry_rules.attempts, config.retry_rules.first_ms) == (7, 30)
    ask = config.recognition(8000)
    assert (ask.sample_rate_hz, ask.model, ask.hotword_boost, ask.interim_results) == (8000, "m", 2, False)
