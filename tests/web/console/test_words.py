"""The words of the console: whatever its pages say, they say in each language."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from alertnet.core.delivery.provider_codes import AccountFault
from alertnet.core.directory import contact
from alertnet.core.escalation.quorum import Action, AnswerKind
from alertnet.core.incident import ASKS, Certainty, CloseReason, Perpetrator, Scope
from alertnet.core.monitoring.figures import BANDS
from alertnet.core.notification import AttemptStatus, Failure, Kind
from alertnet.flows.desk import chronicle, night
from alertnet.flows.desk.names import ACTIONS, DAY, FAILURES, MESSAGES, MONTHS, day_in
from alertnet.store.queues.attempts import JOINED
from alertnet.store.records.credentials.users import Role
from alertnet.web import problems, throttle
from alertnet.web.console import refusing, sessions
from alertnet.web.console.access import account, openid, users
from alertnet.web.console.incidents import board
from alertnet.web.console.incidents.incident import DONE
from alertnet.web.console.readiness import system
from alertnet.web.console.shown import FOLDED, IN_SIGHT
from alertnet.web.console.translation import ENGLISH, LANGUAGES, PACKAGE, say_by, words
from tests.web.console.desk import Desk
from tests.web.console.test_picture import TYPE_NAMES, sentences
from tests.web.world import World

OTHERS = [each for each in LANGUAGES if each != ENGLISH]
OF_CONTACTS = (contact.Role, contact.Disclosure, AnswerKind)
KINDS = (*OF_CONTACTS, Role, Scope, Perpetrator, Certainty, AttemptStatus, AccountFault, CloseReason)
PLACES = re.compile(r"\{.*?\}")
EUROPEAN = re.compile(
    r"\b(?:regist[aoe]\w*|equipas?|palavra-passe|contacto\w*|utilizador\w*|ficheiros?)\b", re.IGNORECASE
)
"""Words of Portugal, where Brazil has others."""
ROOT = Path(__file__).parents[3] / "alertnet"
RECORDED = re.compile(r'\b(?:locked|part|whole|into|attempt|self|context)\.(?:record|note)\(\s*([A-Z_]+|"[a-z_]+")')
"""What is put on an incident's record, by its kind or the constant that holds it."""


def in_templates() -> Iterator[str]:
    for each in (files(PACKAGE) / "templates").iterdir():
        yield from re.findall(r'_\("([^"]+)"\)', each.read_text())


def said() -> set[str]:
    """Everything that a page of the console may say of its own."""
    return {
        *in_templates(),
        *(sentences() - TYPE_NAMES),
        *(each.value.replace("_", " ") for kind in KINDS for each in kind),
        *(each.replace("_", " ") for each in ASKS if each != "other"),
        *(place.name for place in (*IN_SIGHT, *FOLDED)),
        *account.RENEWED.values(),
        *DONE.values(),
        *users.DONE.values(),
        *board.DONE.values(),
        *system.DROPPED.values(),
        *(refusing.AWAY, problems.OUR_FAULT, throttle.BUSY, throttle.CROWDED),
        *(sessions.DONE_BEFORE, sessions.MANY_COME, sessions.NOT_OURS, sessions.OTHER_SESSION, sessions.ENDED),
        *(openid.AWAY, openid.DOUBTFUL, openid.TURNED_AWAY, openid.MANY, openid.UNKNOWN),
        *BANDS,
        *night.DEEDS.values(),
        *("any", "each organisation", "missed", "overdue", "on the road", "awaited"),
        *("escalations", "attempts", "alarms", "journeys", "Incidents", "message", "alarm", "decision", "task"),
        *(f"{place} {what}" for place in ("First", "to first") for what in ("message", "answer", "action")),
        *(
            "sexual violence",
            "torture",
            "Without a right PIN.",
            "as it is",
            "unknown",
            "as usual for this",
            "password",
            "authenticator",
            "recovery code",
            "last resort",
            "sms",
            "call",
            "link",
            "email",
            "vouched",
            DAY,
            MONTHS,
        ),
    }


@pytest.mark.parametrize("language", OTHERS)
def test_no_word_of_any_page_stays_english(language: str) -> None:
    """Whoever adds a word adds it to each table in `web/console/words`, and takes it out where no page says it more."""
    assert said() ^ set(words(language)) == set()
    assert len(said()) > 400


def test_whatever_goes_on_record_of_an_incident_is_told_in_a_sentence() -> None:
    """Else its history shows the kind's own name, English in every language."""
    sources = [each.read_text("utf-8") for room in ("core", "flows") for each in (ROOT / room).rglob("*.py")]
    written = {kind for each in sources for kind in RECORDED.findall(each)}
    recorded = {kind.strip('"') for kind in written if kind.startswith('"')}
    for name in written:
        recorded |= {kind for each in sources for kind in re.findall(rf'^{name} = "([a-z_]+)"$', each, re.MULTILINE)}

    assert recorded - chronicle.SENTENCES.keys() - chronicle.UNSEEN == set()
    assert {"pin_entered", "recording_lost", "battery_low", "level_opened"} <= recorded


def test_whatever_keeps_a_message_back_has_a_name() -> None:
    assert {each.value for each in Failure} | {JOINED} <= FAILURES.keys()


def test_every_kind_of_message_and_action_has_a_name() -> None:
    """Else the history of an incident says the code, English in every language."""
    assert {each.value for each in Kind} == MESSAGES.keys()
    assert {each.value for each in Action} == ACTIONS.keys()


def test_portuguese_is_one_on_the_console_and_in_messages() -> None:
    """One reader has both: what is `registrado` on a contact's page is not `registado` on the console."""
    told = " ".join(words("pt").values())
    messages = (ROOT.parent / "message_templates/page/pt.yaml").read_text("utf-8")

    assert EUROPEAN.findall(told) == []
    assert EUROPEAN.findall(messages) == []
    assert "Registrado" in told
    assert "Registrado" in messages


@pytest.mark.parametrize("language", OTHERS)
def test_no_word_stands_in_two_tables(language: str) -> None:
    """The one read last would be said, whichever that is."""
    tables = [each for each in (files(PACKAGE) / "words").iterdir() if each.name.endswith(f"{language}.yaml")]
    known = [text for table in tables for text in yaml.safe_load(table.read_text("utf-8"))]

    assert [text for text, times in Counter(known).items() if times > 1] == []
    assert len(tables) == 5


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_filled_in_has_its_place_in_each_language(language: str) -> None:
    told = words(language)

    assert [text for text in told if sorted(PLACES.findall(text)) != sorted(PLACES.findall(told[text]))] == []
    assert sum("{" in text for text in told) > 30


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "test löst den Alarm aus: Festnahme kritisch, Einwilligung: international"),
        ("es", "test da la alarma: detención gravedad crítica, consentimiento: internacional"),
        ("fr", "test donne l'alerte : arrestation critique, consentement : international"),
        ("pt", "test dá o alarme: detenção gravidade crítica, consentimento: internacional"),
    ],
)
def test_the_history_is_told_in_the_language_of_its_reader(
    world: World, desk: Desk, language: str, sentence: str
) -> None:
    """What somebody wrote stays as they wrote it."""
    world.raises()
    world.texts("+573005550012", "none of us is hurt")

    page = desk.opens(f"/desk/incidents/{world.ref()}?lang={language}")

    assert sentence in page.text
    assert "none of us is hurt" in page.text
    assert " raises the alarm" not in page.text


@pytest.mark.parametrize(
    ("language", "day"), [("en", "3 Mar"), ("de", "3. März"), ("es", "3 mar"), ("fr", "3 mars"), ("pt", "3 mar.")]
)
def test_a_day_is_written_as_each_language_writes_it(language: str, day: str) -> None:
    assert day_in(datetime(2026, 3, 3, tzinfo=UTC), say_by({}, language)) == day


def test_one_is_counted_otherwise_than_several(world: World, desk: Desk) -> None:
    """As the head of the board says it in French."""
    world.raises()
    one = desk.opens("/desk?lang=fr").text
    world.raises(country="CO", type="threat")

    assert "1 ouvert ·" in one
    assert "2 ouverts ·" in desk.opens("/desk").text


def test_in_french_no_line_begins_with_a_sign(world: World, desk: Desk) -> None:
    """A space that keeps them together stands before each colon and question mark."""
    world.raises()

    html = desk.opens("/desk?lang=fr").html

    assert "\u00a0:" in html
    assert re.findall(r"\w (?=[:;!?»]\W)", html.partition("<main")[2]) == []
