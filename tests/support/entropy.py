"""The entropy of a test: the same ids, codes and keys in each run."""

from random import Random


class Foreseen:
    """Draws by a seed what production draws from the system."""

    def __init__(self, seed: int = 1) -> None:
        self._random = Random(seed)

    def id(self) -> str:
        return self.bytes(16).hex()

    def digits(self, count: int) -> str:
        return self.letters(count, "0123456789")

    def letters(self, count: int, alphabet: str) -> str:
        return "".join(self._random.choice(alphabet) for _ in range(count))

    def bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)
