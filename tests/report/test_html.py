from __future__ import annotations

import math
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness.model.measurement import EditStep
from harness.model.run import Measured
from harness.model.timeline import Closed
from harness.model.verdict import Outcome

GOLDEN = Path(__file__).with_name("golden")


@pytest.fixture(scope="module")
def page(failing) -> str:
    return failing.html()


def test_the_words_of_the_page_are_as_agreed(page, read):
    """What a reader sees changes only on purpose: UPDATE_GOLDEN=1 rewrites the agreed text."""
    text = "\n".join(read(page).lines) + "\n"
    golden = GOLDEN / "failing.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_the_same_run_gives_the_same_bytes(make_world):
    """Rendering twice, from inputs made twice, differs in no byte."""
    assert make_world(repeats=4).html() == make_world(repeats=4).html()


def test_nothing_is_fetched_and_nothing_is_run(page, read):
    """No address leaves the page, and reading needs no script."""
    outside = [url for url in read(page).urls if not url.startswith(("#", "data:audio/flac;base64,"))]
    assert outside == []
    assert "<script" not in page
    assert "@import" not in page
    assert "url(" not in page
    assert not [name for name in read(page).attributes if name.startswith("on")]


def test_links_in_the_page_have_a_target(page, read):
    """Every entry of the navigation, and every mark, points at something that exists."""
    reader = read(page)
    assert {url[1:] for url in reader.urls if url.startswith("#")} <= set(reader.ids)


def test_the_verdict_comes_first(page, read):
    """The headline is the only first-level heading, and nothing but the run's identity stands before it."""
    headings = read(page).headings
    assert headings[0] == ("h1", "Finals come too late in noise and music at 8\u202fkHz")
    assert [level for level, _ in headings].count("h1") == 1
    assert page.index("FAIL</strong>") < page.index("<h1") < page.index('id="objectives"')


def test_sections_stand_in_order(page, read):
    """Answer first, evidence below."""
    order = ["objectives", "clips", "words", "latency", "sessions", "trust", "recompute", "glossary"]
    assert [name for name in read(page).ids if name in order] == order


def test_every_drawing_states_its_finding(page, read):
    """A figure that says nothing in words is nothing to those who cannot see it."""
    labels = read(page).labels
    assert len(labels) > 20
    assert all(labels)
    assert any("8\u202fkHz: ∞, bound none, limit 800\u202fms, FAIL" in label for label in labels)


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.INVALID])
def test_only_a_pass_is_green(passing, outcome):
    """A page for a run that is not PASS never wears its colour, even where every line passed."""
    page = replace(passing, judgement=replace(passing.judgement, outcome=outcome)).html()
    assert f'<header class="banner {outcome.value.lower()}">' in page
    assert 'class="banner pass"' not in page


def test_a_pass_is_green(passing):
    """And the one outcome that may be green is."""
    assert '<header class="banner pass">' in passing.html()


def test_every_outcome_has_a_shape_of_its_own(page):
    """The page must work in grey: each symbol has its shape; a known limit is an open one."""
    shapes = dict(re.findall(r'<symbol id="v-(\w+)"[^>]*><(\w+)', page))
    assert shapes == {"pass": "circle", "fail": "rect", "inconclusive": "path", "invalid": "circle", "limit": "rect"}


def test_an_invalid_run_says_why(make_world, read):
    """Verdict, reason and the failed check stand on the page, and the objectives are not to be relied on."""
    lines = "\n".join(read(make_world(valid=False).html()).lines)
    assert "INVALID" in lines
    assert "Not to be relied on" in lines
    assert "9 of 130 sessions disturbed: s0004, s0007 and 7 more" in lines
    assert "No: one of four validity checks failed" in lines


def test_a_cut_run_says_so_before_anything_else(make_world):
    """How many sessions are missing, and that the plan was narrowed, stand in the banner."""
    page = make_world(interrupted=True, narrowed=("condition noisy",)).html()
    banner = page[: page.index("</header>")]
    assert "Cut short: the run was interrupted. Of 224\u202fsessions, 8 cut and 12 never started." in banner
    assert "Narrowed on the command line to condition noisy: not the whole scenario." in banner
    assert "<div>27 of 32 " in page


def test_a_crashed_run_says_so(make_world):
    """Without an ending the page still stands, and names what is missing."""
    page = make_world(crashed=True).html()
    assert "The run crashed: it has no end" in page
    assert "not read after it" in page


def test_the_page_names_what_ends_the_stream(make_world):
    """A client that ends the stream and a server that finds the end are two different tests."""
    assert "by the client, 200\u202fms after speech" in make_world(repeats=2).html()
    assert "server\u2019s own endpointing" in make_world(repeats=2, end_after_ms=None).html()


def test_more_than_two_lanes_speak_for_their_minutes_only(failing, page):
    """Sessions that share their minutes share what the target went through."""
    assert "the bounds hold for those minutes" in page
    plan = replace(failing.record.manifest.plan, lanes=2)
    record = replace(failing.record, manifest=replace(failing.record.manifest, plan=plan))
    assert "those minutes" not in replace(failing, record=record).html()


def test_a_target_that_changed_is_marked(failing):
    """The identity before stands beside what it became."""
    before = failing.record.manifest.identity_before
    after = replace(before, facts=(("model", "another-en"), *before.facts[1:]))
    vitals = replace(failing.record.ending.vitals, identity_after=after)
    record = replace(failing.record, ending=replace(failing.record.ending, vitals=vitals))
    assert "≠ after the run: another-en" in replace(failing, record=record).html()


def without_stories(world):
    return replace(world, traces={}, audio={})


def without_sessions(world):
    record = replace(world.record, timelines=(), samples=())
    return replace(without_stories(world), record=record, measured=Measured(outcomes=(), measurements=()))


def without_verdicts(world):
    return replace(world, judgement=replace(world.judgement, verdicts=(), checks=(), findings=()))


@pytest.mark.parametrize(
    ("take_away", "gone"),
    [
        (without_stories, {"sessions"}),
        (without_sessions, {"clips", "words", "latency", "sessions"}),
        (without_verdicts, {"objectives"}),
    ],
)
def test_a_section_without_data_is_left_out(failing, take_away, gone, read):
    """It is not shown empty, and the navigation does not lead to it."""
    reader = read(take_away(failing).html())
    assert not gone & set(reader.ids)
    assert not {f"#{name}" for name in gone} & set(reader.urls)
    assert {"trust", "recompute", "glossary"} <= set(reader.ids)


def test_audio_that_is_not_stored_is_no_player(failing):
    """The story stands without it."""
    page = replace(failing, audio={}).html()
    assert "<audio" not in page
    assert page.count('class="story"') == 3
    assert "no audio stored" in page


def test_players_wait_to_be_asked(page):
    """One a story, the browser's own, and nothing plays by itself."""
    assert page.count('<audio controls preload="none"') == 3
    assert "autoplay" not in page


HOSTILE = "</style><script>alert(1)</script><b onclick=x>&\"'"


def test_hostile_text_stays_text(failing, read):
    """Clip names, transcripts, codes and identities come from files and servers: none of them is markup."""
    record, traces = failing.record, failing.traces
    plan = record.manifest.plan
    sessions = tuple(
        replace(one, clip=replace(one.clip, clip_id=f"{one.clip.clip_id} {HOSTILE}", speaker=HOSTILE))
        for one in plan.sessions
    )
    manifest = replace(
        record.manifest,
        plan=replace(plan, sessions=sessions),
        identity_before=replace(record.manifest.identity_before, facts=((HOSTILE, HOSTILE),)),
        scenario=replace(record.manifest.scenario, name=HOSTILE, narrowed=(HOSTILE,)),
    )
    lines = tuple(replace(one, heard=(*one.heard, (one.ended_ns, Closed(code=HOSTILE)))) for one in record.timelines)
    told = {
        name: replace(
            trace,
            words=tuple(replace(word, text=HOSTILE) for word in trace.words),
            shown=tuple(replace(word, text=HOSTILE) for word in trace.shown),
            edits=(EditStep(kind="substitute", reference=HOSTILE, heard=HOSTILE),),
        )
        for name, trace in traces.items()
    }
    judgement = replace(
        failing.judgement,
        headline=HOSTILE,
        findings=(HOSTILE,),
        verdicts=tuple(replace(one, reason=HOSTILE) for one in failing.judgement.verdicts),
    )
    changed = replace(
        failing,
        record=replace(record, manifest=manifest, timelines=lines),
        traces=told,
        judgement=judgement,
        digests=((HOSTILE, HOSTILE),),
    )
    page = changed.html()
    assert "<script" not in page
    assert "<b onclick" not in page
    assert page.count("</style>") == 1
    assert HOSTILE in "\n".join(read(page).lines)


def test_the_page_is_small(page, failing):
    """Under 2 MB beside its audio."""
    sound = sum(len(flac) * 4 // 3 for flac in failing.audio.values())
    assert len(page.encode()) - sound < 2_000_000


def test_what_never_came_is_drawn(page):
    """∞ has words, a column of its own and a triangle; it is never a number, and never not a number."""
    assert ">never</text>" in page
    assert "no final, so nothing counts as heard" in page
    assert not re.search(r"\b(nan|inf)\b", re.sub(r"base64,[^\"]*", "", page), re.IGNORECASE)


def test_a_silent_clip_has_a_story(failing, make_world):
    """A session on silence is drawn too: no words, no wait, and nothing breaks."""
    world = make_world(repeats=2)
    silent = next(one for one in world.record.manifest.plan.counted if not one.clip.has_speech)
    trace = replace(next(iter(failing.traces.values())), session_id=silent.session_id)
    trace = replace(trace, words=(), shown=(), edits=(), hypothesis_ns=(), final_ns=(), transcript="")
    page = replace(world, traces={silent.session_id: trace}).html()
    assert "silence-room" in page[page.index('id="sessions"') :]


def test_a_value_that_is_missing_is_words(failing):
    """Nothing measured is said, and is not zero."""
    first = failing.judgement.verdicts[0]
    empty = replace(first.estimate, n=0, missing=0, value=None, low=None, high=None, violations=None)
    verdicts = (replace(first, estimate=empty, outcome=Outcome.INCONCLUSIVE), *failing.judgement.verdicts[1:])
    page = replace(failing, judgement=replace(failing.judgement, verdicts=verdicts)).html()
    assert '<div class="value">not measured</div>' in page


def test_an_estimate_of_infinity_is_an_arrow(failing):
    """The point lies off the axis: an arrow at its end, and ∞ in the column."""
    line = next(one for one in failing.judgement.verdicts if one.estimate.value == math.inf)
    assert line.outcome is Outcome.FAIL
    assert '<div class="value">∞</div>' in failing.html()
