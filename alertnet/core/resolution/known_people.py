"""Checks a report against the records: the codes of accompanied people, and the names in the trees (B1)."""

from collections.abc import Mapping, Sequence
from typing import Any

from alertnet.core.codec import replace
from alertnet.core.directory.contact_tree import Network
from alertnet.core.errors import BadInput
from alertnet.core.incident import Affected, Facts, as_code, narrowest
from alertnet.core.resolution.resolve import unmatched_exclusions


def with_records(reported: Facts, network: Network) -> Facts:
    """The facts completed from `people:` in teams.yaml. The record wins, and the narrower consent holds."""
    records = [_record(person, network) for person in reported.people]
    if not any(records):
        return reported
    return replace(reported, people=tuple(map(_merge, reported.people, records)))


def checked(reported: Facts, network: Network) -> Facts:
    """The facts with the records, as somebody gave them who may name contacts.

    Refuses a name to exclude, or a contact among the people, that no tree knows.
    """
    facts = with_records(reported, network)
    if facts.exclude and (unknown := unmatched_exclusions(facts.exclude, network.trees.values())):
        names = sorted(network.contact_ids)
        raise BadInput("exclude", unknown[0], ["a contact's id, its organisation or a role", *names])
    for place, person in enumerate(facts.people):
        if person.contact is not None and person.contact not in network.contact_ids:
            raise BadInput(f"people.{place}.contact", person.contact, sorted(network.contact_ids))
    return facts


def renewed(known: Facts, given: Mapping[str, Any], named: Sequence[Mapping[str, Any]], network: Network) -> Facts:
    """The known facts with what news gives, and with the people whom it names: new ones, or what it says of others.

    Nobody is removed, since a narrower consent must not get lost (A3). It raises what `checked` raises.
    """
    people = {person.code: person for person in known.people}
    for fields in named:
        code = code_on_record(fields["code"], network)
        people[code] = replace(people.get(code, Affected(code)), **{**fields, "code": code})
    facts = replace(known, **given, people=tuple(people.values()))
    return checked(facts, network) if named else facts


def differences(reported: Facts, network: Network) -> tuple[str, ...]:
    """What was reported otherwise than it is on record, and which codes are on none."""
    pairs = ((each, _record(each, network)) for each in reported.people)
    return (
        *(f"{code}: the teams file does not know this code" for code in unknown_codes(reported, network)),
        *(
            f"{record.code}: nationality {each.nationality} was reported, {record.nationality} is on record"
            for each, record in pairs
            if record is not None and each.nationality not in (None, record.nationality)
        ),
    )


def unknown_codes(facts: Facts, network: Network) -> tuple[str, ...]:
    """Codes of people that are on no record, in a network that has records; who is a contact needs none."""
    people = facts.people if network.people else ()
    return tuple(each.code for each in people if each.contact is None and _record(each, network) is None)


def code_on_record(code: str, network: Network) -> str:
    """The code of the person who is meant: a hurried hand types `p7`, `P 7` or `P07`.

    One that might be several people's stays as it is written.
    """
    if code in network.people:
        return code
    meant = [each for each in network.people if as_code(each) == as_code(code)]
    return meant[0] if len(meant) == 1 else code


def _record(person: Affected, network: Network) -> Affected | None:
    return network.people.get(code_on_record(person.code, network))


def _merge(person: Affected, record: Affected | None) -> Affected:
    if record is None:
        return person
    consents = [consent for consent in (person.consent, record.consent) if consent is not None]
    return replace(
        person,
        code=record.code,
        kind=record.kind,
        nationality=record.nationality or person.nationality,
        consent=narrowest(consents) if consents else None,
        exclude=tuple(dict.fromkeys((*person.exclude, *record.exclude))),
        organisation=record.organisation or person.organisation,
    )
