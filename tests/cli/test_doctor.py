"""The doctor, with real servers that are well, and that are ill in one way each."""

from __future__ import annotations

import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from riva.client.proto import health_pb2, health_pb2_grpc
from support.authority import Authority
from support.riva import riva_process, tls

from harness.cli import checkup, doctor
from harness.cli.app import main
from harness.cli.checkup import guarded
from harness.cli.finding import HERE
from harness.cli.sentence import Spoken
from harness.drivers.base import DriverSpec
from harness.drivers.knock import Handshake, Knock
from harness.errors import EngineError
from harness.model.measurement import SessionOutcome

ROOT = Path(__file__).resolve().parents[2]
KEY = "a-key-for-the-doctor"


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(doctor, "IDLE_S", 0.05)


class Quiet(ThreadingHTTPServer):
    """Says nothing of clients that hang up on it."""

    def handle_error(self, *_: object) -> None:
        pass


class Ward:
    """Servers by the kind of their illness, started when a case first asks for one."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._ports: dict[str, int] = {}
        self.authority = Authority(folder)

    def port(self, kind: str) -> int:
        if kind not in self._ports:
            self._ports[kind] = getattr(self, f"_{kind}")()
        return self._ports[kind]

    def file(self, name: str) -> str:
        return str(self._folder / name)

    def _riva(self, kind: str, *flags: str | Path) -> int:
        log = self._folder / f"{kind}.log"
        return self._stack.enter_context(riva_process(log, *flags, env={"THE_KEY": KEY})).port

    def _plain(self) -> int:
        return self._riva("plain")

    def _keyed(self) -> int:
        return self._riva("keyed", *tls(self.authority.issue("keyed")), "--api-key-env", "THE_KEY")

    def _mutual(self) -> int:
        return self._riva("mutual", *tls(self.authority.issue("mutual"), "--tls-client-ca", self.authority.cert))

    def _expired(self) -> int:
        return self._riva("expired", *tls(self.authority.issue("expired", days=-1)))

    def _self_signed(self) -> int:
        return self._riva("self_signed", *tls(self.authority.self_signed("self-signed")))

    def _http(self) -> int:
        server = Quiet(("127.0.0.1", 0), SimpleHTTPRequestHandler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        for undo in (server.server_close, thread.join, server.shutdown):
            self._stack.callback(undo)
        return server.server_port

    def _nobody(self) -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with ExitStack() as stack:
        yield Ward(tmp_path_factory.mktemp("ward"), stack)


@dataclass(frozen=True)
class Said:
    code: int
    lines: list[str]
    error: str

    def of(self, where: str, check: str) -> str:
        (line,) = [line for line in self.lines if line.split()[1:3] == [where, check]]
        return line


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run `harness doctor` with arguments."""

    def run(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["harness", "doctor", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return Said(int(ended.value.code or 0), said.out.splitlines(), said.err)

    return run


def target(folder: Path, endpoints: dict[str, str], **more: Any) -> str:
    path = folder / "target.yaml"
    path.write_text(yaml.safe_dump({"name": "ill", "kind": "real", "endpoints": endpoints, **more}), encoding="utf-8")
    return str(path)


Ill = tuple[str, dict[str, str], dict[str, Any], tuple[str, str, str]]
ILL: dict[str, Ill] = {
    "gateway down": ("nobody", {"gateway": "ws://127.0.0.1:{}"}, {}, ("gateway", "address", "start the target")),
    "riva down": ("nobody", {"riva": "127.0.0.1:{}"}, {}, ("riva", "address", "nothing listens there")),
    "riva is HTTP": ("http", {"riva": "127.0.0.1:{}"}, {}, ("riva", "protocol", "not HTTP/2")),
    "gateway is gRPC": ("plain", {"gateway": "ws://127.0.0.1:{}"}, {}, ("gateway", "protocol", "give the gateway's")),
    "gateway is HTTP": ("http", {"gateway": "ws://127.0.0.1:{}"}, {}, ("gateway", "service", "WebSocket")),
    "wrong model": (
        "plain",
        {"riva": "127.0.0.1:{}"},
        {"model": "conformer_xx"},
        ("riva", "service", "no streaming model conformer_xx, it offers moonshine-tiny-en-embedded"),
    ),
    "wrong language": (
        "plain",
        {"riva": "127.0.0.1:{}"},
        {"language_code": "de-DE"},
        ("riva", "service", "none for de-DE"),
    ),
    "TLS where plain is asked": ("expired", {"riva": "127.0.0.1:{}"}, {}, ("riva", "protocol", "write grpcs://")),
    "plain where TLS is asked": ("plain", {"riva": "grpcs://127.0.0.1:{}"}, {}, ("riva", "tls", "it speaks no TLS")),
    "self-signed": ("self_signed", {"riva": "grpcs://127.0.0.1:{}"}, {}, ("riva", "tls", "as tls.ca")),
    "expired": (
        "expired",
        {"riva": "grpcs://127.0.0.1:{}"},
        {"tls": {"ca": "authority.pem"}},
        ("riva", "tls", "its certificate has expired"),
    ),
    "needs a token": (
        "keyed",
        {"riva": "grpcs://localhost:{}"},
        {"tls": {"ca": "authority.pem"}},
        ("riva", "service", "no authorization was passed in the metadata; check the target's token"),
    ),
    "needs a client certificate": (
        "mutual",
        {"riva": "grpcs://localhost:{}"},
        {"tls": {"ca": "authority.pem"}},
        ("riva", "tls", "give a client certificate as tls.cert and tls.key"),
    ),
}


@pytest.mark.parametrize(("kind", "endpoints", "more", "expected"), ILL.values(), ids=ILL.keys())
def test_what_ails_a_target_is_named_with_its_remedy(  # noqa: PLR0917  cases and fixtures
    kind: str,
    endpoints: dict[str, str],
    more: dict[str, Any],
    expected: tuple[str, str, str],
    ward: Ward,
    tmp_path: Path,
    ask: Callable[..., Said],
) -> None:
    """One line says what is wrong, what stands on it is left out, this machine is looked at all the same; exit 1."""
    if "tls" in more:
        more = {**more, "tls": {key: ward.file(name) for key, name in more["tls"].items()}}
    here = {way: address.format(ward.port(kind)) for way, address in endpoints.items()}
    said = ask(target(tmp_path, here, **more))
    where, check, problem = expected
    assert said.code == 1, said
    line = said.of(where, check)
    assert line.startswith("✗ ")
    assert problem in line
    assert not any(line.startswith("✗ ") and where in line.split()[1:2] for line in said.lines if check not in line)
    assert said.of("here", "pacing")
    assert said.of("here", "clocks")


def test_one_endpoints_illness_does_not_hide_the_other(ward: Ward, tmp_path: Path, ask: Callable[..., Said]) -> None:
    """Each is examined; --driver looks at one alone."""
    nobody = ward.port("nobody")
    file = target(tmp_path, {"gateway": f"ws://127.0.0.1:{nobody}", "riva": f"127.0.0.1:{nobody}"})
    both, one = ask(file), ask(file, "--driver", "riva")
    assert [both.of(way, "address")[:1] for way in ("gateway", "riva")] == ["✗", "✗"]
    assert not [line for line in one.lines if " gateway " in line]


def test_a_target_behind_tls_and_a_key_is_well(
    ward: Ward, tmp_path: Path, ask: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every check in order, the certificate's end in days, the sentence as it was heard; the token never shows."""
    monkeypatch.setenv("DOCTORS_TOKEN", KEY)
    endpoint = f"grpcs://localhost:{ward.port('keyed')}"
    more = {"tls": {"ca": ward.file("authority.pem")}, "token_env": "DOCTORS_TOKEN"}
    said = ask(target(tmp_path, {"riva": endpoint}, **more))
    mine = [line for line in said.lines if line.split()[1] == "riva"]
    assert [line.split()[2] for line in mine] == ["address", "tls", "protocol", "health", "service", "sentence"]
    assert all(line.startswith("✓ ") for line in mine), mine
    assert "localhost, 127.0.0.1, 29 days left" in mine[1]
    assert re.search(
        r"“Weasels have .*”, 0 of 6 words wrong, WER 0 %, first partial -?\d+ ms after the first word, final \d+ ms",
        mine[5],
    )
    assert "no certificate" in mine[5]
    assert said.code in (0, 4)  # 4: the machine that tests this may be busy
    assert KEY not in "".join(said.lines) + said.error


def test_a_client_certificate_is_presented_and_accepted(ward: Ward, tmp_path: Path, ask: Callable[..., Said]) -> None:
    """By the doctor's own handshake and by the driver."""
    client = ward.authority.issue("client")
    files = {"ca": ward.file("authority.pem"), "cert": str(client.cert), "key": str(client.key)}
    said = ask(target(tmp_path, {"riva": f"grpcs://localhost:{ward.port('mutual')}"}, tls=files, language_code="en-US"))
    assert "client certificate accepted" in said.of("riva", "tls")
    assert said.of("riva", "service").startswith("✓ ")


@pytest.mark.slow
def test_the_embedded_stack_is_well(ask: Callable[..., Said]) -> None:
    """It is started, both its endpoints are examined, and it is stopped."""
    said = ask("embedded")
    assert said.lines[0] == "✓ stack    start     the embedded riva and gateway are up."
    for way in ("gateway", "riva"):
        assert said.of(way, "sentence").startswith("✓ ")
    assert not [line for line in said.lines if line.startswith("✗ ") and f" {HERE} " not in line]
    assert said.code in (0, 4)


def test_a_stack_that_does_not_start_is_a_finding(ask: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> None:
    """With the end of its log; this machine is looked at all the same."""
    monkeypatch.setattr("sys.executable", "/bin/false")
    said = ask("embedded")
    assert "the embedded riva: it did not start" in said.of("stack", "start")
    assert said.code == 1


@pytest.mark.parametrize(
    ("endpoints", "more", "flags", "says"),
    [
        ({"gateway": "http://host"}, {}, (), ("this is no WebSocket address",)),
        ({"riva": "host"}, {}, (), ("this is no gRPC address",)),
        ({"riva": "host:1"}, {"token_env": "NOBODY_SETS_THIS"}, (), ("NOBODY_SETS_THIS", "not set")),
        ({"riva": "host:1"}, {"tls": {"cert": __file__}}, (), ("a client certificate needs its key",)),
        ({"riva": "host:1"}, {"tls": {"ca": "/nowhere.pem"}}, (), ("there is no file /nowhere.pem",)),
        ({"riva": "host:1"}, {}, ("--driver", "gateway"), ("--driver gateway: ", "use one of: riva.")),
        ({"riva": "auto"}, {}, (), ("one says auto",)),
    ],
)
def test_a_wrong_file_or_flag_is_one_sentence_and_exit_2(  # noqa: PLR0917  the same
    endpoints: dict[str, str],
    more: dict[str, Any],
    flags: tuple[str, ...],
    says: tuple[str, ...],
    tmp_path: Path,
    ask: Callable[..., Said],
) -> None:
    """Nothing is examined before it is mended."""
    said = ask(target(tmp_path, endpoints, **more), *flags)
    assert (said.code, said.lines) == (2, [])
    for part in says:
        assert part in said.error


def test_an_unknown_name_says_which_there_are(ask: Callable[..., Said]) -> None:
    """A name is looked for in scenarios/targets."""
    said = ask("nowhere")
    assert said.code == 2
    assert said.error.startswith("nowhere: ")
    assert "use one of: embedded, riva, or a path" in said.error


def test_a_check_that_breaks_is_a_line_of_this_machines() -> None:
    """Neither a traceback nor a word against the target."""

    def broken() -> Any:
        raise EngineError("no room")

    found = guarded("riva", "sentence", broken)
    assert (found.where, found.mark) == (HERE, "bad")
    assert "riva sentence: the check itself failed (EngineError: no room)" in found.found


def spoken(outcome: str = "ok", wrong: int = 0, heard: str = "one two", disturbed: str = "") -> Spoken:
    return Spoken(
        outcome=SessionOutcome(session_id="s", outcome=outcome, code="C", detail="why", disturbed=disturbed),
        reference="one two",
        heard=heard,
        wrong_words=wrong,
        words=2,
        first_partial_ms=90,
        final_ms=400,
    )


@pytest.mark.parametrize(
    ("said", "mark", "found"),
    [
        (
            spoken(),
            "fine",
            "“one two”, 0 of 2 words wrong, WER 0 %, first partial 90 ms after the first word, final 400 ms",
        ),
        (spoken(wrong=1), "fine", "1 of 2 words wrong, WER 50 %"),
        (spoken(disturbed="The tick ran late."), "fine", "; The tick ran late (one session"),
        (spoken(wrong=2, heard="eins zwei"), "bad", "heard “eins zwei” for “one two” (2 of 2 words wrong"),
        (spoken("no_final"), "bad", "the session ended as no_final: C: why"),
    ],
)
def test_the_sentence_is_judged_by_how_it_ended_and_what_was_heard(said: Spoken, mark: str, found: str) -> None:
    """Latencies are told and never judged: one session is no certificate."""
    finding = checkup._judged("riva", said)
    assert finding.mark == mark
    assert found in finding.found


@pytest.mark.parametrize(("days", "mark", "remedy"), [(9.5, "note", "renew it soon"), (60.5, "fine", "")])
def test_a_certificate_that_ends_soon_is_noted(days: float, mark: str, remedy: str) -> None:
    """Two weeks before it is over, with its first names."""
    visit = checkup._Visit(DriverSpec(driver="riva", endpoint="grpcs://host:1"), None)  # type: ignore[arg-type]
    shown = Handshake(version="TLSv1.3", names=("a", "b", "c", "d"), expires_s=time.time() + days * 86_400)
    visit._knock = Knock(handshake=shown, speech="HTTP/2")
    finding = visit._tls()
    assert (finding.mark, finding.remedy) == (mark, remedy)
    assert finding.found == f"TLSv1.3, certificate for a, b, c, …, {int(days)} days left"


class NotServing(health_pb2_grpc.HealthServicer):
    def Check(self, *_: object) -> Any:  # noqa: N802
        return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.NOT_SERVING)


def test_ill_health_does_not_stop_the_examination(tmp_path: Path, ask: Callable[..., Said]) -> None:
    """A server that says NOT_SERVING is asked for its models all the same, and here has none to tell of."""
    server = grpc.server(ThreadPoolExecutor(2))
    health_pb2_grpc.add_HealthServicer_to_server(NotServing(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    said = ask(target(tmp_path, {"riva": f"127.0.0.1:{port}"}))
    server.stop(None).wait()
    assert "grpc.health.v1 says NOT_SERVING; wait until its models are loaded" in said.of("riva", "health")
    assert "offers no Riva speech recognition" in said.of("riva", "service")
    assert said.code == 1


def test_a_sentence_of_another_language_is_left_out(ward: Ward) -> None:
    """The committed one is English."""
    spec = DriverSpec(driver="riva", endpoint=f"127.0.0.1:{ward.port('plain')}", language_code="de-DE")
    finding = checkup._Visit(spec, None)._sentence()  # type: ignore[arg-type]
    assert finding.mark == "left out"
    assert "recognises de-DE" in finding.found
