"""Chance, all of it from one seed. Each name has numbers of its own: taking one thing away leaves the others alone."""

import hashlib
from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Time: TypeAlias = Callable[[], float]


class Dice:
    """The numbers of one name."""

    def __init__(self, seed: int, *name: object) -> None:
        self._key = "/".join(str(part) for part in (seed, *name)).encode()
        self._count = 0

    def of(self, *name: object) -> "Dice":
        """The dice of a part of this."""
        made = Dice(0)
        made._key = self._key + b"/" + "/".join(str(part) for part in name).encode()
        return made

    def bytes(self, size: int) -> bytes:
        self._count += 1
        return hashlib.blake2b(self._count.to_bytes(8, "big"), key=self._short(), digest_size=size).digest()

    def unit(self) -> float:
        """From 0 up to, not including, 1."""
        return int.from_bytes(self.bytes(6), "big") / 2**48

    def below(self, limit: int) -> int:
        return int(self.unit() * limit)

    def chance(self, probability: float) -> bool:
        return self.unit() < probability

    def between(self, low: float, high: float) -> float:
        return low + self.unit() * (high - low)

    def choice(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def _short(self) -> bytes:
        return self._key if len(self._key) <= 64 else hashlib.blake2b(self._key, digest_size=64).digest()


class SimulatedSource:
    """Time and randomness for `gastown.clock`."""

    BEGIN = 1_750_000_000.0

    def __init__(self, dice: Dice, time: Time) -> None:
        self._dice = dice
        self._time = time

    def now_ns(self) -> int:
        return int((self.BEGIN + self._time()) * 1e6) * 1000

    def monotonic(self) -> float:
        return self._time()

    def random(self, size: int) -> bytes:
        return self._dice.bytes(size)
