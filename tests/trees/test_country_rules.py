"""What telephones of a country can do is data: each line with its source and date, and a network knows better."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from alertnet.core.directory.contact import Method, MethodKind
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.directory.countries import COUNTRIES
from alertnet.trees import read_network, read_rules
from alertnet.trees.forms import country_rules
from tests.trees.checking import check_folder

SHIPPED = yaml.safe_load((Path(country_rules.__file__).parents[1] / "countries.yaml").read_text())["countries"]
OWN = """
countries:
  GT: {replies: true, price: high, source: our own number there, checked: 2026-11-20}
  CO: {links: false, source: tried, checked: 2026-11-20}
  ES: {replies: false, source: tried, checked: 2026-11-20}
"""
TREE = """
tree: valley
title: Valley network
scope: national
serves: {countries: [CO]}
timezone: America/Bogota
language: es
sender: PBI
callback: "+573005550101"
last_resort: [desk]
contacts:
  desk:
    role: coordinator
    organisation: Valley office
    methods: [{sms: "+573005550101"}, {call: "+50255501234"}, {email: desk@valley.example}]
    when_closed: [{sms: "+50255501234"}]
    hours: "Mo-Fr 08:00-18:00"
    duty: {rota: [eva, ana], change: "Mo 09:00"}
levels: [{name: Coordination, notify: [desk]}]
"""
FIELD = """
teams:
  north: {country: CO, language: es, members: {ana: {name: Ana, phone: "+573005550001"}}}
staff:
  eva: {name: Eva, phone: "+50255501235", language: es}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "valley.yaml").write_text(TREE)
    (tmp_path / "teams.yaml").write_text(FIELD)
    return tmp_path


def can(method: Method) -> tuple[bool, bool]:
    """Whether an SMS by that method can be answered, and may hold a link."""
    return method.replies, method.links


def valley(folder: Path) -> ContactTree:
    return read_network(folder).trees["valley"]


@pytest.mark.parametrize("country", SHIPPED)
def test_each_line_that_ships_says_where_it_is_from_and_when_somebody_looked(country: str) -> None:
    assert country in COUNTRIES
    assert SHIPPED[country]["source"].strip()
    assert date(2026, 1, 1) < SHIPPED[country]["checked"] <= date(2026, 11, 30)
    assert len(SHIPPED[country]) > 2, "a line that says nothing"


def test_guatemala_can_not_answer_and_colombia_can(folder: Path) -> None:
    """Only an SMS is answered by SMS; whatever else a number is for has all its ways."""
    sms, call, mail = valley(folder).contacts["desk"].methods
    (closed,) = valley(folder).contacts["desk"].when_closed

    assert [can(each) for each in (sms, call, mail, closed)] == [
        *((True, True), (True, True), (True, True), (False, True)),
    ]


def test_whoever_has_the_turn_brings_the_rules_of_their_own_phone(folder: Path) -> None:
    tree = valley(folder)
    desk = tree.contacts["desk"]
    assert desk.duty is not None

    eva, ana = desk.duty.rota
    assert can(desk.staffed_by(eva).methods[0]) == (False, True)
    assert can(desk.staffed_by(ana).methods[0]) == (True, True)


def test_a_network_that_knows_better_writes_its_own_lines(folder: Path) -> None:
    """What a line leaves out stays as it ships; countries that are not named, too."""
    (folder / "countries.yaml").write_text(OWN)
    sms, *_ = valley(folder).contacts["desk"].methods
    (closed,) = valley(folder).contacts["desk"].when_closed
    rules = read_rules(folder)

    assert check_folder(folder) == ()
    assert (can(sms), can(closed)) == ((True, False), (True, True))
    assert (rules.by_country["GT"].price, rules.by_country["GT"].emergency[0]) == ("high", "110")
    assert rules.for_sms("+34600550140") == (False, True)
    assert rules.for_sms("+50588881234")[0] is False
    assert rules.for_sms("+4915155501410") == (True, True)
    assert Method(MethodKind.SMS, "+1").replies


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("price: high", "price: dear", "countries.yaml:3:30: countries.GT.price: unknown price class 'dear'"),
        (", checked: 2026-11-20}", "}", "required key 'checked' is missing"),
        ("CO:", "XX:", "unknown country 'XX'"),
        ("links: false", "link: false", "unknown key 'link' (known: source, checked, replies, links"),
    ],
)
def test_a_fault_in_its_own_lines_is_said_by_its_place(folder: Path, old: str, new: str, said: str) -> None:
    (folder / "countries.yaml").write_text(OWN.replace(old, new, 1))

    (fault,) = check_folder(folder)
    assert said in str(fault)
