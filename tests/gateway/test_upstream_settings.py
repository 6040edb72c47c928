"""The variables about the upstream, and the example file that lists them all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.gateway.breaker import BreakerRules
from harness.gateway.groups import Endpoint
from harness.gateway.settings import GatewaySettings, parse
from harness.gateway.upstream_settings import UpstreamSettings
from harness.riva.config import RivaConfig
from harness.riva.environment import Environment
from harness.riva.retry import RetryRules

EXAMPLE = Path(__file__).parents[2] / ".env.example"
NOT_READ = {"RIVA_PARTIAL_RESULT_INTERVAL_MS"}  # deployments set it; partials are never held back


def told(env):
    return UpstreamSettings.from_env(Environment(env), RivaConfig.from_env(env))


def test_nothing_said_is_the_default():
    """One endpoint, from RIVA_HOST and RIVA_PORT."""
    assert told({}) == UpstreamSettings()
    assert UpstreamSettings().fleet(RivaConfig(host="h", port=7)).endpoints == (Endpoint("h", 7),)


def test_every_variable_has_its_effect():
    """Each sets its field and nothing else."""
    env = {
        "RIVA_ENDPOINTS": "a:1, [::1]:2",
        "RIVA_MAX_RETRIES": "7",
        "RIVA_RETRY_DELAY_MS": "50",
        "GATEWAY_KEY_HEADER": "x-caller",
        "GATEWAY_PROBE_PERIOD_MS": "500",
        "GATEWAY_PROBE_DEADLINE_MS": "250",
        "GATEWAY_PROBE_MISSES": "5",
        "GATEWAY_RETRY_WINDOW_MS": "4000",
        "GATEWAY_REPLAY_BUFFER_BYTES": "1000",
        "GATEWAY_RESUME": "true",
        "GATEWAY_RETRY_BUDGET": "9",
        "GATEWAY_RETRY_BUDGET_PER_S": "1.5",
        "GATEWAY_BREAKER_WINDOW_MS": "10000",
        "GATEWAY_BREAKER_MINIMUM_CALLS": "3",
        "GATEWAY_BREAKER_FAILURE_RATE": "0.25",
        "GATEWAY_BREAKER_SLOW_RATE": "0.75",
        "GATEWAY_BREAKER_SLOW_MS": "1500",
        "GATEWAY_BREAKER_OPEN_MS": "800",
        "GATEWAY_BREAKER_TRIALS": "2",
    }
    assert told(env) == UpstreamSettings(
        endpoints=(Endpoint("a", 1), Endpoint("::1", 2)),
        key_header="x-caller",
        probe_s=0.5,
        probe_deadline_s=0.25,
        deadly_misses=5,
        retry=RetryRules(
            attempts=7, first_ms=50, window_ms=4000, buffer_bytes=1000, resume=True, budget=9, budget_per_s=1.5
        ),
        breaker=BreakerRules(
            window_ns=10 * 10**9,
            minimum_calls=3,
            failure_rate=0.25,
            slow_rate=0.75,
            slow_ns=1_500_000_000,
            open_ns=800_000_000,
            trials=2,
        ),
    )


def test_a_file_may_be_yaml_or_json(tmp_path):
    """Both say the same."""
    path = tmp_path / "endpoints"
    for text in ("endpoints:\n  - target: a:1\n", '{"endpoints": [{"target": "a:1"}]}'):
        path.write_text(text, encoding="utf-8")
        assert told({"GATEWAY_ENDPOINTS_FILE": str(path)}).fleet(RivaConfig()).endpoints == (Endpoint("a", 1),)


@pytest.mark.parametrize(
    ("env", "where"),
    [
        ({"RIVA_ENDPOINTS": "a"}, "RIVA_ENDPOINTS"),
        ({"RIVA_ENDPOINTS": "a:1", "GATEWAY_ENDPOINTS_FILE": __file__}, "RIVA_ENDPOINTS, GATEWAY_ENDPOINTS_FILE"),
        ({"GATEWAY_ENDPOINTS_FILE": "/no/such/file"}, "GATEWAY_ENDPOINTS_FILE"),
        ({"GATEWAY_PROBE_MISSES": "0"}, "GATEWAY_PROBE_MISSES"),
        ({"GATEWAY_BREAKER_FAILURE_RATE": "2"}, "GATEWAY_BREAKER_FAILURE_RATE"),
        ({"GATEWAY_BREAKER_OPEN_MS": "0"}, "GATEWAY_BREAKER_OPEN_MS"),
        ({"GATEWAY_RESUME": "perhaps"}, "GATEWAY_RESUME"),
    ],
)
def test_what_is_wrong_is_named(env, where):
    """The sentence's place is the variable."""
    with pytest.raises(UsageError) as caught:
        told(env)
    assert caught.value.where == where


def test_the_riva_flag_wins_over_a_list():
    """Whoever names one Riva on the command line means that one."""
    settings = parse(["--riva", "b:2"], {"RIVA_ENDPOINTS": "a:1"})
    assert settings.upstream.fleet(settings.riva).endpoints == (Endpoint("b", 2),)


class Recording(Mapping):
    """An environment that remembers what it was asked for."""

    def __init__(self):
        self.asked = set()

    def get(self, name, default=None):
        self.asked.add(name)
        return default

    def __getitem__(self, name):
        raise KeyError(name)

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 0


def test_the_example_file_lists_every_variable():
    """Not one more, not one less, but for some that OpenTelemetry's SDK reads."""
    env = Recording()
    GatewaySettings.from_env(env)
    text = EXAMPLE.read_text(encoding="utf-8")
    assert set(re.findall(r"^#?((?!OTEL_)[A-Z][A-Z0-9_]+)=", text, re.MULTILINE)) == env.asked | NOT_READ


def test_the_example_files_values_are_the_defaults():
    """Copied as it is, with every line switched on, it changes nothing."""
    text = EXAMPLE.read_text(encoding="utf-8")
    env = dict(re.findall(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", text, re.MULTILINE))
    assert GatewaySettings.from_env(env) == GatewaySettings()
