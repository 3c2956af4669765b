"""The results of a benchmark: figures, some with a target."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One number with its unit; `at_most` or `at_least`: the target, where there is one."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def target(self) -> str:
        """The target of the figure in words; empty where there is none."""
        if self.at_most is not None:
            return f"at most {self.at_most:g} {self.unit}"
        return "" if self.at_least is None else f"at least {self.at_least:g} {self.unit}"

    @property
    def missed(self) -> bool:
        """Whether the figure misses its target."""
        too_much = self.at_most is not None and self.value > self.at_most
        return too_much or (self.at_least is not None and self.value < self.at_least)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent of the values do not exceed (nearest rank); 50 is the median."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
