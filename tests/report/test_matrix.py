from __future__ import annotations

import re
from dataclasses import replace

from harness.model.measurement import Measurement
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


def recast(sessions, clip_id: str, condition: str, **values: float):
    """The same sessions, that clip of another condition and with more measured of it."""
    made = []
    for one in sessions:
        if one.clip.clip_id != clip_id:
            made.append(one)
            continue
        rows = {
            name: Measurement(session_id=one.plan.session_id, metric=name, numerator=value + one.plan.repeat)
            for name, value in values.items()
        }
        plan = replace(one.plan, clip=replace(one.clip, condition=condition))
        made.append(replace(one, plan=plan, values={**one.values, **rows}))
    return made


def test_a_long_clip_shows_its_worst_segment(failing):
    """Many utterances in one session: the last one's final says little."""
    sessions = recast(facts.join(failing.record, failing.measured), "clean-harbour", "long", segment_final_ms=1000.0)
    (row,) = dict(matrix.build(failing.judgement, sessions).groups)["long"]
    assert row.note == "segment finals"
    assert row.cells[0].final.text == "1,015"
    assert min(row.cells[0].strip) >= 1000.0
    assert matrix.build(failing.judgement, sessions).segments


def test_a_telephone_line_stands_before_noise_and_is_played_at_its_rate_only(failing):
    """Where the corpus has no such clip, the page says where it has it."""
    sessions = recast(facts.join(failing.record, failing.measured), "clean-ledger", "line")
    sessions = [one for one in sessions if one.clip.key != "clean-ledger@16000"]
    groups = matrix.build(failing.judgement, sessions).groups
    names = [condition for condition, _ in groups]
    assert names == ["clean", "fast", "accented", "line", "noisy", "music", "silence"]
    (row,) = dict(groups)["line"]
    assert (row.cells[0], row.only) == (None, "8\u202fkHz only")


def test_many_repeats_are_bunched(failing, read):
    """A strip has room for so many marks, and the page says what a mark stands for."""
    sessions = facts.join(failing.record, failing.measured)
    spoken = next(one for one in sessions if one.clip.has_speech)
    built = matrix.build(failing.judgement, [spoken] * 113)
    assert (built.marks, built.repeats, built.bunch) == (56, 113, 3)
    assert "a mark is the worst" not in "\n".join(read(failing.html()).lines)
