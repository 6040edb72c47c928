from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

from harness.report import facts, stories, timeline


def parse(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  our own output


def story(world, name=None):
    rows, sessions = facts.standings(world.judgement), facts.join(world.record, world.measured)
    return stories.build(world.judgement, rows, sessions, world.traces).stories[0]


def test_a_story_is_drawn_on_one_axis(failing):
    """Words spoken, the wait that never ended, and how the target ended it."""
    svg = timeline.figure(story(failing), ())
    texts = [one.text for one in parse(svg).iter("text")]
    for expected in ("spoken", "audio", "shown", "waited", "end of speech", "never", "upstream_unavailable"):
        assert expected in texts
    assert "limit 800\u202fms" in texts
    assert "no audio stored" in texts


def test_a_long_session_shows_its_end(failing):
    """The last sixteen seconds of speech, where its final is waited for."""
    told = story(failing)
    shift = 60_000_000_000
    plan = replace(told.session.plan, start_ns=told.session.plan.start_ns - shift)
    late = replace(told, session=replace(told.session, plan=plan))
    first = next(one.text for one in parse(timeline.figure(late, ())).iter("text") if "\u202fs" in (one.text or ""))
    assert float(first.split("\u202f")[0]) > 40
