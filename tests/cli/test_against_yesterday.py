"""`harness bless` and `harness compare`, on folders filled in virtual time."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.clips import hello

from harness.cli.app import main
from harness.cli.certify import certify, write_verdicts
from harness.measure.text import NORMALISER
from harness.model.clip import Clip
from harness.model.plan import Plan, SessionPlan
from harness.model.run import Ending, Identity, Manifest, Vitals
from harness.model.scenario import Arrival, KnownLimit, Objective, Pacing, Scenario, Selection, Target
from harness.model.timeline import Closed, Final, Opened, Partial
from harness.model.verdict import Outcome
from harness.scenario.slo import parse
from harness.store.baselines import Shelf, digests, past_runs, read_baseline
from harness.store.folder import RunFolder
from harness.store.rows import frame_row, heard_row, session_row

MS = 1_000_000
S = 1000 * MS
IDENTITY = Identity(facts=(("model", "m"),))
TIMES = 12
SLOS = {"errors": "sum error == 0", "slower": "delta p95 final_ms <= 50", "wrong": "delta pooled wer <= 50 %"}


@dataclass
class World:
    """A place for runs and baselines, and one clip of two words."""

    root: Path
    clip_id: str = "ramp"

    @property
    def shelf(self) -> Shelf:
        return Shelf(root=self.root / "baselines", target="t", scenario="two", driver="gateway")

    def clip(self) -> Clip:
        file = self.root / f"{self.clip_id}.flac"
        if not file.exists():
            soundfile.write(file, np.arange(16_000, dtype=np.int16), 16_000)
        return hello(self.clip_id, hashlib.sha256(file.read_bytes()).hexdigest())

    def run(
        self,
        name: str,
        /,
        *,
        final_ms: int = 100,
        text: str = "hello there",
        slos: tuple[str, ...] = ("errors",),
        limits: tuple[KnownLimit, ...] = (),
        **scenario: object,
    ) -> Path:
        """A judged run of one clip played again and again, its finals that late; it takes the shelf's baseline."""
        manifest = self.manifest(name, slos, limits)
        copies = self.shelf.copies(past_runs(self.root / "reports", self.shelf))
        manifest = replace(manifest, scenario=replace(manifest.scenario, **scenario), digests=digests(copies))
        clip = self.clip()
        folder = RunFolder.create(self.root / "reports", name, manifest, {clip.sha256: self.root / clip.path}, copies)
        parts = folder.parts()
        for plan in manifest.plan.sessions:
            end = plan.start_ns + clip.words[-1].end_ns
            heard = (
                (plan.open_ns, Opened()),
                (plan.start_ns + 400 * MS, Partial(segment=0, text="hello")),
                (end + final_ms * MS, Final(segment=0, text=text)),
                (plan.end_ns + S, Closed(code="1000")),
            )
            parts.add("heard", [heard_row(plan.session_id, at, what) for at, what in heard])
            parts.add("frames", [frame_row(plan.session_id, at, 100) for at in range(plan.frame_count)])
            ended = {"opened_ns": plan.open_ns, "ready_ns": plan.open_ns, "ended_ns": plan.end_ns + 2 * S}
            parts.add("sessions", [session_row(plan, "completed", **ended)])
        parts.flush(last=True)
        vitals = Vitals(identity_after=IDENTITY)
        folder.write_ending(Ending(ended_utc="2026-01-01T00:10:00+00:00", elapsed_ns=1, vitals=vitals))
        write_verdicts(certify(folder))
        return folder.path

    def manifest(self, name: str, slos: tuple[str, ...], limits: tuple[KnownLimit, ...]) -> Manifest:
        clip = self.clip()
        sessions = tuple(
            SessionPlan(
                session_id=f"s{number:02}",
                clip=clip,
                lane=0,
                repeat=number,
                open_ns=start - S,
                start_ns=start,
                frame_ns=S // 10,
                end_ns=start + S,
                deadline_ns=start + 11 * S,
            )
            for number, start in enumerate(range(S, S + TIMES * 10 * S, 10 * S))
        )
        return Manifest(
            run_id=name,
            began_utc=f"2026-01-01T0{name[-1]}:00:00+00:00",  # runs are named two-1, two-2 …
            driver="gateway",
            endpoint="ws://127.0.0.1:1",
            scenario=Scenario(
                name="two",
                description="",
                clips=(Selection(),),
                arrival=Arrival(lanes=1, seed=7),
                pacing=Pacing(),
                objectives=tuple(objective(slo) for slo in slos),
            ),
            target=Target(name="t", kind="embedded", endpoints=(("gateway", "auto"),), known_limits=limits),
            plan=Plan(seed=7, lanes=1, sessions=sessions),
            identity_before=IDENTITY,
            bound_seed=11,
            normaliser=NORMALISER,
            versions=(),
            environment=(),
            digests=(),
        )


def objective(name: str) -> Objective:
    read = parse(SLOS[name])
    parts = {key: getattr(read, key) for key in type(read).__dataclass_fields__}
    return Objective(objective_id=name, text=SLOS[name], **parts)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(root=tmp_path)


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], world: World) -> Callable:
    """Call `harness …`: its exit code, and what it printed."""

    def call(*words: object) -> tuple[int, str]:
        more = ["--baselines", str(world.root / "baselines")] if words[0] == "bless" else []
        monkeypatch.setattr(sys, "argv", ["harness", *map(str, words), *more])
        with pytest.raises(SystemExit) as exit_:
            main()
        said = capsys.readouterr()
        return int(exit_.value.code or 0), said.out + said.err

    return call


def test_a_later_run_is_compared_with_the_blessed_one(world: World, call: Callable) -> None:
    """From PASS to bless to a later run that is 300 ms slower: FAIL, from its folder alone."""
    code, said = call("bless", world.run("two-1"))
    assert (code, "later runs are compared with two-1 (12 sessions)" in said) == (0, True), said
    slow = world.run("two-2", final_ms=400, slos=("errors", "slower", "wrong"))
    world.shelf.path.unlink()
    certified = certify(RunFolder.open(slow))
    outcomes = {one.line_id: one.outcome for one in certified.judgement.verdicts}
    assert outcomes == {"errors": Outcome.PASS, "slower": Outcome.FAIL, "wrong": Outcome.PASS}
    assert certified.judgement.headline.startswith("Change of final: the typical session moved by +300 ms over 12")
    assert [one.run_id for one in certified.record.history] == ["two-1"]


def test_the_page_names_words_that_got_worse(world: World, call: Callable) -> None:
    """Right in every blessed session, wrong in every one now: from `bless` to the page."""
    call("bless", world.run("two-1"))
    run = world.run("two-2", text="hello where")
    code, said = call("report", run)
    assert code == 0, said
    page = (run / "report.html").read_text(encoding="utf-8")
    part = page[page.index("Against the baseline") : page.index('id="latency"')]
    assert (
        "1\u202fword of 1\u202fclip played in both was right in every baseline session and is wrong in most now" in part
    )
    assert "“where”" in part
    assert "12 of 12" in part


def test_a_run_that_did_not_pass_needs_a_reason(world: World, call: Callable) -> None:
    """Refused with the remedy; with --force the reason is kept."""
    run = world.run("two-1", slos=("slower",))
    code, said = call("bless", run)
    assert (code, "is INCONCLUSIVE, not PASS" in said, "--force" in said) == (2, True, True)
    assert not world.shelf.path.exists()
    assert call("bless", run, "--force", "the first of its kind")[0] == 0
    kept = read_baseline(world.run("two-2"))
    assert kept is not None
    assert (kept.forced, kept.run.outcome) == ("the first of its kind", Outcome.INCONCLUSIVE)


def test_a_narrowed_run_is_refused_whatever_the_reason(world: World, call: Callable) -> None:
    """Force does not make a part the whole."""
    code, said = call("bless", world.run("two-1", narrowed=("rate 16000",)), "--force", "please")
    assert (code, "narrowed to rate 16000" in said) == (2, True)
    assert not world.shelf.path.exists()


def test_a_known_limit_that_keeps_passing_is_refused(world: World, call: Callable) -> None:
    """Three runs in a row: the mark is out of date, and the sentence names the line."""
    limits = (KnownLimit(objective="wrong", reason="small model"),)
    call("bless", world.run("two-0"))
    runs = [world.run(f"two-{day}", slos=("errors", "wrong"), limits=limits) for day in (1, 2, 3)]
    assert call("bless", runs[1])[0] == 0
    code, said = call("bless", runs[2])
    assert (code, "three times in a row (wrong)" in said) == (2, True)


def test_compare_prints_what_changed(world: World, call: Callable) -> None:
    """Latency in ms and words in points, each with its interval; what did not change is unclear."""
    code, said = call("compare", world.run("two-1"), world.run("two-2", final_ms=400, text="hello where"))
    assert code == 0
    (line,) = [line for line in said.splitlines() if line.startswith("ramp 16 kHz")]
    assert line.split()[:6] == ["ramp", "16", "kHz", "12", "+50.0", "[+17.1,"]
    assert "+300 [+300, +300]" in line
    assert line.endswith("0 [0, 0] unclear")
    assert "old  two-1" in said


def test_runs_without_a_common_session_cannot_be_compared(world: World, call: Callable) -> None:
    """One sentence, exit 2."""
    old = world.run("two-1")
    (world.root / "ramp.flac").unlink()
    soundfile.write(world.root / "ramp.flac", np.ones(16_000, dtype=np.int16), 16_000)
    code, said = call("compare", old, world.run("two-2"))
    assert (code, "share no session" in said) == (2, True)


@pytest.mark.parametrize(("scenario", "says"), [("two", ": they play no clip"), ("three", "(two and three) and play")])
def test_unlike_runs_are_told_apart_in_one_sentence(world: World, call: Callable, scenario: str, says: str) -> None:
    """Other clips, or another scenario with them."""
    old = world.run("two-1")
    world.clip_id = "stairs"
    code, said = call("compare", old, world.run("two-2", name=scenario))
    assert (code, said.count("\n")) == (2, 1)
    assert says in said
    assert "no clip in common; compare runs of like plans." in said
