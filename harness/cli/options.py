"""The options that several sub-commands share, and what becomes of them: a scenario, checked and narrowed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from harness.errors import CorpusError, ScenarioError, TargetFileError, choose

if TYPE_CHECKING:
    from harness.model.assembled import Assembled
    from harness.model.plan import Plan
    from harness.model.scenario import Scenario, Target

ScenarioArgument = Annotated[Path, typer.Argument(help="A scenario file, such as scenarios/golden.yaml.")]
RunArgument = Annotated[Path, typer.Argument(help="A run's folder, such as reports/golden-….")]
CorpusOption = Annotated[
    Optional[Path],  # noqa: UP045  typer reads the annotation at run time
    typer.Option("--corpus", help="The folder that holds golden/ and fixtures/; found above the scenario by default."),
]
BaselinesOption = Annotated[
    Path, typer.Option("--baselines", help="Where blessed runs are kept, a folder a target and scenario.")
]
ClipOption = Annotated[list[str], typer.Option("--clip", help="Only this clip; may be repeated.")]
ConditionOption = Annotated[list[str], typer.Option("--condition", help="Only this condition; may be repeated.")]
RateOption = Annotated[list[int], typer.Option("--rate", help="Only this sample rate in Hz; may be repeated.")]
RepeatOption = Annotated[Optional[int], typer.Option("--repeat", min=1, help="Play each clip that often.")]  # noqa: UP045
LanesOption = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--lanes", min=1, max=1000, help="Sessions at once; a release plays 2."),
]
SeedOption = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--seed", min=0, max=2**32 - 1, help="Another seed than the scenario's."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A scenario as the user asked for it, and the plan it makes."""

    scenario: Scenario
    plan: Plan
    corpus: Path
    assembled: tuple[Assembled, ...] = ()  # what its plan may name beside the corpus, still without audio
    admit: int | None = None  # how many streams a gateway of ours may admit; None: all that the plan opens


def ask(
    path: Path,
    *,
    corpus: Path | None,
    clips: list[str],
    conditions: list[str],
    rates: list[int],
    repeat: int | None,
    lanes: int | None,
    seed: int | None,
) -> Asked:
    """Load, narrow, check against the corpus, and plan. Raises UsageError."""
    from harness.corpus.load import load_corpus
    from harness.scenario.assemble import assemble
    from harness.scenario.load import load_scenario
    from harness.scenario.plan import check, make_plan, narrow, refuse_unknown_flags, refuse_unplanned

    scenario = load_scenario(path)
    if scenario.arrival.shape is not None:
        _refuse_beside_a_shape(path, repeat=repeat, lanes=lanes)
    root = corpus_at(corpus) if corpus else _corpus_above(path)
    corpus_clips = load_corpus(root)
    assembled = assemble(scenario, corpus_clips, str(path))
    known = (*corpus_clips, *(one.clip for one in assembled))
    only = tuple(
        (key, tuple(map(str, values)))
        for key, values in (("clip", clips), ("condition", conditions), ("rate", rates))
        if values
    )
    refuse_unknown_flags(check(scenario, known, str(path)), known, only, str(path))
    scenario = check(narrow(scenario, only, repeat), known, str(path))
    arrival = replace(
        scenario.arrival,
        lanes=scenario.arrival.lanes if lanes is None else lanes,
        seed=scenario.arrival.seed if seed is None else seed,
    )
    scenario = replace(scenario, arrival=arrival)
    plan = make_plan(scenario, known)
    refuse_unplanned(scenario, plan, str(path))
    return Asked(scenario=scenario, plan=plan, corpus=root, assembled=assembled)


def _refuse_beside_a_shape(path: Path, **given: int | None) -> None:
    for name, value in given.items():
        if value is not None:
            what = f"the arrival of {path} has a shape, which says what is played, and how many at once"
            raise ScenarioError(f"--{name} {value}", what, "leave it out")


def find_target(scenario: Path, target: str, asked: str | None = None, corpus: Path | None = None) -> Path:
    """A target by path, or by its name in targets/ beside the scenario, or else beside the scenarios of the corpus.

    `asked` is how the user named it.
    """
    path = Path(target)
    if path.suffix in (".yaml", ".yml"):
        return path
    beside = scenario.parent / "targets" / f"{target}.yaml"
    if not beside.exists() and corpus is not None:
        beside = corpus / "scenarios" / "targets" / f"{target}.yaml"
    if not beside.exists():
        remedy = choose(target, [file.stem for file in beside.parent.glob("*.yaml")])
        remedy += "" if remedy.endswith("?") else ", or a path"
        raise TargetFileError(asked or f"--target {target}", f"{beside} does not exist", remedy)
    return beside


def pick_driver(target: Target, file: Path, asked: str | None) -> str:
    """The way in that was asked for, or the first of the target's. Raises TargetFileError where it has no such."""
    ways = dict(target.endpoints)
    driver = asked or next(iter(ways))
    if driver not in ways:
        raise TargetFileError(f"--driver {driver}", f"{file} has no such endpoint", choose(driver, ways))
    return driver


def corpus_at(folder: Path) -> Path:
    """The corpus that --corpus names. Raises CorpusError where it is none."""
    if not (folder / "golden").is_dir():
        raise CorpusError(
            f"--corpus {folder}", "it holds no golden/", "give the folder that holds golden/ and fixtures/"
        )
    return folder


def corpus_here(named: Path | None = None) -> Path:
    """The corpus that --corpus names, else the one in the current folder or the nearest one above it."""
    if named is not None:
        return corpus_at(named)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "golden").is_dir():
            return folder
    raise CorpusError(str(here), "neither it nor a folder above it holds golden/", "name the corpus with --corpus")


def _corpus_above(scenario: Path) -> Path:
    for folder in scenario.resolve().parents:
        if (folder / "golden").is_dir():
            return folder
    raise ScenarioError(str(scenario), "no folder above it holds golden/", "name the corpus with --corpus")
