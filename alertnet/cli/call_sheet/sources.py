"""Collects a call sheet's content: from the database if it can be read, else from the folder of trees."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import typer
from sqlalchemy.exc import DBAPIError

from alertnet.cli.connection import connected
from alertnet.core.directory.contact_tree import ContactTree, Network
from alertnet.core.directory.on_call import Officer
from alertnet.core.errors import AlertnetError, BadInput, Misconfigured
from alertnet.core.forecast import call_sheet
from alertnet.core.forecast.call_sheet import CallSheet, Key
from alertnet.core.incident import Facts, IncidentStatus
from alertnet.core.resolution.resolve import unmatched_exclusions
from alertnet.messages.call_sheet import Origin, moment
from alertnet.runtime.clock import system_clock
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.settings.settings import examine
from alertnet.store.db.tx import Tx
from alertnet.store.db.vault import Unreadable
from alertnet.store.records import editions, incidents, on_call
from alertnet.store.views import incident_view
from alertnet.trees import read_network, read_rules

Draft = tuple[CallSheet, Origin]
T = TypeVar("T")


class NoDatabase(AlertnetError):
    """The database can't be used, or has never had trees in force."""


def draft(ref: str | None, facts: Facts | None, folder: Path | None) -> Draft:
    """The sheet of an incident, of a case, or of everything, and its origin; `folder`: use it, not the database.

    `Misconfigured` where an incident is asked for and the database can't be used.
    """
    sheet, origin = _draft(ref, facts, folder)
    rules = read_rules(folder or examine().settings.contact_trees).by_country
    emergency = {country: rule.emergency for country, rule in rules.items() if rule.emergency}
    return sheet, replace(origin, emergency=emergency)


def _draft(ref: str | None, facts: Facts | None, folder: Path | None) -> Draft:
    if folder is None:
        try:
            return from_database(lambda tx: _from_database(tx, ref, facts))
        except NoDatabase as error:
            if ref is not None:
                why = f"the database can't be used ({error.for_operator})"
                raise Misconfigured([f"{ref}: {why}. Without a reference the sheet is made from a folder."]) from None
            folder = folder_instead(error, "sheet")
    return _from_folder(facts, folder)


def folder_instead(error: NoDatabase, paper: str) -> Path:
    """The folder of the settings, from which that paper is made; why is said on stderr."""
    folder = examine().settings.contact_trees
    why = error.for_operator
    typer.echo(f"The database can't be used ({why}): the {paper} is made from the folder {folder}.", err=True)
    return folder


def from_database(query: Callable[[Tx], T]) -> T:
    """What the query finds in the database; raises `NoDatabase` where it can't be used."""
    try:
        with connected() as runtime:
            return runtime.read(query)
    except (Misconfigured, DatabaseAway, Unreadable, DBAPIError) as error:
        # A driver's error text may be long and cryptic; its type says enough.
        raise NoDatabase(type(error.orig).__name__ if isinstance(error, DBAPIError) else error.for_operator) from None


def network_in_force(tx: Tx) -> Network:
    """The trees in force in the database, without the field; raises `NoDatabase` where it has never had any."""
    network = editions.network_in_force(tx.session)
    if not network.trees:
        raise NoDatabase("it has never had trees in force")
    return network


def _from_database(tx: Tx, ref: str | None, facts: Facts | None) -> Draft:
    if ref is not None:
        return _of_incident(tx, ref)
    trees, latest = list(network_in_force(tx).trees.values()), editions.in_force(tx.session)
    assert latest is not None
    sheet = _sheet(facts, trees)
    since = {"at": moment(latest.since)}
    return sheet, Origin(tx.now, "from_database", _named(sheet, latest.trees), since, on_duty=_on_duty(tx, trees))


def _of_incident(tx: Tx, ref: str) -> Draft:
    incident = incidents.get(tx.session, incidents.id_of(tx, ref))
    plans = editions.plans(tx, incident.facts, incident.trees)
    sheet = call_sheet.of_plans(incident.facts, plans.values(), incident_view.progress_of(tx.session, incident.id))
    return sheet, Origin(
        tx.now,
        "from_incident",
        _named(sheet, incident.trees),
        {"ref": incident.ref},
        incident.ref,
        incident.opened_at,
        closed=incident.status is IncidentStatus.CLOSED,
        on_duty=_on_duty(tx, [plan.tree for plan in plans.values()]),
    )


def _on_duty(tx: Tx, trees: Iterable[ContactTree]) -> dict[Key, Officer]:
    return {(tree, contact): officer for tree, contact, officer in on_call.roster(tx, trees, besides=None)}


def _from_folder(facts: Facts | None, folder: Path) -> Draft:
    trees = read_network(folder).in_order
    sheet = _sheet(facts, trees)
    hashes = {tree.id: sha256(tree.as_text.encode()).hexdigest() for tree in trees}
    now = system_clock()
    on_duty = {(tree.id, contact): officer for tree in trees for contact, officer in tree.on_duty(now).items()}
    return sheet, Origin(now, "from_folder", _named(sheet, hashes), {"folder": str(folder)}, on_duty=on_duty)


def _sheet(facts: Facts | None, trees: Iterable[ContactTree]) -> CallSheet:
    everywhere = tuple(trees)
    if facts is None:
        return call_sheet.of_everything(everywhere)
    for name in unmatched_exclusions(facts.exclude, everywhere):
        raise BadInput("--exclude", name, "a contact's id, its organisation or a role")
    return call_sheet.of_case(facts, everywhere)


def _named(sheet: CallSheet, hashes: dict[str, str]) -> dict[str, str]:
    return {part.tree.id: hashes[part.tree.id] for part in sheet.trees}
