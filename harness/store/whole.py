"""A file is there whole or not at all."""

from __future__ import annotations

from pathlib import Path

from harness.errors import FolderError


def write_whole(path: Path, text: str) -> None:
    """Under a hidden name first. Raises FolderError."""
    hidden = path.with_name(f".{path.name}.draft")
    try:
        hidden.write_text(text, encoding="utf-8")
        hidden.replace(path)
    except OSError as error:
        raise FolderError(str(path), f"cannot be written ({error.strerror})", "free its place") from error
