"""Who is told of an incident and who is not, each with its reason (B1 Resolution, A3)."""

from dataclasses import replace
from typing import Any

import pytest

from alertnet.core.directory.contact import Contact, Method, MethodKind, Role
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.directory.on_call import Duty, Officer
from alertnet.core.directory.when import When
from alertnet.core.incident import Affected, Perpetrator, PersonKind, Scope, Severity, consent_of
from alertnet.core.resolution.exclusions import Reason
from alertnet.core.resolution.resolve import Plans, Pruned, deciding, may_be_told, resolve, unmatched_exclusions
from tests.core.cast import NOW, contact, coordinator, email, embassy, facts, level, plan_of, sms, tree


def reasons(the_tree: ContactTree, **known: Any) -> dict[str, str]:
    """Contact -> reason, of those that the one tree prunes."""
    return {each.contact: each.reason.value for each in plan_of(the_tree, **known).pruned}


def one_level(*contacts: Contact, when: When | None = None, **more: Any) -> ContactTree:
    """A tree whose only level names exactly these contacts."""
    return tree([level("Everybody", *(each.id for each in contacts), when=when or When())], contacts, **more)


# Consent


@pytest.mark.parametrize(
    ("consent", "told"),
    [
        (Scope.INTERNAL, ["inside"]),
        (Scope.NATIONAL, ["inside", "ombuds"]),
        (Scope.INTERNATIONAL, ["inside", "ombuds", "embassy"]),
        (Scope.PUBLIC, ["inside", "ombuds", "embassy", "press"]),
    ],
    ids=str,
)
def test_consent_reaches_contacts_of_its_scope_and_narrower(consent: Scope, told: list[str]) -> None:
    """A3: no contact outside the consent scope is contacted."""
    everybody = one_level(
        contact("inside"),
        contact("ombuds", scope=Scope.NATIONAL),
        contact("embassy", scope=Scope.INTERNATIONAL),
        contact("press", scope=Scope.PUBLIC),
    )

    assert list(plan_of(everybody, consent=consent).levels[0].contacts) == told


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ([], Scope.INTERNATIONAL),
        ([Scope.NATIONAL], Scope.NATIONAL),
        ([Scope.PUBLIC], Scope.INTERNATIONAL),
        ([Scope.NATIONAL, Scope.INTERNAL], Scope.INTERNAL),
        ([None], Scope.INTERNATIONAL),
        ([None, Scope.NATIONAL], Scope.NATIONAL),
    ],
    ids=["nobody", "narrower", "wider", "the narrowest", "recorded nowhere", "one recorded"],
)
def test_consent_is_the_narrowest_of_the_incident_and_its_people(people: list[Scope | None], expected: Scope) -> None:
    """B1: a person whose consent is recorded nowhere narrows nothing."""
    affected = tuple(Affected(f"P{place}", consent=consent) for place, consent in enumerate(people))

    assert consent_of(facts(people=affected)) is expected


def test_coordinators_and_last_resort_are_internal_even_against_an_explicit_scope() -> None:
    """A3: coordinators and last_resort are internal in every tree."""
    ana = coordinator("ana", scope=Scope.PUBLIC)
    office = contact("office", scope=Scope.INTERNATIONAL)
    plan = plan_of(
        tree([level("One", "ana", "office")], [ana, office], last_resort=("office",)), consent=Scope.INTERNAL
    )

    assert plan.levels[0].contacts == ("ana", "office")
    assert plan.last_resort == ("office",)
    assert plan.levels[0].approval is None


def test_a_contact_abroad_does_not_become_internal_by_one_number_it_shares_with_a_coordinator() -> None:
    """A3: its own number stays barred, and the coordinator's stays the coordinator's."""
    ana = coordinator("ana", sms("+1"))
    abroad = embassy("embassy", "ES", sms("+1"), email("consul@es.example"))
    trees = [one_level(ana, abroad)]
    known = facts(consent=Scope.INTERNAL)
    (plan,) = resolve(known, trees)

    assert plan.levels[0].contacts == ("ana",)
    assert may_be_told(known, trees, "consul@es.example") is Reason.CONSENT
    assert may_be_told(known, trees, "+1") is None


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({"exclude": ("embassy",)}, Reason.EXCLUDED),
        ({"perpetrator": Perpetrator.ARMY}, Reason.PERPETRATOR),
        ({"people": (Affected("P1", contact="abroad"),)}, Reason.INVOLVED),
    ],
    ids=["excluded", "perpetrator", "involved"],
)
def test_a_number_that_consent_leaves_to_a_coordinator_is_barred_for_whatever_else_holds(
    known: dict[str, Any], reason: Reason
) -> None:
    """A3: by any address, whoever lists it: what consent keeps from one contact hides no graver reason behind it."""
    abroad = embassy("abroad", "ES", sms("+1"), belongs_to="army")
    trees = [one_level(coordinator("ana", sms("+1")), coordinator("eva")), one_level(abroad, id="abroad")]
    spared = facts(consent=Scope.NATIONAL)

    assert may_be_told(spared, trees, "+1") is None
    assert may_be_told(facts(consent=Scope.NATIONAL, **known), trees, "+1") is reason
    assert resolve(facts(consent=Scope.NATIONAL, **known), trees)[0].levels[0].contacts == ("eva",)


def test_who_is_last_resort_of_one_tree_is_internal_in_every_tree() -> None:
    """A3: the same desk, known by its numbers, whatever scope another tree gives it."""
    desk = contact("desk", sms("+1"), scope=Scope.INTERNATIONAL)
    trees = [
        tree([level("One", "ngo")], [contact("office", sms("+1"))], last_resort=("office",), id="valley"),
        one_level(desk, id="abroad"),
    ]
    _, abroad = resolve(facts(consent=Scope.NATIONAL), trees)

    assert abroad.levels[0].contacts == ("desk",)


# Exclusion, perpetrator, involvement


@pytest.mark.parametrize("name", ["ministry-defence", "Ministry of Defence", "ministry"])
def test_a_contact_is_excluded_by_id_organisation_or_role(name: str) -> None:
    """B1: `exclude` takes contact ids, organisations, roles."""
    defence = contact("ministry-defence", role=Role.MINISTRY, organisation="Ministry of Defence")

    assert reasons(one_level(defence, contact("ngo")), exclude=(name,)) == {"ministry-defence": "excluded"}


def test_what_one_of_the_people_excludes_is_excluded_for_all() -> None:
    """B1: `people:` of teams.yaml carries exclusions of its own."""
    people = (Affected("P1"), Affected("P9", exclude=("office",)))

    assert reasons(one_level(contact("office"), contact("ngo")), people=people) == {"office": "excluded"}


def test_exclusions_that_name_nothing_are_found() -> None:
    """B1: a name that matches nothing is refused."""
    trees = [one_level(contact("office", role=Role.OMBUDS, organisation="Defensoría"))]

    assert unmatched_exclusions(["office", "Defensoría", "ombuds", "defensoria", "army"], trees) == (
        "defensoria",
        "army",
    )


@pytest.mark.parametrize(
    ("perpetrator", "expected"),
    [
        (Perpetrator.ARMY, {"brigade": "perpetrator"}),
        (Perpetrator.POLICE, {}),
        (Perpetrator.UNKNOWN, {}),
    ],
    ids=str,
)
def test_an_institution_hears_nothing_of_what_it_is_accused_of(
    perpetrator: Perpetrator, expected: dict[str, str]
) -> None:
    """A3: no contact that belongs to the alleged perpetrator is contacted."""
    everybody = one_level(contact("brigade", role=Role.AUTHORITY, belongs_to="army"), contact("mayor"))

    assert reasons(everybody, perpetrator=perpetrator) == expected


def test_the_number_that_raised_it_hears_nothing_and_its_deputy_is_told() -> None:
    """B1: the number that raised the incident receives nothing of it; its contact's deputy is told."""
    ana = coordinator("ana", sms("+1"), email("ana@pbi.example"), deputy="luis")
    plan = plan_of(tree([level("One", "ana")], [ana, coordinator("luis")]), raised_from="+1")

    assert plan.levels[0].contacts == ("luis",)
    assert plan.pruned == (Pruned("valley", "One", "ana", Reason.INVOLVED),)
    assert "ana" not in plan.allowed


def test_a_contact_among_the_people_is_replaced_by_the_first_deputy_who_may_be_told() -> None:
    """B3: involved is also who is named by people[].contact; deputies chain."""
    cast = [
        contact("ana", deputy="luis"),
        contact("luis", deputy="eva", scope=Scope.PUBLIC),
        contact("eva"),
    ]
    plan = plan_of(tree([level("One", "ana")], cast), people=(Affected("P1", contact="ana"),))

    assert plan.levels[0].contacts == ("eva",)


def test_the_deputy_of_an_involved_last_resort_is_told_too() -> None:
    """B1: consent and involvement prune those whom last resort names as well."""
    cast = [contact("office", deputy="night-desk"), contact("night-desk")]
    plan = plan_of(tree([level("One", "ngo")], [*cast, contact("ngo")], last_resort=("office",)), raised_from="+office")

    assert plan.last_resort == ("night-desk",)


def test_a_deputy_who_is_named_already_is_told_once() -> None:
    """B3: the deputy of an involved contact may stand in the level itself."""
    cast = [contact("ana", deputy="luis"), contact("luis")]
    plan = plan_of(tree([level("One", "luis", "ana")], cast), raised_from="+ana")

    assert plan.levels[0].contacts == ("luis",)


def test_nobody_else_is_told_in_place_of_an_excluded_contact() -> None:
    """B1: a deputy takes the place of the involved alone."""
    cast = [contact("ministry", deputy="vice"), contact("vice"), contact("ngo")]
    plan = plan_of(tree([level("One", "ministry", "ngo")], cast), exclude=("ministry",))

    assert plan.levels[0].contacts == ("ngo",)


# Addresses


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({"consent": Scope.NATIONAL}, Reason.CONSENT),
        ({"exclude": ("embassy",)}, Reason.EXCLUDED),
        ({"perpetrator": Perpetrator.ARMY}, Reason.PERPETRATOR),
        ({"people": (Affected("P1", contact="twin"),)}, Reason.INVOLVED),
    ],
    ids=["consent", "excluded", "perpetrator", "involved"],
)
def test_a_barred_address_bars_whoever_lists_it_in_any_tree(known: dict[str, Any], reason: Reason) -> None:
    """A3: by any address, whoever lists it; asked again at the moment of sending."""
    barred = embassy("twin", "ES", sms("+34"), belongs_to="army")
    shared = contact("friend", email("f@ngo.example"), sms("+34"))
    trees = [one_level(barred, id="abroad"), one_level(shared, contact("ngo"), id="valley")]
    incident = facts(**known)
    _, valley = resolve(incident, trees)

    assert valley.levels[0].contacts == ("ngo",)
    assert valley.pruned == (Pruned("valley", "Everybody", "friend", reason),)
    assert may_be_told(incident, trees, "+34") is reason
    assert may_be_told(incident, trees, "+ngo") is None


def test_ones_own_number_is_barred_also_while_somebody_on_duty_serves_in_its_place() -> None:
    """A3: whoever else lists it would reach the one to be spared."""
    officer = Officer("north/ana", "+ana", "es")
    desk = coordinator("desk", sms("+34"), duty=Duty((officer,), weekday=0, minute=0))
    trees = [one_level(desk, contact("friend", sms("+34")), contact("ngo")).staffed({"desk": officer})]
    told = [resolve(facts(exclude=names), trees)[0].levels[0].contacts for names in ((), ("desk",))]

    assert told == [("desk", "friend", "ngo"), ("ngo",)]
    assert may_be_told(facts(exclude=("desk",)), trees, "+34") is Reason.EXCLUDED


def test_answers_count_for_nothing_by_a_line_of_ones_own_and_whatever_consent_says() -> None:
    """A3: a duty phone that relays to two embassies says of neither what is known of the other."""
    duty = (sms("+999", relays=True),)
    cast = [
        embassy("de", "DE", sms("+49"), when_closed=duty),
        embassy("es", "ES", sms("+34"), when_closed=duty),
        embassy("consul", "DE", sms("+49")),
    ]

    plans = [plan_of(one_level(*cast), consent=consent, exclude=("de",)) for consent in (Scope.PUBLIC, Scope.INTERNAL)]

    assert [{each.reason for each in plan.pruned} for plan in plans] == [{Reason.EXCLUDED}, {Reason.CONSENT}]
    assert [plan.discredited for plan in plans] == [{"de", "consul"}, {"de", "consul"}]


def test_the_same_id_in_another_tree_is_another_contact() -> None:
    """B5: a contact id is unique in its tree alone; what is shared is an address."""
    trees = [one_level(contact("a", organisation="X"), id="one"), one_level(contact("a", sms("+2")), id="two")]
    _, two = resolve(facts(exclude=("X",)), trees)

    assert two.levels[0].contacts == ("a",)


def test_the_words_of_a_task_are_no_address() -> None:
    """A3: two contacts with the same task are not the same recipient."""
    task = Method(MethodKind.TASK, "Call the duty officer")
    plan = plan_of(one_level(contact("a", task), contact("b", task)), exclude=("a",))

    assert plan.levels[0].contacts == ("b",)


# Nationality, severity, type


SPANISH = Affected("P1", nationality="ES")
GERMAN = Affected("P2", nationality="DE")
UNKNOWN = Affected("P3")


@pytest.mark.parametrize(
    ("people", "told"),
    [
        ((SPANISH,), ["es", "eu", "un"]),
        ((GERMAN,), ["de", "eu", "un"]),
        ((SPANISH, GERMAN), ["es", "de", "eu", "un"]),
        ((), ["es", "de", "eu", "un"]),
        ((UNKNOWN,), ["es", "de", "eu", "un"]),
        ((SPANISH, UNKNOWN), ["es", "de", "eu", "un"]),
    ],
    ids=["ES", "DE", "both", "nobody named", "unknown", "partly known"],
)
def test_nationality_keeps_whom_the_affected_belong_to(people: tuple[Affected, ...], told: list[str]) -> None:
    """B1: kept are who represents one of the affected, or nobody, and priority; an unknown one prunes nothing."""
    embassies = one_level(
        embassy("es", "ES"),
        embassy("de", "DE"),
        embassy("eu", "EU", priority=True),
        contact("un", role=Role.UN),
        when=When(nationality=True),
    )
    plan = plan_of(embassies, people=people)

    assert list(plan.levels[0].contacts) == told
    assert {each.reason for each in plan.pruned} <= {Reason.NATIONALITY}


def test_without_nationality_match_every_embassy_is_told() -> None:
    """B1: only a level that says so asks for nationality."""
    both = (embassy("es", "ES"), embassy("de", "DE"))

    assert reasons(one_level(*both, when=When(nationality=True)), people=(SPANISH,)) == {"de": "nationality"}
    assert reasons(one_level(*both), people=(SPANISH,)) == {}


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (When(severity=frozenset({Severity.CRITICAL})), {"ngo": "severity"}),
        (When(severity=frozenset({Severity.CRITICAL, Severity.SERIOUS})), {}),
        (When(type=frozenset({"killing"})), {"ngo": "type"}),
        (When(type=frozenset({"killing", "arrest"})), {}),
        (When(severity=frozenset({Severity.WATCH}), type=frozenset({"killing"})), {"ngo": "severity"}),
    ],
    ids=["other severity", "its severity", "other type", "its type", "neither"],
)
def test_a_level_is_for_the_severities_and_types_it_names(when: When, expected: dict[str, str]) -> None:
    """B1: `when` prunes contact by contact, each with its reason."""
    assert reasons(one_level(contact("ngo"), when=when)) == expected


# Place and organisation


@pytest.mark.parametrize(
    ("place", "told"),
    [
        *((place, True) for place in ("L12", "L1", " l13 ", "L20", "L012", "l-20", "\uff2c\u0661\u0662")),
        *((place, False) for place in ("L21", "M12", "12", "L02", "L-021", "L2-0")),
    ],
)
@pytest.mark.parametrize("on", ["level", "contact"])
def test_a_place_is_matched_whole_by_a_code_or_one_that_begins_so(place: str, told: bool, on: str) -> None:
    """B1: `when: {place: ["L1*"]}` on levels and on contacts; `*` stands for any signs."""
    when = When(place=frozenset({"L1*", "L20"}))
    local = contact("local", when=when) if on == "contact" else contact("local")
    the_tree = one_level(local, when=when if on == "level" else None)

    assert reasons(the_tree, place=place) == ({} if told else {"local": "place"})


@pytest.mark.parametrize("place", [None, "", " ", "on the road to Tibú"])
def test_no_place_prunes_nothing(place: str | None) -> None:
    """B3: rather one police station too many than none; a place in words is no code."""
    local = contact("local", when=When(place=frozenset({"L1*"})))
    the_tree = one_level(local, when=When(place=frozenset({"L2*"})), places=frozenset({"L3*"}))

    assert reasons(the_tree, place=place) == {}
    assert reasons(the_tree, place="L33") == {"local": "place"}


@pytest.mark.parametrize(
    ("organisations", "told"),
    [([], False), ([None], False), (["O4"], False), (["O3"], True), ([None, "O4", "O3"], True)],
)
@pytest.mark.parametrize("on", ["level", "contact"])
def test_who_asks_for_an_organisation_hears_where_one_of_it_is_affected(
    organisations: list[str | None], told: bool, on: str
) -> None:
    """B3: no organisation prunes who asks for one."""
    when = When(organisation=frozenset({"O3", "O5"}))
    friend = contact("friend", when=when) if on == "contact" else contact("friend")
    people = tuple(Affected(f"P{place}", organisation=code) for place, code in enumerate(organisations))

    found = reasons(one_level(friend, when=when if on == "level" else None), people=people)

    assert found == ({} if told else {"friend": "organisation"})


def test_both_a_level_and_its_contact_have_to_be_for_the_incident() -> None:
    """B1: a level for one place, in it a contact for one organisation, and its deputy for another place."""
    cast = [
        contact("lawyers", when=When(organisation=frozenset({"O3"})), deputy="office"),
        contact("office", when=When(place=frozenset({"L2*"}))),
    ]
    the_tree = tree([level("North", "lawyers", when=When(place=frozenset({"L1*"})))], cast)
    of_o3 = (Affected("P9", organisation="O3"),)

    assert plan_of(the_tree, place="L12", people=of_o3).levels[0].contacts == ("lawyers",)
    assert reasons(the_tree, place="L12", people=of_o3) == {"office": "place"}
    assert reasons(the_tree, place="L12") == {"lawyers": "organisation", "office": "place"}
    assert reasons(the_tree, place="L22", people=of_o3) == {"lawyers": "place", "office": "place"}


def test_who_is_left_out_for_the_place_stays_a_coordinator() -> None:
    """The coordinators of an incident are those of every tree that serves it, whomever its levels tell."""
    ana = coordinator("ana", when=When(place=frozenset({"L1*"})))
    plan = plan_of(one_level(ana, contact("ngo")), place="L22")

    assert plan.levels[0].contacts == ("ngo",)
    assert [named.id for _, named in Plans({"valley": plan}).coordinators] == ["ana"]


def test_a_tree_for_other_places_serves_nobody_there() -> None:
    """B1: `serves: {countries, places}`; without a place it may be meant."""
    north = tree([level("One", "ngo")], [contact("office")], places=frozenset({"L1*"}), last_resort=("office",))

    assert [north.serves("CO", place) for place in ("L12", None, "L21")] == [True, True, False]
    assert not north.serves("PE", "L12")
    assert plan_of(north, place="L12").levels[0].contacts == ("ngo",)
    assert plan_of(north, place="L21").reaches_nobody
    assert plan_of(north, place="L21").last_resort == ("office",)


def test_of_several_reasons_the_first_is_given() -> None:
    """B3: consent excluded perpetrator involved place organisation nationality severity type; a drill comes last."""
    here, ours = frozenset({"L1*"}), frozenset({"O3"})
    when = When(frozenset({Severity.CRITICAL}), frozenset({"killing"}), nationality=True, place=here, organisation=ours)
    worst = embassy("de", "DE", sms("+1"), belongs_to="army")
    known: dict[str, Any] = {
        "consent": Scope.NATIONAL,
        "exclude": ("de",),
        "perpetrator": Perpetrator.ARMY,
        "raised_from": "+1",
        "people": (SPANISH,),
        "severity": Severity.SERIOUS,
        "type": "arrest",
        "drill": True,
        "place": "L21",
    }
    cures: list[dict[str, Any]] = [
        {"consent": Scope.PUBLIC},
        {"exclude": ()},
        {"perpetrator": Perpetrator.NONE},
        {"raised_from": None},
        {"place": "L12"},
        {"people": (replace(SPANISH, organisation="O3"),)},
        {"people": (replace(GERMAN, organisation="O3"),)},
        {"severity": Severity.CRITICAL},
        {"type": "killing"},
        {"drill": False},
    ]
    given = []
    for cure in cures:
        given.append(reasons(one_level(worst, when=when), **known)["de"])
        known |= cure

    early, late = ["consent", "excluded", "perpetrator", "involved"], ["nationality", "severity", "type", "drill"]
    assert given == [*early, "place", "organisation", *late]
    assert reasons(one_level(worst, when=when), **known) == {}


# Drills, deputies, whole trees


def test_a_drill_reaches_coordinators_last_resort_and_those_who_take_part_in_drills() -> None:
    """B1: `drills: true`."""
    cast = [coordinator("ana"), contact("office"), contact("keen", drills=True), contact("ngo")]
    the_tree = tree([level("One", "ana", "keen", "ngo")], cast, last_resort=("office",))
    plan = plan_of(the_tree, drill=True)

    assert plan.levels[0].contacts == ("ana", "keen")
    assert plan.last_resort == ("office",)
    assert plan.pruned == (Pruned("valley", "One", "ngo", Reason.DRILL),)


def test_deputies_are_pruned_like_those_they_stand_in_for() -> None:
    """B1: of those that a level, deputy or last resort names."""
    cast = [
        embassy("es", "ES", deputy="consul"),
        embassy("consul", "ES", deputy="de"),
        embassy("de", "DE", deputy="desk"),
        contact("desk"),
    ]
    the_tree = tree([level("One", "es", when=When(nationality=True))], cast)
    plan = plan_of(the_tree, people=(SPANISH,), exclude=("desk",))

    assert plan.levels[0].deputies == {"consul"}
    assert plan.pruned == (
        Pruned("valley", "One", "de", Reason.NATIONALITY),
        Pruned("valley", "One", "desk", Reason.EXCLUDED),
    )


def test_what_last_resort_loses_is_shown_without_a_level() -> None:
    """A3: what was pruned, and why, is shown."""
    plan = plan_of(tree([level("One", "ngo")], last_resort=("office",)), exclude=("office",))

    assert plan.last_resort == ()
    assert plan.pruned == (Pruned("valley", None, "office", Reason.EXCLUDED),)


def test_a_tree_left_with_nobody_reaches_nobody() -> None:
    """B1: such a tree opens none; its last resort is still known (A2)."""
    the_tree = tree([level("One", "abroad")], [embassy("abroad", "ES")], last_resort=("office",))
    plan = plan_of(the_tree, consent=Scope.NATIONAL)

    assert plan.reaches_nobody
    assert plan.last_resort == ("office",)
    assert not plan_of(the_tree).reaches_nobody


def test_a_tree_of_another_country_lends_its_last_resort_alone() -> None:
    """A2: if no escalation results, one opens on the last resort of every tree in force."""
    elsewhere = tree([level("One", "ngo")], last_resort=("office",), countries=frozenset({"GT"}))
    plan = plan_of(elsewhere)

    assert not any(level.contacts for level in plan.levels)
    assert plan.last_resort == ("office",)
    assert plan.pruned == ()


def test_the_plans_come_in_the_order_of_the_trees() -> None:
    """B1: each tree that serves the country opens an escalation."""
    everywhere = one_level(contact("b"), id="b", countries=frozenset({"*"}))
    plans = resolve(facts(), [everywhere, one_level(contact("a"), id="a")])

    assert [plan.tree.id for plan in plans] == ["b", "a"]
    assert all(plan.levels for plan in plans)


@pytest.mark.parametrize(
    ("told", "coordination"),
    [(["ana"], True), (["ana", "luis"], True), (["ana", "ngo"], False), (["ngo"], False), (["ana", "abroad"], True)],
    ids=["a coordinator", "two", "mixed", "no coordinator", "only coordinators are left"],
)
def test_a_level_that_tells_coordinators_alone_goes_on_when_met(told: list[str], coordination: bool) -> None:
    """B1: `then` is stop by default, next where all are coordinators."""
    cast = [coordinator("ana"), coordinator("luis"), contact("ngo"), embassy("abroad", "ES")]
    planned = plan_of(tree([level("One", *told)], cast), consent=Scope.NATIONAL).levels[0]

    assert planned.coordination is coordination
    assert planned.then == ("next" if coordination else "stop")


def test_resolving_does_not_depend_on_what_is_not_decisive() -> None:
    """B1: words, places and certainty change nobody's part."""
    the_tree = one_level(contact("a"), embassy("es", "ES"))

    assert plan_of(the_tree) == plan_of(the_tree, summary="x", details="y", place="L12", team="north", ask="visit")


# What decides


WORDS: dict[str, Any] = {"summary": "at the bridge", "details": "two men", "ask": "visit", "occurred_at": NOW}
EVERYTHING = one_level(
    coordinator("ana", sms("+1")),
    contact("office", organisation="Defensoria", when=When(place=frozenset({"L1*"}), organisation=frozenset({"O3"}))),
    contact("brigade", sms("+2"), belongs_to=Perpetrator.ARMY, role=Role.AUTHORITY),
    embassy("embassy", "ES"),
    contact("press", scope=Scope.PUBLIC),
    when=When(frozenset({Severity.CRITICAL, Severity.SERIOUS}), frozenset({"arrest"}), nationality=True),
)


@pytest.mark.parametrize(
    "known",
    [
        {},
        {"consent": Scope.NATIONAL},
        {"severity": Severity.MODERATE},
        {"type": "raid"},
        {"country": "GT"},
        {"place": "L9"},
        {"exclude": ("office",)},
        {"perpetrator": Perpetrator.ARMY},
        {"perpetrator": Perpetrator.UNKNOWN},
        {"also_accused": (Perpetrator.ARMY,)},
        {"raised_from": "+1"},
        {"also_from": ("+2",)},
        {"verified": False},
        {"drill": True},
        {"people": (Affected("P7", nationality="FR"),)},
        {"people": (Affected("P7", consent=Scope.INTERNAL),)},
        {"people": (Affected("P7", exclude=("press",)),)},
        {"people": (Affected("P7", contact="office"),)},
        {"people": (Affected("P7", organisation="O4"),)},
    ],
    ids=str,
)
def test_words_and_what_people_are_called_decide_nothing(known: dict[str, Any]) -> None:
    """A3: plans that are kept for reports which differ in these alone are those that each would have for itself."""
    one = Affected("P1", nationality="ES", organisation="O3")
    told = facts(**{"people": (one,), "place": "L12"} | known | WORDS)
    named = tuple(replace(each, kind=PersonKind.DEFENDER, name="Ana Example") for each in told.people)
    written = replace(told, people=named)

    (plan,) = resolve(written, [EVERYTHING])

    assert deciding(written) == deciding(facts(**{"people": (one,), "place": "L12"} | known))
    assert resolve(deciding(written), [EVERYTHING]) == (plan,)
    assert (plan != resolve(facts(people=(one,), place="L12"), [EVERYTHING])[0]) is bool(known)
