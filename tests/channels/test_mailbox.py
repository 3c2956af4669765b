"""The mailbox over IMAP: the sandbox's, over TLS, and servers that misbehave."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pytest

from alertnet.channels import mailbox as mailbox_module
from alertnet.channels.base import MailListing
from alertnet.channels.mailbox import ImapMailbox
from alertnet.sandbox import Sandbox
from alertnet.sandbox.mail import Mail
from tests.channels.conftest import drip, hang, server_that
from tests.support.clock import Clock

NOW = datetime(2026, 11, 1, 2, 14, tzinfo=UTC)
OURS = "alertnet@sandbox.example"
NOTIFICATION = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(account_sid="AC1", auth_token="t", public_url="https://alarm.example.org", now=clock) as sandbox:
        yield sandbox


def mailbox(sandbox: Sandbox, **options: Any) -> ImapMailbox:
    server = urlsplit(sandbox.imap_url)
    given = {"user": server.username, "password": server.password, "folder": "INBOX", **options}
    return ImapMailbox(server.hostname or "", server.port or 0, ours=[OURS], is_plain=True, **given)


def comes(sandbox: Sandbox, text: str = "4711", **headers: str) -> None:
    """A mail comes to our address, by default an answer to one of ours."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "hr@es.example", OURS, "Re: PBI A-7K3M"
    mail["In-Reply-To"] = f"<{NOTIFICATION}@sandbox.example>"
    mail.set_content(text)
    for name, content in headers.items():
        del mail[name.replace("_", "-")]
        mail[name.replace("_", "-")] = content
    sandbox.mailbox(OURS).post(mail)


def words(listing: MailListing) -> list[str]:
    return [each.mail.words for each in listing.entries]


def test_the_answers_since_a_moment_are_found_with_when_they_came(sandbox: Sandbox, clock: Clock) -> None:
    comes(sandbox, "long ago")
    clock.at += timedelta(minutes=30)
    comes(sandbox, "4711")
    clock.at += timedelta(days=1)
    comes(sandbox, "NO 4711")

    listing = mailbox(sandbox).received(NOW + timedelta(minutes=20))

    assert words(listing) == ["4711", "NO 4711"]
    assert [each.at - NOW for each in listing.entries] == [timedelta(minutes=30), timedelta(days=1, minutes=30)]
    assert listing.is_whole


def test_an_empty_mailbox_holds_nothing_and_is_read_whole(sandbox: Sandbox) -> None:
    assert mailbox(sandbox).received(NOW) == MailListing((), is_whole=True)


def test_what_answers_none_of_ours_is_not_even_fetched(sandbox: Sandbox) -> None:
    comes(sandbox, "spam", In_Reply_To="<1@elsewhere.example>")
    comes(sandbox, "4711")

    assert words(mailbox(sandbox).received(NOW)) == ["4711"]


def test_mails_of_somebody_known_are_fetched_whatever_they_answer(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A12; who forges their sender hides no answer to ours."""
    monkeypatch.setattr(mailbox_module, "MOST_OTHERS", 2)
    comes(sandbox, "4711", From="other@es.example")
    for number in range(3):
        comes(sandbox, f"news {number}", In_Reply_To="", From="Human Rights <HR@es.example>")
    comes(sandbox, "spam", In_Reply_To="", From="hr@es.example.com")

    listing = mailbox(sandbox, sent=lambda ids: ids, known=lambda: ["hr@es.example"]).received(NOW)

    assert words(listing) == ["4711", "news 1", "news 2"]
    assert not listing.is_whole


def test_a_day_of_many_mails_is_named_in_several_commands(sandbox: Sandbox) -> None:
    """A12: a line of more than 8000 bytes is refused by some servers, and nothing was read on such a day."""
    sandbox.mailbox(OURS).mails += [_spam(sandbox)] * 1900
    comes(sandbox, "4711")

    assert words(mailbox(sandbox).received(NOW)) == ["4711"]


def _spam(sandbox: Sandbox) -> Mail:
    comes(sandbox, "spam", In_Reply_To="", From="shop@elsewhere.example")
    return sandbox.mailbox(OURS).mails.pop()


def test_nobody_hides_an_answer_behind_mails_that_only_seem_to_be_answers(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A11, A12: which ids are of our mails only we know; and headers, however long, take no more room than others."""
    monkeypatch.setattr(mailbox_module, "MOST_ANSWERS", 2)
    monkeypatch.setattr(mailbox_module, "MOST_BYTES", 1 << 16)
    comes(sandbox, "4711")
    for number in range(5):
        comes(sandbox, "forged", In_Reply_To=f"<{number:032x}@sandbox.example>", References="<x@y> " * 4_000)

    listing = mailbox(sandbox, sent=lambda ids: set(ids) & {NOTIFICATION}).received(NOW)

    assert (words(listing), listing.is_whole) == (["4711"], True)


def test_whoever_answers_without_end_keeps_nobody_elses_answer_from_being_read(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A11: a hundred long answers to the one mail that they were sent took all the time that each look has."""
    monkeypatch.setattr(mailbox_module, "MOST_OF_ONE", 2)
    monkeypatch.setattr(mailbox_module, "AT_ONCE", 1)
    comes(sandbox, "4711")
    for number in range(4):
        comes(sandbox, f"again {number}", In_Reply_To=f"<{'a' * 32}@sandbox.example>")

    listing = mailbox(sandbox, sent=lambda ids: ids).received(NOW)

    assert (words(listing), listing.is_whole) == (["again 3", "4711", "again 2"], False)


def test_a_mailbox_full_of_old_mail_is_read_whole(
    sandbox: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a look can leave out is what came since the last one alone; the server lists all that came that day."""
    monkeypatch.setattr(mailbox_module, "MOST_MAILS", 3)
    for _ in range(5):
        comes(sandbox, "of the morning")
    clock.at += timedelta(hours=1)
    comes(sandbox, "4711")

    listing = mailbox(sandbox).received(NOW + timedelta(minutes=50))

    assert (words(listing), listing.is_whole) == (["4711"], True)
    assert not mailbox(sandbox).received(NOW).is_whole


def test_reading_changes_nothing_in_the_mailbox(sandbox: Sandbox) -> None:
    comes(sandbox)

    first, again = mailbox(sandbox).received(NOW), mailbox(sandbox).received(NOW)

    assert first == again
    assert len(first.entries) == 1


def test_of_a_long_mail_the_beginning_is_read(sandbox: Sandbox) -> None:
    comes(sandbox, "4711\n-----\n" + "x" * 70 * 10_000)

    assert words(mailbox(sandbox).received(NOW)) == ["4711"]


def test_a_wrong_password_is_trouble_and_nothing_is_read(sandbox: Sandbox) -> None:
    comes(sandbox)
    strange = mailbox(sandbox, password="wrong")

    listing = strange.received(NOW)

    assert listing == MailListing((), is_whole=False, trouble="AUTHENTICATIONFAILED")
    assert strange.trouble() == "[AUTHENTICATIONFAILED] wrong user or password"
    assert mailbox(sandbox, folder="Alarms").trouble() == "[NONEXISTENT] there is only INBOX"
    assert mailbox(sandbox).trouble() is None


def test_over_tls_the_server_has_to_prove_its_name(server_tls: ssl.SSLContext) -> None:
    """On loopback a certificate of one's own will do, as for a relay."""

    def speak(connection: socket.socket, stopped: threading.Event) -> None:
        with server_tls.wrap_socket(connection, server_side=True) as private:
            private.sendall(b"* OK IMAP4rev1\r\n")
            heard.append(private.recv(64))

    heard: list[bytes] = []
    with server_that(speak) as port:
        box = ImapMailbox("127.0.0.1", port, "u", "p", "INBOX", [OURS])
        assert box.trouble() is not None

    assert heard[0].endswith(b"CAPABILITY\r\n")


def babble(connection: socket.socket, stopped: threading.Event) -> None:
    """A greeting, and then lines without end."""
    connection.sendall(b"* OK IMAP4rev1\r\n")
    while not stopped.is_set():
        connection.sendall(b"* 1 EXISTS\r\n" * 1000)


def promise_much(connection: socket.socket, stopped: threading.Event) -> None:
    """A literal of a terabyte."""
    connection.sendall(b"* OK IMAP4rev1\r\n* 1 FETCH (BODY[] {1099511627776}\r\n")
    while not stopped.is_set():
        connection.sendall(b"x" * 100_000)


def speak_no_imap(connection: socket.socket, stopped: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.mark.parametrize("speaks", [drip, hang, babble, promise_much, speak_no_imap])
def test_a_server_that_misbehaves_holds_no_thread_and_is_read_another_time(
    speaks: Callable[[socket.socket, threading.Event], None],
) -> None:
    """A11: one deadline over the whole look, and an end to what is read."""
    with server_that(speaks) as port:
        began = time.monotonic()
        box = ImapMailbox("127.0.0.1", port, "u", "p", "INBOX", [OURS], is_plain=True, deadline_seconds=0.5)
        listing = box.received(NOW)
        took = time.monotonic() - began

    assert (listing.entries, listing.is_whole) == ((), False)
    assert listing.trouble
    assert took < 20


@pytest.mark.parametrize(
    ("by", "type"), [("hr@es.example", "report"), ("Mailer Daemon <MAILER-DAEMON@relay.example>", "mixed")]
)
def test_a_report_about_no_mail_of_ours_is_not_taken_apart(sandbox: Sandbox, by: str, type: str) -> None:
    """Anybody can send hundreds, and one may take seconds (A11). OpenSMTPD does not say that it sends one."""
    status = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: failed\nStatus: 5.1.1\n"
    for id in ("0" * 32, NOTIFICATION):
        body = f"--x\n{status}\n--x\n\nMessage-ID: <{id}@sandbox.example>\n--x--\n"
        comes(sandbox, body, From=by, In_Reply_To="<1@x.example>", Content_Type=f"multipart/{type}; boundary=x")

    listing = mailbox(sandbox, sent=lambda named: {NOTIFICATION} & set(named)).received(NOW)

    assert [(each.mail.answers, each.mail.bounced) for each in listing.entries] == [((NOTIFICATION,), "5.1.1")]
