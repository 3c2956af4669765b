"""What `trees simulate` foretells is what happens: the same people, methods and moments as in earnest."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from alertnet.core.forecast.script import Calls, Deed, Does, Script, ScriptReader
from alertnet.core.forecast.simulate import rehearse
from alertnet.core.forecast.simulation import Rehearsal
from alertnet.core.incident import Affected, Facts, Perpetrator, PersonKind, Scope, Severity
from alertnet.flows.forecast.ahead import entries_ahead
from alertnet.flows.unit.locked_incident import look_closely
from alertnet.sandbox.telephony.network import Behaviour
from alertnet.store.db.tx import Tx
from alertnet.store.records import escalations, incidents
from alertnet.store.views.timeline_view import Entry
from tests.scenarios.conftest import Worlds
from tests.scenarios.record import planned
from tests.scenarios.valley import a_tree
from tests.scenarios.world import FRIDAY_NIGHT, Incident, World, code_in, decision_code_in, spoken_code_in

KINDS = ("alert", "reminder", "decision", "alarm", "task")
FACTS = Facts(
    "arrest",
    Severity.CRITICAL,
    "CO",
    consent=Scope.INTERNATIONAL,
    people=(Affected("P7", PersonKind.ACCOMPANIER, nationality="ES"),),
    perpetrator=Perpetrator.ARMY,
)
CONTACTS = """
  coordinator: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550101"}], deputy: second}
  second: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}
  ombuds: {role: ombuds, organisation: Ombuds, methods: [{sms: "+573005550120"}, {email: o@ombuds.example, after: 4m}]}
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}
"""
MAYOR = """
  mayor:
    role: authority
    organisation: Mayor
    hours: "Mo-Su 06:00-21:45"
    methods: [{task: Call the secretary}, {task: Call the mayor, after: 5m}]
    when_closed: [{sms: "+573005550140"}]
"""
VALLEY = a_tree(
    """
  - {name: Coordination, notify: [coordinator], wait: 10m, repeat: {every: 3m, times: 2}}
  - {name: Friends, notify: [ombuds, desk], acknowledge: all, wait: 20m}
""",
    CONTACTS,
)
COAST = a_tree(
    """
  - {name: Coordination, notify: [second], wait: 7m}
  - {name: Office, notify: [desk, mayor], wait: 15m, needs_go: {proceed_after: 12m}}
""",
    CONTACTS + MAYOR,
    tree="coast",
    rest="start: {after: 5m}\nrounds: 2",
)


SEEDS = 2
NIGHTS = [*range(SEEDS), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(SEEDS, 100))]
NOTED = ("level_opened", "level_gave_way", "rule_met", "escalation_acknowledged", "go_asked")
FRIENDS = ("ombuds", "desk", "mayor", "nuncio")
PEOPLE = {
    "coordinator": '{role: coordinator, organisation: Valley, methods: [{sms: "+573005550101"}], deputy: second}',
    "second": '{role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}',
    "ombuds": '{role: ombuds, organisation: Ombuds, methods: [{sms: "+573005550120"}]}',
    "desk": '{role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}], deputy: nuncio}',
    "mayor": '{role: authority, organisation: Mayor, methods: [{sms: "+573005550140"}, {task: Call her, after: 5m}]}',
    "nuncio": '{role: other, organisation: Church, methods: [{email: n@n.example}, {sms: "+573005550141", after: 3m}]}',
}


def random_tree(dice: Random, id: str) -> str:
    """A tree whose contacts have their numbers in common with those of the others."""
    names = [*PEOPLE]
    levels = []
    for number in range(dice.randint(1, 3)):
        notify = ", ".join(dice.sample(names, dice.randint(1, 3)))
        more = dice.choice(
            ["", "repeat: {every: 4m, times: 2}, ", "acknowledge: all, ", "needs_go: {proceed_after: 6m}, "]
        )
        levels.append(f"  - {{name: Level {number}, notify: [{notify}], {more}wait: {dice.choice([5, 8, 12, 20])}m}}\n")
    people = "".join(f"  {name}: {person}\n" for name, person in PEOPLE.items())
    start = dice.choice(["", "start: {after: 4m}", "start: {after: 15m, unless: acknowledged}"])
    return a_tree("".join(levels), people, tree=id, rest=f"{start}\nrounds: {dice.randint(1, 2)}")


def random_script(dice: Random, world: World) -> Script:
    """Who answers or says no, which level a coordinator opens or holds, and whose telephone is off."""
    deeds = [
        Deed(timedelta(minutes=dice.randint(1, 70), seconds=18), does, "coast", who)
        for who in dice.sample(FRIENDS, dice.randint(0, 2))
        for does in [dice.choice([Does.ANSWERS, Does.ANSWERS, Does.DECLINES])]
    ]
    if decision := dice.choice([None, None, Does.GO, Does.HOLD]):
        level = dice.choice(world.runtime.network.trees["coast"].levels).name
        deeds.append(Deed(timedelta(minutes=dice.randint(1, 30), seconds=42), decision, "coast", level))
    off = dice.choice([[], [], ["coast/ombuds/sms"], ["coast/nuncio/sms"]])
    return Script(tuple(deeds), ScriptReader(world.runtime.network, FACTS).fails("--fails", off), gives_go=False)


def number_of(world: World, tree: str, contact: str) -> str:
    return min(world.runtime.network.trees[tree].contacts[contact].numbers)


def history(incident: Incident) -> list[tuple[str, float, str, str]]:
    """(tree, minute, what, of which level) of what the escalations have done, as the timeline has it."""
    items, cursor = [], 0
    while cursor is not None:
        page = incident.world.client.get(
            f"/v1/incidents/{incident.ref}/timeline?cursor={cursor}", headers=incident.world.headers
        ).json()
        items += page["items"]
        cursor = page["next"]
    return sorted(
        (each["payload"]["tree"], minute_of(datetime.fromisoformat(each["at"])), each["kind"], each["payload"]["level"])
        for each in items
        if each["kind"] in NOTED
    )


def as_noted(rehearsal: Rehearsal) -> list[tuple[str, float, str, str]]:
    return sorted(
        (each.tree, minute_of(each.at), each.kind, str(each.payload["level"]))
        for each in rehearsal.noted
        if each.kind in NOTED
    )


def minute_of(at: datetime) -> float:
    return round((at - FRIDAY_NIGHT).total_seconds() / 60, 3)


def answer(tree: str, contact: str, minutes: int, seconds: int = 0) -> Deed:
    return Deed(timedelta(minutes=minutes, seconds=seconds), Does.ANSWERS, tree, contact)


def foretold(world: World, *, hours: float, script: Script) -> Rehearsal:
    trees = world.runtime.network.trees.values()
    return rehearse(FACTS, trees, FRIDAY_NIGHT, FRIDAY_NIGHT + timedelta(hours=hours), script)


def as_planned(rehearsal: Rehearsal, opened_at: datetime) -> list[tuple[str, str, float]]:
    told = {
        (each.contact.id, each.method.kind.value, round((each.at - opened_at).total_seconds() / 60, 3))
        for each in rehearsal.told
        if each.kind in KINDS
    }
    return sorted(told, key=lambda each: (each[2], each[0], each[1]))


def assert_foretold(told: list[tuple[str, str, float]], foretold: list[tuple[str, str, float]]) -> None:
    """All of it happened; only a coordinator's phone that has had its share of an hour is told the rest in one (B9)."""
    spared = [each for each in foretold if each not in told]
    assert [each for each in foretold if each not in spared] == told
    assert {who for who, _, minute in spared if minute < 30} == set()
    assert {who for who, _, _ in spared} <= {"coordinator", "second"}


def happened(incident: Incident) -> list[tuple[str, str, float]]:
    return planned(incident, *PEOPLE, kinds=KINDS)


def test_a_night_in_which_nobody_answers_goes_as_it_was_foretold(world_of: Worlds) -> None:
    world = world_of(VALLEY, COAST)
    incident = world.raises()

    world.passes(hours=2)

    script = Script(gives_go=False)
    assert_foretold(happened(incident), as_planned(foretold(world, hours=2, script=script), FRIDAY_NIGHT))


def test_coordinators_of_a_tree_that_tells_nobody_are_foretold_as_they_are_told(world_of: Worlds) -> None:
    """B3: questions and alarms go to the coordinators of every tree that serves the country."""
    elsewhere = CONTACTS.replace("+573005550101", "+573005550105").replace("+573005550102", "+573005550106")
    silent = a_tree("  - {name: Grave, notify: [ombuds], when: {severity: [watch]}}\n", elsewhere, tree="hills")
    world = world_of(COAST, silent)
    incident = world.raises()

    world.passes(minutes=30)

    script = Script(gives_go=False)
    rehearsal = foretold(world, hours=0.5, script=script)
    assert {each.tree for each in rehearsal.noted} == {"coast"}
    assert {each.tree for each in rehearsal.told if each.kind == "decision"} == {"coast", "hills"}
    assert happened(incident) == as_planned(rehearsal, FRIDAY_NIGHT)


@pytest.mark.parametrize("seed", NIGHTS)
def test_whatever_the_trees_are_it_goes_as_it_was_foretold(world_of: Worlds, seed: int) -> None:
    """Trees, answers, refusals, decisions, dead telephones at random: the same messages, and history of each tree."""
    dice = Random(seed)
    world = world_of(*(random_tree(dice, tree) for tree in ("coast", "hills", "valley")[: dice.randint(1, 3)]))
    script = random_script(dice, world)
    rehearsal = foretold(world, hours=89.5 / 60, script=script)

    for tree, contact, _ in script.fails:
        world.phone(number_of(world, tree, contact)).behaves(Behaviour.SWITCHED_OFF)
    incident = world.raises()
    for deed in sorted(set(script.deeds) - {each.deed for each in rehearsal.ignored}):
        world.passes(minutes=deed.after.seconds / 60 - minute_of(world.clock.at))
        if deed.does in (Does.GO, Does.HOLD):
            incident.act("go", tree=deed.tree, level=deed.about, decision=deed.does.value)
        else:
            kind = "acknowledged" if deed.does is Does.ANSWERS else "declined"
            incident.act("acknowledgements", expect=201, tree=deed.tree, contact=deed.about, kind=kind)
    world.passes(minutes=89.5 - minute_of(world.clock.at))

    assert_foretold(happened(incident), as_planned(rehearsal, FRIDAY_NIGHT))
    assert history(incident) == as_noted(rehearsal)


def test_a_hold_of_a_level_that_is_open_has_no_effect(world_of: Worlds) -> None:
    """The API refuses it: what tells already is ended by refusing it."""
    world = world_of(VALLEY)
    held = Script((Deed(timedelta(minutes=1), Does.HOLD, "valley", "Coordination"),))

    rehearsal = foretold(world, hours=1, script=held)

    assert [each.why for each in rehearsal.ignored] == ["its level is open by then"]
    world.raises().act("go", tree="valley", level="Coordination", decision="hold", expect=409)
    assert rehearsal.told == foretold(world, hours=1, script=Script()).told


def test_an_answer_has_the_effect_that_was_foretold(world_of: Worlds) -> None:
    world = world_of(VALLEY)
    incident = world.raises()
    world.passes(minutes=12)
    world.texts("ombuds", f"OK {code_in(world.phone('ombuds').inbox[-1])}")

    world.passes(minutes=48)

    script = Script((answer("valley", "ombuds", 12),), gives_go=False)
    assert happened(incident) == as_planned(foretold(world, hours=1, script=script), FRIDAY_NIGHT)


def test_a_night_that_is_answered_comes_to_its_end(world_of: Worlds) -> None:
    world = world_of(VALLEY)
    answers = answer("valley", "ombuds", 12), answer("valley", "desk", 15)

    rehearsal = foretold(world, hours=24, script=Script(answers))

    assert rehearsal.ends_at == FRIDAY_NIGHT + timedelta(minutes=15)


def test_a_go_that_is_given_opens_its_level_at_once(world_of: Worlds) -> None:
    world = world_of(COAST)

    given = foretold(world, hours=1, script=Script())
    withheld = foretold(world, hours=1, script=Script(gives_go=False))

    def told(rehearsal: Rehearsal) -> datetime:
        return next(each.at for each in rehearsal.told if each.level == "Office" and each.kind == "alert")

    assert told(withheld) - told(given) == timedelta(minutes=12)


def test_whoever_a_holiday_closes_is_named_with_it(world_of: Worlds) -> None:
    """And is reached by what its tree says for then."""
    closed = CONTACTS.replace(
        "desk: {role: ngo, organisation: Head office, ",
        'desk: {role: ngo, organisation: Head office, hours: "Mo-Fr 09:00-17:00", holidays: [CO], '
        'when_closed: [{sms: "+32470550199"}], ',
    )
    world = world_of(a_tree("  - {name: Coordination, notify: [coordinator, desk], wait: 10m}\n", closed))
    christmas = datetime(2026, 12, 25, 15, 0, tzinfo=UTC)

    trees = world.runtime.network.trees.values()
    rehearsal = rehearse(FACTS, trees, christmas, christmas + timedelta(minutes=5), Script())

    assert [(each.contact, each.by) for each in rehearsal.closed] == [("desk", "CO: Christmas Day")]
    assert [each.method.address for each in rehearsal.told if each.contact.id == "desk"] == ["+32470550199"]


CALLED = (
    CONTACTS
    + """
  bishop: {role: other, organisation: Church, methods: [{call: "+573005550150"}, {sms: "+573005550151", after: 8m}]}
"""
)
PARISH = a_tree("  - {name: Church, notify: [bishop], wait: 20m, repeat: {every: 6m, times: 2}}\n", CALLED)


@pytest.mark.parametrize(
    ("calls", "phone"), [(Calls.RING_OUT, Behaviour.MANUAL), (Calls.VOICEMAIL, Behaviour.VOICEMAIL)], ids=str
)
def test_a_call_that_nobody_takes_hands_over_as_early_as_was_foretold(
    world_of: Worlds, calls: Calls, phone: Behaviour
) -> None:
    world = world_of(PARISH)
    world.phone("+573005550150").behaves(phone)
    incident = world.raises()
    world.passes(minutes=19)

    rehearsal = foretold(world, hours=19 / 60, script=Script(calls=calls, gives_go=False))

    told = planned(incident, "bishop", kinds=KINDS)
    assert ("bishop", "sms", 0.5 if calls is Calls.RING_OUT else 0) in told
    assert told == as_planned(rehearsal, FRIDAY_NIGHT)


def test_a_call_that_somebody_only_hears_pauses_its_repeats_as_was_foretold(world_of: Worlds) -> None:
    """B4: the code is keyed, nothing more is said: no method takes over, and this number is left in peace."""
    world = world_of(PARISH)
    incident = world.raises()
    call = world.phone("+573005550150").answers()
    call.press(spoken_code_in(call.words)).hang_up()
    world.passes(minutes=19)

    rehearsal = foretold(world, hours=19 / 60, script=Script(calls=Calls.ANSWERED, gives_go=False))

    told = planned(incident, "bishop", kinds=KINDS)
    assert told == [("bishop", "call", 0), ("bishop", "sms", 8), ("bishop", "sms", 12)]
    assert told == as_planned(rehearsal, FRIDAY_NIGHT)


def test_what_never_arrives_hands_over_as_was_foretold(world_of: Worlds) -> None:
    world = world_of(VALLEY)
    world.phone("ombuds").behaves(Behaviour.SWITCHED_OFF)
    incident = world.raises()
    world.passes(minutes=30)
    fails = ScriptReader(world.runtime.network, FACTS).fails("--fails", ["ombuds/sms"])

    rehearsal = foretold(world, hours=0.5, script=Script(fails=fails, gives_go=False))

    assert ("ombuds", "email", 10) in happened(incident)
    assert happened(incident) == as_planned(rehearsal, FRIDAY_NIGHT)


def test_whoever_can_only_relay_is_foretold_to_satisfy_nothing(world_of: Worlds) -> None:
    """B3: relays never count, and end the number that relayed."""
    relays = CALLED.replace('{sms: "+573005550151", after: 8m}', '{sms: "+573005550151", acknowledges_as: relay}')
    relays = relays.replace('{call: "+573005550150"}, ', "")
    world = world_of(PARISH.replace(CALLED, relays))
    incident = world.raises()
    world.passes(minutes=1)
    world.texts("+573005550151", f"OK {code_in(world.phone('+573005550151').inbox[-1])}")
    world.passes(minutes=24)

    rehearsal = foretold(world, hours=25 / 60, script=Script((answer("valley", "bishop", 1),), gives_go=False))

    assert [each.kind for each in rehearsal.noted if each.payload.get("contact") == "bishop"] == ["relayed"]
    assert planned(incident, "bishop", *PEOPLE, kinds=KINDS) == as_planned(rehearsal, FRIDAY_NIGHT)
    assert history(incident) == as_noted(rehearsal)


def test_a_decline_and_a_report_have_the_effects_that_were_foretold(world_of: Worlds) -> None:
    level = "  - {name: Friends, notify: [ombuds], wait: 20m, action_due: {after: 15m, otherwise: again}}\n"
    world = world_of(a_tree("  - {name: Coordination, notify: [coordinator], wait: 10m}\n" + level, CONTACTS))
    incident = world.raises()
    world.passes(minutes=2)
    world.texts("coordinator", f"NO {code_in(world.phone('coordinator').inbox[-1])}")
    world.passes(minutes=9)
    world.texts("ombuds", f"OK {code_in(world.phone('ombuds').inbox[-1])}")
    world.passes(minutes=9)
    incident.act("actions", contact="ombuds", action="visited")
    world.passes(minutes=40)
    deeds = [
        Deed(timedelta(minutes=2), Does.DECLINES, "valley", "coordinator"),
        answer("valley", "ombuds", 11),
        Deed(timedelta(minutes=20), Does.REPORTS, "valley", "ombuds"),
    ]

    rehearsal = foretold(world, hours=1, script=Script(tuple(deeds), gives_go=False))
    silent = foretold(world, hours=1, script=Script(tuple(deeds[:2]), gives_go=False))

    assert ("second", "sms", 2) in planned(incident, "second", kinds=KINDS)
    assert planned(incident, *PEOPLE, kinds=KINDS) == as_planned(rehearsal, FRIDAY_NIGHT)
    assert as_planned(silent, FRIDAY_NIGHT) != as_planned(rehearsal, FRIDAY_NIGHT)


@pytest.mark.parametrize("does", [Does.GO, Does.HOLD], ids=str)
def test_a_decision_at_its_moment_has_the_effects_that_were_foretold(world_of: Worlds, does: Does) -> None:
    """The level opens now, or stays where it is, and is asked about again after an hour."""
    world = world_of(COAST)
    incident = world.raises()
    world.passes(minutes=15)
    world.texts("coordinator", f"{does.upper()} {decision_code_in(world.phone('coordinator').inbox[-1])}")
    world.passes(minutes=65)

    deed = Deed(timedelta(minutes=15), does, "coast", "Office")
    rehearsal = foretold(world, hours=80 / 60, script=Script((deed,), gives_go=False))

    alerts = [minute_of(each.at) for each in rehearsal.told if each.level == "Office" and each.kind == "alert"]
    assert alerts[:1] == ([15] if does is Does.GO else [])
    assert_foretold(happened(incident), as_planned(rehearsal, FRIDAY_NIGHT))
    assert history(incident) == as_noted(rehearsal)


def test_an_alarm_that_is_answered_is_repeated_no_more_as_was_foretold(world_of: Worlds) -> None:
    """B3: taking the alarm is not taking charge."""
    world = world_of(VALLEY)
    incident = world.raises()
    world.passes(minutes=35)
    alarm = next(text for text in reversed(world.phone("coordinator").inbox) if "nobody has taken charge" in text)
    world.texts("coordinator", code_in(alarm))
    world.passes(minutes=35)

    answered = foretold(world, hours=70 / 60, script=Script(alarms=timedelta(minutes=5), gives_go=False))
    silent = foretold(world, hours=70 / 60, script=Script(gives_go=False))

    assert_foretold(happened(incident), as_planned(answered, FRIDAY_NIGHT))
    assert len(answered.told) < len(silent.told)


def test_an_answer_before_anybody_was_told_is_foretold_as_nothing(world_of: Worlds) -> None:
    world = world_of(VALLEY)
    early = answer("valley", "ombuds", 9)

    rehearsal = foretold(world, hours=1, script=Script((early,), gives_go=False))

    assert [each.deed for each in rehearsal.ignored] == [early]
    assert ("ombuds", "sms", 10) in as_planned(rehearsal, FRIDAY_NIGHT)


def test_what_counts_in_another_tree_is_foretold_there(world_of: Worlds) -> None:
    """B1: the desk that both trees have is told once, and stands in the level of each."""
    world = world_of(VALLEY, COAST)

    rehearsal = foretold(world, hours=1, script=Script())

    shared = next(each for each in rehearsal.shared if each.contact == "desk")
    assert (shared.tree, shared.level) != (shared.told.tree, shared.told.level)
    assert set(shared.told.trees) == {"coast", "valley"}


def test_a_hold_that_is_foretold_keeps_a_level_that_needs_no_go(world_of: Worlds) -> None:
    """B3: it is asked about, and told to nobody without a go."""
    world = world_of(VALLEY)
    hold = Deed(timedelta(minutes=5), Does.HOLD, "valley", "Friends")

    free = foretold(world, hours=1, script=Script())
    held = foretold(world, hours=1, script=Script((hold,)))

    assert any(told.level == "Friends" and told.kind == "alert" for told in free.told)
    assert not any(told.level == "Friends" and told.kind == "alert" for told in held.told)
    assert [note.payload["level"] for note in held.noted if note.kind == "go_asked"] == ["Friends"]


def test_what_comes_of_an_incident_under_way_is_what_the_console_foretells(world_of: Worlds) -> None:
    """The plan that is drawn in grey: asked after a quarter of an hour, the hour behind it goes so.

    But for the coordinators' own phones, which are told of several matters at once (B9).
    """
    world = world_of(VALLEY, COAST)
    incident = world.raises()
    world.passes(minutes=15)
    before = set(happened(incident))
    ahead = world.runtime.read(_ahead, incident.ref)

    world.passes(minutes=60)

    foretold = {
        (str(each.payload["contact"]), str(each.payload["method"]), minute_of(each.at))
        for each in ahead
        if each.kind == "attempt_sent"
    }
    alerts = planned(incident, *PEOPLE, kinds=("alert", "reminder", "task"))
    told = {each for each in alerts if each not in before and each[0] not in ("coordinator", "second")}
    friends = {each for each in foretold if each[0] not in ("coordinator", "second")}
    assert {each for each in friends if each[2] < 75} == {each for each in told if each[2] < 75}
    assert len(told) > 10


def _ahead(tx: Tx, ref: str) -> list[Entry]:
    found = incidents.get(tx.session, incidents.id_of(tx, ref))
    return entries_ahead(look_closely(tx, found, escalations.look_at_each(tx.session, [found.id])[found.id]))
