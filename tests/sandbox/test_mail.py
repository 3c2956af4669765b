"""Mail by the standard library's own client: caught, refused, put off, cut off."""

import smtplib
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest

from alertnet.sandbox import MailFault, Sandbox
from alertnet.sandbox.page.app import show_letter
from tests.sandbox.conftest import PATIENCE

ANA = "ana@embassy.example"


def deliver(sandbox: Sandbox, to: str = ANA, **headers: str) -> None:
    mail = EmailMessage()
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = "pbi@pbi.example", to, "Señal A-7K3M", "<1@pbi>"
    mail.set_content("Código 4711")
    mail.add_alternative("<p>Código <b>4711</b></p>", subtype="html")
    server = urlsplit(sandbox.smtp_url)
    with smtplib.SMTP(server.hostname or "", server.port or 0, timeout=PATIENCE) as connection:
        connection.send_message(mail)


def test_a_mail_is_in_its_mailbox_with_all_its_parts(sandbox: Sandbox) -> None:
    deliver(sandbox)

    (mail,) = sandbox.mailbox(ANA).mails
    assert (mail.to, mail.sender, mail.subject) == (ANA, "pbi@pbi.example", "Señal A-7K3M")
    assert mail.text.strip() == "Código 4711"
    assert "<b>4711</b>" in mail.html
    assert mail.headers["Message-ID"] == "<1@pbi>"


def test_a_mailbox_has_one_name_in_any_case(sandbox: Sandbox) -> None:
    deliver(sandbox, to="Ana@Embassy.example")

    assert len(sandbox.mailbox(ANA).mails) == 1


@pytest.mark.parametrize(("fault", "code"), [(MailFault.REFUSED, 550), (MailFault.GREYLISTED, 451)])
def test_a_mailbox_that_takes_no_mail_says_so_and_then_does(sandbox: Sandbox, fault: MailFault, code: int) -> None:
    mailbox = sandbox.mailbox(ANA)
    mailbox.misbehaves(fault)

    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        deliver(sandbox)
    assert refusal.value.recipients[ANA][0] == code
    assert mailbox.mails == []
    deliver(sandbox)
    assert len(mailbox.mails) == 1


def test_a_cut_connection_hides_that_the_mail_was_kept(sandbox: Sandbox) -> None:
    """A5: an answer can get lost after DATA too."""
    sandbox.mailbox(ANA).misbehaves(MailFault.CUT_OFF)

    with pytest.raises(smtplib.SMTPServerDisconnected):
        deliver(sandbox)
    assert len(sandbox.mailbox(ANA).mails) == 1


def test_an_automatic_reply_goes_back_to_a_sender_who_is_no_machine(sandbox: Sandbox) -> None:
    sandbox.mailbox(ANA).away = True

    deliver(sandbox)
    deliver(sandbox, Auto_Submitted="auto-generated")

    (reply,) = sandbox.mailbox("pbi@pbi.example").mails
    assert (reply.sender, reply.headers["Auto-Submitted"]) == (ANA, "auto-replied")
    assert reply.headers["In-Reply-To"] == "<1@pbi>"


def test_a_shown_mail_may_do_nothing_but_open_its_links_elsewhere(sandbox: Sandbox) -> None:
    """A mail's own markup runs in a frame without scripts, pictures or forms."""
    deliver(sandbox)
    mailbox = sandbox.mailbox(ANA)

    html, text = (show_letter(mailbox, 0, part) for part in ("html", "text"))

    assert bytes(html.body).startswith(b'<base target="_blank"><p>')
    assert "default-src 'none'" in html.headers["Content-Security-Policy"]
    assert "allow-scripts" not in html.headers["Content-Security-Policy"]
    assert text.headers["Content-Type"].startswith("text/plain")
    assert show_letter(mailbox, 1, "html").status_code == 404
