"""Fixtures: the scripted Riva, served on loopback for one test."""

from __future__ import annotations

import runpy
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

DOUBLE = Path(__file__).parents[1] / "doubles" / "scripted_riva.py"


@pytest.fixture(scope="session")
def double() -> SimpleNamespace:
    """The module of the double: `interim`, `final`, `counting`, `ScriptedRiva`."""
    return SimpleNamespace(**runpy.run_path(str(DOUBLE)))


@pytest.fixture
async def riva(double: SimpleNamespace) -> AsyncIterator[Any]:
    """A running ScriptedRiva; a test sets its `script`."""
    server = await double.ScriptedRiva().start()
    yield server
    await server.stop()
