from __future__ import annotations

import math
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from support import campaign

from harness.model.load import Series
from harness.report import tracks, tracks_plot

S = 1_000_000_000


@pytest.fixture(scope="module")
def facts():
    return campaign.confirm().facts


@pytest.fixture(scope="module")
def built(facts):
    return tracks.build(facts.course, facts.levels, 50.0)


def texts(svg: str) -> list[str]:
    return [one.text for one in ET.fromstring(svg).iter("text")]  # noqa: S314  our own output


def test_load_answers_and_harness_share_one_axis(built):
    """From what was asked for, over what came back, to what the harness itself did."""
    titles = [track.title for track in built.tracks]
    assert titles[:4] == [
        "sessions at once",
        "sessions opened",
        "first partial, ms after the first word",
        "final, ms after the end of speech",
    ]
    assert {"CPU, % of one core", "memory, MB", "queue time, ms a request"} < set(titles)
    assert titles[-1] == "the harness itself, ms late"


def test_every_line_and_limit_is_named(built):
    """Beside its end, so that no colour is needed to tell them apart."""
    shown = texts(tracks_plot.figure(built))
    assert {"open", "planned", "p50", "p95", "riva", "gateway", "limit 800\u202fms", "limit 50\u202fms"} <= set(shown)


def test_refusals_have_bars_only_where_there_were_any(facts, built):
    """An empty legend would ask where they are."""
    assert "refused" in [trace.label for trace in built.tracks[1].traces]
    quiet = tuple(replace(one, refused=0, failed=0) for one in facts.course.moments)
    found = tracks.build(replace(facts.course, moments=quiet), facts.levels, 50.0)
    assert [trace.label for trace in found.tracks[1].traces] == ["opened"]


def test_a_track_without_a_figure_is_left_out(facts):
    """Where no first partial was measured, there is no empty axis for it."""
    bare = tuple(replace(one, first_partial_p50_ms=None, first_partial_p95_ms=None) for one in facts.course.moments)
    found = tracks.build(replace(facts.course, moments=bare, series=()), facts.levels, 50.0)
    assert not any(track.title.startswith(("first partial", "CPU")) for track in found.tracks)


def test_what_was_not_measured_breaks_the_line():
    """No line leads over a gap, and none to infinity; a lone point stays visible."""
    points = ((0.0, 1.0), (5.0, 2.0), (40.0, 3.0), (45.0, math.inf), (50.0, 4.0))
    assert list(tracks_plot._parts(points, 5.0)) == [[(0.0, 1.0), (5.0, 2.0)], [(40.0, 3.0)], [(50.0, 4.0)]]


def test_thinning_loses_no_peak():
    """Of thousands of samples the highest of each stretch is drawn."""
    points = [(float(at), 100.0 if at == 4001 else 1.0) for at in range(9000)]
    kept = tracks_plot._thinned(points)
    assert len(kept) < 600
    assert (4001.0, 100.0) in kept


def test_more_metrics_than_fit_are_named(facts):
    """What is known is drawn first; nothing that was read is passed over in silence."""
    more = tuple(
        Series(source="riva", metric=f"odd_metric_{number}", points=((0, 1.0), (S, 2.0))) for number in range(9)
    )
    found = tracks.build(replace(facts.course, series=(*more, *facts.course.series)), facts.levels, 50.0)
    assert found.tracks[4].title == "CPU, % of one core"
    assert found.left_out
    assert all(name.startswith("odd_metric") for name in found.left_out)


def test_a_metric_is_not_hidden_by_another_ones_name(facts):
    """`up` says whether a page was read, and is not drawn; what a gateway counts of its upstreams is."""
    read = tuple(Series(source="gateway", metric=name, points=((0, 1.0),)) for name in ("up", "upstream_sessions"))
    found = tracks.build(replace(facts.course, series=read), facts.levels, 50.0)
    titles = [track.title for track in found.tracks]
    assert "upstream sessions" in titles
    assert "up" not in titles


def test_many_sources_of_a_metric_show_the_highest(facts):
    """Sixty-four cores are no picture; the note says how many there were."""
    cores = tuple(
        Series(source="host", metric=f'core_busy_percent{{core="{core}"}}', points=((0, float(core)),))
        for core in range(64)
    )
    found = tracks.build(replace(facts.course, series=cores), facts.levels, 50.0)
    track = next(one for one in found.tracks if one.title == "cores busy, %")
    assert [trace.label for trace in track.traces] == ["host core=63", "host core=62", "host core=61", "host core=60"]
    assert track.note == "the highest 4 of 64"


def test_axis_labels_fit_their_room():
    """Bytes and microseconds are large numbers."""
    assert [tracks_plot._short(value) for value in (0.5, 40, 1000, 20_000, 3_000_000, 2e9)] == [
        "0.5",
        "40",
        "1,000",
        "20k",
        "3M",
        "2G",
    ]


def test_overload_and_recovery_are_bands(facts):
    """Named and shaded, so that what happened then is not taken for an ordinary level."""
    course = campaign.beyond().facts.course
    svg = tracks_plot.figure(tracks.build(course, campaign.beyond().facts.levels, 50.0))
    assert "48 overload" in texts(svg)
    classes = [one.get("class") for one in ET.fromstring(svg).iter("rect")]  # noqa: S314
    assert {"f-badground", "f-passground", "f-warm"} <= set(classes)


def test_a_run_with_infinite_answers_draws_them(built):
    """As triangles at the top, never as a number."""
    svg = tracks_plot.figure(built)
    assert 'class="f-bad" d="M' in svg
    assert not re.search(r"\b(inf|nan)\b", svg)
