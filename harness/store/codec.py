"""Frozen dataclasses to JSON and back, guided by their annotations.

A union of dataclasses is told apart by a ``kind`` with the class's name, infinity is written ``"inf"``, NaN is refused.
Keys stand in the order of the fields, so the same value is the same text, byte for byte.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import types
import typing
from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

T = TypeVar("T")
Encode = Callable[[Any], Any]
Decode = Callable[[Any, str], Any]
Pair = tuple[Encode, Decode]


def dumps(value: Any) -> str:
    """A dataclass as indented JSON text that ends with a newline. Raises ValueError on NaN."""
    return render(encode(value))


def render(tree: Any) -> str:
    return json.dumps(tree, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def loads(kind: type[T], text: str) -> T:
    """The dataclass of that type. Raises ValueError naming the place of what is missing, unknown or of a wrong type."""
    return decode(kind, json.loads(text))


def encode(value: Any) -> Any:
    """A dataclass as dicts, lists, strings and numbers."""
    kind: Any = type(value)
    return _pair(kind)[0](value)


def decode(kind: type[T], tree: Any) -> T:
    annotation: Any = kind
    decoded: T = _pair(annotation)[1](tree, kind.__name__)
    return decoded


@functools.cache
def _pair(annotation: Any) -> Pair:
    origin = typing.get_origin(annotation)
    if dataclasses.is_dataclass(annotation):
        return _record(typing.cast("type[Any]", annotation))
    if origin is tuple:
        return _tuple(typing.get_args(annotation))
    if origin in (typing.Union, types.UnionType):
        return _union(typing.get_args(annotation))
    if origin is typing.Literal:
        return _choice(typing.get_args(annotation))
    return _leaf(annotation)


def _record(kind: type[Any]) -> Pair:
    hints = typing.get_type_hints(kind)
    fields = [(field.name, _pair(hints[field.name])) for field in dataclasses.fields(kind)]
    required = {f.name for f in dataclasses.fields(kind) if _has_no_default(f)}
    decoders = {name: pair[1] for name, pair in fields}

    def encode_record(value: Any) -> dict[str, Any]:
        return {name: pair[0](getattr(value, name)) for name, pair in fields}

    def decode_record(tree: Any, at: str) -> Any:
        if isinstance(tree, kind):  # decoded before, because it is shared
            return tree
        keys = set(_expect(tree, dict, at))
        if odd := sorted((keys - decoders.keys()) | (required - keys)):
            raise ValueError(f"{at}: {odd[0]!r} is {'unknown' if odd[0] in keys else 'missing'}")
        return kind(**{name: decoders[name](item, f"{at}.{name}") for name, item in tree.items()})

    return encode_record, decode_record


def _has_no_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _tuple(args: tuple[Any, ...]) -> Pair:
    if len(args) == 2 and args[1] is Ellipsis:
        pair = _pair(args[0])
        return (
            lambda value: [pair[0](item) for item in value],
            lambda tree, at: tuple(pair[1](item, f"{at}[{i}]") for i, item in enumerate(_expect(tree, list, at))),
        )
    pairs = [_pair(arg) for arg in args]

    def decode_fixed(tree: Any, at: str) -> tuple[Any, ...]:
        if len(_expect(tree, list, at)) != len(pairs):
            raise ValueError(f"{at}: {len(tree)} items where {len(pairs)} belong")
        return tuple(pair[1](item, f"{at}[{i}]") for i, (pair, item) in enumerate(zip(pairs, tree, strict=True)))

    return lambda value: [pair[0](item) for pair, item in zip(pairs, value, strict=True)], decode_fixed


def _union(args: tuple[Any, ...]) -> Pair:
    members = tuple(arg for arg in args if arg is not types.NoneType)
    inner = _pair(members[0]) if len(members) == 1 else _tagged(members)
    if len(members) == len(args):
        return inner
    return (
        lambda value: None if value is None else inner[0](value),
        lambda tree, at: None if tree is None else inner[1](tree, at),
    )


def _tagged(members: tuple[Any, ...]) -> Pair:
    by_name = {member.__name__: _record(member) for member in members}

    def encode_tagged(value: Any) -> dict[str, Any]:
        name = type(value).__name__
        return {"kind": name, **by_name[name][0](value)}

    def decode_tagged(tree: Any, at: str) -> Any:
        rest = dict(_expect(tree, dict, at))
        name = rest.pop("kind", None)
        if name not in by_name:
            raise ValueError(f"{at}: kind {name!r} is none of {', '.join(by_name)}")
        return by_name[name][1](rest, at)

    return encode_tagged, decode_tagged


def _choice(values: tuple[Any, ...]) -> Pair:
    def decode_choice(tree: Any, at: str) -> Any:
        if tree not in values:
            raise ValueError(f"{at}: {tree!r} is none of {', '.join(map(str, values))}")
        return tree

    return lambda value: value, decode_choice


def _leaf(kind: Any) -> Pair:
    if kind is float:
        return _encode_float, _decode_float
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        choose = _choice(tuple(str(member) for member in kind))[1]
        return str, lambda tree, at: kind(choose(tree, at))
    if kind not in (str, int, bool):
        raise TypeError(f"{kind!r} has no JSON form here")
    return lambda value: value, lambda tree, at: _expect(tree, kind, at)


def _encode_float(value: float) -> float | str:
    if math.isnan(value):
        raise ValueError("NaN has no JSON form")
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return float(value)


def _decode_float(tree: Any, at: str) -> float:
    if tree in ("inf", "-inf"):
        return float(tree)
    if isinstance(tree, bool) or not isinstance(tree, int | float):
        raise ValueError(f"{at}: {tree!r} is not a number")  # noqa: TRY004  wrong data, not a wrong call
    return float(tree)


def _expect(tree: Any, kind: type[T], at: str) -> T:
    """JSON keeps bool and int apart, Python does not."""
    if not isinstance(tree, kind) or (kind is int and isinstance(tree, bool)):
        raise ValueError(f"{at}: {tree!r:.60} is not {kind.__name__}")
    return tree
