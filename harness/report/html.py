"""The page: one self-contained file, the same bytes for the same run."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from harness.model.load import LoadFacts
from harness.model.measurement import SessionTrace
from harness.model.run import Measured, Record
from harness.model.verdict import Judgement
from harness.report import (
    course,
    health,
    ladder_plot,
    plots,
    timeline,
    tracks_plot,
    view,
    waiting,
    waveform,
    window,
    word_plots,
    wording,
)
from harness.report.false_words import SilentClip
from harness.report.matrix import Cell
from harness.report.stories import Story

if TYPE_CHECKING:
    from jinja2 import Environment


def render(
    *,
    record: Record,
    measured: Measured,
    judgement: Judgement,
    traces: Mapping[str, SessionTrace],
    audio: Mapping[str, bytes],
    digests: Sequence[tuple[str, str]],
    load: LoadFacts | None = None,
) -> str:
    """The whole page. `traces` by session id, `audio` FLAC bytes by the clip's sha256, `digests` (name, sha256).

    `load`: of a run with stages.
    """
    page = view.build(record, measured, judgement, traces, digests, load_facts=load)
    text = (
        environment()
        .get_template("page.html")
        .render(
            page=page,
            outcome=judgement.outcome.value.lower(),
            player=lambda story: _player(_sound(story, audio)),
            clip_player=lambda clip: _player(audio.get(clip.sha256, b"")),
            moments=lambda found: _moments(found, audio),
            session_figure=lambda story: _session_figure(story, audio),
            **_drawings(),
        )
    )
    return without_blank_lines(text)


def without_blank_lines(text: str) -> str:
    """What templates leave behind where they left something out."""
    return "\n".join(line for line in text.splitlines() if line.strip()) + "\n"


def words() -> dict[str, Callable[..., str]]:
    """How every template spells numbers."""
    return {
        "hertz": wording.hertz,
        "count": wording.count,
        "seconds": wording.seconds,
        "nnbsp": lambda: wording.NNBSP,
    }


def _drawings() -> dict[str, Callable[..., str]]:
    """What the templates may call; every drawing is safe markup, everything else is escaped."""
    return {
        "intervals": plots.intervals,
        "strip": _strip,
        "course": course.figure,
        "times_bar": word_plots.bar,
        "shares": word_plots.shares,
        "share_axis": word_plots.share_axis,
        "waiting": waiting.figure,
        "ladder": ladder_plot.figure,
        "tracks": tracks_plot.figure,
        "lag_histogram": health.lag_histogram,
        "cpu": health.cpu,
        "part": window.said,
        **words(),
    }


def _strip(cell: Cell, marks: int) -> str:
    return plots.strip(cell.strip, cell.limit_ms, marks=marks, known=cell.known)


def _session_figure(story: Story, audio: Mapping[str, bytes]) -> str:
    flac = _sound(story, audio)
    return timeline.figure(story, waveform.outline(flac, timeline.AUDIO_COLUMNS) if flac else ())


def _moments(found: SilentClip, audio: Mapping[str, bytes]) -> str:
    flac = audio.get(found.clip.sha256)
    return word_plots.moments(found, waveform.outline(flac, word_plots.COLUMNS) if flac else ())


def _player(flac: bytes) -> str:
    """A data URI; empty where the folder has no audio."""
    return f"data:audio/flac;base64,{base64.b64encode(flac).decode('ascii')}" if flac else ""


def _sound(story: Story, audio: Mapping[str, bytes]) -> bytes:
    """The clip's FLAC, of a long session only what is drawn: ten minutes would be 13 MB of page."""
    flac, part = audio.get(story.session.clip.sha256, b""), window.drawn_ns(story)
    return waveform.excerpt(flac, *part) if flac and part else flac


@cache
def environment() -> Environment:
    """Of all templates; everything is escaped that is not a drawing."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  heavy

    environment = Environment(
        loader=PackageLoader("harness.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["fine"] = wording.fine
    return environment
