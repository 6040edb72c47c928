"""fixtures/clips.yaml: which sources, which takes of them, and what is made of each take."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import yaml

from harness.errors import CorpusError


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A Debian package with recordings in it, and the terms they come under."""

    id: str
    version: str
    licence: str
    attribution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One recording: the unit of the claim about a population."""

    id: str
    origin: str
    path: str
    sha256: str
    speaker: str
    speech: str = "human"  # synthetic: `path` is a Flite voice, which says the take's text
    raw_hz: int | None = None  # headerless PCM16 at this rate
    attribution: str | None = None  # where it is not the origin's


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """A stretch of a source with its transcript, and why a recogniser heard something else."""

    id: str
    source: str
    text: str
    cut_s: tuple[float, float] | None = None
    pronounce: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What lies under the speech, or fills a clip without any: digital, room, pink, babble or music."""

    kind: str
    seed: int
    snr_db: float | None = None
    dbfs: float | None = None
    source: str | None = None  # music
    takes: tuple[str, ...] = ()  # babble


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One clip: a take (several for a long clip), faster, noisier, or nothing but noise."""

    id: str
    condition: str
    takes: tuple[str, ...] = ()
    seconds: float | None = None  # clips without speech
    tempo: float | None = None
    noise: Noise | None = None
    gap_seed: int | None = None  # long clips: pauses between takes
    line: bool = False  # 8 kHz only, behind a 300-3400 Hz line filter
    binding: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipes:
    """The whole file."""

    origins: dict[str, Origin]
    sources: dict[str, Source]
    takes: dict[str, Take]
    clips: tuple[Recipe, ...]


Record = TypeVar("Record", Origin, Source, Take, Noise, Recipe)


def read_recipes(path: Path) -> Recipes:
    """The recipes in a YAML file; raises CorpusError at the first key that is unknown, missing or dangling."""
    try:
        raw: dict[str, list[dict[str, Any]]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise CorpusError(
            str(path), f"not readable as YAML ({' '.join(str(error).split())})", "correct or restore it"
        ) from error
    recipes = Recipes(
        origins={o["id"]: _record(Origin, o, path) for o in raw["origins"]},
        sources={s["id"]: _record(Source, s, path) for s in raw["sources"]},
        takes={t["id"]: _record(Take, t, path) for t in raw["takes"]},
        clips=tuple(_clip(c, path) for c in raw["clips"]),
    )
    _refuse_dangling(recipes, path)
    return recipes


def _record(kind: type[Record], values: dict[str, Any], path: Path) -> Record:
    known = {f.name: f for f in fields(kind)}
    needed = {name for name, f in known.items() if f.default is MISSING and f.default_factory is MISSING}
    for name in sorted((set(values) - set(known)) | (needed - set(values))):
        problem = f"unknown key {name!r}" if name in values else f"{name!r} is missing"
        raise CorpusError(f"{path}: {values.get('id', kind.__name__)}", problem, f"keys are {', '.join(known)}")
    given: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    return kind(**given)


def _clip(values: dict[str, Any], path: Path) -> Recipe:
    noise = values.get("noise")
    return _record(Recipe, values | ({"noise": _record(Noise, noise, path)} if noise else {}), path)


def _refuse_dangling(recipes: Recipes, path: Path) -> None:
    """Every id that is used is defined."""
    used: list[tuple[str, str, Container[str]]] = []
    used += [(s.id, s.origin, recipes.origins) for s in recipes.sources.values()]
    used += [(t.id, t.source, recipes.sources) for t in recipes.takes.values()]
    for clip in recipes.clips:
        used += [(clip.id, take, recipes.takes) for take in (*clip.takes, *(clip.noise.takes if clip.noise else ()))]
        if clip.noise and clip.noise.source:
            used.append((clip.id, clip.noise.source, recipes.sources))
    for user, name, defined in used:
        if name not in defined:
            raise CorpusError(f"{path}: {user}", f"{name!r} is not defined", "define it or use another")
