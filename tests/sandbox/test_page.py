"""The page of the sandbox over HTTP: who may use it, what can be done on it, and that no message becomes markup."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from html import escape
from threading import Event
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from alertnet.core.errors import Unknown, WrongState
from alertnet.core.incident import Line, Tone
from alertnet.sandbox import Sandbox
from alertnet.sandbox.page import Cast, Circle, Hint, Mark, Party, Ring, Scene, Seat, Story, make_page
from alertnet.sandbox.page.view import View
from tests.sandbox.conftest import ALICE, BOB, OURS, Receiver, client_for
from tests.support.client import Client
from tests.support.clock import Clock

PORT = 8765
URL = f"http://127.0.0.1:{PORT}"
DESK = "desk@bob.example"
HOSTILE = "<script>alert(1)</script>"


THE_DESK = Party("bob", "Bob", "", "ngo", (BOB,), (DESK,))
ZONE = ZoneInfo("UTC")
CAST = Cast(
    field=(Party("alice", "Alice", "Team", "field", (ALICE,)),),
    circles=(Circle("near", "Near", (Ring("near-0", "First", (THE_DESK,)),)),),
)


@dataclass
class QuietEvening:
    """A program that has nothing to tell but what a test gives it."""

    sandbox: Sandbox
    clock: Clock
    done: list[tuple[object, ...]] = field(default_factory=list)
    lines: tuple[Line, ...] = ()
    cast: Cast = CAST
    scenes: tuple[Scene, ...] = (Scene("storm", "A storm", "It rains."),)
    zone: ZoneInfo = ZONE
    style: str = "body {}"
    speed: int = 1
    plays_by_itself: bool = False

    def now(self) -> datetime:
        return self.clock()

    def run(self, speed: int) -> None:
        self.done.append(("run", speed))

    def jump(self) -> None:
        self.done.append(("jump",))

    def begin(self, scene: str | None, *, by_itself: bool = False) -> None:
        if scene not in (None, "storm"):
            raise Unknown("scene", scene)
        self.done.append(("watch" if by_itself else "begin", scene))

    def close(self, ref: str, reason: str) -> None:
        if ref != "A-7K3M":
            raise WrongState(ref, "closed", "it can be closed once")
        self.done.append(("close", ref, reason))

    def sit_down(self) -> Seat:
        return Seat("http://127.0.0.1:8000/desk", "desk", "a session")

    def subtitle(self, text: str) -> str | None:
        return {"¿Dónde están?": "Where are you?"}.get(text)

    def story(self) -> Story:
        return Story(Hint("Nothing", "to do"), lines=self.lines, rings={"near-0": Mark(Tone.QUIET, "at once")})


@pytest.fixture
def evening(sandbox: Sandbox, clock: Clock) -> QuietEvening:
    return QuietEvening(sandbox, clock)


@pytest.fixture
def page(evening: QuietEvening) -> Iterator[TestClient]:
    headers = {"Origin": URL}
    with Client(make_page(evening, PORT, Event()), base_url=URL, headers=headers, follow_redirects=False) as client:
        yield client


def says(sandbox: Sandbox, words: str, to: str = BOB) -> None:
    """Alertnet texts somebody."""
    client_for(sandbox).messages.create(to=to, from_=OURS, body=words)
    sandbox.settle()


def rings(sandbox: Sandbox, receiver: Receiver, asks: str) -> None:
    """Alertnet calls Bob, and asks him for keys."""
    receiver.answers["/voice"] = asks
    client_for(sandbox).calls.create(to=BOB, from_=OURS, url=f"{receiver.url}/voice")
    sandbox.settle()


def act(page: TestClient, path: str, **form: str) -> int:
    return page.post(path, data=form).status_code


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1:1", ""])
def test_a_name_that_was_bent_to_this_machine_is_shown_nothing(page: TestClient, host: str) -> None:
    """A strange site whose name leads here (DNS rebinding) reads neither the page nor its stream."""
    for path in ("/", "/live"):
        assert page.get(path, headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", f"http://localhost:{PORT}", ""])
def test_a_form_of_another_site_does_nothing(page: TestClient, evening: QuietEvening, origin: str) -> None:
    """Only the page's own buttons count: every other origin, and none at all, is refused."""
    for path in ("/time/jump", "/begin", "/phones/573005550001/text"):
        assert page.post(path, data={"text": "SOS"}, headers={"Origin": origin}).status_code == 403

    assert evening.done == []


def test_what_is_pressed_stays_while_time_passes(evening: QuietEvening, clock: Clock) -> None:
    """A button that came anew between press and release would not be pressed."""
    view = View(evening)
    before = view.regions()

    clock.forward(seconds=1)
    after = view.regions()

    assert [id for id in after if after[id] != before[id]] == ["face"]
    assert 'action="/time/jump"' in after["time"]


def test_a_get_changes_nothing(page: TestClient, evening: QuietEvening) -> None:
    for path in ("/time/jump", "/begin", "/close", "/phones/573005550001/text"):
        assert page.get(path).status_code == 405

    assert evening.done == []


def test_a_body_that_is_too_long_is_refused(page: TestClient) -> None:
    assert act(page, "/phones/573005550001/text", text="x" * 20_000) == 413


def test_the_browser_is_told_how_little_the_page_needs(page: TestClient) -> None:
    headers = page.get("/").headers

    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


def test_nothing_on_the_page_comes_from_elsewhere(page: TestClient) -> None:
    """Everything is vendored: no address but the page's own, in any of its files."""
    for path in ("/", "/style.css", "/page.css", "/devices.css", "/page.js"):
        answer = page.get(path)
        own = answer.text.replace("http://www.w3.org/2000/svg", "").replace("// ", "")
        assert (answer.status_code, "//" in own) == (200, False), path


def test_no_message_becomes_markup(
    page: TestClient, evening: QuietEvening, sandbox: Sandbox, receiver: Receiver
) -> None:
    """Texts, calls, mails and the timeline are text, whatever somebody wrote into them."""
    says(sandbox, HOSTILE)
    sandbox.handset(ALICE).sends(HOSTILE, to=OURS)
    rings(
        sandbox,
        receiver,
        "<Response><Say>&lt;script&gt;alert(1)&lt;/script&gt;</Say><Gather numDigits='3'/></Response>",
    )
    sandbox.handset(BOB).answers()
    evening.lines = (Line(evening.now(), Tone.QUIET, HOSTILE, HOSTILE),)

    html = page.get("/").text

    assert HOSTILE not in html
    assert html.count(escape(HOSTILE)) >= 4


def test_a_link_into_alertnet_can_be_pressed_and_no_other(page: TestClient, sandbox: Sandbox) -> None:
    says(sandbox, f"{sandbox.public_url}/a/abc and http://evil.example/a/abc")

    html = page.get("/").text

    assert f'<a href="{sandbox.public_url}/a/abc" target="_blank" rel="noopener noreferrer">' in html
    assert 'href="http://evil' not in html


def test_a_text_that_is_written_on_the_page_reaches_alertnet(page: TestClient, receiver: Receiver) -> None:
    assert act(page, "/phones/573005550001/text", text=" SOS ") == 303

    assert [params["Body"] for params in receiver.at("/twilio/sms")] == ["SOS"]


def test_the_latest_mail_is_answered_on_the_page_above_the_original(page: TestClient, sandbox: Sandbox) -> None:
    answered = EmailMessage()
    answered["From"], answered["To"], answered["Message-ID"] = "pbi@pbi.example", DESK, "<1@pbi.example>"
    answered.set_content("To take charge: 4711")
    sandbox.mailbox(DESK).post(answered)

    assert act(page, "/mailboxes/desk-bob-example/answer", text=" 4711 ") == 303

    (answer,) = sandbox.mailbox("pbi@pbi.example").mails
    assert answer.text.startswith("4711\n\nOn ")
    assert "> To take charge: 4711" in answer.text
    assert (answer.sender, answer.headers["In-Reply-To"]) == (DESK, "<1@pbi.example>")


def test_the_codes_of_the_last_texts_lie_at_hand_as_replies(page: TestClient, sandbox: Sandbox) -> None:
    says(
        sandbox,
        f"PBI URGENT A-2345: arrest. Answer 4711; if not, NO 4711. {sandbox.public_url}/a/1234 Tel +573005550101",
    )

    html = page.get("/").text

    assert 'value="4711"' in html
    assert 'value="NO 4711"' in html
    assert 'value="2345"' not in html
    assert 'value="1234"' not in html


def test_what_came_in_another_language_is_understood_below_it(page: TestClient, sandbox: Sandbox) -> None:
    says(sandbox, "¿Dónde están?")
    says(sandbox, "We are here.")

    html = page.get("/").text

    assert '<span class="subtitle" lang="en">Where are you?</span>' in html
    assert html.count('class="subtitle"') == 1


def test_keys_are_pressed_one_by_one(page: TestClient, sandbox: Sandbox, receiver: Receiver) -> None:
    """As a thumb does: the third of three digits answers the question."""
    rings(sandbox, receiver, "<Response><Gather numDigits='3' action='/keyed'><Say>4, 0, 7</Say></Gather></Response>")
    act(page, "/phones/573005550002/answer")

    for key in "40":
        act(page, "/phones/573005550002/press", key=key)
    assert receiver.at("/keyed") == []
    act(page, "/phones/573005550002/press", key="7")

    assert [params["Digits"] for params in receiver.at("/keyed")] == ["407"]


def test_who_waits_sends_the_keys_so_far(page: TestClient, sandbox: Sandbox, receiver: Receiver) -> None:
    rings(sandbox, receiver, "<Response><Gather numDigits='3' action='/keyed'><Say>Keys?</Say></Gather></Response>")
    act(page, "/phones/573005550002/answer")
    act(page, "/phones/573005550002/press", key="9")

    act(page, "/phones/573005550002/silence")

    assert [params["Digits"] for params in receiver.at("/keyed")] == ["9"]


def test_what_waits_for_coverage_comes_when_there_is_some(page: TestClient, sandbox: Sandbox) -> None:
    act(page, "/phones/573005550002/habit", habit="no_coverage")
    says(sandbox, "Where are you?")
    assert sandbox.handset(BOB).inbox == []

    act(page, "/phones/573005550002/habit", habit="manual")
    sandbox.settle()

    assert sandbox.handset(BOB).inbox == ["Where are you?"]


def test_a_telephone_without_coverage_sends_nothing(page: TestClient, receiver: Receiver) -> None:
    act(page, "/phones/573005550001/habit", habit="no_coverage")

    answer = page.post("/phones/573005550001/text", data={"text": "SOS"})

    assert (answer.status_code, receiver.got) == (409, [])
    assert "without coverage" in answer.text


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/phones/573005550009/text", {"text": "SOS"}, 404),
        ("/phones/573005550001/text", {"text": "  "}, 422),
        ("/phones/573005550001/answer", {}, 409),
        ("/phones/573005550001/press", {"key": "1"}, 409),
        ("/phones/573005550001/habit", {"habit": "asleep"}, 422),
        ("/mailboxes/desk-bob-example/answer", {"text": "4711"}, 409),
        ("/time/run", {"speed": "600"}, 422),
        ("/begin", {"scene": "calm"}, 404),
        ("/close", {"ref": "B-2222", "reason": "released"}, 409),
        ("/close", {"ref": "A-7K3M", "reason": "boredom"}, 422),
    ],
)
def test_what_cannot_be_done_is_said(page: TestClient, path: str, form: dict[str, str], status: int) -> None:
    answer = page.post(path, data=form)

    assert answer.status_code == status
    assert answer.text.strip()


def test_time_scenes_and_the_all_clear_are_asked_of_the_program(page: TestClient, evening: QuietEvening) -> None:
    act(page, "/time/run", speed="60")
    act(page, "/time/jump")
    act(page, "/begin", scene="storm")
    act(page, "/begin", watch="storm")
    act(page, "/begin")
    act(page, "/close", ref="A-7K3M", reason="released")

    assert evening.done == [
        ("run", 60),
        ("jump",),
        ("begin", "storm"),
        ("watch", "storm"),
        ("begin", None),
        ("close", "A-7K3M", "released"),
    ]


def test_the_time_is_shown_in_the_zone_of_the_network(page: TestClient, clock: Clock) -> None:
    clock.at = clock.at.replace(hour=3) + timedelta(minutes=7)

    assert "03:07:00" in page.get("/").text


def test_the_console_is_opened_in_a_session_of_its_own(page: TestClient) -> None:
    """Whoever tries the sandbox sees the other side of the same evening, without a password."""
    answer = page.get("/desk", follow_redirects=False)

    assert (answer.status_code, answer.headers["Location"]) == (303, "http://127.0.0.1:8000/desk")
    assert all(word in answer.headers["Set-Cookie"] for word in ("desk=", "HttpOnly", "SameSite=strict"))
