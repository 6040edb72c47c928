from __future__ import annotations

from harness.run.lateness import Lateness


def ticked(*ticks: tuple[int, int]) -> Lateness:
    """Ticks that were due at the first and ran at the second moment, in µs."""
    lateness = Lateness()
    for due_us, ran_us in ticks:
        lateness.expect(due_us * 1000)
        lateness.note(ran_us * 1000)
    return lateness


def test_the_worst_tick_since_a_moment_is_found() -> None:
    """Each session asks only for its own life."""
    lateness = ticked((10, 15), (20, 20), (30, 90), (100, 101), (110, 130), (140, 141))
    asked = {since_us: lateness.worst_us(since_us * 1000, 150_000) for since_us in (0, 15, 16, 90, 91, 130, 131, 142)}
    assert asked == {0: 60, 15: 60, 16: 60, 90: 60, 91: 20, 130: 20, 131: 1, 142: 0}


def test_a_tick_that_is_early_is_not_late() -> None:
    """Timers round both ways."""
    assert ticked((10, 9)).worst_us(0, 9_000) == 0


def test_the_tick_that_is_overdue_counts_before_it_runs() -> None:
    """After a stall the sockets are read before the timer fires; a session that ends there was stalled all the same."""
    lateness = ticked((10, 10))
    lateness.expect(20_000)
    assert lateness.worst_us(0, 2_000_000) == 1_980


def test_every_tick_over_ten_ms_late_is_told() -> None:
    """When it ran, and by how much; the rest is noise."""
    told: list[tuple[int, int]] = []
    lateness = Lateness(lambda at_ns, late_ns: told.append((at_ns, late_ns)))
    for due_us, ran_us in ((0, 10_000), (20_000, 30_001), (40_000, 140_000)):
        lateness.expect(due_us * 1000)
        lateness.note(ran_us * 1000)
    assert told == [(30_001_000, 10_001_000), (140_000_000, 100_000_000)]


def test_nothing_is_late_before_the_first_tick() -> None:
    """No tick, no lateness."""
    assert Lateness().worst_us(0, 5_000_000) == 0
