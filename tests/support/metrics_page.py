"""The page of metrics, as whoever watches reads it."""


def metric(page: str, start: str) -> float:
    """The value of the one line that begins so."""
    (found,) = [line for line in page.splitlines() if line.startswith(start)]
    return float(found.rpartition(" ")[2])
