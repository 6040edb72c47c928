from __future__ import annotations

from dataclasses import replace

import pytest

from harness.model.scenario import Objective
from harness.model.verdict import Outcome
from harness.report.text import brief, summary


def lines_of(world, *, colour: bool = False) -> list[str]:
    return summary(world.record, world.judgement, "reports/run/report.html", colour=colour).splitlines()


def test_the_worst_stands_first_and_what_passes_is_folded(failing):
    """One line for each judged line that does not hold, one for all that do, with the closest margin."""
    lines = lines_of(failing)
    assert lines[2].startswith("✕ FAIL         final in “noisy” and “music” at 8 kHz")
    assert "p95 ∞" in lines[2]
    assert "5 over, 3 never" in lines[2]
    assert lines[3].startswith("? INCONCLUSIVE")
    assert lines[5] == (
        "✓ PASS         4 more objectives                        "
        "closest: first partial at 16 kHz, bound 280 ms of 300 ms"
    )
    assert lines[-2] == "FAIL  Finals come too late in noise and music at 8 kHz."
    assert lines[-1] == "report  reports/run/report.html      again  harness judge reports/run"


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"good": True, "repeats": 60},
        {"good": True, "repeats": 3},
        {"valid": False},
        {"interrupted": True, "narrowed": ("rate 8000",)},
        {"crashed": True},
    ],
)
def test_it_is_ten_lines_at_most(make_world, words):
    """Whatever happened, it fits, and ends with how to go on."""
    lines = lines_of(make_world(**words))
    assert len(lines) <= 10
    assert lines[-1].startswith("report  ")
    assert "\u202f" not in "".join(lines)


def test_in_brief_it_lacks_only_the_lines(failing):
    """For pytest, which lists them itself: who was judged, the verdict, and the report."""
    lines = lines_of(failing)
    short = brief(failing.record, failing.judgement, "reports/run/report.html", colour=False).splitlines()
    assert short == [lines[0], *lines[-2:]]


def test_colour_adds_nothing_but_colour(failing):
    """In a pipe the same words stand without it."""
    coloured = summary(failing.record, failing.judgement, "reports/run/report.html", colour=True)
    plain = summary(failing.record, failing.judgement, "reports/run/report.html", colour=False)
    assert "\x1b[" in coloured
    assert "\x1b[" not in plain
    bare = coloured
    for code in ("31", "32", "33", "35", "1;31", "1;32", "1;33", "1;35", "0"):
        bare = bare.replace(f"\x1b[{code}m", "")
    assert bare == plain


def test_a_cut_and_narrowed_run_says_so(make_world):
    """The terminal hides nothing that the page says."""
    text = "\n".join(lines_of(make_world(interrupted=True, narrowed=("rate 8000",))))
    assert "Cut short: the run was interrupted." in text
    assert "Narrowed on the command line to rate 8000" in text


def test_an_invalid_run_names_no_line_as_passed(make_world):
    """None of them can be relied on."""
    text = "\n".join(lines_of(make_world(valid=False)))
    assert "⊘ INVALID" in text
    assert "none to be relied on" in text
    assert "PASS" not in text


def test_known_limits_have_a_line_of_their_own(failing):
    """Symbol, word, and what they came to: what is left out of the verdict is not left out of the summary."""
    verdicts = tuple(
        replace(line, known_limit="slow stand-in") if line.objective.objective_id == "errors" else line
        for line in failing.judgement.verdicts
    )
    world = replace(failing, judgement=replace(failing.judgement, verdicts=verdicts))
    (line,) = [line for line in lines_of(world) if "KNOWN LIMIT" in line]
    assert line.startswith("⊟ KNOWN LIMIT  1 line left out")
    assert line.endswith("errors INCONCLUSIVE")
    assert len(lines_of(world)) <= 10
    assert "\x1b[34m⊟ KNOWN LIMIT\x1b[0m" in "\n".join(lines_of(world, colour=True))


def test_names_of_slices_keep_the_columns_straight(make_world):
    """However long they are."""
    clips = Objective(
        objective_id="o", text="t", aggregate="p95", metric="final_ms", op="<=", threshold=300, per=("clip", "rate")
    )
    lines = lines_of(make_world(objectives=(clips,)))[2:6]
    assert len({line.index("p95 ") for line in lines if "p95" in line}) == 1
    assert len(lines) == 4


def test_a_line_about_words_takes_the_place_of_another(failing):
    """Ten lines stay ten, and the last is still how to go on."""
    verdicts = tuple(replace(line, outcome=Outcome.FAIL) for line in failing.judgement.verdicts)
    many = replace(failing.judgement, verdicts=verdicts)
    bare = summary(failing.record, many, "reports/run/report.html", colour=False).splitlines()
    told = summary(failing.record, many, "reports/run/report.html", colour=False, words="words   3 wrong").splitlines()
    assert len(told) == len(bare)
    assert told[-2] == "words   3 wrong"
