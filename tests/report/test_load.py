from __future__ import annotations

import os
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from support import campaign

from harness.cli.certify import Certified, load_facts
from harness.model.capacity import Knee
from harness.model.verdict import Outcome
from harness.report import html, load

GOLDEN = Path(__file__).with_name("golden")


@pytest.fixture(scope="module")
def run():
    return campaign.confirm()


def rendered(run, **changes) -> str:
    part = run.part
    words = {"record": part.record, "measured": part.measured, "judgement": part.judgement, "load": run.facts}
    return html.render(**{**words, "traces": {}, "audio": {}, "digests": (), **changes})


@pytest.fixture(scope="module")
def page(run):
    return rendered(run)


def section(read, page: str) -> str:
    start = page.index('<section id="load">')
    return "\n".join(read(page[start : page.index("</section>", start) + len("</section>")]).lines) + "\n"


def test_the_words_of_the_section_are_as_agreed(page, read):
    """What a reader sees changes only on purpose: UPDATE_GOLDEN=1 rewrites the agreed text."""
    text, golden = section(read, page), GOLDEN / "load.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_a_run_without_stages_has_no_section_and_no_byte_of_it(failing):
    """Neither text nor style: its page is what it was before there were load runs."""
    page = failing.html()
    assert 'id="load"' not in page
    assert ".ladder" not in page
    assert load.build(failing.record, None) is None


def test_the_page_is_whole(page, read):
    """Tags balance, links lead somewhere, every drawing says what it shows, nothing is fetched."""
    reader = read(page)
    assert {url[1:] for url in reader.urls if url.startswith("#")} <= set(reader.ids)
    assert all(url.startswith("#") for url in reader.urls)
    assert all(reader.labels)
    assert "<script" not in page
    assert not re.search(r"\b(nan|inf)\b|>None<", page)


def test_the_answer_stands_before_the_evidence(run, page):
    """Objectives, then load; in it the certified number before the table and the course."""
    order = ['id="objectives"', 'id="load"', 'class="big"', 'class="levels"', 'class="course"', 'id="latency"']
    places = [page.index(text) for text in order]
    assert places == sorted(places)
    assert f"{run.facts.capacity.certified}\u202fsessions</p>" in page


def test_without_a_capacity_the_levels_speak(run):
    """A scout, or a soak: how the judged levels stand, and no certified number."""
    facts = replace(run.facts, capacity=None)
    found = load.build(run.part.record, facts)
    assert found.heading == "16, 24 and 32 sessions at once hold; 48 fails; 40 is not decided"
    assert (found.answer, found.facts) == ("", ())
    assert found.ladder.certified is found.ladder.refuted is None


def test_without_any_judged_level_nothing_is_claimed(run):
    """What was tried is said, and that no level was judged by itself."""
    rows = tuple(replace(row, outcome=None, reason="") for row in run.facts.levels.rows)
    facts = replace(run.facts, capacity=None, levels=replace(run.facts.levels, rows=rows))
    heading = load.build(run.part.record, facts).heading
    assert heading == "From 16 to 48 sessions at once; no level was judged by itself"


def test_an_invalid_level_is_named(run):
    """In the heading and in a sentence of its own; the other levels are shown all the same."""
    rows = list(run.facts.levels.rows)
    rows[2] = replace(rows[2], outcome=Outcome.INVALID, reason="The harness was late for 31 of 712 sessions.")
    facts = replace(run.facts, levels=replace(run.facts.levels, rows=tuple(rows)))
    found = load.build(run.part.record, facts)
    assert found.heading == "Not to be relied on: the harness cannot vouch for 32 sessions at once"
    assert found.warnings == ("INVALID at 32 sessions at once: The harness was late for 31 of 712 sessions.",)
    assert "f-invalidground" in rendered(run, load=facts)


def test_an_estimate_is_told_as_one(run):
    """A knee is drawn and explained; one that lies beyond all levels is neither."""
    told = replace(run.facts, capacity=None, knee=Knee(level=43.0, objective_id="final"))
    found = load.build(run.part.record, told)
    assert found.ladder.estimate == 43.0
    assert any("saturation point" in note for note in found.notes)
    beyond = load.build(run.part.record, replace(told, knee=Knee(level=48.0, beyond="above")))
    assert beyond.ladder.estimate is None
    assert not any("saturation point" in note for note in beyond.notes)


def test_engines_are_listed_each_by_itself(run, page):
    """One that is too slow does not hide behind the others; a run that read none has no such table."""
    assert '<th scope="row">engine</th>' in page
    bare = replace(run.facts, course=replace(run.facts.course, engines=()))
    assert "engines, at worst" not in rendered(run, load=bare)


def test_the_page_of_thousands_of_sessions_is_drawn_in_ten_seconds(run):
    """The bound is wide: on an idle machine it takes less than two."""
    assert len(run.part.record.timelines) > 4500
    began = time.process_time()
    page = rendered(run)
    assert time.process_time() - began < 10
    assert len(page.encode()) < 1_000_000


def test_the_objectives_say_what_their_bounds_rest_on(page, failing):
    """Sessions at once are no independent ones; elsewhere the plain bound is named."""
    assert "rest on n*" in page
    assert "rates: Clopper" not in page.lower()
    assert "rest on n*" not in failing.html()


def test_the_command_line_gathers_what_the_page_shows(run, failing):
    """The same facts for every command that judges, and none for a run without stages."""
    part = run.part
    certified = Certified(folder=None, record=part.record, measured=part.measured, judgement=part.judgement)
    assert load_facts(certified) == run.facts
    plain = Certified(folder=None, record=failing.record, measured=failing.measured, judgement=failing.judgement)
    assert load_facts(plain) is None


def test_an_overload_is_told_apart(run, page):
    """In quantiles a refused caller counts as infinite; those that were let in have a table of their own."""
    beyond = rendered(campaign.beyond())
    assert "refusals said why" in beyond
    assert beyond.index('class="levels wrapped"') > beyond.index('id="load"')
    assert "refusals said why" not in page
