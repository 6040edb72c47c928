from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from support import campaign as made

from harness.model.capacity import Capacity
from harness.model.verdict import Outcome
from harness.report import campaign as view
from harness.report import campaign_html, campaign_text

GOLDEN = Path(__file__).with_name("golden")


@pytest.fixture(scope="module")
def whole():
    return made.campaign()


@pytest.fixture(scope="module")
def page(whole):
    return campaign_html.render(whole)


def nothing_certified(whole):
    capacity = Capacity(
        outcome=Outcome.INCONCLUSIVE,
        headline="No level certified.",
        reason="At 16 sessions at once, the lowest, is not shown to hold (plan longer visits).",
        confidence=0.95,
        side_confidence=0.975,
        levels=whole.capacity.levels,
    )
    return replace(whole, capacity=capacity, cost=None)


def agreed(name: str, text: str) -> None:
    """UPDATE_GOLDEN=1 rewrites what was agreed."""
    golden = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_the_words_of_the_page_are_as_agreed(page, read):
    """What a reader sees changes only on purpose."""
    agreed("campaign.txt", "\n".join(read(page).lines) + "\n")


def test_the_terminal_says_the_same_as_agreed(whole):
    """In ten lines at most, the last of which says how to go on."""
    text = campaign_text.summary(whole, "reports/load-x/report.html", colour=False)
    agreed("campaign-terminal.txt", text)
    assert len(text.splitlines()) <= 10
    assert text.endswith("report  reports/load-x/report.html      again  harness judge reports/load-x\n")


def test_colour_adds_nothing_but_colour(whole):
    """In a pipe the same words stand without it."""
    plain = campaign_text.summary(whole, "r/report.html", colour=False)
    coloured = campaign_text.summary(whole, "r/report.html", colour=True)
    for code in ("31", "32", "33", "35", "1;32", "0"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == plain


def test_the_page_leads_to_its_parts_and_nowhere_else(whole, page, read):
    """Each part's report by its path beside the page; every entry of the navigation has its section."""
    reader = read(page)
    paths = [url for url in reader.urls if not url.startswith("#")]
    assert paths == [part.report for part in whole.parts]
    assert {url[1:] for url in reader.urls if url.startswith("#")} <= set(reader.ids)
    assert all(reader.labels)
    assert "<script" not in page


def test_sections_stand_in_order(page, read):
    """Answer first, evidence below."""
    order = ["capacity", "levels", "errors", "overload", "parts", "recompute"]
    assert [name for name in read(page).ids if name in order] == order


def test_the_headline_is_the_capacitys(whole, page, read):
    """And what stopped it stands below."""
    assert read(page).headings[0][0] == "h1"
    assert whole.capacity.reason.split(";")[0] in "\n".join(read(page).lines).replace("\u202f", " ")
    assert '<header class="banner pass">' in page


def test_nothing_certified_is_no_green_page(whole):
    """No number stands in its place, no cost, and no bracket."""
    page = campaign_html.render(nothing_certified(whole))
    assert '<header class="banner inconclusive">' in page
    assert "none certified</p>" in page
    assert "hour of audio" not in page
    built = view.build(nothing_certified(whole))
    assert built.answer.heading == "No level is certified or refuted"
    assert built.errors is None
    text = campaign_text.summary(nothing_certified(whole), "r/report.html", colour=False)
    assert "? certified   nothing" in text


def test_an_invalid_campaign_answers_nothing(whole):
    """Whatever the levels look like."""
    invalid = replace(whole, capacity=replace(nothing_certified(whole).capacity, outcome=Outcome.INVALID))
    built = view.build(invalid)
    assert built.answer.heading.startswith("Not to be relied on")
    lines = campaign_text.summary(invalid, "r/report.html", colour=False).splitlines()
    assert lines[2].startswith("⊘ invalid     no level")


def test_an_error_rate_that_is_not_certified_is_said_aloud(whole):
    """A level may be certified for its latency and not for its errors: nobody must overlook that."""
    found = replace(whole.capacity.errors, certified=False)
    built = view.build(replace(whole, capacity=replace(whole.capacity, errors=found)))
    assert built.errors.word == "NOT CERTIFIED"
    assert any("is not certified" in one for one in built.banner.warnings)
    assert view.build(whole).banner.warnings == ()


def test_a_part_that_is_invalid_is_said_aloud(whole):
    """In the banner, and with its own mark even where it decides nothing."""
    scout = replace(whole.parts[0], outcome=Outcome.INVALID, headline="an engine died")
    built = view.build(replace(whole, parts=(scout, *whole.parts[1:])))
    assert built.banner.warnings == ("The part scout is INVALID: An engine died.",)
    assert built.parts[0].mark == "invalid"
    assert view.build(whole).parts[0].word == "estimate only"


def test_parts_that_were_not_run_leave_no_gap(whole, read):
    """Without an overload there is no section, no link, and no line in the terminal."""
    bare = replace(whole, overload=None, confirmed=None, cost=None, parts=whole.parts[:2])
    page = campaign_html.render(bare)
    assert 'id="overload"' not in page
    assert "#overload" not in read(page).urls
    assert "overload" not in campaign_text.summary(bare, "r/report.html", colour=False)


def test_the_same_campaign_gives_the_same_bytes(whole, page):
    """Nothing but its values goes into it."""
    assert campaign_html.render(whole) == page


def test_hostile_text_stays_text(whole):
    """Names come from files and servers."""
    hostile = '</style><script>alert(1)</script><b onclick="x">'
    parts = tuple(replace(one, headline=hostile, purpose=hostile, run_id=hostile) for one in whole.parts)
    page = campaign_html.render(replace(whole, target=hostile, identity=((hostile, hostile),), parts=parts))
    assert "<script" not in page
    assert "<b onclick" not in page


def test_a_search_that_confirmed_nothing_claims_no_confidence(whole):
    """No levels, no interval: a confidence of zero would still be a number."""
    bare = replace(nothing_certified(whole).capacity, levels=(), confidence=0.0, side_confidence=0.0)
    alone = replace(whole, capacity=bare, confirmed=None, overload=None, cost=None, parts=whole.parts[:1])
    page = campaign_html.render(alone)
    assert "0\u202f%" not in page[page.index("<header") :]
    assert "No level was confirmed" in page
    assert "nothing" in campaign_text.summary(alone, "r/report.html", colour=False)


def test_a_storm_is_told_beside_the_overload(whole):
    """On the page, in the terminal, which stays within ten lines, and with no verdict it does not have."""
    storm = replace(whole.parts[3], name="storm", decides=False)
    told = replace(whole, storm=whole.overload, parts=(*whole.parts, storm))
    built = view.build(told)
    assert len(built.beyond) == 2
    assert (built.parts[-1].title, built.parts[-1].word, built.parts[-1].mark) == ("Storm", "told, not judged", "")
    lines = campaign_text.summary(told, "r/report.html", colour=False).splitlines()
    assert any(line.startswith("  storm") for line in lines)
    assert len(lines) <= 10
