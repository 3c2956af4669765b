"""What closed incidents held is erased for good, and what is to stay of them stays (A10)."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Row, Table, select, text

from alertnet.core.errors import Purged, WrongState
from alertnet.core.monitoring.retention import Age
from alertnet.flows.credentials.pins import has_pin
from alertnet.flows.credentials.users import record
from alertnet.flows.desk.figures import read_figures
from alertnet.flows.incidents.drills import cancel_drill
from alertnet.flows.sending.record_outcome import track_sms
from alertnet.flows.system import purge, subject
from alertnet.flows.system.purge import PurgeDecision
from alertnet.store.db.tx import Tx
from alertnet.store.records import incidents, timeline
from alertnet.store.records.inbound import quarantined
from alertnet.store.tables import NOBODY, attempts, drills, inbound, metadata
from alertnet.store.tables import incidents as table
from alertnet.store.views import audit
from alertnet.worker.purging import purge_by_itself, purge_incident, purge_old
from tests.scenarios.conftest import Worlds
from tests.scenarios.test_drills import begins, plans
from tests.scenarios.test_paused import SMS, pauses
from tests.scenarios.valley import CONTACTS, COORDINATION, a_tree
from tests.scenarios.world import CAST, FRIDAY_NIGHT, Incident, World, code_in, link_in
from tests.web.test_odd_values import BODIES

ID = re.compile(r"[0-9a-f]{32}")
DECISION = PurgeDecision("Ines", "she asked for it")
KEPT_ELSEWHERE = {"documents", "limit_usage", "api_keys"}
"""The trees, which are the network's; what limits count for a few hours; keys."""


DEPUTY = (
    CONTACTS.replace("role: coordinator,", "role: coordinator, drills: true, deputy: second,")
    + """
  second: {role: coordinator, organisation: Valley, disclosure: full, methods: [{sms: "+573005550102"}]}
"""
)


@pytest.fixture
def world(world_of: Worlds) -> World:
    """A network of few; what is erased wherever it stood is looked for in that of the example trees."""
    return world_of(a_tree(COORDINATION, DEPUTY).replace("language: en", "language: es"))


def no_rest() -> None:
    """Nobody waits for the database here."""


def told(world: World) -> Incident:
    """An incident that a member has raised by text, passed on, with news, an answer, and its end two days later."""
    world.texts("ana", "SOS 20 L12 P7 C2 they took her at Puente Secreto")
    incident = world.newest()
    incident.act("updates", text="she is in Comisaria Secreta")
    code = code_in(world.phone("coordinator").inbox[0])
    world.texts("coordinator", f"PASS {code}")
    world.texts("coordinator", f"DONE {code} spoke with Sargento Secreto")
    incident.act("close", reason="released", text="Home, says her sister Secreta")
    world.passes(hours=48)
    return incident


def ended(world: World, **body: Any) -> Incident:
    """An incident that was raised and closed by API."""
    incident = world.raises(**body)
    incident.act("close", reason="released")
    return incident


def id_of(world: World, incident: Incident) -> str:
    return world.runtime.read(incidents.id_of, incident.ref)


def still_open(world: World) -> list[Incident]:
    items = world.client.get("/v1/incidents", headers=world.headers).json()["items"]
    return [Incident(world, each["ref"]) for each in items if each["status"] == "open"]


def purges(world: World, incident: Incident) -> None:
    purge_incident(world.runtime, id_of(world, incident), DECISION, no_rest)


def holds(world: World, incident: Incident, *, is_held: bool = True) -> None:
    world.runtime.transact(purge.hold, incident.ref, PurgeDecision("Ines", "a court"), is_held=is_held)


def erases(world: World, who: str) -> None:
    network = world.runtime.edition.network
    world.runtime.transact(subject.erase_subject, network, subject.subject_of(network, who), DECISION)


def timeline_of(tx: Tx, kind: str) -> list[Any]:
    """What the system's entries of that kind say."""
    return [payload for _, payload in timeline.of_kind(tx.session, timeline.SYSTEM, kind)]


def everything(world: World) -> Iterator[tuple[str, Any]]:
    """Every value of every row but ids, opened where it is sealed, with its table and column.

    Among the digits of an id four may stand that are somebody's code by chance.
    """

    def values(tx: Tx) -> list[tuple[str, Any]]:
        tables = [each for each in metadata.sorted_tables if each.name not in KEPT_ELSEWHERE]
        return [
            (f"{each.name}.{column}", value)
            for each in tables
            for row in tx.session.execute(select(each)).mappings()
            for column, value in row.items()
            if not ID.fullmatch(str(value))
        ]

    yield from world.runtime.read(values)


def rows(world: World, table: Table) -> list[Row[Any]]:
    return world.runtime.read(lambda tx: list(tx.session.execute(select(table))))


def traces(world: World, *of: str) -> set[str]:
    """The columns that hold one of these texts, or the blind index of one."""
    indexes = {index for each in of for index in world.runtime.vault.indexes(each)}
    return {
        place
        for place, value in everything(world)
        if any(is_in(each, str(value)) for each in of) or (isinstance(value, bytes) and value in indexes)
    }


def is_in(text: str, value: str) -> bool:
    """Whether the value holds that text; four digits within an id or a hash are no code."""
    if len(text) == 4 and text.isdecimal():
        return re.search(rf"(?<![0-9a-f]){text}(?![0-9a-f])", value) is not None
    return text in value


def test_nothing_of_people_places_words_and_numbers_is_left(either_world: World) -> None:
    """A10: neither in clear, nor sealed, nor as what a number is found by."""
    world = either_world
    incident = told(world)
    body = world.phone("coordinator").inbox[0]
    secrets = ("Secret", "L12", *CAST.values(), code_in(body), link_in(body).rpartition("/")[2])
    before = traces(world, *secrets)

    purges(world, incident)

    assert {"incidents.facts", "notifications.address", "timeline.payload", "inbound.body", "codes.code"} <= before
    assert "escalations.state" in before
    assert traces(world, *secrets) == set()
    assert world.runtime.read(lambda tx: audit.verify(tx.session)) == []


def test_the_record_still_verifies_and_says_who_purged_what_and_why(world: World) -> None:
    """A10: purging is an entry itself; the figures are those of before, and what nobody has dealt with is still there.

    Of two texts of a borrowed phone one was bound, and raised the alarm; the other is still to be read.
    """
    incident = told(world)
    world.texts("stranger", "somos cinco")
    chain = id_of(world, incident)
    about = (world.runtime.edition.network, FRIDAY_NIGHT - timedelta(days=1), world.clock.at)
    figures = world.runtime.read(read_figures, *about)

    purges(world, incident)

    assert world.runtime.read(lambda tx: audit.verify(tx.session)) == []
    assert world.runtime.read(lambda tx: audit.purged_incidents(tx.session)) == 1
    [(_, entry)] = world.runtime.read(lambda tx: timeline.of_kind(tx.session, "system", "incident_purged"))
    assert entry == {"ref": incident.ref, "by": "Ines", "why": "she asked for it"}
    [(_, own)] = world.runtime.read(lambda tx: timeline.of_kind(tx.session, chain, "purged"))
    assert own["why"] == "she asked for it"
    assert figures.tried
    assert world.runtime.read(read_figures, *about) == figures
    assert "somos cinco" in [row.body for row in rows(world, inbound)]


def test_its_page_says_calmly_that_it_is_over_and_the_api_that_it_is_gone(world: World) -> None:
    """B5: 410 purged, which the API describes wherever it says so."""
    incident = told(world)
    link = link_in(world.phone("coordinator").inbox[0])
    assert world.client.get(link).status_code == 200

    purges(world, incident)

    page = world.client.get(link)
    assert (page.status_code, "closed long ago" in page.text) == (410, True)
    assert world.client.post(link, data={"answer": "acknowledge"}).status_code == 410
    shown = world.client.get(f"/v1/incidents/{incident.ref}", headers=world.headers)
    assert (shown.status_code, shown.json()["title"]) == (410, "Gone")
    [listed] = world.client.get("/v1/incidents", headers=world.headers).json()["items"]
    assert (listed["ref"], listed["type"], "purged_at" in listed) == (incident.ref, "arrest", True)
    paths = world.client.get("/openapi.json").json()["paths"]
    asked = {
        (method, path): world.client.request(
            method,
            path.format(ref=incident.ref, id="a"),
            json=BODIES.get(path) if method == "post" else None,
            headers=world.headers,
        ).status_code
        for path, methods in paths.items()
        for method in methods
        if "{ref}" in path
    }
    assert len(asked) > 15
    assert set(asked.values()) == {410}, asked
    assert [each for each in asked if "410" not in paths[each[1]][each[0]]["responses"]] == []


def test_an_incident_that_is_open_held_or_under_way_stays(world: World) -> None:
    incident = world.raises()
    with pytest.raises(WrongState, match=r"is open"):
        purges(world, incident)
    world.is_deaf = True
    incident.act("close", reason="released")
    with pytest.raises(WrongState, match=r"still under way"):
        purges(world, incident)
    world.is_deaf = False
    world.passes(hours=48)
    holds(world, incident)
    with pytest.raises(WrongState, match=r"is held since"):
        purges(world, incident)
    assert purge_old(world.runtime, world.clock.at, DECISION, no_rest) == 0
    assert incident["status"] == "closed"

    holds(world, incident, is_held=False)
    purges(world, incident)

    with pytest.raises(Purged):
        id_of(world, incident)


def test_what_is_reopened_and_closed_again_while_others_are_purged_stays(world: World) -> None:
    """A10: what was added to it is no two years old."""
    first, second = ended(world), ended(world)
    world.passes(hours=48)
    before, acts = world.clock.at, iter(("reopen", "close"))

    def meanwhile() -> None:
        for act in acts:
            second.act(act, reason="released")
            world.passes(hours=48)

    purged = purge_old(world.runtime, before, DECISION, meanwhile)

    assert (purged, next(acts, None)) == (1, None)
    assert second["status"] == "closed"
    with pytest.raises(Purged):
        id_of(world, first)


def test_coordinators_are_told_once_of_an_incident_that_can_not_be_purged(world: World) -> None:
    """What was promised to be erased is still there, and the log is read by nobody; the others are erased (A11)."""
    damaged, whole = ended(world), ended(world)
    world.passes(hours=48)
    damage = text("UPDATE incidents SET close_reason = '?' WHERE ref = :ref")
    world.runtime.transact(lambda tx: tx.session.execute(damage, {"ref": damaged.ref}))
    before = len(world.phone("coordinator").inbox)

    purged = [purge_old(world.runtime, world.clock.at, DECISION, no_rest) for _ in range(2)]
    world.settles()

    assert purged == [1, 0]
    with pytest.raises(Purged):
        id_of(world, whole)
    [notice] = world.phone("coordinator").inbox[before:]
    assert f"el incidente {damaged.ref} no se pudo borrar" in notice
    # What the system has noted of it is erased in its time, and they are told anew.
    world.passes(minutes=1)
    assert [purge_old(world.runtime, world.clock.at, DECISION, no_rest) for _ in range(2)] == [0, 0]


def test_a_purge_that_was_killed_is_ended_by_the_next(world: World) -> None:
    """Be it by age, or the same command typed again."""
    incident = told(world)
    id = id_of(world, incident)
    world.runtime.transact(purge.begin_purge, id, DECISION)
    assert "inbound.body" in traces(world, "Secret")
    again = world.runtime.read(purge.candidate, incident.ref)
    assert (again.incident.id, again.kept) == (id, None)

    purge_old(world.runtime, FRIDAY_NIGHT, DECISION, no_rest)

    assert traces(world, "Secret", *CAST.values()) == set()
    with pytest.raises(Purged):
        world.runtime.read(purge.candidate, incident.ref)
    [row] = rows(world, table)
    assert row.erased_at is not None


def test_two_reports_that_were_merged_are_purged_together(world: World) -> None:
    other = ended(world)
    again = world.raises()
    part = world.raises(summary="Otra Secreta")
    part.act("merge", into=again.ref)
    again.act("close", reason="released")
    world.passes(hours=48)

    purges(world, again)

    gone = {row.ref for row in rows(world, table) if row.erased_at is not None}
    assert gone == {again.ref, part.ref}
    assert other["status"] == "closed"


def test_a_report_that_is_merged_as_its_purge_is_asked_for_is_purged_only_with_its_whole(world: World) -> None:
    """A10: it is a part of an alarm that goes on, and nobody decided on that."""
    part, whole = ended(world, summary="Otra Secreta"), world.raises()
    world.passes(hours=48)
    asked_for = id_of(world, part)
    part.act("reopen", reason="taken again")
    part.act("merge", into=whole.ref)
    world.passes(hours=48)

    with pytest.raises(WrongState, match=r"is merged into another"):
        purge_incident(world.runtime, asked_for, DECISION, no_rest)

    assert traces(world, "Otra Secreta")
    whole.act("close", reason="released")
    world.passes(hours=48)
    purges(world, whole)
    assert [each["ref"] for each in world.runtime.read(timeline_of, "incident_purged")] == [whole.ref]


def test_a_hold_on_a_report_holds_what_it_is_merged_into(world: World) -> None:
    """And the hold is let go for both."""
    part, whole = world.raises(summary="Secreta"), world.raises()
    holds(world, part)
    part.act("merge", into=whole.ref)
    whole.act("close", reason="released")
    world.passes(hours=48)

    assert purge_old(world.runtime, world.clock.at, DECISION, no_rest) == 0
    with pytest.raises(WrongState, match=r"is held since"):
        purges(world, whole)
    assert traces(world, "Secreta")
    holds(world, part, is_held=False)
    assert purge_old(world.runtime, world.clock.at, DECISION, no_rest) == 1


@pytest.mark.parametrize("is_held_before", [True, False])
def test_what_is_split_off_is_held_as_the_whole_was(world: World, is_held_before: bool) -> None:
    part, whole = world.raises(summary="Secreta"), world.raises()
    if is_held_before:
        holds(world, whole)
    part.act("merge", into=whole.ref)
    if not is_held_before:
        holds(world, whole)
    whole.act("split", reports=[part.ref])
    for each in (part, whole):
        each.act("close", reason="released")
    world.passes(hours=48)

    assert purge_old(world.runtime, world.clock.at, DECISION, no_rest) == 0
    assert traces(world, "Secreta")
    holds(world, part, is_held=False)
    assert purge_old(world.runtime, world.clock.at, DECISION, no_rest) == 1


def test_one_that_cannot_be_read_is_purged_like_any_other(world: World) -> None:
    damaged, other = ended(world), ended(world)
    world.texts("stranger", "call me back, Ajena")
    world.passes(hours=48)

    def damage(tx: Tx) -> None:
        tx.session.execute(
            text("UPDATE incidents SET facts = :bad WHERE ref = :ref"), {"bad": b"x", "ref": damaged.ref}
        )

    world.runtime.transact(damage)

    assert purge_old(world.runtime, world.clock.at, DECISION, no_rest) == 2

    for each in (damaged, other):
        with pytest.raises(Purged):
            id_of(world, each)
    assert CAST["stranger"] not in {row.sender for row in rows(world, inbound)}


def test_of_a_drill_that_is_over_nobody_is_named_who_planned_it(world: World) -> None:
    """Held or cancelled; one that is planned stays as it is."""
    begun, cancelled = begins(world), plans(world, FRIDAY_NIGHT + timedelta(days=1))
    plans(world, FRIDAY_NIGHT + timedelta(days=31))
    world.runtime.transact(lambda tx: cancel_drill(tx, cancelled, by="the office"))
    begun.act("close", reason="resolved")
    world.passes(hours=48)
    assert len(rows(world, drills)) == 3

    purge_old(world.runtime, world.clock.at, DECISION, no_rest)

    assert [row.status for row in rows(world, drills)] == ["planned"]


@pytest.mark.parametrize("kind", ["user_linked", "user_renewed", "user_unlinked"])
def test_who_could_sign_in_by_what_is_on_the_record_for_good(world: World, kind: str) -> None:
    def changes(tx: Tx) -> None:
        for each in (kind, "user_recovery_renewed"):
            record(tx, each, "ines", "cli")

    world.runtime.transact(changes)
    world.passes(hours=1)

    purge_old(world.runtime, world.clock.at, DECISION, no_rest)

    said = {each: world.runtime.read(timeline_of, each) for each in (kind, "user_recovery_renewed")}
    assert said == {kind: [{"user": "ines", "by": "cli"}], "user_recovery_renewed": [None]}


def test_what_is_old_enough_goes_by_itself_and_with_it_what_is_about_no_incident(world: World) -> None:
    told(world)
    world.texts("stranger", "call me back, Secreta")
    world.clock.at += timedelta(days=6)
    young = world.raises(summary="Maria Reciente", details=None, place=None)
    young.act("close", reason="released")
    world.clock.at += timedelta(days=6)

    purge_by_itself(world.runtime, Age(7, "d"))

    assert traces(world, "Secreta", "Puente") == set()
    assert traces(world, "Reciente")
    assert [row.sender for row in rows(world, inbound) if row.sender == CAST["stranger"]] == []
    assert world.runtime.read(lambda tx: audit.verify(tx.session)) == []


def test_no_text_goes_while_an_incident_of_its_time_is_held(either_world: World) -> None:
    """It may be about that one, whoever sent it: neither with another incident, nor for its age."""
    world = either_world
    held = ended(world, summary="Otra")
    holds(world, held)
    world.texts("ana", "SOS 20 L12")
    closed = world.newest()
    closed.act("close", reason="released")
    world.passes(hours=48)
    texts = [row.body for row in rows(world, inbound)]

    purges(world, closed)
    purge_old(world.runtime, world.clock.at + timedelta(days=30), DECISION, no_rest)

    assert texts
    assert [row.body for row in rows(world, inbound)] == texts
    holds(world, held, is_held=False)
    purge_old(world.runtime, world.clock.at + timedelta(days=30), DECISION, no_rest)
    assert rows(world, inbound) == []


def test_what_was_erased_for_its_age_is_nothing_new_when_it_is_brought_again(world: World) -> None:
    """A1: the provider's lists outlive what we keep, and whoever has recorded a webhook may bring it again."""
    told(world)
    world.gives_pins("north/ana", duress=None)
    world.phone("ana").dials().press("47110*").press("20").hang_up()
    world.newest().act("close", reason="released")
    world.texts("stranger", "SOS, help")
    world.texts("luis", "where is everybody?")
    for incident in still_open(world):
        incident.act("close", reason="released")
    world.clock.at += timedelta(days=8)
    world.settles()
    before = [row.provider_id for row in rows(world, inbound)]
    purge_by_itself(world.runtime, Age(7, "d"))
    erased = rows(world, inbound)

    world.is_brought_all_again()
    world.catches_up()

    assert len(before) > 5
    assert [row.provider_id for row in erased] == before
    assert {(row.sender, row.body, row.reply, row.keyed) for row in erased} == {("", "", "", None)}
    assert still_open(world) == []
    assert world.runtime.read(lambda tx: quarantined(tx, None, 10)) == []
    assert rows(world, inbound) == erased
    world.clock.at += timedelta(days=31)
    purge_by_itself(world.runtime, Age(7, "d"))
    assert rows(world, inbound) == []


def test_whose_a_text_was_is_erased_with_it(world: World) -> None:
    """The name by which a coordinator took it out of quarantine would outlive it for as long as its id."""
    world.texts("stranger", "SOS 20 L12")
    [text] = world.runtime.read(lambda tx: quarantined(tx, None, 10))
    body = {"team": "north", "member": "ana"}
    assert world.client.post(f"/v1/quarantine/{text.id}", json=body, headers=world.key(None, "administer")).is_success
    world.settles()
    for incident in still_open(world):
        incident.act("close", reason="released")
    world.passes(hours=48)
    assert [row.bound_to for row in rows(world, inbound)] == ["north/ana"]

    purges(world, world.newest())

    assert [(row.body, row.bound_to) for row in rows(world, inbound)] == [("", "nobody")]


def test_a_text_that_an_older_version_erased_loses_its_owner_with_its_age(world: World) -> None:
    world.texts("stranger", "hello")
    erased = {"sender_index": bytes(16), "sender": "", "body": "", "reply": "", "bound_to": "north/ana"}
    world.runtime.transact(lambda tx: tx.session.execute(inbound.update().values(erased)))
    world.clock.at += timedelta(days=8)
    world.settles()

    purge_by_itself(world.runtime, Age(7, "d"))

    assert [row.bound_to for row in rows(world, inbound)] == ["nobody"]


def test_the_text_of_a_stranger_who_was_erased_is_not_to_be_read(world: World) -> None:
    world.texts("stranger", "hello")
    network = world.runtime.edition.network
    person = subject.subject_of(network, CAST["stranger"])
    [text] = world.runtime.read(lambda tx: quarantined(tx, None, 10))

    world.runtime.transact(subject.erase_subject, network, person, DECISION)

    assert text.text == "hello"
    assert world.runtime.read(lambda tx: quarantined(tx, None, 10)) == []


def test_of_one_person_goes_what_is_over_and_the_account_of_the_incident_stays(either_world: World) -> None:
    """What somebody has written stays in the history, which tells of others too; the numbers go."""
    world = either_world
    told(world)
    network = world.runtime.edition.network
    person = subject.subject_of(network, "colombia/coordinator-2")
    before = traces(world, *person.addresses)

    world.runtime.transact(subject.erase_subject, network, person, DECISION)

    assert {"attempts.address_index", "code_numbers.number_index", "notifications.address"} <= before
    assert traces(world, *person.addresses) <= {"notifications.said", "inbound.reply"}  # others were told to call it
    assert "timeline.payload" in traces(world, "Sargento Secreto")
    kept = world.runtime.read(subject.kept_about, network, person)
    assert {each["to"] for each in kept["messages"]} == {""}


def test_an_incident_is_reopened_though_somebody_who_was_told_has_been_erased(world: World) -> None:
    """A10, B3: who had the all-clear and is a contact still hears that it is open again, and of its next end."""
    incident = told(world)
    assert "asunto cerrado" in world.phone("coordinator").inbox[-1]
    erases(world, "valley/coordinator")

    incident.act("reopen", reason="it is not over")
    again = world.phone("coordinator").inbox[-1]
    incident.act("close", reason="resolved")

    assert "abierto de nuevo" in again
    assert "asunto cerrado" in world.phone("coordinator").inbox[-1]


def test_who_was_to_be_told_at_the_end_and_was_erased_is_told_once_it_is_open_again(world: World) -> None:
    """A2: what the end had held back can't leave any more, so the alert is written anew."""
    pauses(world, [SMS], minutes=5)
    incident = world.raises()
    incident.act("close", reason="resolved")
    erases(world, "valley/coordinator")

    incident.act("reopen", reason="it is not over")
    world.passes(minutes=6)

    assert "put_off" not in incident.timeline()
    [first, *_] = world.phone("coordinator").inbox
    assert f"alerta {incident.ref}" in first
    assert world.runtime.read(timeline_of, "put_off") == []


def test_the_pin_of_whoever_has_left_the_trees_stays_while_an_incident_runs_on_them(world_of: Worlds) -> None:
    """A6: without it the link that went out in clear would take charge of the incident."""
    world = world_of(a_tree("  - {name: Friends, notify: [ombuds], wait: 20m}\n" + COORDINATION))
    world.gives_pins("valley/ombuds", pin="58221", duress="58229")
    incident = world.raises(people=[])
    valley = world.runtime.edition.network.trees["valley"]
    left = {id: each for id, each in valley.contacts.items() if id != "ombuds"}
    network = replace(world.runtime.edition.network, trees={"valley": replace(valley, contacts=left)})
    person = subject.subject_of(network, "valley/ombuds")
    page = link_in(world.phone("ombuds").inbox[0])

    world.runtime.transact(subject.erase_subject, network, person, DECISION)

    assert world.client.post(page, data={"answer": "acknowledge"}).status_code == 403
    assert world.client.post(page, data={"answer": "acknowledge", "pin": "58221"}).status_code == 200
    incident.act("close", reason="resolved")
    world.runtime.transact(subject.erase_subject, network, person, DECISION)
    assert not world.runtime.read(lambda tx: has_pin(tx, "valley/ombuds"))


def test_a_report_of_the_provider_that_comes_after_all_changes_nothing(world: World) -> None:
    """A10: what is gone has no more history, and nobody's id at the provider is learnt again.

    Be it one of those who were told, or the incident, that is gone.
    """
    incident = told(world)
    for goes in (partial(erases, world, "valley/coordinator"), partial(purges, world, incident)):
        goes()
        before = rows(world, attempts)
        [attempt, *_] = [row.id for row in before if (row.status, row.address_index) == ("delivered", NOBODY)]

        world.runtime.transact(track_sms, attempt, "SM9", "undelivered", "30003")

        assert rows(world, attempts) == before
        assert world.runtime.read(lambda tx: audit.verify(tx.session)) == []
