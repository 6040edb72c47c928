from __future__ import annotations

from dataclasses import replace

import pytest

from harness.model.timeline import Sample
from harness.report import facts, trust

S = 1_000_000_000


def rss(source, mb_at, seconds=600):
    return [Sample(at_ns=at * S, source=source, metric="rss_bytes", value=mb_at(at) * 1e6) for at in range(seconds)]


def test_memory_tells_growth_from_start_up():
    """What the first minutes took is in the levels; only what goes on is growth; the fastest stands first."""
    flat = rss("riva", lambda at: 200 if at < 90 else 240)
    leaking = rss("gateway", lambda at: 50 + at / 60)
    first, second = trust.memory([*flat, *leaking])
    assert (first.source, second.source) == ("gateway", "riva")
    assert first.mb_per_minute == pytest.approx(1.0, abs=0.02)
    assert second.mb_per_minute == 0
    assert (second.first_mb, second.last_mb) == (200, 240)


def test_of_a_short_run_memory_is_not_told():
    """Nor of a process of which a minute is lacking; nor is another metric taken for it."""
    assert trust.memory(rss("riva", lambda _: 200, seconds=200)) == ()
    gone = [one for one in rss("riva", lambda _: 200) if not 200 * S < one.at_ns < 400 * S]
    assert trust.memory(gone) == ()
    assert trust.memory([Sample(at_ns=at * S, source="x", metric="threads", value=4) for at in range(600)]) == ()


def test_the_page_says_it_in_a_sentence(make_world, read):
    """Per process: first and last minute, and growth with its sign."""

    world = make_world(repeats=4)
    samples = (*world.record.samples, *rss("engine", lambda at: 90 + at / 240))
    told = replace(world, record=replace(world.record, samples=samples))
    assert "engine 90 → 92\u202fMB, +0.25 a minute." in "\n".join(read(told.html()).lines)


def test_a_clip_of_several_speakers_is_not_counted_as_one(failing):
    """What the bounds speak of must not look narrower than it is."""
    session = next(one for one in facts.join(failing.record, failing.measured) if one.clip.has_speech)
    plan = replace(session.plan, clip=replace(session.clip, speaker="several"))
    said = trust._cannot_tell(failing.record.manifest, (replace(session, plan=plan),))
    assert "1\u202fspeech clip by several speakers" in said[0]


def test_a_claim_about_other_audio_is_not_denied_below(failing):
    """Where a line speaks for other audio, the page must not say that none does."""
    manifest, sessions = failing.record.manifest, facts.join(failing.record, failing.measured)
    wider = replace(manifest.scenario.objectives[0], claim="population")
    scenario = replace(manifest.scenario, objectives=(wider, *manifest.scenario.objectives[1:]))
    assert "not of other audio" in trust._cannot_tell(manifest, sessions)[0]
    assert "only where a line says so" in trust._cannot_tell(replace(manifest, scenario=scenario), sessions)[0]
