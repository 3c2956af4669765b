"""Advice on contact trees: things that are allowed but unwise. They don't keep a tree from being used."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial, reduce

import phonenumbers
from phonenumbers import PhoneNumberType, ValidationResult

from alertnet.core.directory.contact import OF_THE_STATE, Disclosure, Role
from alertnet.core.directory.contact_tree import EVERYWHERE
from alertnet.core.directory.languages import Phrase, nearest, phrase, primary, shown
from alertnet.core.inbound.code_formats import PLACE_CODE
from alertnet.core.incident import Perpetrator, PersonKind, Scope
from alertnet.trees.checks.references import TreeNodes
from alertnet.trees.forms.country_rules import Rules, region_of
from alertnet.trees.reading.document import Joined, Node
from alertnet.trees.reading.fault import Fault
from alertnet.trees.reading.values import days, parsed_number

RINGING = ("sms", "call")
ADDRESSES = ("sms", "call", "email")
KINDS = (*ADDRESSES, "task")
GOOD_FOR = timedelta(days=183)
"""Half a year, which is about how fast the staff of embassies and offices changes."""


Tried = Callable[[str, str], date | None]
"""The day on which a contact last answered tests of all its addresses; takes the ids of tree and contact."""

ABROAD = (Scope.INTERNATIONAL.value, Scope.PUBLIC.value)


def advice(
    trees: Sequence[TreeNodes], field: Joined, today: date, rules: Rules, spoken: Collection[str] | None, tried: Tried
) -> Iterator[Fault]:
    """A finding for each thing that is unwise, at its place. `today` is compared with `verified`.

    `rules`: what phones in each country can do. `spoken`: the languages that have messages; None where they are not
    known. `tried`: when a contact last answered a test; it is called only where the files say nothing newer.
    """
    for tree in trees:
        for id, contact in tree.contacts.items():
            if contact.get("verified"):
                yield from _stale(contact["verified"], today, partial(tried, str(tree.root.get("tree")), id))
            yield from _over(contact["closed"], today)
            yield from _of_contact(contact, rules, answers=_answers(contact, tree))
            yield from _that_reads_nothing(id, contact, tree)
        yield from _of_length(tree.root["callback"])
        for level in tree.root["levels"].entries():
            yield from _unsatisfiable(level, tree)
    yield from _two_roles(trees)
    yield from _unserved(field, trees)
    yield from _calling_itself(field)
    yield from _in_the_field(field, trees)
    yield from _unheard(field, trees)
    yield from _of_nobody(field, trees)
    yield from _unwritable(field)
    yield from _mute(field, rules)
    yield from _unspoken(field, trees, spoken) if spoken is not None else ()


def _answers(contact: Node, tree: TreeNodes) -> bool:
    return bool(tree.said(contact, "answers") != "false")


def _of_contact(contact: Node, rules: Rules, *, answers: bool) -> Iterator[Fault]:
    methods = list(contact["methods"].entries())
    kinds = [kind for method in methods for kind in method.value if kind in KINDS]
    if len(methods) == 1 and kinds != ["task"]:
        yield contact["methods"].fault_here(phrase("has one method alone: nothing is left when that fails"))
    if answers and set(kinds) == {"email"}:
        yield contact["methods"].fault_here(phrase("has neither sms nor call: at night nobody is woken"))
    if _may_hang_up(contact) and not set(kinds).isdisjoint(RINGING):
        yield contact["methods"].fault_here(
            phrase("a machine rings an authority, where a coordinator who calls is heard better: write it as a task")
        )
    for method in (*methods, *contact["when_closed"].entries()):
        for kind in RINGING:
            if kind in method.value:
                yield from _of_length(method[kind])
        if "sms" in method.value:
            yield from _of_number(method["sms"], rules, answerable=len(set(kinds)) > 1)


def _that_reads_nothing(id: str, contact: Node, tree: TreeNodes) -> Iterator[Fault]:
    """Coordinators who are asked to read what people wrote, but are shown none of it."""
    if contact.get("role") != Role.COORDINATOR.value:
        return
    if tree.said(contact, "pin") != "true":
        owner = f"{tree.root.get('tree')}/{id}"
        yield contact["role"].fault_here(
            phrase("can read no text of anybody: pin: true, and alertnet pins set {owner} --pin -", owner=owner)
        )
    if tree.said(contact, "disclosure") != Disclosure.FULL.value:
        yield contact["role"].fault_here(phrase("can read no text of anybody: disclosure: full"))


def _may_hang_up(contact: Node) -> bool:
    """Whether a machine's call is likely to be hung up on: officers, and authorities with no `belongs_to`.

    A friendly ministry, a mayor's office or a police desk takes calls of all kinds.
    """
    role, belongs_to = contact.get("role"), contact.get("belongs_to")
    is_of_the_state = role in OF_THE_STATE and belongs_to in (Perpetrator.ARMY, Perpetrator.INTELLIGENCE)
    return is_of_the_state or (role == Role.AUTHORITY and belongs_to is None)


def _of_number(number: Node, rules: Rules, *, answerable: bool) -> Iterator[Fault]:
    """What an SMS to that number can't do. `answerable`: another method can bring an answer."""
    try:
        parsed = parsed_number(number.value)
    except phonenumbers.NumberParseException:
        return
    if phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.FIXED_LINE:
        yield number.fault(phrase("an SMS to a landline:"))
    region, rule = region_of(number.value), rules.of_number(number.value)
    if rule is None:
        return
    lacks = [] if rule.replies else [_unanswerable(str(region), answerable)]
    lacks += [] if rule.links else [phrase("may hold no link in {country}", country=str(region))]
    if rule.sender != "kept":
        lacks.append(phrase("comes from a number that is not ours in {country}", country=str(region)))
    if lacks:
        every = reduce(lambda one, other: phrase("{one}; {other}", one=one, other=other), lacks)
        yield number.fault(phrase("an SMS {lacks}:", lacks=every))


def _of_length(number: Node) -> Iterator[Fault]:
    """A number with a digit too many or too few for its country; `values.number` refuses what no country has."""
    try:
        parsed = parsed_number(number.value)
    except phonenumbers.NumberParseException:
        return
    reason = phonenumbers.is_possible_number_for_type_with_reason(parsed, PhoneNumberType.FIXED_LINE_OR_MOBILE)
    if reason not in (ValidationResult.IS_POSSIBLE, ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        yield number.fault(phrase("a digit too many or too few for a telephone there:"))


def _unanswerable(region: str, answerable: bool) -> Phrase:
    return phrase(
        "can't be answered in {country}, and says so: the link or another method is left"
        if answerable
        else "can't be answered in {country}, and there is no other method",
        country=region,
    )


def _mute(field: Joined, rules: Rules) -> Iterator[Fault]:
    """Members and staff whose texts from abroad don't reach us, or whose numbers are mistyped."""
    groups = (*(team["members"].items() for _, team in field["teams"].items()), field["staff"].items())
    for phone in (one["phone"] for group in groups for _, one in group):
        yield from _of_length(phone)
        rule = rules.of_number(phone.value)
        if rule is not None and not rule.replies:
            country = str(region_of(phone.value))
            yield phone.fault(
                phrase("no SMS from {country} reaches us: calls do, and numbers of ours there:", country=country)
            )


def _stale(verified: Node, today: date, shown: Callable[[], date | None]) -> Iterator[Fault]:
    try:
        tried = date.fromisoformat(verified.value)
    except (TypeError, ValueError):
        return
    if today - tried > GOOD_FOR and today - (shown() or tried) > GOOD_FOR:
        yield verified.fault(phrase("was last tried more than 6 months ago:"))


def _over(closed: Node, today: date) -> Iterator[Fault]:
    """Days of a year that is over, as those of the next one may have been forgotten."""
    written = list(closed.texts())
    if written and all(max(days(each.value)) < today for each in written):
        yield written[-1].fault(phrase("all these days are over: write the next ones, or take them out:"))


def _unsatisfiable(level: Node, tree: TreeNodes) -> Iterator[Fault]:
    """Levels whose rule can't be met: relays satisfy no rule, and from some contacts no answer is expected."""
    told = list(dict.fromkeys(id for id, _ in tree.told(level)))
    listed = [id for id in told if _answers(tree.contacts[id], tree)]
    if told and not listed:
        message = phrase("no answer is expected of {who}: the next level does not wait for it", who=tuple(told))
        yield level["notify"].fault_here(message)
    only_relay = [id for id in listed if _only_relays(tree.contacts[id])]
    wanted = level.get("acknowledge") or "any"
    able = len(listed) - len(only_relay)
    if only_relay and (not able or wanted in ("all", "each_organisation") or (wanted.isdigit() and int(wanted) > able)):
        message = phrase("no answers can satisfy this level: {who} can only relay", who=tuple(only_relay))
        yield level["notify"].fault_here(message)


def _only_relays(contact: Node) -> bool:
    methods = list(contact["methods"].entries())
    return bool(methods) and all(method.get("acknowledges_as") == "relay" for method in methods)


def _two_roles(trees: Sequence[TreeNodes]) -> Iterator[Fault]:
    """Phones shared by two roles, so that nobody can tell for which one an answer counts."""
    first: dict[str, tuple[str, Node]] = {}
    for address, contact in _addresses(trees):
        role = contact.get("role")
        if isinstance(address.value, str) and isinstance(role, str):
            known, node = first.setdefault(address.value, (role, address))
            if known != role:
                message = phrase(
                    "the same as of a contact with role {role}, at {place}:", role=known, place=node.position
                )
                yield address.fault(message)


def _addresses(trees: Iterable[TreeNodes]) -> Iterator[tuple[Node, Node]]:
    for tree in trees:
        for contact in tree.contacts.values():
            for method in (*contact["methods"].entries(), *contact["when_closed"].entries()):
                yield from ((method[kind], contact) for kind in method.value if kind in ADDRESSES)


def _unserved(field: Joined, trees: Sequence[TreeNodes]) -> Iterator[Fault]:
    served = {country for tree in trees for country in tree.root["serves"].words("countries")}
    for _, team in field["teams"].items():
        if served.isdisjoint({team.get("country"), EVERYWHERE}):
            yield team["country"].fault(phrase("no tree serves the country of this team:"))


def _in_the_field(field: Joined, trees: Sequence[TreeNodes]) -> Iterator[Fault]:
    """Contacts on a member's phone, which is told nothing of what it has reported."""
    members = (
        (member.get("phone"), f"{team}/{id}")
        for team, node in field["teams"].items()
        for id, member in node["members"].items()
    )
    owners = dict(members)
    for address, contact in _addresses(trees):
        if address.value in owners and not contact.get("duty"):
            message = phrase(
                "the phone of {member}, who hears nothing of what they report:", member=owners[address.value]
            )
            yield address.fault(message)


def _calling_itself(field: Joined) -> Iterator[Fault]:
    """Teams whose `callback` is a phone of a member, who may be in the same trouble."""
    for _, team in field["teams"].items():
        phones = {member.get("phone") for _, member in team["members"].items()}
        if team.get("callback") in phones:
            message = phrase("the phone of one of the team, which may be in the same trouble:")
            yield team["callback"].fault(message)


def _unheard(field: Joined, trees: Sequence[TreeNodes]) -> Iterator[Fault]:
    """People whose consent reaches embassies, but whose own embassy is no contact."""
    contacts = [tree.contacts[name] for tree in trees for name in _told(tree)]
    known = {contact.get("represents") for contact in contacts if contact.get("role") == Role.EMBASSY.value}
    served = {country for tree in trees for country in tree.root["serves"].words("countries")}
    served |= {team.get("country") for _, team in field["teams"].items()}
    for _, person in field["people"].items():
        nation = person["nationality"]
        may_be_told = person.get("consent") in (*ABROAD, None)
        # Local defenders are threatened by their own state, whose embassy could not help them.
        is_at_home = person.get("kind") != PersonKind.ACCOMPANIER and nation.value in served
        if isinstance(nation.value, str) and may_be_told and nation.value not in known and not is_at_home:
            yield nation.fault(phrase("no tree has an embassy of this person's country:"))


def _of_nobody(field: Joined, trees: Sequence[TreeNodes]) -> Iterator[Fault]:
    """Organisations in `when` to which nobody in `teams.yaml` belongs."""
    known = {person.get("organisation") for _, person in field["people"].items()}
    asking = (each for tree in trees for each in (*tree.root["levels"].entries(), *tree.contacts.values()))
    when = [node["when"] for node in asking if node.get("when")]
    for code in (each for condition in when for each in condition["organisation"].texts()):
        if code.value not in known:
            yield code.fault(phrase("nobody under people: in teams.yaml belongs to this organisation:"))


def _unwritable(field: Joined) -> Iterator[Fault]:
    """Codes of people that the field can't write in an SMS."""
    for code, person in field["people"].items():
        if not any(map(str.isdecimal, code)) or PLACE_CODE.fullmatch(code.lower()):
            told = phrase("no SMS can name somebody by a code without a digit, or like that of a place (L12)")
            yield person.fault(told)


def _unspoken(field: Joined, trees: Sequence[TreeNodes], spoken: Collection[str]) -> Iterator[Fault]:
    """Languages without messages, so that another language is used."""
    named = [(tree.root["language"], "") for tree in trees]
    named += [
        (each["language"], str(tree.root.get("language")))
        for tree in trees
        for each in (*tree.contacts.values(), *(default for _, default in tree.root["defaults"].items()))
        if each.get("language")
    ]
    for _, team in field["teams"].items():
        named += [(each["language"], "") for each in (team, *(member for _, member in team["members"].items()))]
    for language, of_tree in named:
        if isinstance(language.value, str):
            used = nearest(language.value, spoken, of_tree)
            if primary(used) != primary(language.value):
                missing = shown(language.value, used)
                yield language.fault_here(
                    phrase("there are no messages in this language: {language}", language=missing)
                )


def _told(tree: TreeNodes) -> Iterator[str]:
    """The contacts that a level or the last resort names, and deputies."""
    deputies = {contact.get("deputy") for contact in tree.contacts.values()}
    named = {id for level in tree.root["levels"].entries() for id, _ in tree.told(level)}
    named.update(tree.root.words("last_resort"))
    yield from (name for name in tree.contacts if name in named | deputies)
