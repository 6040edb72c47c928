"""Command line over environment over defaults."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.gateway.admission import AdmissionLimits
from harness.gateway.security import SecuritySettings
from harness.gateway.settings import GatewaySettings, parse
from harness.riva.config import RivaConfig


def test_nothing_said_gives_the_defaults():
    """Without variables and flags: loopback, any free port, Riva where it usually is."""
    assert parse([], {}) == GatewaySettings()
    assert (GatewaySettings().host, GatewaySettings().port) == ("127.0.0.1", 0)


def test_the_environment_is_honoured(tmp_path):
    """APP_*, WS_* and RIVA_* variables each have their effect."""
    for name in ("cert", "key"):
        (tmp_path / name).touch()
    env = {
        "APP_HOST": "0.0.0.0",  # noqa: S104  parsed, not bound
        "APP_PORT": "8080",
        "APP_SSL_CERT": str(tmp_path / "cert"),
        "APP_SSL_KEY": str(tmp_path / "key"),
        "WS_MAX_CONNECTIONS": "5",
        "WS_MAX_MESSAGE_SIZE_MB": "2",
        "WS_PING_INTERVAL_S": "7",
        "RIVA_HOST": "riva",
    }
    assert parse([], env) == GatewaySettings(
        host="0.0.0.0",  # noqa: S104  parsed, not bound
        port=8080,
        security=SecuritySettings(cert=tmp_path / "cert", key=tmp_path / "key"),
        admission=AdmissionLimits(connections=5, streams=5),
        max_message_bytes=2 * 2**20,
        ping_interval_s=7,
        riva=RivaConfig(host="riva"),
    )


def test_flags_win_over_the_environment():
    """A flag says more than a variable; what it does not say stays."""
    env = {"APP_HOST": "h", "APP_PORT": "1", "RIVA_HOST": "r", "RIVA_PORT": "2", "RIVA_MODEL": "m", "RIVA_API_KEY": "k"}
    argv = ["--host", "127.0.0.2", "--port", "0", "--riva", "[::1]:9", "--model", "n", "--exit-with-parent"]
    assert parse(argv, env) == GatewaySettings(
        host="127.0.0.2",
        port=0,
        riva=RivaConfig(host="::1", port=9, model="n", api_key="k"),
        exit_with_parent=True,
    )


def test_the_manual_names_every_variable():
    """What the example file lists stands in the manual's table, and nothing else does."""
    root = Path(__file__).parents[2]
    example = re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (root / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
    section = (root / "docs" / "gateway.md").read_text(encoding="utf-8").split("## Settings")[1].split("\n## ")[0]
    rows = "".join(line for line in section.splitlines() if line.startswith("|"))
    assert set(re.findall(r"`([A-Z][A-Z0-9_]+)`", rows)) == set(example) - {"RIVA_PARTIAL_RESULT_INTERVAL_MS"}


@pytest.mark.parametrize(
    ("argv", "env", "where"),
    [
        (["--port", "x"], {}, "--port"),
        (["--port", "65536"], {}, "--port"),
        (["--port", "-1"], {}, "--port"),
        (["--riva", "localhost"], {}, "--riva"),
        (["--riva", "localhost:"], {}, "--riva"),
        (["--riva", "localhost:0"], {}, "--riva"),
        (["--drain-s", "-1"], {}, "--drain-s"),
        (["--workers", "0"], {}, "--workers"),
        ([], {"GATEWAY_MAX_STREAMS": "0"}, "GATEWAY_MAX_STREAMS"),
        ([], {"GATEWAY_ASR_ENABLED": "maybe"}, "GATEWAY_ASR_ENABLED"),
        ([], {"APP_PORT": "http"}, "APP_PORT"),
        ([], {"WS_MAX_CONNECTIONS": "0"}, "WS_MAX_CONNECTIONS"),
        ([], {"WS_MAX_MESSAGE_SIZE_MB": "65"}, "WS_MAX_MESSAGE_SIZE_MB"),
        ([], {"WS_PING_INTERVAL_S": "0"}, "WS_PING_INTERVAL_S"),
        ([], {"APP_SSL_CERT": __file__}, "APP_SSL_CERT, APP_SSL_KEY"),
        ([], {"RIVA_TIMEOUT_MS": "soon"}, "RIVA_TIMEOUT_MS"),
    ],
)
def test_what_is_wrong_is_named(argv, env, where):
    """The sentence's place is the flag or the variable."""
    with pytest.raises(UsageError) as caught:
        parse(argv, env)
    assert caught.value.where == where
