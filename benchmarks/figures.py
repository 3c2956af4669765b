"""What a benchmark gives: figures, some with a limit that they must keep."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One number with its unit; `at_most`: the target, where there is one."""

    name: str
    value: float
    unit: str
    at_most: float | None = None

    @property
    def missed(self) -> bool:
        """Whether it is over its target."""
        return self.at_most is not None and self.value > self.at_most


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent of them do not exceed (nearest rank); 50 is the median."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
