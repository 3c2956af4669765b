"""The entropy of a test: the same ids, codes and keys in each run."""

import os
import string
from functools import lru_cache
from itertools import count
from random import Random


class Foreseen:
    """Draws by a seed what production draws from the system; each of its ids sorts after those before it, as there."""

    def __init__(self, seed: int | str = 1) -> None:
        self._random = Random(seed)
        self._ids = count(1)

    def id(self) -> str:
        return (next(self._ids).to_bytes(6) + self.bytes(10)).hex()

    def digits(self, count: int) -> str:
        return self.letters(count, string.digits)

    def letters(self, count: int, alphabet: str) -> str:
        return "".join(self._random.choices(alphabet, k=count))

    def bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)


def of_this_test() -> Foreseen:
    """The one by the name of the test that runs now: all programs of a test share it, as they may share a database."""
    test, _, _ = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")
    return _of(test)


_of = lru_cache(maxsize=1)(Foreseen)
