"""Moonshine's tokens: pieces of text, read from the wheel's `tokenizer.bin`.

The file is the pieces in order of their ids, each behind one byte with its length. A word's first piece begins with
U+2581.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

START: Final = 1
END: Final = 2
_CONTROLS: Final = frozenset((b"<unk>", b"<s>", b"</s>"))
_RESERVED: Final = b"<<ST_"
_WORD_MARK: Final = "\u2581".encode()


class Tokenizer:
    """Token ids to text."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = tuple(b"" if _is_control(piece) else piece.replace(_WORD_MARK, b" ") for piece in pieces)

    @classmethod
    def read(cls, path: Path) -> Tokenizer:
        return cls(parse_pieces(path.read_bytes()))

    def __len__(self) -> int:
        return len(self._pieces)

    def text(self, tokens: Iterable[int]) -> str:
        """The text of the tokens, single-spaced; control tokens and halves of a character leave nothing."""
        joined = b"".join(self._pieces[token] for token in tokens)
        return " ".join(joined.decode("utf-8", errors="ignore").split())


def parse_pieces(data: bytes) -> tuple[bytes, ...]:
    """All pieces of a `tokenizer.bin`; ValueError where the file ends inside a piece."""
    pieces: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 1 + data[at]
        if end > len(data):
            raise ValueError(f"token {len(pieces)} ends behind the file")
        pieces.append(data[at + 1 : end])
        at = end
    return tuple(pieces)


def _is_control(piece: bytes) -> bool:
    return piece in _CONTROLS or piece.startswith(_RESERVED)
