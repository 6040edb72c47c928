"""The shape of the files users write. The only place that sees pydantic; the rest of the house sees the model."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="lower-case letters, digits and dashes")]
Filter = dict[Literal["clip", "condition", "rate", "source", "speaker", "speech"], str | int | list[str | int]]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class WarmUp(_File):
    sessions: int = Field(ge=0, le=100, description="sent first, never counted")


class ClipsEntry(_File):
    select: Literal["all"] | Filter
    leave_out: Filter = Field(default_factory=dict, alias="except")
    repeat: int = Field(default=1, ge=1, le=10_000)


class ArrivalEntry(_File):
    lanes: int = Field(default=8, ge=1, le=1_000, description="sessions at once")
    seed: int = Field(default=7, ge=0, lt=2**32)
    think_ms: int = Field(default=2000, ge=0, description="from a session's planned end to the lane's next start")


class PacingEntry(_File):
    frame_ms: int = Field(default=100, ge=10, le=1_000)
    end_after_ms: int | None = Field(
        default=200, ge=0, description="ends the audio that long after the end of speech; null streams the whole clip"
    )


class ObjectiveEntry(_File):
    slo: str
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    claim: Literal["list", "population"] = "list"
    gate: bool = True


class ScenarioFile(_File):
    """A scenario: which clips, how they arrive, how they are paced, and what must hold."""

    name: Name
    description: str = ""
    warm_up: WarmUp = WarmUp(sessions=0)
    clips: list[ClipsEntry] = Field(min_length=1)
    arrival: ArrivalEntry = ArrivalEntry()
    pacing: PacingEntry = PacingEntry()
    objectives: dict[Name, str | ObjectiveEntry] = Field(min_length=1)


class TlsEntry(_File):
    ca: str | None = None
    cert: str | None = None
    key: str | None = None


class StartEntry(_File):
    stack: Literal["embedded"]


class ProcessEntry(_File):
    process: Literal["gateway", "riva"]


class KnownLimitEntry(_File):
    objective: Name
    where: Filter = Field(default_factory=dict)
    reason: str = Field(min_length=10)


class TargetFile(_File):
    """A target: how to reach it, how to observe it, and how to start it where it is ours."""

    name: Name
    kind: Literal["embedded", "real"]
    start: StartEntry | None = None
    endpoints: dict[Literal["gateway", "riva"], str] = Field(min_length=1)
    model: str | None = Field(default=None, description="the model that must be served; the run stops early without it")
    language_code: str = "en-US"
    tls: TlsEntry = TlsEntry()
    token_env: str | None = Field(default=None, description="environment variable that holds the bearer token")
    observe: list[ProcessEntry] = Field(default_factory=list, description="processes of what start starts")
    known_limits: list[KnownLimitEntry] = Field(default_factory=list)

    @model_validator(mode="after")
    def _auto_needs_start(self) -> TargetFile:
        if self.start is None and "auto" in self.endpoints.values():
            raise ValueError("endpoints; one says auto, but nothing is started here; write its address")
        if self.start is None and self.observe:
            raise ValueError("observe; only processes that are started here can be watched; take it out")
        if self.kind == "real" and self.known_limits:
            raise ValueError("known_limits; a real target can have none; take them out")
        return self


def json_schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema of both files, for editors."""
    return {"scenario": ScenarioFile.model_json_schema(), "target": TargetFile.model_json_schema()}
