"""The simulated mailbox of alertnet, read over IMAP4rev1 (RFC 3501): as much of it as reading takes."""

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from email.utils import parsedate_to_datetime

from alertnet.sandbox.mail import Mail

USER, PASSWORD = "alertnet", "sandbox"

LONGEST_LINE = 8000
"""The bytes of a command that a server has to take (RFC 2683 3.2.1.5); some take no more."""

_ANY_PART = re.compile(r"BODY\.PEEK\[(?P<part>[^\]]*)\](?:<(?P<begin>\d+)\.(?P<length>\d+)>)?")


class ImapServer:
    """Shows the mails that `mails` gives, oldest first; the UID of each is its place, from 1."""

    def __init__(self, mails: Callable[[], Sequence[Mail]]) -> None:
        self._mails = mails

    def protocol(self) -> asyncio.Protocol:
        """The handler of one connection, for the running event loop."""
        reader = asyncio.StreamReader()
        return asyncio.StreamReaderProtocol(reader, self._serve)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Cancelled where the server stops; Python 3.11 would write a traceback of that.
        with closing(writer), suppress(asyncio.CancelledError):
            writer.write(b"* OK [CAPABILITY IMAP4rev1] sandbox\r\n")
            while line := await reader.readline():
                tag, _, rest = line.decode("ascii", "replace").strip().partition(" ")
                command, _, words = rest.partition(" ")
                if len(line) > LONGEST_LINE:
                    writer.write(f"{tag} BAD line too long\r\n".encode())
                    continue
                if command.upper() == "UID":
                    command, _, words = words.partition(" ")
                writer.write(b"".join(self._answer(command.upper(), words)))
                writer.write(f"{tag} {self._end(command.upper(), words)}\r\n".encode())
                await writer.drain()

    def _answer(self, command: str, words: str) -> list[bytes]:
        match command:
            case "CAPABILITY":
                return [b"* CAPABILITY IMAP4rev1\r\n"]
            case "EXAMINE" | "SELECT":
                return [f"* {len(self._mails())} EXISTS\r\n".encode()]
            case "SEARCH":
                since = parsedate_to_datetime(f"{words.split()[1]} 00:00:00 +0000").date()
                found = "".join(f" {uid}" for uid, mail in self._numbered() if mail.at.date() >= since)
                return [f"* SEARCH{found}\r\n".encode()]
            case "FETCH":
                uids, _, parts = words.partition(" ")
                wanted = set(map(int, uids.split(",")))
                return [_fetched(uid, mail, parts) for uid, mail in self._numbered() if uid in wanted]
        return []

    def _end(self, command: str, words: str) -> str:
        if command == "LOGIN" and words.replace('"', "").split() != [USER, PASSWORD]:
            return "NO [AUTHENTICATIONFAILED] wrong user or password"
        if command in ("EXAMINE", "SELECT") and words.strip('"') != "INBOX":
            return "NO [NONEXISTENT] there is only INBOX"
        return f"OK {command} completed"

    def _numbered(self) -> Sequence[tuple[int, Mail]]:
        return list(enumerate(self._mails(), start=1))


def _fetched(uid: int, mail: Mail, parts: str) -> bytes:
    wanted = _ANY_PART.search(parts)
    assert wanted is not None, parts
    raw, origin = mail.raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), ""
    if wanted["part"]:
        raw = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    if wanted["begin"]:
        begin = int(wanted["begin"])
        raw, origin = raw[begin : begin + int(wanted["length"])], f"<{begin}>"
    about = f'* {uid} FETCH (UID {uid} INTERNALDATE "{mail.at:%d-%b-%Y %H:%M:%S +0000}"'
    return f"{about} BODY[{wanted['part']}]{origin} {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"
