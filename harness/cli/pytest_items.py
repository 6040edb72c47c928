"""A scenario as pytest sees it: a file of judged lines that is run whole, once, when its first test is set up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from harness.cli.pytest_options import Settled, as_here
from harness.cli.pytest_plugin import RUNS
from harness.errors import HarnessError, ScenarioError, UsageError
from harness.model.verdict import Outcome, Verdict
from harness.report.junit import doubts, left_out, numbers

if TYPE_CHECKING:
    from harness.cli.certify import Certified
    from harness.cli.display import ProgressLine


class ScenarioFile(pytest.File):
    """A named scenario. What is wrong with it, or with its target's file, is an error of collection: exit code 2."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._settled: Settled | None = None
        self._run: Certified | None = None
        self._no_run = ""  # why there is none

    def collect(self) -> Iterator[pytest.Item]:
        """First whether the harness can vouch for the run, then its judged lines."""
        try:
            self._alone()
            settled = self._settle()
        except UsageError as error:
            raise self.CollectError(as_here(error)) from None
        yield Validity.from_parent(self, name="validity")
        for line in settled.lines:
            yield JudgedLine.from_parent(self, name=line.line_id)

    def certified(self) -> Certified:
        """The run, done for whoever asks first. One that could not be done is nobody's, and is not tried again."""
        if self._run is None and not self._no_run:
            self._run = self._perform()
        if self._run is None:
            pytest.fail(self._no_run, pytrace=False)
        return self._run

    def _alone(self) -> None:
        if hasattr(self.config, "workerinput"):
            problem = "xdist's workers cannot share a run, and tests beside it would disturb its timing"
            raise ScenarioError(self.name, problem, "give it a pytest of its own, without -n")

    def _settle(self) -> Settled:
        if self._settled is None:
            here = Path.cwd()
            path = self.path.relative_to(here) if self.path.is_relative_to(here) else self.path
            self._settled = Settled.of(path, self.config)
        return self._settled

    def _perform(self) -> Certified | None:
        self._no_run = "The run broke off; the first test of this file shows where."
        try:
            run = self._stream()
        except UsageError as error:
            self._no_run = as_here(error)
            return None
        except HarnessError as error:
            self._no_run = f"The harness failed: {error}"
            return None
        self.config.stash.setdefault(RUNS, []).append(run)
        self._stop_where_cut(run)
        return run

    def _stream(self) -> Certified:
        from harness.cli.perform import Interrupted, perform

        settled = self._settle()
        settled.check_unchanged()
        try:
            with _progress(self.config) as progress:
                return perform(
                    settled.asked,
                    files=settled.files,
                    driver=settled.driver,
                    out=settled.out,
                    shelves=settled.baselines,
                    progress=progress,
                )
        except Interrupted as stopped:
            raise self.session.Interrupted(str(stopped)) from None

    def _stop_where_cut(self, run: Certified) -> None:
        ending = run.record.ending
        if ending is None or ending.vitals.interrupted:
            kept = f"what was measured is judged and kept in {run.folder.path}"
            self.session.shouldstop = f"{self.name} was cut short; {kept}"


class _Item(pytest.Item):
    @property
    def file(self) -> ScenarioFile:
        return cast("ScenarioFile", self.parent)

    def setup(self) -> None:
        """The run is done here, so that one that cannot be done is an error, and only a verdict is a failure."""
        if not self.config.getoption("setuponly", default=False):
            self.file.certified()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A sentence needs no trace, and the trace of a fault of ours no page for each of pytest's own frames."""
        return super().repr_failure(excinfo, style or "short")

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, self.name


class Validity(_Item):
    """Whether the harness can vouch for the run."""

    def runtest(self) -> None:
        judgement = self.file.certified().judgement
        if judgement.outcome is Outcome.INVALID:
            pytest.fail("\n".join([f"INVALID: {judgement.headline}", *doubts(judgement)]), pytrace=False)


class JudgedLine(_Item):
    """One objective on one slice."""

    def runtest(self) -> None:
        run = self.file.certified()
        verdict = next(one for one in run.judgement.verdicts if one.line_id == self.name)
        self.user_properties += [("verdict", verdict.outcome.value), ("run", run.record.manifest.run_id)]
        if verdict.outcome is Outcome.INVALID and verdict.objective.gate:
            pytest.fail(f"INVALID: {run.judgement.headline}", pytrace=False)
        self._leave_out(verdict)
        if verdict.outcome is not Outcome.PASS:
            pytest.fail(f"{_sentence(verdict)}\n{numbers(verdict)}", pytrace=False)

    def _leave_out(self, verdict: Verdict) -> None:
        """What the run's verdict does not read may not turn the suite red, nor look like something that holds."""
        why = left_out(verdict)
        if verdict.known_limit:
            self.add_marker(pytest.mark.xfail(reason=why, strict=False))
        elif why:
            pytest.skip(f"{self.name}: {why}")


def _sentence(verdict: Verdict) -> str:
    shown = ", not shown to be good" if verdict.outcome is Outcome.INCONCLUSIVE else ""
    return f"{verdict.outcome.value}{shown}: {verdict.reason}"


@contextmanager
def _progress(config: pytest.Config) -> Iterator[ProgressLine]:
    """The line that `harness run` draws, past pytest's capturing: minutes of silence look like a standstill."""
    from harness.cli.display import ProgressLine

    reporter = config.pluginmanager.getplugin("terminalreporter")
    capture = config.pluginmanager.getplugin("capturemanager")
    with ExitStack() as stack:
        if capture:
            stack.enter_context(capture.global_and_fixture_disabled())
        if reporter:
            reporter.ensure_newline()
            reporter.flush()
        yield stack.enter_context(ProgressLine())
