from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from support import campaign as made

from harness.model.verdict import Outcome
from harness.report import campaign_junit


@pytest.fixture(scope="module")
def whole():
    return made.campaign()


def parse(campaign):
    return ET.fromstring(campaign_junit.render(campaign).encode())  # noqa: S314  our own output


def cases(campaign):
    return {case.get("name"): case for case in parse(campaign).iter("testcase")}


def test_a_certified_campaign_is_green(whole):
    """Levels above the certified one were meant to be too much: they are skipped with their verdict."""
    root, found = parse(whole), cases(whole)
    assert (root.get("failures"), root.get("errors")) == ("0", "0")
    assert list(found) == ["capacity", *(f"level[{level}]" for level in (16, 24, 32, 40, 48)), "error-rate"]
    assert found["level[32]"].find("skipped") is None
    assert found["level[48]"].find("skipped").get("message").startswith("beyond what is certified, FAIL: ")


@pytest.mark.parametrize(("outcome", "tag"), [(Outcome.INCONCLUSIVE, "failure"), (Outcome.INVALID, "error")])
def test_a_campaign_without_an_answer_is_red(whole, outcome, tag):
    """As its exit code is, with the reason."""
    capacity = replace(whole.capacity, outcome=outcome, certified=None, errors=None)
    found = cases(replace(whole, capacity=capacity))
    assert found["capacity"].find(tag).get("type") == outcome.value
    assert found["capacity"].find(tag).text == whole.capacity.reason
    assert all(case.find("skipped") is not None for name, case in found.items() if name.startswith("level"))


def test_the_numbers_stand_with_the_capacity(whole):
    """Interval, error rate, cost and overload: what a CI system shows of a passing case."""
    text = cases(whole)["capacity"].find("system-out").text
    for word in ("certified", "Refuted: 48 sessions", "Errors: ", "EUR an hour of audio", "refusals said why"):
        assert word in text
    assert "\u202f" not in text


def test_an_error_rate_that_is_not_certified_is_skipped_with_its_reason(whole):
    """The exit code is the capacity's; what is missing is told all the same."""
    errors = replace(whole.capacity.errors, certified=False, reason="Too few.")
    found = cases(replace(whole, capacity=replace(whole.capacity, errors=errors)))
    assert found["error-rate"].find("skipped").get("message") == "not certified: Too few."


def test_the_campaign_is_named_with_its_parts(whole):
    """Properties lead to every report."""
    found = {one.get("name"): one.get("value") for one in parse(whole).iter("property")}
    assert (found["run_id"], found["verdict"], found["exit_code"]) == (whole.campaign_id, "PASS", "0")
    assert found["part_overload"] == "overload/report.html"
