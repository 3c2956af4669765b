"""The contact's page: opening it changes nothing, a button counts, and details wait for the PIN."""

import base64
import hashlib
import re
import shutil
from pathlib import Path

import pytest

from alertnet.flows.credentials.pins import set_pins
from alertnet.messages.words import grouped
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.store.tables import acknowledgements, actions, escalations, metadata, notifications
from alertnet.web.pages import show
from tests.support.html import Elements
from tests.web.world import ALICE, BOB, CALLBACK, CAROL, PIN, ROOT, SECRETS, World, world_in

HIDDEN = (*SECRETS.values(), r"\bP7\b", "Maria")
"""As patterns: the two letters alone may stand in a reference or a link."""
OTHERS = ("alice", "Valley<", "carol", "Amis", ALICE, CAROL, "desk")


@pytest.fixture
def world(world: World) -> World:
    world.raises()
    return world


@pytest.fixture
def proving(world: World) -> World:
    """Bob has a PIN."""
    world.gives_pin()
    return world


def everything(world: World) -> dict[str, list[object]]:
    return {table.name: [tuple(row) for row in world.rows(table)] for table in metadata.sorted_tables}


def current_answers(world: World) -> list[tuple[str, str, str]]:
    return [(row.contact, row.kind, row.via) for row in world.rows(acknowledgements) if row.revoked_at is None]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_the_page_changes_nothing_at_all(world: World, method: str) -> None:
    """A6: a GET, a scanner or a preview acknowledges nothing."""
    before = everything(world)

    answer = world.client.request(method, world.link("bob"), headers={"User-Agent": "SafeLinks-Scanner"})

    assert answer.status_code == 200
    assert everything(world) == before


def test_the_page_shows_what_travels_in_clear_and_no_more(world: World) -> None:
    """A9: sender, reference, type, severity, when, what to do, whom to call."""
    html = world.client.get(world.link("bob")).text

    for shown in ("Valley network", world.ref(), "Arrest", "critical", "24 November, 02:14 (UTC\u20115)", CALLBACK):
        assert shown in html
    assert "contact the responsible authority" in html
    assert not any(re.search(hidden, html) for hidden in HIDDEN)


def test_no_line_of_the_title_ends_within_the_reference(world: World) -> None:
    """Read off two lines it would be another."""
    html = world.client.get(world.link("bob")).text

    assert f'<span class="ref">{world.ref()}</span>' in html
    assert ".ref { white-space: nowrap }" in html


def test_the_page_never_shows_other_recipients(proving: World) -> None:
    """A9: recipients never see each other, not even when others have answered."""
    proving.client.post(proving.link("carol"), data={"answer": "acknowledge", "by": "Carol herself"})

    html = (
        proving.client.get(proving.link("bob")).text + proving.client.post(proving.link("bob"), data={"pin": PIN}).text
    )

    assert current_answers(proving) == [("carol", "acknowledged", "link")]
    assert SECRETS["place"] in html
    assert not any(other in html for other in (*OTHERS, "Carol herself"))


def test_the_page_has_one_button_for_each_answer_and_no_script(world: World) -> None:
    answer = world.client.get(world.link("bob"))
    page = Elements(answer.text)

    assert page.answers == ["acknowledge", "relay", "decline", "wrong_person"]
    assert not page.all("script")
    assert "set-cookie" not in answer.headers
    assert len(answer.content) < 30_000


def test_the_one_filled_button_is_the_act_that_is_hoped_for(world: World) -> None:
    """Before an answer it is to take charge; after it, to report what was done."""
    link = world.link("bob")

    before = Elements(world.client.get(link).text)
    after = Elements(world.client.post(link, data={"answer": "acknowledge"}).text)

    assert [each["value"] for each in before.all("button") if each.get("class") == "hoped"] == ["acknowledge"]
    assert [each["value"] for each in after.all("button") if each.get("class") == "hoped"] == ["action"]


def test_the_wrong_person_is_asked_once_more_and_nobody_else(world: World) -> None:
    """It ends a number: a thumb that slips must not do that."""
    html = world.client.get(world.link("bob")).text
    before, _, folded = html.partition("<details>")

    assert 'value="decline"' in before
    assert "Are you sure?" in folded
    assert 'value="wrong_person"' in folded.partition("</details>")[0]
    assert 'value="wrong_person"' not in before


def test_name_and_the_word_about_opening_stand_above_the_buttons(world: World) -> None:
    html = world.client.get(world.link("bob")).text

    places = [html.index(said) for said in ("Your name or function", "has recorded nothing", 'value="acknowledge"')]

    assert places == sorted(places)


def test_after_an_answer_the_title_begins_with_it(world: World) -> None:
    """A title is the first that a screen reader says, and all that a tab shows."""
    link = world.link("bob")

    titles = [
        html.partition("<title>")[2].partition("</title>")[0]
        for html in (world.client.get(link).text, world.client.post(link, data={"answer": "relay"}).text)
    ]

    assert "passed it on" not in titles[0]
    assert re.match(r"Recorded .*: you have passed it on", titles[1])


def test_numbers_stand_in_the_groups_of_their_country(world: World) -> None:
    html = world.client.get(world.link("bob")).text

    assert re.search(r'<a href="tel:(\+57\d+)" dir="ltr">\+57\u00a0300\u00a0\d{7}</a>', html)


def test_whom_to_call_is_said_once_and_by_a_link(world: World) -> None:
    """On a telephone a number is touched, and one that stands there twice is read as two."""
    page = world.link("bob")

    before, after = world.client.get(page).text, world.client.post(page, data={"answer": "acknowledge"}).text

    shown = f"{grouped(CALLBACK)}</a>"
    assert (before.count(shown), after.count(shown), after.count(grouped(CALLBACK))) == (1, 1, 1)
    assert ("For more, call" in before, "was this not you? Call <strong>" in after) == (True, True)


def test_the_return_key_presses_no_answer(world: World) -> None:
    """A form's first button is the one that the key presses: it is one that does nothing."""
    page = Elements(world.client.get(world.link("bob")).text)

    assert "disabled" in page.all("button")[0]


def test_every_field_has_its_label_and_the_page_its_language(world: World) -> None:
    html = world.client.post(world.link("carol"), data={"answer": "acknowledge"}).text
    page = Elements(html)
    fields = [*page.all("input"), *page.all("select")]

    labelled = {label["for"] for label in page.all("label")}
    assert {field["id"] for field in fields if field.get("type") != "hidden"} <= labelled
    assert page.all("html") == [{"lang": "fr", "dir": "ltr"}]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.all("meta")


def test_nothing_else_may_be_loaded_framed_cached_or_found(world: World) -> None:
    answer = world.client.get(world.link("bob"))
    (style,) = re.findall("<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    policy = answer.headers["content-security-policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    for rule in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"):
        assert rule in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"].startswith("noindex")


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        ("acknowledge", "acknowledged", "you take charge"),
        ("relay", "relayed", "you have passed it on"),
        ("decline", "declined", "you can&#39;t act"),
    ],
)
def test_a_button_is_recorded_and_the_page_says_so(world: World, answer: str, kind: str, said: str) -> None:
    """A6: a POST from the contact's own page is proof."""
    shown = world.client.post(world.link("bob"), data={"answer": answer, "by": "night desk"})

    assert shown.status_code == 200
    assert current_answers(world) == [("bob", kind, "link")]
    assert [row.by for row in world.rows(acknowledgements)] == ["night desk"]
    assert said in shown.text
    assert "24 November, 02:14 (UTC\u20115)" in shown.text
    assert CALLBACK in shown.text


def test_who_has_only_listened_to_a_call_reads_that_it_asks_for_an_answer(world: World) -> None:
    """B4: `received` is shown, until there is an answer."""
    attempt = world.attempt("bob")
    before = world.client.get(world.link("bob")).text
    menu = world.answers(attempt).keys(world.code(attempt))
    listened = world.client.get(world.link("bob")).text
    menu.keys("1")
    answered = world.client.get(world.link("bob")).text

    assert ["You received our call" in page for page in (before, listened, answered)] == [False, True, False]


def test_after_taking_charge_the_page_says_what_is_expected_by_when(world: World) -> None:
    shown = world.client.post(world.link("bob"), data={"answer": "acknowledge"}).text

    assert "tell us by 24 November, 03:14 (UTC\u20115)" in shown
    assert "Report an action" in shown
    assert "Change my answer" in shown


def test_the_same_button_twice_counts_once(world: World) -> None:
    """A1."""
    first, second = (world.client.post(world.link("bob"), data={"answer": "acknowledge"}) for _ in range(2))

    assert first.text == second.text
    assert len(world.rows(acknowledgements)) == 1


@pytest.mark.parametrize(("answer", "kind"), [("relay", "relayed"), ("decline", "declined")])
def test_the_answer_can_be_changed_while_the_incident_is_open(world: World, answer: str, kind: str) -> None:
    """B3: and where it no longer counts, the escalation goes on."""
    world.client.post(world.link("bob"), data={"answer": "acknowledge"})
    assert world.rows(escalations)[0].status == "acknowledged"

    world.client.post(world.link("bob"), data={"answer": answer})

    assert current_answers(world) == [("bob", kind, "link")]
    assert world.rows(escalations)[0].status == "running"


def test_an_action_is_reported_once_however_often_it_is_sent(world: World) -> None:
    """A1."""
    world.client.post(world.link("bob"), data={"answer": "acknowledge"})
    report = {"answer": "action", "action": "called_authority", "note": "the mayor knows"}

    shown = [world.client.post(world.link("bob"), data=report).text for _ in range(2)]

    assert [(row.contact, row.action, row.note) for row in world.rows(actions)] == [
        ("bob", "called_authority", "the mayor knows")
    ]
    assert all("your report" in text for text in shown)


def test_no_action_is_reported_that_nobody_chose(world: World) -> None:
    """Whoever opens the form and presses its button has not called the authority."""
    page = Elements(world.client.post(world.link("bob"), data={"answer": "acknowledge"}).text)

    sent = world.client.post(world.link("bob"), data={"answer": "action", "action": "", "note": ""})

    assert {"id": "action", "name": "action", "required": None} in page.all("select")
    assert [each["value"] for each in page.all("option")][:2] == ["", "called_authority"]
    assert (sent.status_code, world.rows(actions)) == (422, [])


def test_the_wrong_person_declines_nothing(world: World) -> None:
    """B3: the number is struck off, the contact's other ways go on."""
    shown = world.client.post(world.link("bob"), data={"answer": "wrong_person"})

    assert "wrong person" in shown.text
    assert current_answers(world) == []
    assert f"sms:{BOB}" in world.rows(escalations)[0].state["stale"]
    assert [row.contact for row in world.rows(notifications) if row.kind == "notice"] == ["alice"]


def test_the_pin_shows_the_details_and_records_nothing(proving: World) -> None:
    """A9: people by their codes, for a contact of full disclosure."""
    shown = proving.client.post(proving.link("bob"), data={"pin": PIN}).text

    for detail in (*SECRETS.values(), "P7"):
        assert detail in shown
    assert "Maria" not in shown
    assert current_answers(proving) == []


@pytest.mark.parametrize("form", ["{0[0]}{0[1]} {0[2]}{0[3]}{0[4]}", "{0} ", "{1}", "{2}"])
def test_a_pin_counts_however_its_digits_are_typed(proving: World, form: str) -> None:
    """B4: as in an SMS. With a gap, or from a keyboard with other digits, five tries closed the owner's own door."""
    other, arabic = ({ord("0") + digit: zero + digit for digit in range(10)} for zero in (0xFF10, 0x0660))
    typed = form.format(PIN, PIN.translate(other), PIN.translate(arabic))

    wrong = proving.client.post(proving.link("bob"), data={"answer": "acknowledge", "pin": typed[:-2]})
    right = proving.client.post(proving.link("bob"), data={"answer": "acknowledge", "pin": typed})

    assert (wrong.status_code, right.status_code) == (403, 200)
    assert current_answers(proving) == [("bob", "acknowledged", "link")]


def test_where_there_is_nothing_to_read_the_pin_shows_that(proving: World) -> None:
    """Else whoever entered it at night takes it for wrong, and enters it again."""
    nothing = "There is nothing more to read here yet."
    with_details = proving.client.post(proving.link("bob"), data={"pin": PIN}).text
    proving.raises(people=(), **dict.fromkeys(SECRETS))

    without = proving.client.post(proving.link("bob"), data={"pin": PIN}).text

    assert nothing in without
    assert nothing not in with_details
    assert nothing not in proving.client.get(proving.link("bob")).text


def test_the_details_are_gone_without_the_pin(proving: World) -> None:
    """A9: they are never kept in the link."""
    shown = proving.client.post(proving.link("bob"), data={"pin": PIN}).text
    after = proving.client.get(proving.link("bob")).text

    assert all(secret in shown for secret in SECRETS.values())
    assert not any(re.search(hidden, after) for hidden in HIDDEN)


def test_free_text_of_the_request_waits_for_the_pin(proving: World) -> None:
    """A9: it may name somebody."""
    proving.raises(ask="Visit Maria in the cells")

    before = proving.client.get(proving.link("bob")).text
    after = proving.client.post(proving.link("bob"), data={"pin": PIN}).text

    assert "Maria" not in before
    assert "Visit Maria in the cells" in after


def test_five_wrong_pins_hide_the_details_for_a_time_and_the_coordinators_hear_of_it(proving: World) -> None:
    """B9: never for good."""
    for _ in range(5):
        shown = proving.client.post(proving.link("bob"), data={"pin": "00000"}).text
    right = proving.client.post(proving.link("bob"), data={"pin": PIN}).text

    for page in (shown, right):
        assert "Too many wrong PINs: none is accepted before 24 November, 02:29 (UTC\u20115)." in page
        assert not any(re.search(hidden, page) for hidden in HIDDEN)
    assert [row.said.get("subject") for row in proving.rows(notifications) if row.kind == "notice"] == ["wrong_pins"]


def test_wrong_pins_at_one_link_count_at_the_contacts_others(proving: World) -> None:
    """B9: over all doors, so that nobody has five tries at each."""
    assert SECRETS["summary"] in proving.client.post(proving.link("bob", "email"), data={"pin": PIN}).text
    for _ in range(5):
        proving.client.post(proving.link("bob"), data={"pin": "00000"})

    assert SECRETS["summary"] not in proving.client.post(proving.link("bob", "email"), data={"pin": PIN}).text


def test_the_page_says_that_there_are_news_and_what_they_are_only_with_the_pin(proving: World) -> None:
    """A9: a link that travelled in clear shows no more than minimal until the contact's PIN is entered."""
    proving.updates("Both were seen at the brigade", "They are free")

    clear = proving.client.get(proving.link("bob")).text
    read = proving.client.post(proving.link("bob"), data={"pin": PIN}).text

    assert clear.count("24 November, 02:14 (UTC\u20115) – news: our coordinator will tell you.") == 2
    assert "brigade" not in clear
    assert read.index("news: Both were seen at the brigade") < read.index("news: They are free")


def test_news_stay_hidden_from_whom_nothing_may_be_told(world: World) -> None:
    world.updates("Both were seen at the brigade")

    text = world.client.post(world.link("carol"), data={"pin": PIN, "answer": "acknowledge"}).text

    assert "du nouveau\u00a0: notre coordination vous l&#39;expliquera." in text
    assert "brigade" not in text


def test_the_page_shows_the_contacts_own_reports_and_nobody_elses(world: World) -> None:
    """A9: recipients never see each other."""
    for contact, action in (("bob", "visited"), ("carol", "statement")):
        world.client.post(world.link(contact), data={"answer": "acknowledge"})
        world.client.post(world.link(contact), data={"answer": "action", "action": action})

    text = world.client.get(world.link("bob")).text

    assert re.findall(r"you reported: (\w+)", text) == ["Visited"]


def test_only_the_latest_of_many_news_are_shown(proving: World) -> None:
    """The page comes through any line: under 30 kB."""
    proving.updates(*(f"piece {number}" for number in range(30)))

    read = proving.client.post(proving.link("bob"), data={"pin": PIN}).text

    assert re.findall(r"piece (\d+)", read) == [str(number) for number in range(20, 30)]
    assert len(proving.client.get(proving.link("bob")).content) < 30_000


def test_a_contact_of_minimal_disclosure_proves_itself_and_reads_no_more(world: World) -> None:
    """A6, A9: the PIN is asked for beside the buttons, and there are no details that it could show."""
    world.gives_pin("valley/carol")

    page = world.client.get(world.link("carol")).text
    shown = world.client.post(world.link("carol"), data={"pin": PIN, "answer": "acknowledge"}).text

    assert [field["id"] for field in Elements(page).all("input") if field.get("name") == "pin"] == ["answer-pin"]
    assert not any(re.search(hidden, shown) for hidden in HIDDEN)
    assert current_answers(world) == [("carol", "acknowledged", "link")]


@pytest.mark.parametrize("answer", ["acknowledge", "relay", "decline", "wrong_person"])
@pytest.mark.parametrize("pin", ["", "00000"])
def test_of_a_contact_with_a_pin_no_button_counts_without_it(proving: World, answer: str, pin: str) -> None:
    """A6: whoever reads the SMS is not yet the contact. What was typed is kept."""
    link = proving.link("bob")
    before = everything(proving)["escalations"]

    shown = proving.client.post(link, data={"answer": answer, "pin": pin, "by": 'Night "desk"'})

    assert shown.status_code == 403
    assert ("enter your PIN as well" in shown.text, "PIN is not right" in shown.text) == (not pin, bool(pin))
    assert (current_answers(proving), everything(proving)["escalations"]) == ([], before)
    assert [field["value"] for field in Elements(shown.text).all("input") if field.get("name") == "by"] == [
        'Night "desk"'
    ]
    assert "00000" not in shown.text


@pytest.mark.parametrize("too_long", [False, True])
def test_what_is_shown_again_does_not_tell_which_number_is_the_pin(proving: World, *, too_long: bool) -> None:
    """B9: the dots in place of a PIN told whoever had the link, for sixty numbers an hour, and nothing counted them."""
    sent = {"answer": "acknowledge", "by": f"54321 {PIN}", "note": "x" * 501 * too_long}

    refused = proving.client.post(proving.link("bob"), data=sent)

    assert refused.status_code == (422 if too_long else 403)
    assert sent["by"] in [field.get("value") for field in Elements(refused.text).all("input")]


def test_an_action_is_reported_with_the_pin_alone_and_its_form_keeps_what_was_typed(proving: World) -> None:
    """A6."""
    link = proving.link("bob")
    proving.client.post(link, data={"answer": "acknowledge", "pin": PIN})
    report = {"answer": "action", "action": "visited", "note": "at dawn"}

    page = Elements(proving.client.post(link, data=report).text)

    assert proving.rows(actions) == []
    assert {"value": "visited", "selected": None} in page.all("option")
    assert "at dawn" in [field.get("value") for field in page.all("input")]
    assert proving.client.post(link, data={**report, "pin": PIN}).status_code == 200
    assert [row.note for row in proving.rows(actions)] == ["at dawn"]


def carried(html: str, answer: str) -> str:
    """The value of a page's button, with the ticket that it carries."""
    return next(str(value) for value in Elements(html).answers if str(value).startswith(f"{answer}~"))


def test_a_page_that_has_seen_the_pin_does_not_ask_again_for_a_while(proving: World) -> None:
    """It carries a ticket, good for this link alone, until the PIN is replaced."""
    link, elsewhere = proving.link("bob"), proving.link("bob", "email")
    html = proving.client.post(link, data={"pin": PIN}).text
    ticket = carried(html, "relay")

    assert 'name="pin"' not in html
    assert proving.client.post(elsewhere, data={"answer": ticket}).status_code == 403
    assert proving.client.post(link, data={"answer": ticket[:-1] + "x"}).status_code == 403
    assert current_answers(proving) == []
    shown = proving.client.post(link, data={"answer": ticket}).text
    assert current_answers(proving) == [("bob", "relayed", "link")]

    proving.gives_pin()
    assert proving.client.post(link, data={"answer": carried(shown, "decline")}).status_code == 403


def test_a_one_time_pin_is_enough_to_read_and_to_answer(world: World) -> None:
    world.runtime.transact(set_pins, "valley/bob", one_time=("471101",))
    link = world.link("bob")

    html = world.client.post(link, data={"pin": "471101"}).text

    assert SECRETS["summary"] in html
    assert world.client.post(link, data={"answer": carried(html, "acknowledge")}).status_code == 200
    assert world.client.post(link, data={"answer": "decline", "pin": "471101"}).status_code == 403
    assert current_answers(world) == [("bob", "acknowledged", "link")]


def test_under_duress_the_page_says_the_same_and_the_other_coordinators_are_warned(world: World) -> None:
    """B4, A9: byte for byte the answer to a true PIN, but for a signature that nobody else can read."""
    world.gives_pin(duress="47990")
    world.gives_pin("valley/alice")
    true = world.client.post(world.link("bob"), data={"pin": PIN}).text
    forced = world.client.post(world.link("bob"), data={"pin": "47990"}).text

    signed = re.compile(r"(?<=~\d{10}\.)[0-9a-f]{32}")
    assert signed.sub("", forced) == signed.sub("", true)
    assert [(row.contact, row.said.get("subject")) for row in world.rows(notifications) if row.kind == "notice"] == [
        ("alice", "read_first")
    ]
    read = world.client.post(world.link("alice"), data={"pin": PIN}).text
    assert "Somebody stands beside bob" in read
    assert "Somebody stands beside" not in forced + world.client.get(world.link("alice")).text


def test_a_tree_that_asks_for_a_pin_which_was_never_set_keeps_nobody_from_answering(world: World) -> None:
    """Alice and Bob have `pin: true`, and no PIN: the warning is for `trees check`."""
    assert 'name="pin"' not in world.client.get(world.link("bob")).text

    assert world.client.post(world.link("bob"), data={"answer": "acknowledge"}).status_code == 200


def test_a_closed_incident_says_that_it_is_over_and_takes_no_answer(proving: World) -> None:
    proving.closes()

    opened = proving.client.get(proving.link("bob"))
    answered = proving.client.post(proving.link("bob"), data={"answer": "acknowledge", "pin": PIN})

    assert (opened.status_code, answered.status_code) == (200, 409)
    for page in (opened, answered):
        assert "This matter is closed" in page.text
        assert "Arrest" not in page.text
        assert Elements(page.text).answers == []
    assert current_answers(proving) == []


def test_what_an_old_telephones_enter_key_presses_answers_nothing(world: World) -> None:
    """Before iOS 16.4 that is the first button that is neither disabled nor hidden: a name alone answers nothing."""
    page = Elements(world.client.get(world.link("alice")).text)

    pressed, *others = (each for each in page.all("button") if not {"disabled", "hidden"} & each.keys())

    assert pressed == {"class": "unseen"}
    assert "acknowledge" in [each.get("value") for each in others]


def test_a_link_that_leads_nowhere_says_so_in_every_language(world: World) -> None:
    answer = world.client.get("/a/aaaaaaaaaaaaaaaa")

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.count("no es válido") == 1, "one Spanish is enough"
    for words in ("not valid", "pas valable", "no es válido"):
        assert words in answer.text


def test_a_link_of_an_alarm_is_no_contacts_page(world: World) -> None:
    world.raises(verified=False)

    assert world.client.get(world.link("alice", page="c").replace("/c/", "/a/")).status_code == 404


@pytest.mark.parametrize(
    ("query", "language"), [("", "en"), ("?lang=fr", "fr"), ("?lang=es", "es"), ("?lang=../../etc", "en")]
)
def test_the_page_comes_in_the_language_asked_for(world: World, query: str, language: str) -> None:
    page = Elements(world.client.get(world.link("bob") + query).text)

    assert page.all("html") == [{"lang": language, "dir": "ltr"}]
    assert {link["href"] for link in page.all("a")} >= {f"?lang={other}" for other in {"en", "fr", "es"} - {language}}


@pytest.mark.parametrize("answer", ["", "GO", "acknowledged", "<script>", "action"])
def test_an_answer_that_is_none_is_refused_and_nothing_recorded(world: World, answer: str) -> None:
    shown = world.client.post(world.link("bob"), data={"answer": answer, "action": "<b>"})

    assert shown.status_code == 422
    assert current_answers(world) == []
    assert Elements(shown.text).answers


def test_what_a_visitor_writes_is_shown_as_text_or_not_at_all(world: World) -> None:
    hostile = '"><script>alert(1)</script>{{ 7*7 }}{organisation}'

    shown = world.client.post(world.link("bob"), data={"answer": "acknowledge", "by": hostile, "lang": hostile})

    assert "<script" not in shown.text
    assert shown.status_code == 200


def test_details_are_shown_as_text(proving: World) -> None:
    proving.raises(details="<img src=x onerror=alert(1)> {ref} {{ ref }}")

    shown = proving.client.post(proving.link("bob"), data={"pin": PIN}).text

    assert "&lt;img src=x onerror=alert(1)&gt; {ref} {{ ref }}" in shown


def test_bytes_of_any_kind_are_survived(world: World) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = world.client.post(world.link("bob"), content=b"answer=acknowledge&by=%ff%00%ed%a0%80", headers=headers)

    assert answer.status_code == 200
    assert current_answers(world) == [("bob", "acknowledged", "link")]


def test_while_the_database_is_away_the_visitor_is_told_to_press_again(world: World) -> None:
    def open_nothing() -> None:
        raise DatabaseAway

    answer = show(world.runtime, "en", open_nothing)

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert b"press again in a minute" in answer.body


def test_what_the_answer_makes_pointless_is_hung_up(world: World) -> None:
    """A4."""
    world.post(f"/twilio/voice/status/{world.attempt('carol')}", CallSid="CA-carol", CallStatus="ringing")

    world.client.post(world.link("bob"), data={"answer": "acknowledge"})

    assert world.hung_up() == ["CA-carol"]


@pytest.mark.postgres
def test_the_page_opens_and_answers_on_postgresql_too(tmp_path: Path, postgres: str) -> None:
    """A6: opening reads in a transaction that could not write."""
    with world_in(tmp_path, ALERTNET_DATABASE_URL=postgres) as world:
        world.raises()
        before = everything(world)

        assert world.client.get(world.link("bob")).status_code == 200
        assert everything(world) == before
        assert world.client.post(world.link("bob"), data={"answer": "acknowledge"}).status_code == 200
        assert current_answers(world) == [("bob", "acknowledged", "link")]


def test_a_page_of_an_earlier_version_asks_for_the_pin_first(tmp_path: Path) -> None:
    """A6, A8: its buttons have no room for a PIN, and carry the ticket of the one that was entered by itself."""
    templates = tmp_path / "templates"
    shutil.copytree(ROOT / "message_templates", templates)
    page = templates / "page" / "page.html.j2"
    beside = re.compile(r"{% if proves %}.*?{% endif %}\n", re.DOTALL)
    beneath = "{% if opens_details and (answered or not answers) %}"
    page.write_text(beside.sub("", page.read_text()).replace(beneath, "{% if takes_pin %}"))
    with world_in(tmp_path, ALERTNET_MESSAGE_TEMPLATES=str(templates)) as world:
        world.raises()
        world.gives_pin("valley/carol")
        link = world.link("carol")
        assert Elements(world.client.get(link).text).all("input")[-1]["name"] == "pin"

        html = world.client.post(link, data={"pin": PIN}).text
        world.client.post(link, data={"answer": carried(html, "acknowledge")})

        assert current_answers(world) == [("carol", "acknowledged", "link")]


@pytest.mark.parametrize("field", ["note", "by"])
def test_a_text_that_is_too_long_records_nothing_and_says_so(world: World, field: str) -> None:
    """B9: `note` and `by` have 500 characters; nobody believes that the rest was kept."""
    pressed = {"answer": "acknowledge", "note": "", "by": ""}

    refused = world.client.post(world.link("carol"), data=pressed | {field: "x" * 501})
    assert (refused.status_code, current_answers(world)) == (422, [])
    assert "500 caractères au plus" in refused.text

    assert world.client.post(world.link("carol"), data=pressed | {field: "x" * 500}).status_code == 200
    assert current_answers(world) == [("carol", "acknowledged", "link")]


def test_what_no_keyboard_types_is_left_out(world: World) -> None:
    world.client.post(world.link("carol"), data={"answer": "acknowledge", "by": "Carol\x00\x1b Example"})

    assert [row.by for row in world.rows(acknowledgements)] == ["Carol Example"]
