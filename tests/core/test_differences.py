"""What an edit of the trees changes, in the words of `trees diff`."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from alertnet.core.directory.on_call import Duty, Officer
from alertnet.core.directory.routine import Risk, Routine, Terms
from alertnet.core.incident import Scope
from alertnet.core.replan.describe_tree_diff import differences
from alertnet.trees import read_network

TREE = """
tree: valley
title: Valley network
scope: national
serves: {countries: [CO]}
timezone: America/Bogota
language: es
sender: VALLEY
callback: "+573005550101"
last_resort: [desk]
contacts:
  coordinator: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550101"}]}
  embassy: {role: embassy, represents: ES, organisation: Embassy of Spain, methods: [{email: es@es.example}]}
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}
levels:
  - {name: Coordination, notify: [coordinator], wait: 10m}
  - {name: Embassies, notify: [embassy], wait: 30m}
"""

Compare = Callable[[str, str], tuple[str, ...]]


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    def of(before: str, after: str) -> tuple[str, ...]:
        folders = []
        for name, text in (("before", before), ("after", after)):
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / "valley.yaml").write_text(text)
            folders.append(read_network(tmp_path / name))
        return tuple(map(str, differences(*folders)))

    return of


EMBASSY = "valley: Embassy of Spain (embassy) is"
NEW_MAIL = "{email: new@es.example, after: 5m}"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("wait: 10m", "wait: 20m", f"{EMBASSY} told 10m later (10m → 20m after the opening)"),
        ("wait: 10m", "wait: 90s", f"{EMBASSY} told 510s earlier (10m → 90s after the opening)"),
        ("notify: [embassy]", "notify: [desk]", f"{EMBASSY} not told any more (was: 10m after the opening)"),
        ("[embassy]", "[embassy, desk]", "valley: Head office (desk) is told now, 10m after the opening"),
        ('"+32470550101"', '"+32470550199"', "valley: desk: methods: sms …0101 → sms …0199"),
        ('"+32470550101"', '"+32471550101"', "valley: desk: methods: sms …0101 → another that ends alike"),
        (
            '{sms: "+3247',
            '{acknowledges_as: relay, sms: "+3247',
            "valley: desk: methods: sms …0101 → sms …0101 as a relay",
        ),
        (
            "{email: es@es.example}",
            NEW_MAIL,
            "valley: embassy: methods: email …@es.example → email …@es.example after 5m",
        ),
        (
            "{email: es@es.example}",
            '{task: "Call +34600550140: we know"}',
            "valley: embassy: methods: email …@es.example → task “Call …0140: we know”",
        ),
        ("represents: ES", "represents: FR", "valley: embassy: represents: ES → FR"),
        ("30m}", "30m, repeat: {every: 3m, times: 2}}", "valley: Embassies: repeat: none → every 3m, times 2"),
        ("30m}", "30m, when: {severity: [critical]}}", "valley: Embassies: when: none → severity critical"),
        ("countries: [CO]", "countries: [CO, PE]", "valley: countries: CO → CO, PE"),
        ("represents: ES", "represents: ES, hours: Fr 08:00-12:00", "valley: embassy: hours: always → Fr 08:00-12:00"),
        ("represents: ES", "represents: ES, holidays: [ES]", "valley: embassy: holidays: none → ES"),
        (
            "represents: ES",
            'represents: ES, quiet: {watch: "22:00-06:30"}',
            "valley: embassy: quiet: none → watch 22:00-06:30",
        ),
        ("tree: valley", "tree: coast", "tree coast is new"),
    ],
)
def test_each_change_is_said_in_words(compare: Compare, old: str, new: str, said: str) -> None:
    assert said in compare(TREE, TREE.replace(old, new, 1))


def test_the_same_trees_make_no_difference(compare: Compare) -> None:
    assert compare(TREE, "# A remark changes nothing.\n" + TREE) == ()
    assert compare(TREE, TREE.replace("wait: 10m", "wait: 20m")) != ()


def test_no_whole_number_or_address_is_shown(compare: Compare) -> None:
    """A9: the list goes round among coordinators."""
    lines = "\n".join(compare(TREE, TREE.replace("+573005550101", "+573005550109").replace("es@es", "a.person@es")))

    assert "sms …0101 → sms …0109" in lines
    assert "+5730055501" not in lines
    assert "a.person" not in lines


def test_a_rota_is_shown_by_the_names_of_those_who_take_turns() -> None:
    """A9: nor does the list hold the private telephones of a rota."""
    before = read_network(Path(__file__).parents[2] / "contact_trees")
    colombia = before.trees["colombia"]
    officer = Officer("north/ana", "+573005550001", "es")
    on_duty = replace(colombia.contacts["coordinator-2"], duty=Duty((officer,), 0, 540))
    tree = replace(colombia, contacts={**colombia.contacts, "coordinator-2": on_duty})

    (said,) = map(str, differences(before, replace(before, trees={**before.trees, "colombia": tree})))

    assert said.endswith("duty: nobody, the turn changes Mo 09:00 → north/ana, the turn changes Mo 09:00")


def test_who_goes_by_another_team_or_id_is_said_to_have_no_pin() -> None:
    """B4: PINs go by both, and what has none set counts without; who is new or stays is not named."""
    before = read_network(Path(__file__).parents[2] / "contact_trees")
    north = before.teams["north"]
    ana, luis = north.members["ana"], north.members["luis"]
    new = replace(luis, id="eva", phone="+573005550777")
    south = replace(north, id="south", members={"ana": ana, "eva": new})
    others = {id: each for id, each in north.members.items() if id != "ana"}
    teams = {"north": replace(north, members=others), "south": south}

    said = [*map(str, differences(before, replace(before, teams=teams)))]

    assert said == [
        "north: member ana is gone",
        "team south is new",
        "south/ana, so far north/ana, has no PIN until one is set",
    ]


def test_what_a_team_is_told_and_whom_it_calls_is_compared_without_whole_numbers() -> None:
    before = read_network(Path(__file__).parents[2] / "contact_trees")
    north = replace(before.teams["north"], timezone="Asia/Kathmandu", callback="+32470550101")

    said = map(str, differences(before, replace(before, teams={**before.teams, "north": north})))

    assert tuple(said) == (
        "north: timezone: America/Bogota → Asia/Kathmandu",
        "north: callback: …0101 → another that ends alike",
    )


def test_a_number_to_call_that_a_team_is_given_or_loses_is_compared_with_none() -> None:
    """A team's `callback` may be left out: whoever adds one can see and publish the difference."""
    before = read_network(Path(__file__).parents[2] / "contact_trees")
    north = replace(before.teams["north"], callback="+32470550101")
    numbered = replace(before, teams={**before.teams, "north": north})
    unnumbered = replace(before, teams={**before.teams, "north": replace(north, callback=None)})

    assert list(map(str, differences(unnumbered, numbered))) == ["north: callback: none → …0101"]
    assert list(map(str, differences(numbered, unnumbered))) == ["north: callback: …0101 → none"]


def test_what_is_changed_of_a_person_is_said_by_the_code() -> None:
    """A3: a consent that is narrowed in `people:` can be seen and published."""
    before = read_network(Path(__file__).parents[2] / "contact_trees")
    narrower = replace(before.people["P7"], consent=Scope.NATIONAL)

    said = map(str, differences(before, replace(before, people={**before.people, "P7": narrower})))

    assert tuple(said) == ("P7: consent: international → national",)


def test_a_routine_is_compared_by_the_times_and_days_of_the_file() -> None:
    before = read_network(Path(__file__).parents[2] / "contact_trees")
    evening = Routine("evening", (1080,), (0, 4), ("ana",), Terms(Risk.HIGH))
    north = replace(before.teams["north"], routines=(evening,))

    (said,) = differences(before, replace(before, teams={**before.teams, "north": north}))

    assert str(said) == ("north: routines: none → evening at 18:00 on Mo, Fr by ana with risk high, incident after 90m")
