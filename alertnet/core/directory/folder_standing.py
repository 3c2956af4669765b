"""What becomes of a folder of trees beside the edition in force, which may have been published from elsewhere (A8)."""

from enum import Enum, auto

from alertnet.core.codec import value


class Standing(Enum):
    """How a folder stands to the edition in force."""

    IN_FORCE = auto()
    """It says what is in force."""
    EDITED = auto()
    """It was edited from what is in force: it comes into force."""
    LEFT_BEHIND = auto()
    """It holds what was in force before: what came after it stays."""
    OVERTAKEN = auto()
    """It was edited from what was in force before: in force, it would undo unseen what somebody published since."""


@value
class FolderState:
    """What is known of a folder, besides what is written in it."""

    says_latest: bool
    was_in_force: bool
    """It says what is in force, or was once."""
    said_latest_before: bool | None
    """Whether this edit began from what is in force; None: nobody saw the folder before, as at a start."""
    is_newer: bool = True
    """A file of it was changed after the edition in force was published."""


def standing(folder: FolderState, published_by_command: bool) -> Standing:
    """How the folder stands; `published_by_command`: the edition in force came from no watched folder."""
    if folder.says_latest:
        return Standing.IN_FORCE
    if folder.said_latest_before is not None:
        return Standing.EDITED if folder.said_latest_before else Standing.OVERTAKEN
    if folder.was_in_force and (published_by_command or not folder.is_newer):
        return Standing.LEFT_BEHIND
    return Standing.OVERTAKEN if published_by_command else Standing.EDITED
