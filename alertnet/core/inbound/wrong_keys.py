"""Wrong keys of one call: how many tries they are, when the same webhook may come twice (A1, A6)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WrongKeys:
    """The wrong tries of a call. `tries`: how many; `keyed`: the hash of each that is known."""

    tries: int = 0
    keyed: tuple[str, ...] = ()

    def wrong(self, hash: str, turn: int | None) -> "WrongKeys":
        """Count wrong keys for the question of that turn: the same once more changes nothing, others are a try.

        `turn` None: not known, and a try of its own.
        """
        if turn is not None and turn <= self.tries and hash in self.keyed:
            return self
        return WrongKeys(max(self.tries + 1, turn or 0), (*self.keyed, hash))
