"""Greedy decoders sometimes repeat themselves for ever: find that and cut it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_LONGEST_PHRASE: Final = 12
_ROUNDS: Final = {1: 5, 2: 4}  # "no no no" is speech, so short phrases may come more often
_ROUNDS_OTHERWISE: Final = 3


def cut_loop(tokens: Sequence[int]) -> list[int] | None:
    """The tokens with one round of a loop at their end left, or None where they do not end in a loop."""
    for length in range(1, _LONGEST_PHRASE + 1):
        rounds = _ROUNDS.get(length, _ROUNDS_OTHERWISE)
        if _ends_in(tokens, length, rounds):
            return list(tokens[: len(tokens) - length * (rounds - 1)])
    return None


def _ends_in(tokens: Sequence[int], length: int, rounds: int) -> bool:
    if len(tokens) < length * rounds:
        return False
    phrase = list(tokens[-length:])
    return all(list(tokens[-length * (n + 1) : -length * n]) == phrase for n in range(1, rounds))
