"""Every message of the gateway's JSON contract, as plain values. Audio travels beside them, as binary PCM16 frames.

Only what a message cannot do without is required: gateways in the field leave out much of what this one sends
(`code`, `retryable`, `words`, `timestamp`), and a client that insists on it could not measure them.
Timestamps are ISO-8601 text made by the sender; words' times are seconds from the first sample of the stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# --- client to server


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTranscription:
    """Open a session. What is None is left out and the server's default applies."""

    enable_partials: bool = True
    hotwords: tuple[str, ...] = ()
    sample_rate_hz: int | None = None
    encoding: str | None = None
    language_code: str | None = None
    word_time_offsets: bool | None = None
    stream_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopTranscription:
    """The audio is over: flush the last final, then `SessionStopped`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """Answered by `Pong` in every state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetMetrics:
    """Answered by `Metrics` in every state."""


# --- server to client


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """What the server says about itself. `gateway` is "name/version"; None = it does not say."""

    sample_rate_hz: int | None = None
    channels: int | None = None
    frame_ms: int | None = None
    riva_target: str | None = None
    gateway: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """The greeting, sent before the client has said anything."""

    connection_id: str
    server_config: ServerConfig = field(default_factory=ServerConfig)
    timestamp: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarted:
    """The recogniser has its configuration: audio may come."""

    connection_id: str | None = None
    enable_partials: bool = True
    stream_id: str | None = None
    timestamp: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of a final; times in seconds of audio from the first sample of the stream."""

    word: str
    start_s: float
    end_s: float
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """The newest hypothesis of the open segment; each replaces the one before."""

    segment_id: int
    text: str
    timestamp: str | None = None
    processing_time_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcription:
    """A segment's final. `audio_end_s`: how far into the stream's audio the recogniser was."""

    segment_id: int
    text: str
    words: tuple[Word, ...] = ()
    confidence: float | None = None
    audio_end_s: float | None = None
    timestamp: str | None = None
    processing_time_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStopped:
    """Everything the recogniser had to say has been sent."""

    connection_id: str | None = None
    timestamp: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong:
    """The answer to `Ping`."""

    timestamp: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """The server's own figures, by name."""

    values: Mapping[str, float] = field(default_factory=dict)
    timestamp: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """Something failed. `code` is stable and may be acted on; `error` is for people and may not."""

    error: str
    code: str | None = None
    retryable: bool | None = None
    retry_after_ms: int | None = None
    stream_id: str | None = None


ClientMessage = StartTranscription | StopTranscription | Ping | GetMetrics
ServerMessage = Connection | SessionStarted | Partial | Transcription | SessionStopped | Pong | Metrics | Error
