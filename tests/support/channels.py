"""Channels that stand in for a provider, or in front of one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from alertnet.channels.base import Absent, Channel, Leave, Lookup, Outgoing, Result, at_once


class MadeUp:
    """A provider of which a test says only how it takes what is sent: it is there, and knows of no message before."""

    def lookup(self, outgoing: Outgoing, since: datetime, provider_id: str | None = None) -> Lookup:
        return Absent()

    def trouble(self) -> Result | None:
        return None

    def hang_up(self, provider_id: str) -> None:
        """Nothing rings."""


@dataclass(frozen=True)
class Meanwhile:
    """A channel in front of another one, where something happens before and after what the other sends."""

    channel: Channel
    before: Callable[[], object] = lambda: None
    after: Callable[[], object] = lambda: None

    def send(self, outgoing: Outgoing, leave: Leave = at_once) -> Result | None:
        if not leave(self.before):
            return None
        result = self.channel.send(outgoing)
        self.after()
        return result

    def lookup(self, outgoing: Outgoing, since: datetime, provider_id: str | None = None) -> Lookup:
        return self.channel.lookup(outgoing, since, provider_id)

    def trouble(self) -> Result | None:
        return self.channel.trouble()

    def hang_up(self, provider_id: str) -> None:
        self.channel.hang_up(provider_id)
