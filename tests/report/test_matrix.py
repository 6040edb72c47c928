from __future__ import annotations

from harness.report import facts, matrix


def test_cells_are_marked_over_and_near_their_limit(failing):
    """▲ over, △ within a tenth of it, nothing where no objective reads the clip."""
    sessions = facts.join(failing.record, failing.measured)
    groups = dict(matrix.build(failing.judgement, sessions).groups)
    noisy = groups["noisy"][0].cells[1]
    assert (noisy.final.text, noisy.final.mark) == ("∞", "over")
    assert noisy.wer.mark == ""
    assert noisy.n == len(noisy.strip) == 16
    assert groups["silence"][0].cells[0].silence.text == "0\u202fwords"
