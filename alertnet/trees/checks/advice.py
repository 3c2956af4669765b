"""Advice on contact trees: things that are allowed but unwise. They don't keep a tree from being used.

It judges trees as they were built, and says each finding at its place in the file.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import reduce

import phonenumbers
from phonenumbers import PhoneNumberType, ValidationResult

from alertnet.core.directory.contact import OF_THE_STATE, RINGING, Contact, Disclosure, Method, MethodKind, Role
from alertnet.core.directory.contact_tree import EVERYWHERE, ContactTree, Level, Network
from alertnet.core.directory.languages import Phrase, nearest, phrase, primary, shown
from alertnet.core.inbound.code_formats import PLACE_CODE
from alertnet.core.incident import Perpetrator, PersonKind, Scope
from alertnet.trees.checks.oversights import Placed, told
from alertnet.trees.forms.country_rules import Rules, region_of
from alertnet.trees.reading.document import Joined, Node
from alertnet.trees.reading.fault import Fault
from alertnet.trees.reading.values import days, parsed_number

GOOD_FOR = timedelta(days=183)
"""Half a year, which is about how fast the staff of embassies and offices changes."""

Works = Callable[[], Mapping[tuple[str, str], date | None]]
"""Since when all numbers of a contact are known to work, by tree and contact."""


def advice(
    trees: Sequence[Placed],
    network: Network,
    field: Joined,
    today: date,
    rules: Rules,
    spoken: Collection[str] | None,
    works: Works,
) -> Iterator[Fault]:
    """A finding for each thing that is unwise, at its place. `today` is compared with `verified`.

    `rules`: what phones in each country can do. `spoken`: the languages that have messages; None where they are not
    known. `works` is called only where the files say nothing newer.
    """
    for tree, nodes in trees:
        for id, contact in tree.contacts.items():
            node = nodes.contacts[id]
            yield from _stale(tree, contact, node["verified"], today, works)
            yield from _over(node["closed"], today)
            yield from _of_methods(contact, node, rules)
            yield from _that_reads_nothing(tree, contact, node["role"])
        yield from _of_length(tree.callback, nodes.root["callback"])
        for level, node in zip(tree.levels, nodes.root["levels"].entries(), strict=True):
            yield from _unsatisfiable(tree, level, node["notify"])
    yield from _two_roles(trees)
    yield from _of_teams(trees, network, field)
    yield from _in_the_field(trees, network)
    yield from _of_people(trees, network, field)
    yield from _of_nobody(trees, network)
    yield from _mute(network, field, rules)
    yield from _unspoken(field, trees, spoken) if spoken is not None else ()


def _of_methods(contact: Contact, node: Node, rules: Rules) -> Iterator[Fault]:
    kinds, methods = [method.kind for method in contact.methods], node["methods"]
    if len(kinds) == 1 and kinds != [MethodKind.TASK]:
        yield methods.fault_here(phrase("has one method alone: nothing is left when that fails"))
    if contact.answers and set(kinds) == {MethodKind.EMAIL}:
        yield methods.fault_here(phrase("has neither sms nor call: at night nobody is woken"))
    if _may_hang_up(contact) and RINGING.intersection(kinds):
        yield methods.fault_here(
            phrase("a machine rings an authority, where a coordinator who calls is heard better: write it as a task")
        )
    for method, address in _addresses(contact, node):
        if method.kind in RINGING:
            yield from _of_length(method.address, address)
        if method.kind is MethodKind.SMS:
            yield from _of_sms(method, address, rules, answerable=len(set(kinds)) > 1)


def _addresses(contact: Contact, node: Node) -> Iterator[tuple[Method, Node]]:
    """Each of its methods with the place of its address."""
    entries = (*node["methods"].entries(), *node["when_closed"].entries())
    return ((method, entry[method.kind.value]) for method, entry in zip(contact.all_methods, entries, strict=True))


def _all_addresses(trees: Iterable[Placed]) -> Iterator[tuple[Contact, str, Node]]:
    """Each number and mail address of each contact, with its place."""
    for tree, nodes in trees:
        for id, contact in tree.contacts.items():
            for method, address in _addresses(contact, nodes.contacts[id]):
                if method.kind is not MethodKind.TASK:
                    yield contact, method.address, address


def _that_reads_nothing(tree: ContactTree, contact: Contact, role: Node) -> Iterator[Fault]:
    """Coordinators who are asked to read what people wrote, but are shown none of it."""
    if contact.is_coordinator and not contact.pin:
        owner = f"{tree.id}/{contact.id}"
        yield role.fault_here(
            phrase("can read no text of anybody: pin: true, and alertnet pins set {owner} --pin -", owner=owner)
        )
    if contact.is_coordinator and contact.disclosure is not Disclosure.FULL:
        yield role.fault_here(phrase("can read no text of anybody: disclosure: full"))


def _may_hang_up(contact: Contact) -> bool:
    """Whether a machine's call is likely to be hung up on: officers, and authorities with no `belongs_to`.

    A friendly ministry, a mayor's office or a police desk takes calls of all kinds.
    """
    armed = (Perpetrator.ARMY, Perpetrator.INTELLIGENCE)
    is_of_the_state = contact.role in OF_THE_STATE and contact.belongs_to in armed
    return is_of_the_state or (contact.role is Role.AUTHORITY and contact.belongs_to is None)


def _of_sms(method: Method, address: Node, rules: Rules, *, answerable: bool) -> Iterator[Fault]:
    """What an SMS to that number can't do. `answerable`: another method can bring an answer."""
    if phonenumbers.number_type(parsed_number(method.address)) == PhoneNumberType.FIXED_LINE:
        yield address.fault(phrase("an SMS to a landline:"))
    country, rule = str(region_of(method.address)), rules.of_number(method.address)
    if rule is None:
        return
    lacks = [] if rule.replies else [_unanswerable(country, answerable)]
    lacks += [] if rule.links else [phrase("may hold no link in {country}", country=country)]
    if rule.sender != "kept":
        lacks.append(phrase("comes from a number that is not ours in {country}", country=country))
    if lacks:
        every = reduce(lambda one, other: phrase("{one}; {other}", one=one, other=other), lacks)
        yield address.fault(phrase("an SMS {lacks}:", lacks=every))


def _of_length(number: str, place: Node) -> Iterator[Fault]:
    """A number with a digit too many or too few for its country; `values.number` refuses what no country has."""
    reason = phonenumbers.is_possible_number_for_type_with_reason(
        parsed_number(number), PhoneNumberType.FIXED_LINE_OR_MOBILE
    )
    if reason not in (ValidationResult.IS_POSSIBLE, ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        yield place.fault(phrase("a digit too many or too few for a telephone there:"))


def _unanswerable(region: str, answerable: bool) -> Phrase:
    return phrase(
        "can't be answered in {country}, and says so: the link or another method is left"
        if answerable
        else "can't be answered in {country}, and there is no other method",
        country=region,
    )


def _mute(network: Network, field: Joined, rules: Rules) -> Iterator[Fault]:
    """Members and staff whose texts from abroad don't reach us, or whose numbers are mistyped."""
    groups = [(network.teams[id].members, team["members"].items()) for id, team in field["teams"].items()]
    for members, nodes in (*groups, (network.staff, field["staff"].items())):
        for id, node in nodes:
            number, place = members[id].phone, node["phone"]
            yield from _of_length(number, place)
            if (rule := rules.of_number(number)) is not None and not rule.replies:
                country = str(region_of(number))
                yield place.fault(
                    phrase("no SMS from {country} reaches us: calls do, and numbers of ours there:", country=country)
                )


def _stale(tree: ContactTree, contact: Contact, verified: Node, today: date, works: Works) -> Iterator[Fault]:
    tried = contact.verified
    if tried and today - tried > GOOD_FOR and today - (works().get((tree.id, contact.id)) or tried) > GOOD_FOR:
        yield verified.fault(phrase("was last tried more than 6 months ago:"))


def _over(closed: Node, today: date) -> Iterator[Fault]:
    """Days of a year that is over, as those of the next one may have been forgotten."""
    written = list(closed.texts())
    if written and all(max(days(each.value)) < today for each in written):
        yield written[-1].fault(phrase("all these days are over: write the next ones, or take them out:"))


def _unsatisfiable(tree: ContactTree, level: Level, notify: Node) -> Iterator[Fault]:
    """Levels whose rule can't be met: relays satisfy no rule, and from some contacts no answer is expected."""
    listed = [id for id in level.notify if tree.contacts[id].answers]
    if not listed:
        message = phrase("no answer is expected of {who}: the next level does not wait for it", who=level.notify)
        yield notify.fault_here(message)
    only_relay = [id for id in listed if all(method.relays for method in tree.contacts[id].methods)]
    wanted, able = level.acknowledge, len(listed) - len(only_relay)
    is_wanted_of_more = wanted > able if isinstance(wanted, int) else wanted != "any"
    if only_relay and (not able or is_wanted_of_more):
        message = phrase("no answers can satisfy this level: {who} can only relay", who=tuple(only_relay))
        yield notify.fault_here(message)


def _two_roles(trees: Sequence[Placed]) -> Iterator[Fault]:
    """Phones shared by two roles, so that nobody can tell for which one an answer counts."""
    first: dict[str, tuple[Role, Node]] = {}
    for contact, address, place in _all_addresses(trees):
        role, node = first.setdefault(address, (contact.role, place))
        if role is not contact.role:
            yield place.fault(
                phrase("the same as of a contact with role {role}, at {place}:", role=role.value, place=node.position)
            )


def _in_the_field(trees: Sequence[Placed], network: Network) -> Iterator[Fault]:
    """Contacts on a member's phone, which is told nothing of what it has reported."""
    owners = {one.phone: f"{team.id}/{one.id}" for team in network.teams.values() for one in team.members.values()}
    for contact, address, place in _all_addresses(trees):
        if address in owners and contact.duty is None:
            yield place.fault(
                phrase("the phone of {member}, who hears nothing of what they report:", member=owners[address])
            )


def _of_teams(trees: Sequence[Placed], network: Network, field: Joined) -> Iterator[Fault]:
    """Teams in a country of no tree, or whose `callback` is a phone of a member, who may be in the same trouble."""
    served = {country for tree, _ in trees for country in tree.countries}
    for id, node in field["teams"].items():
        team = network.teams[id]
        if served.isdisjoint({team.country, EVERYWHERE}):
            yield node["country"].fault(phrase("no tree serves the country of this team:"))
        if team.callback in {member.phone for member in team.members.values()}:
            yield node["callback"].fault(phrase("the phone of one of the team, which may be in the same trouble:"))


def _of_people(trees: Sequence[Placed], network: Network, field: Joined) -> Iterator[Fault]:
    """People whose consent reaches embassies, but whose own embassy is no contact; codes that no SMS can name."""
    contacts = [tree.contacts[id] for tree, _ in trees for id in told(tree)]
    known = {contact.represents for contact in contacts if contact.role is Role.EMBASSY}
    served = {country for tree, _ in trees for country in tree.countries}
    served |= {team.country for team in network.teams.values()}
    for code, node in field["people"].items():
        person = network.people[code]
        nation, may_be_told = person.nationality, person.consent in (Scope.INTERNATIONAL, Scope.PUBLIC, None)
        # Local defenders are threatened by their own state, whose embassy could not help them.
        is_at_home = person.kind is not PersonKind.ACCOMPANIER and nation in served
        if nation and may_be_told and nation not in known and not is_at_home:
            yield node["nationality"].fault(phrase("no tree has an embassy of this person's country:"))
        if not any(map(str.isdecimal, code)) or PLACE_CODE.fullmatch(code.lower()):
            said = phrase("no SMS can name somebody by a code without a digit, or like that of a place (L12)")
            yield node.fault(said)


def _of_nobody(trees: Sequence[Placed], network: Network) -> Iterator[Fault]:
    """Organisations in `when` to which nobody in `teams.yaml` belongs."""
    known = {person.organisation for person in network.people.values()}
    asking = (each for _, nodes in trees for each in (*nodes.root["levels"].entries(), *nodes.contacts.values()))
    for code in (code for node in asking for code in node["when"]["organisation"].texts()):
        if code.value not in known:
            yield code.fault(phrase("nobody under people: in teams.yaml belongs to this organisation:"))


def _unspoken(field: Joined, trees: Sequence[Placed], spoken: Collection[str]) -> Iterator[Fault]:
    """Languages without messages, so that another language is used."""
    named = [(nodes.root["language"], "") for _, nodes in trees]
    named += [
        (each["language"], tree.language)
        for tree, nodes in trees
        for each in (*nodes.contacts.values(), *(default for _, default in nodes.root["defaults"].items()))
    ]
    for _, team in field["teams"].items():
        named += [(each["language"], "") for each in (team, *(member for _, member in team["members"].items()))]
    for language, of_tree in named:
        if language.value:
            used = nearest(language.value, spoken, of_tree)
            if primary(used) != primary(language.value):
                missing = shown(language.value, used)
                yield language.fault_here(
                    phrase("there are no messages in this language: {language}", language=missing)
                )
