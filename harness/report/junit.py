"""The judged lines as JUnit XML, for CI systems that know nothing of this harness."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET  # builds, never parses

from harness.model.run import Record
from harness.model.verdict import Judgement, Outcome, Verdict
from harness.report import wording
from harness.report.lines import bound_text, came_to, recordings_note, value_text

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2


def render(record: Record, judgement: Judgement) -> str:
    """One test case a judged line. What the run's verdict leaves out is skipped; an INVALID run is one error more."""
    manifest = record.manifest
    cases = [_case(manifest.scenario.name, verdict) for verdict in judgement.verdicts]
    if judgement.outcome is Outcome.INVALID:
        cases.append(_invalid(manifest.scenario.name, judgement))
    return document(
        run_id=manifest.run_id,
        suite=manifest.scenario.name,
        began_utc=manifest.began_utc,
        elapsed_s=record.ending.elapsed_ns / 1e9 if record.ending else None,
        facts=_facts(record, judgement),
        cases=cases,
    )


def document(
    *,
    run_id: str,
    suite: str,
    began_utc: str,
    elapsed_s: float | None,
    facts: Iterable[tuple[str, str]],
    cases: Sequence[ET.Element],
) -> str:
    """One suite of these cases; `facts` become its properties."""
    totals = _totals(cases, elapsed_s)
    suites = ET.Element("testsuites", {"name": run_id, **totals})
    skipped = str(sum(case.find("skipped") is not None for case in cases))  # the schema counts it a suite, not in all
    began = began_utc[:19]  # the schema's type has neither fraction nor zone
    element = ET.SubElement(
        suites, "testsuite", {"name": clean(suite), **totals, "skipped": skipped, "timestamp": began}
    )
    properties = ET.SubElement(element, "properties")
    for name, value in facts:
        ET.SubElement(properties, "property", {"name": clean(name), "value": clean(value)})
    element.extend(cases)
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'


def _totals(cases: Sequence[ET.Element], elapsed_s: float | None) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "time": "0" if elapsed_s is None else f"{elapsed_s:.3f}",
    }


def _facts(record: Record, judgement: Judgement) -> tuple[tuple[str, str], ...]:
    return (
        ("run_id", record.manifest.run_id),
        ("verdict", judgement.outcome.value),
        ("exit_code", str(judgement.exit_code)),
        ("headline", judgement.headline),
        ("target", record.manifest.target.name),
        ("driver", record.manifest.driver),
        *record.manifest.identity_before.facts,
    )


def _case(scenario: str, verdict: Verdict) -> ET.Element:
    case = ET.Element("testcase", {"classname": clean(scenario), "name": clean(verdict.line_id), "time": "0"})
    reason = clean(verdict.reason)
    if why := left_out(verdict):
        ET.SubElement(case, "skipped", {"message": clean(why)})
    elif verdict.outcome is Outcome.INVALID:
        ET.SubElement(case, "error", {"type": "INVALID", "message": reason}).text = reason
    elif verdict.outcome is not Outcome.PASS:
        ET.SubElement(case, "failure", {"type": verdict.outcome.value, "message": reason}).text = reason
    ET.SubElement(case, "system-out").text = clean(numbers(verdict))
    return case


def left_out(verdict: Verdict) -> str:
    """Why the run's verdict does not read a line; empty where it does, or where an advisory one passes."""
    if verdict.known_limit:
        return f"known limit, {came_to(verdict)}: {verdict.known_limit}; {verdict.reason}"
    if not verdict.objective.gate and verdict.outcome is not Outcome.PASS:
        return f"advisory, {verdict.outcome.value}: {verdict.reason}"
    return ""


def numbers(verdict: Verdict) -> str:
    """What was asked, what was found, and from how many sessions."""
    shown = value_text(verdict.objective, verdict.estimate.value)
    text = f"{verdict.objective.text}: {shown}, bound {bound_text(verdict)}, n {verdict.estimate.n}"
    if recordings := recordings_note(verdict.objective, verdict.estimate):
        text += f", {recordings}, for other audio like it"
    return text.replace(wording.NNBSP, " ")


def _invalid(scenario: str, judgement: Judgement) -> ET.Element:
    """The lines keep their verdicts; that none of them counts must turn the suite red."""
    case = ET.Element("testcase", {"classname": clean(scenario), "name": "validity", "time": "0"})
    text = clean("\n".join(doubts(judgement)) or judgement.headline)
    ET.SubElement(case, "error", {"type": "INVALID", "message": clean(judgement.headline)}).text = text
    return case


def doubts(judgement: Judgement) -> list[str]:
    """Each check that says the harness cannot vouch for the run."""
    return [f"{check.title}: {check.found} (limit {check.limit})" for check in judgement.checks if not check.clear]


def clean(text: str) -> str:
    """Without what XML 1.0 cannot hold."""
    return _FORBIDDEN.sub("\ufffd", text)
