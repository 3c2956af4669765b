"""Editing the trees at the console: read and checked by coordinators, published and taken back by administrators."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from alertnet.runtime import tree_editing
from alertnet.store.records.credentials.users import Role
from alertnet.store.records.editions import Publication
from alertnet.web.console.translation import words
from tests.web.console.conftest import SitDown
from tests.web.console.desk import PASSWORD, Desk, Form, Sheet
from tests.web.world import TREE, World, world_in

SLOWER = TREE.replace("wait: 30m", "wait: 45m").strip() + "\n"
BROKEN = TREE.replace("notify: [alice, bob, carol, dave]", "notify: [alise, bob]").strip() + "\n"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The valley, whose program can send by all that its tree uses."""
    with world_in(tmp_path, ALERTNET_SMTP_URL="smtp://127.0.0.1:2525?from=alert@valley.example") as world:
        yield world


@pytest.fixture
def chief(sit_down: SitDown) -> Desk:
    """Nora, who administers."""
    return sit_down("nora", Role.ADMINISTRATOR)


def editor(desk: Desk, number: int = 1) -> Sheet:
    desk.opens("/desk")
    return desk.opens(f"/desk/editions/{number}/files?name=valley.yaml")


def history(world: World) -> tuple[Publication, ...]:
    return world.runtime.watched.history()


def checked(desk: Desk, text: str) -> Sheet:
    """The page after that text was checked."""
    answer = editor(desk).presses("Check, and see what it changes", text=text)
    return Sheet(desk, "/desk/editions/1/files", answer.text)


def test_a_file_is_read_as_it_stands_in_the_edition(desk: Desk) -> None:
    page = editor(desk)

    assert html.unescape(re.findall(r"<textarea.*?>(.*?)</textarea>", page.html, re.DOTALL)[0]).strip() == TREE.strip()


def test_a_fault_stands_beside_its_line_and_what_was_typed_stays(world: World, desk: Desk) -> None:
    """The same checks as `trees check`; nothing is in force of it (A8)."""
    page = checked(desk, BROKEN)

    line = (
        BROKEN.splitlines().index("  - {name: Friends, notify: [alise, bob], wait: 30m, action_due: {after: 60m}}") + 1
    )
    assert f"line {line} fault levels.0.notify.0: unknown contact 'alise'" in page.text
    assert "alise, bob" in page.html
    assert "Put it in force" not in page.text
    assert len(history(world)) == 1


def test_as_one_types_the_same_findings_come_alone(desk: Desk) -> None:
    form = editor(desk).form("Check, and see what it changes")

    found = form.sent(text=BROKEN, step="found").text

    assert found in form.sent(text=BROKEN).text
    assert "unknown contact &#39;alise&#39;" in found
    assert "alise" not in form.sent(text=TREE, step="found").text


def test_what_an_edit_changes_is_seen_and_it_is_published_with_author_and_reason(world: World, chief: Desk) -> None:
    page = checked(chief, SLOWER)
    assert "wait" in page.text.partition("What it changes of what is in force")[2]

    done = page.presses("Put it in force", text=SLOWER, why="nights are long", password=PASSWORD)

    assert done.headers["Location"] == "/desk/editions?done=2"
    latest = history(world)[-1]
    assert (latest.number, latest.by, latest.why, latest.command) == (2, "nora", "nights are long", "publish")
    listed = chief.opens("/desk/editions").text
    assert "@2 24 Nov 02:14 nora : nights are long in force" in listed
    world.runtime.trees.look()
    assert world.runtime.edition.network.trees["valley"].levels[0].wait.total_seconds() == 45 * 60


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("de", "valley: Friends: Wartezeit: 30m → 45m"),
        ("es", "valley: Friends: espera: 30m → 45m"),
        ("fr", "valley : Friends : attente : 30m → 45m"),
        ("pt", "valley: Friends: espera: 30m → 45m"),
    ],
)
def test_what_an_edit_changes_is_told_in_the_language_of_its_reader(desk: Desk, language: str, told: str) -> None:
    """Names and values stay as they were written."""
    desk.browser.cookies.set("desk-language", language)
    answer = editor(desk).presses(words(language)["Check, and see what it changes"], text=SLOWER)

    page = Sheet(desk, "", answer.text)

    assert told in page.text


def test_a_slip_is_explained_in_the_language_of_who_types(desk: Desk) -> None:
    """Beside its line, and as one types; the value is what was typed."""
    desk.browser.cookies.set("desk-language", "es")
    form = editor(desk).form(words("es")["Check, and see what it changes"])
    slip = TREE.replace("notify: [alice, bob, carol, dave]", 'notify: [alise, "<b>x"]').strip() + "\n"

    page, typed = form.sent(text=slip), html.unescape(form.sent(text=slip, step="found").text)

    told = "levels.0.notify.0: contacto desconocido 'alise' (se conocen: alice, bob, carol, dave, desk; "
    played = desk.posts("/desk/simulator", {**form.fields, "text": slip})
    assert told in Sheet(desk, "", played.text).text
    assert f"<span>{told}" in typed
    assert "¿quiso decir alice?)</span>" in typed
    assert told in html.unescape(page.text)
    assert "contacto desconocido &#39;&lt;b&gt;x&#39; (se conocen: alice" in page.text


def test_trees_are_published_and_taken_back_with_a_password(world: World, chief: Desk) -> None:
    """As all that changes who is let in: whoever sits down at an open page changes nobody whom an alarm reaches."""
    asked = Sheet(
        chief, "/desk/editions/1/files", checked(chief, SLOWER).presses("Put it in force", text=SLOWER, why="slow").text
    )
    assert "This changes who is told." in asked.text
    wrong = asked.presses("It is me, go on", password="something else")
    assert (wrong.status_code, len(history(world))) == (403, 1)

    published = asked.presses("It is me, go on", password=PASSWORD)

    assert published.headers["Location"] == "/desk/editions?done=2"
    assert "wait: 45m" in tree_editing.files_of(world.runtime, history(world)[-1])["valley.yaml"]
    back = Sheet(chief, "/desk/editions/1/back", chief.opens("/desk/editions/1").presses("Put it in force again").text)
    assert len(history(world)) == 2
    assert back.presses("It is me, go on", password=PASSWORD).headers["Location"] == "/desk/editions?done=3"


def test_what_others_published_meanwhile_is_not_overwritten(world: World, chief: Desk, sit_down: SitDown) -> None:
    """The second is refused, says what came between, and keeps what was typed."""
    mine, theirs = checked(chief, SLOWER), checked(sit_down("omar", Role.ADMINISTRATOR), SLOWER.replace("45m", "50m"))
    theirs.presses("Put it in force", text=SLOWER.replace("45m", "50m"), why="first", password=PASSWORD)

    refused = mine.presses("Put it in force", text=SLOWER, why="second", password=PASSWORD)

    assert refused.status_code == 409
    assert "since then came omar: first" in html.unescape(refused.text)
    assert "valley: Friends: wait: 30m → 50m" in html.unescape(refused.text)
    assert "wait: 45m" in refused.text
    assert [each.why for each in history(world)][1:] == ["first"]


def test_an_earlier_edition_is_put_in_force_again_as_a_new_one(world: World, chief: Desk) -> None:
    checked(chief, SLOWER).presses("Put it in force", text=SLOWER, why="nights are long", password=PASSWORD)
    page = chief.opens("/desk/editions/1")
    assert "To put it in force again would change" in page.text

    done = page.presses("Put it in force again", why="too slow", password=PASSWORD)
    again = page.presses("Put it in force again", why="too slow", password=PASSWORD)

    assert (done.headers["Location"], again.status_code) == ("/desk/editions?done=3", 409)
    first, _, third = history(world)
    assert (third.trees, third.by, third.why, third.command) == (first.trees, "nora", "too slow", "rollback")


def test_a_coordinator_checks_and_an_administrator_publishes(world: World, desk: Desk) -> None:
    page = checked(desk, SLOWER)
    assert "An administrator puts editions in force." in page.text
    form = page.form("Check, and see what it changes")

    refused = form.sent(text=SLOWER, step="publish", why="mine")
    taken_back = desk.posts("/desk/editions/1/back", {**form.fields, "seen": "1"})

    assert (refused.status_code, taken_back.status_code) == (403, 403)
    assert len(history(world)) == 1


def test_an_observer_reads_the_history_and_no_file(world: World, desk: Desk, sit_down: SitDown) -> None:
    """The files hold numbers and names, and so does what an edit of them changed."""
    chief = sit_down("nora", Role.ADMINISTRATOR)
    chief.opens("/desk")
    for name in ("Rosa Secret", "Marta Secret"):
        named = SLOWER.replace("organisation: Friends", f"organisation: Friends\n    name: {name}")
        number = len(history(world))
        form = editor(chief, number).form("Check, and see what it changes")
        form.sent(text=named, step="publish", why=f"edition {number}", password=PASSWORD)
    observer = sit_down("olga", Role.OBSERVER)

    assert "@1" in observer.opens("/desk/editions").text
    assert "Rosa Secret → Marta Secret" in desk.opens("/desk/editions/3").text
    assert "edition 2" in observer.opens("/desk/editions/3").text
    assert "Marta Secret" in desk.opens("/desk/editions/2").text
    pages = [observer.opens(f"/desk/editions/{number}").html for number in (1, 2, 3)]
    assert [word for word in ("Secret", "What it changed", "again would change") if word in "".join(pages)] == []
    assert "Read or edit" not in observer.opens("/desk/editions/1").text
    assert observer.browser.get("/desk/editions/1/files?name=valley.yaml").status_code == 403


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"name": "../valley.yaml"}, "Name: "),
        ({"name": "valley.txt"}, "Name: "),
        ({"why": ""}, "why: missing"),
        ({"why": "x" * 501}, "why: "),
        ({"text": TREE.strip() + "\n"}, "text: "),
    ],
)
def test_what_can_not_be_published_is_refused_by_name(
    world: World, chief: Desk, fields: dict[str, str], named: str
) -> None:
    page = checked(chief, SLOWER)
    form = Form(page, "/desk/editions/1/files", page.form("Check, and see what it changes").fields)

    refused = form.sent(**{"text": SLOWER, "step": "publish", "why": "a reason", "password": PASSWORD, **fields})

    assert (refused.status_code, named in refused.text) == (422, True)
    assert len(history(world)) == 1


def test_a_reason_is_asked_for_by_the_browser_and_only_to_put_it_in_force(chief: Desk) -> None:
    """Else whoever forgot it waits for the checks to run once more, to read that it is missing."""
    [edit] = re.findall(r'<form[^>]* id="edit".*?</form>', checked(chief, SLOWER).html, re.DOTALL)

    assert re.search(r'<input id="why"[^>]* required>', edit)
    at_once = [button for button in re.findall(r"<button[^>]*>", edit) if "formnovalidate" not in button]
    assert at_once == ['<button class="strong alarm" name="step" value="publish">']


def test_a_number_that_no_edition_can_have_is_no_fault_of_ours(chief: Desk) -> None:
    fields = checked(chief, SLOWER).form("Check, and see what it changes").fields

    found = chief.posts("/desk/editions/1/files", {**fields, "text": SLOWER, "seen": "9" * 5000})
    back = chief.posts("/desk/editions/1/back", {**fields, "password": PASSWORD, "seen": "9" * 5000})

    assert (found.status_code, back.status_code) == (200, 422)


def test_a_new_file_joins_the_others(chief: Desk) -> None:
    peru = TREE.replace("tree: valley", "tree: peru").replace("[CO]", "[PE]").strip() + "\n"
    chief.opens("/desk/editions")
    form = chief.opens("/desk/editions/1/files").form("Check, and see what it changes")

    answer = form.sent(name="peru.yaml", text=peru)

    assert "peru" in Sheet(chief, "", answer.text).text.partition("What it changes of what is in force")[2]


def test_several_files_come_into_force_together(world: World, chief: Desk) -> None:
    """Each is opened from the other, and what was typed in the first goes along."""
    first = editor(chief).form("Check, and see what it changes")
    other = Sheet(chief, "", first.sent(text=SLOWER, open="teams.yaml").text)
    form = other.form("Check, and see what it changes")
    teams = html.unescape(other.html).partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0].strip()

    page = Sheet(chief, "", form.sent(text=teams.replace("Ana Example", "Ana Sample")).text)
    changes = page.text.partition("What it changes of what is in force")[2]
    done = page.presses(
        "Put it in force", text=teams.replace("Ana Example", "Ana Sample"), why="both", password=PASSWORD
    )

    assert "valley.yaml changed" in page.text
    assert "wait: 30m → 45m" in changes
    assert done.headers["Location"] == "/desk/editions?done=2"
    files = tree_editing.files_of(world.runtime, history(world)[-1])
    assert ("wait: 45m" in files["valley.yaml"], "Ana Sample" in files["teams.yaml"]) == (True, True)


def test_a_file_without_text_goes(world: World, chief: Desk) -> None:
    """And what then leads nowhere is a fault like any other."""
    page = checked(chief, "")

    assert "valley.yaml goes" in page.text
    assert "holds no contact tree" in page.text


def test_whoever_comes_second_sees_what_the_first_has_changed_and_takes_the_own_edit_over(
    world: World, chief: Desk, sit_down: SitDown
) -> None:
    mine, theirs = checked(chief, SLOWER), checked(sit_down("omar", Role.ADMINISTRATOR), SLOWER.replace("45m", "50m"))
    theirs.presses("Put it in force", text=SLOWER.replace("45m", "50m"), why="first", password=PASSWORD)

    refused = Sheet(chief, "", mine.presses("Put it in force", text=SLOWER, why="second", password=PASSWORD).text)
    over = refused.form("Take what I changed over to @2")
    taken = Sheet(chief, "", chief.posts("/desk/editions/2/files", {**over.fields, "text": SLOWER}).text)
    done = taken.presses("Put it in force", text=SLOWER, why="second, having seen the first", password=PASSWORD)

    assert "This is how others have changed valley.yaml" in refused.text
    assert "<ins>+  - {name: Friends" in refused.html
    assert "wait: 50m → 45m" in taken.text
    assert done.headers["Location"] == "/desk/editions?done=3"


def test_what_is_taken_over_leaves_what_others_have_changed_elsewhere_in_the_file(
    world: World, chief: Desk, sit_down: SitDown
) -> None:
    """Two edit one tree at one time, each a level of their own: nobody's change is lost, and none is taken back."""
    theirs, both = TREE.replace("10m", "12m").strip() + "\n", SLOWER.replace("10m", "12m")
    mine, other = checked(chief, SLOWER), checked(sit_down("omar", Role.ADMINISTRATOR), theirs)
    other.presses("Put it in force", text=theirs, why="first", password=PASSWORD)

    refused = Sheet(chief, "", mine.presses("Put it in force", text=SLOWER, why="second", password=PASSWORD).text)
    over = refused.form("Take what I changed over to @2")
    taken = Sheet(chief, "", chief.posts("/desk/editions/2/files", {**over.fields, "text": SLOWER}).text)
    taken.presses("Put it in force", text=both, why="second, on top of the first", password=PASSWORD)

    assert both in html.unescape(taken.html)
    assert "wait: 12m → 10m" not in taken.text
    assert "wait: 30m → 45m" in taken.text
    assert tree_editing.files_of(world.runtime, history(world)[-1])["valley.yaml"] == both


def test_a_file_in_view_that_only_others_have_changed_stays_theirs(
    world: World, chief: Desk, sit_down: SitDown
) -> None:
    """Whoever looks at another file when taking the edit over has not edited that one."""
    theirs = TREE.replace("10m", "12m").strip() + "\n"
    checked(sit_down("omar", Role.ADMINISTRATOR), theirs).presses(
        "Put it in force", text=theirs, why="first", password=PASSWORD
    )
    before = tree_editing.files_of(world.runtime, history(world)[0])
    fields = editor(chief).form("Check, and see what it changes").fields
    longer = {"beside.teams.yaml": before["teams.yaml"] + "# who is there\n", "text": before["valley.yaml"]}

    taken = chief.posts("/desk/editions/2/files", {**fields, **longer})

    assert theirs in html.unescape(taken.text)
    assert "# who is there" in html.unescape(taken.text)


def test_what_the_figures_advise_is_an_edit_that_nobody_has_published(world: World, desk: Desk) -> None:
    desk.opens("/desk")
    page = desk.opens("/desk/editions/1/wait?tree=valley&level=Friends&wait=15m")

    assert "wait: 15m" in page.html
    assert "wait: 30m → 15m" in page.text.partition("What it changes of what is in force")[2]
    assert len(history(world)) == 1
    nowhere = desk.browser.get("/desk/editions/1/wait?tree=valley&level=Nobody&wait=15m")
    assert (nowhere.status_code, "valley/Nobody" in nowhere.text) == (404, True)


def test_an_edit_is_played_through_beside_what_is_in_force(world: World, desk: Desk) -> None:
    """Who would hear when if it were published; nothing is kept of it."""
    form = editor(desk).form("Check, and see what it changes")
    sooner = TREE.replace("wait: 30m", "wait: 10m").strip() + "\n"
    case = {"type": "arrest", "country": "CO", "day": "2026-12-24", "minute": "195", "hours": "2", "after": "15"}

    played = desk.posts("/desk/simulator", {**form.fields, "text": sooner, **case})
    alike = desk.posts("/desk/simulator", {**form.fields, "text": TREE, **case})
    broken = desk.posts("/desk/simulator", {**form.fields, "text": BROKEN, **case})

    text = Sheet(desk, "", played.text).text
    assert "03:25 Coordination" in text
    assert "Contacts for whom it would be otherwise than by what is in force: " in text
    assert "20 min earlier" in text
    assert "nothing is otherwise" in Sheet(desk, "", alike.text).text
    assert (broken.status_code, "alise" in broken.text) == (422, True)
    back = Sheet(desk, "", played.text).form("Back to the edit")
    assert "wait: 10m" in html.unescape(back.sent(open="valley.yaml").text)
    assert len(history(world)) == 1


def test_every_key_is_explained_with_an_example(desk: Desk) -> None:
    assert "wait How long until the next level, if it is not satisfied." in desk.opens("/desk/editions/keys").text


DAVE = '  dave: {role: ngo, organisation: Mountain post, methods: [{call: "+573005550014"}]}\n'


def test_a_file_in_a_folder_is_edited_as_any_other(world: World, chief: Desk) -> None:
    """A new one lies beside the others: nobody makes folders here."""
    chief.opens("/desk")
    shared = "contacts:\n" + DAVE.replace("Mountain", "River")
    trees = world.runtime.settings.contact_trees
    (trees / "shared").mkdir()
    (trees / "shared/posts.yaml").write_text(shared)
    (trees / "valley.yaml").write_text(f"include: [shared/posts.yaml]\n{TREE.replace(DAVE, '')}")
    world.runtime.trees.look()
    page = chief.opens("/desk/editions/2/files?name=shared/posts.yaml")
    form = page.form("Check, and see what it changes")
    text = shared.replace("River", "Lake")

    done = form.sent(text=text, step="publish", why="they have moved", password=PASSWORD)
    refused = form.sent(name="shared/others.yaml", text=text, step="publish", why="new")

    assert done.headers["Location"] == "/desk/editions?done=3"
    assert tree_editing.files_of(world.runtime, history(world)[-1])["shared/posts.yaml"] == text
    assert (refused.status_code, "Name: " in refused.text) == (422, True)


def test_keys_are_explained_in_the_language_of_who_types(desk: Desk) -> None:
    """On a page of their own, and by the editor; the keys and their examples stay as a file has them."""
    desk.browser.cookies.set("desk-language", "fr")

    page = desk.opens("/desk/editions/keys")
    known = json.loads(desk.browser.get("/desk/editions/schema.json").text)

    told = "Combien de temps jusqu'au niveau suivant, s'il n'est pas satisfait."
    assert f'wait {told} "30m"' in page.text
    assert known["$defs"]["LevelForm"]["properties"]["wait"]["description"] == told
    assert known["$defs"]["LevelForm"]["properties"]["wait"]["examples"] == ["30m"]


def test_the_schema_and_no_other_file_is_given_to_the_editor(desk: Desk, tmp_path: Path) -> None:
    known = json.loads(desk.browser.get("/desk/editions/schema.json").text)

    assert known == json.loads(json.dumps(tree_editing.tree_schema(str)))
    assert desk.browser.get("/desk/static/secret.js").status_code == 404
    assert str(tmp_path) not in json.dumps(known)
