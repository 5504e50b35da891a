"""The circuit breaker, in every state that it can come to, and the retry budget."""

import copy
import itertools

import pytest

from serving.scoring.breaker import Breaker, RetryBudget, State

THRESHOLD, OPEN_SECONDS, MOST_AT_ONCE = 2, 3, 3


class World:
    """A breaker, its clock, and the requests that are out."""

    def __init__(self):
        self.now = 0.0
        self.breaker = Breaker(THRESHOLD, OPEN_SECONDS, lambda: self.now)
        self.out = []

    def __deepcopy__(self, memo):
        other = World()
        other.now, other.out = self.now, list(self.out)
        for name in ("_failures", "_era", "_opened_at", "_probing"):
            setattr(other.breaker, name, getattr(self.breaker, name))
        return other

    def key(self):
        """What decides the future, however long it took to come here."""
        b = self.breaker
        waits = None if b._opened_at is None else max(0, b._opened_at + OPEN_SECONDS - self.now)
        return (b._failures, waits, b._probing, tuple(b._era - permit.era for permit in self.out))

    def steps(self):
        yield "wait", None, None
        if len(self.out) < MOST_AT_ONCE:
            yield "ask", None, None
        for at, worked in itertools.product(range(len(self.out)), (True, False, None)):
            yield "tell", at, worked

    def take(self, what, at, worked):
        if what == "wait":
            self.now += 1
        elif what == "ask":
            if permit := self.breaker.permit():
                self.out.append(permit)
        else:
            self.breaker.tell(self.out.pop(at), worked=worked)


@pytest.fixture(scope="module")
def transitions():
    """Every state that can be reached, with every step from it: (world before, step, world after)."""
    start = World()
    seen, waiting, found = {start.key()}, [start], []
    while waiting:
        world = waiting.pop()
        for step in world.steps():
            after = copy.deepcopy(world)
            after.take(*step)
            found.append((world, step, after))
            # Permits of long ago are all alike: what they say counts no more.
            if after.key() not in seen and all(age <= 3 for age in after.key()[3]):
                seen.add(after.key())
                waiting.append(after)
    assert len(seen) > 50
    return found


def test_an_open_breaker_lets_nobody_ask_and_a_half_open_one_lets_one(transitions):
    for before, (what, *_), after in transitions:
        asked = what == "ask" and len(after.out) > len(before.out)
        if what != "ask":
            continue
        if before.breaker.state is State.CLOSED:
            assert asked
        elif before.breaker.state is State.OPEN:
            assert not asked
            assert before.breaker.retry_after > 0
        else:
            probes = [permit for permit in before.out if permit.era == before.breaker._era]
            assert asked == (not before.breaker._probing)
            assert len(probes) <= 1


def test_only_the_moves_of_the_drawing_are_made(transitions):
    seen = set()
    for before, (what, at, worked), after in transitions:
        was, now = before.breaker.state, after.breaker.state
        if was is not now:
            seen.add((was, now, what, worked))
            if what == "tell":
                assert before.out[at].era == before.breaker._era  # a late answer moves nothing
    assert seen == {
        (State.CLOSED, State.OPEN, "tell", False),
        (State.OPEN, State.HALF_OPEN, "wait", None),
        (State.HALF_OPEN, State.CLOSED, "tell", True),
        (State.HALF_OPEN, State.OPEN, "tell", False),
    }


def test_from_every_state_a_server_that_works_again_is_asked_again(transitions):
    for _, _, reached in transitions:
        world = copy.deepcopy(reached)
        while world.out:
            world.take("tell", 0, None)  # whoever asked went away
        world.now += OPEN_SECONDS
        world.take("ask", None, None)
        world.take("tell", 0, True)
        assert world.breaker.state is State.CLOSED
        assert world.breaker.retry_after == 0


def test_failures_count_only_in_a_row():
    world = World()
    for worked in (False, True, False, None, True, False):
        world.take("ask", None, None)
        world.take("tell", 0, worked)
        assert world.breaker.state is State.CLOSED
    world.take("ask", None, None)
    world.take("tell", 0, False)
    assert world.breaker.state is State.OPEN
    assert world.breaker.retry_after == OPEN_SECONDS


@pytest.mark.parametrize("requests", [1, 9, 10, 11, 1000])
def test_retries_are_at_most_a_tenth_of_the_requests_and_the_first(requests):
    budget = RetryBudget(0.1)
    retries = 0
    for _ in range(requests):
        budget.asked()
        retries += budget.take()
    assert retries == 1 + requests // 10


def test_a_quiet_time_saves_up_no_storm():
    budget = RetryBudget(0.1, most=10)
    for _ in range(10_000):
        budget.asked()
    assert sum(budget.take() for _ in range(100)) == 10
