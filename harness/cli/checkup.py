"""The checks of `harness doctor` in their order. Each gives one Finding; nothing that a target does raises."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.cli.finding import HERE, Finding, bad, fine
from harness.cli.live import identify
from harness.cli.sentence import LANGUAGE, Spoken, speak
from harness.drivers.base import DriverSpec
from harness.drivers.knock import Knock, Place, knock, place_of, resolve
from harness.drivers.riva import config_of
from harness.errors import UsageError
from harness.model.clip import Clip
from harness.model.run import Identity
from harness.model.scenario import Target
from harness.riva.client import RivaClient
from harness.riva.failures import RivaError

HEALTH_S: Final = 5.0
RENEW_DAYS: Final = 14
DAY_S: Final = 86_400
MOSTLY_WRONG: Final = 0.5  # of the words: such a text is another language's, or another encoding's
NAMES_SHOWN: Final = 3
_NOT_BLOCKING: Final = ("health",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is examined, and with which sentence."""

    target: Target
    clip: Clip
    corpus: Path
    pids: dict[str, int]


def examine(spec: DriverSpec, subject: Subject) -> Iterator[Finding]:
    """An endpoint's findings; behind a bad one, what stands on it is left out."""
    visit = _Visit(spec, subject)
    checks = visit.checks()
    for number, (name, check) in enumerate(checks, start=1):
        finding = guarded(spec.driver, name, check, spec.endpoint)
        yield finding
        rest = [left for left, _ in checks[number:]]
        if finding.mark == "bad" and name not in _NOT_BLOCKING:
            if rest:
                yield Finding(where=spec.driver, check="the rest", mark="left out", found=_left_out(rest))
            return


def guarded(where: str, name: str, check: Callable[[], Finding], endpoint: str = "") -> Finding:
    """The check's finding; what it raises is one too."""
    try:
        return check()
    except UsageError as error:
        return bad(where, name, error, endpoint)
    except Exception as error:  # noqa: BLE001  whatever it is, the reader gets a line and the next check
        found = f"{where} {name}: the check itself failed ({type(error).__name__}: {error})"
        return Finding(where=HERE, check=name, mark="bad", found=found, remedy="report this line")


class _Visit:
    """One endpoint, visited check by check; a later one uses what an earlier one learned."""

    def __init__(self, spec: DriverSpec, subject: Subject) -> None:
        self._spec = spec
        self._subject = subject
        self._place: Place = place_of(spec)
        self._knock: Knock | None = None
        self._identity = Identity(facts=())

    def checks(self) -> list[tuple[str, Callable[[], Finding]]]:
        wanted = [
            ("address", self._address, True),
            ("tls", self._tls, self._place.tls is not None),
            ("protocol", self._protocol, True),
            ("health", self._health, self._place.grpc),
            ("service", self._service, True),
            ("sentence", self._sentence, True),
        ]
        return [(name, check) for name, check, applies in wanted if applies]

    def _fine(self, check: str, found: str) -> Finding:
        return fine(self._spec.driver, check, found)

    def _noted(self, check: str, found: str, remedy: str) -> Finding:
        return Finding(where=self._spec.driver, check=check, mark="note", found=found, remedy=remedy)

    def _bad(self, check: str, found: str, remedy: str) -> Finding:
        return Finding(where=self._spec.driver, check=check, mark="bad", found=found, remedy=remedy)

    def _knocked(self) -> Knock:
        if self._knock is None:
            self._knock = knock(self._place)
        return self._knock

    def _address(self) -> Finding:
        addresses = [address for address in resolve(self._place) if address != self._place.host]
        behind = f" ({', '.join(addresses)})" if addresses else ""
        return self._fine("address", f"{self._spec.endpoint}{behind} takes connections")

    def _tls(self) -> Finding:
        shown = self._knocked().handshake
        if shown is None:
            return self._bad("tls", "there was no handshake", "report this line")
        days = math.floor((shown.expires_s - time.time()) / DAY_S)
        names = ", ".join(shown.names[:NAMES_SHOWN]) + (", …" if len(shown.names) > NAMES_SHOWN else "")
        accepted = ", client certificate accepted" if self._spec.tls.cert else ""
        found = f"{shown.version}, certificate for {names}, {days} days left{accepted}"
        return self._noted("tls", found, "renew it soon") if days < RENEW_DAYS else self._fine("tls", found)

    def _protocol(self) -> Finding:
        speech, wanted = self._knocked().speech, "HTTP/2" if self._place.grpc else "HTTP/1"
        if speech == wanted:
            return self._fine("protocol", f"{speech}{'' if self._place.tls else ', in the clear'}")
        if not self._place.grpc and speech in ("nothing", "something else"):
            found = f"it answers a plain HTTP request with {speech}"
            return self._noted("protocol", found, "the WebSocket handshake that follows decides")
        remedy = {
            "TLS": f"write {'grpcs' if self._place.grpc else 'wss'}://…, with tls.ca where its authority is your own",
            "HTTP/1": "this is no gRPC port; give Riva's (50051 unless somebody changed it)",
            "HTTP/2": "this is a gRPC port; give the gateway's",
        }.get(speech, "see what listens there")
        return self._bad("protocol", f"it answers with {speech}, not {wanted}", remedy)

    def _health(self) -> Finding:
        try:
            status = asyncio.run(_health(self._spec))
        except RivaError as error:
            failure = error.failure
            if failure.code in ("unimplemented", "unauthorized"):
                remedy = "nothing, unless probes are to use it"
                return self._noted("health", f"grpc.health.v1 is not answered ({failure.status})", remedy)
            said = f"grpc.health.v1 fails ({failure.status}: {failure.details})"
            return self._bad("health", said, "check the server's logs")
        if status != "SERVING":
            return self._bad("health", f"grpc.health.v1 says {status}", "wait until its models are loaded")
        return self._fine("health", "grpc.health.v1 says SERVING")

    def _service(self) -> Finding:
        self._identity = asyncio.run(identify(self._spec))
        facts = dict(self._identity.facts)
        said = ", ".join(f"{key} {value}" for key, value in facts.items() if key != "contract") or "it says no name"
        found = f"{said}; a session of silence ends well"
        if self._spec.model and "model" not in facts:
            return self._noted(
                "service", f"{found}; it does not say its model", f"see there whether that is {self._spec.model}"
            )
        return self._fine("service", found)

    def _sentence(self) -> Finding:
        subject = self._subject
        if not self._spec.language_code.lower().startswith(LANGUAGE):
            found = f"the committed sentence is English, the target recognises {self._spec.language_code}"
            return Finding(where=self._spec.driver, check="sentence", mark="left out", found=found)
        spoken = speak(subject.clip, subject.corpus, subject.target, self._spec, self._identity, subject.pids)
        return _judged(self._spec.driver, spoken)


async def _health(spec: DriverSpec) -> str:
    client = RivaClient(config_of(spec, int(HEALTH_S * 1000)))
    try:
        return await client.health(deadline_s=HEALTH_S)
    finally:
        await client.close()


def _judged(driver: str, spoken: Spoken) -> Finding:
    outcome, share = spoken.outcome, spoken.wrong_words / spoken.words
    if outcome.outcome != "ok":
        said = ": ".join(part for part in (outcome.outcome, outcome.code, outcome.detail) if part)
        found, remedy = f"the session ended as {said}", "check the target's logs for that session"
        return Finding(where=driver, check="sentence", mark="bad", found=found, remedy=remedy)
    wrong = f"{spoken.wrong_words} of {spoken.words} words wrong, WER {100 * share:.0f} %"
    if share > MOSTLY_WRONG:
        found = f"heard “{spoken.heard}” for “{spoken.reference}” ({wrong})"
        remedy = "check the model, its language and the audio's encoding on the way"
        return Finding(where=driver, check="sentence", mark="bad", found=found, remedy=remedy)
    late = f"; {outcome.disturbed.rstrip('.')}" if outcome.disturbed else ""
    first, final = f"{spoken.first_partial_ms:.0f} ms", f"{spoken.final_ms:.0f} ms"
    times = f"first partial {first} after the first word, final {final} after the last"
    return fine(driver, "sentence", f"“{spoken.heard}”, {wrong}, {times}{late} (one session, no certificate)")


def _left_out(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last} wait until that is mended" if others else "waits until that is mended"
