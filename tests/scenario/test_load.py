"""Files that users write."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.errors import ScenarioError, TargetFileError
from harness.model.limits import Limits
from harness.model.scenario import Assembly, Observe
from harness.scenario.load import load_scenario, load_target

ROOT = Path(__file__).resolve().parents[2]
SMALL = "name: x\nclips: [{select: all}]\nobjectives: {a: sum error == 0}\n"


@pytest.mark.parametrize("file", sorted((ROOT / "scenarios").glob("*.yaml")), ids=lambda file: file.stem)
def test_the_scenarios_that_come_with_the_project_load(file: Path) -> None:
    """What is shipped is legal, and is called as its file."""
    assert load_scenario(file).name == file.stem


@pytest.mark.parametrize("file", sorted((ROOT / "scenarios/targets").glob("*.yaml")), ids=lambda file: file.stem)
def test_the_targets_that_come_with_the_project_load(file: Path) -> None:
    """What is shipped is legal, and is called as its file."""
    assert load_target(file).name == file.stem


def test_filters_are_text_and_defaults_are_the_documented_ones(tmp_path: Path) -> None:
    """A rate written as a number selects like one written as text; eight lanes, 100 ms frames, 200 ms after speech."""
    file = tmp_path / "x.yaml"
    file.write_text(SMALL.replace("all", "{rate: [8000, '16000']}"), encoding="utf-8")
    scenario = load_scenario(file)
    assert scenario.clips[0].select == (("rate", ("8000", "16000")),)
    assert (scenario.arrival.lanes, scenario.arrival.think_ms) == (8, 2000)
    assert (scenario.pacing.frame_ms, scenario.pacing.end_after_ms) == (100, 200)


def test_a_target_names_the_processes_to_watch(tmp_path: Path) -> None:
    """Only what is started here can be watched."""
    file = tmp_path / "t.yaml"
    text = "name: t\nkind: embedded\nstart: {stack: embedded}\nendpoints: {riva: auto}\nobserve: [{process: riva}]\n"
    file.write_text(text, encoding="utf-8")
    assert load_target(file).observe == (Observe(kind="process", of="riva"),)
    file.write_text(text.replace("start: {stack: embedded}\n", "").replace("auto", "h:1"), encoding="utf-8")
    with pytest.raises(TargetFileError, match="observe: only processes that are started here"):
        load_target(file)


REAL = "name: t\nkind: real\nendpoints: {gateway: 'ws://h:1'}\n"


def test_a_target_names_pages_of_metrics(tmp_path: Path) -> None:
    """The gateway's by its endpoint, others by address; and series to keep beside the usual ones."""
    file = tmp_path / "t.yaml"
    pages = "observe: [{prometheus: gateway}, {prometheus: 'http://gpu:8002/metrics', keep: ['vllm:running']}]\n"
    file.write_text(REAL + pages, encoding="utf-8")
    gateway, gpu = load_target(file).observe
    assert (gateway.kind, gateway.source, gateway.keep) == ("prometheus", "metrics of gateway", ())
    assert (gpu.of, gpu.keep) == ("http://gpu:8002/metrics", ("vllm:running",))


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ("[{prometheus: riva}]", "observe.0.prometheus: is neither gateway nor an address; write http://host:port"),
        ("[{prometheus: 'http://me:secret@h:1/metrics'}]", "without a password"),
        ("[{prometheus: 'http://h:99999/metrics'}]", "observe.0.prometheus: is neither gateway nor an address"),
        ("[{prometheus: gateway, keep: ['a b']}]", "observe.0.keep.0: string should match pattern"),
        ("[{prometheus: gateway, labels: 1}]", "observe.0.labels: is an unknown key"),
        ("[{prometheus: gateway}, {prometheus: gateway}]", "observe: a page of metrics stands there twice"),
        ("[{process: riva}]", "observe: only processes that are started here can be watched"),
    ],
)
def test_a_mistake_in_what_to_observe_is_one_sentence(tmp_path: Path, entries: str, sentence: str) -> None:
    """Named by its key, with what to write instead."""
    file = tmp_path / "t.yaml"
    file.write_text(f"{REAL}observe: {entries}\n", encoding="utf-8")
    with pytest.raises(TargetFileError) as caught:
        load_target(file)
    assert sentence in str(caught.value)


def test_a_page_of_a_gateway_needs_its_endpoint(tmp_path: Path) -> None:
    """Without one nobody knows where it is."""
    file = tmp_path / "t.yaml"
    text = REAL.replace("gateway: 'ws://h:1'", "riva: 'h:1'")
    file.write_text(f"{text}observe: [{{prometheus: gateway}}]\n", encoding="utf-8")
    with pytest.raises(TargetFileError, match="observe: endpoints has no gateway to scrape; write the address"):
        load_target(file)


def test_limits_of_the_harness_can_only_be_made_stricter(tmp_path: Path) -> None:
    """What makes a run INVALID is the same for every certificate, or stricter; the others are advice."""
    file = tmp_path / "x.yaml"
    file.write_text(SMALL, encoding="utf-8")
    assert load_scenario(file).limits == Limits()
    file.write_text(SMALL + "limits: {tick_late_ms: 20, ports_share: 1}\n", encoding="utf-8")
    assert load_scenario(file).limits == Limits(tick_late_ms=20.0, ports_share=1.0)
    for line, sentence in (
        ("{tick_late_ms: 60}", "limits.tick_late_ms: input should be less than or equal to 50"),
        ("{disturbed_share: 0.05}", "limits.disturbed_share: input should be less than or equal to 0.01"),
        ("{tick_late: 60}", "limits.tick_late: is an unknown key"),
    ):
        file.write_text(f"{SMALL}limits: {line}\n", encoding="utf-8")
        with pytest.raises(ScenarioError, match=re.escape(sentence)):
            load_scenario(file)


PRICED = "name: t\nkind: real\nendpoints: {riva: 'h:1'}\nprice_per_hour: 4.1\ncurrency: EUR\n"


def test_a_target_may_have_a_price(tmp_path: Path) -> None:
    """Of an hour of all that it is; without one nothing is said of cost."""
    file = tmp_path / "t.yaml"
    file.write_text(PRICED, encoding="utf-8")
    assert (load_target(file).price_per_hour, load_target(file).currency) == (4.1, "EUR")
    file.write_text(PRICED.split("price", maxsplit=1)[0], encoding="utf-8")
    assert (load_target(file).price_per_hour, load_target(file).currency) == (None, "")


@pytest.mark.parametrize(
    ("was", "becomes", "sentence"),
    [
        ("currency: EUR\n", "", "price_per_hour: a price and its currency belong together; give both of them or none"),
        ("price_per_hour: 4.1\n", "", "price_per_hour: a price and its currency belong together"),
        ("4.1", "0", "price_per_hour: input should be greater than 0"),
        ("4.1", ".inf", "price_per_hour: input should be a finite number"),
        ("EUR", "euro", "currency: "),
    ],
)
def test_half_a_price_is_none(tmp_path: Path, was: str, becomes: str, sentence: str) -> None:
    """A number without a currency would be printed on a certificate that nobody can read."""
    file = tmp_path / "t.yaml"
    file.write_text(PRICED.replace(was, becomes), encoding="utf-8")
    with pytest.raises(TargetFileError) as found:
        load_target(file)
    assert sentence in str(found.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name: [", "line 1: is not YAML"),
        ("name: 2020-13-45", "is not YAML"),
        ("- a\n- b\n", "is not a mapping of keys"),
        (SMALL + "name: y\n", "line 4: the key name stands there twice; keep one of them"),
        (SMALL.replace("a: sum", "a: sum error == 1, a: sum"), "line 3: the key a stands there twice"),
        (
            SMALL.replace("sum error == 0", "sum error == 0 during steady"),
            "objectives.a: 'during steady' names a phase",
        ),
        (SMALL.replace("[{select: all}]", "[{select: some}]"), "clips.0.select"),
    ],
)
def test_a_file_that_cannot_be_read_as_meant_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    """YAML's own loader would keep the last of two equal keys, and an objective would vanish without a word."""
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(file)
    assert sentence in str(caught.value)


LONG = SMALL.replace("select: all", "assemble: {id: l, from: {condition: clean}, minutes: 10}")


def test_an_assembled_clip_has_the_documented_defaults(tmp_path: Path) -> None:
    """Pauses of 0.7 to 2.5 s, both rates, and a repeat like any entry."""
    file = tmp_path / "x.yaml"
    file.write_text(LONG.replace("}}]", "}, repeat: 2}]"), encoding="utf-8")
    (entry,) = load_scenario(file).clips
    assert entry.assemble == Assembly(
        clip_id="l",
        minutes=10.0,
        gap_ms=(700, 2500),
        seed=7,
        rates_hz=(16_000, 8_000),
        source=(("condition", ("clean",)),),
    )
    assert (entry.repeat, entry.select) == (2, ())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("minutes: 10", "minutes: 0"), "clips.0.assemble.minutes: input should be greater than 0"),
        (
            ("minutes: 10", "minutes: 10, gap: 9"),
            "clips.0.assemble.gap: is an unknown key; take it out of clips.0.assemble",
        ),
        ((", minutes: 10", ""), "clips.0.assemble.minutes: is missing"),
        (("minutes: 10", "minutes: 10, rates: [44100]"), "clips.0.assemble.rates.0: input should be 8000 or 16000"),
        (("minutes: 10", "minutes: 10, gap_ms: [500, 900]"), "clips.0.assemble.gap_ms.0: input should be greater"),
        (
            ("minutes: 10", "minutes: 10, gap_ms: [900, 700]"),
            "clips.0.assemble.gap_ms: the shortest pause is longer than the longest; write the shorter one first",
        ),
        (("id: l", "id: Long"), "clips.0.assemble.id: string should match pattern"),
        (("{assemble", "{select: all, assemble"), "clips.0.select: is an unknown key; take it out of clips.0"),
    ],
)
def test_a_mistake_in_an_assembled_clip_is_named_by_its_key(
    tmp_path: Path, change: tuple[str, str], sentence: str
) -> None:
    """And never told of the other kind of entry."""
    file = tmp_path / "x.yaml"
    file.write_text(LONG.replace(*change), encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(file)
    assert sentence in str(caught.value)


def test_long_sessions_are_judged_by_what_two_of_them_can_show() -> None:
    """No percentile and no rate: two sessions certify none, and the run would be INCONCLUSIVE for ever."""
    scenario = load_scenario(ROOT / "scenarios/long.yaml")
    assert {objective.metric for objective in scenario.objectives} >= {"error", "segment_final_ms", "wer"}
    assert not any(objective.has_bound for objective in scenario.objectives)
    assert scenario.pacing.end_after_ms is None
    (entry,) = scenario.clips
    assert entry.assemble is not None
    assert (entry.assemble.minutes, entry.assemble.rates_hz) == (10, (16_000, 8_000))
