"""What this machine can honestly send: the plan, the sentence, and a tiny load for real."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.cli.app import main
from harness.cli.finding import Finding
from harness.cli.load_check import found_of
from harness.cli.load_trial import Load, as_one, plans
from harness.model.clip import Clip
from harness.model.run import Ending, Identity, Manifest, Record, Vitals
from harness.model.scenario import Arrival, Pacing, Scenario, Target
from harness.model.series import LOOP_BUSY
from harness.model.timeline import NO_FILES, Closed, Errored, Final, Heard, Opened, Sample, Timeline

S = 1_000_000_000
LOAD = Load(sessions=40, workers=1, frame_ms=100, seconds=2)
CLIP = Clip(
    clip_id="silence",
    rate_hz=16_000,
    path="",
    sha256="",
    condition="silence",
    source="silence",
    speaker="nobody",
    speech="none",
    duration_ns=3 * S,
    reference="",
    words=(),
    segments=(),
)


def record(
    load: Load = LOAD,
    *,
    lag_us: Callable[[int], int] = lambda _: 800,
    ends: Callable[[int], tuple[Heard, ...]] = lambda _: (Final(segment=0, text=""), Closed(code="1000")),
    busy: float = 30.0,
    worker: int = 0,
) -> Record:
    """A trial in which every frame of a session is as late as `lag_us` says of its number."""
    plan = plans(load, CLIP)[worker]
    timelines = tuple(
        Timeline(
            session_id=one.session_id,
            end_reason="completed",
            opened_ns=one.open_ns,
            ready_ns=one.open_ns + 1,
            send_lag_us=(lag_us(number),) * one.frame_count,
            tick_late_max_us=lag_us(number),
            heard=((one.open_ns + 1, Opened()), *((one.end_ns + 1, what) for what in ends(number))),
        )
        for number, one in enumerate(plan.sessions)
    )
    manifest = Manifest(
        run_id="load",
        began_utc="",
        driver="gateway",
        endpoint="ws://127.0.0.1:1",
        scenario=Scenario(
            name="load",
            description="",
            clips=(),
            arrival=Arrival(lanes=1, seed=0),
            pacing=Pacing(frame_ms=load.frame_ms, end_after_ms=None),
            objectives=(),
        ),
        target=Target(name="sink", kind="real", endpoints=(("gateway", "ws://127.0.0.1:1"),)),
        plan=plan,
        identity_before=Identity(facts=()),
        bound_seed=0,
        normaliser="",
        versions=(),
        environment=(("cores", "8"),),
        digests=(),
    )
    samples = tuple(Sample(at_ns=at * S, source="engine", metric=LOOP_BUSY, value=busy) for at in range(5))
    ending = Ending(ended_utc="", elapsed_ns=1, vitals=Vitals())
    return Record(manifest=manifest, ending=ending, timelines=timelines, samples=samples)


def told(found: tuple[Finding, ...]) -> dict[str, tuple[str, str]]:
    return {one.check: (one.mark, one.found) for one in found}


def test_all_sessions_are_open_for_as_long_as_was_asked() -> None:
    """They open over a second or more, and the window begins when the last one sends and ends before the first ends."""
    load = Load(sessions=1000, workers=3, frame_ms=20, seconds=4)
    dealt = plans(load, CLIP)
    sessions = [session for plan in dealt for session in plan.sessions]
    begin, end = load.window_ns
    assert end - begin == 4 * S
    assert max(one.start_ns for one in sessions) <= begin
    assert min(one.end_ns for one in sessions) >= end
    assert [len(plan.sessions) for plan in dealt] == [334, 333, 333]
    assert len({one.session_id for one in sessions}) == 1000


def test_no_two_sessions_keep_the_same_step() -> None:
    """What is due at one moment would be late for that alone: in no ms of a frame stand over 2 % of the sessions."""
    (plan,) = plans(Load(sessions=1000, workers=1, frame_ms=100, seconds=4), CLIP)
    phases = Counter(one.start_ns % one.frame_ns // 1_000_000 for one in plan.sessions)
    assert max(phases.values()) <= 20


def test_a_calm_trial_is_a_sentence_with_its_p99() -> None:
    """Of the frames that were due while all were open."""
    found = told(found_of(LOAD, record(lag_us=lambda number: 3_100 if number < 2 else 500)))
    assert found["verdict"] == ("fine", "this machine can honestly pace 40 sessions (p99 3.1 ms)")
    assert "p50 0.5 ms, p99 3.1 ms, at most 3.1 ms" in found["lag"][1]
    assert {mark for mark, _ in found.values()} == {"fine"}


def test_a_full_core_cannot_and_needs_workers() -> None:
    """By the rule of a run: over 1 % of the sessions disturbed."""
    found = told(found_of(LOAD, record(lag_us=lambda number: 61_000 if number < 4 else 900, busy=99.0)))
    mark, said = found["verdict"]
    assert mark == "bad"
    assert said.startswith("this machine cannot honestly pace 40 sessions: 4 of 40 sessions disturbed (10.0 %)")
    assert said.endswith("run with 2 workers")


def test_late_frames_of_a_calm_core_do_not_ask_for_workers() -> None:
    """More engines cure no hypervisor."""
    found = told(found_of(LOAD, record(lag_us=lambda _: 61_000)))
    assert found["verdict"][0] == "bad"
    assert "workers" not in found["verdict"][1]


def test_a_sink_that_does_not_keep_up_is_no_proof() -> None:
    """It is said to be the sink; the machine is not said to be able."""
    lost = (Errored(code="protocol", detail="no answer"), Closed(code="1006"))
    found = told(found_of(LOAD, record(ends=lambda number: () if number else lost)))
    assert found["sessions"][0] == "bad"
    assert "the first: protocol, no answer" in found["sessions"][1]
    assert found["verdict"][1].endswith("free this machine, or ask for fewer")


def test_files_that_run_out_name_their_cure() -> None:
    """Before anything that follows from it."""
    lack = (Errored(code=NO_FILES, detail="none left", ours=True), Closed(code="1006"))
    good = (Final(segment=0, text=""), Closed(code="1000"))
    found = told(found_of(LOAD, record(ends=lambda number: good if number else lack)))
    assert found["verdict"][1].endswith("(s00001); raise their limit (ulimit -n 65536)")


def test_engines_are_judged_as_one() -> None:
    """Every session of the plan, the worst of the vitals, and engines told apart."""
    load = replace(LOAD, workers=2)
    one, other = record(load, busy=99.0), record(load, worker=1)
    lost = replace(other, ending=Ending(ended_utc="", elapsed_ns=9, vitals=Vitals(engines_lost=("It died.",))))
    whole = as_one([one, lost])
    assert {sample.source for sample in whole.samples} == {"engine 1", "engine 2"}
    assert len(whole.timelines) == len(whole.manifest.plan.sessions) == 40
    found = told(found_of(load, whole))
    assert found["engine"] == ("bad", "It died")
    assert "run with 3 workers" in found["finding"][1]


def run(monkeypatch: pytest.MonkeyPatch, *args: str) -> int:
    monkeypatch.setattr(sys, "argv", ["harness", "doctor", *args])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0)


def test_a_tiny_load_is_really_sent(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Three sessions in two engines: whatever this machine's pace is just now, they are sent and told."""
    code = run(monkeypatch, "--load", "3", "--workers", "2", "--seconds", "1")
    out = capsys.readouterr().out
    assert "3 sessions with frames of 100 ms were open at once for 1 s, in 2 workers" in out
    assert "engine 2" in out
    able = "this machine can honestly pace 3 sessions (p99 " in out
    assert (code, able) in ((0, True), (1, False))


def test_a_machine_without_files_cannot() -> None:
    """Sixty sessions and sixty files, of which the engine needs some itself: exit code 1, and the cure."""

    def few_files() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))

    done = subprocess.run(
        [sys.executable, "-m", "harness", "doctor", "--load", "60", "--seconds", "1"],
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
        preexec_fn=few_files,
    )
    assert done.returncode == 1, done.stderr
    verdict = done.stdout.splitlines()[-1]
    assert "sessions failed because the harness had no file descriptors left" in verdict
    assert verdict.endswith("raise their limit (ulimit -n 65536).")


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ((), "neither a target nor --load was given"),
        (("embedded", "--load", "3"), "--load is of this machine, embedded is a target"),
        (("--load", "0"), "--load 0: input should be greater"),
        (("--load", "3", "--workers", "0"), "--workers 0: input should be greater"),
        (("--load", "3", "--frame-ms", "5"), "--frame-ms 5: input should be greater"),
    ],
)
def test_what_cannot_be_asked_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], args: tuple[str, ...], sentence: str
) -> None:
    """Exit code 2, before anything is sent."""
    assert run(monkeypatch, *args) == 2
    assert sentence in " ".join(capsys.readouterr().err.replace("│", " ").split())
