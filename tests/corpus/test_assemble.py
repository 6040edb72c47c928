"""The audio of an assembled clip."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from harness.corpus.assemble import hiss, write_assembled
from harness.corpus.load import load_corpus
from harness.errors import CorpusError
from harness.model.assembled import Assembled, Piece
from harness.model.clip import Clip
from harness.model.scenario import Arrival, Assembly, Pacing, Scenario, Selection
from harness.scenario.assemble import assemble

ROOT = Path(__file__).resolve().parents[2]
RATES_HZ = (16_000, 8_000)


def committed() -> tuple[Assembled, ...]:
    """Twenty seconds of the corpus that comes with the project."""
    ask = Assembly(
        clip_id="long-test",
        minutes=20 / 60,
        gap_ms=(700, 1500),
        seed=3,
        rates_hz=RATES_HZ,
        source=(("condition", ("clean",)), ("speech", ("human",))),
    )
    scenario = Scenario(
        name="long",
        description="",
        clips=(Selection(assemble=ask),),
        arrival=Arrival(lanes=1, seed=7),
        pacing=Pacing(),
        objectives=(),
    )
    return assemble(scenario, load_corpus(ROOT), "long.yaml")


def sent(clip: Clip) -> np.ndarray:
    samples, _ = soundfile.read(ROOT / clip.path, dtype="int16")
    return samples


@pytest.fixture(scope="module", params=[0, 1], ids=["16 kHz", "8 kHz"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Assembled, Path]:
    made = committed()[request.param]
    path = tmp_path_factory.mktemp("made") / "clip.flac"
    write_assembled(made, ROOT, path)
    return made, path


def test_every_piece_stands_where_its_words_say(written: tuple[Assembled, Path]) -> None:
    """Bit by bit, so that a word's time is exact to the sample."""
    made, path = written
    samples, rate_hz = soundfile.read(path, dtype="int16")
    assert rate_hz == made.clip.rate_hz
    assert len(samples) == made.clip.duration_ns * rate_hz // 10**9
    per_ms = rate_hz // 1000
    for piece in made.pieces:
        original = sent(piece.clip)[piece.from_ms * per_ms : piece.until_ms * per_ms]
        there = samples[piece.at_ms * per_ms :][: len(original)]
        assert np.array_equal(there, original)
        word, own = made.clip.words, piece.clip.words[0]
        assert any(one.start_ns == own.start_ns + piece.shift_ns and one.text == own.text for one in word)


def test_gaps_are_as_quiet_as_the_padding_of_the_corpus(written: tuple[Assembled, Path]) -> None:
    """Neither digital silence nor a step: a recogniser hears the same line all the time."""
    made, path = written
    samples, rate_hz = soundfile.read(path, dtype="int16")
    per_ms = rate_hz // 1000
    padding = sent(made.pieces[0].clip)[: 200 * per_ms]
    gaps = [
        samples[(before.at_ms + before.until_ms - before.from_ms) * per_ms : after.at_ms * per_ms]
        for before, after in itertools.pairwise(made.pieces)
    ]
    filled = np.concatenate(gaps)
    assert len(filled) > 100 * per_ms
    assert loudness(filled) == pytest.approx(loudness(padding), rel=0.25)
    assert set(np.unique(filled)) <= set(range(-30, 31))


def loudness(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples.astype(np.float64)))))


def test_the_same_clip_is_the_same_file(written: tuple[Assembled, Path], tmp_path: Path) -> None:
    """Byte for byte: its digest stands in the manifest."""
    made, path = written
    write_assembled(made, ROOT, tmp_path / "again.flac")
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in (path, tmp_path / "again.flac")]
    assert digests[0] == digests[1]


def test_noise_at_8_khz_has_been_through_the_telephone() -> None:
    """Its values are those that mu-law knows: next to zero, multiples of eight."""
    assert set(np.unique(hiss(8000, 8000, (7, 8000, 1)))) <= {-24, -16, -8, 0, 8, 16, 24}
    assert len(np.unique(hiss(16_000, 16_000, (7, 16_000, 1)))) > 20


def test_a_length_rounded_up_is_filled(corpus: Callable[..., Path], tmp_path: Path) -> None:
    """A golden file may say a tenth of a millisecond more than there is."""
    root = corpus()
    clip = load_corpus(root)[0]
    piece = Piece(clip=clip, from_ms=1000, until_ms=2001, at_ms=0)
    write_assembled(Assembled(clip=clip, pieces=(piece,), seed=1), root, tmp_path / "made.flac")
    assert soundfile.info(tmp_path / "made.flac").frames == 1001 * 16


def test_changed_audio_is_not_put_together(corpus: Callable[..., Path], tmp_path: Path) -> None:
    """The transcript was written for another file."""
    root = corpus()
    clip = load_corpus(root)[0]
    with (root / clip.path).open("ab") as file:
        file.write(b"\0")
    piece = Piece(clip=clip, from_ms=0, until_ms=2000, at_ms=0)
    with pytest.raises(CorpusError, match=r"clean-one\.16k\.flac: changed since"):
        write_assembled(Assembled(clip=clip, pieces=(piece,), seed=1), root, tmp_path / "made.flac")
    assert not (tmp_path / "made.flac").exists()
