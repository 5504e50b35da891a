"""What was counted before, within bounds."""

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Store(Generic[K, V]):
    """What was counted, at most `most_bytes` of text in each of two halves: what was not asked for lately goes."""

    __slots__ = ("_most_bytes", "_old", "_young", "_young_bytes")

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._young: dict[K, tuple[V, int]] = {}
        self._old: dict[K, tuple[V, int]] = {}
        self._young_bytes = 0

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())

    def get(self, key: K) -> V | None:
        """What is kept, which then counts as asked for."""
        found = self._young.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self.put(key, *found)
        return found[0] if found else None

    def put(self, key: K, value: V, size: int) -> None:
        """Keep what `size` bytes came to; when the younger half is full it becomes the older one, which is dropped."""
        self._young[key] = (value, size)
        self._young_bytes += size
        if self._young_bytes > self._most_bytes:
            self._old, self._young, self._young_bytes = self._young, {}, 0
