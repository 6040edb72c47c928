"""The scripted Riva, served on loopback for one test."""

from __future__ import annotations

from support.scripted import double, riva

__all__ = ["double", "riva"]
