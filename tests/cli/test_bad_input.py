"""What bad input gets: one sentence that names file, key and remedy, exit code 2, and nothing half-written."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.cli.app import main

ROOT = Path(__file__).resolve().parents[2]
CLIP = "silence-digital"


@dataclass
class World:
    """A corpus of one clip, a scenario, a target, and the flags of one `harness run`."""

    root: Path
    scenario: dict[str, Any]
    target: dict[str, Any]
    flags: list[str]
    ask: Callable[[str], Any]  # a pytest fixture by name, started only where a case needs it
    append: str = ""  # to the scenario's text, where its last key is `objectives`

    @property
    def golden(self) -> Path:
        return self.root / "golden" / f"{CLIP}.json"

    @property
    def audio(self) -> Path:
        return self.root / json.loads(self.golden.read_text(encoding="utf-8"))["audio"]["16000"]["path"]

    @property
    def out(self) -> Path:
        return self.root / "reports"

    def command(self) -> list[str]:
        scenario, target = self.root / "scenario.yaml", self.root / "target.yaml"
        scenario.write_text(yaml.safe_dump(self.scenario, sort_keys=False) + self.append, encoding="utf-8")
        target.write_text(yaml.safe_dump(self.target), encoding="utf-8")
        return ["run", str(scenario), "--target", str(target), "--out", str(self.out), *self.flags]


@pytest.fixture
def http_port() -> Iterator[int]:
    """Something that speaks HTTP and nothing else."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def riva_port() -> Iterator[int]:
    """The embedded Riva, for real."""
    command = [sys.executable, "-m", "harness", "serve", "riva", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["port"]
        process.terminate()


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> World:
    (tmp_path / "golden").mkdir()
    golden = tmp_path / "golden" / f"{CLIP}.json"
    shutil.copy(ROOT / "golden" / golden.name, golden)
    for audio in json.loads(golden.read_text(encoding="utf-8"))["audio"].values():
        (tmp_path / audio["path"]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / audio["path"], tmp_path / audio["path"])
    return World(
        root=tmp_path,
        scenario={
            "name": "small",
            "clips": [{"select": "all"}],
            "objectives": {"silence": "sum silence_words == 0 where condition = silence"},
        },
        target={"name": "nobody", "kind": "real", "endpoints": {"gateway": f"ws://127.0.0.1:{free_port()}"}},
        flags=[],
        ask=request.getfixturevalue,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def set_in(place: str, *path: str | int, to: object) -> Callable[[World], None]:
    def spoil(world: World) -> None:
        at = getattr(world, place)
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = to

    return spoil


def twice(world: World) -> None:
    world.append = "  silence: sum silence_words == 0\n"


def change_audio(world: World) -> None:
    world.audio.write_bytes(world.audio.read_bytes() + b"x")


def remove_audio(world: World) -> None:
    world.audio.unlink()


def break_golden(world: World) -> None:
    world.golden.write_text(world.golden.read_text(encoding="utf-8")[:-20], encoding="utf-8")


def file_as_out(world: World) -> None:
    world.out.write_text("a file", encoding="utf-8")


def reach(driver: str, address: str, server: str, **more: object) -> Callable[[World], None]:
    """Point the target at a server that is there; `address` has its port as {}."""

    def spoil(world: World) -> None:
        world.target |= {"endpoints": {driver: address.format(world.ask(server))}, **more}

    return spoil


def rate_twice(world: World) -> None:
    world.scenario["clips"] = [{"select": {"rate": [16000]}}]
    world.flags += ["--rate", "8000"]


def flag(*flags: str) -> Callable[[World], None]:
    return lambda world: world.flags.extend(flags)


CASES: dict[str, tuple[Callable[[World], None], tuple[str, ...]]] = {
    "unknown key": (
        set_in("scenario", "warmup", to={"sessions": 1}),
        ("scenario.yaml: warmup", "unknown key", "known here"),
    ),
    "unknown key below": (set_in("scenario", "arrival", to={"lane": 1}), ("arrival.lane", "unknown key")),
    "wrong type": (set_in("scenario", "arrival", to={"lanes": "many"}), ("arrival.lanes", "integer", "schema")),
    "the same key twice": (twice, ("scenario.yaml: line", "silence stands there twice", "keep one")),
    "a seed that no generator takes": (set_in("scenario", "arrival", to={"seed": 2**32}), ("arrival.seed",)),
    "an address that is none": (
        set_in("target", "endpoints", "gateway", to="ws://[::1:80"),
        ("WebSocket address", "ws://"),
    ),
    "a limit that cannot fail": (
        set_in("scenario", "objectives", "silence", to="rate error <= 100 %"),
        ("objectives.silence", "holds whatever happens"),
    ),
    "illegal name": (set_in("scenario", "name", to="A name with capitals"), ("scenario.yaml: name",)),
    "wrong unit": (
        set_in("scenario", "objectives", "silence", to="p95 connect_ms <= 3 furlongs"),
        ("objectives.silence", "'furlongs' is no unit", "use ms or s"),
    ),
    "unknown metric": (
        set_in("scenario", "objectives", "silence", to="p95 finals_ms <= 3"),
        ("objectives.silence", "'finals_ms' is not a metric", "final_ms"),
    ),
    "unknown condition": (
        set_in("scenario", "objectives", "silence", to="sum silence_words == 0 where condition = quiet"),
        ("objectives.silence", "no clip has condition 'quiet'", "silence"),
    ),
    "empty selection": (
        set_in("scenario", "clips", 0, to={"select": {"rate": [8000]}, "except": {"condition": "silence"}}),
        ("scenario.yaml: clips", "leaves no clip", "widen"),
    ),
    "a clip that is none": (flag("--clip", "silence-digtal"), ("--clip silence-digtal: ", f"did you mean {CLIP}?")),
    "a clip like no other": (flag("--clip", "nosuch"), ("--clip nosuch: ", f"use one of: {CLIP}")),
    "a rate that no clip has": (flag("--rate", "11025"), ("--rate 11025: ", "use one of: 16000, 8000")),
    "a condition that is none": (flag("--condition", "silense"), ("--condition silense: ", "did you mean silence?")),
    "a clip that the scenario does not play": (rate_twice, ("--rate 8000: ", "use one of: 16000")),
    "no number": (flag("--rate", "16k"), ("--rate 16k: ", "integer", "harness run --help")),
    "too small a number": (flag("--repeat", "0"), ("--repeat 0: ", "greater than or equal to 1")),
    "too many lanes": (flag("--lanes=5000"), ("--lanes 5000: ", "less than or equal to 1000")),
    "a seed that is none": (flag("--seed", "-1"), ("--seed -1: ", "greater than or equal to 0")),
    "a flag that is none": (flag("--clips", CLIP), ("--clips: there is no such option", "did you mean --clip?")),
    "a corpus that is none": (flag("--corpus", "/nowhere"), ("--corpus /nowhere: ", "golden/")),
    "a target that is none": (flag("--target", "embeded"), ("--target embeded: ", "does not exist")),
    "changed digest": (change_audio, (f"{CLIP}", "changed since", "restore it")),
    "missing FLAC": (remove_audio, (f"{CLIP}", "no such audio", "restore it")),
    "broken golden file": (break_golden, (f"{CLIP}.json",)),
    "unwritable out": (file_as_out, ("--out", "cannot be written", "another folder")),
    "target is down": (lambda _: None, ("ws://127.0.0.1:", "nothing listens there", "start the target")),
    "gateway that speaks only HTTP": (
        reach("gateway", "ws://127.0.0.1:{}", "http_port"),
        ("ws://127.0.0.1:", "WebSocket"),
    ),
    "gateway that speaks gRPC": (reach("gateway", "ws://127.0.0.1:{}", "riva_port"), ("ws://127.0.0.1:", "WebSocket")),
    "riva that speaks HTTP": (reach("riva", "127.0.0.1:{}", "http_port"), ("127.0.0.1:", "gRPC")),
    "riva without the model": (
        reach("riva", "127.0.0.1:{}", "riva_port", model="conformer_xx"),
        ("127.0.0.1:", "conformer_xx"),
    ),
    "tls on a plain address": (set_in("target", "tls", to={"ca": "ca.pem"}), ("ws://127.0.0.1:", "plain", "wss://")),
    "a certificate that is not there": (
        reach("riva", "127.0.0.1:{}", "riva_port", tls={"ca": "/nowhere/ca.pem"}),
        ("tls.ca", "no file /nowhere/ca.pem", "correct the path"),
    ),
    "a token that is not set": (
        set_in("target", "token_env", to="NOBODY_SETS_THIS"),
        ("NOBODY_SETS_THIS", "not set", "take token_env out"),
    ),
    "no such driver": (
        flag("--driver", "riva"),
        ("--driver riva: ", "target.yaml has no such endpoint", "use one of: gateway"),
    ),
    "known limits on a real target": (
        set_in("target", "known_limits", to=[{"objective": "silence", "reason": "it hallucinates at times"}]),
        ("target.yaml: known_limits", "real target"),
    ),
    "auto without start": (set_in("target", "endpoints", to={"gateway": "auto"}), ("target.yaml: endpoints", "auto")),
    "unknown target": (flag("--target", "nowhere"), ("--target nowhere", "does not exist", "use one of")),
}


@pytest.mark.parametrize(("spoil", "says"), CASES.values(), ids=CASES.keys())
def test_bad_input_is_one_sentence_and_exit_2(
    spoil: Callable[[World], None],
    says: tuple[str, ...],
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whatever is wrong is said before anything runs, by file and key, with the remedy."""
    spoil(world)
    monkeypatch.setattr(sys, "argv", ["harness", *world.command()])
    with pytest.raises(SystemExit) as exit_:
        main()
    sentence = capsys.readouterr().err.strip().splitlines()[-1]
    assert exit_.value.code == 2, sentence
    for part in says:
        assert part in sentence
    assert sentence.endswith((".", "?"))
    assert not world.out.is_dir() or not list(world.out.iterdir())


def serve(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "harness", "serve", *command], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("service", [("riva",), ("gateway", "--riva", "127.0.0.1:1")])
def test_a_port_in_use_is_refused_with_a_sentence(service: tuple[str, ...]) -> None:
    """A server that cannot have its port says so at once, exit 2."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = serve(*service, "--port", port)
    assert done.returncode == 2, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert port in last
    assert "in use" in last


@pytest.mark.parametrize("service", [("riva",), ("gateway", "--riva", "127.0.0.1:1")])
def test_a_port_that_is_none_is_refused(service: tuple[str, ...]) -> None:
    """99999 is not quietly taken for another one."""
    done = serve(*service, "--port", "99999")
    assert done.returncode == 2
    assert "99999" in done.stderr
    assert "give a number from 0 to 65535" in done.stderr
