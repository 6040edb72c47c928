from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from harness.model.verdict import Outcome
from harness.report import junit


def parse(world) -> ET.Element:
    return ET.fromstring(junit.render(world.record, world.judgement).encode())  # noqa: S314  our own output


def cases(world) -> dict[str, ET.Element]:
    return {case.get("name"): case for case in parse(world).iter("testcase")}


def test_every_judged_line_is_a_test_case(failing):
    """Named by objective and slice, in the scenario's class."""
    found = cases(failing)
    assert list(found) == [verdict.line_id for verdict in failing.judgement.verdicts]
    assert {case.get("classname") for case in found.values()} == {"golden"}


def test_a_failure_says_why(failing):
    """The reason stands in the message and in the text; lines that hold have no child but their figures."""
    failure = cases(failing)["final-noisy[rate=8000]"].find("failure")
    assert failure.get("type") == "FAIL"
    assert failure.text == failure.get("message") == "even the lower bound is over the limit"
    held = cases(failing)["first-partial[rate=8000]"]
    assert [child.tag for child in held] == ["system-out"]
    assert held.find("system-out").text == "p95 first_partial_ms <= 300 per rate: 266 ms, bound 275 ms, n 95"


def test_inconclusive_is_a_failure_of_its_own_type(failing):
    """A build that is not shown to be good must not be green."""
    assert cases(failing)["errors"].find("failure").get("type") == "INCONCLUSIVE"


def test_an_invalid_run_is_an_error(make_world):
    """Lines may have passed; the suite is red all the same."""
    error = cases(make_world(valid=False))["validity"].find("error")
    assert error.get("type") == "INVALID"
    assert "9 of 130 sessions disturbed" in error.text


def test_an_invalid_line_is_an_error(failing):
    """Where the judge calls the lines themselves INVALID, each is one."""
    verdicts = tuple(replace(line, outcome=Outcome.INVALID) for line in failing.judgement.verdicts)
    world = replace(failing, judgement=replace(failing.judgement, verdicts=verdicts, outcome=Outcome.INVALID))
    gating = [line.line_id for line in verdicts if line.objective.gate]
    assert all(cases(world)[name].find("error") is not None for name in gating)


def test_what_the_verdict_leaves_out_is_skipped_with_its_reason(failing):
    """Known limits and advisory objectives do not turn a suite red."""
    verdicts = tuple(
        replace(line, known_limit="the stand-in is slow here", outcome=Outcome.FAIL)
        if line.objective.objective_id == "errors"
        else replace(line, outcome=Outcome.FAIL, reason="too many")
        if not line.objective.gate
        else line
        for line in failing.judgement.verdicts
    )
    found = cases(replace(failing, judgement=replace(failing.judgement, verdicts=verdicts)))
    assert found["errors"].find("skipped").get("message").startswith("known limit, FAIL: the stand-in is slow here; ")
    assert found["stable"].find("skipped").get("message") == "advisory, FAIL: too many"


@pytest.mark.parametrize("words", [{}, {"valid": False}, {"good": True, "repeats": 60}, {"crashed": True}])
def test_the_counts_are_those_of_the_cases(make_world, words):
    """Suite and suites agree with what they hold."""
    root = parse(make_world(**words))
    suite = root.find("testsuite")
    for element in (root, suite):
        assert int(element.get("tests")) == len(list(root.iter("testcase")))
        assert int(element.get("failures")) == len(list(root.iter("failure")))
        assert int(element.get("errors")) == len(list(root.iter("error")))
        assert float(element.get("time")) >= 0
    assert int(suite.get("skipped")) == len(list(root.iter("skipped")))
    assert suite.get("timestamp") == "2026-11-20T02:14:07"


def test_the_run_is_named(failing):
    """Run id, verdict and exit code are properties."""
    found = {one.get("name"): one.get("value") for one in parse(failing).iter("property")}
    assert found["run_id"] == "golden-20261120T021407Z-9c41e7"
    assert (found["verdict"], found["exit_code"], found["model"]) == ("FAIL", "1", "invented-en")


def test_text_that_xml_cannot_hold_is_replaced(failing):
    """A server's message may hold anything."""
    verdicts = (replace(failing.judgement.verdicts[0], outcome=Outcome.FAIL, reason="a\x00b <&>\ud800"),)
    world = replace(failing, judgement=replace(failing.judgement, verdicts=verdicts))
    assert next(parse(world).iter("failure")).text == "a\ufffdb <&>\ufffd"
