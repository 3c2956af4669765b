"""The trees in force in this process: an edit is in force when it is whole, and a broken one changes nothing (A8)."""

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Network
from alertnet.core.monitoring.self_monitoring import Files
from alertnet.runtime.database.transactions import DatabaseAway, isolated
from alertnet.store.records.editions import Edition
from alertnet.trees import Fault, fault_of, read_folder

LOOK_SECONDS = 0.5
WRITING = timedelta(seconds=10)

Marks = dict[str, tuple[int, int]]
"""Of each file: when it was changed (nanoseconds) and its size."""

log = structlog.get_logger(__name__)


class LivingTrees:
    """What new incidents open on. `publish` keeps a network in the database; `missing` says which settings it lacks.

    `broken`: the faults that kept the files from being in force at the start, so that `network` is the last good one.
    `templates_broken`: the same of the templates, which only another start reads again.
    """

    def __init__(
        self,
        network: Network,
        folder: Path,
        publish: Callable[[Network], Edition],
        missing: Callable[[Iterable[MethodKind]], tuple[str, ...]],
        now: Callable[[], datetime],
        broken: tuple[Fault, ...] = (),
        templates_broken: tuple[Fault, ...] = (),
    ) -> None:
        self.broken_since: datetime | None = None
        """When the first fault of an edit was seen."""
        self.changed = threading.Event()
        """Set once an edit was taken up."""
        self._network = network
        self._folder = folder
        self._publish = publish
        self._missing = missing
        self._now = now
        self._faults = broken
        self._templates_broken = templates_broken
        self._began_broken = bool(broken)
        self._edition: Edition | None = None
        self._marks: Marks | None = None
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def edition(self) -> Edition:
        """The trees and templates in force. The first look keeps them in the database, so it follows the migrations."""
        with self._lock:
            if self._edition is None:
                self._edition = self._publish(self._network)
            return self._edition

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong with the files as they are now, and are not in force."""
        return self._faults + self._templates_broken

    @property
    def files(self) -> Files:
        """Whether what lies in the folder is in force; an edit that may still be being written is no fault yet."""
        if self._began_broken or self._templates_broken:
            return Files.BROKEN_AT_START
        is_broken = self.broken_since is not None and self._now() - self.broken_since >= WRITING
        return Files.BROKEN if is_broken else Files.IN_FORCE

    def follow(self) -> None:
        """Start a thread that takes up each edit."""
        if not self._began_broken:
            self._marks = _marks(self._folder)
        self._thread = threading.Thread(target=self._run, name="trees", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop that thread."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()

    def look(self) -> None:
        """Take up what was edited since the last look, if it is whole.

        Raises:
            DatabaseAway: it is whole, and can't be kept now; the next look takes it up.
        """
        marks = _marks(self._folder)
        if marks == self._marks:
            return
        network, faults = read_folder(self._folder)
        if network is not None:
            faults = self._unsendable(network)
        if network is not None and not faults:
            self._edition = self._publish(network)
            self.changed.set()
            log.info("trees_in_force", trees=sorted(network.trees))
            self._began_broken = False
        elif faults != self._faults:
            log.error("trees_broken", faults=[str(fault) for fault in faults])
        self._marks = marks
        self.broken_since = (self.broken_since or self._now()) if faults else None
        self._faults = faults

    def _unsendable(self, network: Network) -> tuple[Fault, ...]:
        """A fault for each method that no setting is there for: its messages would fail one by one, at night."""
        return tuple(fault_of(self._folder, each) for each in self._missing(network.methods))

    def _run(self) -> None:
        while not self._ending.wait(LOOK_SECONDS):
            with suppress(DatabaseAway), isolated(log, "trees_unread"):
                self.look()


def _marks(folder: Path) -> Marks:
    """The marks of the files by which an edit is seen; a folder that is away has none."""
    found = {}
    for path in sorted(each for each in folder.rglob("*") if each.suffix in (".yaml", ".yml", ".asc", ".pgp", ".gpg")):
        try:
            state = path.stat()
        except OSError:
            continue
        found[str(path)] = (state.st_mtime_ns, state.st_size)
    return found
