"""What stands between a person and load on somebody's system."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from harness.cli.caution import Consent, be_sure, said
from harness.errors import ScenarioError, TargetFileError
from harness.model.clip import Clip
from harness.model.plan import Plan, SessionPlan
from harness.model.scenario import Target

S = 1_000_000_000
FILES = (Path("busy.yaml"), Path("theirs.yaml"))
THEIRS = Target(name="theirs", kind="real", endpoints=(("gateway", "ws://x"),))
OURS = Target(name="ours", kind="embedded", endpoints=(("gateway", "auto"),), stack="embedded")
PRODUCTION = Target(name="live", kind="real", endpoints=(("gateway", "ws://x"),), production=True)
CLIP = Clip(
    clip_id="c",
    rate_hz=16_000,
    path="c.flac",
    sha256="0" * 64,
    condition="clean",
    source="c",
    speaker="s",
    speech="none",
    duration_ns=900 * S,
    reference="",
    words=(),
    segments=(),
)


def plan(sessions: int) -> Plan:
    """Of a quarter of an hour each, one a minute."""
    planned = tuple(
        SessionPlan(
            session_id=f"s{n}",
            clip=CLIP,
            lane=n,
            repeat=0,
            open_ns=60 * n * S,
            start_ns=(60 * n + 1) * S,
            frame_ns=S // 10,
            end_ns=(60 * n + 901) * S,
            deadline_ns=(60 * n + 911) * S,
        )
        for n in range(sessions)
    )
    return Plan(seed=1, lanes=sessions, sessions=planned)


def test_it_is_said_how_much_goes_to_whom() -> None:
    """Sessions, hours of audio, and how many are open at the busiest moment."""
    assert said(plan(40), THEIRS) == "sends 40 sessions with 10.00 hours of audio, up to 16 at once, to theirs"


def test_what_is_started_here_is_not_asked_about() -> None:
    """Nobody else uses it; of another target a `--yes` is enough."""
    assert be_sure(plan(1), OURS, FILES, Consent())
    assert be_sure(plan(1), THEIRS, FILES, Consent(yes=True))


@pytest.mark.parametrize("answer", [True, False])
def test_a_person_is_asked(monkeypatch: pytest.MonkeyPatch, answer: bool) -> None:
    """With the figures in the question, and their word holds."""
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "confirm", lambda question: asked.append(question) or answer)
    assert be_sure(plan(40), THEIRS, FILES, Consent()) is answer
    assert "40 sessions" in asked[0]


def test_where_nobody_can_be_asked_the_answer_is_no(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job without a terminal must say it in advance."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(TargetFileError, match="--yes"):
        be_sure(plan(1), THEIRS, FILES, Consent())


@pytest.mark.parametrize(
    "consent", [Consent(yes=True), Consent(yes=True, owned=True), Consent(yes=True, max_sessions=9)]
)
def test_production_needs_its_owners_word_and_a_cap(consent: Consent) -> None:
    """A `--yes` in a script is not enough to take a system away from its users."""
    with pytest.raises(TargetFileError, match="--i-own-this-target"):
        be_sure(plan(1), PRODUCTION, FILES, consent)
    assert be_sure(plan(9), PRODUCTION, FILES, Consent(yes=True, owned=True, max_sessions=9))


@pytest.mark.parametrize("target", [OURS, THEIRS, PRODUCTION])
def test_a_cap_holds_for_every_target(target: Target) -> None:
    """Ten planned where nine are allowed."""
    with pytest.raises(ScenarioError, match="10 sessions"):
        be_sure(plan(10), target, FILES, Consent(yes=True, owned=True, max_sessions=9))
