"""What somebody wrote or reported about an incident, for those who may read it."""

from datetime import datetime

from alertnet.core.codec import value


@value
class ReceivedText:
    """A text or action of a contact (`tree` and `contact`), or a text of somebody else, word for word.

    `sender`: who it is from, as an id or a name. `number`: where the sender can be called back (E.164); None where
    somebody else may hold that phone. `understood`: for a report of the field, its type and codes. `action`: what a
    contact reports to have done.
    """

    at: datetime
    sender: str
    words: str
    """Empty if a report had only codes, or an action no note."""
    tree: str | None = None
    contact: str | None = None
    number: str | None = None
    understood: tuple[str, ...] = ()
    is_verified: bool = False
    action: str | None = None
    arrived_at: datetime | None = None
    """When it reached us, if that was long after it was sent."""
    attached: int = 0
    """How many pictures or recordings came with it."""
