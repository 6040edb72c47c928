"""The top of the page: outcome, why, by how much, of what, and how the run went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from harness.model.metrics import QUANTILES
from harness.model.run import Manifest, Record
from harness.model.verdict import Judgement, Outcome
from harness.report import since, wording, yesterday
from harness.report.facts import Session, Standing
from harness.report.lines import came_to, name, value_text
from harness.report.since import Since

_NAMED = 2  # objectives of a kind that the key sentence names


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A row of the banner. `changed` marks what must not be overlooked, `mark` is a verdict's symbol."""

    label: str
    text: str
    note: str = ""
    changed: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    outcome: Outcome
    exit_code: int
    run_id: str
    when: str
    headline: str
    key: tuple[tuple[str, bool], ...]  # (text, strong)
    warnings: tuple[str, ...]  # cut short, narrowed: said aloud
    since: Since | None  # None where no earlier run is known
    run: tuple[Fact, ...]
    under_test: tuple[Fact, ...]
    identity: str  # what is known of it after the run


def build(record: Record, judgement: Judgement, rows: Sequence[Standing], sessions: Sequence[Session]) -> Banner:
    return Banner(
        outcome=judgement.outcome,
        exit_code=judgement.exit_code,
        run_id=record.manifest.run_id,
        when=when(record),
        headline=judgement.headline,
        key=_strong(key_sentence(judgement, rows, sessions)),
        warnings=warnings(record),
        since=since.build(record, judgement, rows),
        run=_run_facts(record, judgement, rows),
        under_test=_under_test(record),
        identity=_identity(record),
    )


def when(record: Record) -> str:
    """`Fri 20 Nov 2026, 02:14:07–02:36:48 UTC · 600 sessions in 22 min 41 s`."""  # noqa: RUF002  typographic dash
    began = _utc(record.manifest.began_utc)
    said = f"{began:%a} {began.day} {began:%b %Y}, {began:%H:%M:%S}"
    sessions = wording.plural(len(record.manifest.plan.counted), "session")
    if record.ending is None:
        return f"{said} UTC · {sessions} planned, no end recorded"
    ended = _utc(record.ending.ended_utc)
    return f"{said}–{ended:%H:%M:%S} UTC · {sessions} in {wording.span(record.ending.elapsed_ns)}"  # noqa: RUF001


def warnings(record: Record) -> tuple[str, ...]:
    """A run that is not the whole plan says so before anything else."""
    said = []
    ends = Counter(timeline.end_reason for timeline in record.timelines)
    lost = [f"{wording.count(ends['cut'])} cut" if ends["cut"] else ""]
    lost += [f"{wording.count(ends['never_started'])} never started" if ends["never_started"] else ""]
    missing = wording.listed([text for text in lost if text])
    of_all = f" Of {wording.plural(len(record.timelines), 'session')}, {missing}." if missing else ""
    if record.ending is None:
        said.append(f"The run crashed: it has no end, and what was stored is judged as cut short.{of_all}")
    elif record.ending.vitals.interrupted:
        said.append(f"Cut short: the run was interrupted.{of_all}")
    elif missing:
        said.append(f"Not all of the plan was run.{of_all}")
    if narrowed := record.manifest.scenario.narrowed:
        said.append(f"Narrowed on the command line to {', '.join(narrowed)}: not the whole scenario.")
    return tuple(said)


def key_sentence(judgement: Judgement, rows: Sequence[Standing], sessions: Sequence[Session]) -> str:
    """What the headline leaves open: how many sessions, what lacks evidence, what holds. `*` surrounds what weighs."""
    counted = [row for row in rows if row.counted]
    said: list[str] = []
    for outcome, says, more in (
        (Outcome.FAIL, _failing, ("fails", "fail")),
        (Outcome.INCONCLUSIVE, _unsure, ("lacks evidence", "lack evidence")),
    ):
        found = [row for row in counted if row.outcome is outcome]
        named = [row for row in found[:_NAMED] if outcome is Outcome.FAIL or not _is_told(row, judgement)]
        said += [says(row) for row in named]
        if rest := len(found[_NAMED:]):
            said.append(f"{wording.number_word(rest)} more {more[0] if rest == 1 else more[1]}")
    return wording.joined([*said, _holding(counted, sessions), _left_out(rows)])


def _left_out(rows: Sequence[Standing]) -> str:
    known = sum(bool(line.known_limit) for row in rows for line in row.lines)
    are = "known limit of this target is" if known == 1 else "known limits of this target are"
    number = wording.number_word(known)
    return f"*{number[0].upper()}{number[1:]} {are} left out*" if known else ""


def _is_told(row: Standing, judgement: Judgement) -> bool:
    return name(row.worst).replace(wording.NNBSP, " ").casefold() in judgement.headline.casefold()


def _holding(counted: Sequence[Standing], sessions: Sequence[Session]) -> str:
    holding = [row for row in counted if row.outcome is Outcome.PASS]
    if not holding:
        return ""
    number = wording.number_word(len(holding))
    if len(holding) < len(counted):
        return f"{number} {'objective holds' if len(holding) == 1 else 'objectives hold'}"
    lines = sum(len(row.counted) for row in holding)
    failed = sum(session.outcome.outcome != "ok" for session in sessions)
    hold = "the one judged line holds" if lines == 1 else f"all {wording.number_word(lines)} judged lines hold"
    n = wording.plural(len(sessions), "session")
    return f"{hold} over {n}, {wording.number_word(failed) if failed else 'none'} of which failed"


def _failing(row: Standing) -> str:
    line = row.worst
    estimate, objective = line.estimate, line.objective
    n = wording.plural(estimate.n, "session")
    if objective.delta:
        shown = f"*{value_text(objective, estimate.value)}* over {wording.plural(estimate.n, 'pair')}"
        return f"{name(line)}: {shown}, the limit is {wording.limit(objective)}"
    if estimate.violations is None or objective.aggregate not in QUANTILES:
        shown = value_text(objective, estimate.value)
        return f"{name(line)}: *{shown}* of {n}, the limit is {wording.limit(objective)}"
    share = wording.bare_percent(round(1 - QUANTILES[objective.aggregate], 9))
    over = f"*{wording.count(estimate.violations)} of {n}*"
    if estimate.missing == estimate.violations:
        return f"{name(line)}: {over} never got one, which counts as over {wording.limit(objective)}; {share} may"
    never = f", {wording.count(estimate.missing)} of them never got one" if estimate.missing else ""
    return f"{name(line)}: {over} break the limit of {wording.limit(objective)}{never}; {share} may"


def _unsure(row: Standing) -> str:
    line = row.worst
    leaning = f", leaning {line.leaning}" if line.leaning else ""
    fresh = f": *a fresh run of {wording.plural(line.fresh_n, 'session')}* could tell" if line.fresh_n else ""
    return f"{name(line)} is inconclusive{leaning}{fresh}"


def _run_facts(record: Record, judgement: Judgement, rows: Sequence[Standing]) -> tuple[Fact, ...]:
    manifest, plan = record.manifest, record.manifest.plan
    rates = sorted({session.clip.rate_hz for session in plan.counted}, reverse=True)
    clips = wording.plural(len({session.clip.clip_id for session in plan.counted}), "clip")
    lanes = wording.plural(plan.lanes, "lane")
    warm = len(plan.sessions) - len(plan.counted)
    clear, checks = sum(check.clear for check in judgement.checks), len(judgement.checks)
    version = dict(manifest.versions).get("riva-slo-harness", "version not recorded")
    said = f"{clear} of {checks} validity checks clear" if checks else ""
    return (
        Fact(
            label="Scenario", text=f"{manifest.scenario.name}, {clips} at {wording.listed(map(wording.hertz, rates))}"
        ),
        Fact(
            label="Sessions",
            text=f"{wording.count(len(plan.counted))} in {lanes}",
            note=f"{wording.count(warm)} warm-up, not counted" if warm else "",
        ),
        *_throughput(record),
        Fact(label="End of stream", text=end_of_stream(manifest)),
        Fact(label="Transcripts", text=heard_by_ear(manifest)),
        Fact(label="Harness", text=version, note=said, changed=clear < checks),
        *_known_limits(rows),
        *_baseline(record),
    )


def _known_limits(rows: Sequence[Standing]) -> Iterator[Fact]:
    """Which lines the verdict leaves out, and what they came to all the same."""
    known = [line for row in rows for line in row.lines if line.known_limit]
    if known:
        said = [f"{name(line)}, {came_to(line)}" for line in known[:_NAMED]]
        said += [f"{wording.count(len(known) - _NAMED)} more"] if len(known) > _NAMED else []
        text = f"{wording.plural(len(known), 'line')} left out of the verdict"
        yield Fact(label="Known limits", text=text, note="; ".join(said), mark="limit")


def _baseline(record: Record) -> Iterator[Fact]:
    said = yesterday.baseline(record)
    if said is not None:
        yield Fact(label="Baseline", text=said[0], note=said[1], changed=said[2])


def _throughput(record: Record) -> tuple[Fact, ...]:
    """RTFx: under real-time pacing it is the concurrency that was reached, not a speed, and says so."""
    if record.ending is None or not record.ending.elapsed_ns:
        return ()
    whole = {timeline.session_id for timeline in record.timelines if timeline.end_reason == "completed"}
    spoken_ns = sum(one.spoken_ns for one in record.manifest.plan.sessions if one.session_id in whole)
    text = f"{spoken_ns / record.ending.elapsed_ns:.1f}"
    return (Fact(label="RTFx", text=text, note="seconds of audio a second: the concurrency reached"),)


def end_of_stream(manifest: Manifest) -> str:
    """Which of two different things a final's latency shows."""
    end_after_ms = manifest.scenario.pacing.end_after_ms
    if end_after_ms is None:
        return "left to the server’s endpointing"  # noqa: RUF001  typographic apostrophe
    return f"by the client, {end_after_ms}{wording.NNBSP}ms after speech"


def heard_by_ear(manifest: Manifest) -> str:
    """How many of the references a person has confirmed."""
    clips = {session.clip.clip_id: session.clip for session in manifest.plan.counted}
    confirmed = sum(clip.confirmed_by_ear for clip in clips.values())
    return f"{confirmed} of {wording.plural(len(clips), 'clip')} confirmed by ear"


def _identity(record: Record) -> str:
    """Whether the target still was what it had been."""
    before = record.manifest.identity_before
    if not before.facts:
        return "the target did not say what it is"
    after = record.ending.vitals.identity_after if record.ending else None
    if after is None:
        return "as the target reported it before the run; not read after it"
    same = dict(after.facts) == dict(before.facts)
    return "as the target reported it, the same before and after" if same else "as the target reported it; it changed"


def _under_test(record: Record) -> tuple[Fact, ...]:
    manifest = record.manifest
    kind = "embedded, on this machine" if manifest.target.kind == "embedded" else "real target"
    facts = [
        Fact(label="Target", text=manifest.target.name, note=kind),
        Fact(label="Through", text=f"{manifest.driver} driver", note=manifest.endpoint),
    ]
    after = None
    if record.ending is not None and record.ending.vitals.identity_after is not None:
        after = dict(record.ending.vitals.identity_after.facts)
    for key, text in manifest.identity_before.facts:
        label = key.replace("_", " ").capitalize()
        if after is None or after.get(key) == text:
            facts.append(Fact(label=label, text=text))
        else:
            facts.append(Fact(label=label, text=text, note=f"≠ after the run: {after.get(key, 'gone')}", changed=True))
    return tuple(facts)


def _strong(text: str) -> tuple[tuple[str, bool], ...]:
    return tuple((part, index % 2 == 1) for index, part in enumerate(text.split("*")) if part)


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is None else moment.astimezone(UTC)
