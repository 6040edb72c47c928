"""Proof that Riva lives. While nobody speaks it sends nothing, and its socket goes on taking audio when it hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import structlog

from harness.gateway.session import Conversation
from harness.riva.client import RivaClient
from harness.riva.failures import RivaError
from harness.wire.conversation import Event

_LOG = structlog.get_logger()
_UNANSWERED = "DEADLINE_EXCEEDED"


async def watch(riva: RivaClient, conversations: Callable[[], Iterable[Conversation]], *, period_s: float) -> None:
    """For ever: ask Riva a small question each period, and end the sessions that wait for it when it does not answer.

    Only silence ends sessions. Any answer is a sign of life, an error too, and a refused connection may be a Riva
    that drains: it takes no new calls and still finishes its streams.
    """
    while True:
        await asyncio.sleep(period_s)
        waiting = [conversation for conversation in conversations() if conversation.active]
        if not waiting:
            continue
        try:
            await riva.probe(deadline_s=riva.config.timeout_ms / 1000)
        except RivaError as error:
            if error.failure.status == _UNANSWERED:
                _LOG.warning("riva does not answer", riva=riva.config.target, sessions=len(waiting))
                await asyncio.gather(*(each.take(Event.FAILED, error.failure) for each in waiting))
