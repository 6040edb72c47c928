"""Rebuild the corpus: ``python -m harness.corpus.build [ROOT]`` writes fixtures/audio, the manifest and golden/."""

from __future__ import annotations

import hashlib
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from harness.corpus import derive
from harness.corpus.confirm import keep_confirmation
from harness.corpus.evidence import checked
from harness.corpus.levels import to_pcm16
from harness.corpus.own import is_own
from harness.corpus.recipes import Recipe, Recipes, Source, read_recipes
from harness.corpus.render import Rendered, render
from harness.corpus.times import AGREE_MS
from harness.corpus.words import segments_of
from harness.corpus.write import write_flac, write_json
from harness.errors import UsageError

RATES_HZ = (16_000, 8_000)
COMMON = "active speech level -26 dBFS; 0.30 s lead, 0.80 s tail; dither -78 dBFS"
NARROW = "8 kHz: soxr VHQ, {line}G.711 mu-law and back"


def build(root: Path) -> int:
    """Write every clip of fixtures/clips.yaml; returns how many."""
    recipes = read_recipes(root / "fixtures/clips.yaml")
    heard: dict[str, Any] = json.loads((root / "fixtures/heard.json").read_text())
    clips = {}
    for recipe in recipes.clips:
        golden = keep_confirmation(root, _clip(root, recipe, recipes, heard))
        write_json(root / "golden" / f"{recipe.id}.json", golden)
        clips[recipe.id] = {k: golden[k] for k in ("audio", "provenance", "source", "speaker", "speech")}
        print(f"{recipe.id}  {golden['duration_ms'] / 1000:.1f} s", flush=True)  # noqa: T201  progress of a tool
    _forget_others(root, recipes)
    write_json(root / "fixtures/manifest.json", {"clips": clips, "sources": _sources(recipes), "tools": _tools()})
    return len(clips)


def _clip(root: Path, recipe: Recipe, recipes: Recipes, heard: dict[str, Any]) -> dict[str, Any]:
    """Write a clip's audio; returns its golden record."""
    made = render(recipe, recipes)
    spoken = [recipes.sources[recipes.takes[take].source] for take in recipe.takes]
    words = [(word, round(start, 1), round(end, 1)) for word, start, end in made.words]
    return {
        "clip_id": recipe.id,
        "condition": recipe.condition,
        "source": _only({source.id for source in spoken}, recipe.id),
        "speaker": _only({source.speaker for source in spoken}, "several" if spoken else "none"),
        "speech": _only({source.speech for source in spoken}, "synthetic" if spoken else "none"),
        "reference": " ".join(recipes.takes[t].text for t in recipe.takes),
        "words": [{"word": word, "start_ms": start, "end_ms": end} for word, start, end in words],
        "segments": [{"first_word": a, "last_word": b} for a, b in segments_of([(s, e) for _, s, e in words])],
        "duration_ms": round(len(made.samples) * 1000 / RATES_HZ[0], 1),
        "edges": _edges(made),
        "latency": agrees(made),
        "binding": recipe.binding,
        "audio": _audio(root, recipe, made),
        "checked": checked(recipe, recipes, heard),
        "provenance": _provenance(recipe, recipes),
    }


def agrees(made: Rendered) -> bool:
    """Whether the aligned words begin and end where the energy does."""
    if made.edges is None or not made.words:
        return False
    onset, offset = made.words[0][1] - made.edges.onset_ms, made.words[-1][2] - made.edges.offset_ms
    return max(abs(onset), abs(offset)) <= AGREE_MS


def _edges(made: Rendered) -> dict[str, float] | None:
    if made.edges is None:
        return None
    return {"onset_ms": round(made.edges.onset_ms, 1), "offset_ms": round(made.edges.offset_ms, 1)}


def _audio(root: Path, recipe: Recipe, made: Rendered) -> dict[str, dict[str, str]]:
    audio = {}
    for rate_hz in RATES_HZ[1:] if recipe.line else RATES_HZ:
        full = rate_hz == RATES_HZ[0]
        pcm = to_pcm16(made.samples) if full else derive.telephone(made.samples, line=recipe.line)
        path = f"fixtures/audio/{recipe.id}.{rate_hz // 1000}k.flac"
        digest = write_flac(root / path, pcm, rate_hz)
        pcm_digest = hashlib.sha256(pcm.astype("<i2").tobytes()).hexdigest()
        audio[str(rate_hz)] = {"path": path, "sha256": digest, "pcm_sha256": pcm_digest}
    return audio


def _only(values: set[str], otherwise: str) -> str:
    """The one value there is, or another where there are none or several."""
    return next(iter(values)) if len(values) == 1 else otherwise


def _used(recipe: Recipe, recipes: Recipes) -> list[Source]:
    """Every recording that can be heard in a clip."""
    takes = recipe.takes + (recipe.noise.takes if recipe.noise else ())
    names = [recipes.takes[t].source for t in takes]
    names += [recipe.noise.source] if recipe.noise and recipe.noise.source else []
    return [recipes.sources[name] for name in dict.fromkeys(names)]


def _provenance(recipe: Recipe, recipes: Recipes) -> dict[str, str]:
    origins = list({s.origin: recipes.origins[s.origin] for s in _used(recipe, recipes)}.values())
    return {
        "origin": "; ".join(f"{o.id} {o.version}" for o in origins) or "made by the builder",
        "licence": " AND ".join(dict.fromkeys(o.licence for o in origins)) or "CC0-1.0",
        "attribution": "; ".join(dict.fromkeys(_credit(s, recipes) for s in _used(recipe, recipes))) or "none needed",
        "recipe": _recipe_text(recipe, recipes),
    }


def _credit(source: Source, recipes: Recipes) -> str:
    return source.attribution or recipes.origins[source.origin].attribution


def _recipe_text(recipe: Recipe, recipes: Recipes) -> str:
    steps = []
    for take in (recipes.takes[t] for t in recipe.takes):
        cut = f" {take.cut_s[0]:.2f}-{take.cut_s[1]:.2f} s" if take.cut_s else ""
        steps.append(f"{Path(recipes.sources[take.source].path).name}{cut}")
    steps += [f"tempo x{recipe.tempo:g} (sox tempo -s)"] if recipe.tempo else []
    steps += [COMMON] if recipe.takes else [f"{recipe.seconds:g} s"]
    if noise := recipe.noise:
        level = f"SNR {noise.snr_db:g} dB" if noise.snr_db is not None else f"{noise.dbfs:g} dBFS RMS"
        steps.append(f"{noise.kind} {level}, seed {noise.seed}")
    line = "300-3400 Hz FIR of 257 taps, " if recipe.line else ""
    return "; ".join([*steps, NARROW.format(line=line)])


def _sources(recipes: Recipes) -> dict[str, dict[str, str]]:
    used = {s.id: s for recipe in recipes.clips for s in _used(recipe, recipes)}
    return {
        s.id: {
            "package": s.origin,
            "version": recipes.origins[s.origin].version,
            "path": s.path,
            "sha256": s.sha256,
            "licence": recipes.origins[s.origin].licence,
            "attribution": _credit(s, recipes),
        }
        for s in used.values()
    }


def _tools() -> dict[str, str]:
    """The versions of what computes samples, times and FLAC frames."""
    return {name: version(name) for name in ("numpy", "pocketsphinx", "scipy", "soundfile", "soxr")}


def _forget_others(root: Path, recipes: Recipes) -> None:
    """Remove files of clips that are neither in the recipes nor a user's own."""
    known = {recipe.id for recipe in recipes.clips}
    known |= {path.stem for path in (root / "golden").glob("*.json") if is_own(path)}
    for path in [*(root / "golden").glob("*.json"), *(root / "fixtures/audio").glob("*.flac")]:
        if path.name.removesuffix(".json").removesuffix(".16k.flac").removesuffix(".8k.flac") not in known:
            path.unlink()


if __name__ == "__main__":
    try:
        build(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    except UsageError as error:
        sys.exit(str(error))
