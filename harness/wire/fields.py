"""What each key of a JSON object may hold: a reader takes the value and the key's name, and raises WireError."""

from __future__ import annotations

import json
import math
from typing import Any, Final, TypeGuard

from harness.errors import HarnessError

MALFORMED: Final = "malformed_message"
UNKNOWN_TYPE: Final = "unknown_type"

MOST_WHOLE: Final = 2**31 - 1  # segments, milliseconds: a number beyond it is a fault, and fits no column
MOST_NUMBER: Final = 1e9  # seconds, or ms: thirty years of either kind is no time of a stream

Pairs = dict[str, Any]


class WireError(HarnessError):
    """A text frame that is no message of the contract; `code` is MALFORMED or UNKNOWN_TYPE."""

    def __init__(self, problem: str, *, code: str = MALFORMED) -> None:
        super().__init__(problem)
        self.code = code


def parse_object(text: str) -> Pairs:
    """The JSON object in a text frame. NaN and Infinity are not JSON, though Python's parser would take them."""
    text = text.strip(_BLANK)
    try:
        value, end = _DECODER.raw_decode(text)  # half the price of `decode`, which looks for blanks by itself
    except (ValueError, RecursionError) as error:
        raise WireError("the text frame is not JSON") from error
    if end != len(text):
        raise WireError("the text frame is not JSON")
    return as_object(value, "the text frame")


def _no_constant(name: str) -> None:
    raise ValueError(name)


_BLANK: Final = " \t\n\r"  # JSON knows no other
_DECODER: Final = json.JSONDecoder(parse_constant=_no_constant)  # json.loads would make one for every message


def as_object(value: object, key: str) -> Pairs:
    if not isinstance(value, dict):
        raise WireError(f"{key} must be a JSON object")
    return value


def as_list(value: object, key: str) -> list[Any]:
    if not isinstance(value, list):
        raise WireError(f"{key} must be a list")
    return value


def as_text(value: object, key: str) -> str:
    if not isinstance(value, str):
        raise WireError(f"{key} must be text")
    return value


def as_texts(value: object, key: str) -> tuple[str, ...]:
    return tuple(as_text(item, f"{key}[]") for item in as_list(value, key))


def as_flag(value: object, key: str) -> bool:
    if not isinstance(value, bool):
        raise WireError(f"{key} must be true or false")
    return value


def as_whole(value: object, key: str) -> int:
    # bool is a subclass of int: true would pass for 1
    if not isinstance(value, int) or isinstance(value, bool):
        raise WireError(f"{key} must be a whole number")
    if abs(value) > MOST_WHOLE:
        raise WireError(f"{key} is out of range")
    return value


def as_number(value: object, key: str) -> float:
    if not is_number(value):
        raise WireError(f"{key} must be a number")
    if abs(value) > MOST_NUMBER:
        raise WireError(f"{key} is out of range")
    return float(value)


def is_number(value: object) -> TypeGuard[int | float]:
    """True for what fits a finite float: 1e999 parses as infinity, and an int may be too large for a float."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
