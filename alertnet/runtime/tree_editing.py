"""Edits trees without a folder, and puts trees in force, for the console and the command line.

An edit replaces files of an edition. Nothing is overwritten that others put in force meanwhile.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from difflib import SequenceMatcher
from pathlib import Path
from tempfile import TemporaryDirectory

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import Network
from alertnet.core.directory.languages import Phrase
from alertnet.core.errors import BadInput, Unknown, WrongState
from alertnet.core.replan.describe_tree_diff import differences
from alertnet.messages.checks.fitting import read_fitted
from alertnet.runtime.settings.settings import check_methods
from alertnet.runtime.wiring import Runtime
from alertnet.shipped import TEMPLATES, shipped
from alertnet.store.db.tx import Tx
from alertnet.store.records import documents, editions
from alertnet.store.records.editions import Authorship, Edition, Publication
from alertnet.trees import Fault, Survey, Tested, read_folder, survey, with_wait
from alertnet.trees.folder_files import beside_shared, pack, texts_in, unpack, with_texts
from alertnet.trees.forms.key_help import key_help
from alertnet.trees.forms.schema import schema

Edits = Mapping[str, str]
"""Changed files: their texts by name; an empty text deletes the file."""


@value
class FilesInForce:
    """Where things stand in the files in force.

    `unwise`: findings by tree ("" for the field), and by place, as `levels.0`, `contacts.ana`; one on a contact that
    several trees share is listed in each. `files`: the file of each tree. `contacts`: file and line, by tree and
    contact; both without those of shared folders. All are empty where the files were not stored.
    """

    unwise: Mapping[str, Mapping[str, Sequence[Fault]]] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[tuple[str, str], tuple[str, int]] = field(default_factory=dict)


class Faulty(BadInput):
    """The files of an edit have faults: `fault` is the first."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__("text", str(fault), "files without a fault")


@value
class Checked:
    """The result of checking an edit: the network that it describes (None where it has `faults`), and what is unwise.

    `files`: all of its files, packed; `changes`: in words, what it changes of what is in force.
    """

    files: str
    network: Network | None
    faults: tuple[Fault, ...]
    unwise: tuple[Fault, ...]
    changes: tuple[Phrase, ...] = ()

    @property
    def found(self) -> list[tuple[str, Fault]]:
        """Faults, then unwise things, each with its kind."""
        return [("fault", each) for each in self.faults] + [("warning", each) for each in self.unwise]


keys_explained, tree_schema = key_help, schema
"""What an editor completes and explains by: the meaning of each key of each form, and the JSON Schema of the files."""


def edition_named(runtime: Runtime, number: int) -> Publication:
    """The edition of that number; raises `Unknown` where there is none."""
    found = next((each for each in runtime.watched.history() if each.number == number), None)
    if found is None:
        raise Unknown("edition", f"@{number}")
    return found


def files_of(runtime: Runtime, edition: Publication) -> dict[str, str]:
    """The texts of an edition's own files by their names; raises `Unknown` where they were not stored."""
    return texts_in(packed(runtime, edition))


def in_force(runtime: Runtime, tested: Tested) -> FilesInForce:
    """What is unwise in the files in force, and where their trees and contacts stand."""
    latest = next(iter(runtime.watched.history()[-1:]), None)
    if latest is None or latest.files is None:
        return FilesInForce()
    with _laid_out(runtime, files := packed(runtime, latest)) as place:
        found = _surveyed(runtime, place, tested)
    own = texts_in(files).keys()
    unwise: dict[str, dict[str, list[Fault]]] = {}
    for fault in found.unwise:
        part = ".".join(fault.path.split(".")[:2])
        in_trees = [id for id, file in found.files.items() if fault.file in (file, _shared_file(runtime, id, part))]
        within = replace(fault, path=fault.path.removeprefix(f"{part}."))
        for tree in in_trees or [""]:
            unwise.setdefault(tree, {}).setdefault(part, []).append(within if tree else fault)
    return FilesInForce(
        unwise,
        {tree: file for tree, file in found.files.items() if file in own},
        {contact: place for contact, place in found.contacts.items() if place[0] in own},
    )


def _shared_file(runtime: Runtime, tree: str, part: str) -> str | None:
    """The file from which a contact of a tree is included."""
    known = runtime.edition.network.trees.get(tree)
    contact = known.contacts.get(part.removeprefix("contacts.")) if known is not None else None
    return contact.included_from if contact is not None else None


def check_edit(runtime: Runtime, base: Publication, edits: Edits, tested: Tested) -> Checked:
    """Check an edition's files with those texts replacing or added to them."""
    with _laid_out(runtime, with_texts(packed(runtime, base), edits)) as place:
        found = _surveyed(runtime, place, tested)
        network = found.network
        changes = differences(network_of(runtime, runtime.watched.latest), network) if network else ()
        return Checked(pack(place), network, found.faults, found.unwise, changes)


def network_of_edit(runtime: Runtime, base: Publication, edits: Edits) -> Network:
    """The network that an edit describes, unwise or not; raises `Faulty` where it has faults."""
    with _laid_out(runtime, with_texts(packed(runtime, base), edits)) as place:
        network, faults = read_folder(place)
    if network is None:
        raise Faulty(faults[0])
    return network


def with_other_wait(runtime: Runtime, base: Publication, tree: str, level: str, wait: str) -> tuple[str, str]:
    """The file of that tree in an edition, and its text with another wait; `Unknown` where it has no such level."""
    with _laid_out(runtime, packed(runtime, base)) as place:
        return with_wait(place, tree, level, wait)


@contextmanager
def _laid_out(runtime: Runtime, files: str) -> Iterator[Path]:
    """A folder with those files, beside the installation's shared ones."""
    with TemporaryDirectory(prefix="alertnet-") as folder:
        unpack(files, Path(folder))
        yield beside_shared(Path(folder), runtime.settings.contact_trees)


def on_top_of(before: str, mine: str, theirs: str) -> str:
    """Their text with what I have changed of `before`; where both have changed the same lines, mine stand."""
    if not before:
        return mine
    lines = before.splitlines(keepends=True)
    own = _hunks(lines, mine)
    both = sorted(
        [*own, *(each for each in _hunks(lines, theirs) if not any(map(each.meets, own)))],
        key=lambda hunk: (hunk.start, hunk.stop),
    )
    text, done = [], 0
    for hunk in both:
        text += [*lines[done : hunk.start], *hunk.lines]
        done = hunk.stop
    return "".join([*text, *lines[done:]])


@value
class _Hunk:
    """Lines that stand in place of others, from `start` up to `stop`."""

    start: int
    stop: int
    lines: tuple[str, ...]

    def meets(self, other: "_Hunk") -> bool:
        return self == other or (self.start < other.stop and other.start < self.stop)


def _hunks(before: list[str], text: str) -> list[_Hunk]:
    after = text.splitlines(keepends=True)
    # Without leaving out lines that stand often, a few thousand of them would take minutes.
    found = SequenceMatcher(None, before, after).get_opcodes()
    return [_Hunk(start, stop, tuple(after[i:j])) for what, start, stop, i, j in found if what != "equal"]


def _surveyed(runtime: Runtime, place: Path, tested: Tested) -> Survey:
    languages = runtime.renderer(runtime.edition.templates).languages
    return survey(place, runtime.now().date(), languages, tested)


def publish_edit(runtime: Runtime, base: Publication, checked: Checked, by: str, why: str) -> Edition:
    """Put an edit in force everywhere; open incidents go on as before.

    Raises `Faulty`, `BadInput` where it changes nothing, or as `put_in_force`.
    """
    if checked.network is None:
        raise Faulty(checked.faults[0])
    latest = runtime.watched.latest
    if not base.content.is_like(latest.content):
        by = f"{latest.by or 'somebody'}: {latest.why or 'the folder was edited'}"
        since = f"this was made from @{base.number}, and since then came {by}. Your text is kept on the page"
        raise WrongState("the edition in force", f"@{latest.number}", since)
    if editions.content_of(checked.network, checked.files).is_like(latest.content):
        raise BadInput("text", None, "something that changes what is in force")
    return put_in_force(runtime, checked.network, latest, Authorship(by, why, "publish", checked.files))


def roll_back(runtime: Runtime, earlier: Publication, latest: int, by: str, why: str) -> Edition:
    """Put an earlier edition in force again, as asked when `latest` was; `WrongState` if that is over, or alike."""
    in_force = runtime.watched.latest
    if in_force.number != latest:
        raise WrongState("the edition in force", f"@{in_force.number}", f"this page was made when @{latest} was")
    if earlier.content.is_like(in_force.content):
        raise WrongState("the edition in force", f"@{in_force.number}", f"which says the same as @{earlier.number}")
    return put_back(runtime, earlier, in_force, by, why)


def put_back(runtime: Runtime, earlier: Publication, latest: Publication, by: str, why: str) -> Edition:
    """Put an earlier edition in force again, as a new one after `latest`; raises as `put_in_force`."""
    files = packed(runtime, earlier) if earlier.files is not None else None
    return put_in_force(runtime, network_of(runtime, earlier), latest, Authorship(by, why, "rollback", files))


def changes_between(runtime: Runtime, before: Publication, after: Publication) -> tuple[Phrase, ...]:
    """What the later edition changed of the earlier, in words."""
    return differences(network_of(runtime, before), network_of(runtime, after))


def network_of(runtime: Runtime, edition: Publication | None) -> Network:
    """The trees and the field of an edition; None has nobody."""
    if edition is None:
        return Network()
    return runtime.read(lambda tx: editions.network_of(tx.session, edition))


def put_in_force(runtime: Runtime, network: Network, latest: Publication | None, authorship: Authorship) -> Edition:
    """Put trees in force everywhere, as the edition after `latest`, which is None for the first.

    Refused once another was published, or where they use methods whose settings are missing.
    """
    check_methods(runtime.settings, network.methods)
    # Message texts stay those in force: only a start changes them, not an edit of trees.
    if latest is not None and (kept := latest.templates) is not None:
        templates = runtime.read(_document, kept)
    else:
        templates = read_fitted(runtime.settings.message_templates, shipped(TEMPLATES)).templates.to_text()
    after = latest.number if latest is not None else 0
    return runtime.transact(editions.publish, network, templates, authorship, after)


def packed(runtime: Runtime, edition: Publication) -> str:
    """All files of an edition as one text, for `unpack`; raises `Unknown` where they were not stored."""
    if edition.files is None:
        raise Unknown("files of the edition", f"@{edition.number}")
    return runtime.read(_document, edition.files)


def _document(tx: Tx, name: str) -> str:
    return documents.fetch(tx.session, name)
