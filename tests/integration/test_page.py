"""The gateway's page in a real browser, whose microphone is a file: words and latencies, errors, its resampler."""

from __future__ import annotations

import json
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest
from doubles.scripted_riva import Requests, ScriptedRiva, final, interim
from riva.client.proto import riva_asr_pb2 as pb
from support.browser import Tab, browser

from harness import pcm
from harness.embedded.stack import start_stack
from harness.gateway.server import listening
from harness.gateway.settings import GatewaySettings
from harness.riva.config import RivaConfig

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
RATE_HZ = 16_000
CLIP, SAID = "clean-tt-weasels", "weasels have eaten our phone system"
LEAD_S, TAIL_S = 5, 30  # silence: until the session listens, and until the endpointer has decided
LOUD = 0.01 * 2**15  # RMS; the page's own line is at -45 dB, which is 0.0056
PAUSE_S = 0.6  # what the scripted Riva waits for before its final
LATENCY = "Number(document.querySelector('#finals [data-latency]')?.dataset.latency)"
STATE = "document.body.dataset.state"
START = "document.getElementById('toggle').click()"

WORKLET = (ROOT / "harness" / "gateway" / "page_worklet.js").read_text(encoding="utf-8")
# one second of 1 and of 10 kHz through the worklet's resampler: how many samples came out, and their level
RESAMPLED = f"""(() => {{
    class AudioWorkletProcessor {{}}
    const registerProcessor = () => {{}};
    const sampleRate = RATE;
    {WORKLET}
    const tone = (hz, from) => Float32Array.from(
        {{ length: 300 }}, (_, at) => Math.sin(2 * Math.PI * hz * (from + at) / RATE));
    return [1000, 10000].map((hz) => {{
        const resampler = new Resampler(RATE, {RATE_HZ}), out = [];
        for (let at = 0; at < RATE; at += 300) out.push(...resampler.push(tone(hz, at)));
        const power = out.slice(1000, -1000).reduce((sum, x) => sum + 2 * x * x, 0) / (out.length - 2000);
        return [out.length, Math.sqrt(power)];
    }});
}})()"""


@pytest.fixture
def microphone(tmp_path: Path) -> Path:
    """The clip with silence around it, as the fake device wants it."""
    golden = json.loads((ROOT / "golden" / f"{CLIP}.json").read_text(encoding="utf-8"))
    samples = pcm.read_pcm16(ROOT / golden["audio"][str(RATE_HZ)]["path"])[0]
    path = tmp_path / "microphone.wav"
    with wave.open(str(path), "wb") as writer:
        writer.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        writer.writeframes(bytes(2 * RATE_HZ * LEAD_S) + samples + bytes(2 * RATE_HZ * TAIL_S))
    return path


@pytest.fixture
async def tab(tmp_path: Path, microphone: Path) -> AsyncIterator[Tab]:
    async with browser(tmp_path / "profile", f"--use-file-for-fake-audio-capture={microphone}%noloop") as found:
        yield found


@pytest.fixture
async def riva() -> AsyncIterator[ScriptedRiva]:
    server = await ScriptedRiva().start()
    yield server
    await server.stop()


@pytest.fixture
async def address(riva: ScriptedRiva) -> AsyncIterator[str]:
    """Of a gateway with the page, before the scripted Riva."""
    told = GatewaySettings(riva=RivaConfig(host="127.0.0.1", port=riva.port), page=True, grace_s=0.5)
    async with listening(told) as gateway:
        yield f"http://localhost:{gateway.port}/"


async def endpointing(requests: Requests, _: grpc.aio.ServicerContext) -> AsyncIterator[pb.StreamingRecognizeResponse]:
    """A partial with the first loud audio, and the final after a pause in it."""
    heard_s = loud_s = 0.0
    async for request in requests:
        samples = np.frombuffer(request.audio_content, dtype="<i2").astype(float)
        heard_s += len(samples) / RATE_HZ
        if len(samples) and np.sqrt(np.mean(samples**2)) > LOUD:
            if not loud_s:
                yield interim("weasels")
            loud_s = heard_s
        if loud_s and heard_s - loud_s > PAUSE_S:
            yield final("weasels have eaten", processed_s=heard_s)
            loud_s = 0.0


async def refusing(
    requests: Requests, context: grpc.aio.ServicerContext
) -> AsyncIterator[pb.StreamingRecognizeResponse]:
    async for request in requests:
        if request.audio_content:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "no more streams")
            yield final("never")


def words(text: str) -> list[str]:
    return "".join(letter for letter in text.lower() if letter.isalpha() or letter == " ").split()


async def test_a_clip_comes_back_as_words_with_their_latency(tab: Tab, riva: ScriptedRiva, address: str) -> None:
    """The final stands there with the pause it waited for in its latency; Stop ends the session in order."""
    riva.script = endpointing
    await tab.go(address)
    assert await tab.value(STATE) == "idle"
    await tab.value(START)
    assert await tab.until("document.getElementById('partial').textContent") == "weasels"
    assert await tab.until("document.querySelector('#finals p')?.textContent") == "weasels have eaten"
    assert await tab.value(LATENCY) >= 1000 * PAUSE_S - 20  # the level's grain and a frame
    assert await tab.until("document.getElementById('round-now').textContent.endsWith('ms')")
    stream = await tab.value("document.getElementById('stream').textContent")
    assert stream.startswith("page-")
    await tab.value(START)
    assert await tab.until(f"{STATE} === 'idle'")
    assert await tab.value("document.getElementById('error').hidden")
    assert (riva.configs[0].config.sample_rate_hertz, tab.complaints) == (RATE_HZ, [])


async def test_the_devices_own_rate_is_resampled(tab: Tab, riva: ScriptedRiva, address: str) -> None:
    """What Riva gets is 16 kHz all the same, and the page says what it did."""
    riva.script = endpointing
    await tab.go(address)
    await tab.value("document.getElementById('native').checked = true")
    await tab.value(START)
    assert await tab.until("document.querySelector('#finals p')?.textContent") == "weasels have eaten"
    assert "resampled from" in await tab.value("document.getElementById('format').textContent")
    assert tab.complaints == []


async def test_an_error_is_shown_with_code_hint_and_stream(tab: Tab, riva: ScriptedRiva, address: str) -> None:
    """What Riva refuses stands on the page with what to do, and the same stream that the gateway logs."""
    riva.script = refusing
    await tab.go(address)
    await tab.value(START)
    assert await tab.until(f"{STATE} === 'idle' && !document.getElementById('error').hidden")
    assert "resource_exhausted" in await tab.value("document.getElementById('error-code').textContent")
    assert "try again" in await tab.value("document.getElementById('error-hint').textContent")
    assert (await tab.value("document.getElementById('stream').textContent")).startswith("page-")
    await tab.until("!document.getElementById('toggle').disabled")


async def test_the_resampler_keeps_speech_and_nothing_that_folds(tab: Tab, address: str) -> None:
    """1 kHz keeps its level, 10 kHz would fold to 6 kHz and is gone, and no sample is lost however it is cut."""
    await tab.go(address)
    for rate_hz in (44_100, 48_000, 96_000):
        (length, kept), (_, folded) = await tab.value(RESAMPLED.replace("RATE", str(rate_hz)))
        assert abs(length - RATE_HZ) < RATE_HZ // 100
        assert abs(kept - 1) < 0.01
        assert folded < 0.01


FINALS = (  # what was loud, the final's audio_end, whether Stop was pressed; the latency, or why there is none
    ([(1000, 2000)], "undefined", "false", 1100, ""),
    ([(1000, 2000), (2500, 2520)], "undefined", "false", 1100, ""),  # a click in the pause
    ([(1000, 2000), (2600, 3000)], "2.5", "false", 1100, ""),  # the next segment had begun
    ([(1000, 3000)], "undefined", "false", None, "no pause below the line"),
    ([(1000, 3000)], "undefined", "true", 100, ""),  # in the middle of a word
    ([(1000, 1010)], "undefined", "false", None, "no speech above the line"),
)


async def test_a_final_counts_from_the_end_of_its_own_speech(tab: Tab, address: str) -> None:
    """3 s of audio that comes in time, some of it above the line; the final comes at 3.1 s."""
    await tab.go(address)
    for loud, audio_end_s, stopping, latency_ms, why in FINALS:
        said = await tab.value(f"""(() => {{
            const measures = new Measures(), loud = {json.dumps(loud)};
            const level = (ms) => (loud.some(([from, to]) => from <= ms && ms < to) ? 0.1 : 0.001);
            for (let at = 0; at < 3000; at += 20) {{ // frames come up to 80 ms late
                measures.sent(640, [level(at), level(at + 10)], 0.01, at + 20 + (at % 100));
            }}
            return measures.final({audio_end_s}, {stopping}, 3100);
        }})()""")
        assert (said["latency_ms"], said["why"]) == (latency_ms, why), loud


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of the embedded Riva."""
    pytest.importorskip("onnxruntime", reason="the optional extra `embedded` is not installed")
    with start_stack(log_dir=tmp_path_factory.mktemp("logs"), gateway=False, max_streams=2) as stack:
        yield int(stack.endpoints["riva"].rpartition(":")[2])


async def test_a_real_recogniser_hears_the_clip(tab: Tab, embedded: int) -> None:
    """The words that are said in the microphone's file stand on the page as a final, with a latency."""
    told = GatewaySettings(riva=RivaConfig(host="127.0.0.1", port=embedded), page=True, grace_s=0.5)
    async with listening(told) as gateway:
        await tab.go(f"http://localhost:{gateway.port}/")
        await tab.value(START)
        heard = await tab.until("document.querySelector('#finals p')?.textContent")
        missed = set(words(SAID)) - set(words(heard))
        assert len(missed) <= 1, heard  # "phone" is sometimes "phones", as the pieces happen to be cut
        assert await tab.value(LATENCY) > 0
        assert tab.complaints == []
