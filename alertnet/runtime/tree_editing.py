"""Editing the trees away from any folder: the files of an edition, one of them exchanged, checked whole and published.

The same as a folder that somebody publishes: nothing is overwritten that others put in force meanwhile.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from alertnet.core.directory.contact_tree import Network
from alertnet.core.errors import BadInput, Misconfigured, Unknown, WrongState
from alertnet.core.replan.describe_tree_diff import differences
from alertnet.runtime.settings.settings import missing_for
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.records import documents, editions
from alertnet.store.records.editions import Authorship, Edition, Publication
from alertnet.trees import Fault, read_network, survey
from alertnet.trees.folder_files import beside_shared, pack, texts_in, unpack, with_text
from alertnet.trees.forms.schema import schema

Tested = Callable[[Network], Mapping[tuple[str, str], date | None]]
"""By tree and contact, since when all numbers of it are known to work."""


@dataclass(frozen=True)
class Checked:
    """What an edit comes to: the network that it describes, None where it has `faults`; and what is unwise.

    `files`: all of its files, packed; `changes`: in words, what it changes of what is in force.
    """

    files: str
    network: Network | None
    faults: tuple[Fault, ...]
    unwise: tuple[Fault, ...]
    changes: tuple[str, ...] = ()

    def found_in(self, name: str) -> tuple["Finding", ...]:
        """Faults, then what is unwise; those of that file with their lines, of other files as they are told."""
        found = [("fault", each) for each in self.faults] + [("warning", each) for each in self.unwise]
        return tuple(_finding(kind, each, name) for kind, each in found)


@dataclass(frozen=True)
class Finding:
    """A fault, or (`kind` warning) something unwise; `line` 0: it is in another file, which its text names."""

    kind: str
    text: str
    line: int


def _finding(kind: str, fault: Fault, name: str) -> Finding:
    if fault.file != name:
        return Finding(kind, str(fault) if fault.line else fault.message, 0)
    return Finding(kind, str(fault).removeprefix(f"{name}:{fault.line}:{fault.column}: "), max(fault.line, 1))


@cache
def tree_schema() -> dict[str, object]:
    """The JSON Schema of the files, for whoever completes what is typed."""
    return schema()


def edition_named(runtime: Runtime, number: int) -> Publication:
    """The edition of that number.

    Raises:
        Unknown: there is none.
    """
    found = next((each for each in runtime.watched.history() if each.number == number), None)
    if found is None:
        raise Unknown("edition", f"@{number}")
    return found


def files_of(runtime: Runtime, edition: Publication) -> dict[str, str]:
    """The texts of an edition's own files by their names.

    Raises:
        Unknown: they were not kept.
    """
    return texts_in(_packed(runtime, edition))


def check_edit(runtime: Runtime, base: Publication, name: str, text: str, tested: Tested) -> Checked:
    """Check the files of an edition with that text in place of one of them, or beside them."""
    with TemporaryDirectory(prefix="alertnet-") as folder:
        unpack(with_text(_packed(runtime, base), name, text), Path(folder))
        place = beside_shared(Path(folder), runtime.settings.contact_trees)
        languages = runtime.renderer(runtime.edition.templates).languages
        found = survey(place, runtime.now().date(), languages, _tried(place, tested))
        network = None if found.faults else read_network(place)
        in_force = runtime.read(_network_of, runtime.watched.history()[-1])
        changes = tuple(differences(in_force, network)) if network else ()
        return Checked(pack(place), network, found.faults, found.unwise, changes)


def publish_edit(runtime: Runtime, base: Publication, checked: Checked, by: str, why: str) -> Edition:
    """Put an edit in force everywhere; open incidents go on as before.

    Raises:
        BadInput: it has faults, or changes nothing. WrongState: others published since the edition it was made from.
        Misconfigured: it uses methods whose settings are missing.
    """
    if checked.network is None:
        raise BadInput("text", str(checked.faults[0]), "files without a fault")
    latest = runtime.watched.history()[-1]
    if not base.content.is_like(latest.content):
        raise WrongState("the edition in force", f"@{latest.number}", _what_came_since(runtime, base, latest))
    if editions.content_of(checked.network, checked.files).is_like(latest.content):
        raise BadInput("text", None, "something that changes what is in force")
    return _put_in_force(runtime, checked.network, latest, Authorship(by, why, "publish", checked.files))


def roll_back(runtime: Runtime, earlier: Publication, latest: int, by: str, why: str) -> Edition:
    """Put an earlier edition in force again, as a new one after `latest`; what came between stays in the history.

    Raises:
        WrongState: another edition is in force than `latest`, or it says the same.
    """
    in_force = runtime.watched.history()[-1]
    if in_force.number != latest:
        raise WrongState("the edition in force", f"@{in_force.number}", f"this page was made when @{latest} was")
    if earlier.content.is_like(in_force.content):
        raise WrongState("the edition in force", f"@{in_force.number}", f"which says the same as @{earlier.number}")
    network = runtime.read(_network_of, earlier)
    files = _packed(runtime, earlier) if earlier.files is not None else None
    return _put_in_force(runtime, network, in_force, Authorship(by, why, "rollback", files))


def changes_between(runtime: Runtime, before: Publication, after: Publication) -> tuple[str, ...]:
    """In words, what the later edition changed of the earlier."""
    old, new = (runtime.read(_network_of, each) for each in (before, after))
    return tuple(differences(old, new))


def _put_in_force(runtime: Runtime, network: Network, latest: Publication, authorship: Authorship) -> Edition:
    if missing := missing_for(runtime.settings, network.methods):
        raise Misconfigured(missing)
    # The words of messages stay those in force: a start puts others in force, an edit of trees does not.
    kept = latest.templates
    of_latest = runtime.read(lambda tx: documents.fetch(tx.session, kept)) if kept is not None else None
    templates = of_latest if of_latest is not None else runtime.templates.to_text()
    return runtime.transact(editions.publish, network, templates, authorship, latest.number)


def _what_came_since(runtime: Runtime, base: Publication, latest: Publication) -> str:
    by = f"{latest.by or 'somebody'}: {latest.why or 'the folder was edited'}"
    changed = "; ".join(changes_between(runtime, base, latest))
    return f"this was made from @{base.number}, and since then came {by} ({changed}). Your text is kept on the page"


def _packed(runtime: Runtime, edition: Publication) -> str:
    kept = edition.files
    if kept is None:
        raise Unknown("files of the edition", f"@{edition.number}")
    files: str = runtime.read(lambda tx: documents.fetch(tx.session, kept))
    return files


def _network_of(tx: Tx, edition: Publication) -> Network:
    return editions.network_of(tx.session, edition)


def _tried(place: Path, tested: Tested) -> Callable[[str, str], date | None]:
    """What is known of tests that were answered; asked only if it makes a difference."""
    known = cache(lambda: tested(read_network(place)))
    return lambda tree, contact: known().get((tree, contact))
