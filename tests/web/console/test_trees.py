"""The trees at the console: pictures of them, and a case played through on a slider."""

import re
from contextlib import ExitStack
from pathlib import Path

import pytest

from alertnet.core.limits import TREE_CHECKS
from alertnet.store.records.credentials.users import Role
from alertnet.store.tables import incidents, notifications
from alertnet.web.throttle import ROOM
from tests.web.console.conftest import SitDown
from tests.web.console.desk import Desk
from tests.web.world import ALICE, BOB, TREE, World, world_in

CASE = "/desk/simulator?type=arrest&country=CO&consent=international&day=2026-12-24&minute=195&hours=2"


def test_a_tree_is_a_picture_of_who_is_told_when_without_a_number(desk: Desk) -> None:
    """A9: it may hang where others see it."""
    page = desk.opens("/desk/trees/valley")

    assert "Friends answered by any · waits 30m · action within 1h" in page.text
    assert "30m Coordination answered by any · waits 10m" in page.text
    assert "40m Nobody has answered Every coordinator is alarmed at once, and these are told. Desk" in page.text
    assert [number for number in (ALICE, BOB) if number in page.html] == []


def test_all_trees_lead_to_their_pictures(desk: Desk) -> None:
    page = desk.opens("/desk/trees")

    assert '<a href="/desk/trees/valley">Valley network</a>' in page.html
    assert desk.browser.get("/desk/trees/nowhere").status_code == 404


@pytest.mark.parametrize("path", ["/desk/trees", "/desk/system"])
def test_what_is_wrong_with_an_edit_is_read_by_who_may_act(
    world: World, desk: Desk, sit_down: SitDown, path: str
) -> None:
    """Observers see where it is wrong: what stands there may be a number or a name."""
    edited = TREE.replace(BOB, "+57 300 Rosa").replace("bob@friends", "bob@@friends")
    (world.runtime.settings.contact_trees / "valley.yaml").write_text(edited)
    world.runtime.trees.look()

    whole, told = desk.opens(path).text, sit_down("olga", Role.OBSERVER).opens(path).text

    assert [each for each in ("Rosa", "bob@@friends", "valley.yaml:24:21") if each not in whole] == []
    assert "valley.yaml:24:21" in told
    assert [each for each in ("Rosa", "bob@@friends") if each in told] == []


def test_what_is_unwise_stands_beside_what_it_is_about(desk: Desk, sit_down: SitDown) -> None:
    """With a way to its line; observers see where, for what stands there may be a number or a name."""
    page, all_trees = desk.opens("/desk/trees/valley"), desk.opens("/desk/trees")
    observed = sit_down("olga", Role.OBSERVER).opens("/desk/trees/valley")

    beside_dave = page.text.partition("Mountain post")[2]
    assert re.match(r".*?unwise methods: has one method alone: .*? valley\.yaml, line \d+", beside_dave)
    assert re.search(r'href="/desk/editions/1/files\?name=valley\.yaml#line-\d+"', page.html)
    assert "unwise: " in all_trees.text
    assert "unwise valley.yaml, line " in observed.text
    assert "has one method alone" not in observed.text


def test_a_number_is_three_presses_away_from_the_name_of_whose_it_is(desk: Desk, sit_down: SitDown) -> None:
    """Find, its place in the tree, its line in the file."""
    [found] = re.findall(r'href="(/desk/trees/valley#contact-carol)"', desk.opens("/desk/find?q=amis").html)
    page = desk.opens(found.partition("#")[0])
    [(file, line)] = re.findall(r'<a href="(/desk/editions/1/files\?name=valley.yaml)#line-(\d+)">carol</a>', page.html)
    observed = sit_down("olga", Role.OBSERVER).opens("/desk/trees/valley")

    [text] = re.findall(r'<textarea id="text".*?>\n?(.*?)</textarea>', desk.opens(file).html, re.DOTALL)
    assert text.splitlines()[int(line) - 1].strip().startswith("carol:")
    assert page.html.count('id="contact-carol"') == 1
    assert "carol" in observed.text
    assert "/files?" not in observed.html


def test_a_deputy_whom_no_level_names_has_a_place_in_the_picture_too(tmp_path: Path) -> None:
    """Where it is found, and where its number is dead, the way leads there."""
    erin = """  erin: {role: ngo, organisation: Stand-in, methods: [{sms: "+573005550015"}]}\nlevels:\n"""
    tree = TREE.replace("carol: {role: ngo,", "carol: {role: ngo, deputy: erin,").replace("levels:\n", erin)
    with world_in(tmp_path, tree=tree) as world:
        desk = Desk.of(world, "maria", Role.COORDINATOR)
        desk.signs_in()
        found, page = desk.opens("/desk/find?q=stand-in"), desk.opens("/desk/trees/valley")

    assert 'href="/desk/trees/valley#contact-erin"' in found.html
    assert re.search(
        r'id="contact-erin"><p><strong>Stand-in.*?/files\?name=valley.yaml#line-\d+">erin</a>', page.html, re.S
    )
    assert "In no level Stand-in erin" in page.text


@pytest.mark.parametrize(
    ("language", "fault", "warning"),
    [
        (
            "de",
            "email: keine Mailadresse 'bob@@friends.example' (möglich: Name@Domain",
            "methods: hat nur einen Kontaktweg",
        ),
        (
            "es",
            "email: no es una dirección de correo 'bob@@friends.example' (se admite:",
            "tiene una sola vía de contacto",
        ),
        ("fr", "email: n'est pas une adresse de courriel 'bob@@friends.example' (admis :", "n'a qu'un seul moyen"),
        ("pt", "email: não é um endereço de e-mail 'bob@@friends.example' (admite-se:", "tem um só meio de contato"),
    ],
)
def test_faults_and_warnings_are_said_in_the_language_of_their_reader(
    world: World, desk: Desk, language: str, fault: str, warning: str
) -> None:
    """What somebody wrote stays as they wrote it, and so do the keys of the file."""
    (world.runtime.settings.contact_trees / "valley.yaml").write_text(TREE.replace("bob@friends", "bob@@friends"))
    world.runtime.trees.look()
    desk.browser.cookies.set("desk-language", language)

    assert fault in desk.opens("/desk/trees").text
    assert fault in desk.opens("/desk/system").text
    assert warning in desk.opens("/desk/trees/valley").text


def test_who_lights_up_is_seen_at_the_moment_that_the_slider_stands_at(world: World, desk: Desk) -> None:
    """Nothing is sent and nothing kept: by a form alone, so that it needs no script."""
    first, later = desk.opens(f"{CASE}&after=0"), desk.opens(f"{CASE}&after=45")

    assert "4 of 5 told · arrest, critical · 24 Dec 03:15 (America/Bogota)" in first.text
    assert "5 of 5 told" in later.text
    assert first.html.count('class="row lit"') == 4
    assert "03:55 mail" in later.text
    assert (world.rows(incidents), world.rows(notifications)) == ([], [])


def test_an_answer_moves_what_would_have_come(desk: Desk) -> None:
    alone = desk.opens(f"{CASE}&after=120&go=no").text
    answered = desk.opens(f"{CASE}&after=120&answers=bob@5m").text

    assert "03:45 Coordination" in alone
    assert "03:20 takes charge" in answered
    assert "04:20 Coordination" in answered, "an action was due within the hour"
    assert "03:45 Coordination" not in answered


def test_that_no_tree_serves_a_country_is_said_by_the_simulator_and_before_an_alarm_and_a_drill(desk: Desk) -> None:
    """A2: else what comes looks as if these contacts were for that country."""
    warning = "nobody in the trees that serve FR may be told: the last resort of every tree is alerted"
    before_a_drill = desk.opens("/desk/drills/new").presses("See who takes part", type="arrest", country="FR")
    before_an_alarm = desk.opens("/desk/raise").presses("See who will be told", type="arrest", country="FR")

    assert warning in desk.opens(CASE.replace("CO", "FR")).text
    assert "en los árboles que sirven a FR" in desk.opens(f"{CASE.replace('CO', 'FR')}&lang=es").text
    assert all(warning in each.text and "Last resort" in each.text for each in (before_a_drill, before_an_alarm))
    assert "may be told" not in desk.opens(f"{CASE}&lang=en").text


def test_who_is_left_out_is_named_with_why(desk: Desk) -> None:
    text = desk.opens(f"{CASE}&exclude=carol").text

    assert "Who is left out, and why excluded: Amis" in text
    assert "excluded: Friends, Amis" in desk.opens(f"{CASE}&exclude=carol,+bob").text
    assert "3 of 4 told" in text


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ("&type=picnic", "type: "),
        ("&day=tomorrow", "day: "),
        ("&minute=9999", "minute: "),
        ("&hours=1000", "hours: "),
        ("&after=-1", "after: "),
        ("&answers=nobody@5m", "answers: "),
        ("&exclude=everybody", "exclude: "),
    ],
)
def test_what_can_not_be_played_is_refused_by_name_above_the_form(desk: Desk, more: str, named: str) -> None:
    name = more[1:].partition("=")[0]
    query = "&".join(each for each in CASE.partition("?")[2].split("&") if not each.startswith(f"{name}="))

    refused = desk.browser.get(f"/desk/simulator?{query}{more}")

    assert refused.status_code == 422
    assert f'<p class="refusal" role="alert">{named}' in refused.text
    assert "Play it" in refused.text


def test_whoever_observes_may_play_and_look(sit_down: SitDown) -> None:
    observer = sit_down("olga", Role.OBSERVER)

    assert "4 of 5 told" in observer.opens(CASE).text
    assert "Coordination" in observer.opens("/desk/trees/valley").text


def test_of_cases_that_are_played_few_wait_and_one_session_plays_so_many(desk: Desk) -> None:
    """B9: each takes the processor for long, and a thread that waits is one less for the webhooks of an alarm."""
    with ExitStack() as held:
        while ROOM.acquire(blocking=False):
            held.callback(ROOM.release)
        assert desk.browser.get(CASE).status_code == 503

    answers = [desk.browser.get(f"{CASE}&nationality=XX").status_code for _ in range(TREE_CHECKS.most)]
    assert answers == [422] * (TREE_CHECKS.most - 1) + [429]


def test_the_simulator_offers_countries_by_name_and_no_two_types_with_one(desk: Desk) -> None:
    html = desk.opens("/desk/simulator").html

    options = re.findall(r"<option[^>]*>([^<]+)</option>", html)
    assert "Colombia" in options
    assert {"serious assault (sexual violence)", "serious assault (torture)"} <= set(options)


def test_the_simulator_offers_contacts_by_name_so_that_nobody_has_to_know_an_id(desk: Desk) -> None:
    html = desk.opens("/desk/simulator").html

    offered = dict(re.findall(r'<option value="([^"]+)">([^<]+)</option>', html.partition('id="answering"')[2]))
    assert offered["carol@10m"] == "Amis"
    assert offered["carol"] == "Amis"
