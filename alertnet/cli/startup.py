"""What `serve` and `worker` look at before they begin, so that nothing turns out to be wrong at night."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from alertnet.cli.connection import require_newest_schema
from alertnet.cli.templates import LONGEST_URL
from alertnet.core.contact_tree import Network
from alertnet.core.errors import Misconfigured
from alertnet.messages.lint import find_faults
from alertnet.messages.templates import Templates, read_templates
from alertnet.runtime import Runtime, wire
from alertnet.settings import NAMES, Settings, missing_for, read_settings
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
    faults: list[str] = []
    settings = _read(faults, read_settings)
    # The folders are looked at whatever else is wrong: nobody should have to start again for each fault.
    network = _read(faults, lambda: read_network(settings.contact_trees if settings else folder_of("contact_trees")))
    templates = _read(
        faults, lambda: read_templates(settings.message_templates if settings else folder_of("message_templates"))
    )
    if templates:
        faults += find_faults(templates, (settings and settings.public_url) or LONGEST_URL)
    if settings and network:
        faults += missing_for(settings, network.methods)
    if faults or not (settings and network and templates):
        raise Misconfigured(faults)
    return settings, network, templates


def _read(faults: list[str], read: Callable[[], T]) -> T | None:
    try:
        return read()
    except Misconfigured as error:
        faults += error.faults
        return None


def folder_of(name: str) -> Path:
    """Where a folder is said to be, while the settings as a whole can't be read."""
    return Path(os.environ.get(NAMES[name]) or Settings.model_fields[name].default)
