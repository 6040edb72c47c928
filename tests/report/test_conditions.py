"""The errors of each condition."""

from __future__ import annotations

from support.talk import Talk

from harness.report import conditions
from harness.report.spoken import spoken


def test_each_condition_has_a_row():
    """Easy to hard, what objectives read before what is descriptive; each with its kinds of errors and rates."""
    talk = Talk().play(Talk.clip("n", 8000, "noisy"), "0 one>won", "1 two>", "4 >oh").play(Talk.clip("c"))
    talk.play(Talk.clip("h", 8000, "noisy", binding=False), "0 one>")
    rows = conditions.build(spoken(talk.measured, talk.sessions))
    assert [(row.name, row.note, row.wrong, row.words) for row in rows] == [
        ("clean", "", 0, 4),
        ("noisy", "", 3, 4),
        ("noisy", "descriptive", 1, 4),
    ]
    assert [(row.substituted, row.deleted, row.inserted) for row in rows] == [(0, 0, 0), (1, 1, 1), (0, 1, 0)]
    assert [row.rates for row in rows][:2] == [("0.0\u202f%", "–"), ("–", "75.0\u202f%")]  # noqa: RUF001  dashes
    assert rows[0].most == ""
    assert rows[2].most == "“one” heard as nothing (1)"
