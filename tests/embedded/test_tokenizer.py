from __future__ import annotations

import pytest

from harness.embedded import weights
from harness.embedded.tokenizer import END, START, Tokenizer, parse_pieces


def packed(*pieces: bytes) -> bytes:
    return b"".join(bytes([len(piece)]) + piece for piece in pieces)


def test_pieces_are_read_in_the_order_of_their_ids() -> None:
    """Each piece stands behind one byte with its length; an empty piece is a piece."""
    assert parse_pieces(packed(b"<unk>", b"", b"abc")) == (b"<unk>", b"", b"abc")


def test_a_file_that_ends_inside_a_piece_is_refused() -> None:
    """A truncated file is an error, not a shorter vocabulary."""
    with pytest.raises(ValueError, match="token 1 ends behind the file"):
        parse_pieces(packed(b"a") + b"\x05ab")


def test_words_begin_at_their_marks_and_control_tokens_leave_nothing() -> None:
    """The word mark becomes a space; start, end, unknown and reserved tokens become nothing."""
    pieces = (b"<unk>", b"<s>", b"</s>", "\u2581the".encode(), "\u2581wea".encode(), b"sel", b"<<ST_7>>")
    assert Tokenizer(pieces).text((START, 3, 4, 5, 6, 0, END)) == "the weasel"


def test_half_a_character_leaves_nothing() -> None:
    """Byte tokens that do not make a whole character are dropped instead of raising."""
    assert Tokenizer((b"a", "é".encode()[:1], b"b")).text((0, 1, 2)) == "ab"


def test_the_wheels_vocabulary_has_the_decoders_size() -> None:
    """The real file has 32768 pieces, one for each column of the decoder's logits."""
    tokenizer = Tokenizer.read(weights.locate(weights.TOKENIZER))
    assert len(tokenizer) == 32768
    assert tokenizer.text((START, END)) == ""
