"""Reads scenario and target files into the model; every mistake is one sentence with file, key and remedy."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from harness.errors import ScenarioError, TargetFileError, UsageError
from harness.model.limits import Limits
from harness.model.scenario import (
    Arrival,
    Assembly,
    ClosedShape,
    Constant,
    KnownLimit,
    Levels,
    Objective,
    Observe,
    OpenShape,
    Pacing,
    Poisson,
    Ramp,
    Scenario,
    Search,
    Selection,
    Spike,
    Steps,
    Storm,
    Stress,
    Surge,
    Target,
    Tls,
    Trace,
    Where,
)
from harness.scenario.schema import (
    ArrivalEntry,
    AssembledEntry,
    ChosenEntry,
    Filter,
    LineFilter,
    ObjectiveEntry,
    ProcessEntry,
    PrometheusEntry,
    ScenarioFile,
    TargetFile,
)
from harness.scenario.slo import SloError, parse
from harness.scenario.trace import read_trace

_File = TypeVar("_File", bound=BaseModel)
_SHAPES: Final[Mapping[str, Callable[..., ClosedShape | OpenShape]]] = {
    shape.__name__.lower(): shape
    for shape in (Constant, Steps, Ramp, Spike, Stress, Levels, Poisson, Storm, Surge, Search)
}
_THINK_MS: Final = 2000  # without a shape


def load_scenario(path: Path) -> Scenario:
    """A scenario file as a value. Raises ScenarioError."""
    file = _load(path, ScenarioFile, ScenarioError)
    return Scenario(
        name=file.name,
        description=file.description,
        clips=tuple(map(_selection, file.clips)),
        arrival=_arrival(path, file.arrival),
        pacing=Pacing(**file.pacing.model_dump()),
        objectives=tuple(
            _objective(path, name, entry, staged=file.arrival.shape is not None)
            for name, entry in file.objectives.items()
        ),
        warm_up_sessions=file.warm_up.sessions,
        limits=Limits(**{name: float(value) for name, value in file.limits.model_dump().items()}),
    )


def load_target(path: Path) -> Target:
    """A target file as a value. Raises TargetFileError."""
    file = _load(path, TargetFile, TargetFileError)
    return Target(
        name=file.name,
        kind=file.kind,
        stack=file.start.stack if file.start else None,
        endpoints=tuple(file.endpoints.items()),
        model=file.model,
        language_code=file.language_code,
        tls=Tls(**file.tls.model_dump()),
        token_env=file.token_env,
        production=file.production,
        observe=tuple(map(_observe, file.observe)),
        known_limits=tuple(
            KnownLimit(objective=limit.objective, where=_filter(limit.where), reason=limit.reason)
            for limit in file.known_limits
        ),
        price_per_hour=file.price_per_hour,
        currency=file.currency,
    )


def _arrival(path: Path, entry: ArrivalEntry) -> Arrival:
    if entry.shape is None:
        think_ms = _THINK_MS if entry.think_ms is None else entry.think_ms
        return Arrival(lanes=entry.lanes, seed=entry.seed, think_ms=think_ms)
    ((name, given),) = ((name, one) for name, one in entry.shape if one is not None)
    shape = _shape(path, name, given.model_dump())
    return Arrival(lanes=entry.lanes, seed=entry.seed, think_ms=entry.think_ms or 0, shape=shape)


def _shape(path: Path, name: str, given: dict[str, Any]) -> ClosedShape | OpenShape:
    if name == "trace":
        starts_s = read_trace(path.parent / given["file"], f"{path}: arrival.shape.trace.file")
        return Trace(file=given["file"], starts_s=starts_s)
    return _SHAPES[name](**{key: tuple(one) if isinstance(one, list) else one for key, one in given.items()})


def _observe(entry: ProcessEntry | PrometheusEntry) -> Observe:
    if isinstance(entry, ProcessEntry):
        return Observe(kind="process", of=entry.process)
    return Observe(kind="prometheus", of=entry.prometheus, keep=tuple(entry.keep))


def _selection(entry: ChosenEntry | AssembledEntry) -> Selection:
    if isinstance(entry, ChosenEntry):
        return Selection(
            select=_where(entry.select),
            leave_out=_filter(entry.leave_out),
            repeat=entry.repeat,
            weight=entry.weight,
        )
    ask = entry.assemble
    assembly = Assembly(
        clip_id=ask.id,
        minutes=float(ask.minutes),
        gap_ms=(ask.gap_ms[0], ask.gap_ms[1]),
        seed=ask.seed,
        rates_hz=tuple(sorted(set(ask.rates), reverse=True)),  # as everywhere: the highest first
        source=_where(ask.source),
        leave_out=_filter(ask.leave_out),
    )
    return Selection(assemble=assembly, repeat=entry.repeat)


def _objective(path: Path, name: str, entry: str | ObjectiveEntry, *, staged: bool) -> Objective:
    long = ObjectiveEntry(slo=entry) if isinstance(entry, str) else entry
    try:
        expression = parse(long.slo)
    except SloError as error:
        raise ScenarioError(f"{path}: objectives.{name}", error.problem, error.remedy) from error
    if expression.phase is not None:
        raise ScenarioError(
            f"{path}: objectives.{name}",
            f"'during {expression.phase}' names a phase, but this scenario has no phases",
            "leave it out",
        )
    if not staged and "level" in (*expression.per, *(key for key, _ in expression.where)):
        raise ScenarioError(
            f"{path}: objectives.{name}", "there are no levels without arrival.shape", "add a shape, or leave level out"
        )
    return Objective(
        objective_id=name,
        text=" ".join(long.slo.split()),
        aggregate=expression.aggregate,
        metric=expression.metric,
        op=expression.op,
        threshold=expression.threshold,
        where=expression.where,
        per=expression.per,
        phase=expression.phase,
        confidence=long.confidence,
        claim=long.claim,
        gate=long.gate,
        delta=expression.delta,
    )


def _where(entry: Literal["all"] | Filter) -> Where:
    return () if entry == "all" else _filter(entry)


def _filter(entry: Filter | LineFilter) -> Where:
    return tuple(
        (key, tuple(str(value) for value in (values if isinstance(values, list) else [values])))
        for key, values in entry.items()
    )


def _load(path: Path, shape: type[_File], error: type[UsageError]) -> _File:
    content = _yaml(path, error)
    try:
        return shape.model_validate(content)
    except ValidationError as found:
        raise _as_sentence(path, found, shape, error) from found


def _yaml(path: Path, error: type[UsageError]) -> object:
    try:
        content: object = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506  it is a SafeLoader
    except OSError as found:
        raise error(str(path), f"cannot be read ({found.strerror})", "give the path of an existing file") from found
    except _TwiceError as found:
        raise error(f"{path}: line {found.line}", f"the key {found} stands there twice", "keep one of them") from found
    except (yaml.YAMLError, ValueError) as found:  # a date like 2020-13-45 is a bare ValueError
        mark = getattr(found, "problem_mark", None)
        where = f"{path}: line {mark.line + 1}" if mark else str(path)
        raise error(where, "is not YAML", "mend the syntax there") from found
    if not isinstance(content, dict):
        raise error(str(path), "is not a mapping of keys", "start from one of the files in scenarios/")
    return content


class _TwiceError(Exception):
    """A key that stands twice in one mapping; YAML's own loader would silently keep the last."""

    def __init__(self, key: object, line: int) -> None:
        super().__init__(key)
        self.line = line


class _Loader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise _TwiceError(key.value, key.start_mark.line + 1)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _as_sentence(path: Path, found: ValidationError, shape: type[BaseModel], error: type[UsageError]) -> UsageError:
    # The deepest complaint is about what the user meant; the others are the union members that were not meant.
    first = max(found.errors(include_url=False), key=lambda one: len(one["loc"]))
    key = _key(first["loc"])
    where = f"{path}: {key}" if key else str(path)
    if first["type"] == "extra_forbidden":
        return error(where, "is an unknown key", _known_keys(shape, first["loc"]))
    if first["type"] == "missing":
        return error(where, "is missing", "add it (harness schema shows the whole file)")
    if first["type"] == "value_error":  # ours: "key; problem; remedy"
        key, problem, remedy = str(first["ctx"]["error"]).split("; ")
        place = ".".join(filter(None, (_key(first["loc"]), key)))
        return error(f"{path}: {place}", problem, remedy)
    return error(where, first["msg"][:1].lower() + first["msg"][1:], "see harness schema for what may stand there")


def _known_keys(shape: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    if len(loc) > 1:
        return f"take it out of {_key(loc[:-1])} (harness schema shows what may stand there)"
    return f"known here: {', '.join(field.alias or name for name, field in shape.model_fields.items())}"


def _key(loc: tuple[int | str, ...]) -> str:
    """The key's path without the names pydantic gives to the members of a union."""
    return ".".join(str(part) for part in loc if not (isinstance(part, str) and _is_union_tag(part)))


def _is_union_tag(part: str) -> bool:
    return part[:1].isupper() or part.startswith(("literal[", "dict[", "str", "int", "list[")) or part == "[key]"
