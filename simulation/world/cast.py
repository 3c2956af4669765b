"""Contact trees and incidents drawn by seed, small enough for many nights."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from zoneinfo import ZoneInfo

from alertnet.core.directory.availability import Hours
from alertnet.core.directory.contact import ABROAD, RINGING, Contact, Disclosure, Method, MethodKind, Role
from alertnet.core.directory.contact_tree import (
    ActionDue,
    ContactTree,
    Level,
    Member,
    NeedsGo,
    Network,
    Otherwise,
    Quota,
    Repeat,
    Start,
    Team,
    Then,
)
from alertnet.core.directory.on_call import Duty, Officer
from alertnet.core.directory.routine import Terms
from alertnet.core.directory.when import When
from alertnet.core.incident import Affected, PersonKind, Scope, Severity
from simulation.world.chance import Chance

MINUTE = timedelta(minutes=1)
NIGHT_BEGINS = 21 * 60 + 14
"""Minutes of the day on the local clocks of those who are told."""
FIELD_PHONE = "+573005550001"
TRAVELLERS_PHONE = "+573005550002"
ON_DUTY = {"noor": "+573005550191", "paz": "+573005550192"}
"""The phones of staff who take turns of duty."""
THURSDAY = 3
STRANGERS_PHONE = "+573009990001"
TRAVELLER = "north/eva"
INCIDENT_AFTER = 2 * MINUTE
"""How long somebody may not be heard of."""
ZONE = ZoneInfo("Asia/Kathmandu")
NEWCOMER = Method(MethodKind.SMS, "+573005550190")
"""The method of a contact that is in no tree before the trees are edited."""
NEW_NUMBER = "+573005550194"
"""The telephone that a contact has instead of its own once the trees are edited."""
PRESS = Method(MethodKind.SMS, "+573005550195")
"""The method of a newspaper, which hears what may be public."""
PUBLIC_LEVEL = "Press"
STAND_IN = Method(MethodKind.SMS, "+573005550193")
"""The method of a contact's deputy."""
SECRET = "Secreta"
"""Part of every name, place and free text of a report; no SMS, call or subject may contain it (A9)."""

_STRANGERS = (
    ("defenders", Role.NGO, None, None),
    ("jurists", Role.NGO, None, None),
    ("ombuds", Role.OMBUDS, None, None),
    ("brigade", Role.AUTHORITY, "army", None),
    ("police", Role.AUTHORITY, "police", None),
    ("ministry", Role.MINISTRY, None, None),
    ("embassy-es", Role.EMBASSY, None, "ES"),
    ("embassy-de", Role.EMBASSY, None, "DE"),
    ("un-office", Role.UN, None, None),
)
"""Id, role, to whom it belongs, whom it represents."""


@dataclass
class Numbers:
    """Telephone numbers, each given out once."""

    given: int = 100

    def fresh(self) -> str:
        self.given += 1
        return f"+573005550{self.given:03d}"


def draw_network(random: Random) -> Network:
    """One tree, or two that share their head office."""
    numbers = Numbers()
    head_office = _contact(random, numbers, "head-office", Role.OTHER)
    strangers = random.sample(_STRANGERS, len(_STRANGERS))
    near, far = strangers[: random.choice([1, 2, 2, 3, 4])], strangers[5:6]
    trees = [draw_tree(random, numbers, "colombia", near, head_office, Start())]
    if random.random() < 0.2:
        start = Start(random.randint(0, 4) * MINUTE, unless_acknowledged=random.random() < 0.5)
        trees.append(draw_tree(random, numbers, "europe", far, head_office, start))
    ana = Member("ana", "Ana", FIELD_PHONE, "en")
    eva = Member("eva", "Eva", TRAVELLERS_PHONE, "en")
    consent = random.choice([Scope.NATIONAL, Scope.INTERNATIONAL])
    terms = Terms(incident_after=INCIDENT_AFTER)
    team = Team("north", "CO", "en", consent, {"ana": ana, "eva": eva}, ZONE.key, terms=terms)
    return Network({tree.id: tree for tree in trees}, {"north": team}, {})


def for_some(random: Random, network: Network) -> Network:
    """The same network with some levels and contacts for one place or organisation only.

    A person of that organisation or another is on record too.
    """
    trees = {}
    for id, tree in network.trees.items():
        first, *others = tree.levels
        levels = (first, *(replace(level, when=_narrower(random, level.when)) for level in others))
        named = {contact for level in others for contact in level.notify}
        contacts = {
            contact.id: replace(contact, when=_narrower(random, contact.when)) if contact.id in named else contact
            for contact in tree.contacts.values()
        }
        trees[id] = replace(tree, levels=levels, contacts=contacts)
    known = Affected("P7", PersonKind.ACCOMPANIER, "ES", organisation=random.choice([None, "O3", "O4"]))
    return replace(network, trees=trees, people={"P7": known})


def with_rota(random: Chance, network: Network) -> Network:
    """The same network, in which a coordinator's phone may be shared by turns, and passed on during the night."""
    if random.random() < 1 - random.share:
        return network
    id = random.choice(["colombia-duty", "colombia-second"])
    tree = network.trees["colombia"]
    staff = {name: Member(name, name.capitalize(), phone, "en") for name, phone in ON_DUTY.items()}
    rota = tuple(Officer(f"staff/{each.id}", each.phone, each.language) for each in staff.values())
    changes = NIGHT_BEGINS + random.randint(1, 8)
    owner = replace(tree.contacts[id], duty=Duty(rota, THURSDAY, changes))
    trees = {**network.trees, "colombia": replace(tree, contacts={**tree.contacts, id: owner})}
    return replace(network, trees=trees, staff=staff)


def with_switchboard(random: Chance, network: Network) -> Network:
    """The same network, in which two contacts of a tree may have one telephone."""
    if not random.comes():
        return network
    tree = network.trees["colombia"]
    rung = sorted(each.id for each in tree.contacts.values() if each.numbers and each.id not in tree.last_resort)
    first, second = (tree.contacts[id] for id in random.sample(rung, 2))
    number = min(first.numbers)
    methods = tuple(replace(each, address=number) if each.kind in RINGING else each for each in second.methods)
    contacts = {**tree.contacts, second.id: replace(second, methods=methods)}
    return replace(network, trees={**network.trees, "colombia": replace(tree, contacts=contacts)})


def with_terms(random: Chance, network: Network) -> Network:
    """The same network, in which coordinators may have to confirm who takes charge, and a contact may have a deputy."""
    if not random.comes():
        return network
    tree = network.trees["colombia"]
    first, *others = tree.levels
    levels = (first, *(replace(level, confirm=random.random() < 0.5) for level in others))
    owner = tree.contacts[random.choice(random.choice(others).notify)]
    stand_in = replace(owner, id="stand-in", methods=(STAND_IN,), hours=None, when_closed=())
    contacts = {**tree.contacts, owner.id: replace(owner, deputy=stand_in.id), stand_in.id: stand_in}
    return replace(network, trees={**network.trees, "colombia": replace(tree, levels=levels, contacts=contacts)})


def with_press(random: Chance, network: Network) -> Network:
    """The same network, in which a level may tell a newspaper, and people have said how far news of them may travel."""
    if not random.comes():
        return network
    tree = network.trees["colombia"]
    office = tree.contacts["head-office"]
    press = replace(office, id="press", role=Role.MEDIA, organisation="Press", scope=Scope.PUBLIC, methods=(PRESS,))
    place, level = (
        random.randint(1, len(tree.levels)),
        Level(PUBLIC_LEVEL, (press.id,), wait=random.randint(1, 4) * MINUTE),
    )
    levels = (*tree.levels[:place], level, *tree.levels[place:])
    people = {
        code: replace(each, consent=random.choice([None, Scope.PUBLIC, Scope.INTERNATIONAL]))
        for code, each in network.people.items()
    }
    told = replace(tree, contacts={**tree.contacts, press.id: press}, levels=levels)
    return replace(network, trees={**network.trees, "colombia": told}, people=people)


def recycled(random: Chance, network: Network) -> str | None:
    """In some nights, a number that the network has given to somebody else."""
    numbers = {number for _, each in network.all_contacts for number in each.numbers}
    return random.choice(sorted(numbers)) if numbers and random.comes() else None


def phones_of(contact: Contact) -> frozenset[str]:
    """Its numbers and addresses, and the phones of those who take turns."""
    return contact.addresses | {each.phone for each in (contact.duty.rota if contact.duty else ())}


def sharing(trees: Iterable[ContactTree], contact: Contact) -> set[str]:
    """The ids of those with a telephone or mailbox of that contact, its own too."""
    known = (each for tree in trees for each in tree.contacts.values())
    return {contact.id, *(each.id for each in known if phones_of(each) & phones_of(contact))}


def _narrower(random: Random, when: When) -> When:
    if random.random() < 0.7:
        return when
    if random.random() < 0.5:
        return replace(when, organisation=frozenset({"O3"}))
    return replace(when, place=frozenset(random.choice([("L1*",), ("L2*",), ("L12", "L3")])))


def edit(random: Random, network: Network) -> Network:
    """The same trees, but each level of the first waits half as long, and one level tells somebody new as well."""
    tree = network.trees["colombia"]
    newcomer = replace(tree.contacts["head-office"], id="newcomer", organisation="New", methods=(NEWCOMER,))
    newcomer = replace(newcomer, scope=Scope.INTERNAL)
    told_by = random.choice(tree.levels)
    levels = tuple(
        replace(level, wait=level.wait / 2, notify=(*level.notify, "newcomer") if level is told_by else level.notify)
        for level in tree.levels
    )
    edited = replace(tree, contacts={**tree.contacts, "newcomer": newcomer}, levels=levels)
    return replace(network, trees={**network.trees, "colombia": edited})


def renumbered(random: Chance, network: Network) -> Network:
    """The edited trees, in which a contact may have another telephone, and its own may be a stranger's."""
    tree = network.trees["colombia"]
    named = [tree.contacts[id] for id in sorted({id for level in tree.levels for id in level.notify})]
    owners = [each for each in named if each.numbers and each.id != "newcomer" and not each.is_coordinator]
    if not owners or not random.comes():
        return network
    owner = random.choice(owners)
    methods = tuple(replace(each, address=NEW_NUMBER) if each.kind in RINGING else each for each in owner.methods)
    contacts = {**tree.contacts, owner.id: replace(owner, methods=methods)}
    return replace(network, trees={**network.trees, "colombia": replace(tree, contacts=contacts)})


def draw_tree(
    random: Random,
    numbers: Numbers,
    id: str,
    others: Sequence[tuple[str, Role, str | None, str | None]],
    head_office: Contact,
    start: Start,
) -> ContactTree:
    """A tree of one country, with two coordinators and levels for the others."""
    coordinator = _contact(random, numbers, f"{id}-duty", Role.COORDINATOR, deputy=f"{id}-second")
    second = _contact(random, numbers, f"{id}-second", Role.COORDINATOR)
    told = [
        _with_hours(random, numbers, _or_called(random, _contact(random, numbers, *stranger))) for stranger in others
    ]
    contacts = {each.id: each for each in (coordinator, second, *told, head_office)}
    levels = [Level("Coordination", (coordinator.id,), wait=random.randint(1, 4) * MINUTE, repeat=_repeat(random))]
    while told:
        size = random.randint(1, 2)
        group, told = told[:size], told[size:]
        levels.append(_level(random, f"Level {len(levels) + 1}", group))
    return ContactTree(
        id=id,
        title=id.capitalize(),
        scope=Scope.NATIONAL,
        countries=frozenset({"CO"}),
        timezone="America/Bogota",
        language="en",
        sender="PBI",
        callback=min(coordinator.numbers),
        contacts=contacts,
        levels=tuple(levels),
        last_resort=(head_office.id,),
        start=start,
        rounds=random.randint(1, 3),
        ask_if_unknown_perpetrator=random.random() < 0.5,
    )


def _with_hours(random: Random, numbers: Numbers, contact: Contact) -> Contact:
    """An office that is closed, or closes or opens during the night; meanwhile it has a duty phone, or nobody."""
    if random.random() < 0.75:
        return contact
    changes = NIGHT_BEGINS + random.randint(1, 8)
    span = random.choice([(510, 990), (0, changes), (changes, 1440)])
    if random.random() < 0.5:
        return replace(contact, hours=Hours("as the night has it", (((changes, 1440),),) * 7))
    number, relays = numbers.fresh(), random.random() < 0.5
    on_duty = (Method(MethodKind.SMS, number, relays=relays), Method(MethodKind.CALL, number, MINUTE, relays=relays))
    return replace(contact, hours=Hours("as the night has it", ((span,),) * 7), when_closed=on_duty)


def _level(random: Random, name: str, group: Sequence[Contact]) -> Level:
    quota: Quota = random.choice(["any", "any", "all", "each_organisation", 2])
    nationality = any(contact.represents for contact in group) and random.random() < 0.5
    serious = frozenset({Severity.CRITICAL, Severity.SERIOUS})
    return Level(
        name,
        tuple(contact.id for contact in group),
        acknowledge=quota,
        wait=random.randint(1, 5) * MINUTE,
        when=When(severity=serious if random.random() < 0.2 else frozenset(), nationality=nationality),
        needs_go=_needs_go(random) if random.random() < 0.2 else None,
        repeat=_repeat(random),
        then=random.choice([None, None, Then.NEXT]),
        action_due=ActionDue(10 * MINUTE, random.choice(list(Otherwise))) if random.random() < 0.15 else None,
    )


def _needs_go(random: Random) -> NeedsGo:
    critical = frozenset({Severity.CRITICAL})
    proceed_after = random.randint(2, 6) * MINUTE if random.random() < 0.7 else None
    return NeedsGo(critical if random.random() < 0.5 else frozenset(), proceed_after)


def _repeat(random: Random) -> Repeat | None:
    return Repeat(random.randint(1, 3) * MINUTE, random.randint(1, 2)) if random.random() < 0.4 else None


def _or_called(random: Random, contact: Contact) -> Contact:
    """The contact, or one that a coordinator is asked to call first."""
    task = Method(MethodKind.TASK, "Call them: we know, we are watching")
    return replace(contact, methods=(task, *contact.methods)) if random.random() < 0.2 else contact


def _contact(
    random: Random,
    numbers: Numbers,
    id: str,
    role: Role,
    belongs_to: str | None = None,
    represents: str | None = None,
    *,
    deputy: str | None = None,
) -> Contact:
    number = numbers.fresh()
    kinds = random.choice([("sms",), ("sms",), ("sms",), ("sms", "call"), ("call", "sms"), ("email", "call")])
    moments = sorted(random.randint(0, 4) for _ in kinds)
    moments[0] = 0
    addresses = {"sms": number, "call": number, "email": f"{id}@example.org"}
    methods = tuple(
        Method(MethodKind(kind), addresses[kind], half_minutes * MINUTE / 2)
        for kind, half_minutes in zip(kinds, moments, strict=True)
    )
    return Contact(
        id=id,
        role=role,
        organisation=f"Organisation of {id}",
        methods=methods,
        scope=_scope(role),
        language="en",
        timezone="America/Bogota",
        disclosure=Disclosure.LIMITED,
        belongs_to=belongs_to,
        represents=represents,
        deputy=deputy,
    )


def _scope(role: Role) -> Scope:
    if role is Role.COORDINATOR:
        return Scope.INTERNAL
    return Scope.INTERNATIONAL if role in ABROAD else Scope.NATIONAL
