"""Checks what the program logs in a night, where nothing is printed.

A fault that is only logged counts too (A11), and no line names a person or a place (A9).
"""

import sys
from collections.abc import Callable
from typing import Any, NoReturn

import structlog

from alertnet.runtime.database.transactions import DatabaseAway
from simulation.world.cast import SECRET

Report = Callable[[str, str], object]


class Faults:
    """Passes on the faults that the program logs; a running night sets `report`."""

    def __init__(self) -> None:
        self.report: Report = lambda *_: None
        structlog.configure(processors=[self._hear], cache_logger_on_first_use=False)

    def _hear(self, _logger: object, _method: str, event: structlog.typing.EventDict) -> NoReturn:
        fault: Any = sys.exc_info()[1]
        if event.get("exc_info") and fault is not None and not isinstance(fault, DatabaseAway):
            self.report("A11", f"{event['event']}: {type(fault).__name__}: {fault}")
        if SECRET in f"{event} {fault or ''}":
            self.report("A9", f"{event['event']} names a person or a place in the log")
        raise structlog.DropEvent
