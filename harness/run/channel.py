"""An engine as the conductor sees it, whether it is a child of its own or stands behind Locust on another host."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from harness.run.framing import Message


class Channel(Protocol):
    """A way to one engine. What is told before the engine stands waits for it."""

    @property
    def name(self) -> str: ...

    @property
    def pids(self) -> Mapping[str, int]:
        """Its processes on this host by name; complete once it has said that it is ready."""
        ...

    @property
    def bound_ns(self) -> int:
        """How far its at_ns 0 may be from ours; 0 where it reads the same clock."""
        ...

    def tell(self, message: Message) -> None: ...

    async def hear(self) -> Message | None:
        """Its next message; None when it is gone."""
        ...

    async def epitaph(self) -> str:
        """How it ended, in a sentence; asked once it is gone or was killed."""
        ...

    def kill(self) -> None: ...


Engines = Callable[[], AbstractAsyncContextManager[Sequence[Channel]]]
"""Starts all engines of a run; they are gone when the block is left, however it is left."""
