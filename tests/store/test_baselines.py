"""The shelf of blessed runs, and what a run's folder takes from it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import FolderError
from harness.model.baseline import Baseline, BlessedSession, PastLine, PastMistake, PastRun, Reading
from harness.model.clip import Clip
from harness.model.run import Manifest
from harness.model.scenario import Objective
from harness.model.verdict import Estimate, Judgement, Outcome, Verdict
from harness.store import codec
from harness.store.baselines import BLESSED, HISTORY, Shelf, baseline_text, digests, past_runs
from harness.store.folder import RunFolder

FINAL = Objective(
    objective_id="final", text="p95 final_ms <= 800", aggregate="p95", metric="final_ms", op="<=", threshold=800.0
)


def past(number: int, outcome: Outcome = Outcome.PASS) -> PastRun:
    return PastRun(
        run_id=f"two-{number:02}",
        began_utc=f"2026-01-{number:02}T00:00:00+00:00",
        outcome=outcome,
        lines=(PastLine(line_id="final", outcome=outcome, value=math.inf),),
        identity=(("model", "m"),),
        versions=(("python", "3.11"),),
    )


@pytest.fixture
def baseline() -> Baseline:
    session = BlessedSession(
        session_id="s1",
        clip="ramp@16000",
        repeat=0,
        played="ab",
        keys=(("rate", "16000"),),
        outcome="ok",
        readings=(
            Reading(metric="final_ms", numerator=None, denominator=1.0),
            Reading(metric="wer", numerator=1.0, denominator=3.0),
        ),
    )
    return Baseline(
        target="t",
        scenario="two",
        driver="gateway",
        normaliser="n 1",
        blessed_utc="2026-01-03T00:00:00+00:00",
        forced="",
        run=past(2),
        sessions=(session, replace(session, session_id="s2")),
    )


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(root=tmp_path / "baselines", target="t", scenario="two", driver="gateway")


Begin = Callable[[dict[str, str], tuple[tuple[str, str], ...]], RunFolder]


@pytest.fixture
def begin(tmp_path: Path, manifest: Manifest, clip: Clip, clip_file: Path) -> Begin:
    """Make a run's folder with copies from the shelf, and their digests in its manifest."""

    def begin(copies: dict[str, str], promised: tuple[tuple[str, str], ...]) -> RunFolder:
        told = replace(manifest, digests=(*manifest.digests, *promised))
        return RunFolder.create(tmp_path / "reports", "run", told, {clip.sha256: clip_file}, copies)

    return begin


def test_a_run_takes_along_what_was_blessed(begin: Begin, shelf: Shelf, baseline: Baseline) -> None:
    """Its folder needs nothing outside, and both copies are among what the verdict rests on."""
    shelf.put(baseline, (past(1), past(2)))
    copies = shelf.copies((past(3),))
    folder = begin(copies, digests(copies))
    record = folder.read()
    assert record.baseline == baseline
    assert record.history == (past(1), past(2), past(3))
    assert {BLESSED, HISTORY} <= dict(folder.digests()).keys()
    assert not any("baseline" in one for one in record.damage)


@pytest.mark.parametrize("change", ["remove", "alter", "add"])
def test_another_baseline_than_the_run_began_with_is_damage(
    begin: Begin, shelf: Shelf, baseline: Baseline, change: str
) -> None:
    """Nobody makes a run PASS by changing what it is compared with."""
    shelf.put(baseline, ())
    copies = shelf.copies(())
    folder = begin(copies, () if change == "add" else digests(copies))
    if change == "remove":
        (folder.path / BLESSED).unlink()
    elif change == "alter":
        (folder.path / BLESSED).write_text(baseline_text(replace(baseline, forced="no matter")), encoding="utf-8")
    said = "missing" if change == "remove" else "not what the run began with"
    assert f"{BLESSED} is {said}" in folder.read().damage


def test_a_run_without_a_baseline_has_none(begin: Begin, shelf: Shelf) -> None:
    """An empty shelf gives no files."""
    folder = begin(shelf.copies(()), ())
    assert (folder.read().baseline, folder.read().history) == (None, ())
    assert not (folder.path / "baseline").exists()


def test_a_session_is_one_line(baseline: Baseline) -> None:
    """A change under version control shows which sessions changed; the text is JSON all the same."""
    text = baseline_text(baseline)
    assert sum('"session_id"' in line for line in text.splitlines()) == 2
    assert codec.loads(Baseline, text) == baseline


def test_blessing_again_replaces(shelf: Shelf, baseline: Baseline) -> None:
    """The newest blessing stands; no draft stays behind."""
    shelf.put(baseline, (past(1),))
    shelf.put(replace(baseline, forced="because"), (past(2),))
    assert codec.loads(Baseline, shelf.copies(())[BLESSED]).forced == "because"
    assert shelf.history() == (past(2),)
    assert sorted(file.name for file in shelf.path.parent.iterdir()) == ["gateway-history.json", "gateway.json"]


@pytest.mark.parametrize("name", ["gateway.json", "gateway-history.json"])
def test_a_damaged_shelf_is_refused_before_the_run(shelf: Shelf, baseline: Baseline, name: str) -> None:
    """One sentence that names the file."""
    shelf.put(baseline, (past(1),))
    (shelf.path.parent / name).write_text("{", encoding="utf-8")
    with pytest.raises(FolderError, match=f"{name}: it cannot be read"):
        shelf.copies(())


def judged(reports: Path, manifest: Manifest, run_id: str, began_utc: str, outcome: Outcome) -> Path:
    """A run's folder as far as history reads it."""
    folder = reports / run_id
    folder.mkdir(parents=True)
    RunFolder(folder).write_manifest(replace(manifest, run_id=run_id, began_utc=began_utc))
    estimate = Estimate(metric="final_ms", aggregate="p95", n=9, missing=0, value=700.0)
    verdict = Verdict(objective=FINAL, slice=(), outcome=outcome, estimate=estimate, reason="", known_limit="slow")
    judgement = Judgement(outcome=outcome, headline="", verdicts=(verdict,), checks=())
    (folder / "verdicts.json").write_text(codec.dumps(judgement), encoding="utf-8")
    return folder


def test_history_is_found_among_the_reports(tmp_path: Path, shelf: Shelf, manifest: Manifest) -> None:
    """Runs of this target, scenario and driver, oldest first, with verdicts and versions; others are passed over."""
    for day in (2, 1):
        judged(tmp_path, manifest, f"two-2026010{day}", f"2026-01-0{day}", Outcome.FAIL)
    other = replace(manifest, target=replace(manifest.target, name="else"))
    narrowed = replace(manifest, scenario=replace(manifest.scenario, narrowed=("rate 8000",)))
    for name, odd in (("x", other), ("y", replace(manifest, driver="riva")), ("z", narrowed)):
        judged(tmp_path, odd, f"two-{name}", "2026-01-09", Outcome.PASS)
    found = past_runs(tmp_path, shelf)
    assert [one.run_id for one in found] == ["two-20260101", "two-20260102"]
    assert found[0].lines == (
        PastLine(line_id="final", outcome=Outcome.FAIL, value=700.0, known_limit=True, objective=FINAL.text),
    )
    assert (found[0].versions, found[0].identity) == ((("python", "3.11"),), (("model", "m"),))


def test_only_the_last_fourteen_are_kept(tmp_path: Path, shelf: Shelf, manifest: Manifest) -> None:
    """The newest by name."""
    for day in range(1, 18):
        judged(tmp_path, manifest, f"two-{day:02}", f"2026-01-{day:02}", Outcome.PASS)
    assert [one.run_id for one in past_runs(tmp_path, shelf)] == [f"two-{day:02}" for day in range(4, 18)]


def test_a_folder_that_cannot_be_read_is_passed_over(tmp_path: Path, shelf: Shelf, manifest: Manifest) -> None:
    """Yesterday's broken run is no reason to refuse today's."""
    judged(tmp_path, manifest, "two-1", "2026-01-01", Outcome.PASS)
    (judged(tmp_path, manifest, "two-2", "2026-01-02", Outcome.PASS) / "verdicts.json").unlink()
    (judged(tmp_path, manifest, "two-3", "2026-01-03", Outcome.PASS) / "manifest.json").write_text("[]")
    broken = judged(tmp_path, manifest, "two-4", "2026-01-04", Outcome.PASS) / "manifest.json"
    tree = json.loads(broken.read_text(encoding="utf-8"))
    broken.write_text(json.dumps(tree | {"identity_before": None}), encoding="utf-8")
    assert [one.run_id for one in past_runs(tmp_path, shelf)] == ["two-1"]


def test_wrong_words_are_kept_and_an_older_file_has_none(shelf: Shelf, baseline: Baseline) -> None:
    """A baseline of before they were kept is read all the same, and says that it does not know."""
    wrong = PastMistake(kind="delete", at=2, reference="you", heard="")
    told = replace(baseline, sessions=(replace(baseline.sessions[0], mistakes=(wrong,)),))
    shelf.put(told, ())
    assert codec.loads(Baseline, shelf.copies(())[BLESSED]) == told
    tree = json.loads(baseline_text(baseline))
    for session in tree["sessions"]:
        del session["mistakes"]
    old = codec.loads(Baseline, json.dumps(tree))
    assert [one.mistakes for one in old.sessions] == [None, None]


def test_history_of_an_older_version_is_read(shelf: Shelf) -> None:
    """Its lines know no bound and no text; nothing is invented for them."""
    line = {"line_id": "final", "outcome": "PASS", "value": 640.0, "known_limit": False}
    run = {"run_id": "two-01", "began_utc": "2026-01-01", "outcome": "PASS", "identity": [], "versions": []}
    shelf.history_path.parent.mkdir(parents=True)
    shelf.history_path.write_text(json.dumps({"runs": [run | {"lines": [line]}]}), encoding="utf-8")
    ((kept,),) = (one.lines for one in shelf.history())
    assert (kept.value, kept.bound, kept.objective) == (640.0, None, "")
