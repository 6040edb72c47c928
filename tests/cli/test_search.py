"""A capacity search against targets whose capacity is known: in virtual time, with engine and judge as they are."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from support.virtual import play

from harness.cli.caution import Consent
from harness.cli.certify import Certified
from harness.cli.options import ask
from harness.cli.search import Searching
from harness.drivers.scripted import Answer
from harness.errors import UsageError
from harness.judge.campaign import search_result
from harness.judge.slo import judge
from harness.judge.visited import Part
from harness.measure.run import measure_run
from harness.model.journal import Journal
from harness.model.timeline import Closed, Errored, Final, HeardWord, Opened
from harness.model.verdict import Outcome
from harness.scenario.campaign import search_of
from harness.scenario.session import draw
from harness.store.campaign import CampaignFolder
from harness.store.folder import RunFolder

ROOT = Path(__file__).resolve().parents[2]
MS = 1_000_000
NOTHING = {"clips": [], "conditions": [], "rates": [], "repeat": None, "lanes": None, "seed": None}
SCENARIO = """
name: tiny
clips:
  - {select: {clip: clean-tidigits-2934z}}
arrival:
  seed: 7
  shape:
    search: {from: 4, to: 16, factor: 1.6, rise_s: 10, levels: 3, sessions: 330, visit_s: 30, warm_s: 3,
             errors: 900, overloads: [2], surge_s: 8, storm: 20}
objectives:
  final:  p95 final_ms <= 800 per level
  errors: {slo: "rate error < 0.5 % per level", gate: false}
"""


@dataclass(frozen=True)
class Target:
    """Above `knee` sessions at once two of five finals come too late; `broken` sessions of 100 fail."""

    knee: int
    broken: int = 0

    def answers(self, session):
        chance = draw(1, session.session_id, session.stage) % 100
        opened = Answer(after="open", delay_ns=50 * MS, heard=Opened())
        if chance < self.broken:
            closed = Answer(after="end", delay_ns=2 * MS, heard=Closed(code="INTERNAL"))
            return [opened, Answer(after="end", delay_ns=MS, heard=Errored(code="internal")), closed]
        late = (session.level or 0) > self.knee and chance < 40
        words = tuple(HeardWord(text=one.text, start_ns=one.start_ns, end_ns=one.end_ns) for one in session.clip.words)
        final = Final(segment=0, text=session.clip.reference, words=words)
        delay_ns = (1000 if late else 200 + draw(2, session.session_id) % 300) * MS
        return [
            opened,
            Answer(after="end", delay_ns=delay_ns, heard=final),
            Answer(after="end", delay_ns=delay_ns + MS, heard=Closed(code="OK")),
        ]


class Bench:
    """A search of the scenario; what was played stands in `parts`."""

    def __init__(self, tmp_path, target, text=SCENARIO, **consent):
        file = tmp_path / "tiny.yaml"
        file.write_text(text, encoding="utf-8")
        asked = ask(file, corpus=ROOT, **NOTHING)
        trusted = {clip.key: replace(clip, latency=True) for clip in asked.plan.clips}
        self.target, self.parts, self.admitted = target, {}, {}
        folder = CampaignFolder.create(tmp_path, Journal(campaign_id="tiny-1", scenario="tiny", look=False))
        self.folder, self.trusted = folder, trusted
        self.search = Searching(
            asked,
            search_of(asked.scenario),
            files=(file, ROOT / "scenarios" / "targets" / "embedded.yaml"),
            consent=Consent(**consent),
            play=self.play,
            folder=folder,
        )

    def play(self, asked, out):
        plan = asked.plan.with_clips(self.trusted)
        record = play(asked.scenario, plan, self.target.answers)
        measured = measure_run(record)
        judgement = judge(record, measured)
        name = asked.scenario.name.rpartition("-")[2]
        self.parts[name] = Part(record=record, measured=measured, judgement=judgement)
        self.admitted[name] = asked.admit
        return Certified(
            folder=RunFolder(out / asked.scenario.name), record=record, measured=measured, judgement=judgement
        )


def test_a_planted_capacity_is_found_and_what_lies_beyond_is_tried(tmp_path):
    """The interval holds it, the error rate is shown at the certified level, and the journal says what is what."""
    bench = Bench(tmp_path, Target(knee=8))
    assert bench.search.run() == ""
    assert list(bench.parts) == ["scout", "confirm", "errors", "overload", "storm"]
    found = search_result(bench.parts, look=False)
    assert found.outcome is Outcome.PASS
    assert found.certified <= 8 < found.refuted
    assert found.errors.certified
    stages = bench.parts["overload"].plan.stages
    assert {stage.level for stage in stages if stage.kind == "overload"} == {2 * found.certified}
    assert bench.admitted["errors"] is None
    assert bench.admitted["overload"] == bench.admitted["storm"] >= found.certified
    told = bench.folder.journal().parts
    assert [entry.part for entry in told] == list(bench.parts)
    assert re.search(r"scout's knee, near \d", told[1].purpose)


def test_a_target_that_fails_below_every_level_ends_with_nothing_certified(tmp_path):
    """There is no level whose errors could be shown, so nothing more is sent."""
    bench = Bench(tmp_path, Target(knee=1))
    assert "No level is certified" in bench.search.run()
    assert list(bench.parts) == ["scout", "confirm"]
    assert search_result(bench.parts, look=False).outcome is Outcome.INCONCLUSIVE


def test_errors_at_the_certified_level_are_told(tmp_path):
    """One session in a hundred fails: the level holds its latencies, and its error rate is not certified."""
    bench = Bench(tmp_path, Target(knee=8, broken=1), SCENARIO.replace("overloads: [2]", "overloads: []"))
    bench.search.run()
    found = search_result(bench.parts, look=False)
    assert found.certified
    assert not found.errors.certified
    assert (found.errors.part, found.errors.errors > 0) == ("errors", True)


def test_the_cap_holds_for_all_parts_together(tmp_path):
    """What was sent already counts; the search then stops and says why."""
    assert "--max-sessions" in Bench(tmp_path, Target(knee=8), max_sessions=200).search.run()


def test_a_search_that_may_not_even_begin_is_refused(tmp_path):
    """Nothing was sent: it is the command line's mistake."""
    with pytest.raises(UsageError, match="--max-sessions"):
        Bench(tmp_path, Target(knee=8), max_sessions=3).search.run()


def test_a_look_says_so_and_a_scout_alone_certifies_nothing(tmp_path):
    """Whatever it shows."""
    bench = Bench(tmp_path, Target(knee=8))
    bench.search.run()
    assert search_result(bench.parts, look=True).headline.startswith("A look, not a certificate: ")
    alone = search_result({"scout": bench.parts["scout"]}, look=False)
    assert (alone.outcome, alone.certified) == (Outcome.INCONCLUSIVE, None)
