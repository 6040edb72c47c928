"""The arrival shapes that a scenario file may name."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

Lanes = Annotated[int, Field(ge=1, le=10_000)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class File(BaseModel):
    """Of every part of a file: no key that is not known, no text where a number belongs."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _Settling(File):
    warm_s: float | None = Field(
        default=None, ge=0, le=3_600, description="sent, not counted; by default 30 s, or twice the longest clip"
    )


class ConstantEntry(_Settling):
    """So many sessions at once."""

    lanes: Lanes
    for_s: Seconds = Field(description="counted time; the warm-up comes before it")


class _Rising(File):
    from_lanes: Lanes = Field(alias="from")
    to_lanes: Lanes = Field(alias="to")

    @model_validator(mode="after")
    def _rises(self) -> _Rising:
        if self.from_lanes >= self.to_lanes:
            raise ValueError("to; it must be more than from; write the smaller number as from")
        return self


class StepsEntry(_Rising):
    """`step` more sessions at once every `each_s`."""

    step: Lanes
    each_s: Seconds


class RampEntry(_Rising):
    """One session more at once after the other, evenly."""

    for_s: Seconds


class StressEntry(_Rising):
    """More sessions at once by a factor, to find out about where the knee is. Never a verdict."""

    factor: float = Field(default=1.25, gt=1, le=10)
    each_s: Seconds = 30.0


class SpikeEntry(File):
    """`times` as many sessions at once, from `at_s` on for `spike_s`."""

    lanes: Annotated[int, Field(ge=1, le=1_000)]
    times: int = Field(default=10, ge=2, le=100)
    at_s: Seconds
    spike_s: Seconds
    for_s: Seconds = Field(description="of all, before and after the spike too")

    @model_validator(mode="after")
    def _comes_back(self) -> SpikeEntry:
        if self.at_s + self.spike_s >= self.for_s:
            raise ValueError("for_s; the spike is not over by then; make it longer than at_s and spike_s together")
        return self


class LevelsEntry(_Settling):
    """Levels to certify, each visited several times in shuffled blocks."""

    levels: list[Lanes] = Field(min_length=1, max_length=50, description="sessions at once")
    visits: int = Field(default=3, ge=1, le=20)
    sessions: int = Field(default=600, ge=1, le=100_000, description="least counted sessions a level, of all visits")
    visit_s: Seconds = Field(default=60.0, description="least counted time a visit")

    @model_validator(mode="after")
    def _each_once(self) -> LevelsEntry:
        if twice := next((level for level in self.levels if self.levels.count(level) > 1), None):
            raise ValueError(f"levels; {twice} stands there twice; keep one of them")
        return self


class SurgeEntry(File):
    """Overloads in turn, with a rest after each of them that shows the recovery."""

    lanes: Lanes
    overloads: list[Lanes] = Field(min_length=1, max_length=10, description="sessions at once")
    each_s: Seconds
    rest_s: Seconds


class SearchEntry(_Rising):
    """Several runs that look for the capacity, each planned from the one before: `harness load` alone plays them."""

    factor: float = Field(default=1.25, gt=1, le=10)
    rise_s: Seconds = Field(default=30.0, description="of each level of the scout, which rises once")
    levels: int = Field(default=7, ge=2, le=7, description="around the scout's knee, to be certified or refuted")
    visits: int = Field(default=3, ge=1, le=20)
    sessions: int = Field(default=600, ge=1, le=100_000, description="least counted sessions a level, of all visits")
    visit_s: Seconds = Field(default=60.0, description="least counted time a visit")
    warm_s: float | None = Field(default=None, ge=0, le=3_600, description="as in levels")
    errors: int = Field(
        default=1258, ge=0, le=100_000, description="sessions at the certified level that show its error rate; 0: none"
    )
    overloads: list[Annotated[float, Field(gt=1, le=100)]] = Field(
        default=[1.5, 3.0], max_length=10, description="times the certified level"
    )
    surge_s: Seconds = Field(default=60.0, description="of each overload, and of the rest after it")
    storm: int = Field(default=1000, ge=0, le=10_000, description="sessions that connect within a second; 0: none")


class PoissonEntry(_Settling):
    """Sessions that arrive by chance, whatever became of others."""

    per_s: float = Field(gt=0, le=1_000)
    for_s: Seconds = Field(description="counted time; the warm-up comes before it")


class TraceEntry(File):
    """Sessions that start when a CSV file says."""

    file: str = Field(min_length=1, description="relative to this file; its column start_s has the seconds")


class StormEntry(File):
    """Many sessions within a short time."""

    sessions: Lanes
    within_s: Seconds


class ShapeEntry(File):
    """One of these; clips are drawn by their weights for as long as it lasts."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    constant: ConstantEntry | None = None
    steps: StepsEntry | None = None
    ramp: RampEntry | None = None
    spike: SpikeEntry | None = None
    stress: StressEntry | None = None
    levels: LevelsEntry | None = None
    poisson: PoissonEntry | None = None
    trace: TraceEntry | None = None
    storm: StormEntry | None = None
    surge: SurgeEntry | None = None
    search: SearchEntry | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> ShapeEntry:
        named = [name for name, entry in self if entry is not None]
        if len(named) != 1:
            said = f"{' and '.join(named)} are several shapes" if named else "no shape is given"
            raise ValueError(f"; {said}; write one of {', '.join(ShapeEntry.model_fields)}")
        return self
