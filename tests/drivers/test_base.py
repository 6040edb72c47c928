from __future__ import annotations

import pytest

from harness.drivers.base import DriverSpec
from harness.drivers.registry import DRIVERS, make_driver
from harness.errors import TargetError
from harness.model.scenario import Target, Tls

TARGET = Target(
    name="t",
    kind="real",
    endpoints=(("riva", "host:1"),),
    model="m",
    language_code="de-DE",
    tls=Tls(ca="ca.pem"),
    token_env="T_TOKEN",  # noqa: S106  the name of a variable
)


def test_a_spec_takes_from_the_target_what_a_driver_needs() -> None:
    """Model, language, TLS and the name of the token's variable."""
    spec = DriverSpec.of(TARGET, "riva", "host:1")
    assert spec == DriverSpec(
        driver="riva",
        endpoint="host:1",
        model="m",
        language_code="de-DE",
        tls=Tls(ca="ca.pem"),
        token_env="T_TOKEN",  # noqa: S106  the name of a variable
    )


def test_the_token_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is not set is named; a target without one needs none."""
    spec = DriverSpec.of(TARGET, "riva", "host:1")
    monkeypatch.setenv("T_TOKEN", "secret")
    assert spec.token() == "secret"
    monkeypatch.delenv("T_TOKEN")
    with pytest.raises(TargetError, match="T_TOKEN: it is not set"):
        spec.token()
    assert DriverSpec(driver="riva", endpoint="host:1").token() is None


def test_an_unknown_driver_is_refused_with_those_there_are() -> None:
    """The closed set is in the sentence."""
    with pytest.raises(TargetError, match="use one of gateway, riva"):
        make_driver(DriverSpec(driver="carrier-pigeon", endpoint="x"))
    assert DRIVERS == ("gateway", "riva")


@pytest.mark.parametrize(
    ("driver", "endpoint"),
    [
        ("gateway", "http://host:1"),
        ("gateway", "host:1"),
        ("gateway", "ws://"),
        ("riva", "host"),
        ("riva", "host:port"),
        ("riva", "ws://host:1"),
        ("riva", "host:1/path"),
    ],
)
async def test_an_address_of_the_wrong_kind_is_refused(driver: str, endpoint: str) -> None:
    """Before anything is connected, with the form it should have."""
    with pytest.raises(TargetError, match=r"this is no (WebSocket|gRPC) address; write"):
        make_driver(DriverSpec(driver=driver, endpoint=endpoint))
