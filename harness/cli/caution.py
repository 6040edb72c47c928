"""What stands between a person and load on a system that others use: figures, a question, and a cap."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import typer

from harness.errors import ScenarioError, TargetFileError
from harness.model.outline import outline
from harness.model.plan import Plan
from harness.model.scenario import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What the command line says in advance."""

    yes: bool = False
    owned: bool = False
    max_sessions: int | None = None


def be_sure(plan: Plan, target: Target, files: tuple[Path, Path], consent: Consent) -> bool:
    """Whether to go on; of a target that is not started here, a person is asked unless they said yes.

    `files` are the scenario's and the target's. Raises UsageError where the answer can only be no.
    """
    most = consent.max_sessions
    if target.production and not (consent.owned and most):
        raise TargetFileError(
            f"{files[1]}: production",
            "load on a production target can take it away from its users",
            "say --i-own-this-target, and --max-sessions as a cap",
        )
    if most is not None and len(plan.sessions) > most:
        raise ScenarioError(
            str(files[0]), f"its plan has {len(plan.sessions):,} sessions", f"narrow it, or raise --max-sessions {most}"
        )
    if target.stack is not None or consent.yes:
        return True
    if not sys.stdin.isatty():
        raise TargetFileError(str(files[1]), f"{said(plan, target)} and nobody can be asked here", "say --yes")
    return typer.confirm(f"This {said(plan, target)}. Go on?")


def said(plan: Plan, target: Target) -> str:
    """What would happen to whom."""
    all_of_it = outline(plan)
    return (
        f"sends {all_of_it.sessions:,} sessions with {all_of_it.audio_hours:,.2f} hours of audio, "
        f"up to {all_of_it.peak_open:,} at once, to {target.name}"
    )
