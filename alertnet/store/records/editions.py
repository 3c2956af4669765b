"""Trees pinned by content, stored once and decoded once per process; and the edition in force (A8)."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select

from alertnet.core.codec import from_plain, replace, to_plain, value
from alertnet.core.directory.contact_tree import ContactTree, Member, Network
from alertnet.core.errors import Unknown, WrongState
from alertnet.core.incident import Facts
from alertnet.core.resolution.resolve import Plans, deciding, resolve
from alertnet.store.db.session import Session
from alertnet.store.db.statements import Prepared
from alertnet.store.db.tx import Tx
from alertnet.store.records import documents, timeline
from alertnet.store.records.on_call import Roster, roster
from alertnet.store.tables import IS_EDITION
from alertnet.store.tables import timeline as entries

IN_FORCE = "trees_in_force"
"""The kind of the system's entries for changes of what new incidents open on."""

_ENTRIES = select(entries.c.at, entries.c.payload).where(IS_EDITION)
_ALL = Prepared(_ENTRIES.order_by(entries.c.seq))
_LATEST = Prepared(_ENTRIES.order_by(entries.c.seq.desc()).limit(1))
_NEWEST = Prepared(select(func.count().label("number")).select_from(entries).where(IS_EDITION))

_trees: dict[str, ContactTree] = {}
_fields: dict[str, Network] = {}
"""Decoded trees and fields by hash; content never changes under its hash, so they stay valid."""


@value
class Content:
    """The content of an edition: hashes of each tree, of the field, and of the source files; None: not stored."""

    trees: dict[str, str]
    field: str | None
    files: str | None

    def is_like(self, other: "Content") -> bool:
        """Whether both say the same; another version of the program reads other hashes from the same files."""
        says_same = (self.trees, self.field) == (other.trees, other.field)
        return says_same or (self.files is not None and self.files == other.files)


@value
class Edition:
    """The network in force, with the hashes of its trees and of the templates."""

    network: Network
    trees: dict[str, str]
    templates: str
    number: int = 0


@value
class Authorship:
    """Who put an edition in force, and why; None: not stated.

    `command`: the command that published it, None if a watched folder was edited. `files`: those of the folder, packed.
    """

    by: str | None = None
    why: str | None = None
    command: str | None = None
    files: str | None = None


@value
class Publication:
    """A past or present edition: the hashes that incidents open on, since when, and by whom.

    `field` None: put in force by a version that did not store it; `files` None: likewise for the files.
    """

    number: int
    trees: dict[str, str]
    since: datetime
    field: str | None = None
    templates: str | None = None
    files: str | None = None
    by: str | None = None
    why: str | None = None
    command: str | None = None

    @property
    def content(self) -> Content:
        return Content(self.trees, self.field, self.files)


def publish(
    tx: Tx, network: Network, templates: str, authorship: Authorship | None = None, after: int | None = None
) -> Edition:
    """Store the trees and the templates (as one text) under their hashes, so that incidents can be pinned to them.

    The field is stored too, so that all can be put in force again (`last_edition`). The system's history records each
    change. `authorship` None: nobody edited anything; this program only reads what is in force. Refused where another
    edition is in force than `after`, which this one was made from.
    """
    timeline.lock_system(tx.session)
    latest, number = in_force(tx.session), newest(tx.session)
    if after is not None and after != number:
        raise WrongState("the edition in force", f"@{number}", f"this was made from @{after}")
    hashes = {id: keep(tx, tree) for id, tree in network.trees.items()}
    edition = Edition(network, hashes, documents.keep(tx, "templates", templates), number)
    field = documents.keep(tx, "field", _field_text(network))
    if latest is not None and (latest.trees, latest.field, latest.templates) == (hashes, field, edition.templates):
        return edition
    said = {"trees": hashes, "field": field, "templates": edition.templates, **_origin(tx, latest, authorship)}
    timeline.append(tx, timeline.SYSTEM, (IN_FORCE, said))
    return replace(edition, number=number + 1)


def _origin(tx: Tx, latest: Publication | None, authorship: Authorship | None) -> dict[str, str | None]:
    if authorship is None:
        return {"files": latest.files, "command": latest.command} if latest is not None else {}
    files = documents.keep(tx, "files", authorship.files) if authorship.files is not None else None
    return {"by": authorship.by, "why": authorship.why, "command": authorship.command, "files": files}


def take_up(tx: Tx, templates: str) -> Edition | None:
    """Use the edition that others put in force last, with these templates; None as for `last_edition`."""
    last = last_edition(tx.session)
    return replace(last, templates=documents.keep(tx, "templates", templates)) if last is not None else None


def last_edition(session: Session) -> Edition | None:
    """The edition put in force last; None if there is none, or its version did not store the field."""
    latest = in_force(session)
    if latest is None or latest.field is None or latest.templates is None:
        return None
    return Edition(network_of(session, latest), latest.trees, latest.templates, latest.number)


def network_in_force(session: Session) -> Network:
    """The trees in force, without the field; none in a database that never had any."""
    latest = in_force(session)
    hashes = latest.trees if latest is not None else {}
    return Network({id: tree(session, hash) for id, hash in sorted(hashes.items())}, {}, {})


def network_of(session: Session, publication: Publication) -> Network:
    """The trees and the field of an edition. Raises `Unknown` for one of a version that did not store the field."""
    if publication.field is None:
        raise Unknown("field of the edition", f"@{publication.number}")
    field = _field(session, publication.field)
    return replace(field, trees={id: tree(session, hash) for id, hash in publication.trees.items()})


def members_now(session: Session) -> list[Member] | None:
    """The members of all teams in force; None where their version did not store them."""
    latest = in_force(session)
    if latest is None or latest.field is None:
        return None
    return [each for team in _field(session, latest.field).teams.values() for each in team.members.values()]


def _field(session: Session, hash: str) -> Network:
    """The network of that hash, without its trees."""
    if hash not in _fields:
        _fields[hash] = from_plain(Network, json.loads(documents.fetch(session, hash)))
    return _fields[hash]


def content_of(network: Network, files: str | None) -> Content:
    """The content of an edition of that network; `files`: its source files, packed."""
    trees = {id: documents.hash_of(tree.as_text) for id, tree in network.trees.items()}
    return Content(
        trees, documents.hash_of(_field_text(network)), documents.hash_of(files) if files is not None else None
    )


def keep(tx: Tx, tree: ContactTree) -> str:
    """Store a tree under its hash, and give the hash."""
    hash = documents.keep(tx, "tree", tree.as_text)
    _trees[hash] = tree
    return hash


def in_force(session: Session) -> Publication | None:
    """The edition put in force last, by any process; None in a database that never had trees."""
    row = _LATEST.first(session, {})
    return _publication(newest(session), row.at, row.payload) if row is not None and row.payload else None


def newest(session: Session) -> int:
    """The number of the edition in force; 0 if there never was one."""
    [number] = _NEWEST.scalars(session, {})
    return int(number)


def history(session: Session) -> tuple[Publication, ...]:
    """All editions whose payload is kept, oldest first. Numbers count all editions from 1."""
    rows = _ALL.all(session, {})
    return tuple(_publication(number, row.at, row.payload) for number, row in enumerate(rows, 1) if row.payload)


def _publication(number: int, at: datetime, payload: Mapping[str, Any]) -> Publication:
    kept = ("field", "templates", "files", "by", "why", "command")
    return Publication(number, payload["trees"], at, **{name: payload.get(name) for name in kept})


def tree(session: Session, hash: str) -> ContactTree:
    """The tree of that hash. Raises `Unknown` where there is none."""
    if hash not in _trees:
        _trees[hash] = from_plain(ContactTree, json.loads(documents.fetch(session, hash)))
    return _trees[hash]


def plans(tx: Tx, facts: Facts, hashes: dict[str, str]) -> Plans:
    """The plans of an incident's trees for its present facts, with whoever is on duty now."""
    trees = [tree(tx.session, hash) for hash in hashes.values()]
    return _resolved(deciding(facts), tuple(sorted(hashes.items())), roster(tx, trees, besides=facts.raised_from))


def plans_as_written(tx: Tx, facts: Facts, hashes: dict[str, str]) -> Plans:
    """The plans without regard to who is on duty."""
    trees = [tree(tx.session, hash) for hash in hashes.values()]
    return Plans((plan.tree.id, plan) for plan in resolve(facts, trees))


def _field_text(network: Network) -> str:
    return json.dumps(to_plain(replace(network, trees={})), sort_keys=True, ensure_ascii=False)


@lru_cache(maxsize=512)
def _resolved(facts: Facts, hashes: tuple[tuple[str, str], ...], on_duty: Roster) -> Plans:
    trees = []
    for id, hash in hashes:
        trees.append(_trees[hash].staffed({contact: officer for of, contact, officer in on_duty if of == id}))
    return Plans((plan.tree.id, plan) for plan in resolve(facts, trees))
