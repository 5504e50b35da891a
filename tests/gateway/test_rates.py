"""How often one caller may ask."""

import random

import pytest
from guarded import bearer, guarded

from serving.gateway.security.api_keys import ApiKeys
from serving.gateway.security.principal import Role
from serving.gateway.security.rates import Buckets


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_burst_then_the_rate(clock):
    buckets = Buckets(2.0, 5, clock)
    assert [buckets.take("ana").allowed for _ in range(7)] == [True] * 5 + [False] * 2
    assert buckets.take("ana").retry_after == pytest.approx(0.5)
    clock.now += 0.5
    assert [buckets.take("ana").allowed for _ in range(2)] == [True, False]
    clock.now += 3_600
    assert [buckets.take("ana").left for _ in range(5)] == [4, 3, 2, 1, 0]


def test_who_waits_as_long_as_told_is_answered(clock):
    buckets = Buckets(3.0, 4, clock)
    for _ in range(200):
        taken = buckets.take("ana")
        clock.now += taken.retry_after + 1e-9
        if not taken.allowed:
            assert buckets.take("ana").allowed


def test_one_caller_does_not_use_up_anothers(clock):
    buckets = Buckets(1.0, 2, clock)
    for _ in range(100):
        buckets.take("ana")
    assert buckets.take("ben").allowed


def test_never_more_than_burst_and_rate_however_it_is_asked(clock):
    """Over any window of t seconds, at most burst + rate * t are let through."""
    chance = random.Random(7)
    buckets, through = Buckets(5.0, 10, clock), []
    for _ in range(5_000):
        clock.now += chance.expovariate(20)
        if buckets.take("ana").allowed:
            through.append(clock.now)
    for first in range(len(through)):
        for last in range(first, min(first + 200, len(through))):
            assert last - first + 1 <= 10 + 5.0 * (through[last] - through[first]) + 1


def test_no_limit_is_no_bucket(clock):
    assert Buckets(0.0, 1, clock).take("ana") is None


def test_strangers_cannot_fill_the_memory(clock):
    buckets = Buckets(1.0, 10, clock, most=1_000)
    for n in range(50_000):
        clock.now += 0.0001
        buckets.take(f"address-{n}")
    assert len(buckets) <= 1_000
    clock.now += 3_600
    for _ in range(2_000):
        buckets.take("ana")
    assert len(buckets) == 1


def test_a_clock_that_goes_back_gives_nothing_away(clock):
    buckets = Buckets(1.0, 2, clock)
    buckets.take("ana")
    clock.now -= 50
    assert [buckets.take("ana").allowed for _ in range(2)] == [True, False]


def test_too_often_is_429_and_says_when_to_come_back(tmp_path):
    _, text = ApiKeys(tmp_path).create("ci", Role.SERVICE)
    with guarded(tmp_path, auth="required", rate_per_second=0.5, rate_burst=3) as client:
        answers = [client.post("/predict", headers=bearer(text)) for _ in range(4)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429]
        assert answers[0].headers["ratelimit-policy"] == '"caller";q=3;w=6'
        assert answers[0].headers["ratelimit"].startswith('"caller";r=2;t=')
        assert 1 <= int(answers[3].headers["retry-after"]) <= 2
        assert answers[3].headers["ratelimit"].startswith('"caller";r=0;t=')
        assert answers[3].headers["content-type"] == "application/problem+json"


def test_guessing_is_limited_by_address_and_shuts_out_nobody_else(tmp_path):
    """A good key works from the address of one who guesses: behind a proxy they may share it."""
    _, text = ApiKeys(tmp_path).create("ci", Role.SERVICE)
    with guarded(tmp_path, auth="required", anonymous_rate_per_second=0.1, rate_burst=5) as client:
        guesses = [client.post("/predict", headers=bearer(f"fck_{n:012x}_{'A' * 43}")).status_code for n in range(8)]
        assert guesses == [401] * 5 + [429] * 3
        assert client.post("/predict", headers=bearer(text)).status_code == 200


def test_one_person_on_one_machine_is_not_counted(tmp_path):
    with guarded(tmp_path, rate_per_second=0.1, rate_burst=1) as client:
        here = {"Host": "localhost:8080"}
        assert {client.post("/predict", headers=here).status_code for _ in range(20)} == {200}
        assert "ratelimit" not in client.post("/predict", headers=here).headers


def test_probes_are_answered_through_a_flood_from_their_own_address(tmp_path):
    """Else whoever shares an address with the kubelet could have the process ended."""
    flood = {"auth": "required", "anonymous_rate_per_second": 0.1, "rate_burst": 2, "served_hosts": "gateway.example"}
    with guarded(tmp_path, **flood) as client:
        assert {client.get("/models").status_code for _ in range(9)} == {401, 429}
        for probe in ("/health/live", "/health/ready"):
            assert client.get(probe, headers={"Host": "10.1.2.3:8080"}).status_code == 200
        assert client.get("/docs", headers={"Host": "10.1.2.3:8080"}).status_code == 403
