"""Every SMS: one segment, the promised words, and what gives way when room is tight."""

import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from alertnet.core.delivery.provider_codes import AccountFault
from alertnet.core.delivery.sms_encoding import count, fold
from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Said, Subject
from alertnet.core.inbound.sms_answers import parse_answers
from alertnet.core.incident import TYPES
from alertnet.core.notification import Kind
from alertnet.messages.checks.trial import BARE
from alertnet.messages.message import METHODS, SUBJECTS
from alertnet.messages.renderer import Renderer
from alertnet.messages.words import ACCOUNT_SUBJECTS
from tests.messages.conftest import LANGUAGES, Say

REVOKED = Subject.REVOKED
LONG_LINK = "https://" + "a" * 32 + "/a/ABCDEFGH23456789"


def sms(renderer: Renderer, kind: Kind, language: str, said: Said) -> str:
    return renderer.render(kind, MethodKind.SMS, language, said).text


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", METHODS)
def test_every_sms_is_one_segment_for_every_type(renderer: Renderer, said: Say, kind: Kind, language: str) -> None:
    """B4: one GSM-7 segment in each of our languages with a public URL of 40 characters and a sender of 12.

    Of each subject with each type; with one of the two, `test_every_message` sees every message.
    """
    for type_, subject, drill, answerable in product(TYPES, SUBJECTS.get(kind, (None,)), (0, 1), (0, 1)):
        longest = said(
            sender="PEACEBRIGADE",
            type=type_,
            subject=subject,
            drill=bool(drill),
            answerable=bool(answerable),
            code="4711" if answerable else None,
            link=LONG_LINK,
        )

        size = count(sms(renderer, kind, language, longest))

        assert (size.encoding, size.segments) == ("gsm7", 1)


def test_each_type_has_by_sms_the_name_that_is_promised(renderer: Renderer, said: Say) -> None:
    """B2: others read these names out of an alert."""
    page = (Path(__file__).parents[2] / "docs/interface.md").read_text()
    rows = re.findall(r"^\| (\w+) \| \d+ \| \w+ \| (.+) / (.+) / (.+) \|$", page, re.MULTILINE)

    for code, *names in rows:
        for language, name in zip(("en", "fr", "es"), names, strict=True):
            assert f" A-7K3M: {name}. " in sms(renderer, Kind.ALERT, language, said(type=code))
    assert [row[0] for row in rows] == list(TYPES)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "URGENT A-7K3M: arrest. To take charge reply 4711; if you can't, NO 4711."),
        ("fr", "URGENT A-7K3M: arrestation. Pour vous en charger, répondez 4711; sinon NON 4711."),
        ("es", "URGENTE A-7K3M: detencion. Si se hace cargo, responda 4711; si no, NO 4711."),
    ],
)
def test_an_alert_says_who_calls_what_and_how_to_answer(
    renderer: Renderer, said: Say, language: str, text: str
) -> None:
    """A9: sender, reference, type name and what to do; nothing else has a place in it."""
    assert sms(renderer, Kind.ALERT, language, said()) == f"PBI {text} {said().link} Tel +573005550101"


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_alert_says_that_an_earlier_answer_counts_no_more(renderer: Renderer, said: Say, language: str) -> None:
    """A12, B4: else the answer seems lost; where it does not fit, the sentence goes before code and link do."""
    for method in (MethodKind.SMS, MethodKind.CALL, MethodKind.EMAIL):
        first, again = (renderer.render(Kind.ALERT, method, language, said(subject=each)) for each in (None, REVOKED))
        assert (first.text, first.sentences) != (again.text, again.sentences)
    for code in ("4711", None):
        longest = said(subject=REVOKED, code=code, sender="PEACEBRIGADE", type="checkpoint", link=LONG_LINK)
        text = sms(renderer, Kind.ALERT, language, longest)
        assert LONG_LINK in text
        assert count(text).segments == 1


def test_a_tight_alert_drops_the_callback_first(renderer: Renderer, said: Say) -> None:
    text = sms(renderer, Kind.ALERT, "en", said(sender="PEACEBRIGADE", link=LONG_LINK))

    assert "Tel" not in text
    assert "if you can't, NO 4711" in text


def test_a_tighter_alert_drops_the_no_hint_too(renderer: Renderer, said: Say) -> None:
    text = sms(renderer, Kind.ALERT, "en", said(sender="PEACEBRIGADE", type="checkpoint", link=LONG_LINK + "A" * 5))

    assert "4711. https://" in text
    assert "Tel" not in text
    assert "NO 4711" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_decision_says_who_would_be_told_and_how_to_hold_in_every_language_alike(
    renderer: Renderer, said: Say, language: str
) -> None:
    """With a sender and an address as they are in use: names before the reason, then how many they are, and HOLD."""
    link = "https://alerts.pbi-colombia.org/c/ABCDEFGH23456789"
    asked = said(subject=Subject.LEVEL, link=link, about="Authorities", contacts=3, code="5823", why=("needs_go",))
    tight = replace(asked, names=("Ombuds office", "Police", "Embassies"), drill=True)
    holds = ("HOLD 5823", "ESPERA 5823", "ATTENDRE 5823", "WARTEN 5823", "AGUARDAR 5823")

    few = sms(renderer, Kind.DECISION, language, replace(asked, names=("5th Brigade",), contacts=1))
    many = sms(renderer, Kind.DECISION, language, tight)

    assert "Authorities (5th Brigade)" in few
    assert "Authorities (3)" in many
    assert [any(hold in text for hold in holds) for text in (few, many)] == [True, True]
    assert "03:34" in few


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_of_ours_that_is_sent_back_answers_nothing(renderer: Renderer, said: Say, language: str) -> None:
    """A6: a tap on a message, its forwarding and a machine that quotes it prove nothing, wherever they cut it off."""
    for kind in METHODS:
        for subject, link in product(SUBJECTS.get(kind, (None,)), ("https://a.be/1", LONG_LINK + "A" * 5)):
            text = sms(renderer, kind, language, said(subject=subject, link=link))
            cut = [text, *(text[: code.end()] for code in re.finditer(r"\b4711\b", text))]
            assert [each for each in cut if parse_answers(f"Liked “{each}”")] == []
    assert parse_answers("Liked, 4711") != ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_code_and_link_are_never_dropped(renderer: Renderer, said: Say, language: str) -> None:
    """B4: never code or link, not even when it can't fit."""
    link = "https://alerts.example.org/" + "x" * 200

    text = sms(renderer, Kind.ALERT, language, said(link=link))

    assert "4711" in text
    assert link in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", METHODS)
def test_a_drill_says_so_and_is_never_urgent(renderer: Renderer, said: Say, kind: Kind, language: str) -> None:
    """In a drill the word replaces URGENT; it never stands before it."""
    text = sms(renderer, kind, language, said(drill=True, also=True))

    assert text.startswith(f"PBI {fold(renderer.words(language).drill)} A-7K3M")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_second_open_incident_begins_with_also(renderer: Renderer, said: Say, language: str) -> None:
    also = fold(renderer.words(language).also)

    assert sms(renderer, Kind.ALERT, language, said(also=True)).startswith(f"PBI {also} A-7K3M: ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_that_takes_no_replies_asks_for_none(renderer: Renderer, said: Say, language: str) -> None:
    text = sms(renderer, Kind.ALERT, language, said(answerable=False, code=None))

    assert "4711" not in text
    assert str(said().link) in text
    assert text.endswith("+573005550101")


def test_times_are_those_of_the_recipient(renderer: Renderer, said: Say) -> None:
    """07:14 UTC is 02:14 in Bogota and 12:59 in Kathmandu."""
    assert "recorded 02:14," in sms(renderer, Kind.RECORDED, "en", said())
    assert "recorded 12:59," in sms(renderer, Kind.RECORDED, "en", said(timezone="Asia/Kathmandu"))


def test_a_relay_is_recorded_as_passed_on_and_names_a_time_only_where_an_action_is_due(
    renderer: Renderer, said: Say
) -> None:
    due = sms(renderer, Kind.RECORDED, "en", said(subject=Subject.RELAYED))
    free = sms(renderer, Kind.RECORDED, "en", said(subject=Subject.RELAYED, due_at=None))

    assert "you passed it on. Report with DONE 4711 and a few words by 04:14." in due
    assert "you passed it on. Not you?" in free


def test_an_answer_without_a_code_is_told_the_open_ones(renderer: Renderer, said: Say) -> None:
    """B4: without a code they never act; the one reply names the open codes."""
    for kind in (Kind.NOT_UNDERSTOOD, Kind.RECEIPT):
        assert "Open: 4711, 5823." in sms(renderer, kind, "en", said(open_codes=("4711", "5823")))


def test_the_french_count_of_further_matters_is_right_for_one(renderer: Renderer) -> None:
    assert renderer.words("fr").and_more.replace("{count}", "1") == "+1 de plus"


def test_more_codes_than_fit_are_counted(renderer: Renderer, said: Say) -> None:
    codes = tuple(str(code) for code in range(3000, 3020))

    text = sms(renderer, Kind.NOT_UNDERSTOOD, "en", said(open_codes=codes))

    assert "3000, 3001, 3002, 3003, 3004, 3005, +14." in text


@pytest.mark.parametrize(
    ("language", "verified", "doubted", "silent"),
    [
        (
            "en",
            "received 02:14, verified: 20, P7. If this",
            "received 02:14, not verified: 20, P7. To",
            "we will not write",
        ),
        (
            "fr",
            "bien noté à 02:14, vérifié: 20, P7. Si",
            "bien noté à 02:14, non vérifié: 20, P7. Pour",
            "n'écrirons pas",
        ),
        (
            "es",
            "recibido 02:14, verificado: 20, P7. Si",
            "recibido 02:14, sin verificar: 20, P7. Para",
            "no escribiremos",
        ),
        (
            "de",
            "erhalten 02:14, geprüft: 20, P7. Wenn",
            "erhalten 02:14, ungeprüft: 20, P7. Zur",
            "schreiben wir nicht",
        ),
        (
            "pt",
            "recebido 02:14, verificado: 20, P7. Se",
            "recebido 02:14, sem verificar: 20, P7. Para",
            "nao escreveremos",
        ),
    ],
)
def test_a_receipt_says_whether_it_is_verified_what_was_typed_and_whether_silence_follows(
    renderer: Renderer, said: Say, language: str, verified: str, doubted: str, silent: str
) -> None:
    """B4: codes alone on a phone that may be searched; whoever hears nothing more knows why, and that it may call."""
    true, doubtful, alone = (
        sms(renderer, Kind.RECEIPT, language, said(names=("20", "P7"), **each))
        for each in ({"subject": Subject.VERIFIED}, {"subject": Subject.VERIFY}, {"silent": True})
    )

    assert true.startswith(f"PBI A-7K3M: {verified}")
    assert doubtful.startswith(f"PBI A-7K3M: {doubted}")
    assert silent in alone
    assert silent not in true + doubtful
    assert all("+573005550101" in text for text in (true, doubtful, alone))


def test_the_field_hears_who_has_it_or_that_nobody_does(renderer: Renderer, said: Say) -> None:
    has = sms(renderer, Kind.FIELD_STATUS, "en", said(subject=Subject.ACKNOWLEDGED))
    nobody = sms(renderer, Kind.FIELD_STATUS, "en", said(subject=Subject.NOBODY))

    assert has == "PBI A-7K3M: a coordinator has had it since 02:14. Tel +573005550101"
    assert "+573005550101" in nobody


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_field_hears_of_the_close_and_how_to_ask_for_help_again(
    renderer: Renderer, said: Say, language: str
) -> None:
    closed, reopened = (
        sms(renderer, Kind.FIELD_STATUS, language, said(subject=each)) for each in (Subject.CLOSED, Subject.REOPENED)
    )

    assert "02:14" in closed
    assert all("SOS" in text and "+573005550101" in text for text in (closed, reopened))
    assert fold(renderer.words(language).subjects[Subject.CLOSED]) in closed


@pytest.mark.parametrize("kind", [Kind.ALARM, Kind.NOTICE])
def test_every_subject_has_a_statement_of_its_own(renderer: Renderer, said: Say, kind: Kind) -> None:
    texts = [sms(renderer, kind, "en", said(subject=subject)) for subject in SUBJECTS[kind]]

    assert len(set(texts)) == len(texts) > 10


def test_text_from_outside_stays_on_its_line(renderer: Renderer, said: Say) -> None:
    """Ids come from files that people edit: no line break of theirs forges a second message."""
    text = sms(renderer, Kind.NOTICE, "en", said(subject=Subject.DECLINED, about="x\n\nCall +1"))

    assert text.startswith("PBI A-7K3M: x Call +1 can't act")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("fault", AccountFault)
@pytest.mark.parametrize("subject", ACCOUNT_SUBJECTS)
def test_an_alarm_says_what_the_provider_has_against_our_account(
    renderer: Renderer, language: str, fault: AccountFault, subject: Subject
) -> None:
    """B3: the cause in words, in one segment, and without it what fails alone."""
    said = replace(BARE, sender="PEACEBRIGADE", ref="SYSTEM", subject=subject, about=fault)

    told = renderer.render(Kind.ALARM, MethodKind.SMS, language, said).text
    bare = renderer.render(Kind.ALARM, MethodKind.SMS, language, replace(said, about=None)).text

    words = renderer.words(language)
    assert fold(words.faults[fault]) in told
    assert fold(words.subjects[subject]) in bare
    assert len(told) > len(bare)
    assert (count(told).encoding, count(told).segments) == ("gsm7", 1)
