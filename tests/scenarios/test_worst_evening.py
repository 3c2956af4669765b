"""The worst evening: one mass arrest, told by three teams and a partner in fragments, with a false report and duress.

Trees of its own: a national one, and one abroad whose id comes first. The police are a contact, and accused.
"""

import re

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.test_load import uses_up
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import CAST, DURESS, TRUE, Incident, World, code_in

TEAMS = {"north": ("ana", "es"), "south": ("john", "en"), "harbour": ("marie", "fr")}
MAYOR = "+573005550114"
PHONES = {name: f"+57300555001{at}" for at, (name, _) in enumerate(TEAMS.values())}
FIELD = "teams:\n" + "".join(
    f"  {team}: {{country: CO, language: {language}, consent: international,"
    f' members: {{{name}: {{name: {name.capitalize()} Example, phone: "{PHONES[name]}"}}}}}}\n'
    for team, (name, language) in TEAMS.items()
)
FIELD += "people:\n  P7: {kind: accompanier, nationality: ES, consent: international}\n"
COORDINATOR = (
    f'  coordinator: {{role: coordinator, organisation: Valley, methods: [{{sms: "{CAST["coordinator"]}"}}]}}\n'
)
DESK = f'  desk: {{role: ngo, organisation: Head office, methods: [{{sms: "{CAST["head office"]}"}}]}}\n'
VALLEY = a_tree(
    COORDINATION
    + "  - {name: Friends, notify: [ombuds, defenders], wait: 10m, then: next}\n"
    + "  - {name: Authorities, notify: [police, mayor], wait: 30m}\n",
    COORDINATOR
    + DESK
    + f"""
  ombuds: {{role: ombuds, organisation: Ombuds office, methods: [{{sms: "{CAST["ombuds"]}"}}]}}
  defenders: {{role: ngo, organisation: Defenders, methods: [{{sms: "{CAST["defenders"]}"}}]}}
  police: {{role: authority, belongs_to: police, organisation: Police, methods: [{{sms: "{CAST["police"]}"}}]}}
  mayor: {{role: authority, organisation: Mayor, methods: [{{sms: "{MAYOR}"}}]}}
""",
)
ABROAD = a_tree(
    COORDINATION + "  - {name: Embassies, when: {nationality: match}, notify: [spain, germany], wait: 60m}\n",
    COORDINATOR
    + DESK
    + f"""
  spain: {{role: embassy, represents: ES, organisation: Spain, language: es, methods: [{{sms: "{CAST["spain"]}"}}]}}
  germany: {{role: embassy, represents: DE, organisation: Germany, methods: [{{sms: "{CAST["germany"]}"}}]}}
""",
    tree="abroad",
    countries='"*"',
).replace("scope: national", "scope: international")
OUTSIDE = ("ombuds", "defenders", "spain", "germany", "police", "mayor")


class Evening:
    """Its world, and the incident of each who has written."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.of: dict[str, Incident] = {}

    def writes(self, who: str, text: str) -> None:
        """A member writes, two minutes after what came last."""
        self.world.passes(minutes=2)
        ref = re.search(r"[A-Z]-[A-Z2-9]{4}", self.world.reply_to(PHONES[who], text))
        assert ref
        self.of.setdefault(who, Incident(self.world, ref[0]))

    def takes_charge(self, who: str) -> None:
        """Somebody answers the first alert on that phone."""
        self.world.texts(who, code_in(self.inbox(who)[0]))

    def become_one(self, *others: str) -> Incident:
        """A coordinator merges these into the first."""
        for each in others:
            self.of[each].act("merge", into=self.of["ana"].ref)
        return self.of["ana"]

    def inbox(self, who: str) -> list[str]:
        return self.world.phone(MAYOR if who == "mayor" else who).inbox

    def told(self, words: str) -> dict[str, int]:
        """How many SMS with those words each contact outside has, of those that have any."""
        found = {who: sum(words in text for text in self.inbox(who)) for who in OUTSIDE}
        return {who: count for who, count in found.items() if count}


@pytest.fixture
def evening(world_of: Worlds) -> Evening:
    """Three teams and the partner report; what one of them says of a death is false, another writes under duress."""
    world = world_of(VALLEY, ABROAD, field=FIELD)
    world.headers = world.key(None, "administer")
    world.gives_pins(*(f"{team}/{name}" for team, (name, _) in TEAMS.items()))
    evening = Evening(world)
    evening.writes("ana", f"alerta {TRUE} 20 L12 la policia se yevo a P7 y otros")
    evening.takes_charge("coordinator")
    evening.writes("ana", "los subieron a un camion van como 10")
    evening.writes("john", f"Alert {TRUE} mass arest at L12, police took abt 12 people")
    evening.writes("marie", f"ALERTE {TRUE} 10 L13 ils ont tire P9 est mort")
    evening.of["partner"] = world.raises(perpetrator="police", people=[{"code": "P7"}], place="L12")
    world.runtime.transact(uses_up, CAST["coordinator"])
    evening.writes("john", f"FALSE {DURESS} all fine")
    return evening


def test_who_is_at_work_knows_what_to_read_first_and_each_outside_hears_of_one_arrest_once(evening: Evening) -> None:
    """A3, A5, A9, B9: also of what fell into six minutes without the provider; the police, who are accused, never."""
    assert "before you call anybody, read the page" in evening.inbox("coordinator")[-1]
    evening.become_one("john", "partner", "marie")

    evening.world.sandbox.stop()
    evening.world.passes(minutes=6)
    evening.world.sandbox.start()
    evening.world.passes(minutes=20)

    assert evening.told("") == dict.fromkeys(("ombuds", "defenders", "spain", "germany", "mayor"), 1)
    assert not re.search("L1[23]|P[79]|Secreta", str([evening.inbox(who) for who in OUTSIDE]))


def test_what_a_part_tells_is_no_more_than_a_part_and_leaves_with_it(evening: Evening) -> None:
    """B2, B5: the whole stays an arrest, also once the part is apart again, and only who was told is corrected."""
    whole, part = evening.become_one("john", "partner", "marie"), evening.of["marie"]
    evening.writes("marie", f"NOUV {TRUE} P9 est vivant, blesse a l'oeil")
    as_one = whole["type"]

    whole.act("split", reports=[part.ref])
    evening.world.passes(minutes=12)
    part.act("close", reason="false_alarm")

    assert (as_one, whole["type"], whole["status"]) == ("arrest", "arrest", "open")
    believed = evening.told(f"{part.ref}: killing") | {"spain": evening.told(f"{part.ref}: asesinato").pop("spain")}
    assert believed == dict.fromkeys(("ombuds", "defenders", "spain", "germany"), 1)
    assert evening.told(f"{part.ref}: we correct") | evening.told(f"{part.ref}: corregimos") == believed


def test_from_lowered_consent_to_a_reopening_each_hears_what_it_may(evening: Evening) -> None:
    """A3, B3: the embassies, one of which has taken charge, hear no more; all others hear each step once."""
    evening.of["marie"].act("close", reason="duplicate")
    whole = evening.become_one("john", "partner")
    evening.world.passes(minutes=15)
    evening.takes_charge("spain")
    abroad = {who: len(evening.inbox(who)) for who in ("spain", "germany")}

    whole.act("consent", scope="national", given_by="P7", how="telephone", people=["P7"])
    whole.act("updates", text="20 are free, 10 are with the prosecutor")
    whole.act("close", reason="released")
    evening.world.passes(minutes=200)
    whole.act("reopen", reason="P7 was taken again")

    for words in ("there is news", "closed", "open again"):
        assert evening.told(f"{whole.ref}: {words}") == {"ombuds": 1, "defenders": 1, "mayor": 1}
    assert {who: len(evening.inbox(who)) for who in abroad} == abroad
