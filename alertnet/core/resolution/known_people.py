"""Checks a report against the records: the codes of accompanied people, and the names in the trees (B1)."""

from alertnet.core.codec import replace
from alertnet.core.directory.contact_tree import Network
from alertnet.core.errors import BadInput
from alertnet.core.incident import Affected, Facts, narrowest
from alertnet.core.resolution.resolve import unmatched_exclusions


def with_records(reported: Facts, network: Network) -> Facts:
    """The facts completed from `people:` in teams.yaml. The record wins, and the narrower consent holds."""
    if not any(person.code in network.people for person in reported.people):
        return reported
    return replace(reported, people=tuple(_merge(each, network.people.get(each.code)) for each in reported.people))


def checked(reported: Facts, network: Network) -> Facts:
    """The facts with the records, as somebody gave them who may name contacts.

    Raises:
        BadInput: no tree knows a name to exclude, or a contact among the people.
    """
    facts = with_records(reported, network)
    if facts.exclude and (unknown := unmatched_exclusions(facts.exclude, network.trees.values())):
        names = sorted(network.contact_ids)
        raise BadInput("exclude", unknown[0], ["a contact's id, its organisation or a role", *names])
    for place, person in enumerate(facts.people):
        if person.contact is not None and person.contact not in network.contact_ids:
            raise BadInput(f"people.{place}.contact", person.contact, sorted(network.contact_ids))
    return facts


def differences(reported: Facts, network: Network) -> tuple[str, ...]:
    """What was reported otherwise than it is on record."""
    pairs = ((each, network.people.get(each.code)) for each in reported.people)
    return tuple(
        f"{each.code}: nationality {each.nationality} was reported, {record.nationality} is on record"
        for each, record in pairs
        if record is not None and each.nationality not in (None, record.nationality)
    )


def _merge(person: Affected, record: Affected | None) -> Affected:
    if record is None:
        return person
    consents = [consent for consent in (person.consent, record.consent) if consent is not None]
    return replace(
        person,
        kind=record.kind,
        nationality=record.nationality or person.nationality,
        consent=narrowest(consents) if consents else None,
        exclude=tuple(dict.fromkeys((*person.exclude, *record.exclude))),
        organisation=record.organisation or person.organisation,
    )
