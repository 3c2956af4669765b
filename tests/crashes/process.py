"""A process that does what it is ordered, and asks for leave before every effect, as long as it lives."""

import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from tests.crashes import program
from tests.crashes.effects import Referee
from tests.support.forking import FORKING

ORDER_SECONDS = 180


class Process:
    """One life of the process under test, which does what it is ordered as long as it lives."""

    def __init__(self, installed: program.Installed, clock: program.SharedClock, referee: Referee) -> None:
        self._orders, theirs = FORKING.Pipe()
        leaves, their_leaves = FORKING.Pipe()
        arguments = (installed, clock.microseconds, theirs, their_leaves)
        self._process: BaseProcess = FORKING.Process(target=program.run, args=arguments, daemon=True)
        self._process.start()
        theirs.close()
        their_leaves.close()
        threading.Thread(target=_give_leave, args=(leaves, referee), daemon=True).start()
        self.port: int = self._answer()

    @property
    def lives(self) -> bool:
        return self._process.is_alive()

    def killed(self) -> None:
        """Kill -9: dead without a moment's notice."""
        self._process.kill()
        self._process.join()

    def ends(self) -> None:
        """It is being killed: wait until it is dead."""
        self._process.join(ORDER_SECONDS)
        assert not self.lives, "the process lives, and does not answer"

    def does(self, order: str) -> Any:
        """What comes of an order; None where the process died over it."""
        try:
            self._orders.send(order)
            return self._answer()
        except (EOFError, OSError):
            self.ends()
            return None

    def _answer(self) -> Any:
        assert self._orders.poll(ORDER_SECONDS), "the process does not answer"
        return self._orders.recv()


def _give_leave(leaves: Connection, referee: Referee) -> None:
    with suppress(EOFError, OSError):
        while True:
            effect = leaves.recv()
            if referee.passes(effect):
                leaves.send(None)
