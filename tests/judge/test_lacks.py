"""Files and ports that ran out, or nearly."""

from __future__ import annotations

from dataclasses import replace

from harness.judge.lacks import lacks, nearly
from harness.model.series import OPEN_FILES, OPEN_FILES_LIMIT, PORTS_IN_USE, PORTS_LIMIT
from harness.model.timeline import NO_FILES, NO_PORTS, Closed, Errored, Sample
from harness.model.verdict import Outcome

OURS = (1, Errored(code=NO_FILES, detail="none left", ours=True))


def taken(at_ns: int, files: int, ports: int) -> list[Sample]:
    values = ((OPEN_FILES, files), (OPEN_FILES_LIMIT, 1024), (PORTS_IN_USE, ports), (PORTS_LIMIT, 28232))
    return [Sample(at_ns=at_ns, source="engine", metric=metric, value=value) for metric, value in values]


def found(made):
    return {check.check_id: check for check in lacks(made.record)}


def test_a_run_that_had_enough_says_how_much_it_took(bench):
    """The fullest moment, beside what there was."""
    made = bench.of("sum error == 0", samples=(*taken(1, 40, 30), *taken(2, 412, 400), *taken(3, 9, 9))).play(times=3)
    checks = found(made)
    assert (checks["files"].clear, checks["ports"].clear) == (True, True)
    assert checks["files"].found == (
        "no session failed for want of one, at most 412 of 1,024 file descriptors (40.2 %) were taken"
    )
    assert "400 of 28,232 local ports (1.4 %)" in checks["ports"].found
    assert list(nearly(made.record)) == []


def test_what_nobody_counted_is_not_said_to_be_little(bench):
    """Not measured is not zero."""
    assert found(bench.of("sum error == 0").play())["files"].found.endswith("how many were taken was not measured")


def test_one_session_without_a_file_makes_the_run_invalid_and_names_the_cure(bench):
    """It is no failure of the target's: nothing is judged of it."""
    made = bench.of("sum error == 0").play(times=200).play(heard=(OURS, (2, Closed(code="1006"))), measured=False)
    judgement = made.judge()
    assert judgement.outcome is Outcome.INVALID
    assert "1 session failed because the harness had no file descriptors left (s0201)" in judgement.headline
    assert "ulimit -n 65536" in judgement.headline
    assert found(made)["ports"].clear


def test_a_warm_up_session_counts_too(bench):
    """A load that was not there warmed nothing up."""
    lack = (1, Errored(code=NO_PORTS, ours=True))
    made = bench.of("sum error == 0").play(warm_up=True, heard=(lack,)).play(times=3)
    assert not found(made)["ports"].clear


def test_a_target_that_says_the_same_word_is_not_believed(bench):
    """Only the harness itself can say that it was the harness."""
    made = bench.of("sum error == 0").play(heard=((1, Errored(code=NO_FILES)),), outcome="internal")
    assert found(made)["files"].clear
    assert made.judge().outcome is Outcome.FAIL


def test_nearly_is_a_finding_with_the_cure(bench):
    """Beyond the scenario's share, 80 % by default; the run stands."""
    made = bench.of("sum error == 0", samples=taken(1, 900, 25_000)).play(times=3)
    files, ports = nearly(made.record)
    assert files.startswith("at most 900 of 1,024 file descriptors (87.9 %) were taken")
    assert files.endswith("raise their limit (ulimit -n 65536).")
    assert "ip_local_port_range" in ports
    assert made.judge().outcome is Outcome.PASS
    record = made.record
    limits = replace(record.manifest.scenario.limits, open_files_share=0.9, ports_share=0.9)
    scenario = replace(record.manifest.scenario, limits=limits)
    assert list(nearly(replace(record, manifest=replace(record.manifest, scenario=scenario)))) == []
