"""From a run's folder to its verdicts and pages: read, measure, judge, write. The same path for every command."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from harness import __version__
from harness.judge.certificate import statement
from harness.judge.slo import judge
from harness.measure.run import measure_run
from harness.measure.text import NORMALISER
from harness.model.capacity import Capacity
from harness.model.load import LoadFacts
from harness.model.run import Measured, Record
from harness.model.verdict import Judgement
from harness.store.codec import dumps
from harness.store.folder import RunFolder

VERDICTS = "verdicts.json"
CERTIFICATE = "certificate.json"
REPORT = "report.html"
JUNIT = "junit.xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """A run, measured and judged."""

    folder: RunFolder
    record: Record
    measured: Measured
    judgement: Judgement


def certify(folder: RunFolder) -> Certified:
    """Judge a run from its folder alone."""
    record = folder.read()
    measured = measure_run(record)
    judgement = judge(record, measured)
    if record.manifest.normaliser != NORMALISER:
        changed = f"The run was planned with the normaliser {record.manifest.normaliser} and judged with {NORMALISER}."
        judgement = replace(judgement, findings=(*judgement.findings, changed))
    return Certified(folder=folder, record=record, measured=measured, judgement=judgement)


def write_verdicts(certified: Certified) -> bool:
    """Write verdicts and certificate; whether verdicts stood there already and are the same, byte for byte."""
    before = _standing(certified.folder)
    verdicts = dumps(certified.judgement)
    certificate = statement(
        certified.record, certified.judgement, certified.folder.digests(), judged_with=judging_versions()
    )
    text = json.dumps(certificate, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    certified.folder.write_text(VERDICTS, verdicts)
    certified.folder.write_text(CERTIFICATE, text)
    return before == (verdicts, text)


def write_pages(certified: Certified) -> None:
    """Write the report and JUnit."""
    from harness.measure.trace import trace_session
    from harness.report import html, junit
    from harness.report.view import sessions_to_hear, worst_sessions

    record = certified.record
    timelines = {timeline.session_id: timeline for timeline in record.timelines}
    plans = {session.session_id: session for session in record.manifest.plan.sessions}
    worst = worst_sessions(record, certified.measured, certified.judgement)
    heard = sessions_to_hear(record, certified.measured, certified.judgement)
    page = html.render(
        record=record,
        measured=certified.measured,
        judgement=certified.judgement,
        traces={session_id: trace_session(plans[session_id], timelines[session_id]) for session_id in worst},
        audio={
            clip.sha256: file.read_bytes()
            for clip in {plans[session_id].clip for session_id in heard}
            if (file := certified.folder.path / clip.path).is_file()
        },
        digests=certified.folder.digests(),
        load=load_facts(certified),
    )
    certified.folder.write_text(REPORT, page)
    certified.folder.write_text(JUNIT, junit.render(record, certified.judgement))


def load_facts(certified: Certified) -> LoadFacts | None:
    """What the report shows of a run with stages; None without any."""
    from harness.judge.cost import cost
    from harness.judge.knee import scout_knee
    from harness.judge.level_table import level_table
    from harness.measure.course import course
    from harness.measure.overload import overload

    record, measured = certified.record, certified.measured
    passed = course(record, measured)
    capacity = _capacity(certified)
    levels = level_table(record, measured, certified.judgement, capacity.levels if capacity else ())
    if levels is None or passed is None:
        return None
    rising = {stage.kind for stage in passed.stages} <= {"level", "rise"}
    return LoadFacts(
        levels=levels,
        course=passed,
        capacity=capacity,
        knee=scout_knee(record, measured) if rising else None,
        cost=cost(record.manifest.target, capacity) if capacity else None,
        overload=overload(record),
    )


def _capacity(certified: Certified) -> Capacity | None:
    """A run over several levels has one of its own."""
    from harness.judge.capacity import judge_capacity
    from harness.judge.visited import Part

    stages = certified.record.manifest.plan.stages
    if {stage.kind for stage in stages} != {"level"} or len({stage.level for stage in stages}) < 2:
        return None
    return judge_capacity(Part(record=certified.record, measured=certified.measured, judgement=certified.judgement))


def judging_versions() -> tuple[tuple[str, str], ...]:
    """What the figures were computed with."""
    from importlib.metadata import version

    packages = ("jiwer", "numpy", "rapidfuzz", "scipy")
    return (
        ("riva-slo-harness", __version__),
        ("normaliser", NORMALISER),
        *((name, version(name)) for name in packages),
    )


def _standing(folder: RunFolder) -> tuple[str, str] | None:
    if not (folder.path / VERDICTS).exists() or not (folder.path / CERTIFICATE).exists():
        return None
    return folder.read_text(VERDICTS), folder.read_text(CERTIFICATE)
