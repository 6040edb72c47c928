"""What an assembled clip is made of, settled before any audio is read: which pieces, and which pauses. Pure and seeded.

The same entry and the same corpus give the same clip, and all of its rates have the same pieces at the same times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import count

from harness.errors import ScenarioError
from harness.model.assembled import Assembled, Piece
from harness.model.clip import Clip, Segment, Word
from harness.model.scenario import Assembly, Scenario
from harness.scenario.plan import matches, refuse_unknown
from harness.scenario.session import draw

_MS = 1_000_000
_MS_PER_MINUTE = 60_000
CONDITION = "long"

Versions = Mapping[int, Clip]  # of one clip, by rate


def assemble(scenario: Scenario, corpus: Iterable[Clip], file: str) -> tuple[Assembled, ...]:
    """Every clip that the scenario asks for, at each of its rates. Raises ScenarioError where one cannot be made."""
    clips = tuple(corpus)
    taken = {clip.clip_id for clip in clips}
    made: list[Assembled] = []
    for index, entry in enumerate(scenario.clips):
        if (ask := entry.assemble) is None:
            continue
        place = f"{file}: clips.{index}.assemble"
        if ask.clip_id in taken:
            raise ScenarioError(f"{place}.id", f"there is a clip {ask.clip_id!r} already", "choose another id")
        taken.add(ask.clip_id)
        stock = _stock(ask, clips, place)
        pieces = _pieces(ask, {name: next(iter(versions.values())) for name, versions in stock.items()})
        made += [_at_rate(ask, rate_hz, pieces, stock) for rate_hz in ask.rates_hz]
    return tuple(made)


def _stock(ask: Assembly, clips: tuple[Clip, ...], place: str) -> Mapping[str, Versions]:
    """What may be used, by name: speech with trusted word times, so that latency can be judged on the whole."""
    refuse_unknown(clips, ask.source, f"{place}.from")
    refuse_unknown(clips, ask.leave_out, f"{place}.except")
    found: dict[str, dict[int, Clip]] = {}
    for clip in clips:
        left_out = ask.leave_out and matches(clip, ask.leave_out)
        usable = clip.has_speech and clip.latency and clip.binding and clip.rate_hz in ask.rates_hz
        if usable and matches(clip, ask.source) and not left_out:
            found.setdefault(clip.clip_id, {})[clip.rate_hz] = clip
    whole = {name: versions for name, versions in found.items() if len(versions) == len(ask.rates_hz)}
    if len(whole) < 2:
        rates = " and ".join(f"{rate_hz} Hz" for rate_hz in ask.rates_hz)
        have = f"only {next(iter(whole))!r} fits" if whole else "no clip fits"
        needed = "two with speech, trusted word times and binding references are needed"
        raise ScenarioError(f"{place}.from", f"{have} at {rates}, and {needed}", "widen the selection")
    return whole


def _names(seed: int, stock: Iterable[str]) -> Iterator[str]:
    """Round after round through all of at least two names, each in an order of its own; none follows itself."""
    names, last = tuple(stock), ""
    for number in count():
        turn = _turn(seed, number, names)
        if turn[0] == last:
            turn[0], turn[1] = turn[1], turn[0]
        yield from turn
        last = turn[-1]


def _turn(seed: int, number: int, names: tuple[str, ...]) -> list[str]:
    return sorted(names, key=lambda name: draw(seed, "piece", number, name))


def _pieces(ask: Assembly, stock: Mapping[str, Clip]) -> tuple[Piece, ...]:
    """As many as it takes to last `minutes`; the first keeps its whole lead, the last its whole tail."""
    shortest_ms, longest_ms = ask.gap_ms
    names = _names(ask.seed, stock)
    pieces = [_whole(stock[next(names)])]
    while len(pieces) < 2 or end_ms(pieces[-1]) < ask.minutes * _MS_PER_MINUTE:
        pause_ms = shortest_ms + draw(ask.seed, "pause", len(pieces)) % (longest_ms - shortest_ms + 1)
        pieces[-1:] = _join(pieces[-1], _whole(stock[next(names)]), pause_ms)
    return tuple(pieces)


def _whole(clip: Clip) -> Piece:
    return Piece(clip=clip, from_ms=0, until_ms=-(-clip.duration_ns // _MS), at_ms=0)


def _join(before: Piece, after: Piece, pause_ms: int) -> tuple[Piece, Piece]:
    """Both, so that the pause lies between the last word of one and the first of the other.

    Each keeps at most half of the pause of its own padding; what then lacks is left open, to be filled with noise.
    Half of the shortest pause is more than the corpus keeps of a recording around its speech, so no word is cut.
    """
    half_ns = pause_ms * _MS // 2
    over_ns, first_ns = before.clip.words[-1].end_ns, after.clip.words[0].start_ns
    from_ms = max(0, -((half_ns - first_ns) // _MS))
    onset_ns = over_ns + before.shift_ns + pause_ms * _MS
    return (
        replace(before, until_ms=min(before.until_ms, (over_ns + half_ns) // _MS)),
        replace(after, from_ms=from_ms, at_ms=from_ms - (first_ns - onset_ns) // _MS),
    )


def end_ms(piece: Piece) -> int:
    """When a piece is over, in the assembled clip's time."""
    return piece.at_ms + piece.until_ms - piece.from_ms


def _at_rate(ask: Assembly, rate_hz: int, pieces: tuple[Piece, ...], stock: Mapping[str, Versions]) -> Assembled:
    here = tuple(replace(piece, clip=stock[piece.clip.clip_id][rate_hz]) for piece in pieces)
    return Assembled(clip=_clip(ask, rate_hz, here), pieces=here, seed=ask.seed)


def _clip(ask: Assembly, rate_hz: int, pieces: tuple[Piece, ...]) -> Clip:
    """Transcript, words and segments of the pieces, one after the other; the source names the clips it comes from."""
    clips = [piece.clip for piece in pieces]
    return Clip(
        clip_id=ask.clip_id,
        rate_hz=rate_hz,
        path="",
        sha256="",
        condition=CONDITION,
        source="+".join(dict.fromkeys(clip.clip_id for clip in clips)),
        speaker=_only({clip.speaker for clip in clips}, "several"),
        speech=_only({clip.speech for clip in clips}, "synthetic"),
        duration_ns=end_ms(pieces[-1]) * _MS,
        reference=" ".join(clip.reference for clip in clips),
        words=tuple(_words(pieces)),
        segments=tuple(_segments(clips)),
        confirmed_by_ear=all(clip.confirmed_by_ear for clip in clips),
    )


def _words(pieces: Iterable[Piece]) -> Iterator[Word]:
    for piece in pieces:
        for word in piece.clip.words:
            yield replace(word, start_ns=word.start_ns + piece.shift_ns, end_ns=word.end_ns + piece.shift_ns)


def _segments(clips: Iterable[Clip]) -> Iterator[Segment]:
    """Every pause between pieces is longer than the 600 ms that part segments, so each keeps its own."""
    said = 0
    for clip in clips:
        for part in clip.segments:
            yield Segment(first_word=part.first_word + said, last_word=part.last_word + said)
        said += len(clip.words)


def _only(values: set[str], otherwise: str) -> str:
    """The one value there is, or another where there are several."""
    return next(iter(values)) if len(values) == 1 else otherwise
