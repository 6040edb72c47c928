"""The house's import table, held by reading the source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HARNESS = Path(__file__).resolve().parents[1] / "harness"
LEAVES = {"errors", "clock", "pcm", "model", "stats"}
ALLOWED = {
    **{key: set[str]() for key in LEAVES},
    "wire": set(),
    "riva": {"wire"},
    "corpus": {"model", "pcm"},
    "measure": {"model", "pcm"},
    "store": {"model", "pcm"},
    "report": {"model", "pcm"},
    "scenario": {"model"},
    "judge": {"model", "stats"},
    "observe": {"model"},
    "drivers": {"model", "wire", "riva", "pcm", "clock"},
    "run": {"model", "corpus", "drivers", "observe", "store", "clock", "pcm"},
    "load": {"model", "store", "measure", "run"},
    "gateway": {"wire", "riva", "pcm", "clock"},
    "embedded": {"riva", "pcm", "clock"},
}
PURE = (
    *("measure", "stats", "judge", "wire", "report/view.py"),
    *(f"scenario/{name}.py" for name in ("crowd", "plan", "session", "shapes", "slo")),
)
IMPURE = {"asyncio", "time", "random", "logging"}


def modules() -> list[Path]:
    return sorted(HARNESS.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Every module name that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(str(node.module))
            names |= {f"{node.module}.{alias.name}" for alias in node.names if node.module == "harness"}
    return names


def package(path: Path) -> str:
    first = path.relative_to(HARNESS).parts[0]
    return first.removesuffix(".py")


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(HARNESS)))
def test_each_module_imports_only_what_the_table_allows(path: Path) -> None:
    """A package reaches only the packages that the house's table names for it."""
    own = package(path)
    if own in {"cli", "__init__", "__main__"}:
        return
    ours = {name.split(".")[1] for name in imported(path) if name.startswith("harness.")}
    assert ours - ALLOWED[own] - {own, "errors"} == set()


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(HARNESS)))
def test_pure_modules_know_no_clock_chance_or_log(path: Path) -> None:
    """The pure ones import no asyncio, time, random or logging."""
    relative = str(path.relative_to(HARNESS))
    if relative.startswith(PURE):
        assert {name.split(".")[0] for name in imported(path)} & IMPURE == set()


def test_only_scripted_drivers_read_the_clock() -> None:
    """Drivers stamp nothing: only the scripted one, which plays in virtual time, has a clock."""
    readers = [path.name for path in (HARNESS / "drivers").glob("*.py") if "harness.clock" in imported(path)]
    assert set(readers) <= {"scripted.py"}


LOOPLESS = {"harness.run.framing", "harness.run.fresh"}


@pytest.mark.parametrize("path", sorted((HARNESS / "load").glob("*.py")), ids=lambda path: path.name)
def test_the_gevent_side_of_a_load_run_knows_no_asyncio(path: Path) -> None:
    """Importing locust patches sockets and threads: what has a loop or channels of its own stays in other processes."""
    names = imported(path)
    assert {name.split(".")[0] for name in names} & {"asyncio", "grpc", "uvloop"} == set()
    assert {name for name in names if name.startswith(("harness.run", "harness.clock"))} <= LOOPLESS


@pytest.mark.parametrize("path", [HARNESS / f"{name.split('.', 1)[1].replace('.', '/')}.py" for name in LOOPLESS])
def test_what_both_sides_use_has_no_loop(path: Path) -> None:
    """Frames and commands, and nothing else."""
    assert imported(path) & {"asyncio", "gevent"} == set()


def test_only_the_gevent_side_imports_locust() -> None:
    """It is an extra of the package, and half a second of every start."""
    users = {
        path.parent.name for path in modules() if any(n.split(".")[0] in {"locust", "gevent"} for n in imported(path))
    }
    assert users == {"load"}


def test_only_the_schema_sees_pydantic() -> None:
    """The form of the files is not the model: pydantic stays with the schemas, and its errors in the loader."""
    seers = {str(p.relative_to(HARNESS)) for p in modules() if any(n.startswith("pydantic") for n in imported(p))}
    assert seers <= {"scenario/schema.py", "scenario/schema_shapes.py", "scenario/load.py"}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(HARNESS)))
def test_no_module_passes_300_lines(path: Path) -> None:
    """A module that grows past 300 lines lacks a concept."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300
