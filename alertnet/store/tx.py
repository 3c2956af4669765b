"""What a flow works with: the session of its transaction, its moment, and the only sources of chance and secrecy."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from alertnet.store.vault import Vault


class Chance(Protocol):
    """Randomness and ids, so that a test can foresee them."""

    def id(self) -> str:
        """A fresh id: 32 lower-case hexadecimal digits."""
        ...

    def digits(self, count: int) -> str:
        """That many random decimal digits."""
        ...

    def letters(self, count: int, alphabet: str) -> str:
        """That many random letters of the alphabet."""
        ...

    def bytes(self, count: int) -> bytes:
        """That many random bytes."""
        ...


@dataclass(frozen=True)
class Tx:
    """One transaction. `now` is the moment of the whole flow (aware UTC); nothing in a flow reads a clock."""

    session: Session
    now: datetime
    chance: Chance
    vault: Vault
