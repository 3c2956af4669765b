"""A file that nobody but its owner may read, or that is not written at all."""

import os
import tempfile
from pathlib import Path

from alertnet.core.errors import BadInput


def write_confidential(path: Path, content: bytes) -> None:
    """Put the content there with mode 600, in the place of what was there before.

    Raises:
        BadInput: nothing can be written there, with the system's reason.
    """
    try:
        # A file that is there keeps its mode when it is written to: a new one takes its place, readable by no other.
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except OSError as error:
        raise BadInput("--output", str(path), f"a file that can be written ({error.strerror})") from None
