"""Checks a report against the records: the codes of accompanied people, and the names in the trees (B1)."""

from alertnet.core.codec import replace
from alertnet.core.directory.contact_tree import Network
from alertnet.core.errors import BadInput
from alertnet.core.incident import Affected, Facts, narrowest
from alertnet.core.resolution.resolve import unmatched_exclusions


def with_records(reported: Facts, network: Network) -> tuple[Facts, tuple[str, ...]]:
    """The facts completed from `people:` in teams.yaml, and the differences.

    The record wins, and the narrower consent holds.
    """
    if not any(person.code in network.people for person in reported.people):
        return reported, ()
    merged, differences = [], []
    for person in reported.people:
        record = network.people.get(person.code)
        if record is None:
            merged.append(person)
            continue
        if person.nationality not in (None, record.nationality):
            differences.append(
                f"{person.code}: nationality {person.nationality} was reported, {record.nationality} is on record"
            )
        merged.append(_merge(person, record))
    return replace(reported, people=tuple(merged)), tuple(differences)


def _merge(person: Affected, record: Affected) -> Affected:
    consents = [consent for consent in (person.consent, record.consent) if consent is not None]
    return replace(
        person,
        kind=record.kind,
        nationality=record.nationality or person.nationality,
        consent=narrowest(consents) if consents else None,
        exclude=tuple(dict.fromkeys((*person.exclude, *record.exclude))),
        organisation=record.organisation or person.organisation,
    )


def check_names(facts: Facts, network: Network) -> None:
    """Refuse names to exclude, or contacts among the people, that no tree knows.

    Raises:
        BadInput: the first such name, with the known ones.
    """
    if facts.exclude and (unknown := unmatched_exclusions(facts.exclude, network.trees.values())):
        names = sorted(network.contact_ids)
        raise BadInput("exclude", unknown[0], ["a contact's id, its organisation or a role", *names])
    for place, person in enumerate(facts.people):
        if person.contact is not None and person.contact not in network.contact_ids:
            raise BadInput(f"people.{place}.contact", person.contact, sorted(network.contact_ids))
