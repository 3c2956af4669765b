"""Effects: what a process does that outlives it. Before each one somebody may decide that it dies instead."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What an effect is: ours on the disk, our request at the provider, what it answers, our reply to whoever asked."""

    COMMIT = "commit"
    REQUEST = "request"
    ANSWER = "answer"
    REPLY = "reply"


class Effect(NamedTuple):
    """One effect; `what`: which flow commits, what is asked of the provider, or which status is replied."""

    kind: Kind
    what: str

    def __str__(self) -> str:
        match self.kind:
            case Kind.COMMIT:
                return f"`{self.what}` commits"
            case Kind.REQUEST:
                return f"the provider takes {self.what}"
            case Kind.ANSWER:
                return f"we hear its answer to {self.what}"
            case Kind.REPLY:
                return f"our reply {self.what} leaves"


@dataclass
class Referee:
    """Numbers the effects of a process while it watches, and calls `kill` in place of one of them."""

    kill: Callable[[], None] = lambda: None
    effects: list[Effect] = field(default_factory=list)
    """Those that happened, in order."""
    _watches: bool = False
    _last: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def watches(self, most: int | None = None) -> Iterator[None]:
        """Let no more than `most` effects happen in here: the process dies where one more would, or else at the end."""
        self._watches, self._last = True, most
        self.effects.clear()
        yield
        if self._watches and self._last is not None:
            self.kill()
        self._watches = False

    def passes(self, effect: Effect) -> bool:
        """Whether it may happen. False: the process is dead."""
        with self._lock:
            if not self._watches:
                return True
            if len(self.effects) == self._last:
                self._watches = False
                self.kill()
                return False
            self.effects.append(effect)
            return True
