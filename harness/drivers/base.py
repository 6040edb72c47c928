"""What every way to reach a recogniser looks like from the engine.

The target's faults never raise: they are Heard. Codes that come from here, where the target has no word of its own:

    unavailable    nothing could be reached        refused       the handshake was declined (HTTP 429, 503)
    unauthorized   the credentials were declined   protocol      the answer is not the contract
    timeout        over 10 s of audio waited for the target

What the harness itself lacked (`lacks.py`) is said with `Errored.ours`, and is no fault of the target's.

`Closed.code` is the WebSocket close code ("1006": dropped without a close frame) or the gRPC status name.
`Refused` and `Closed` are the last thing heard; a failure that ends the session is `Errored`, then `Closed`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from harness.errors import TargetError
from harness.model.plan import SessionPlan
from harness.model.run import Identity
from harness.model.scenario import Target, Tls
from harness.model.timeline import Heard

OnHeard = Callable[[Heard], None]


class Link(Protocol):
    """One session's way to the target. Nothing here blocks; what cannot be sent yet waits."""

    def send(self, frame: bytes) -> int:
        """Queue a frame; returns how many frames wait for the target now."""
        ...

    def end(self) -> None:
        """The audio is over: finals may come, then Closed."""
        ...

    async def close(self) -> None:
        """Let go of everything, whatever the state; nothing is heard afterwards."""
        ...


class Driver(Protocol):
    """Opens links to one target."""

    def open(self, session: SessionPlan, on_heard: OnHeard) -> Link:
        """Return at once and connect in a task of its own; Opened says when audio goes through."""
        ...

    async def probe(self) -> Identity:
        """Play a short session of silence. Raises TargetError naming what is wrong, after 5 s at most a step."""
        ...

    async def close(self) -> None:
        """Close what the links share."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverSpec:
    """Which driver, and what it needs to know; the token itself stays in the environment."""

    driver: str
    endpoint: str
    model: str | None = None
    language_code: str = "en-US"
    tls: Tls = field(default_factory=Tls)
    token_env: str | None = None

    @classmethod
    def of(cls, target: Target, driver: str, endpoint: str) -> DriverSpec:
        """How that driver reaches that target at that address."""
        return cls(
            driver=driver,
            endpoint=endpoint,
            model=target.model,
            language_code=target.language_code,
            tls=target.tls,
            token_env=target.token_env,
        )

    def token(self) -> str | None:
        """Raises TargetError where the target file names a variable that is not set."""
        if self.token_env is None:
            return None
        if not (token := os.environ.get(self.token_env)):
            raise TargetError(
                f"environment variable {self.token_env}",
                "it is not set",
                "put the target's token in it, or take token_env out of the target file",
            )
        return token
