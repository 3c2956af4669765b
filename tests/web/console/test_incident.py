"""One incident on the console: four sentences, all that was said, and every act, each said before it is done."""

import re
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import update

from alertnet.core.incident import Affected, Scope
from alertnet.core.monitoring.self_monitoring import Part
from alertnet.flows.credentials.users import end_user
from alertnet.flows.desk.incident import MOST_ENTRIES
from alertnet.flows.sms.coerced_text import open_coerced
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import troubles
from alertnet.store.records import timeline as timeline_store
from alertnet.store.records.credentials.users import Role
from alertnet.store.tables import acknowledgements, actions, attempts, incidents, notifications
from alertnet.store.views import timeline_view
from tests.web.console.conftest import SitDown
from tests.web.console.desk import Desk, Sheet
from tests.web.world import ANA, CAROL, TREE, World, world_in


@pytest.fixture
def ref(world: World) -> str:
    """An arrest of which everybody was told at once."""
    world.raises()
    world.runtime.transact(_arrives)
    return world.ref()


def _arrives(tx: Tx) -> None:
    """What is queued arrives."""
    tx.session.execute(update(attempts).values(status="delivered", due_at=None))
    tx.session.execute(update(notifications).values(status="delivered"))


def goes_on(world: World) -> None:
    """So much happens that a page does not tell all of it."""
    many = [("alarm_repeated", {"alarm": "x"})] * (MOST_ENTRIES + 100)
    world.runtime.transact(timeline_store.append, world.incident, *many)


def sheet(desk: Desk, ref: str) -> Sheet:
    return desk.opens(f"/desk/incidents/{ref}")


def recorded(world: World, kind: str) -> list[dict[str, object]]:
    entries, _ = world.runtime.read(lambda tx: timeline_view.entries(tx.session, world.incident, 0, 1000))
    return [each["payload"] or {} for each in entries if each["kind"] == kind]


def told(world: World, kind: str) -> set[str]:
    return {row.contact for row in world.rows(notifications) if row.kind == kind}


def test_it_says_what_does_not_get_out_or_in(world: World, desk: Desk, ref: str) -> None:
    """A11: who reads there that all have been told waits for an answer that can't come."""
    before = sheet(desk, ref)

    world.runtime.transact(troubles.begin, Part.INBOUND)
    during = sheet(desk, ref)

    assert "texts to us do not arrive · The system" in during.text
    assert "do not arrive" not in before.text
    assert "Who acts: nobody yet." in during.text


def test_four_sentences_say_how_it_stands(world: World, desk: Desk, ref: str) -> None:
    """Somebody new reads who knows, who acts, what comes next and what they owe, right below what is asked of them.

    On a phone a question would else stand below all four.
    """
    page = sheet(desk, ref)
    text = page.text

    assert page.html.index('id="matters"') < page.html.index('id="sentences"') < page.html.index('id="texts"')
    assert "Who knows: Amis, Friends, Mountain post and Valley." in text
    assert "Who acts: nobody yet." in text
    assert "What comes next: 02:44 : alertnet tells Valley once more (level 2/2 · Coordination), unless" in text
    assert "What you owe: nothing now: alertnet goes on by itself." in text


def test_while_nobody_acts_each_learns_where_to_say_that_they_do(world: World, desk: Desk, ref: str) -> None:
    """A coordinator who sits at the console has a telephone to answer, and may not have it at hand."""
    before = sheet(desk, ref)
    world.texts("+573005550013", world.written_code("carol"))

    words = "record who takes charge, you or somebody else"
    assert f'<a href="?do=vouch#do-vouch">{words}</a>' in before.html
    assert words not in sheet(desk, ref).html


@pytest.mark.parametrize(("told", "chosen"), [("[alice]", ["valley/alice"]), ("[alice, bob]", [])])
def test_the_only_one_who_can_have_answered_is_chosen(tmp_path: Path, told: str, chosen: list[str]) -> None:
    tree = TREE.replace("[alice, bob, carol, dave]", told)
    with world_in(tmp_path, tree=tree) as world:
        desk = Desk.of(world, "maria", Role.COORDINATOR)
        desk.signs_in()
        world.raises()

        [whose] = re.findall(r'<select id="vouch-who".*?</select>', sheet(desk, world.ref()).html, re.DOTALL)

    assert "valley/alice" in whose
    assert re.findall(r'value="([^"]+)" selected', whose) == chosen


def test_who_was_not_reached_yet_does_not_know(world: World, desk: Desk) -> None:
    """A queue is no telephone that rang."""
    world.raises()

    text = sheet(desk, world.ref()).text

    assert "Who knows: nobody yet. On its way to: Amis, Friends, Mountain post and Valley." in text


def test_an_answer_moves_the_sentences(world: World, desk: Desk, ref: str) -> None:
    world.texts("+573005550013", world.written_code("carol"))

    text = sheet(desk, ref).text

    assert "Who acts: Amis took charge" in text
    assert "Amis takes charge by SMS" in text


def test_who_may_coordinate_reads_what_people_wrote_and_who_observes_does_not(
    world: World, sit_down: SitDown, ref: str
) -> None:
    """As a key of the API without `coordinate`: how it stands, and not a word of anybody."""
    world.texts("+573005550012", "two men in a white car, near the bridge")
    world.updates("they were seen at the mill")
    coordinator, observer = sit_down("maria"), sit_down("olga", Role.OBSERVER)

    reads, sees = sheet(coordinator, ref).text, sheet(observer, ref).html

    words = ("near the bridge", "at the mill", "Two were taken", "Place: Vereda La Esperanza", "By men in a white car")
    assert [word for word in words if word not in reads] == []
    assert [word for word in words if word in sees] == []
    assert "Who knows:" in sees


def test_the_codes_of_a_report_are_read_with_what_they_stand_for(world: World, desk: Desk) -> None:
    """In the words of the page that the same coordinator opens on the telephone."""
    world.texts(ANA, "SOS 20 L12 P7")

    [row] = world.rows(incidents)

    text = sheet(desk, row.ref).text

    assert "People: P7 (other)" in text
    assert "not verified: arrest, place L12, person P7 (other)" in text


def test_an_answer_that_was_heard_is_vouched_for_by_a_person(world: World, desk: Desk, ref: str) -> None:
    """A6: and it stops what rings, as their own would."""
    done = sheet(desk, ref).presses("Record the answer", who="valley/bob", kind="acknowledged", note="on his way")

    assert done.headers["Location"] == f"/desk/incidents/{ref}?done=acknowledgements"
    [row] = world.rows(acknowledgements)
    assert (row.contact, row.kind, row.via, row.by) == ("bob", "acknowledged", "vouched", "user maria")
    assert "Who acts: Friends took charge" in sheet(desk, ref).text


def test_who_may_coordinate_reads_who_has_answered_and_with_which_words(
    world: World, sit_down: SitDown, ref: str
) -> None:
    """A name typed on the page, or what somebody heard on the telephone, is for the next at the desk to act on."""
    maria, olga = sit_down("maria"), sit_down("olga", Role.OBSERVER)
    world.client.post(world.link("carol"), data={"answer": "acknowledge", "by": "Mme Dubois, political section"})

    sheet(maria, ref).presses("Record the answer", who="valley/bob", kind="acknowledged", note="he calls at ten")

    reads, sees = sheet(maria, ref).text, sheet(olga, ref).text
    assert "Amis takes charge, on the page, 24 Nov 02:14 Mme Dubois, political section" in reads
    assert "by maria: he calls at ten" in reads
    assert "Amis takes charge" in sees
    assert "Dubois" not in sees
    assert "at ten" not in sees


def test_an_answer_can_be_taken_back(world: World, desk: Desk, ref: str) -> None:
    sheet(desk, ref).presses("Record the answer", who="valley/bob", kind="acknowledged")

    done = sheet(desk, ref).presses("Revoke")

    assert done.status_code == 303
    assert world.rows(acknowledgements)[0].revoked_at is not None
    assert "Who acts: nobody yet." in sheet(desk, ref).text


def test_an_action_is_recorded_and_read_in_the_language_of_the_page(world: World, desk: Desk, ref: str) -> None:
    sheet(desk, ref).presses("Record the action", who="valley/bob", action="raised_with_ministry", note="was there")

    [row] = world.rows(actions)
    page = desk.opens(f"/desk/incidents/{ref}?lang=de").text
    assert (row.contact, row.action, row.note) == ("bob", "raised_with_ministry", "was there")
    assert page.count("hat ein Ministerium angesprochen") == 4, "to choose, beside the words, in history and picture"
    assert "raised with" not in page


def test_news_say_before_who_hears_that_there_is_some(world: World, desk: Desk, ref: str) -> None:
    """The words travel in no message (A9); a person may lower a severity that changes no plan (B2)."""
    page = sheet(desk, ref)
    assert "These hear that there is news: Amis, Friends, Mountain post, Valley" in page.text

    page.presses("Tell the news", text="They are free", severity="serious")

    assert told(world, "update") == {"alice", "bob", "carol", "dave"}
    assert [(each["by"], each["text"]) for each in recorded(world, "updated")] == [("user maria", "They are free")]
    assert world.rows(incidents)[0].severity == "serious"


def test_news_of_who_is_accused_spare_them_at_once(tmp_path: Path) -> None:
    """A3: what is learnt of the perpetrator at the desk must not wait for somebody who knows the API."""
    accused = TREE.replace("organisation: Amis,", "organisation: Amis, belongs_to: army,")
    with world_in(tmp_path, tree=accused) as world:
        desk = Desk.of(world, "maria", Role.COORDINATOR)
        desk.signs_in()
        world.raises()
        world.texts(CAROL, world.written_code("carol"))
        before = sheet(desk, world.ref()).text

        sheet(desk, world.ref()).presses("Tell the news", text="It was the army", perpetrator="army")

        after = sheet(desk, world.ref()).text
        assert ("counts no more" in before, "counts no more" in after) == (False, True)
        assert "Amis: belongs to the accused" in after
        assert "Amis: belongs to the accused" not in before


def test_what_a_text_says_stands_once_beside_what_is_known(world: World, desk: Desk) -> None:
    """The words of which somebody has made an incident are its summary, too."""
    world.texts(ANA, "two men follow us near L12")
    [row] = world.rows(incidents)
    sheet(desk, row.ref).presses("Make an incident of it", type="surveillance")

    said = sheet(desk, row.ref).html.partition('id="texts"')[2].partition("</div>")[0]

    assert "Place: L12" in said
    assert said.count("two men follow us near L12") == 1


def test_news_that_change_who_is_told_are_applied_by_a_go_that_says_so(tmp_path: Path) -> None:
    """Only a person lowers a severity, having seen what that changes."""
    grave = "  - {name: Abroad, when: {severity: [critical]}, notify: [carol], wait: 30m}\n"
    with world_in(tmp_path, tree=TREE + grave) as world:
        desk = Desk.of(world, "maria", Role.COORDINATOR)
        desk.signs_in()
        world.raises()
        ref = world.ref()
        form = sheet(desk, ref).form("Tell the news")
        assert '<option value="">as it is</option>' in sheet(desk, ref).html
        form.sent(text="They are free", severity="moderate")
        page = sheet(desk, ref)
        assert "What you owe: say whether the news is applied ." in page.text
        assert "Does the news change who is told?" in page.text

        page.presses("Go: apply the news")

        assert world.rows(incidents)[0].severity == "moderate"


def test_the_page_tells_the_narrowest_consent(world: World, desk: Desk) -> None:
    """A3: that of the people binds too."""
    world.raises(people=(Affected(code="P9", consent=Scope.NATIONAL),))

    assert "consent: national" in sheet(desk, world.ref()).text


def test_a_level_is_opened_now(world: World, desk: Desk, ref: str) -> None:
    page = sheet(desk, ref)
    assert "Valley network: Coordination → Valley" in page.text

    pressed = page.presses("Go", which="valley/Coordination")

    assert f"Recorded for {ref}: Go." in desk.opens(pressed.headers["Location"]).text
    decided = [(each["decision"], each["level"], each["by"]) for each in recorded(world, "decision")]
    assert decided == [("go", "Coordination", "user maria")]


@pytest.mark.parametrize("decision", ["Hold", "Refuse"])
def test_what_was_decided_is_said_and_of_which_incident(world: World, desk: Desk, ref: str, decision: str) -> None:
    """Who has three of them open must see which button it was, and where."""
    pressed = sheet(desk, ref).presses(decision, which="valley/Coordination")

    said = desk.opens(pressed.headers["Location"]).text
    assert (f"Recorded for {ref}: {decision}." in said, f"Recorded for {ref}: Go." in said) == (True, False)


def test_consent_and_exclusions_are_recorded(world: World, desk: Desk, ref: str) -> None:
    """Who is spared is chosen by name, of those who may still hear of it."""
    page = sheet(desk, ref)
    choices = re.findall(r'name="contacts" value="(.*?)"> <span>(\w+)', page.html)
    assert choices[:2] == [("carol", "Amis"), ("desk", "Desk")]
    page.presses("Spare them", contacts="carol")
    after = sheet(desk, ref)
    after.presses("Record the consent", scope="internal", given_by="P7", how="by telephone")

    [consent] = recorded(world, "consent_recorded")
    assert (consent["scope"], consent["given_by"], consent["by"]) == ("internal", "P7", "user maria")
    [spared] = recorded(world, "excluded")
    assert (spared["contacts"], spared["by"]) == (["carol"], "user maria")
    assert "Spared from now on: Amis" in after.text
    assert ('value="carol"' in after.html, 'value="dave"' in after.html) == (False, True)


def test_consent_of_one_person_is_recorded_as_hers(world: World, desk: Desk) -> None:
    """A3: not as that of all; the page says that it counts for all all the same."""
    people = (Affected(code="P7", consent=Scope.INTERNATIONAL), Affected(code="P9", consent=Scope.INTERNATIONAL))
    world.raises(people=people)
    page = sheet(desk, world.ref())

    page.presses("Record the consent", people="P9", scope="national", given_by="P9", how="by telephone")

    [consent] = recorded(world, "consent_recorded")
    assert (consent["people"], consent["scope"]) == (["P9"], "national")
    assert "the narrowest consent among them counts" in page.text
    assert "consent: national" in sheet(desk, world.ref()).text


def test_wider_consent_takes_effect_once_its_difference_was_seen(world: World, desk: Desk) -> None:
    """A8: whom it would add stands on a page, and exactly that is applied."""
    world.raises(consent=Scope.INTERNAL, people=())
    ref = world.ref()
    assert "dave" not in told(world, "alert")
    sheet(desk, ref).presses("Record the consent", scope="international", given_by="P7", how="by telephone")
    assert "dave" not in told(world, "alert")

    page = desk.opens(f"/desk/incidents/{ref}/re-resolve")
    assert "Would be told besides: Friends, Amis, Mountain post" in page.text
    first, again = page.presses("Apply exactly this"), page.presses("Apply exactly this")

    assert (first.status_code, again.status_code) == (303, 409)
    assert "dave" in told(world, "alert")
    assert "Nothing." in desk.opens(f"/desk/incidents/{ref}/re-resolve").text


def test_closing_shows_the_all_clear_before_anything_is_done(world: World, desk: Desk, ref: str) -> None:
    """Who hears it, and the very words in each language; then exactly those who were told hear it."""
    preview = desk.opens(f"/desk/incidents/{ref}/close?reason=released")

    assert "Amis, Friends, Mountain post, Valley" in preview.text
    assert preview.html.count("<blockquote lang=") == 2
    assert world.rows(incidents)[0].status == "open"

    done = preview.presses("Yes, it is over", text="seen at home")

    assert done.headers["Location"] == f"/desk/incidents/{ref}?done=close"
    assert told(world, "stand_down") == {"alice", "bob", "carol", "dave"}
    assert [(each["reason"], each["by"]) for each in recorded(world, "incident_closed")] == [("released", "user maria")]
    assert "0 open" in desk.opens("/desk").text


def test_another_language_keeps_what_a_page_was_asked_for(desk: Desk, ref: str) -> None:
    """Without its reason the all-clear can't be shown: whoever chose a language there saw a refusal instead."""
    preview = desk.opens(f"/desk/incidents/{ref}/close?reason=released&lang=en")

    [led] = re.findall(r'<a href="(\?[^"]*lang=de)"', preview.html)
    in_german = desk.opens(f"/desk/incidents/{ref}/close{unescape(led)}")

    assert '<html lang="de">' in in_german.html
    assert 'value="released"' in in_german.html


def test_a_closed_one_is_opened_again(world: World, desk: Desk, ref: str) -> None:
    desk.opens(f"/desk/incidents/{ref}/close?reason=released").presses("Yes, it is over")
    closed = sheet(desk, ref)
    assert "nothing, it is closed (released" in closed.text

    closed.presses("Open it again", reason="it was a rumour")

    assert world.rows(incidents)[0].status == "open"
    assert recorded(world, "incident_reopened")[0]["by"] == "user maria"
    assert ref in desk.opens("/desk").text


def a_text(world: World) -> str:
    """The reference of what Ana has texted while nothing was open."""
    world.texts(ANA, "they are in front of the house again")
    [world.incident] = [row.id for row in world.rows(incidents)]
    return world.ref()


def test_an_incident_is_made_of_a_text(world: World, desk: Desk) -> None:
    """The alarm about it can't be taken on and forgotten: the console says what is to be decided."""
    ref = a_text(world)
    board = desk.opens("/desk")
    assert "I see to it" not in board.html
    assert 'class="severity' not in board.html + sheet(desk, ref).html

    sheet(desk, ref).presses("Make an incident of it", type="threat")

    [incident] = world.rows(incidents)
    assert (incident.facts["type"], incident.facts["verified"]) == ("threat", True)
    assert recorded(world, "text_opened")[0]["by"] == "user maria"
    assert "alert" in {row.kind for row in world.rows(notifications)}
    assert "Make an incident of it" not in sheet(desk, ref).html


def test_beside_a_text_it_says_that_its_phone_is_under_duress(world: World, desk: Desk) -> None:
    """B4: whoever reads the text alone would call the phone."""
    ref, warning = a_text(world), "do not call or text it"
    before = sheet(desk, ref).html
    world.gives_pin("north/ana", duress="47990")
    world.texts(ANA, "OK 47990", sid="SM2")
    world.runtime.transact(open_coerced, world.runtime.edition, "SM2")

    assert (warning in before, warning in sheet(desk, ref).html) == (False, True)


def test_a_text_that_is_no_incident_is_set_aside(world: World, desk: Desk) -> None:
    ref = a_text(world)

    sheet(desk, ref).presses("Set it aside")

    assert world.rows(incidents)[0].status == "closed"
    assert recorded(world, "text_set_aside")[0]["by"] == "user maria"
    assert ref not in desk.opens("/desk").text


def test_two_who_close_at_once_close_it_once(world: World, sit_down: SitDown, ref: str) -> None:
    """The second is told that it is closed, and by which page it is seen."""
    path = f"/desk/incidents/{ref}/close?reason=released"
    hers, his = (sit_down(name).opens(path).form("Yes, it is over") for name in ("maria", "ben"))

    assert [hers.sent().status_code, hers.sent().status_code, his.sent().status_code] == [303, 409, 409]
    assert len(recorded(world, "incident_closed")) == 1


def test_after_very_much_has_happened_its_page_still_moves_and_acts_are_still_taken(
    world: World, desk: Desk, ref: str
) -> None:
    """The latest is shown, each view is another one, and how much is left out is said."""
    goes_on(world)
    before = sheet(desk, ref).form("Record the answer")

    first = before.sent(who="valley/bob", kind="acknowledged")
    after = sheet(desk, ref)
    second = after.presses("Record the answer", who="valley/carol", kind="acknowledged")

    assert [first.status_code, second.status_code] == [303, 303]
    assert after.form("Record the answer").fields["seen"] != before.fields["seen"]
    assert "Friends takes charge" in after.text
    assert re.search(r"\d+ earlier entries are left out\.", after.text)


def test_whoever_may_no_longer_sign_in_acts_no_more(world: World, desk: Desk, ref: str) -> None:
    """The page was open when they left; what they press afterwards is sent to the door."""
    form = sheet(desk, ref).form("Record the answer")
    world.runtime.transact(end_user, "maria", "test")

    turned_away = form.sent(who="valley/bob", kind="acknowledged")

    assert turned_away.status_code == 401
    assert "This session has ended, and nothing was recorded." in turned_away.text
    assert recorded(world, "acknowledged") == []
    assert recorded(world, "incident_opened") != []


@pytest.mark.parametrize(
    ("button", "fields", "named"),
    [
        ("Record the answer", {"who": "valley/nobody", "kind": "acknowledged"}, "contact: "),
        ("Record the answer", {"who": "valley/bob", "kind": "nodded"}, "kind: "),
        ("Record the answer", {"who": "", "kind": "acknowledged"}, "tree: "),
        ("Record the action", {"who": "valley/bob", "action": "danced"}, "action: "),
        ("Record the consent", {"scope": "wide", "given_by": "x", "how": "x"}, "scope: "),
        ("Spare them", {"contacts": "everybody"}, "contacts: "),
        ("Tell the news", {"text": "x" * 4001}, "text: "),
        ("Go", {"which": "valley/Nowhere"}, "level"),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_nothing_is_recorded(
    world: World, desk: Desk, ref: str, button: str, fields: dict[str, str], named: str
) -> None:
    before = len(recorded(world, "incident_opened")), timeline(world)

    refused = sheet(desk, ref).presses(button, **fields)

    assert refused.status_code in (404, 422)
    assert named.lower() in refused.text.lower()
    assert (len(recorded(world, "incident_opened")), timeline(world)) == before


def timeline(world: World) -> int:
    return len(world.runtime.read(lambda tx: timeline_view.entries(tx.session, world.incident, 0, 1000))[0])


@pytest.mark.parametrize("path", ["X-0000", "A-7K3M", "%2e%2e", "A-7K3M/live", "A-7K3M/close?reason=resolved"])
def test_an_incident_that_is_none_is_not_found(desk: Desk, ref: str, path: str) -> None:
    assert desk.browser.get(f"/desk/incidents/{path}").status_code == 404
    assert desk.browser.get(f"/desk/incidents/{ref.lower()}").status_code == 200


def test_without_scripts_no_page_is_loaded_anew_under_the_hand_of_who_types(world: World, sit_down: SitDown) -> None:
    """Whoever may act loads it by a link; whoever only looks on sees it anew each minute, and so do all the board."""
    world.raises()
    desk, observer = sit_down("maria"), sit_down("olga", Role.OBSERVER)

    for path in (f"/desk/incidents/{world.ref()}", "/desk/journeys"):
        pages = [each.opens(path) for each in (desk, observer)]
        assert ['http-equiv="refresh"' in page.html for page in pages] == [False, True]
        assert ["See how it stands now" in page.text for page in pages] == [True, False]
