"""How commands connect to the database and to the trees in force, without loading what those need until they run."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alertnet.cli.connection import connected
from alertnet.core.directory.contact_tree import Network

if TYPE_CHECKING:
    from alertnet.runtime.wiring import Runtime


@contextmanager
def connected_to_trees() -> Iterator[tuple["Runtime", Network]]:
    """A runtime as `connected` gives it, with the trees in force; see `startup.trees_in_force`."""
    from alertnet.cli.startup import trees_in_force

    with connected() as runtime:
        yield runtime, trees_in_force(runtime)
