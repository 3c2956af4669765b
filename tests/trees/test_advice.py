"""What is legal but unwise is said at its line, and keeps nothing from working."""

from datetime import date
from pathlib import Path

import pytest

from alertnet.trees import survey
from tests.trees.checking import advise, check_folder

TODAY = date(2026, 11, 24)
READS = "disclosure: full, pin: true"
TREE = """\
tree: valley
title: Valley network
scope: international
serves: {countries: [CO]}
timezone: America/Bogota
language: es
sender: VALLEY
callback: "+573005550101"
last_resort: [desk]
contacts:
  coordinator: {role: coordinator, organisation: V, {READS}, methods: [{sms: "+573005550101"}, {call: "+573005550101"}]}
  embassy: {role: embassy, represents: ES, organisation: Es, methods: [{sms: "+34600555140"}, {email: es@es.example}]}
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470555101"}, {call: "+32470555101"}]}
levels:
  - {name: Coordination, notify: [coordinator]}
  - {name: Embassies, notify: [embassy]}
""".replace("{READS}", READS)
FIELD = """\
teams:
  north: {country: CO, language: es, members: {ana: {name: Ana Example, phone: "+573005550001"}}}
people:
  P7: {kind: accompanier, nationality: ES, consent: international}
"""
SPAIN = '{sms: "+34600555140"}, {email: es@es.example}'
DESK = '{sms: "+32470555101"}, {call: "+32470555101"}'
RELAYS = '{sms: "+34600555140", acknowledges_as: relay}, {call: "+34600555140", acknowledges_as: relay}'


def unwise(folder: Path, tree: str = TREE, field: str = FIELD) -> list[str]:
    (folder / "valley.yaml").write_text(tree)
    (folder / "teams.yaml").write_text(field)
    assert check_folder(folder) == ()
    return [str(each) for each in advise(folder, TODAY)]


def test_a_good_tree_needs_no_advice(tmp_path: Path) -> None:
    assert unwise(tmp_path) == []
    assert unwise(tmp_path, TREE.replace(SPAIN, "{email: es@es.example}")) != []


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        (SPAIN, '{sms: "+34600555140"}', 12, "has one method alone"),
        (SPAIN, "{email: es@es.example}, {email: two@es.example}", 12, "at night nobody is woken"),
        (DESK, '{sms: "+3225550101"}, {call: "+32470555101"}', 13, "an SMS to a landline: '+3225550101'"),
        (
            DESK,
            '{sms: "+2547110000001"}, {call: "+32470555101"}',
            13,
            "a digit too many or too few for a telephone there",
        ),
        (
            DESK,
            '{sms: "+34600555140"}, {call: "+5730055501011"}',
            13,
            "too few for a telephone there: '+5730055501011'",
        ),
        (DESK, '{sms: "+50255501234"}', 13, "an SMS can't be answered in GT, and there is no other method"),
        (
            DESK,
            '{sms: "+50255501234"}, {call: "+50255501234"}',
            13,
            "GT, and says so: the link or another method is left",
        ),
        (DESK, '{sms: "+989121234567"}, {email: a@b.example}', 13, "an SMS may hold no link in IR: '+989121234567'"),
        (DESK, '{sms: "+50499123456"}, {email: a@b.example}', 13, "an SMS comes from a number that is not ours in HN"),
        (
            DESK,
            '{sms: "+573005550001"}, {call: "+32470555101"}',
            13,
            "the phone of north/ana, who hears nothing of what",
        ),
        (DESK, '{sms: "+34600555140"}, {call: "+32470555101"}', 13, "the same as of a contact with role embassy"),
        ("role: ngo", "role: authority", 13, "a machine rings an authority"),
        ("role: ngo,", "role: ngo, closed: [2025-12-24..2026-01-02, 2026-11-23],", 13, "all these days are over"),
        ("role: ngo,", "role: ngo, verified: 2026-05-01,", 13, "more than 6 months ago: '2026-05-01'"),
        ("Es,", 'Es, holidays: [ES], when_closed: [{sms: "+3225550101"}],', 12, "an SMS to a landline"),
        (
            READS,
            "disclosure: full",
            11,
            "pin: true, and alertnet pins set valley/coordinator --pin -",
        ),
        (READS, "pin: true", 11, "can read no text of anybody: disclosure: full"),
        ("represents: ES,", "represents: ES, answers: false,", 16, "no answer is expected of embassy: the next level"),
        (SPAIN, RELAYS, 16, "no answers can satisfy this level: embassy can only relay"),
    ],
)
def test_what_is_unwise_in_a_tree_is_said_at_its_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    lines = unwise(tmp_path, TREE.replace(old, new))

    assert [each for each in lines if each.startswith(f"valley.yaml:{line}:") and said in each], lines


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        (
            "pin: true,",
            'pin: true, quiet: {critical: "22:00-06:00"},',
            11,
            "whom nothing critical rings at these hours",
        ),
        (
            "organisation: V,",
            "organisation: V, scope: international,",
            11,
            "is ignored: coordinators and last resort are told",
        ),
        ("represents: ES,", "represents: ES, scope: national,", 12, "hears leaves the country: 'national'"),
        ("role: ngo,", "role: ngo, verified: 2026-11-25,", 13, "nobody has tried these numbers yet on that day"),
        ("notify: [coordinator]", "when: {nationality: match}, notify: [coordinator]", 15, "represents a country"),
        ("[coordinator]}", "[coordinator], action_due: {after: 1h}}", 15, "action_due: no action is waited for"),
        ("last_resort: [desk]", "last_resort: [coordinator]", 13, "contacts.desk: no level tells it"),
        ("role: ngo", "role: ministry, belongs_to: army", 13, "a machine rings an authority"),
    ],
)
def test_what_has_no_effect_or_was_forgotten_is_said_at_its_line(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    (found,) = unwise(tmp_path, TREE.replace(old, new))

    assert found.startswith(f"valley.yaml:{line}:")
    assert said in found


@pytest.mark.parametrize(
    ("first", "second", "lines"),
    [
        ("then: stop, ", "", []),
        ("", "action_due: {after: 1h}, ", [15]),
        ("when: {type: [arrest]}, then: next, ", "", [15]),
    ],
    ids=["it stops", "it is the last", "it goes on for some"],
)
def test_an_action_is_waited_for_where_the_tree_ends(tmp_path: Path, first: str, second: str, lines: list[int]) -> None:
    """B1: only an acknowledged escalation waits for an action, and one that goes on is not acknowledged yet."""
    due = "action_due: {after: 1h}, notify: [coordinator]"
    tree = TREE.replace("notify: [coordinator]", first + due).replace("notify: [embassy]", f"{second}notify: [embassy]")

    assert [int(each.split(":")[1]) for each in unwise(tmp_path, tree)] == lines


def test_whoever_takes_turns_on_duty_may_be_on_the_phone_that_serves_between_turns(tmp_path: Path) -> None:
    """B1: numbers beside a rota serve when it is empty."""
    own = TREE.replace('[{sms: "+573005550101"}', '[{sms: "+573005550001"}')
    duty = own.replace("organisation: V,", 'organisation: V, duty: {rota: [ana], change: "Mo 09:00"},')

    assert any("the phone of north/ana" in each for each in unwise(tmp_path, own))
    assert not any("the phone of north/ana" in each for each in unwise(tmp_path, duty))


def test_what_a_network_can_not_help_is_no_advice(tmp_path: Path) -> None:
    """A defender whose own state is the threat, a friendly ministry, and a deputy that no level names."""
    friendly = 'methods: [{call: "+34600555150"}, {email: m@m.example}]'
    helped = TREE.replace(
        "  desk:", f"  ministry: {{role: ministry, represents: ES, organisation: M, {friendly}}}\n  desk:"
    )
    helped = helped.replace("represents: ES, organisation: Es", "represents: ES, deputy: ministry, organisation: Es")
    defender = "  P9: {kind: defender, nationality: CO, consent: international}\n"

    assert unwise(tmp_path, helped, FIELD + defender) == []
    assert len(unwise(tmp_path, helped, FIELD + defender.replace("CO", "PE"))) == 1


@pytest.mark.parametrize(
    ("consent", "said"),
    [
        ("internal", []),
        ("national", ["unless a report says C2, nobody but coordinators and last resort hears of it: 'national'"]),
        ("international", []),
    ],
)
def test_a_standing_consent_that_reaches_nobody_is_said(tmp_path: Path, consent: str, said: list[str]) -> None:
    """A3: else the embassy that `simulate --consent international` told hears of no SMS of that team."""
    found = unwise(tmp_path, field=FIELD.replace("country: CO", f"country: CO, consent: {consent}"))

    assert [each.partition(".consent: ")[2] for each in found] == said


def test_a_standing_consent_that_reaches_somebody_who_serves_that_country_is_well(tmp_path: Path) -> None:
    field = FIELD.replace("country: CO", "country: CO, consent: national")
    ombuds = TREE.replace("role: embassy, represents: ES,", "role: ombuds, scope: national,")

    here, elsewhere = (unwise(tmp_path, tree, field) for tree in (ombuds, ombuds.replace("[CO]", "[PE]")))

    assert here == ["teams.yaml:4:40: people.P7.nationality: no tree has an embassy of this person's country: 'ES'"]
    assert len(elsewhere) == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("country: CO", "country: PE", "teams.yaml:2:20: teams.north.country: no tree serves the country of this team"),
        (
            "country: CO",
            'country: CO, callback: "+573005550001"',
            "teams.yaml:2:34: teams.north.callback: the phone of one of the team, which may be in the same trouble",
        ),
        ("nationality: ES", "nationality: FR", "no tree has an embassy of this person's country: 'FR'"),
        ("P7:", "ANA:", "teams.yaml:4:3: people.ANA: no SMS can name somebody by a code without a digit"),
        ("P7:", "L7:", "people.L7: no SMS can name somebody by a code without a digit, or like that of a place (L12)"),
    ],
)
def test_what_the_field_lacks_is_said(tmp_path: Path, old: str, new: str, said: str) -> None:
    (line,) = unwise(tmp_path, field=FIELD.replace(old, new))

    assert said in line


def test_a_phone_in_the_field_that_can_not_write_to_us_is_said(tmp_path: Path) -> None:
    """A member there raises nothing by SMS, and a turn of duty can't be handed on."""
    staff = 'staff:\n  eva: {name: Eva, phone: "+50255501235", language: es}\n'
    member, one = unwise(tmp_path, field=FIELD.replace("+573005550001", "+50255501234") + staff)

    assert "teams.north.members.ana.phone: no SMS from GT reaches us: calls do, and numbers of ours there" in member
    assert "staff.eva.phone: no SMS from GT reaches us" in one


def test_an_organisation_of_nobody_is_said(tmp_path: Path) -> None:
    """Whoever asks for it would never be told."""
    tree = TREE.replace("Head office,", "Head office,").replace(
        "notify: [embassy]}", "notify: [embassy], when: {organisation: [O3, O4]}}"
    )
    field = FIELD.replace("kind: accompanier", "kind: accompanier, organisation: O3")

    (line,) = unwise(tmp_path, tree, field)

    assert line.startswith("valley.yaml:16:")
    assert line.endswith("belongs to this organisation: 'O4'")


CLOSED_AT_NIGHT = """hours: "Mo-Sa 08:30-13:00", timezone: Europe/Madrid, organisation: Es"""


@pytest.mark.parametrize(
    ("methods", "said"),
    [
        ('{call: "+34600555140"}', "nobody can be reached in level 'Embassies' from Mo 07:00 to Tu 02:30"),
        (SPAIN, "nobody but by mail can be reached in level 'Embassies' from Mo 07:00 to Tu 02:30"),
    ],
)
def test_a_level_that_nobody_can_be_reached_in_names_the_first_such_hours(
    tmp_path: Path, methods: str, said: str
) -> None:
    """In the zone of the tree: 08:30 in Madrid is 02:30 in Bogota, and the last of the gaps is the weekend."""
    lines = unwise(tmp_path, TREE.replace("organisation: Es", CLOSED_AT_NIGHT).replace(SPAIN, methods))

    assert [each for each in lines if f"levels.1.notify: {said} (America/Bogota), and at 5 more times" in each], lines


def test_methods_for_when_it_is_closed_cover_the_rest_of_the_week_and_a_deputy_does_not(tmp_path: Path) -> None:
    ways = {"none": "", "when_closed": ', when_closed: [{call: "+34600555140"}]', "deputy": ", deputy: desk"}
    said = {
        name: unwise(tmp_path, TREE.replace("organisation: Es", CLOSED_AT_NIGHT + way)) for name, way in ways.items()
    }

    assert said["when_closed"] == []
    for name in ("none", "deputy"):
        assert any("can be reached in level 'Embassies' from" in line for line in said[name]), name


def test_an_embassy_that_no_level_tells_hears_of_nobody(tmp_path: Path) -> None:
    unheard, untold = unwise(tmp_path, TREE.replace("notify: [embassy]", "notify: [desk]"))

    assert "no tree has an embassy of this person's country: 'ES'" in unheard
    assert "contacts.embassy: no level tells it" in untold


def test_a_number_of_answers_that_only_relays_could_give_is_none(tmp_path: Path) -> None:
    tree = TREE.replace(SPAIN, RELAYS).replace("notify: [embassy]", "notify: [embassy, desk], acknowledge: 2")

    assert any("no answers can satisfy this level: embassy can only relay" in each for each in unwise(tmp_path, tree))


def test_whose_consent_stays_at_home_needs_no_embassy(tmp_path: Path) -> None:
    lines = {}
    for consent in ("international", "national"):
        field = FIELD.replace("nationality: ES, consent: international", f"nationality: FR, consent: {consent}")
        lines[consent] = len(unwise(tmp_path, field=field))

    assert lines == {"international": 1, "national": 0}


def test_a_language_without_messages_is_told_with_the_one_that_is_used_instead(tmp_path: Path) -> None:
    """Region, language, the tree's, English; where there are messages, nothing is said."""
    tree = TREE.replace("role: embassy,", "role: embassy, language: de-AT,")
    (tmp_path / "valley.yaml").write_text(tree.replace("role: ngo,", "role: ngo, language: ar,"))
    (tmp_path / "teams.yaml").write_text(FIELD.replace("language: es", "language: gn"))

    found = [str(each) for each in survey(tmp_path, TODAY, ("de", "en", "es")).unwise]

    assert [each.partition(": there are ")[2] for each in found] == [
        "no messages in this language: gn → en",
        "no messages in this language: ar → es",
    ]
    assert survey(tmp_path, TODAY).unwise == ()


@pytest.mark.parametrize(
    ("times", "warns"),
    [
        ('hours: "Mo-Fr 08:30-16:30", closed: ["2026-12-24..2026-12-31"]', True),
        ('hours: "Mo-Fr 08:30-16:30", closed: ["2026-12-25..2026-12-30"]', False),
        ('hours: "Mo-Fr 08:30-16:30", closed: ["2026-12-24..2026-12-31"], hold: false', False),
        ('closed: ["2026-12-24..2026-12-31"], when_closed: [{call: "+34600555140"}]', False),
    ],
)
def test_a_contact_that_opens_on_none_of_seven_days_is_named(tmp_path: Path, times: str, warns: bool) -> None:
    """B3: a level that finds it closed waits for its opening for seven days, and no longer."""
    lines = unwise(tmp_path, TREE.replace("organisation: Es", f"organisation: Es, timezone: Europe/Madrid, {times}"))

    found = [line for line in lines if "opens on no day from 2026-12-24 to 2026-12-30" in line]
    assert (len(found) == 1) is warns, lines
    assert all(line.startswith("valley.yaml:12:") for line in found)
