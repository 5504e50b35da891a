"""The shop's five authors, and when each of them commits."""

import random
from dataclasses import dataclass

START = 1_678_060_800
"""Monday, 6 March 2023, 00:00 UTC."""
DAYS = 730


@dataclass(frozen=True, slots=True)
class Author:
    """Habits of one author. `care` lowers the log-odds of a fault; shares are 0..1."""

    name: str
    address: str
    zone_hours: int
    joined_day: int
    weight: float
    care: float
    test_share: float
    late_share: float
    conventional: bool  # writes "feat: ..." in front
    areas: tuple[str, ...]

    @property
    def identity(self) -> str:
        return f"{self.name} <{self.address}>"

    @property
    def zone(self) -> str:
        return f"{'-' if self.zone_hours < 0 else '+'}{abs(self.zone_hours):02}00"


AUTHORS = (
    Author(
        "Ines Carvalho", "ines@shop.example", 0, 0, 1.0, 0.4, 0.6, 0.06, conventional=False, areas=("src", "src", "web")
    ),
    Author(
        "Tom Okafor", "tom@shop.example", 1, 0, 1.1, 0.0, 0.35, 0.3, conventional=True, areas=("src", "infra", "web")
    ),
    Author(
        "Mira Lindqvist",
        "mira@shop.example",
        1,
        110,
        0.9,
        0.2,
        0.5,
        0.1,
        conventional=False,
        areas=("web", "web", "src"),
    ),
    Author("Jonas Weber", "jonas@shop.example", 2, 290, 1.0, -0.4, 0.25, 0.25, conventional=True, areas=("src", "web")),
    Author(
        "Priya Raman",
        "priya@shop.example",
        0,
        430,
        0.9,
        -0.1,
        0.4,
        0.12,
        conventional=False,
        areas=("infra", "src", "src"),
    ),
)


@dataclass(frozen=True, slots=True)
class Slot:
    """A moment at which somebody commits."""

    author: Author
    when: int  # unix seconds

    @property
    def is_late(self) -> bool:
        hour = (self.when // 3600 + self.author.zone_hours) % 24
        return hour >= 20 or hour < 5


def draw_slots(rng: random.Random, count: int) -> list[Slot]:
    """Draw who commits when, in time order, no two at the same second."""
    slots = []
    for _ in range(count):
        day = rng.randrange(DAYS)
        while day % 7 > 4 and rng.random() < 0.85:
            day = rng.randrange(DAYS)
        present = [author for author in AUTHORS if author.joined_day <= day]
        author = rng.choices(present, [one.weight for one in present])[0]
        hour = rng.uniform(20, 25) if rng.random() < author.late_share else min(19.5, max(7.0, rng.gauss(13, 2.6)))
        slots.append(Slot(author, START + day * 86400 + int((hour - author.zone_hours) * 3600)))
    slots.sort(key=lambda slot: slot.when)
    ordered = slots[:1]
    for slot in slots[1:]:
        ordered.append(Slot(slot.author, max(slot.when, ordered[-1].when + 7)))
    return ordered
