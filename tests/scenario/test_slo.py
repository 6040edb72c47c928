"""The objective grammar."""

from __future__ import annotations

import pytest

from harness.scenario.slo import Expression, SloError, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "p95 first_partial_ms <= 300 per rate",
            Expression(aggregate="p95", metric="first_partial_ms", op="<=", threshold=300, per=("rate",)),
        ),
        (
            "p99 final_ms < 0.8 s",
            Expression(aggregate="p99", metric="final_ms", op="<", threshold=800),
        ),
        ("sum error == 0", Expression(aggregate="sum", metric="error", op="==", threshold=0)),
        ("rate error < 0.5 %", Expression(aggregate="rate", metric="error", op="<", threshold=0.005)),
        ("rate error < 0.5%", Expression(aggregate="rate", metric="error", op="<", threshold=0.005)),
        ("pooled upwr <= 0.2", Expression(aggregate="pooled", metric="upwr", op="<=", threshold=0.2)),
        (
            "pooled wer <= 12 % where condition in clean, fast, accented and rate = 8000 per clip, rate during steady",
            Expression(
                aggregate="pooled",
                metric="wer",
                op="<=",
                threshold=0.12,
                where=(("condition", ("clean", "fast", "accented")), ("rate", ("8000",))),
                per=("clip", "rate"),
                phase="steady",
            ),
        ),
        (
            "p95 final_ms <= 800 where level in 20, 40 per level",
            Expression(
                aggregate="p95",
                metric="final_ms",
                op="<=",
                threshold=800,
                where=(("level", ("20", "40")),),
                per=("level",),
            ),
        ),
        (
            "delta pooled wer <= 1 %",
            Expression(aggregate="pooled", metric="wer", op="<=", threshold=0.01, delta=True),
        ),
    ],
)
def test_a_legal_objective_is_taken_apart(text: str, expected: Expression) -> None:
    """Every clause of the grammar ends up in its field, in the metric's own unit."""
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "ends where an aggregate should stand"),
        ("mean final_ms <= 800", "'mean' is not an aggregate"),
        ("p95 finals_ms <= 800", "'finals_ms' is not a metric"),
        ("p95 wer <= 12 %", "p95 wer is not defined"),
        ("p95 final_ms = 800", "'=' is not a comparison"),
        ("p95 final_ms <= fast", "'fast' is not a number"),
        ("p95 final_ms <= nan", "'nan' is not a number"),
        ("p95 final_ms <= 800 %", "'%' is no unit of final_ms"),
        ("p95 final_ms <= 800 min", "'min' is no unit of final_ms"),
        ("pooled wer <= 12", "12 is no share"),
        ("rate error <= 100 %", "<= 100% holds whatever happens"),
        ("rate error <= 500 %", "<= 500% holds whatever happens"),
        ("rate error >= 0", ">= 0% holds whatever happens"),
        ("pooled wer <= 12 ms", "'ms' is no unit of wer"),
        ("sum error == 0 %", "'%' is no unit of error"),
        ("delta rate error <= 1 %", "delta rate error is not defined"),
        ("delta pooled upwr <= 1 %", "delta pooled upwr is not defined"),
        ("delta max final_ms <= 50", "delta max final_ms is not defined"),
        ("delta p95 final_ms >= 50", "bounds no regression"),
        ("p95 final_ms <= 800 where", "ends where a key should stand"),
        ("p95 final_ms <= 800 where colour = red", "'colour' is not a key"),
        ("p95 final_ms <= 800 where rate 8000", "lacks its values"),
        ("p95 final_ms <= 800 per rate where rate = 8000", "'where' is not understood here"),
    ],
)
def test_an_illegal_objective_says_what_is_wrong(text: str, problem: str) -> None:
    """Whatever cannot be read is named, with a remedy."""
    with pytest.raises(SloError, match=problem) as caught:
        parse(text)
    assert caught.value.remedy
