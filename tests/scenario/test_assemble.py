"""Which pieces an assembled clip is made of, and which pauses."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from harness.corpus.check import problem_of
from harness.errors import ScenarioError
from harness.model.clip import Clip, Segment, Word
from harness.model.scenario import Arrival, Assembly, Objective, Pacing, Scenario, Selection
from harness.scenario.assemble import assemble
from harness.scenario.plan import check, make_plan, narrow

MS = 1_000_000


def clip(clip_id: str, rate_hz: int, **changes: object) -> Clip:
    """Two segments of one word each; times between whole milliseconds, lead and tail of other lengths in each clip."""
    odd = sum(map(ord, clip_id)) % 90
    start_ns = (300 + odd) * MS + 100_000
    words = (
        Word(text=clip_id, start_ns=start_ns, end_ns=start_ns + 500 * MS),
        Word(text="over", start_ns=start_ns + 1200 * MS, end_ns=start_ns + 1600 * MS),
    )
    made = Clip(
        clip_id=clip_id,
        rate_hz=rate_hz,
        path=f"{clip_id}.{rate_hz}.flac",
        sha256=clip_id,
        condition="clean",
        source=f"source of {clip_id}",
        speaker="someone",
        speech="human",
        duration_ns=start_ns + (2400 + odd) * MS,
        reference=f"{clip_id.capitalize()}. Over!",
        words=words,
        segments=(Segment(first_word=0, last_word=0), Segment(first_word=1, last_word=1)),
    )
    return replace(made, **changes)


CORPUS = tuple(clip(name, rate) for name in ("ant", "bee", "cat", "dog") for rate in (16_000, 8_000))
ASK = Assembly(clip_id="long-one", minutes=0.5, gap_ms=(700, 2500), seed=7, rates_hz=(16_000, 8_000))


def scenario(ask: Assembly = ASK, *more: Selection) -> Scenario:
    return Scenario(
        name="long",
        description="",
        clips=(Selection(assemble=ask), *more),
        arrival=Arrival(lanes=2, seed=7),
        pacing=Pacing(end_after_ms=None),
        objectives=(),
    )


def test_both_rates_have_the_same_pieces_in_their_own_audio() -> None:
    """The two can be compared word by word."""
    wide, narrow = assemble(scenario(), CORPUS, "long.yaml")
    assert (wide.clip.rate_hz, narrow.clip.rate_hz) == (16_000, 8_000)
    assert wide.clip.words == narrow.clip.words
    assert [(one.from_ms, one.until_ms, one.at_ms) for one in wide.pieces] == [
        (one.from_ms, one.until_ms, one.at_ms) for one in narrow.pieces
    ]
    assert {one.clip.rate_hz for one in narrow.pieces} == {8_000}


def test_the_same_seed_gives_the_same_clip_and_another_seed_another() -> None:
    """It depends on the entry and the corpus alone."""
    once, again = (assemble(scenario(), CORPUS, "long.yaml") for _ in range(2))
    other = assemble(scenario(replace(ASK, seed=8)), CORPUS, "long.yaml")
    assert once == again
    assert [one.clip.clip_id for one in once[0].pieces] != [one.clip.clip_id for one in other[0].pieces]


@pytest.mark.parametrize("names", [("ant", "bee"), ("ant", "bee", "cat", "dog")])
@pytest.mark.parametrize("seed", range(5))
def test_no_clip_follows_itself_and_all_are_used_as_often(names: tuple[str, ...], seed: int) -> None:
    """Every clip has its turn before any has its next."""
    stock = [one for one in CORPUS if one.clip_id in names]
    (made, _) = assemble(scenario(replace(ASK, minutes=1, seed=seed)), stock, "long.yaml")
    order = [piece.clip.clip_id for piece in made.pieces]
    assert all(a != b for a, b in itertools.pairwise(order))
    counts = [order.count(name) for name in names]
    assert max(counts) - min(counts) <= 1


def test_pauses_lie_between_words_and_within_the_limits() -> None:
    """The drawn pause is what a listener hears, whatever padding the clips came with; rounding is up to whole ms."""
    (made, _) = assemble(scenario(), CORPUS, "long.yaml")
    pauses = [after.start_ns - before.end_ns for before, after in itertools.pairwise(made.clip.words)]
    between = pauses[1::2]
    assert set(pauses[::2]) == {700 * MS}  # inside the pieces, as it was
    assert all(700 * MS <= pause < 2501 * MS for pause in between)
    assert len(set(between)) > 3


def test_pieces_never_overlap_and_nothing_of_a_word_is_cut() -> None:
    """Padding is given up before anything else."""
    (made, _) = assemble(scenario(replace(ASK, gap_ms=(700, 700))), CORPUS, "long.yaml")
    for piece in made.pieces:
        assert 0 <= piece.from_ms * MS <= piece.clip.words[0].start_ns - 300 * MS
        assert piece.until_ms * MS >= piece.clip.words[-1].end_ns + 300 * MS
    for before, after in itertools.pairwise(made.pieces):
        assert before.at_ms + before.until_ms - before.from_ms <= after.at_ms
    assert made.pieces[0].from_ms == 0
    assert made.pieces[-1].until_ms * MS >= made.pieces[-1].clip.duration_ns


def test_it_lasts_as_long_as_asked_and_no_piece_longer() -> None:
    """The first piece that reaches the length is the last."""
    (made, _) = assemble(scenario(), CORPUS, "long.yaml")
    assert 30_000 * MS <= made.clip.duration_ns < 36_000 * MS


def test_transcript_words_and_segments_fit_together() -> None:
    """By the same rules as any golden file."""
    (made, _) = assemble(scenario(), CORPUS, "long.yaml")
    whole = made.clip
    assert problem_of(whole.reference, whole.words, whole.segments, whole.duration_ns) is None
    assert len(whole.segments) == 2 * len(made.pieces)
    assert (whole.condition, whole.speaker, whole.speech, whole.latency) == ("long", "someone", "human", True)
    assert sorted(whole.source.split("+")) == ["ant", "bee", "cat", "dog"]


def test_only_its_own_entry_plays_it() -> None:
    """`select: all` beside it means all of the corpus."""
    asked = scenario(ASK, Selection(select=(("rate", ("8000",)),)))
    made = tuple(one.clip for one in assemble(asked, CORPUS, "long.yaml"))
    plan = make_plan(asked, (*CORPUS, *made))
    assert sorted(session.clip.key for session in plan.sessions) == [
        *("ant@8000", "bee@8000", "cat@8000", "dog@8000", "long-one@16000", "long-one@8000"),
    ]


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (
            replace(ASK, source=(("condition", ("nosiy",)),)),
            "assemble.from: no clip has condition 'nosiy'; use one",
        ),
        (replace(ASK, leave_out=(("clip", ("eel",)),)), "clips.0.assemble.except: no clip has clip 'eel'"),
        (
            replace(ASK, source=(("clip", ("ant",)),)),
            "assemble.from: only 'ant' fits at 16000 Hz and 8000 Hz, and two with speech, trusted word times",
        ),
        (replace(ASK, source=(("rate", ("8000",)),)), "assemble.from: no clip fits at 16000 Hz and 8000 Hz"),
        (replace(ASK, clip_id="ant"), "long.yaml: clips.0.assemble.id: there is a clip 'ant' already; choose another"),
    ],
)
def test_what_cannot_be_assembled_is_one_sentence(ask: Assembly, sentence: str) -> None:
    """With file, key and remedy, before anything runs."""
    with pytest.raises(ScenarioError) as caught:
        assemble(scenario(ask), CORPUS, "long.yaml")
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    "unfit", [{"latency": False}, {"binding": False}, {"words": (), "segments": ()}], ids=["times", "binding", "speech"]
)
def test_clips_that_objectives_could_not_judge_are_left_out(unfit: dict[str, object]) -> None:
    """One piece with doubtful times would make the whole clip's latency doubtful."""
    corpus = [replace(one, **unfit) if one.clip_id == "cat" else one for one in CORPUS]
    (made, _) = assemble(scenario(), corpus, "long.yaml")
    assert "cat" not in {piece.clip.clip_id for piece in made.pieces}


def test_it_is_narrowed_and_judged_like_any_clip() -> None:
    """Its name, rate and condition are known to --rate and to objectives."""
    errors = Objective(
        objective_id="errors",
        text="sum error == 0 where clip = long-one",
        aggregate="sum",
        metric="error",
        op="==",
        threshold=0,
        where=(("clip", ("long-one",)), ("condition", ("long",))),
    )
    asked = narrow(replace(scenario(), objectives=(errors,)), (("rate", ("8000",)),))
    clips = (*CORPUS, *(one.clip for one in assemble(asked, CORPUS, "long.yaml")))
    checked = check(asked, clips, "long.yaml")
    assert checked.objectives == (errors,)
    assert [session.clip.key for session in make_plan(checked, clips).sessions] == ["long-one@8000"]
