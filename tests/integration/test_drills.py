"""Faults and timing, each for real. Run by `nox -s drills`."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from support.processes import ROOT, Harness, gateway_double, write_target

pytestmark = pytest.mark.drill
GOLDEN = "scenarios/golden.yaml"
SHORT = ("run", GOLDEN, "--condition", "clean", "--repeat", "1")


def gone(processes: list[psutil.Process]) -> bool:
    return not [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def accounted(folder: Path) -> tuple[int, int]:
    """Planned and stored counted sessions of a run."""
    import pandas as pd

    plan = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["plan"]
    planned = [session["session_id"] for session in plan["sessions"]]
    stored = pd.read_parquet(folder / "sessions")
    return len(planned), len(set(stored["session_id"]) & set(planned))


def test_a_killed_riva_fails_the_run_and_every_session_is_accounted_for(start: Callable[..., Harness]) -> None:
    """`kill -9` of the recogniser mid-run is a FAIL with all sessions in the denominator, and leaves no process."""
    harness = start(*SHORT)
    riva = harness.child("harness.embedded.server")
    harness.sessions_stored(at_least=3)
    everyone = psutil.Process(harness.process.pid).children(recursive=True)
    riva.kill()
    code, output = harness.end()
    assert code == 1, output
    planned, stored = accounted(harness.folder)
    assert stored == planned
    errors = next(v for v in harness.judgement()["verdicts"] if v["objective"]["objective_id"] == "errors")
    assert errors["outcome"] == "FAIL"
    assert errors["estimate"]["n"] == planned - 2  # two of them are warm-up
    assert gone(everyone)


def test_a_stalled_engine_invalidates_the_run_and_names_the_sessions(start: Callable[..., Harness]) -> None:
    """An engine stopped for 2 s cannot vouch for the sessions open then: INVALID, exit 4, their names in the reason."""
    harness = start(*SHORT)
    engine = harness.child("harness.run.engine")
    harness.sessions_stored(at_least=3)
    engine.suspend()
    time.sleep(2)  # the fault itself: two seconds of standstill
    engine.resume()
    code, output = harness.end()
    assert code == 4, output
    judgement = harness.judgement()
    assert judgement["outcome"] == "INVALID"
    broken = [check for check in judgement["checks"] if not check["clear"]]
    assert any("s000" in check["found"] for check in broken), broken


def test_ctrl_c_keeps_what_was_measured_and_says_that_it_is_cut_short(start: Callable[..., Harness]) -> None:
    """An interrupt leaves a readable, judged folder that claims no PASS, and no process."""
    harness = start(*SHORT)
    harness.sessions_stored(at_least=6)
    everyone = psutil.Process(harness.process.pid).children(recursive=True)
    harness.process.send_signal(signal.SIGINT)
    code, output = harness.end(timeout_s=60)
    assert code in {1, 3}, output
    judgement = harness.judgement()
    assert judgement["outcome"] != "PASS"
    assert "cut" in (harness.folder / "report.html").read_text(encoding="utf-8")
    assert "not measured" in output or "cut short" in output
    assert gone(everyone)


@pytest.mark.parametrize("lanes", [1, 50])
def test_a_known_delay_is_measured_to_ten_milliseconds(
    lanes: int, start: Callable[..., Harness], tmp_path: Path
) -> None:
    """A final 250 ms late, after audio that ends 200 ms after speech, is reported as 450 ms, alone or in a crowd."""
    scenario = tmp_path / "delay.yaml"
    scenario.write_text(
        f"name: delay\nclips: [{{select: {{condition: fast}}, repeat: {1 if lanes == 1 else 25}}}]\n"
        f"arrival: {{lanes: {lanes}, seed: 3}}\nobjectives: {{half: p50 final_ms <= 460}}\n",
        encoding="utf-8",
    )
    with gateway_double("--final-delay-ms", "250") as address:
        target = write_target(tmp_path / "double.yaml", address)
        harness = start("run", str(scenario), "--target", str(target), "--corpus", str(ROOT))
        code, output = harness.end()
    (verdict,) = harness.judgement()["verdicts"]
    assert code in {0, 3}, output
    assert verdict["estimate"]["missing"] == 0
    assert verdict["estimate"]["value"] == pytest.approx(450, abs=10)


def test_lost_finals_fail_by_name(start: Callable[..., Harness], tmp_path: Path) -> None:
    """A gateway that cancels before its last final FAILs, and the reason speaks of finals that never came."""
    with gateway_double("--lose-last-final") as address:
        target = write_target(tmp_path / "double.yaml", address)
        harness = start(*SHORT, "--target", str(target))
        code, output = harness.end()
    assert code == 1, output
    final = [v for v in harness.judgement()["verdicts"] if v["objective"]["objective_id"] == "final"]
    assert {verdict["outcome"] for verdict in final} == {"FAIL"}
    assert all("never got a final" in verdict["reason"] for verdict in final)
