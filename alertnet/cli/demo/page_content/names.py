"""What people, levels and messages are called on the page, and the example network with everybody at one place."""

from collections.abc import Iterator
from dataclasses import dataclass

from alertnet.core.directory.contact import Contact, MethodKind
from alertnet.core.directory.contact_tree import ContactTree, Member, Network, Team
from alertnet.core.escalation.state import LAST_RESORT
from alertnet.core.inbound.field_report import UNKNOWN_TYPE
from alertnet.core.incident import TYPES
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.sandbox.page import Cast, Circle, Party, Ring

PIN, DURESS_PIN = "47110", "47990"
"""Of whoever reports and of each coordinator: the true one, and the one to send when somebody forces them to."""
METHODS = {"sms": "SMS", "call": "call", "email": "mail", "task": "a coordinator"}
MESSAGES = {
    "alert": "Alert",
    "reminder": "Alert once more",
    "decision": "Question",
    "alarm": "Alarm",
    "task": "Task",
    "notice": "Notice",
    "recorded": "Confirmation",
    "declined": "Confirmation",
    "field_status": "Word to the field",
    "update": "News",
    "correction": "Correction",
    "stand_down": "All-clear",
    "action_reminder": "What was done?",
    "test": "Test of a number",
}
FAILURES = {
    "busy": "busy",
    "no_answer": "no answer",
    "no_code": "answered, but no code was keyed",
    "undelivered": "not delivered",
    "invalid": "no such number",
    "opted_out": "refuses our messages",
    "wrong_person": "the wrong person",
    "bounced": "refused by the mail server",
    "outcome_unknown": "nobody knows whether it arrived",
}
REASONS = {
    "consent": "no consent to tell them",
    "excluded": "excluded",
    "perpetrator": "belongs to the accused",
    "involved": "involved",
    "place": "another place",
    "organisation": "another organisation",
    "nationality": "another nationality",
    "severity": "not at this severity",
    "type": "not for this type",
    "refused": "a coordinator refused",
    "drill": "takes no part in drills",
}


def make_cast(network: Network) -> Cast:
    """Everybody with a telephone or mailbox; a contact of several trees stands in the first whose level names it."""
    seen: set[str] = set()
    circles = tuple(_circle(tree, network, seen) for _, tree in sorted(network.trees.items()))
    field = (_member(team, member) for team in network.teams.values() for member in team.members.values())
    return Cast(tuple(field), tuple(circle for circle in circles if circle.rings))


def ring_key(tree: str, index: int) -> str:
    """The key of the level at that place of the tree."""
    return f"{tree}-{index}"


def _member(team: Team, member: Member) -> Party:
    return Party(f"{team.id}-{member.id}", member.name, f"Team {team.id.title()}", "field", (member.phone,))


def _circle(tree: ContactTree, network: Network, seen: set[str]) -> Circle:
    rings = []
    for index, level in enumerate(tree.levels):
        fresh = [contact for contact in with_deputies(tree, level.notify) if not contact.addresses & seen]
        for contact in fresh:
            seen |= contact.addresses
        parties = tuple(_party(tree.id, contact) for contact in fresh)
        rings.append(Ring(ring_key(tree.id, index), level.name, parties))
    return Circle(tree.id, tree.title, tuple(rings))


def with_deputies(tree: ContactTree, ids: tuple[str, ...]) -> Iterator[Contact]:
    """Each contact followed by its deputies."""
    told: set[str] = set()
    for id in ids:
        following: str | None = id
        while following and following not in told:
            told.add(following)
            yield tree.contacts[following]
            following = tree.contacts[following].deputy


def _party(tree: str, contact: Contact) -> Party:
    return Party(
        key=f"{tree}-{contact.id}",
        title=contact.called,
        subtitle=(contact.organisation if contact.is_coordinator else contact.name) or "",
        role=contact.role.value,
        phones=_addresses(contact, MethodKind.SMS, MethodKind.CALL),
        mailboxes=_addresses(contact, MethodKind.EMAIL),
    )


def _addresses(contact: Contact, *kinds: MethodKind) -> tuple[str, ...]:
    return tuple(dict.fromkeys(method.address for method in contact.all_methods if method.kind in kinds))


@dataclass(frozen=True)
class Names:
    """The names of one case, and where its people stand on the page."""

    locked: LockedIncident
    cast: Cast
    is_sos: bool = False
    """Whether a bare cry for help raised it."""

    def contact(self, tree: str | None, id: str) -> str:
        """A contact, or a member of the field as `team/member`."""
        if tree is not None and tree in self.locked.plans and id in self.locked.tree(tree).contacts:
            return self.locked.contact(tree, id).called
        key = id.removeprefix("field/").replace("/", "-")
        return next((party.title for party in self.cast.field if party.key == key), id)

    def party(self, tree: str, id: str) -> str | None:
        """The key of the party that the contact is on the page."""
        addresses = self.locked.contact(tree, id).addresses
        return next((self.cast.by_address[each].key for each in addresses if each in self.cast.by_address), None)

    def incident_type(self, code: object) -> str:
        """The type, as in `death threat`; `SOS` while nothing more than a cry for help is known."""
        return "SOS" if self.is_sos and code == UNKNOWN_TYPE else type_name(code)

    def tree(self, id: str) -> str:
        """A tree by its title."""
        return self.locked.tree(id).title if id in self.locked.plans else id

    def level(self, tree: str, index: int) -> str:
        """A level by its place."""
        return "Last resort" if index == LAST_RESORT else self.locked.tree(tree).levels[index].name


def type_name(code: object) -> str:
    """As in `death threat`; of `other`, and of what no report said, an incident."""
    return code.replace("_", " ") if isinstance(code, str) and code in TYPES and code != "other" else "incident"


def listed(names: list[str]) -> str:
    """A list in words, as in `A, B and C`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
