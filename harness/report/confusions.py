"""Which words are taken for which: the most frequent confusions, on which clips, at which rates."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.model.measurement import Mistake, MistakeKind, Respelling
from harness.model.run import Measured
from harness.report import wording
from harness.report.facts import Session
from harness.report.spoken import Spoken, rates_of

LISTED = 12
_PARTS = (  # objectives read the clips or do not; how many confusions of them are listed
    ("", True, LISTED),
    ("On descriptive clips, which no accuracy objective reads", False, 4),
)
_NAMED_CLIPS = 2

_Kind = tuple[MistakeKind, str, str]  # what happened, the reference word, the heard word
_Respelled = Mapping[str, Sequence[Respelling]]  # by session


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """A reference word and what was heard for it; one of them is empty where a word was deleted or inserted."""

    kind: MistakeKind
    reference: str
    heard: str
    times: int
    sessions: int
    rates: tuple[str, ...]  # a rate each: how often of how many times its places in the clips were played
    clips: str
    writing: str  # `compound` and the like, where all of them are only written otherwise

    @property
    def text(self) -> str:
        """In running text."""
        if self.kind == "insert":
            return f"“{self.heard}” added"
        return f"“{self.reference}” heard as {f'“{self.heard}”' if self.heard else 'nothing'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    title: str
    rows: tuple[Confusion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusions:
    rates: tuple[int, ...]
    groups: tuple[Group, ...]
    top: int  # the largest count, which the bars are drawn against
    foot: str


def build(measured: Measured, sessions: Sequence[Spoken]) -> Confusions | None:
    """None where no word is wrong."""
    rates, respelled = rates_of(sessions), _by_session(measured)
    groups, left = [], []
    for title, binding, most in _PARTS:
        rows = rank([one for one in sessions if one.session.clip.binding is binding], rates, respelled)
        groups += [Group(title=title, rows=tuple(rows[:most]))] if rows else []
        left += rows[most:]
    if not groups:
        return None
    top = max(row.times for group in groups for row in group.rows)
    return Confusions(rates=rates, groups=tuple(groups), top=top, foot=_foot(sessions, left))


def rank(sessions: Iterable[Spoken], rates: Sequence[int], respelled: _Respelled | None = None) -> list[Confusion]:
    """All confusions, most frequent first, then those of most sessions."""
    heard = [one for one in sessions if not one.lost]
    plays = Counter(one.session.clip.key for one in heard)
    found: defaultdict[_Kind, list[tuple[Session, Mistake]]] = defaultdict(list)
    for one in heard:
        for mistake in one.mistakes:
            found[mistake.kind, mistake.reference, mistake.heard].append((one.session, mistake))
    rows = [_confusion(kind, cases, rates, plays, respelled or {}) for kind, cases in found.items()]
    return sorted(rows, key=lambda row: (-row.times, -row.sessions, row.reference, row.heard))


def _confusion(
    kind: _Kind,
    cases: Sequence[tuple[Session, Mistake]],
    rates: Sequence[int],
    plays: Mapping[str, int],
    respelled: _Respelled,
) -> Confusion:
    writings = {_writing(mistake, respelled) for _, mistake in cases}
    return Confusion(
        kind=kind[0],
        reference=kind[1],
        heard=kind[2],
        times=len(cases),
        sessions=len({mistake.session_id for _, mistake in cases}),
        rates=tuple(_of_plays(cases, rate, plays) for rate in rates),
        clips=named(Counter(session.clip.clip_id for session, _ in cases), _NAMED_CLIPS),
        writing=writings.pop() if len(writings) == 1 else "",
    )


def _of_plays(cases: Sequence[tuple[Session, Mistake]], rate: int, plays: Mapping[str, int]) -> str:
    """`3 of 8`: the places where it ever happened, in how many of their plays at that rate."""
    places = {(session.clip.clip_id, mistake.at) for session, mistake in cases}
    of = sum(plays[f"{clip_id}@{rate}"] for clip_id, _ in places)
    times = {(mistake.session_id, mistake.at) for session, mistake in cases if session.clip.rate_hz == rate}
    return f"{wording.count(len(times))} of {wording.count(of)}" if of else "–"  # noqa: RUF001  typographic dash


def named(counts: Mapping[str, int], most: int) -> str:
    """The names that count most: `noisy-babble5, music-moh5 and 2 more`."""
    names = sorted(counts, key=lambda name: (-counts[name], name))
    more = len(names) - most
    return f"{', '.join(names[:most])} and {more} more" if more > 0 else wording.listed(names)


def _by_session(measured: Measured) -> _Respelled:
    found: defaultdict[str, list[Respelling]] = defaultdict(list)
    for one in measured.respellings:
        found[one.session_id].append(one)
    return found


def _writing(mistake: Mistake, respelled: _Respelled) -> str:
    """How it is only written otherwise, if it is; an insertion may stand behind the last reference word."""
    for one in respelled.get(mistake.session_id, ()):
        reference, heard = one.reference.split(), one.heard.split()
        inside = one.at <= mistake.at <= one.at + len(reference)
        if inside and mistake.reference in ("", *reference) and mistake.heard in ("", *heard):
            return one.kind
    return ""


def _foot(sessions: Sequence[Spoken], left: Sequence[Confusion]) -> str:
    said = ["“3 of 8”: in 3 of 8 plays of the places where it ever happened"]
    if left:
        most = max(row.times for row in left)
        each = "once each" if most == 1 else f"at most {wording.number_word(most)} times each"
        said.append(f"{wording.plural(len(left), 'more confusion')}, {each}, are not listed")
    if lost := [one for one in sessions if one.lost]:
        n = wording.plural(len(lost), "session")
        words = wording.plural(sum(one.words for one in lost), "word")
        said.append(f"{n} gave no word at all: {words} deleted, in every rate and in no row here")
    return wording.joined(said)
