"""What the provider took, and how it fares there."""

from dataclasses import dataclass
from datetime import datetime

from alertnet.channels.base import Outgoing


@dataclass
class Message:
    """`status` and `code` in the provider's own words; `id` is its name for the message, the same for a mail again."""

    id: str
    outgoing: Outgoing
    taken_at: datetime
    status: str = "queued"
    code: int | None = None
