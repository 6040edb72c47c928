"""The first moment of a connection, and the first and last of a session: its record, its two log lines, the counts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import structlog

import harness
from harness.gateway import translate
from harness.gateway.caller import Caller
from harness.gateway.intake import PCM16, Intake, Pace
from harness.gateway.record import Session
from harness.gateway.shared import Shared
from harness.wire.messages import Connection, ServerConfig, StartTranscription

GATEWAY: Final = f"riva-slo-gateway/{harness.__version__}"
_LOG = structlog.get_logger()
_S: Final = 1_000_000_000


def greeting(shared: Shared, caller: Caller, connection_id: str) -> Connection:
    """The first message of a connection."""
    settings = shared.settings
    config = ServerConfig(
        sample_rate_hz=settings.sample_rate_hz,
        channels=1,
        frame_ms=settings.frame_ms,
        riva_target=shared.upstream.name_for(caller.key),
        gateway=GATEWAY,
        model=settings.riva.model,
    )
    return Connection(connection_id=connection_id, server_config=config, timestamp=timestamp())


def timestamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def begin(start: StartTranscription, shared: Shared, caller: Caller, connection_id: str) -> Session:
    """A session that was admitted, counted and logged."""
    settings, now_ns = shared.settings, shared.counters.clock.now_ns()
    intake = Intake(
        settings.audio, rate_hz=start.sample_rate_hz or settings.sample_rate_hz, encoding=start.encoding or PCM16
    )
    stream_id = start.stream_id or caller.stream_id or uuid4().hex
    ask = translate.recognition(start, settings.riva, intake.taken_hz)
    names = {"stream_id": stream_id, "connection_id": connection_id}
    trace = shared.traces.begin("session", caller.trace, **names)
    names |= trace.names
    structlog.contextvars.bind_contextvars(**names)  # for what the upstream has to say about this stream
    session = Session(
        stream_id=stream_id,
        ask=ask,
        intake=intake,
        pace=Pace(settings.audio, now_ns),
        log=_LOG.bind(**names),
        started_ns=now_ns,
        until_ns=now_ns + round(settings.session_s * _S),
        audio_at_ns=now_ns,
        trace=trace,
    )
    shared.counters.sessions_total += 1
    shared.counters.active_sessions += 1
    session.log.info(
        "session started",
        sample_rate_hz=intake.rate_hz,
        encoding=intake.encoding,
        language_code=ask.language_code,
        **({"subject": caller.subject} if caller.subject else {}),
    )
    return session


def end(session: Session, shared: Shared, outcome: str) -> None:
    """Once for each that began. `outcome`: "ok", the code of the error that ended it, or how the client left."""
    summary = session.summary(shared.counters.clock.now_ns())
    shared.admission.end()
    shared.counters.active_sessions -= 1
    shared.counters.audio_seconds_total += session.intake.audio_s
    if session.intake.bytes_in:
        shared.meters.rtfx.observe(summary["rtfx"])
    session.log.info("session ended", outcome=outcome, **summary)
    session.trace.end(outcome, **summary)
