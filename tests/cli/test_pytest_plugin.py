"""`pytest my-scenario.yaml`: judged lines as tests. Only the streaming is played here, in virtual time."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import harness.cli.pytest_items
import harness.measure.trace
import harness.report.html  # noqa: F401  an inner pytest forgets what it imports; compiled modules load only once
from harness.cli import live, perform, pytest_plugin
from harness.cli.options import Asked
from harness.drivers.base import DriverSpec
from harness.model.run import Ending, Identity, Manifest, Vitals
from harness.model.timeline import Closed, Final, Heard, Opened, Partial
from harness.scenario.load import load_target
from harness.store.folder import RunFolder
from harness.store.rows import frame_row, heard_row, session_row

pytest_plugins = ["pytester"]
ROOT = Path(__file__).resolve().parents[2]
MS = 1_000_000
IDENTITY = Identity(facts=(("model", "m"),))
SCENARIO = """\
name: small
clips: [{select: {clip: fast-vm-saveoper}, repeat: 40}]
arrival: {lanes: 2, seed: 7}
objectives:
  errors: sum error == 0
  slow: p50 final_ms <= 50 per rate
  open: p99 final_ms <= 200
  limit: p50 final_ms <= 50 where rate = 8000
  over: p50 final_ms <= 500 where rate = 8000
  aside: {slo: p50 final_ms <= 50, gate: false}
"""
GOOD = (
    SCENARIO[: SCENARIO.index("  slow")].replace("repeat: 40", "repeat: 60") + "  final: p95 final_ms <= 300 per rate\n"
)
TARGET = """\
name: double
kind: embedded
endpoints: {gateway: 'ws://127.0.0.1:1'}
"""
LIMITS = """\
known_limits:
  - {objective: limit, reason: a small recogniser is slow}
  - {objective: over, reason: a small recogniser is slow}
"""
NAMES = ["validity", "errors", "slow[rate=8000]", "slow[rate=16000]", "open", "limit", "over", "aside"]


@dataclass
class Stage:
    """Fills a run's folder as the engine would, at once: every final 100 ms after the end of speech."""

    lag_us: int = 100
    interrupted: bool = False
    raises: BaseException | None = None
    runs: list[Path] = field(default_factory=list)

    def stream(
        self,
        asked: Asked,
        *,
        files: tuple[Path, Path],
        driver: str,
        out: Path,
        **_: object,
    ) -> RunFolder:
        if self.raises is not None:
            raise self.raises
        target = load_target(files[1])
        spec = DriverSpec.of(target, driver, dict(target.endpoints)[driver])
        manifest = live.manifest_of(asked, target, spec, IDENTITY, files, {})
        clips = {clip.sha256: asked.corpus / clip.path for clip in asked.plan.clips}
        folder = RunFolder.create(out, manifest.run_id, manifest, clips)
        self.fill(folder, manifest)
        vitals = Vitals(identity_after=IDENTITY, interrupted=self.interrupted)
        folder.write_ending(Ending(ended_utc="2026-01-01T00:10:00+00:00", elapsed_ns=1, vitals=vitals))
        self.runs.append(folder.path)
        return folder

    def fill(self, folder: RunFolder, manifest: Manifest) -> None:
        parts = folder.parts()
        for plan in manifest.plan.sessions:
            clip, spoken_ns = plan.clip, plan.start_ns + plan.clip.words[-1].end_ns
            heard: tuple[tuple[int, Heard], ...] = (
                (plan.open_ns, Opened()),
                (plan.start_ns + clip.words[0].end_ns, Partial(segment=0, text=clip.words[0].text)),
                (spoken_ns + 100 * MS, Final(segment=0, text=clip.reference)),
                (plan.end_ns + 1000 * MS, Closed(code="1000")),
            )
            parts.add("heard", [heard_row(plan.session_id, at_ns, what) for at_ns, what in heard])
            parts.add("frames", [frame_row(plan.session_id, at, self.lag_us) for at in range(plan.frame_count)])
            ended = {"opened_ns": plan.open_ns, "ready_ns": plan.open_ns, "ended_ns": plan.end_ns + 2000 * MS}
            parts.add("sessions", [session_row(plan, "completed", **ended)])
        parts.flush(last=True)


@dataclass
class Suite:
    """A user's own repository: a scenario, a target, and pytest."""

    pytester: pytest.Pytester
    monkeypatch: pytest.MonkeyPatch
    flags: tuple[str, ...] = ("--harness-target", "target.yaml", "--harness-corpus", str(ROOT))

    def write(self, name: str, text: str) -> Path:
        path = self.pytester.path / name
        path.write_text(text, encoding="utf-8")
        return path

    def stage(self, **given: object) -> Stage:
        """From here on the streaming is played."""
        stage = replace(Stage(), **given)
        self.monkeypatch.setattr(perform, "stream", stage.stream)
        return stage

    def run(self, *arguments: str, plugins: tuple[object, ...] = ()) -> pytest.RunResult:
        return self.pytester.runpytest_inprocess(
            *self.flags, *arguments, plugins=[pytest_plugin, *plugins], no_reraise_ctrlc=True
        )


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # where it is installed it would be there twice
    pytester.makeini("[pytest]\nxfail_strict = true\n")
    made = Suite(pytester=pytester, monkeypatch=monkeypatch)
    made.write("scenario.yaml", SCENARIO)
    made.write("target.yaml", TARGET + LIMITS)
    return made


def said(result: pytest.RunResult) -> str:
    return result.stdout.str() + result.stderr.str()


def test_the_judged_lines_are_known_before_anything_runs(suite: Suite) -> None:
    """Every slice has its name for -k and for CI; nothing is started, nothing is written."""
    stage = suite.stage()
    result = suite.run("--collect-only", "-q", "scenario.yaml")
    assert [line for line in result.outlines if "::" in line] == [f"scenario.yaml::{name}" for name in NAMES]
    assert (result.ret, stage.runs) == (0, [])
    assert not (suite.pytester.path / "reports").exists()


def test_outcomes_follow_the_verdicts(suite: Suite) -> None:
    """One run; FAIL and INCONCLUSIVE fail with the verdict's sentence, what the run leaves out is never a failure."""
    stage = suite.stage()
    result = suite.run("-rA", "scenario.yaml")
    result.assert_outcomes(passed=2, failed=3, xfailed=1, xpassed=1, skipped=1)
    text = said(result)
    assert (result.ret, len(stage.runs)) == (1, 1)
    assert "FAILED scenario.yaml::slow[rate=8000] - Failed: FAIL: " in text
    assert "Failed: INCONCLUSIVE, not shown to be good: " in text
    assert "XFAIL scenario.yaml::limit - known limit, FAIL: a small recogniser is slow; " in text
    assert "XPASS scenario.yaml::over - known limit, passed this time: a small recogniser is slow; " in text
    assert "aside: advisory, FAIL: " in text
    assert "p50 final_ms <= 50 per rate: 100 ms, " in text
    assert "Traceback" not in text


def test_the_summary_names_the_verdict_and_the_report(suite: Suite) -> None:
    """The words of `harness run`, and the files it writes."""
    stage = suite.stage()
    result = suite.run("scenario.yaml")
    (folder,) = stage.runs
    assert f"report  {folder}/report.html      again  harness judge {folder}" in result.outlines
    assert any(line.startswith("FAIL  Final") for line in result.outlines)
    written = {path.name for path in (suite.pytester.path / folder).iterdir()}
    assert {"report.html", "junit.xml", "verdicts.json", "certificate.json"} <= written


def test_pytest_writes_its_own_junit(suite: Suite) -> None:
    """A case a line, with the sentence and the finer verdict."""
    suite.stage()
    suite.run("--junitxml", "out.xml", "scenario.yaml")
    cases = {case.get("name"): case for case in ET.parse(suite.pytester.path / "out.xml").iter("testcase")}  # noqa: S314
    assert list(cases) == NAMES
    failure = cases["open"].find("failure")
    assert failure is not None
    assert (failure.text or "").startswith("INCONCLUSIVE, not shown to be good: ")
    facts = {fact.get("name"): fact.get("value") for fact in cases["open"].iter("property")}
    assert facts["verdict"] == "INCONCLUSIVE"


def test_a_part_of_the_lines_is_no_claim_about_the_run(suite: Suite) -> None:
    """With -k the run is whole, its verdict is said, and exit code 0 is refused where it is no PASS."""
    suite.stage()
    result = suite.run("-k", "errors", "scenario.yaml")
    result.assert_outcomes(passed=1, deselected=7)
    assert result.ret == 1
    text = said(result)
    assert "\nFAIL  Final" in text
    assert "Exit code 1 although no test failed" in text


def test_a_run_that_passes_is_green(suite: Suite) -> None:
    """Exit code 0 is for PASS."""
    suite.stage()
    suite.write("scenario.yaml", GOOD)
    suite.write("target.yaml", TARGET)
    result = suite.run("scenario.yaml")
    result.assert_outcomes(passed=4)
    assert result.ret == 0
    assert "\nPASS  All 2 objectives hold" in said(result)


def test_two_scenarios_are_two_runs(suite: Suite) -> None:
    """Each once, each with its line in the summary."""
    stage = suite.stage()
    suite.write("scenario.yaml", GOOD)
    suite.write("other.yaml", GOOD.replace("name: small", "name: other"))
    suite.write("target.yaml", TARGET)
    result = suite.run("scenario.yaml", "other.yaml")
    result.assert_outcomes(passed=8)
    assert [path.name.split("-")[0] for path in stage.runs] == ["small", "other"]
    assert sum(line.startswith("report  ") for line in result.outlines) == 2


def test_an_invalid_run_fails_every_line(suite: Suite) -> None:
    """Known limits too: a run that cannot be vouched for shows nothing. The reason is the check's."""
    suite.stage(lag_us=100_000)
    result = suite.run("-rA", "scenario.yaml")
    result.assert_outcomes(failed=7, skipped=1)
    text = said(result)
    assert text.count("\nINVALID: The harness cannot vouch for this run: ") == 7
    assert "It kept its own pace: 80 of 80 sessions disturbed" in text
    assert "aside: advisory, INVALID: " in text


def test_a_target_that_is_down_is_an_error_for_every_line(suite: Suite) -> None:
    """The sentence of `harness run`, no traceback, no folder, and no second attempt."""
    result = suite.run("scenario.yaml")
    result.assert_outcomes(errors=len(NAMES))
    text = said(result)
    assert text.count("\nws://127.0.0.1:1: nothing listens there; start the target") == len(NAMES)
    assert text.count("asking ws://127.0.0.1:1 who it is") == 1
    assert "Traceback" not in text
    assert list((suite.pytester.path / "reports").iterdir()) == []


def test_a_fault_of_the_harness_is_shown_where_it_happened_and_once(suite: Suite) -> None:
    """Its trace stands with the first test; the others refer to it."""
    suite.stage(raises=ZeroDivisionError("a bug"))
    result = suite.run("scenario.yaml")
    result.assert_outcomes(errors=len(NAMES))
    assert said(result).count("raise self.raises") == 1
    assert result.outlines.count("The run broke off; the first test of this file shows where.") == len(NAMES) - 1


CASES: dict[str, tuple[Callable[[str], str], tuple[str, ...], tuple[str, ...]]] = {
    "unknown key": (lambda text: text.replace("arrival", "arrivals"), (), ("scenario.yaml: arrivals", "unknown key")),
    "unknown metric": (lambda text: text.replace("sum error", "sum eror"), (), ("objectives.errors", "'eror'")),
    "objectives forgotten": (
        lambda text: text[: text.index("objectives")],
        (),
        ("scenario.yaml: objectives", "is missing"),
    ),
    "not YAML": (lambda text: text + "  [", (), ("scenario.yaml: line", "not YAML")),
    "lanes": (str, ("--harness-lanes", "0"), ("--harness-lanes 0", "from 1 to 1000")),
    "driver": (str, ("--harness-driver", "riva"), ("--harness-driver riva: target.yaml", "use one of: gateway")),
    "corpus": (str, ("--harness-corpus", "nowhere"), ("nowhere",)),
    "no target": (str, ("--harness-target", "nowhere"), ("--harness-target nowhere", "does not exist")),
}


@pytest.mark.parametrize(("spoil", "flags", "says"), CASES.values(), ids=CASES.keys())
def test_bad_input_is_one_sentence_of_collection_and_exit_2(
    spoil: Callable[[str], str], flags: tuple[str, ...], says: tuple[str, ...], suite: Suite
) -> None:
    """File, key and remedy as `harness run` says them, with the flags that pytest knows."""
    stage = suite.stage()
    suite.write("scenario.yaml", spoil(SCENARIO))
    result = suite.run(*flags, "scenario.yaml")
    text = said(result)
    assert (result.ret, stage.runs) == (2, [])
    assert "Traceback" not in text
    assert "in collect" not in text
    assert any(all(part in line for part in says) for line in result.outlines), text


def test_other_peoples_yaml_is_left_alone(suite: Suite) -> None:
    """Even where it is named: other plug-ins test with YAML too."""
    suite.write("api.yaml", "test_name: an API\nstages: []\n")
    assert suite.run("api.yaml").ret == pytest.ExitCode.USAGE_ERROR
    assert "harness" not in suite.run("api.yaml").stdout.str()


def test_walking_a_folder_starts_nothing(suite: Suite) -> None:
    """A scenario that was not named is no test."""
    stage = suite.stage()
    suite.pytester.makepyfile(test_it="def test_it(): pass")
    result = suite.run(".")
    result.assert_outcomes(passed=1)
    assert stage.runs == []


def test_xdist_is_refused(suite: Suite) -> None:
    """Workers would each start a run; one sentence says what to do instead."""
    stage = suite.stage()

    class Worker:
        def pytest_configure(self, config: pytest.Config) -> None:
            config.workerinput = {"workerid": "gw0"}  # type: ignore[attr-defined]  so xdist marks its workers

    result = suite.run("scenario.yaml", plugins=(Worker(),))
    assert (result.ret, stage.runs) == (2, [])
    assert "give it a pytest of its own, without -n" in said(result)


def test_the_ini_says_what_stays_the_same(suite: Suite) -> None:
    """Its paths are relative to it, wherever pytest is called."""
    stage = suite.stage()
    suite.write("pytest.ini", f"[pytest]\nharness_target = target.yaml\nharness_corpus = {ROOT}\nharness_out = kept\n")
    (suite.pytester.path / "below").mkdir()
    suite.monkeypatch.chdir(suite.pytester.path / "below")
    result = replace(suite, flags=("-c", "../pytest.ini")).run("../scenario.yaml::errors")
    result.assert_outcomes(passed=1)
    assert [folder.parent for folder in stage.runs] == [suite.pytester.path / "kept"]


def test_an_interrupted_run_is_judged_and_stops_the_session(suite: Suite) -> None:
    """What was measured is kept, judged, and never a PASS; the message says where it is."""
    stage = suite.stage(interrupted=True)
    suite.write("scenario.yaml", GOOD)
    suite.write("target.yaml", TARGET)
    result = suite.run("scenario.yaml")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    (folder,) = stage.runs
    text = said(result)
    assert f"Interrupted: scenario.yaml was cut short; what was measured is judged and kept in {folder} !" in text
    assert "INCONCLUSIVE  Cut short: the run was interrupted." in text


def test_ctrl_c_before_the_streaming_stops_the_session(suite: Suite) -> None:
    """With the sentence, and without a trace."""
    suite.stage(raises=KeyboardInterrupt())
    result = suite.run("scenario.yaml")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "Interrupted: Interrupted before anything was measured. !" in said(result)


def test_a_file_that_changed_since_collection_is_not_run(suite: Suite) -> None:
    """The digests in the certificate must be of what was planned."""
    stage = suite.stage()
    suite.pytester.makepyfile(
        test_edit="def test_edit():\n    from pathlib import Path\n    Path('scenario.yaml').write_text('')\n"
    )
    result = suite.run("test_edit.py", "scenario.yaml")
    result.assert_outcomes(passed=1, errors=len(NAMES))
    assert stage.runs == []
    assert "scenario.yaml: has changed since its tests were collected; run pytest again." in said(result)


def test_setup_plan_starts_nothing(suite: Suite) -> None:
    """It only shows what would be done."""
    stage = suite.stage()
    assert suite.run("--setup-plan", "scenario.yaml").ret == 0
    assert stage.runs == []


def test_every_pytest_of_the_environment_loads_it_and_little_else() -> None:
    """Numbers, gRPC and the command line itself wait until a scenario is named."""
    code = (
        "import sys, pytest; before = set(sys.modules); import harness.cli.pytest_plugin; "
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "['harness', 'harness.cli', 'harness.cli.pytest_plugin']"


def test_the_package_announces_it_to_pytest() -> None:
    """The entry point names a module that is there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert importlib.import_module(project["entry-points"]["pytest11"]["riva-slo-harness"]) is pytest_plugin
