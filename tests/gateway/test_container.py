"""The container's recipe says what the manual promises."""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def test_the_image_is_the_package_alone_run_by_an_ordinary_user():
    """No weights or audio are copied, the last user is not root, and health does not ask Riva."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("COPY") and "--from" not in line] == [
        "COPY pyproject.toml README.md LICENSE ./",
        "COPY harness ./harness",
    ]
    assert [line for line in lines if line.startswith("USER")][-1] == "USER 10001"
    assert any("/healthz" in line for line in lines)
    assert 'ENTRYPOINT ["harness", "serve", "gateway"]' in lines


def test_what_is_copied_may_be_sent_to_the_builder():
    """The ignore file lets exactly the copied paths through."""
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").split() if line[0] == "!"}
    assert allowed == {"pyproject.toml", "README.md", "LICENSE", "harness"}
    assert all((ROOT / name).exists() for name in allowed)


def test_compose_gives_a_drain_its_time():
    """The grace period is longer than drain and last finals together."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert set(services) == {"gateway", "riva"}
    assert int(services["gateway"]["stop_grace_period"].removesuffix("s")) > 22.5
    assert services["gateway"]["environment"]["RIVA_HOST"] in services
