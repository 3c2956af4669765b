"""A mail as its recipient sees it, in a frame that may do nothing but open its links."""

from starlette.responses import PlainTextResponse, Response

from alertnet.sandbox.mail import Mailbox

FRAMED = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
}
IN_A_NEW_TAB = '<base target="_blank">'


def show_letter(mailbox: Mailbox, place: int, part: str) -> Response:
    """The mail at that place, counted from the oldest: its `html`, or its plain `text`."""
    if place >= len(mailbox.mails) or part not in ("html", "text"):
        return PlainTextResponse("There is no such mail.\n", 404)
    mail = mailbox.mails[place]
    if part == "html" and mail.html:
        return Response(_opening_elsewhere(mail.html), headers=FRAMED, media_type="text/html")
    return Response(mail.text, headers=FRAMED, media_type="text/plain")


def _opening_elsewhere(html: str) -> str:
    head, found, rest = html.partition("<head>")
    return head + found + IN_A_NEW_TAB + rest if found else IN_A_NEW_TAB + html
