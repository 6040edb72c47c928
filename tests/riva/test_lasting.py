"""A lasting stream over scripted attempts, without sockets."""

from __future__ import annotations

import asyncio
import random

import pytest

from harness.riva.convert import Recognition, RivaFinal, RivaPartial, RivaWord
from harness.riva.failures import NobodyAskedError, RivaError, failure_of
from harness.riva.lasting import LastingStream
from harness.riva.retry import Budget, RetryRules

ASK = Recognition(sample_rate_hz=1000, word_time_offsets=False)
QUICK = RetryRules(attempts=3, first_ms=1, most_ms=1, window_ms=2000)
RESUMING = RetryRules(attempts=3, first_ms=1, most_ms=1, window_ms=2000, resume=True)


def partial(text="p"):
    return RivaPartial(text=text)


def final(text, start_ms, end_ms):
    return RivaFinal(text=text, words=(RivaWord(text=text, start_ms=start_ms, end_ms=end_ms),))


class Attempt:
    """Says its events; a number waits for so many bytes of audio, a failure ends it, "end" waits for `done`."""

    def __init__(self, *script):
        self.script = script
        self.audio = bytearray()
        self.ended = False
        self.cancelled = False
        self.changed = asyncio.Event()

    async def send(self, pcm):
        self.audio += pcm
        self.changed.set()

    async def done(self):
        assert not self.ended
        self.ended = True
        self.changed.set()

    def cancel(self):
        self.cancelled = True
        self.changed.set()

    async def __aiter__(self):
        for step in self.script:
            if isinstance(step, int):
                await self.until(lambda step=step: len(self.audio) >= step)
            elif step == "end":
                await self.until(lambda: self.ended)
            elif isinstance(step, str):
                raise RivaError(failure_of(step))
            else:
                yield step

    async def until(self, condition):
        while not condition():
            if self.cancelled:
                raise RivaError(failure_of("CANCELLED"))
            self.changed.clear()
            await self.changed.wait()


class World:
    """Attempts to come, in order; a status in their place is a connection that fails."""

    def __init__(self, *attempts):
        self.attempts = list(attempts)
        self.asked = []
        self.notes = []

    async def connect(self, ask, deadline_s, failure):
        self.asked.append((ask, deadline_s, failure))
        attempt = self.attempts.pop(0)
        if isinstance(attempt, str):
            raise RivaError(failure_of(attempt))
        if attempt is None:
            raise NobodyAskedError(failure_of("UNAVAILABLE"))
        return attempt

    def stream(self, rules=QUICK, *, ask=ASK, budget=None, deadline_s=60.0):
        return LastingStream(
            self.connect,
            ask,
            rules=rules,
            budget=budget or Budget(100, 0.0),
            deadline_s=deadline_s,
            note=lambda name, failure: self.notes.append((str(name), failure.code)),
        )


async def hear(stream, heard=None):
    heard = [] if heard is None else heard
    async with asyncio.timeout(5):
        async for event in stream:
            heard.append(event)
    return heard


async def test_a_stream_that_does_not_break_is_passed_through():
    """Same audio, same events, one attempt."""
    attempt = Attempt(4, partial(), "end", final("a", 0, 1))
    world = World(attempt)
    stream = world.stream()
    await stream.open()
    for pcm in (b"ab", b"cd"):
        await stream.send(pcm)
    await stream.done()
    assert [event.text for event in await hear(stream)] == ["p", "a"]
    assert (bytes(attempt.audio), stream.source, world.notes) == (b"abcd", attempt, [])


async def test_before_anything_was_heard_the_whole_stream_is_replayed():
    """The new attempt gets every byte from the first, what came during the repair too, and the end."""
    second = Attempt(6, "end", final("a", 0, 1))
    world = World(Attempt(2, "UNAVAILABLE"), second)
    stream = world.stream()
    await stream.open()
    await stream.send(b"ab")
    listening = asyncio.create_task(hear(stream))
    await asyncio.sleep(0)
    await stream.send(b"cd")
    await stream.send(b"ef")
    await stream.done()
    assert [event.text for event in await listening] == ["a"]
    assert bytes(second.audio) == b"abcdef"
    assert world.notes == [("replayed", "unavailable")]


async def test_a_replay_does_not_wait_for_more_audio():
    """A client that is silent, or waits for its final, has its audio replayed all the same."""
    second = Attempt("end", final("a", 0, 1))
    world = World(Attempt("end", "INTERNAL"), second)
    stream = world.stream()
    await stream.open()
    await stream.send(b"abcd")
    await stream.done()
    assert len(await hear(stream)) == 1
    assert bytes(second.audio) == b"abcd"


async def test_after_a_partial_the_failure_is_told():
    """What was delivered cannot be replayed; the failure is the one that Riva gave."""
    world = World(Attempt(partial(), "UNAVAILABLE"))
    stream = world.stream()
    await stream.open()
    heard = []
    with pytest.raises(RivaError) as ended:
        await hear(stream, heard)
    assert (len(heard), ended.value.failure.code, world.notes) == (1, "unavailable", [("delivered", "unavailable")])


async def test_resuming_says_every_final_once():
    """From the last final's last word on, in the session's own time, though the client asked for no word times."""
    second = Attempt(4, final("b", 1, 2), "end", final("c", 2, 4))
    world = World(Attempt(8, final("a", 0, 2), partial(), "UNAVAILABLE"), second)
    stream = world.stream(RESUMING)
    await stream.open()
    assert world.asked[0][0].word_time_offsets
    await stream.send(b"aabbcccc")
    await stream.send(b"dddd")
    await stream.done()
    heard = await hear(stream)
    assert [(event.text, getattr(event, "words", ())) for event in heard] == [
        ("a", ()),
        ("p", ()),
        ("b", ()),
        ("c", ()),
    ]
    assert bytes(second.audio) == b"ccccdddd"
    assert world.notes == [("resumed", "unavailable")]


async def test_resumed_words_are_in_the_sessions_time():
    """A client that wants word times gets them as if nothing had happened."""
    asks_words = Recognition(sample_rate_hz=1000)
    world = World(Attempt(8, final("a", 0, 2), "UNAVAILABLE"), Attempt(final("b", 1, 2)))
    stream = world.stream(RESUMING, ask=asks_words)
    await stream.open()
    await stream.send(bytes(8))
    heard = await hear(stream)
    assert [(word.start_ms, word.end_ms) for event in heard for word in event.words] == [(0, 2), (3, 4)]


async def test_it_resumes_again_and_again():
    """Each final is a new beginning; tries are counted anew after something was heard."""
    attempts = [Attempt(2, final(str(number), 0, 1), "UNAVAILABLE") for number in range(9)]
    world = World(*attempts, Attempt("end", final("last", 0, 1)))
    stream = world.stream(RESUMING)
    await stream.open()
    listening = asyncio.create_task(hear(stream))
    for _ in range(10):
        await stream.send(b"ab")
    await stream.done()
    assert [event.text for event in await listening] == [*"012345678", "last"]
    assert [name for name, _ in world.notes] == ["resumed"] * 9


async def test_a_fatal_failure_is_told_at_once():
    """No second attempt for what stays wrong."""
    world = World(Attempt("INVALID_ARGUMENT"))
    stream = world.stream(RESUMING)
    await stream.open()
    with pytest.raises(RivaError):
        await hear(stream)
    assert (len(world.asked), world.notes) == (1, [("fatal", "invalid_argument")])


async def test_opening_is_tried_again():
    """A connection that fails is as good as a stream of which nothing was heard."""
    world = World("UNAVAILABLE", "UNAVAILABLE", Attempt("end"))
    stream = world.stream()
    await stream.open()
    await stream.done()
    assert await hear(stream) == []
    assert [failure and failure.code for _, _, failure in world.asked] == [None, "unavailable", "unavailable"]


async def test_tries_are_bounded_even_when_connecting_succeeds():
    """A Riva that takes each stream and fails it unheard is given up after as many tries as allowed."""
    world = World(*[Attempt("INTERNAL") for _ in range(9)])
    stream = world.stream()
    await stream.open()
    with pytest.raises(RivaError):
        await hear(stream)
    assert len(world.asked) == 1 + QUICK.attempts
    assert world.notes[-1] == ("attempts", "internal")


async def test_an_empty_budget_ends_it():
    """The bucket is shared; when it is dry the failure is told."""
    world = World(Attempt("UNAVAILABLE"), Attempt("UNAVAILABLE"))
    stream = world.stream(budget=Budget(1, 0.0))
    await stream.open()
    with pytest.raises(RivaError):
        await hear(stream)
    assert [name for name, _ in world.notes] == ["replayed", "budget"]


async def test_a_try_that_asks_nobody_costs_nothing():
    """While every endpoint is ejected, waiting does not use up the budget."""
    world = World("UNAVAILABLE", None, None, Attempt())
    budget = Budget(1, 0.0)
    stream = world.stream(budget=budget)
    await stream.open()
    assert not budget.take(0)


async def test_a_full_riva_is_not_asked_again():
    """Without another endpoint its refusal is told at once."""
    world = World("RESOURCE_EXHAUSTED", None)
    stream = world.stream()
    with pytest.raises(RivaError) as opening:
        await stream.open()
    assert opening.value.failure.code == "resource_exhausted"
    assert world.notes == [("alone", "resource_exhausted")]


async def test_connecting_has_the_windows_time():
    """A connection that never comes about is a timeout, once the window is over."""
    rules = RetryRules(attempts=9, first_ms=1, most_ms=1, window_ms=30)
    world = World()

    async def never(*_):
        await asyncio.Event().wait()

    world.connect = never
    stream = world.stream(rules)
    with pytest.raises(RivaError) as opening:
        async with asyncio.timeout(5):
            await stream.open()
    assert opening.value.failure.code == "timeout"


async def test_attempts_share_the_streams_deadline():
    """Each attempt is told what is left of it, and a new one is not begun after it."""
    world = World(Attempt("UNAVAILABLE"), Attempt("UNAVAILABLE"))
    stream = world.stream(deadline_s=0.0)
    with pytest.raises(RivaError):
        await stream.open()
    stream = world.stream(deadline_s=100.0)
    await stream.open()
    assert 99 < world.asked[-1][1] <= 100


async def test_cancelling_ends_a_repair():
    """A session that ends while its Riva is away waits for nothing."""
    rules = RetryRules(attempts=9, first_ms=20_000, most_ms=20_000, window_ms=50_000)
    world = World(Attempt("UNAVAILABLE"))
    stream = world.stream(rules)
    await stream.open()
    listening = asyncio.create_task(hear(stream))
    writing = asyncio.create_task(until_waiting(stream))
    await writing
    stream.cancel()
    with pytest.raises(RivaError) as ended:
        await listening
    assert ended.value.failure.code == "cancelled"
    await stream.send(b"ab")


async def until_waiting(stream):
    while stream._settled.is_set():  # noqa: ASYNC110  it is a state, and tells nobody
        await asyncio.sleep(0)


async def test_cancelling_an_attempt_is_no_failure_to_repair():
    """The end that we wanted is not tried again."""
    world = World(Attempt("end"))
    stream = world.stream(RESUMING)
    await stream.open()
    listening = asyncio.create_task(hear(stream))
    await asyncio.sleep(0)
    stream.cancel()
    with pytest.raises(RivaError) as ended:
        await listening
    assert (ended.value.failure.code, world.notes) == ("cancelled", [])


async def test_a_cancelled_listener_is_cancelled():
    """Cancelling our own task during a repair is not mistaken for a cancelled stream."""
    rules = RetryRules(attempts=9, first_ms=20_000, most_ms=20_000, window_ms=50_000)
    stream = World(Attempt("UNAVAILABLE")).stream(rules)
    await stream.open()
    listening = asyncio.create_task(hear(stream))
    await until_waiting(stream)
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening


FRAME_BYTES, FRAME_MS = 20, 10


class Recogniser(Attempt):
    """Hears the number in each frame's first two bytes, ends segments where it likes, and may die at any moment."""

    def __init__(self, dice, lives):
        super().__init__()
        self.dice, self.lives = dice, lives

    async def send(self, pcm):
        for _ in range(self.dice.randrange(4)):  # as gRPC does when its window is full
            await asyncio.sleep(0)
        await super().send(pcm)

    async def __aiter__(self):
        numbers, place = [], 0
        while True:
            await self.until(lambda place=place: self.ended or len(self.audio) >= place + FRAME_BYTES)
            if self.lives == 0:
                raise RivaError(failure_of("UNAVAILABLE"))
            self.lives -= 1
            if len(self.audio) < place + FRAME_BYTES:
                break
            number = int.from_bytes(self.audio[place : place + 2], "little")
            place += FRAME_BYTES
            numbers.append((number, place // FRAME_BYTES * FRAME_MS))
            if self.dice.random() < 0.2:
                yield self.final(numbers)
                numbers = []
            else:
                yield partial(str(numbers))
        if numbers:
            yield self.final(numbers)

    def final(self, numbers):
        words = tuple(RivaWord(text=str(n), start_ms=end - FRAME_MS, end_ms=end) for n, end in numbers)
        late_s = self.dice.random()  # a recogniser has listened further than the segment it speaks of
        return RivaFinal(text="x", words=words, audio_processed_s=words[-1].end_ms / 1000 + late_s)


@pytest.mark.parametrize("seed", range(60))
async def test_whenever_riva_dies_every_word_is_said_once(seed):
    """Random deaths, segments, frame sizes and pauses: the finals' words are the audio, in order and in time."""
    dice = random.Random(seed)  # noqa: S311
    frames = dice.randrange(1, 120)
    deaths = [Recogniser(dice, dice.randrange(0, 30)) for _ in range(dice.randrange(8))]
    world = World(*[item for death in deaths for item in (death, "UNAVAILABLE")[: dice.randrange(1, 3)]])
    world.attempts.append(Recogniser(dice, -1))
    rules = RetryRules(attempts=50, first_ms=0, most_ms=0, window_ms=2000, resume=True)
    stream = world.stream(rules, ask=Recognition(sample_rate_hz=1000))
    await stream.open()
    listening = asyncio.create_task(hear(stream))
    audio = b"".join(number.to_bytes(2, "little") * (FRAME_BYTES // 2) for number in range(frames))
    while audio:
        size = dice.randrange(2, 100, 2)
        await stream.send(audio[:size])
        audio = audio[size:]
        for _ in range(dice.randrange(4)):
            await asyncio.sleep(0)
    await stream.done()
    words = [word for event in await listening if isinstance(event, RivaFinal) for word in event.words]
    assert [int(word.text) for word in words] == list(range(frames))
    assert [word.start_ms for word in words] == [number * FRAME_MS for number in range(frames)]


async def test_a_write_that_returns_late_takes_nothing_from_the_next_attempt():
    """The buffer is full, and the old attempt's last write ends only after the new attempt has begun."""

    class Slow(Attempt):
        async def send(self, pcm):
            await super().send(pcm)
            if len(self.audio) > 4:
                await until_settled_again(stream)

    second = Attempt("end", final("a", 0, 1))
    world = World(Slow(6, "UNAVAILABLE"), second)
    stream = world.stream(RetryRules(attempts=3, first_ms=1, most_ms=1, window_ms=2000, buffer_bytes=4))
    await stream.open()
    listening = asyncio.create_task(hear(stream))
    for pcm in (b"ab", b"cd", b"ef", b"gh"):
        await stream.send(pcm)
    await stream.done()
    assert len(await listening) == 1
    assert bytes(second.audio) == b"abcdefgh"


async def until_settled_again(stream):
    await until_waiting(stream)
    await stream._settled.wait()


async def test_what_is_offered_goes_out_in_order_with_what_is_sent_and_ends_it():
    """Nobody waits for an offer, and `done` comes behind it."""
    attempt = Attempt("end", final("a", 0, 1))
    stream = World(attempt).stream()
    await stream.open()
    stream.offer(b"ab")
    await stream.send(b"cd")
    stream.offer(b"ef")
    await stream.done()
    assert [event.text for event in await hear(stream)] == ["a"]
    assert (bytes(attempt.audio), attempt.ended) == (b"abcdef", True)


async def test_there_is_room_while_an_attempt_takes_what_it_is_given():
    """A write that does not return fills it."""

    class Stuck(Attempt):
        async def send(self, _):
            await asyncio.Event().wait()

    stream = World(Stuck("end")).stream()
    assert not stream.room
    await stream.open()
    stream.offer(bytes(15_998))
    await asyncio.sleep(0)
    assert stream.room
    stream.offer(bytes(2))
    assert not stream.room
    stream.cancel()
    with pytest.raises(RivaError):
        await hear(stream)


async def test_nothing_is_left_when_the_stream_is_over():
    """The writer ends with the events."""
    stream = World(Attempt("end", final("a", 0, 1))).stream()
    await stream.open()
    stream.offer(b"ab")
    await stream.done()
    await hear(stream)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
