"""What is read in a mail that answers one of ours (A6, A12)."""

import time
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from alertnet.channels.received_mail import read_mail
from alertnet.core.inbound.written_mail import WrittenMail

OURS = "alarm@pbi.example"
NOTIFICATION = "0123456789abcdef0123456789abcdef"
ALERT = "##### To answer by mail, write 4711 above this line. #####\n\nURGENT - alert A-7K3M: arrest.\nYour code: 4711"


def answer(text: str, *, html: str = "", **headers: str) -> EmailMessage:
    """An answer of an embassy to our alert."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Human Rights <HR@es.example>", f"PBI <{OURS}>", "Re: PBI A-7K3M"
    mail["Message-ID"], mail["In-Reply-To"] = "<1@es.example>", f"<{NOTIFICATION}@pbi.example>"
    mail.set_content(text)
    if html:
        mail.clear_content()
        mail.set_content(html, subtype="html")
    for name, content in headers.items():
        del mail[name.replace("_", "-")]
        mail[name.replace("_", "-")] = content
    return mail


def read(mail: EmailMessage) -> WrittenMail:
    found = read_mail(mail.as_bytes(), [OURS])
    assert found is not None
    return found


def quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        f"4711\n\nOn Fri, 27 Nov 2026 at 02:14, PBI <{OURS}> wrote:\n\n{quoted(ALERT)}\n",
        f"4711\n\nEl vie, 27 nov 2026 a las 2:14, PBI (<{OURS}>) escribió:\n\n{quoted(ALERT)}\n",
        f"4711\n\n-----Original Message-----\nFrom: PBI <{OURS}>\nSent: Friday\nSubject: PBI A-7K3M\n\n{ALERT}\n",
        f"4711\n\n________________________________\nDe : PBI\nEnvoyé : vendredi\n\n{ALERT}\n",
        f"4711\n\nVon: PBI <{OURS}>\nGesendet: Freitag, 27. November 2026\n\n{ALERT}\n",
        f"4711\n{ALERT}\n",
        f"{quoted(ALERT)}\n\n4711\n",
        # Gmail wraps before the address, Claws Mail behind the hour, Apple Mail at will.
        f"4711\n\nEm qui., 26 de nov. de 2026 às 21:14, PBI <\n{OURS}> escreveu:\n\n{quoted(ALERT)}\n",
        f"4711\n\nEl jue, 26 nov 2026 a las 21:14, PBI (<\n{OURS}>) escribió:\n\n{quoted(ALERT)}\n",
        f"4711\n\nOn Thu, 26 Nov 2026 21:14:00 -0500\nPBI wrote:\n\n{quoted(ALERT)}\n",
        f"4711\n\nOn 26 Nov 2026,\nat 21:14,\nPBI <{OURS}> wrote:\n\n{quoted(ALERT)}\n",
        # Outlook names no address that it has among its contacts, or wraps before it.
        f"4711\n\nDe: PBI\nEnviado el: jueves, 26 de noviembre\nPara: DDHH\nAsunto: A-7K3M\n\n{ALERT}\n",
        f"4711\n\nFrom: PBI\nSent: Thursday\nSubject: A-7K3M\n\nExternal mail. Don't open links.\n\n{ALERT}\n",
        f"4711\n\nFrom: PBI\n<{OURS}>\nSent: Thursday\nSubject: A-7K3M\n\n{ALERT}\n",
        f"4711\n\nDate: Thu, 26 Nov 2026 21:14:00 -0500\nSubject: A-7K3M\nFrom: {OURS}\n\n{ALERT}\n",
        # Below the original, where each line of that is quoted.
        f"On Thu, Nov 26, 2026 at 09:14:00PM -0500, PBI <{OURS}> wrote:\n{quoted(ALERT)}\n\n4711\n",
        f"El 26/11/26 a las 21:14, PBI escribió:\n{quoted(ALERT)}\n\n4711\n",
        "4711\n\n---\nHuman Rights Officer\nNo. 5823\n",
        # Signed in clear, as by GnuPG and Mailvelope.
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n4711\n- -- \nNo. 5823\n-----BEGIN PGP SIGNATURE-----\n",
        "4711\n\n-- \nHuman Rights Officer\nExt. 5823\n",
        "4711",
    ],
)
def test_the_words_are_what_stands_above_the_original_however_that_is_quoted(text: str) -> None:
    assert read(answer(text)).words == "4711"


def test_an_office_that_writes_in_the_form_of_a_memo_is_heard() -> None:
    """A6: its fields are no original, which stands below something; the code below them counted for nobody."""
    memo = "Fecha: jueves\nDe: Embajada\nPara: PBI\nAsunto: A-7K3M\n\nOK 4711"
    original = f"De: PBI\nEnviado: jueves\nAsunto: A-7K3M\n\n{ALERT}\n"

    assert read(answer(f"{memo}\n\n{original}")).words == memo


def test_a_quoted_line_that_was_wrapped_is_quoted_to_its_end() -> None:
    """A6: else thanks for an alert would take charge, by the code of the alert itself."""
    wrapped = "> Your code for a reply by text message:\n4711 to take charge.\n> Our coordinator can tell you more."

    assert read(answer(f"Thank you\n\n{wrapped}\n\nGood night")).words == "Thank you\n\nGood night"


def test_a_line_with_the_code_is_no_heading_of_what_is_quoted_below_it() -> None:
    """A6."""
    text = f"OK 4711. As you asked on 26/11/2026:\n{quoted(ALERT)}\n\nWe called\n\nOn Thu, PBI <{OURS}> wrote:\n> x"

    assert read(answer(text)).words == "OK 4711. As you asked on 26/11/2026:\n\nWe called"


@pytest.mark.parametrize(
    "html",
    [
        '<html><head><title>x</title><style>p {}</style></head><body><div dir="ltr">4711<br></div>'
        f'<div class="gmail_quote">On Fri, PBI &lt;<a href="mailto:{OURS}">{OURS}</a>&gt; wrote:'
        "<blockquote><p>Your code: 4711 NO 4711</p></blockquote></div></body></html>",
        "<div>4711</div><hr><div>##### To answer by mail, write 4711 above this line. #####</div><p>NO 4711</p>",
        f'<!--[if !mso]><!--><a title="On <{OURS}>">47</a><![x>1<![endif]>1<!--<![endif]--><blockquote>NO<!--',
        "<head/><title/><p style='font-family:\"Arial\"'>47<img alt='5\"'>11</p><a title='NO > 4711' href=\"x\"></a>",
    ],
)
def test_a_mail_without_plain_text_is_read_as_its_page_shows_it(html: str) -> None:
    assert read(answer("", html=html)).words == "4711"


def test_whoever_answers_below_the_original_has_no_words_but_all_can_be_read() -> None:
    mail = read(answer(f"{ALERT}\n\nWe take charge, 4711\n"))

    assert mail.words == ""
    assert "We take charge" in mail.whole


def test_the_sender_and_what_it_answers_are_told() -> None:
    mail = read(answer("4711", References=f"<a@b> <{'f' * 32}@pbi.example>"))

    assert (mail.sender, mail.answers) == ("hr@es.example", (NOTIFICATION, "f" * 32))
    assert not mail.is_automatic
    assert mail.bounced is None


def test_the_same_mail_has_the_same_id_and_another_has_another() -> None:
    first, again = read(answer("4711", Received="by a")), read(answer("4711", Received="by b"))

    assert first.id == again.id
    assert read(answer("4711", From="x@es.example")).id != first.id
    assert len(first.id) <= 64


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied; x=1"},
        {"Precedence": "bulk"},
        {"Return_Path": "<>"},
        {"X_Autoreply": "yes"},
        pytest.param({"X_Awaits_Answer": "yes"}, id="an alert, of ours or of another alertnet"),
        {"List_Id": "<all.es.example>", "In_Reply_To": ""},
        {"From": "No-Reply@es.example"},
        {"Subject": "Respuesta automática: PBI A-7K3M"},
    ],
)
def test_what_a_machine_writes_is_marked(headers: dict[str, str]) -> None:
    assert read(answer("4711", **headers)).is_automatic


def test_what_a_person_writes_is_not() -> None:
    mail = read(answer("4711", Auto_Submitted="no", Precedence="list", List_Id="<x.y>", Return_Path="<hr@es.example>"))

    assert mail.words == "4711"
    assert not mail.is_automatic


@pytest.mark.parametrize(
    ("status", "bounced"), [("5.1.1", "5.1.1"), ("5.7.1 (blocked)", "5.7.1"), ("4.4.7", "4.4.7"), ("", "5.0.0")]
)
def test_a_report_says_that_our_mail_was_given_up_and_by_whom(status: str, bounced: str) -> None:
    """Who gives up after days names the status of the last try, as Postfix and Exchange do."""
    mail = read_mail(report("failed", status), [OURS])

    assert mail is not None
    assert (mail.answers, mail.bounced, mail.bounced_at) == ((NOTIFICATION,), bounced, "hr@es.example")
    assert mail.is_automatic


def test_a_server_that_says_only_in_words_that_it_has_given_up_is_understood() -> None:
    said = "Hi. This is the qmail-send program.\n{}\n--- Below this line is a copy.\n\nMessage-ID: <{}@pbi.example>\n"
    found = [
        read_mail(answer(said.format(words, NOTIFICATION), From=sender, In_Reply_To="").as_bytes(), [OURS])
        for sender in ("MAILER-DAEMON@relay.example", "hr@es.example")
        for words in ("This is a permanent error; I've given up.", "It will be tried again.")
    ]

    assert [(mail.answers, mail.bounced) for mail in found if mail] == [((NOTIFICATION,), "5.0.0"), *[((), None)] * 3]


def test_a_mailbox_that_refuses_mail_of_its_own_accord_says_so_in_a_receipt() -> None:
    """As Dovecot does where somebody has left: `reject` in a Sieve script."""
    refused = report("", "").replace(b"message/delivery-status", b"message/disposition-notification")
    deleted = refused.replace(
        b"Reporting-MTA: dns", b"Final-Recipient: rfc822; hr@es.example\nDisposition: %s; %s\nX: y"
    )

    given_up = read_mail(deleted % (b"automatic-action/MDN-sent-automatically", b"deleted"), [OURS])

    assert given_up is not None
    assert (given_up.answers, given_up.bounced, given_up.bounced_at) == ((NOTIFICATION,), "5.0.0", "hr@es.example")
    assert read_mail(deleted % (b"manual-action/MDN-sent-manually", b"displayed"), [OURS]) is None


@pytest.mark.parametrize(
    "raw",
    [
        lambda: report("delayed", "4.4.1"),
        lambda: report("delivered", "2.0.0"),
        lambda: report("failed", "5.1.1").replace(b"message/delivery-status", b"message/disposition-notification"),
    ],
)
def test_a_report_of_a_delay_or_that_our_mail_was_opened_says_nothing(raw: Callable[[], bytes]) -> None:
    """A6: and nobody is woken for a receipt."""
    assert read_mail(report("failed", "5.1.1"), [OURS]) is not None
    assert read_mail(raw(), [OURS]) is None


def report(action: str, status: str) -> bytes:
    """A report of delivery as mail servers send it (RFC 3464)."""
    return (
        "From: Mail Delivery System <MAILER-DAEMON@relay.example>\nTo: alarm@pbi.example\nSubject: Undelivered\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\nMIME-Version: 1.0\n\n'
        "--b\nContent-Type: text/plain\n\nSorry.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\n\n"
        f"Final-Recipient: rfc822; hr@es.example\nAction: {action}\nStatus: {status}\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{NOTIFICATION}@pbi.example>\n\n--b--\n"
    ).encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe" * 1000,
        f"In-Reply-To: <{NOTIFICATION}@pbi.example>\n\nno sender".encode(),
    ],
)
def test_what_nobody_has_written_is_left(raw: bytes) -> None:
    assert read_mail(answer("4711").as_bytes(), [OURS]) is not None
    assert read_mail(raw, [OURS]) is None


def test_a_mail_of_its_own_answers_nothing_and_has_words() -> None:
    """A12."""
    mail = read(answer("We hear of an arrest.", In_Reply_To="", References=""))

    assert (mail.answers, mail.words) == ((), "We hear of an arrest.")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ('Content-Type: text/plain; charset="no-such-charset"', "4711"),
        ('Content-Type: multipart/mixed; boundary="never"', ""),
        ("Content-Type: text/plain\nContent-Transfer-Encoding: base64", "\ufffd\ufffdu"),
        ("Content-Type: =?utf-8?q?=00=ff?=", "4711"),
        ("To: ,,,<<>>@@;;:", "4711"),
        ("Content-Transfer-Encoding: " + "a;" * 50_000, "4711"),
        ("Content-Type: text/plain; " + "a=b; " * 20_000, "4711"),
        ("Content-Type: multipart/mixed; boundary=b\n\n" + "--b\n\nx\n" * 10_000, "x"),
        ("Date: yesterday\nReferences: " + "<x@y> " * 5000, "4711"),
    ],
)
def test_a_broken_mail_is_read_as_far_as_it_goes(header: str, words: str) -> None:
    """A11: a header as long as these took minutes."""
    raw = f"From: hr@es.example\nIn-Reply-To: <{NOTIFICATION}@pbi.example>\n{header}\n\n4711\n".encode()

    mail = read_mail(raw, [OURS])

    assert mail is not None
    assert (mail.sender, mail.answers, mail.words) == ("hr@es.example", (NOTIFICATION,), words)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("From: " + '"' * 900 + " <hr@es.example>", "4711"),
        (
            "From: hr@es.example\nContent-Type: multipart/mixed; boundary=b\n\n"
            + ("--b\nContent-Type: text/plain; a=" + '"' * 4000 + "\n\nx\n") * 31,
            "x",
        ),
        (
            "From: hr@es.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n"
            + f"--b\nContent-Type: text/plain; a={'(a)' * 280}\nContent-Disposition: attachment; f={'(a)' * 280}\n\n"
            * 70,
            "x",
        ),
        ("From: hr@es.example\nContent-Type: text/html\n\n4711<blockquote>" + "<a " * 40_000, "4711"),
        ("From: hr@es.example\nContent-Type: text/html\n\n4711<blockquote>" + "<!--" * 30_000, "4711"),
        ("From: hr@es.example\nContent-Type: text/html\n\n4711<blockquote><a " + '"<a" ' * 12_000, "4711"),
    ],
)
def test_a_mail_made_to_take_long_is_read_at_once(header: str, words: str) -> None:
    """A11: such headers took six seconds each, and while they are read all threads wait."""
    raw = f"In-Reply-To: <{NOTIFICATION}@pbi.example>\n{header}\n\n4711\n".encode()

    began = time.process_time()
    mail = read_mail(raw, [OURS])
    took = time.process_time() - began

    assert mail is not None
    assert (mail.sender, mail.words) == ("hr@es.example", words)
    assert took < 4


def test_a_long_name_keeps_no_sender_from_being_known() -> None:
    """A12: letters that are not Latin take nine characters each."""
    name = "\u041f\u043e\u0441\u043e\u043b\u044c\u0441\u0442\u0432\u043e " * 20

    assert read(answer("4711", From=f"{name} <hr@es.example>")).sender == "hr@es.example"


def test_where_the_plain_text_is_blank_the_page_is_read() -> None:
    """A12: such an answer was told by its subject alone."""
    mail = answer(" \n")
    mail.add_alternative("<p>4711</p>", subtype="html")

    assert read(mail).words == "4711"


@pytest.mark.parametrize("charset", ["windows-1252http-equiv", "iso-8859-8-i-e", "x-user-defined", "punycode"])
def test_words_in_a_character_set_that_nobody_knows_are_read_as_far_as_they_go(charset: str) -> None:
    """A12: such an answer was dropped."""
    raw = answer("4711 de acuerdo").as_bytes().replace(b"utf-8", charset.encode())

    mail = read_mail(raw, [OURS])

    assert mail is not None
    assert mail.words == "4711 de acuerdo"


def test_what_cannot_be_stored_or_shown_is_left_out_of_the_words() -> None:
    raw = answer("x").as_bytes().replace(b'"utf-8"', b"utf-7").replace(b"\n\nx", b"\n\n4711 +2AA- \x00\x1b[31mred")

    mail = read_mail(raw, [OURS])

    assert mail is not None
    assert mail.words == "4711  [31mred"


def test_an_encrypted_answer_is_told_by_its_subject() -> None:
    """A12: people are to know that there is something to read in the mailbox."""
    mail = answer("x")
    mail.clear_content()
    mail["Content-Type"] = 'multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"'
    mail.set_payload("--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b--\n")

    found = read_mail(mail.as_bytes(), [OURS])

    assert found is not None
    assert (found.words, found.whole) == ("", "Re: PBI A-7K3M")


def test_the_pictures_of_a_signature_and_its_proof_are_no_files() -> None:
    mail = answer("", html='<p>4711</p><img src="cid:logo">')
    mail.add_related(b"x", "image", "png", cid="<logo>")
    assert read(mail).attached == 0

    mail.add_attachment(b"x", "application", "pdf", filename="note.pdf")
    mail.add_attachment(b"x", "application", "pgp-signature", filename="signature.asc")

    assert read(mail).attached == 1


def test_a_mail_of_more_parts_than_are_read_is_read_as_far_as_that() -> None:
    """A12."""
    mail = answer("4711\n" + "-----\n" * 1000)

    assert read(mail).words == "4711"


def test_a_report_of_blank_lines_takes_no_time() -> None:
    """A11: the standard library takes seconds for each."""
    head = answer("", Content_Type="multipart/report; boundary=x").as_bytes().partition(b"\n\n")[0]
    part = b"\n\n--x\nContent-Type: message/delivery-status\n\nAction: failed\nStatus: 5.1.1\n"
    named = f"\n\nMessage-ID: <{NOTIFICATION}@pbi.example>".encode()
    began = time.process_time()

    blank = (b"\n" * 100_000, b"\r" * 100_000, b"\n" * 100)
    *long, short = (read_mail(head + part + lines + named, [OURS]) for lines in blank)

    assert time.process_time() - began < 2
    assert (long, short is not None) == ([None, None], True)
