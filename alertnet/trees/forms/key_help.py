"""An explanation and an example for every key, shown by editors and used by `trees schema`."""

from typing import Any

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import EVERYWHERE
from alertnet.core.incident import ASKS, TYPES

MOMENT = r"^(Mo|Tu|We|Th|Fr|Sa|Su) ([01][0-9]|2[0-3]):[0-5][0-9]$"
DURATION = r"^[0-9]{1,7}[smhd]$"
NUMBER = r"^\+[1-9][0-9]{6,14}$"
SLUG = r"^[a-z0-9][a-z0-9-]{0,62}$"
COUNTRY = r"^[A-Z]{2}$"
KEY_FILE = r"^([A-Za-z0-9_-][A-Za-z0-9_.-]*/)*[A-Za-z0-9_-][A-Za-z0-9_.-]*\.(asc|pgp|gpg)$"
DAYS = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(\.\.[0-9]{4}-[0-9]{2}-[0-9]{2})?$"
TO_NOTIFY = r"^(role:[a-z_]{1,30}|(group:)?[a-z0-9][a-z0-9-]{0,62})$"
CODE = r"^(?!C[0-3]$)[A-Z][A-Z0-9]{0,7}$"
PLACE = r"^[A-Z0-9*][A-Z0-9*-]{0,31}$"
LANGUAGE = r"^[a-z]{2,3}(-[A-Z]{2})?$"


@value
class Key:
    """The meaning and an example of a key, with a pattern for its single values, or all values that it may have."""

    what: str
    example: Any
    pattern: str | None = None
    values: tuple[str, ...] = ()


ASK = (
    f"in mail and on its page: {' '.join(ASKS)}, or a text, one for all or one for each language. "
    "It goes on from “We ask you to:”, and names nobody."
)

TREE = {
    "tree": Key("The id of the tree.", "colombia", SLUG),
    "title": Key(
        "Who calls, in full: spoken in calls and written in mail. One for all, or one for each language.",
        {"en": "Colombia support network", "es": "Red de apoyo Colombia"},
    ),
    "scope": Key("How far news goes that this tree spreads; the default for its contacts.", "national"),
    "serves": Key("The countries whose incidents open an escalation here.", {"countries": ["CO"]}),
    "timezone": Key("The IANA time zone of its contacts, unless they have their own.", "America/Bogota"),
    "language": Key("The language of its contacts, unless they have their own.", "es", LANGUAGE),
    "sender": Key("Who calls, in every SMS, call and subject: at most 12 GSM-7 characters.", "PBI"),
    "callback": Key("The number of a human, in every message (E.164).", "+573005550101", NUMBER),
    "start": Key("When the tree begins, counted from the opening; at once unless given.", {"after": "0m"}),
    "rounds": Key("How often the whole tree runs before coordination levels alone go on, for ever.", 3),
    "unknown_perpetrator": Key("Whether levels with authorities or ministries then wait for a go.", "ask"),
    "last_resort": Key("Who is told when nobody has answered: ids of contacts.", ["head-office"]),
    "contacts": Key("The contacts, by id.", {"coordinator": {"role": "coordinator"}}),
    "include": Key("Files of contacts that several trees share.", ["shared/embassies.yaml"]),
    "defaults": Key(
        "By role, what its contacts have unless they have their own.", {"embassy": {"hours": "Mo-Fr 08:30-16:30"}}
    ),
    "levels": Key("The steps, in order: who is told, and how long to wait.", [{"name": "Coordination"}]),
}
SERVES = {
    "countries": Key("ISO 3166-1 alpha-2, or * for everywhere.", ["CO"]),
    "places": Key("Codes of places in them, * for any signs: incidents elsewhere are not for it.", ["L1*"], PLACE),
}
START = {
    "after": Key("How long after the opening.", "30m", DURATION),
    "unless": Key("Stay away while every other escalation is acknowledged.", "acknowledged"),
}
DEFAULTS = {
    "scope": Key("How far news goes that reaches it; the tree's unless given.", "international"),
    "disclosure": Key("How much it may read.", "minimal"),
    "language": Key("Its language.", "es", LANGUAGE),
    "timezone": Key("Its IANA time zone.", "America/Bogota"),
    "priority": Key("Told whatever the nationality of those affected.", True),
    "pin": Key("It proves itself with a PIN (set with `alertnet pins set`, never here).", True),
    "drills": Key("It takes part in drills.", True),
    "hold": Key("Due again at its next opening, where a level has found its telephones closed; false: not.", False),
    "answers": Key("Whether an answer is expected; false: it is told, without a code, and counts for no rule.", False),
    "hours": Key("When somebody is there (opening_hours syntax); always, unless given.", "Mo-Fr 08:30-16:30"),
    "holidays": Key("The countries whose holidays close it; EU and UN for those of their institutions.", ["CO", "EU"]),
    "closed": Key(
        "More days on which it is closed, or the first and the last of several.", ["2026-12-24..2027-01-02"], DAYS
    ),
    "quiet": Key(
        "When incidents of a severity do not ring it; never, whatever its role has.", {"moderate": "22:00-07:00"}
    ),
    "when": Key("Which incidents it is told of.", {"place": ["L1*"], "organisation": ["O3"]}),
}
CONTACT = {
    **DEFAULTS,
    "role": Key("What it is to the network; coordinators decide and are alarmed.", "embassy"),
    "organisation": Key("The organisation, as people call it.", "Embassy of Spain"),
    "name": Key("The function that is reached, for coordinators to read.", "Duty coordinator"),
    "methods": Key("How it is reached, in order.", [{"sms": "+573005550101"}, {"email": "x@y.example", "after": "3m"}]),
    "represents": Key("The country whose nationals it protects, for `nationality: match`.", "ES", COUNTRY),
    "belongs_to": Key("It is left out when the alleged perpetrator is this.", "army"),
    "pgp": Key("The file of its public OpenPGP key: mail to it is encrypted.", "keys/embassy-es.asc", KEY_FILE),
    "deputy": Key("Who is told when it can't be reached, says no, or stays silent.", "coordinator-2", SLUG),
    "verified": Key("When somebody last tried these numbers.", "2026-10-01"),
    "when_closed": Key("How it is reached while it is closed.", [{"sms": "+573005550199", "acknowledges_as": "relay"}]),
    "ask": Key(f"What it is asked to do, whichever level tells it, {ASK}", "call_authority"),
    "groups": Key("Groups by which levels may name it.", ["eu"], SLUG),
    "duty": Key("Which member of the field has its phone, week by week.", {"rota": ["ana"], "change": "Mo 09:00"}),
}
METHOD = {
    "sms": Key("A number for SMS (E.164).", "+573005550101", NUMBER),
    "call": Key("A number to call (E.164).", "+573005550101", NUMBER),
    "email": Key("A mail address.", "duty@pbi-colombia.example"),
    "task": Key(
        "No machine reaches it: what a coordinator is to do and to say, with a number to call.",
        "Call the duty officer, +576075550111: we know, we are watching",
    ),
    "after": Key("How long after the level began.", "3m", DURATION),
    "extension": Key("Dialled once the call is answered: digits, and w for half a second.", "ww1234", "^[0-9w]{1,32}$"),
    "acknowledges_as": Key("An answer from here only passes the news on.", "relay"),
}
LEVEL = {
    "name": Key("The name of the level, shown to coordinators.", "Embassies"),
    "notify": Key("Who is told: contacts, all of a role, all of a group.", ["embassy-es", "group:eu"], TO_NOTIFY),
    "acknowledge": Key("How many must take it on: any, all, each_organisation, or a number.", "each_organisation"),
    "wait": Key("How long until the next level, if it is not satisfied.", "30m", DURATION),
    "when": Key("Which incidents it is for.", {"severity": ["critical", "serious"], "nationality": "match"}),
    "needs_go": Key("A coordinator decides first.", {"unless_severity": ["critical"], "proceed_after": "20m"}),
    "repeat": Key("The phones ring again.", {"every": "3m", "times": 2}),
    "then": Key("What happens once it is satisfied; next where all are coordinators, else stop.", "next"),
    "action_due": Key("Whoever took it on reports what was done by then.", {"after": "60m", "otherwise": "next"}),
    "ask": Key(
        f"What its contacts are asked to do unless they have their own, {ASK}",
        {"en": "ask the commander where he is held", "es": "preguntar al comandante dónde está"},
    ),
    "confirm": Key("A coordinator confirms each answer before it counts.", "coordinator"),
}
CONTACT_WHEN = {
    "place": Key("Only for these codes of places, * for any signs; a place that is not known is any.", ["L1*"], PLACE),
    "organisation": Key("Only if somebody of one of these organisations is affected.", ["O3"], CODE),
}
WHEN = {
    "severity": Key("Only for these.", ["critical", "serious"]),
    "type": Key("Only for these types; * is every one.", ["arrest", "abduction"], values=(EVERYWHERE, *TYPES)),
    "nationality": Key("Of those who represent a country, only that of those affected.", "match"),
    **CONTACT_WHEN,
}
NEEDS_GO = {
    "unless_severity": Key("At once for these.", ["critical"]),
    "proceed_after": Key("By itself after this, if nobody decides.", "20m", DURATION),
}
REPEAT = {"every": Key("How often.", "3m", DURATION), "times": Key("How many times.", 2)}
ACTION_DUE = {
    "after": Key("How long after it was satisfied.", "60m", DURATION),
    "otherwise": Key("What happens if nobody has reported by then.", "next"),
}
DUTY = {
    "rota": Key("Members and staff of teams.yaml, in turn; `team/member` where two have that id.", ["ana", "luis"]),
    "since": Key("The day of the first turn, which the first on the rota has: later names shift nobody.", "2026-11-30"),
    "change": Key("When the duty changes each week, in the tree's zone.", "Mo 09:00", MOMENT),
}
FIELD = {
    "teams": Key("The field teams, by id.", {"north": {"country": "CO", "language": "es"}}),
    "staff": Key(
        "Who takes turns of duty and is in no team, by id.",
        {"eva": {"name": "Eva Example", "phone": "+573005550009", "language": "es"}},
    ),
    "people": Key("Codes for those accompanied; never a name.", {"P7": {"kind": "accompanier", "nationality": "ES"}}),
}
TEAM = {
    "country": Key("Where it works.", "CO", COUNTRY),
    "language": Key("The language it is answered in.", "es", LANGUAGE),
    "consent": Key("Standing consent where a message carries none; internal unless given.", "national"),
    "timezone": Key("The IANA time zone in which it is told times; the tree's unless given.", "America/Bogota"),
    "callback": Key(
        "The number of a human whom it is asked to call; the tree's unless given.", "+573005550101", NUMBER
    ),
    "journeys": Key("What holds of the journeys that its members announce.", {"incident_after": "60m"}),
    "routines": Key("When it calls in, by id.", {"evening": {"daily": ["18:00"]}}),
    "members": Key("Who may raise an alarm, by id.", {"ana": {"name": "Ana Example", "phone": "+573005550001"}}),
}
JOURNEYS = {
    "risk": Key("How dangerous; in high risk only a one-time PIN proves a check-in.", "high"),
    "incident_after": Key("When an incident opens if nobody is heard; 90m, in high risk 60m.", "90m", DURATION),
    "missed_call": Key("What a call means that is hung up before anything is keyed.", "ok"),
}
ROUTINE = {
    "daily": Key("The times at which it calls in, by the team's clocks.", ["18:00", "07:00"]),
    "days": Key("The days of the week; all unless given.", ["Mo", "Fr"]),
    "members": Key("Each of whom calls in; unless given, any of the team does for all.", ["ana"]),
    **JOURNEYS,
}
MEMBER = {
    "name": Key("For coordinators to read.", "Ana Example"),
    "phone": Key("Where its texts come from (E.164).", "+573005550001", NUMBER),
    "language": Key("Its language; the team's unless given.", "es", LANGUAGE),
    "silent": Key("Nothing is ever sent to this phone on our own account.", False),
}
STAFF = {
    "name": Key("For coordinators to read.", "Eva Example"),
    "phone": Key("The phone that rings while it has the turn (E.164).", "+573005550009", NUMBER),
    "language": Key("The language in which it is told.", "es", LANGUAGE),
}
PERSON = {
    "kind": Key("What somebody is to the network.", "accompanier"),
    "nationality": Key("Whose embassy is told.", "ES", COUNTRY),
    "consent": Key("How far news of this person may go.", "international"),
    "exclude": Key("Contacts, organisations or roles that never hear of this person.", ["ministry-defence"]),
    "organisation": Key("The code of the organisation that this person belongs to.", "O3", CODE),
}
COUNTRIES = {"countries": Key("The rules, by country.", {"GT": {"replies": False}})}
COUNTRY_RULES = {
    "source": Key("Where that is from.", "twilio.com/guidelines/gt/sms"),
    "checked": Key("When somebody looked.", "2026-11-26"),
    "replies": Key("Whether an SMS from abroad can be answered.", False),
    "links": Key("Whether an SMS may hold a link.", True),
    "sender": Key("Whether the recipient sees our number.", "kept"),
    "dearest": Key("Which of the two costs more.", "sms"),
    "price": Key("What a segment costs: low up to 0.03 USD, middle up to 0.12, high.", "middle"),
    "emergency": Key("What people dial there, for the sheet on paper.", ["110", "123"], "^[0-9]{2,6}$"),
}
KEYS = {
    "TreeForm": TREE,
    "SharedForm": {name: TREE[name] for name in ("contacts", "include")},
    "ServesForm": SERVES,
    "StartForm": START,
    "DefaultsForm": DEFAULTS,
    "ContactForm": CONTACT,
    "ContactWhenForm": CONTACT_WHEN,
    "MethodForm": METHOD,
    "LevelForm": LEVEL,
    "WhenForm": WHEN,
    "NeedsGoForm": NEEDS_GO,
    "RepeatForm": REPEAT,
    "ActionDueForm": ACTION_DUE,
    "DutyForm": DUTY,
    "CountriesForm": COUNTRIES,
    "CountryForm": COUNTRY_RULES,
    "FieldForm": FIELD,
    "TeamForm": TEAM,
    "JourneysForm": JOURNEYS,
    "RoutineForm": ROUTINE,
    "MemberForm": MEMBER,
    "StaffForm": STAFF,
    "PersonForm": PERSON,
}
"""The keys by form."""
