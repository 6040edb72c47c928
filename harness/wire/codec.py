"""JSON text <-> messages, from one table: strict about the type of every known key, indifferent to unknown keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, cast

from harness.wire import fields, messages
from harness.wire.fields import MALFORMED, UNKNOWN_TYPE, Pairs, WireError
from harness.wire.messages import ClientMessage, ServerMessage

__all__ = ["MALFORMED", "UNKNOWN_TYPE", "WireError", "decode_client", "decode_server", "encode", "pairs_of"]


def decode_client(text: str) -> ClientMessage:
    """What a client said. Raises WireError."""
    return cast("ClientMessage", _decode(text, _CLIENT))


def decode_server(text: str) -> ServerMessage:
    """What a server said. Raises WireError; UNKNOWN_TYPE may be ignored: a gateway may say more than we know."""
    return cast("ServerMessage", _decode(text, _SERVER))


def encode(message: ClientMessage | ServerMessage) -> str:
    """One line of JSON; what is None is left out. ValueError on NaN: the sender's mistake, never put on the wire."""
    return json.dumps(pairs_of(message), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def pairs_of(message: ClientMessage | ServerMessage) -> Pairs:
    """What `encode` writes, as a dictionary."""
    shape = _SHAPES[type(message)]
    return {"type": shape.name, **_write(shape, message)}


class _Key(NamedTuple):
    """One key of a message: the attribute it fills, how to read it and, unless it goes out as is, how to write it."""

    name: str
    attribute: str
    read: Callable[[object, str], Any]
    required: bool
    write: Callable[[Any], Any] | None


def _key(
    name: str,
    read: Callable[[object, str], Any],
    attribute: str = "",
    *,
    required: bool = False,
    write: Callable[[Any], Any] | None = None,
) -> _Key:
    return _Key(name, attribute or name, read, required, write)


@dataclass(frozen=True, slots=True)
class _Shape:
    """A message's `type` on the wire, its class and its keys; `fixed` keys are written and not read."""

    name: str
    kind: type
    keys: tuple[_Key, ...] = ()
    fixed: tuple[tuple[str, Any], ...] = ()


def _decode(text: str, shapes: Mapping[str, _Shape]) -> object:
    pairs = fields.parse_object(text)
    name = fields.as_text(pairs.get("type"), "type")
    if name not in shapes:
        raise WireError(f"unknown type {name[:40]!r}", code=UNKNOWN_TYPE)
    if name == "metrics":  # the one message whose keys are the sender's own
        return _read_metrics(pairs)
    return _read(shapes[name], pairs)


def _read(shape: _Shape, pairs: Pairs) -> Any:
    taken = {}
    for name, attribute, read, required, _ in shape.keys:
        value = pairs.get(name)
        if value is not None:  # null is how some servers leave a key out
            taken[attribute] = read(value, name)
        elif required:
            raise WireError(f"{shape.name}: {name} is missing")
    return shape.kind(**taken)


def _write(shape: _Shape, message: object) -> Pairs:
    pairs = dict(shape.fixed)
    for key in shape.keys:
        value = getattr(message, key.attribute)
        if value is not None:
            pairs[key.name] = key.write(value) if key.write else value
    if isinstance(message, messages.Metrics):
        pairs |= message.values
    return pairs


def _read_metrics(pairs: Pairs) -> messages.Metrics:
    stamp = pairs.get("timestamp")
    return messages.Metrics(
        values={key: float(value) for key, value in pairs.items() if fields.is_number(value)},
        timestamp=stamp if isinstance(stamp, str) else None,
    )


_STAMP: Final = _key("timestamp", fields.as_text)
_CONNECTION_ID: Final = _key("connection_id", fields.as_text)
_STREAM_ID: Final = _key("stream_id", fields.as_text)
_HYPOTHESIS: Final = (
    _key("segment_id", fields.as_whole, required=True),
    _key("text", fields.as_text, required=True),
    _STAMP,
    _key("processing_time_ms", fields.as_number),
)
_CONFIDENCE: Final = _key("confidence", fields.as_number)

_SERVER_CONFIG: Final = _Shape(
    "server_config",
    messages.ServerConfig,
    (
        _key("sample_rate", fields.as_whole, "sample_rate_hz"),
        _key("channels", fields.as_whole),
        _key("frame_ms", fields.as_whole),
        _key("riva_target", fields.as_text),
        _key("gateway", fields.as_text),
        _key("model", fields.as_text),
    ),
)
_WORD: Final = _Shape(
    "words[]",
    messages.Word,
    (
        _key("word", fields.as_text, required=True),
        _key("start", fields.as_number, "start_s", required=True),
        _key("end", fields.as_number, "end_s", required=True),
        _CONFIDENCE,
    ),
)


def _read_config(value: object, key: str) -> messages.ServerConfig:
    return cast("messages.ServerConfig", _read(_SERVER_CONFIG, fields.as_object(value, key)))


def _write_config(config: messages.ServerConfig) -> Pairs:
    return _write(_SERVER_CONFIG, config)


def _read_words(value: object, key: str) -> tuple[messages.Word, ...]:
    return tuple(_read(_WORD, fields.as_object(word, f"{key}[]")) for word in fields.as_list(value, key))


def _write_words(words: tuple[messages.Word, ...]) -> list[Pairs]:
    return [_write(_WORD, word) for word in words]


_CLIENT_SHAPES: Final = (
    _Shape(
        "start_transcription",
        messages.StartTranscription,
        (
            _key("enable_partials", fields.as_flag),
            _key("hotwords", fields.as_texts),
            _key("sample_rate", fields.as_whole, "sample_rate_hz"),
            _key("encoding", fields.as_text),
            _key("language_code", fields.as_text),
            _key("word_time_offsets", fields.as_flag),
            _STREAM_ID,
        ),
    ),
    _Shape("stop_transcription", messages.StopTranscription),
    _Shape("ping", messages.Ping),
    _Shape("get_metrics", messages.GetMetrics),
)

_SERVER_SHAPES: Final = (
    _Shape(
        "connection",
        messages.Connection,
        (
            _key("connection_id", fields.as_text, required=True),
            _key("server_config", _read_config, write=_write_config),
            _STAMP,
        ),
    ),
    _Shape(
        "session_started",
        messages.SessionStarted,
        (_CONNECTION_ID, _key("enable_partials", fields.as_flag), _STREAM_ID, _STAMP),
    ),
    _Shape("partial", messages.Partial, _HYPOTHESIS, fixed=(("is_final", False),)),
    _Shape(
        "transcription",
        messages.Transcription,
        (
            *_HYPOTHESIS,
            _key("words", _read_words, write=_write_words),
            _CONFIDENCE,
            _key("audio_end", fields.as_number, "audio_end_s"),
        ),
        fixed=(("is_final", True),),
    ),
    _Shape("session_stopped", messages.SessionStopped, (_CONNECTION_ID, _STAMP)),
    _Shape("pong", messages.Pong, (_STAMP,)),
    _Shape("metrics", messages.Metrics, (_STAMP,)),
    _Shape(
        "error",
        messages.Error,
        (
            _key("error", fields.as_text, required=True),
            _key("code", fields.as_text),
            _key("retryable", fields.as_flag),
            _key("retry_after_ms", fields.as_whole),
            _STREAM_ID,
        ),
    ),
)

_CLIENT: Final = {shape.name: shape for shape in _CLIENT_SHAPES}
_SERVER: Final = {shape.name: shape for shape in _SERVER_SHAPES}
_SHAPES: Final = {shape.kind: shape for shape in (*_CLIENT_SHAPES, *_SERVER_SHAPES)}
