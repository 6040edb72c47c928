"""Groups, weights, and who gets which endpoint."""

from __future__ import annotations

import hashlib

import pytest

from harness.errors import UsageError
from harness.gateway.groups import (
    Endpoint,
    Fleet,
    Standing,
    choose_endpoint,
    choose_group,
    group_of,
    parse_endpoint,
    parse_fleet,
    place_of,
)
from harness.gateway.vitals import Health

KEYS = [f"caller-{number}" for number in range(10_000)]


def standing(port, *, group="a", health=Health.UP, admits=True, streams=0, served=0):
    return Standing(Endpoint("h", port, group), health, admits, streams, served)


def test_a_place_is_the_first_eight_bytes_of_sha256_over_two_to_the_64():
    """The published rule, so that another gateway or a report can recompute it."""
    assert place_of("caller") == int(hashlib.sha256(b"caller").hexdigest()[:16], 16) / 2**64


@pytest.mark.parametrize("share", [0.01, 0.1, 0.25, 0.5])
def test_weights_are_shares_of_the_callers(share):
    """Of 10,000 callers about the weight's share is in the group (four standard deviations)."""
    weights = {"stable": 1 - share, "canary": share}
    found = sum(group_of(key, weights) == "canary" for key in KEYS) / len(KEYS)
    assert found == pytest.approx(share, abs=4 * (share * (1 - share) / len(KEYS)) ** 0.5)


def test_the_scale_and_the_order_of_weights_do_not_matter():
    """9 and 1 are 90 and 10, whichever stands first in the file."""
    for key in KEYS[:500]:
        assert group_of(key, {"stable": 9, "canary": 1}) == group_of(key, {"canary": 10.0, "stable": 90.0})


def test_a_growing_group_keeps_whom_it_had():
    """From 10 to 25 to 50 percent nobody leaves the canary."""
    for key in KEYS:
        in_canary = [group_of(key, {"stable": 100 - share, "canary": share}) == "canary" for share in (10, 25, 50)]
        assert in_canary == sorted(in_canary)


@pytest.mark.parametrize(("canary", "stable"), [(0, 1), (1, 0)])
def test_weight_zero_admits_none(canary, stable):
    """Not one of 10,000, and not as a refuge either."""
    weights = {"canary": canary, "stable": stable}
    only = "canary" if canary else "stable"
    assert {group_of(key, weights) for key in KEYS} == {only}
    assert choose_group("k", weights, set()) == (None, True)
    assert group_of("k", {"a": 0}) is None


def test_sessions_of_an_ejected_group_go_to_the_other():
    """They are diverted, and said to be; the others stay."""
    weights = {"canary": 50, "stable": 50}
    for key in KEYS[:100]:
        own = group_of(key, weights)
        assert choose_group(key, weights, {"canary", "stable"}) == (own, False)
        assert choose_group(key, weights, {"stable"}) == ("stable", own != "stable")


@pytest.mark.parametrize(
    ("standings", "port"),
    [
        ([standing(1, streams=2), standing(2, streams=1)], 2),
        ([standing(1, served=7), standing(2, served=3)], 2),
        ([standing(1, streams=9), standing(2, health=Health.SUSPECT)], 1),
        ([standing(1, health=Health.EJECTED), standing(2, health=Health.SUSPECT, streams=9)], 2),
        ([standing(1, admits=False), standing(2, streams=9)], 2),
        ([standing(1, group="b"), standing(2, streams=9)], 2),
        ([standing(3), standing(2, streams=9, health=Health.SUSPECT)], 2),  # 3 has just failed
        ([standing(3)], 3),  # and is all there is
        ([standing(1, health=Health.EJECTED), standing(2, admits=False)], None),
        ([], None),
    ],
)
def test_the_healthiest_then_least_loaded_is_chosen(standings, port):
    """Within the group; never one that is ejected or whose breaker is open."""
    chosen = choose_endpoint(standings, "a", avoid="h:3")
    assert (chosen and chosen.port) == port


def test_a_fleet_says_its_name():
    """Plain endpoints where there are no groups, else each group that admits before its endpoints."""
    one, two, six = Endpoint("r", 1), Endpoint("r", 2), Endpoint("::1", 6)
    assert Fleet((one,)).name == "r:1"
    assert Fleet((one, six)).name == "r:1,[::1]:6"
    grouped = (Endpoint("r", 1, "stable"), Endpoint("r", 2, "canary"))
    assert Fleet(grouped, {"stable": 9, "canary": 1}).name == "canary@r:2;stable@r:1"
    assert Fleet(grouped, {"stable": 9, "canary": 0}).name == "stable@r:1"
    assert two.group == "default"


def test_a_file_is_read_whole():
    """Groups, weights and endpoints as written."""
    content = {
        "groups": {"stable": 90, "canary": 10.0},
        "endpoints": [{"target": "a:1", "group": "stable"}, {"target": "[::1]:2", "group": "canary"}],
    }
    fleet = parse_fleet(content, "f")
    assert fleet.endpoints == (Endpoint("a", 1, "stable"), Endpoint("::1", 2, "canary"))
    assert fleet.weights == {"stable": 90.0, "canary": 10.0}
    assert parse_fleet({"endpoints": [{"target": "a:1"}]}, "f") == Fleet((Endpoint("a", 1),))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "f: it does not hold"),
        ([], "f: it does not hold"),
        ({"endpoints": [{"target": "a:1"}], "weights": {}}, "f: it does not hold"),
        ({"endpoints": []}, "f: endpoints: there is no list"),
        ({"groups": {"a": 1}}, "f: endpoints: there is no list"),
        ({"groups": [], "endpoints": [{"target": "a:1"}]}, "f: groups: they are no mapping"),
        ({"groups": {"a": -1}, "endpoints": [{"target": "a:1"}]}, r'f: groups.a: "-1" is no weight'),
        ({"groups": {"a": True}, "endpoints": [{"target": "a:1"}]}, r'f: groups.a: "True" is no weight'),
        ({"groups": {"a": float("nan")}, "endpoints": [{"target": "a:1"}]}, r"f: groups.a: .nan. is no weight"),
        ({"groups": {"a b": 1}, "endpoints": [{"target": "a:1"}]}, 'f: groups: "a b" is no name'),
        ({"groups": {"a": 0}, "endpoints": [{"target": "a:1"}]}, "f: groups: all weights are 0"),
        ({"groups": {"a": 1}, "endpoints": [{"target": "a:1"}]}, 'there is no group "default"'),
        ({"groups": {"a": 1}, "endpoints": [{"target": "a:1", "group": ["a"]}]}, "there is no group"),
        ({"groups": {"a": 1, "b": 1}, "endpoints": [{"target": "a:1", "group": "a"}]}, '"b" has no endpoint'),
        ({"endpoints": [{"target": "a:1"}, {"target": "a:1"}]}, "a target is listed twice"),
        ({"endpoints": ["a:1"]}, r"f: endpoints\[0\]: it is no"),
        ({"endpoints": [{"target": "a:1", "port": 2}]}, r"f: endpoints\[0\]: it is no"),
        ({"endpoints": [{"target": "a"}]}, r'f: endpoints\[0\]: "a" is no endpoint'),
    ],
)
def test_what_is_wrong_in_a_file_is_named(content, says):
    """One sentence with the place."""
    with pytest.raises(UsageError, match=says):
        parse_fleet(content, "f")


@pytest.mark.parametrize("text", ["a", "a:", ":1", "a:0", "a:65536", "a:b", "http://a:1", "a:1:2", "a b:1"])
def test_what_is_no_endpoint_is_refused(text):
    """host:port and nothing else."""
    with pytest.raises(UsageError, match="is no endpoint"):
        parse_endpoint(text, "RIVA_ENDPOINTS")
