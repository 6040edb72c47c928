from __future__ import annotations

import io
import math
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
import soundfile

from harness.report import facts, html, stories, timeline, waveform, window

S = 1_000_000_000


@pytest.fixture
def short(failing):
    rows, sessions = facts.standings(failing.judgement), facts.join(failing.record, failing.measured)
    return stories.build(failing.judgement, rows, sessions, failing.traces).stories[0]


@pytest.fixture
def long(short):
    """The same words at the end of ninety seconds; the first of three segments waited for its final longest."""
    plan = short.session.plan
    start_ns, spoken_ns = plan.start_ns - 60 * S, short.trace.words[-1].end_ns
    clip = replace(plan.clip, duration_ns=90 * S)
    ends = (start_ns + 30 * S, start_ns + 40 * S, spoken_ns)
    segments = tuple(zip(ends, (ends[0] + 3 * S, ends[1] + S, spoken_ns + S // 2), strict=True))
    finals = tuple(at for _, at in segments)
    return replace(
        short,
        session=replace(short.session, plan=replace(plan, clip=clip, start_ns=start_ns)),
        trace=replace(short.trace, segments=segments, final_ns=finals),
        limits={"segment_final_ms": 2000.0, "final_ms": 800.0},
    )


def texts(svg):
    return [one.text for one in ET.fromstring(svg).iter("text")]  # noqa: S314  our own output


def test_a_short_session_is_drawn_whole_and_says_nothing_of_parts(short):
    """Its wait is that for the last final."""
    assert window.drawn_ns(short) is None
    assert window.said(short) == ""
    assert window.wait_of(short).segment == ""


def test_of_a_long_session_the_longest_wait_is_drawn(long):
    """Sixteen seconds before the end of that segment, up to its final."""
    wait = window.wait_of(long)
    assert (wait.segment, wait.value_ms, wait.late) == ("segment 1 of 3", 3000.0, True)
    from_ns, until_ns = window.drawn_ns(long)
    assert from_ns == 14 * S
    assert 34 * S < until_ns < 37 * S
    assert "14.0\u202fs to 3" in window.said(long)
    assert "segment 1 of 3" in window.said(long)


def test_finals_outside_the_part_are_not_drawn(long):
    """Lines far off the paper are bytes that nobody sees."""
    svg = timeline.figure(long, ())
    assert texts(svg).count("final") == 1
    assert "end of segment 1 of 3" in texts(svg)
    assert "limit 2,000\u202fms" in texts(svg)
    assert "-" not in "".join(path.get("d") for path in ET.fromstring(svg).iter("path") if path.get("d"))  # noqa: S314


def test_a_segment_that_never_got_a_final_is_the_worst(long):
    """The first of them; there the session broke."""
    ends = [end for end, _ in long.trace.segments]
    lost = replace(long, trace=replace(long.trace, segments=((ends[0], ends[0] + S), (ends[1], None), (ends[2], None))))
    wait = window.wait_of(lost)
    assert (wait.segment, wait.value_ms) == ("segment 2 of 3", math.inf)
    assert "never" in texts(timeline.figure(lost, ()))


def test_without_trusted_segments_the_end_is_drawn(long):
    """Whose final is waited for then."""
    plain = replace(long, trace=replace(long.trace, segments=()))
    assert window.wait_of(plain).spoken_ns == long.trace.words[-1].end_ns
    assert window.said(plain).endswith(", the end.")


def test_a_part_of_a_clip_is_a_clip_of_its_own(failing):
    """Sample by sample; where the clip has nothing, it is empty."""
    flac = next(iter(failing.audio.values()))
    whole, rate_hz = soundfile.read(io.BytesIO(flac), dtype="int16")
    part, _ = soundfile.read(io.BytesIO(waveform.excerpt(flac, S, 2 * S)), dtype="int16")
    assert part.tolist() == whole[rate_hz : 2 * rate_hz].tolist()
    assert waveform.excerpt(flac, 500 * S, 516 * S) == b""


def test_the_page_of_a_long_session_holds_only_the_part(long, failing):
    """Ten minutes of audio would be most of the page; here all but the clip's first second is drawn."""
    flac = failing.audio[long.session.clip.sha256]
    plan = replace(long.session.plan, start_ns=long.trace.segments[0][0] - 17 * S)
    later = replace(long, session=replace(long.session, plan=plan))
    whole, rate_hz = soundfile.read(io.BytesIO(flac), dtype="int16")
    part, _ = soundfile.read(io.BytesIO(html._sound(later, {plan.clip.sha256: flac})), dtype="int16")
    assert part.tolist() == whole[rate_hz:].tolist()
