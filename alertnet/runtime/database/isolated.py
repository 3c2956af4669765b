"""Failures that stay where they happened, so that what comes next goes on (A11); never `DatabaseAway`."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from structlog.stdlib import BoundLogger

from alertnet.runtime.database.transactions import DatabaseAway


@contextmanager
def handled(handle: Callable[[Exception], object]) -> Iterator[None]:
    """Hands the failure of the block to `handle`, and goes on after the block.

    Raises:
        DatabaseAway: where the block does, since nothing else can be done then either.
    """
    try:
        yield
    except DatabaseAway:
        raise
    except Exception as failure:
        handle(failure)


def isolated(log: BoundLogger, event: str, **fields: object) -> AbstractContextManager[None]:
    """Logs the failure of the block, with its traceback, as that event, and goes on after the block."""
    return handled(lambda _: log.exception(event, **fields))
