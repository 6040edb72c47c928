"""What users may write, with `schema_shapes`. Only these see pydantic; the rest of the house sees the model."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Discriminator, Field, Tag, model_validator

from harness.scenario.schema_shapes import File, ShapeEntry

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="lower-case letters, digits and dashes")]
Filter = dict[Literal["clip", "condition", "rate", "source", "speaker", "speech"], str | int | list[str | int]]
LineFilter = dict[
    Literal["clip", "condition", "rate", "source", "speaker", "speech", "level"], str | int | list[str | int]
]
Repeat = Annotated[int, Field(ge=1, le=10_000)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
# Shorter ones could part a word from its end, and two segments would become one.
GapMs = Annotated[int, Field(ge=700, le=60_000)]


class WarmUp(File):
    sessions: int = Field(ge=0, le=100, description="sent first, never counted")


class ChosenEntry(File):
    """Clips of the corpus."""

    select: Literal["all"] | Filter
    leave_out: Filter = Field(default_factory=dict, alias="except")
    repeat: Repeat = 1
    weight: float = Field(default=1.0, gt=0, le=1_000, description="with a shape: how often these clips are drawn")


class AssembleEntry(File):
    """What to put together from clips of the corpus that have speech and trusted word times."""

    id: Name
    source: Literal["all"] | Filter = Field(alias="from")
    leave_out: Filter = Field(default_factory=dict, alias="except")
    minutes: float = Field(gt=0, le=60, description="it ends with the first whole piece that reaches this")
    gap_ms: list[GapMs] = Field(
        default=[700, 2500],
        min_length=2,
        max_length=2,
        description="shortest and longest pause between the words of two pieces, both drawn by the seed",
    )
    seed: Seed = 7
    rates: list[Literal[8000, 16000]] = Field(default=[16000, 8000], min_length=1)

    @model_validator(mode="after")
    def _gaps_in_order(self) -> AssembleEntry:
        if self.gap_ms[0] > self.gap_ms[1]:
            raise ValueError("gap_ms; the shortest pause is longer than the longest; write the shorter one first")
        return self


class AssembledEntry(File):
    """A clip that is put together when the scenario runs, of condition long."""

    assemble: AssembleEntry
    repeat: Repeat = 1


def _kind_of(entry: object) -> str:
    """So that a mistake is told of the kind that was meant, and of no other."""
    return AssembledEntry.__name__ if isinstance(entry, dict) and "assemble" in entry else ChosenEntry.__name__


ClipsEntry = Annotated[
    Annotated[ChosenEntry, Tag(ChosenEntry.__name__)] | Annotated[AssembledEntry, Tag(AssembledEntry.__name__)],
    Discriminator(_kind_of),
]


class ArrivalEntry(File):
    lanes: int = Field(default=8, ge=1, le=1_000, description="sessions at once, without a shape")
    seed: Seed = 7
    think_ms: int | None = Field(
        default=None,
        ge=0,
        description="from a session's planned end to the lane's next start: 2000 by default, with a shape 0",
    )
    shape: ShapeEntry | None = None

    @model_validator(mode="after")
    def _the_shape_has_its_own(self) -> ArrivalEntry:
        if self.shape is None:
            return self
        if "lanes" in self.model_fields_set:
            raise ValueError("lanes; the shape says how many sessions there are at once; take it out")
        if self.think_ms is not None and (self.shape.poisson or self.shape.trace or self.shape.storm):
            raise ValueError("think_ms; sessions of this shape wait for no other; take it out")
        return self


class PacingEntry(File):
    frame_ms: int = Field(default=100, ge=10, le=1_000)
    end_after_ms: int | None = Field(
        default=200, ge=0, description="ends the audio that long after the end of speech; null streams the whole clip"
    )


class LimitsEntry(File):
    """What the harness's own health may be; shares are of 1. The first two can only be made stricter."""

    tick_late_ms: float = Field(
        default=50, gt=0, le=50, description="a frame or a tick later than this disturbs its session"
    )
    disturbed_share: float = Field(default=0.01, ge=0, le=0.01, description="with more sessions the run is INVALID")
    core_busy_share: float = Field(default=0.95, gt=0, le=1, description="of one core, by the engine; a finding beyond")
    open_files_share: float = Field(default=0.8, gt=0, le=1, description="of RLIMIT_NOFILE; a finding beyond")
    ports_share: float = Field(default=0.8, gt=0, le=1, description="of the ephemeral ports; a finding beyond")


class ObjectiveEntry(File):
    slo: str
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    claim: Literal["list", "population"] = "list"
    gate: bool = True


class ScenarioFile(File):
    """A scenario: which clips, how they arrive, how they are paced, and what must hold."""

    name: Name
    description: str = ""
    warm_up: WarmUp = WarmUp(sessions=0)
    clips: list[ClipsEntry] = Field(min_length=1)
    arrival: ArrivalEntry = ArrivalEntry()
    pacing: PacingEntry = PacingEntry()
    limits: LimitsEntry = LimitsEntry()
    objectives: dict[Name, str | ObjectiveEntry] = Field(min_length=1)

    @model_validator(mode="after")
    def _drawn_or_listed(self) -> ScenarioFile:
        if self.arrival.shape is not None and "warm_up" in self.model_fields_set:
            raise ValueError("warm_up; arrival.shape has its own warm-up; take it out")
        for index, entry in enumerate(self.clips):
            if self.arrival.shape is not None and isinstance(entry, AssembledEntry):
                raise ValueError(f"clips.{index}.assemble; arrival.shape draws clips of the corpus only; take it out")
            if self.arrival.shape is not None and "repeat" in entry.model_fields_set:
                raise ValueError(f"clips.{index}.repeat; arrival.shape draws clips, none is listed; give it a weight")
            if self.arrival.shape is None and "weight" in entry.model_fields_set:
                raise ValueError(f"clips.{index}.weight; without arrival.shape no clip is drawn; write repeat instead")
        return self


class TlsEntry(File):
    ca: str | None = None
    cert: str | None = None
    key: str | None = None


class StartEntry(File):
    stack: Literal["embedded"]


class ProcessEntry(File):
    process: Literal["gateway", "riva"]


class PrometheusEntry(File):
    prometheus: Annotated[
        str, Field(description="the address of a page of metrics, or gateway: the one of the gateway's endpoint")
    ]
    keep: list[Annotated[str, Field(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$")]] = Field(
        default_factory=list, description="names of series to keep, beside those of Riva, NIM and the gateway"
    )

    @model_validator(mode="after")
    def _is_a_page(self) -> PrometheusEntry:
        if self.prometheus != "gateway" and not _is_page(self.prometheus):
            raise ValueError(
                "prometheus; is neither gateway nor an address; write http://host:port/metrics, without a password"
            )
        return self


def _is_page(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _ = parts.port  # reading it checks it
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc


class KnownLimitEntry(File):
    objective: Name
    where: LineFilter = Field(default_factory=dict)
    reason: str = Field(min_length=10)


def _kind_of_source(entry: object) -> str:
    return PrometheusEntry.__name__ if isinstance(entry, dict) and "prometheus" in entry else ProcessEntry.__name__


ObserveEntry = Annotated[
    Annotated[ProcessEntry, Tag(ProcessEntry.__name__)] | Annotated[PrometheusEntry, Tag(PrometheusEntry.__name__)],
    Discriminator(_kind_of_source),
]


class TargetFile(File):
    """A target: how to reach it, how to observe it, and how to start it where it is ours."""

    name: Name
    kind: Literal["embedded", "real"]
    start: StartEntry | None = None
    endpoints: dict[Literal["gateway", "riva"], str] = Field(min_length=1)
    model: str | None = Field(default=None, description="the model that must be served; the run stops early without it")
    language_code: str = "en-US"
    tls: TlsEntry = TlsEntry()
    token_env: str | None = Field(default=None, description="environment variable that holds the bearer token")
    production: bool = Field(default=False, description="others use it: harness load needs its owner's word and a cap")
    observe: list[ObserveEntry] = Field(
        default_factory=list, description="processes of what start starts, and pages of Prometheus metrics"
    )
    known_limits: list[KnownLimitEntry] = Field(default_factory=list)
    price_per_hour: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="what one hour of this whole target costs"
    )
    currency: str = Field(default="", pattern=r"^([A-Z]{3})?$", description="of the price, like EUR or USD")

    @model_validator(mode="after")
    def _auto_needs_start(self) -> TargetFile:
        if self.start is None and "auto" in self.endpoints.values():
            raise ValueError("endpoints; one says auto, but nothing is started here; write its address")
        if self.start is None and any(isinstance(entry, ProcessEntry) for entry in self.observe):
            raise ValueError("observe; only processes that are started here can be watched; take it out")
        if self.kind == "embedded" and self.production:
            raise ValueError("production; the embedded target serves nobody else; take it out")
        pages = [entry.prometheus for entry in self.observe if isinstance(entry, PrometheusEntry)]
        if "gateway" in pages and "gateway" not in self.endpoints:
            raise ValueError("observe; endpoints has no gateway to scrape; write the address of its metrics")
        if len(set(pages)) < len(pages):
            raise ValueError("observe; a page of metrics stands there twice; keep one of them")
        if self.kind == "real" and self.known_limits:
            raise ValueError("known_limits; a real target can have none; take them out")
        return self

    @model_validator(mode="after")
    def _price_has_its_currency(self) -> TargetFile:
        if (self.price_per_hour is None) != (not self.currency):
            raise ValueError("price_per_hour; a price and its currency belong together; give both of them or none")
        return self


def json_schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema of both files, for editors."""
    return {"scenario": ScenarioFile.model_json_schema(), "target": TargetFile.model_json_schema()}
