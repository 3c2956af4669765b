"""Entropy of its own for whatever happens in some nights only, so that all else is the same whether it does."""

from collections.abc import Collection
from random import Random

SHARES = {
    "a call to us": 1 / 6,
    "awaited": 0.1,
    "caller": 0.3,
    "clocks": 0.2,
    "code guesser": 0.3,
    "edits beside": 0.5,
    "erasures": 0.15,
    "frozen turn": 0.2,
    "guesser": 0.3,
    "lands and places": 0.1,
    "loss": 0.15,
    "mails": 0.2,
    "members": 0.3,
    "merging": 0.1,
    "named levels": 0.05,
    "narrows by SMS": 0.05,
    "new number": 0.3,
    "number tests": 0.5,
    "office": 0.4,
    "press": 0.07,
    "proves a call to us": 0.5,
    "purge": 0.15,
    "recycled number": 0.2,
    "refusing": 0.2,
    "rings beside": 0.2,
    "rota": 0.25,
    "sorts reports": 0.1,
    "switchboard": 0.1,
    "terms": 0.1,
    "traveller": 0.3,
    "turns": 0.1,
    "visitors": 0.2,
    "watch": 0.2,
}
"""In which share of the nights each comes, unless something speaks against it. `docs/simulation.md` says what it is."""


class Chance(Random):
    """The entropy of one of them in one night."""

    share = 0.0

    def comes(self) -> bool:
        """Whether it does, asked once."""
        return self.random() < self.share


def chance(name: str, seed: int, wanted: Collection[str]) -> Chance:
    """The entropy of that name; what is wanted comes."""
    drawn = Chance(f"{name} {seed}")
    drawn.share = 1.0 if name in wanted else SHARES.get(name, 0.0)
    return drawn
