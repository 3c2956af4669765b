"""Names of people, levels, messages and reasons, for a line of text."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from alertnet.core.codec import value
from alertnet.core.directory.contact import Contact
from alertnet.core.inbound.field_report import UNKNOWN_TYPE
from alertnet.core.incident import TYPES
from alertnet.core.notification import FIELD
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.messages.words import offset

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
DAY = "{day} {month}"

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
    "not_understood": "Asked back",
    "already_closed": "Nothing more to do",
    "receipt": "Receipt",
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
    "expired": "did not arrive in time",
    "filtered": "held back by the network",
    "our_account": "refused for our account with the provider",
    "joined": "named in another message instead",
}
"""Why a message did not arrive, or did not leave."""
ACTIONS = {
    "called_authority": "called the authority",
    "raised_with_ministry": "raised it with a ministry",
    "visited": "visited",
    "observed": "observed on the spot",
    "statement": "made a statement",
    "referred": "referred it to others",
    "protection_measures": "protection measures",
    "none": "no action possible",
}
"""What somebody did."""
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


@value
class Names:
    """The names of one incident. `is_sos`: raised by a bare cry for help; `say`: translates English words.

    `language`: that of the titles of trees; empty for each tree's own.
    """

    locked: LockedIncident
    is_sos: bool = False
    say: Callable[[str], str] = str
    language: str = ""

    def action(self, code: object) -> str:
        """What somebody did, in words; another version may know more."""
        return self.say(ACTIONS.get(str(code), str(code).replace("_", " ")))

    def contact(self, tree: str | None, id: str) -> str:
        """A contact's name; a member of the field as `team/member`."""
        if id == FIELD:
            return self.say("the field")
        if id.startswith(f"{FIELD}/"):
            return self.say("team {}").format(id.removeprefix(f"{FIELD}/"))
        if tree is not None and tree in self.locked.plans and id in self.locked.tree(tree).contacts:
            return self.locked.contact(tree, id).called
        return id

    def anybody(self, id: str) -> str:
        """The name of a contact with that id in any tree; any other id unchanged."""
        trees = (plan.tree for _, plan in sorted(self.locked.plans.items()))
        return next((tree.contacts[id].called for tree in trees if id in tree.contacts), id)

    def incident_type(self, code: object) -> str:
        """The type, as in `death threat`; `SOS` while only a cry for help is known."""
        return "SOS" if self.is_sos and code == UNKNOWN_TYPE else self.say(type_name(code))

    def tree(self, id: str) -> str:
        return self.locked.tree(id).title_in(self.language) if id in self.locked.plans else id

    def clock(self, at: datetime, zone: ZoneInfo) -> str:
        """The time of day there, with the date if it is not the day the incident began."""
        local, began = at.astimezone(zone), self.locked.incident.opened_at.astimezone(zone)
        return f"{local:%H:%M}" if local.date() == began.date() else f"{day_in(local, self.say)} {local:%H:%M}"

    def listed(self, names: list[str]) -> str:
        """A list in words, as in `A, B and C`."""
        return listed(names, self.say("and"))


def to_spare(contacts: Mapping[str, Contact]) -> tuple[tuple[str, str], ...]:
    """(id, name) of those contacts, to choose whom to spare; without names for organisations with several."""
    several = [name for name, count in Counter(each.organisation for each in contacts.values()).items() if count > 1]
    named = sorted(((id, each.called) for id, each in contacts.items()), key=lambda each: each[1])
    return (*named, *((name, "") for name in sorted(several)))


def type_name(code: object) -> str:
    """The type, as in `death threat`; "incident" for `other` and where none was reported."""
    return code.replace("_", " ") if isinstance(code, str) and code in TYPES and code != "other" else "incident"


def names_in(types: Mapping[str, str], severities: Mapping[str, str]) -> dict[str, str]:
    """The types and severities of a language, by the English words used in histories."""
    return {**{type_name(code): name for code, name in types.items()}, **severities}


def listed(names: list[str], last: str = "and") -> str:
    """A list in words, as in `A, B and C`; `last`: the word before the last item."""
    return f" {last} ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def offset_in(at: datetime, zone: str) -> str:
    """The offset of that zone at that moment, as in `UTC-5`, with a hyphen at which no line ends."""
    return offset(at.astimezone(ZoneInfo(zone))).replace("-", "\u2011")


def day_in(local: datetime, say: Callable[[str], str]) -> str:
    """The day as that language writes it, such as `28 Nov`."""
    return say(DAY).format(day=local.day, month=say(MONTHS).split()[local.month - 1])
