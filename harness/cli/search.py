"""A capacity search at work: run after run, each planned from what the one before showed, all in one folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from harness.cli.caution import Consent, be_sure
from harness.cli.certify import Certified
from harness.cli.options import Asked
from harness.corpus.load import load_corpus
from harness.errors import UsageError
from harness.judge.capacity import judge_capacity
from harness.judge.knee import plan_levels, scout_knee
from harness.judge.visited import Part
from harness.judge.wording import named, plural
from harness.model.campaign import PartName
from harness.model.capacity import Knee
from harness.model.journal import Entry
from harness.model.outline import outline
from harness.model.plan import Plan
from harness.model.scenario import Scenario, Search
from harness.model.verdict import Outcome
from harness.scenario import campaign
from harness.scenario.load import load_target
from harness.scenario.plan import make_plan
from harness.store.campaign import CampaignFolder

Perform = Callable[[Asked, Path], Certified]


class StoppedError(Exception):
    """The search ends before its last part; the message says why."""


class Searching:
    """One search. `play` streams what was asked into a folder and judges it."""

    def __init__(
        self,
        asked: Asked,
        search: Search,
        *,
        files: tuple[Path, Path],
        consent: Consent,
        play: Perform,
        folder: CampaignFolder,
    ) -> None:
        self._asked = asked
        self._search = search
        self._files = files
        self._consent = consent
        self._play = play
        self._folder = folder
        self._clips = load_corpus(asked.corpus)
        self._sent = 0

    def run(self) -> str:
        """Every part that follows from the ones before it; says why it stopped before its last one, if it did.

        Raises UsageError where not even the first part can be played.
        """
        try:
            self._all()
        except StoppedError as stopped:
            return str(stopped)
        except UsageError as error:
            if not self._sent:
                raise
            return str(error)
        return ""

    def _all(self) -> None:
        scenario, search = self._asked.scenario, self._search
        scouted = self._part("scout", campaign.scout(scenario, search), _RISE.format(search.factor))
        knee = scout_knee(scouted.record, scouted.measured)
        if knee is None or scouted.judgement.outcome is Outcome.INVALID:
            raise StoppedError("The scout shows nothing that levels could be planned from.")
        levels = plan_levels(knee.level, levels=search.levels)
        confirmed = self._part("confirm", campaign.confirm(scenario, search, levels), _around(knee))
        certified = judge_capacity(_judged(confirmed)).certified
        if certified is None:
            raise StoppedError("No level is certified, so there is none whose error rate or overload could be shown.")
        admit = outline(self._plan(campaign.confirm(scenario, search, (certified,)))).peak_open
        for name, part, purpose in self._beyond(certified):
            self._part(name, part, purpose, admit=None if name == "errors" else admit)

    def _beyond(self, level: int) -> Iterator[tuple[PartName, Scenario, str]]:
        scenario, search = self._asked.scenario, self._search
        at = plural(level, "session")
        if part := campaign.errors(scenario, search, level):
            yield "errors", part, f"Fresh sessions at the certified level, {at} at once, for the error rate there."
        if part := campaign.surge(scenario, search, level):
            times = named(f"{factor:g}" for factor in search.overloads)
            yield "overload", part, f"{times} times the certified {at}, with a rest after each."
        if part := campaign.storm(scenario, search):
            yield "storm", part, f"{plural(search.storm, 'session')} that connect within a second."

    def _part(self, name: PartName, scenario: Scenario, purpose: str, admit: int | None = None) -> Certified:
        asked = replace(self._asked, scenario=scenario, plan=self._plan(scenario), admit=admit)
        most = self._consent.max_sessions
        left = replace(self._consent, max_sessions=None if most is None else max(1, most - self._sent))
        if not be_sure(asked.plan, load_target(self._files[1]), self._files, left):
            raise StoppedError(f"The part {name} was not agreed to.")
        self._sent += len(asked.plan.sessions)
        done = self._play(asked, self._folder.path)
        self._folder.note(Entry(part=name, run=done.folder.path.name, purpose=purpose))
        if done.record.ending is None or done.record.ending.vitals.interrupted:
            raise StoppedError(f"The part {name} was cut short.")
        return done

    def _plan(self, scenario: Scenario) -> Plan:
        return make_plan(scenario, self._clips)


_RISE = "Rises once, {:g} times as many sessions at each step, to estimate where the knee is; it certifies nothing."


def _around(knee: Knee) -> str:
    about = f"{knee.level:.1f}".removesuffix(".0")
    where = {"above": f"above {about}", "below": f"below {about}", "": f"near {about}"}[knee.beyond]
    return f"Levels around the scout's knee, {where}, in shuffled blocks; it alone certifies and refutes."


def _judged(done: Certified) -> Part:
    return Part(record=done.record, measured=done.measured, judgement=done.judgement)
