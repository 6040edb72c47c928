"""The roll-back switch."""

from __future__ import annotations

import pytest

from harness.gateway.switch import Switch, SwitchSettings
from harness.riva.environment import Environment


def test_without_a_file_the_variable_holds():
    """On unless it says false."""
    assert Switch(SwitchSettings.from_env(Environment({}))).enabled()
    assert not Switch(SwitchSettings.from_env(Environment({"GATEWAY_ASR_ENABLED": "false"}))).enabled()


def test_the_file_is_followed_while_it_is_there(tmp_path):
    """It may come, change and go; each is seen at the next look."""
    file = tmp_path / "switch"
    switch = Switch(SwitchSettings(file=file))
    assert switch.enabled()
    file.write_text("false\n", encoding="utf-8")
    assert not switch.enabled()
    file.write_text("on", encoding="utf-8")
    assert switch.enabled()
    file.write_text("off", encoding="utf-8")
    assert not switch.enabled()
    file.unlink()
    assert switch.enabled()


@pytest.mark.parametrize("content", [b"perhaps", b"\xff\xfe"])
def test_a_file_that_says_nothing_clear_changes_nothing(tmp_path, content):
    """A slip of the pen neither switches off nor on."""
    file = tmp_path / "switch"
    file.write_text("false", encoding="utf-8")
    switch = Switch(SwitchSettings(file=file))
    file.write_bytes(content)
    assert not switch.enabled()
