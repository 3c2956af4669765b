"""What `serve` and `worker` look at before they begin, so that nothing turns out to be wrong at night."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from alertnet.cli.connection import require_newest_schema
from alertnet.cli.templates import LONGEST_URL
from alertnet.core.contact_tree import Network
from alertnet.core.errors import Misconfigured
from alertnet.messages.lint import find_faults
from alertnet.messages.templates import Templates, read_templates
from alertnet.runtime import Runtime, wire
from alertnet.settings import Settings, examine
from alertnet.trees import read_network

T = TypeVar("T")


@contextmanager
def checked_runtime() -> Iterator[Runtime]:
    """A runtime in which everything that can be checked was; closed at the end.

    Raises:
        Misconfigured: all that is wrong with the settings, trees and templates, or else with the database's schema.
        DatabaseAway: it can't be reached.
    """
    settings, network, templates = read_all()
    runtime = wire(settings, network, templates)
    try:
        require_newest_schema(runtime.engine)
        runtime.trees.follow()
        yield runtime
    finally:
        runtime.close()


def read_all() -> tuple[Settings, Network, Templates]:
    """The settings of this process, and the trees and templates that they name, fit to be used with one another.

    Raises:
        Misconfigured: every fault of all of them.
    """
    reading = examine()
    faults: list[str] = []
    settings = reading.settings
    # The folders are looked at whatever else is wrong: nobody should have to start again for each fault.
    network = _read(faults, lambda: read_network(settings.contact_trees))
    templates = _read(faults, lambda: read_templates(settings.message_templates))
    if templates:
        faults += find_faults(templates, settings.public_url or LONGEST_URL)
    faults = [*reading.faults_for(network.methods if network else ()), *faults]
    if faults or not (network and templates):
        raise Misconfigured(faults)
    return settings, network, templates


def _read(faults: list[str], read: Callable[[], T]) -> T | None:
    try:
        return read()
    except Misconfigured as error:
        faults += error.faults
        return None
