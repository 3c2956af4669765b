"""The trees in force in this process. An edit takes effect once it is complete; a broken one changes nothing (A8).

Editions published elsewhere are loaded from the database. An edit of a folder that misses one of them would undo it,
and is refused like a broken one.
"""

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from alertnet.core.codec import value
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Network
from alertnet.core.directory.folder_standing import Standing, standing
from alertnet.core.directory.languages import as_written, phrase
from alertnet.core.errors import Misconfigured, WrongState
from alertnet.core.monitoring.self_monitoring import Files
from alertnet.messages.templates.load import Templates
from alertnet.runtime.database.transactions import DatabaseAway, isolated
from alertnet.store.records import editions
from alertnet.store.records.editions import Authorship, Content, Edition, Publication
from alertnet.trees import Fault, fault_of, read_folder
from alertnet.trees.folder_files import edition_marked, files_in, last_editor, newest_change, pack

LOOK_SECONDS = 0.5
WRITING = timedelta(seconds=10)

Marks = dict[str, tuple[int, int]]
"""For each file, when it was changed (nanoseconds) and its size."""

log = structlog.get_logger(__name__)


@value
class Watched:
    """A folder of trees, and access to the database with what was published elsewhere.

    `read`, `transact`: return the value of a query or flow, as the runtime's do. `is_example`: it is nobody's own.
    """

    folder: Path
    read: Callable[..., Any]
    transact: Callable[..., Any]
    is_example: bool = False

    def history(self) -> tuple[Publication, ...]:
        published: tuple[Publication, ...] = self.read(lambda tx: editions.history(tx.session))
        return published

    @property
    def latest(self) -> Publication:
        """The edition in force; there is one from the first start on."""
        return self.history()[-1]

    def standing(self, content: Content, history: tuple[Publication, ...], before: Content | None = None) -> Standing:
        """The state of the folder with that content; `before`: its content when last in force, None at a start."""
        if not history:
            return Standing.EDITED
        latest, changed_at, marked = history[-1], newest_change(self.folder), edition_marked(self.folder)
        bases = [each.content for each in history if f"@{each.number}" == marked] + ([before] if before else [])
        is_of_latest = any(base.is_like(latest.content) for base in bases)
        return standing(
            says_latest=content.is_like(latest.content),
            was_in_force=self.is_example or any(content.is_like(each.content) for each in history),
            said_latest_before=is_of_latest or (False if before else None),
            is_newer=changed_at is None or changed_at > latest.since,
            published_by_command=latest.command is not None,
        )

    def overtaken_by(self, latest: Publication) -> Fault:
        """The fault of a folder edited from another edition than the one in force."""
        message = phrase(
            "was edited from an earlier edition than {edition}, which {who} put in force: "
            "`alertnet trees diff {edition} {folder}` says what it would undo",
            edition=f"@{latest.number}",
            who=latest.by or phrase("somebody"),
            folder=str(self.folder),
        )
        return fault_of(self.folder, message)


@value
class Start:
    """What a process starts with: the trees and templates of its folders, or the last good ones in their place."""

    network: Network
    templates: Templates
    files: str | None = None
    """The folder's files from which `network` was read, packed; None where unknown."""
    broken: tuple[Fault, ...] = ()
    """What kept the folder's trees from being in force; `network` is the last good one then."""
    templates_broken: tuple[Fault, ...] = ()
    """The same for the templates, which are read again only at a start."""


class LivingTrees:
    """The trees for new incidents. `missing` says which settings a network lacks."""

    def __init__(
        self,
        start: Start,
        watched: Watched,
        missing: Callable[[Iterable[MethodKind]], tuple[str, ...]],
        now: Callable[[], datetime],
    ) -> None:
        self.broken_since: datetime | None = None
        """When the first fault of an edit was seen."""
        self.changed = threading.Event()
        """Set once an edit was loaded."""
        self._start = start
        self._watched = watched
        self._missing = missing
        self._now = now
        self._faults = start.broken
        self._began_broken = bool(start.broken)
        self._edition: Edition | None = None
        self._seen = 0
        """The number of the newest edition that this process knows."""
        self._said: Content | None = None
        """The folder's content when it was last valid."""
        self._marks: Marks | None = None
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def edition(self) -> Edition:
        """The trees and templates in force; the first call stores them, so it must follow the migrations."""
        with self._lock:
            while self._edition is None:
                with suppress(WrongState):  # Somebody has published since they were read; they are looked at again.
                    self._begin()
            return self._edition

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Faults of the present files, which are therefore not in force."""
        return self._faults + self._start.templates_broken

    @property
    def files(self) -> Files:
        """Whether the folder's content is in force."""
        if self._began_broken or self._start.templates_broken:
            return Files.BROKEN_AT_START
        return Files.BROKEN if self.broken_since is not None else Files.IN_FORCE

    @property
    def settled_files(self) -> Files:
        """As `files`, but an edit that may still be being written is no fault yet: nobody is told of it."""
        is_fresh = self.broken_since is not None and self._now() - self.broken_since < WRITING
        return Files.IN_FORCE if is_fresh and self.files is Files.BROKEN else self.files

    def follow(self) -> None:
        """Start a thread that loads each edit."""
        if not self._began_broken:
            self._marks = _marks(self._watched.folder)
        self._thread = threading.Thread(target=self._run, name="trees", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ending.set()
        if self._thread is not None:
            self._thread.join()

    def look(self) -> None:
        """Load what was published elsewhere, and what was edited since the last look, if it is complete.

        `DatabaseAway`, or `WrongState` (another edition was published at the same moment): the next look does it.
        """
        self._take_up_published()
        marks = _marks(self._watched.folder)
        if marks == self._marks:
            return
        network, faults = read_folder(self._watched.folder)
        files = pack(self._watched.folder)
        if marks != _marks(self._watched.folder):
            return
        if network is not None:
            faults = self._unsendable(network) or self._take_up_edit(network, files)
        if faults and faults != self._faults:
            log.error("trees_broken", faults=[str(fault) for fault in faults])
        self._marks = marks
        self.broken_since = (self.broken_since or self._now()) if faults else None
        self._faults = faults
        self._began_broken = self._began_broken and bool(faults)

    def _begin(self) -> None:
        """Put the folder's content at the start in force, unless others published later; raises as `put_in_force`."""
        history = self._watched.history()
        after = history[-1].number if history else 0
        network, authorship = self._start.network, None
        if not self._began_broken:
            content = editions.content_of(network, self._start.files)
            found = self._watched.standing(content, history)
            if found is Standing.EDITED:
                authorship = Authorship(last_editor(self._watched.folder), files=self._start.files)
            elif found is not Standing.IN_FORCE:
                network = self._watched.read(lambda tx: editions.network_of(tx.session, history[-1]))
                log.warning("trees_left_behind", folder=str(self._watched.folder), edition=after)
                if missing := self._missing(network.methods):
                    raise Misconfigured(missing)
            if found is Standing.OVERTAKEN:
                self._faults, self._began_broken = (self._watched.overtaken_by(history[-1]),), True
            self._said = None if self._began_broken else content
        edition = self._publish(network, authorship, after)
        self._edition, self._seen = edition, edition.number

    def _take_up_published(self) -> None:
        """Load what another process has put in force since the last look."""
        known = self.edition.number
        newest = self._watched.read(lambda tx: editions.newest(tx.session))
        if newest in (known, self._seen):
            return
        edition = self._watched.transact(editions.take_up, self._start.templates.to_text())
        if edition is not None and not self._missing(edition.network.methods):
            self._has_taken_up(edition)
        elif edition is not None:
            log.error("trees_unsendable", edition=newest, faults=list(self._missing(edition.network.methods)))
        self._seen = newest
        self._marks = self._marks if not self._faults else None

    def _take_up_edit(self, network: Network, files: str) -> tuple[Fault, ...]:
        """Load an edit, unless it would undo what was published elsewhere; then return the fault."""
        history, content = self._watched.history(), editions.content_of(network, files)
        if content == self._said:
            return ()
        found = self._watched.standing(content, history, self._said)
        if found is Standing.OVERTAKEN:
            return (self._watched.overtaken_by(history[-1]),)
        if found is not Standing.LEFT_BEHIND:
            is_edited = found is Standing.EDITED
            authorship = Authorship(last_editor(self._watched.folder), files=files) if is_edited else None
            edition = self._publish(network, authorship, history[-1].number)
            if edition != self._edition:
                self._has_taken_up(edition)
        # What could not be put in force is looked at again.
        self._said = content
        return ()

    def _publish(self, network: Network, authorship: Authorship | None, after: int) -> Edition:
        templates = self._start.templates.to_text()
        edition: Edition = self._watched.transact(editions.publish, network, templates, authorship, after)
        return edition

    def _has_taken_up(self, edition: Edition) -> None:
        self._edition, self._seen = edition, edition.number
        self.changed.set()
        log.info("trees_in_force", trees=sorted(edition.network.trees), edition=edition.number)

    def _unsendable(self, network: Network) -> tuple[Fault, ...]:
        """A fault for each method without settings, since its messages would fail one by one, at night."""
        return tuple(fault_of(self._watched.folder, as_written(each)) for each in self._missing(network.methods))

    def _run(self) -> None:
        before: Marks | None = None
        while not self._ending.wait(LOOK_SECONDS):
            # Files that are being copied are read once nothing more comes, because half of them may look complete, too.
            marks = _marks(self._watched.folder)
            if marks == before:
                with suppress(DatabaseAway), isolated(log, "trees_unread"), suppress(WrongState):
                    self.look()
            before = marks


def _marks(folder: Path) -> Marks:
    """The marks of the files by which an edit is noticed; empty for a missing folder."""
    found = {}
    for path in files_in(folder):
        with suppress(OSError):
            state = path.stat()
            found[str(path)] = (state.st_mtime_ns, state.st_size)
    return found
