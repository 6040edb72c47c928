"""The page on which a person listens to each clip of a corpus and confirms or corrects its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from harness.model.clip import Clip
from harness.report import waveform

if TYPE_CHECKING:
    from jinja2 import Environment

ANSWERS: Final = "harness-corpus-answers-1"  # what harness.corpus.confirm reads
PX_PER_S: Final = 150
HALF: Final = 38  # the loudest sample's height
TOP: Final = 40  # two rows of words above the waveform
FLOOR: Final = TOP + 2 * HALF
HEIGHT: Final = FLOOR + 24
_STEP: Final = 2  # px a stretch of the outline


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """What a recogniser heard instead, and why the reference stands."""

    recogniser: str
    reference: str
    heard: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A clip as it is shown: `link` is where its audio is, `outline` its peaks in 0..1."""

    clip: Clip
    link: str
    outline: tuple[float, ...]
    edges_ms: tuple[float, float] | None
    disagreements: tuple[Disagreement, ...]
    recognisers: tuple[tuple[str, str], ...]
    confirmed: str
    recipe: str
    licence: str

    @classmethod
    def of(cls, clip: Clip, record: dict[str, Any], *, link: str, flac: bytes) -> Entry:
        """From a clip and its golden record, whose evidence and provenance the clip does not carry."""
        checked, edges, provenance = record["checked"], record.get("edges"), record.get("provenance", {})
        ear = checked.get("confirmed_by_ear")
        return cls(
            clip=clip,
            link=link,
            outline=waveform.outline(flac, max(1, _x(clip.duration_ns) // _STEP)),
            edges_ms=(edges["onset_ms"], edges["offset_ms"]) if edges else None,
            disagreements=tuple(Disagreement(**entry) for entry in checked.get("disagreements", [])),
            recognisers=tuple((entry["name"], entry["heard"]) for entry in checked.get("recognisers", [])),
            confirmed=f"{ear['who']}, {ear['when'][:10]}" if ear else "",
            recipe=provenance.get("recipe", "not written down"),
            licence=provenance.get("licence", "not written down"),
        )

    @property
    def figure(self) -> Figure:
        return Figure(entry=self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A word over the waveform, in px; odd words stand in the upper row, so that neighbours never collide."""

    text: str
    left: int
    right: int
    y: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The drawing's measures, for the template."""

    entry: Entry

    @property
    def width(self) -> int:
        return _x(self.entry.clip.duration_ns)

    @property
    def wave(self) -> str:
        """The outline as one closed path around the middle."""
        upper = [f"{i * _STEP},{TOP + HALF * (1 - peak):.1f}" for i, peak in enumerate(self.entry.outline)]
        lower = [f"{i * _STEP},{TOP + HALF * (1 + peak):.1f}" for i, peak in enumerate(self.entry.outline)]
        return "M" + "L".join([*upper, *reversed(lower)]) + "Z"

    @property
    def labels(self) -> tuple[Label, ...]:
        return tuple(
            Label(
                text=word.text,
                left=_x(word.start_ns),
                right=_x(word.end_ns),
                y=TOP - 24 if index % 2 else TOP - 6,
                start_ms=round(word.start_ns / 1e6),
                end_ms=round(word.end_ns / 1e6),
            )
            for index, word in enumerate(self.entry.clip.words)
        )

    @property
    def seconds(self) -> tuple[tuple[int, str], ...]:
        """Ticks of the time axis: px and what stands there."""
        whole = range(self.entry.clip.duration_ns // 1_000_000_000 + 1)
        return tuple((second * PX_PER_S, f"{second} s" if second else "0") for second in whole)

    @property
    def edges(self) -> tuple[int, ...]:
        """Where energy alone hears speech begin and end, in px."""
        return tuple(_x(round(ms * 1e6)) for ms in self.entry.edges_ms or ())


def render(entries: Sequence[Entry], *, inside: bool) -> str:
    """The whole page, disputed clips first; `inside` says whether the audio is in it or beside it."""
    disputed = sum(bool(entry.disagreements) for entry in entries)
    text = (
        _environment()
        .get_template("listen.html")
        .render(
            entries=sorted(entries, key=lambda entry: (bool(entry.confirmed), not entry.disagreements)),
            inside=inside,
            disputed=disputed,
            confirmed=sum(bool(entry.confirmed) for entry in entries),
            answers=ANSWERS,
            top=TOP,
            floor=FLOOR,
            height=HEIGHT,
        )
    )
    return "\n".join(line for line in text.splitlines() if line.strip()) + "\n"


def _x(ns: int) -> int:
    return round(ns * PX_PER_S / 1e9)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  heavy

    return Environment(
        loader=PackageLoader("harness.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
