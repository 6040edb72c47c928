from __future__ import annotations

import re
from dataclasses import replace

from harness.model.verdict import ClipChange
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


def test_changes_stand_beside_their_figures(failing):
    """With its sign where it is clear, a dot where it is not, a dash where nothing was paired."""
    clear = ClipChange(clip="noisy-babble5@8000", metric="wer", pairs=16, value=0.061, low=0.02, high=0.11)
    changes = (clear, replace(clear, metric="final_ms", value=-12.4, low=-30.0, high=4.0))
    sessions = facts.join(failing.record, failing.measured)
    built = matrix.build(replace(failing.judgement, changes=changes), sessions)
    noisy = dict(built.groups)["noisy"][0].cells
    assert built.compared
    assert [(cell.wer_change, cell.final_change) for cell in noisy] == [("–", "–"), ("+6.1", "·")]  # noqa: RUF001  dashes


def test_without_a_baseline_no_change_is_drawn(failing):
    """No empty columns."""
    built = matrix.build(failing.judgement, facts.join(failing.record, failing.measured))
    assert not built.compared
    assert "against the baseline" not in failing.html()


def test_the_page_draws_changes_in_every_cell(failing, read):
    """Every row has as many cells as the head promises."""
    clear = ClipChange(clip="noisy-babble5@8000", metric="wer", pairs=16, value=0.061, low=0.02, high=0.11)
    page = replace(failing, judgement=replace(failing.judgement, changes=(clear,))).html()
    read(page)
    table = page.split('<table class="matrix compared">')[1].split("</table>")[0]
    widths = {sum(map(int, spans)) for spans in map(_spans, table.split("<tr")[1:])}
    assert widths == {18}
    assert '<td class="num change worse">+6.1</td>' in table


def _spans(row: str) -> list[str]:
    """Columns that each cell of a row takes."""
    cells = re.findall(r"<t[dh]\b[^>]*>", row)
    return [found[1] if (found := re.search(r'colspan="(\d+)"', cell)) else "1" for cell in cells]
