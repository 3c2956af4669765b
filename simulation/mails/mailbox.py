"""The mailbox to which answers come, at the socket where production has IMAP; it may be late, or not be there."""

from datetime import timedelta

from alertnet.channels.base import MailListing
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from simulation.hosts.host import Process


class Mailbox:
    """As one process reads it."""

    def __init__(self, process: Process) -> None:
        self.process = process

    def received(self, since: object) -> MailListing:
        """All that has come, as mail servers list a whole day."""
        world, process = self.process.world, self.process
        process.life.sleep(world.random.uniform(0.05, 2))
        if world.may_die():
            process.dies("as it reads the mailbox")
        if (MethodKind.EMAIL, FIRST) in world.troubles:
            return MailListing((), is_whole=False, trouble="away")
        listed_until = world.time.true - timedelta(seconds=world.mischief.list_late)
        return MailListing(tuple(each for each in world.mails.values() if each.at <= listed_until), is_whole=True)

    def trouble(self) -> str | None:
        return None


def mailbox_of(process: Process) -> Mailbox | None:
    """The mailbox in nights in which answers by mail are read."""
    return Mailbox(process) if process.world.reads_mail else None
