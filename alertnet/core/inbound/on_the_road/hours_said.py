"""Which place, day and part of the day each hour of a text is said with (B4)."""

from collections.abc import Container, Sequence

from alertnet.core.codec import replace, value
from alertnet.core.inbound.on_the_road.day_words import UNSURE, Day, Half
from alertnet.core.inbound.on_the_road.hour_tokens import NEAR, TO_AN_HOUR, Hour, Kind, Token, hour_of_day

_THANKS = frozenset(("gracias", "merci", "danke", "thanks", "obrigado", "obrigada", "please", "bitte", "favor", "svp"))
_OF_DAYS = (Kind.LINK, Kind.HALF, Kind.PART, Kind.DAY, Kind.OFFSET, Kind.SHORT)
_ALSO_NUMBERS = ("terca", "quarta", "sexta")
"""Weekdays in Portuguese that are hardly anything else here."""


class UnsureHour(Exception):
    """A time can't be known from the words."""


@value
class HourSaid:
    """An hour, and the place, days and offset that it is said with."""

    place: str | None
    hour: Hour
    days: tuple[Day, ...] = ()
    offset: str | None = None


def said_in(tokens: Sequence[Token]) -> tuple[list[HourSaid], str | None]:
    """The hours in the order in which they stand, and a place after the last one.

    Raises `UnsureHour` where one may be another than it seems.
    """
    reading = _Reading(tokens)
    for at, token in enumerate(tokens):
        reading.take(at, token)
    return reading.all_said(), reading.place


class _Reading:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.said: list[HourSaid] = []
        self.place: str | None = None
        self.days: tuple[Day, ...] = ()
        """Those of the hour to come."""
        self.half: Half | None = None
        self.loose: list[Half] = []
        """Parts of the day of which nobody can say to which hour they belong."""

    def take(self, at: int, token: Token) -> None:
        """Read the next token."""
        match token.kind:
            case Kind.HOUR:
                self._take_hour(at, token)
            case Kind.OFFSET if self._is_after_hour(at, (Kind.HALF, Kind.PART)):
                self.said[-1] = replace(self.said[-1], offset=token.text)
            case Kind.PLACE:
                self.place = token.text.upper()
            case Kind.DAY if isinstance(token.of, Day):
                self._take_day(at, token.of)
            case Kind.SHORT if isinstance(token.of, Day):
                self._take_short(at, token.of)
            case Kind.HALF if isinstance(token.of, Half):
                self._take_half(at, token.of)
            case Kind.PART if isinstance(token.of, Half):
                self._take_part(at, token.of)
            case Kind.WORD | Kind.STOP if self.half is not None:
                self.loose.append(self.half)
                self.half = None

    def all_said(self) -> list[HourSaid]:
        """All hours, once the text is at its end."""
        loose = [*self.loose, *([self.half] if self.half else [])]
        for hour in (each.hour for each in self.said if each.hour.half is None):
            is_other = any(hour_of_day(hour.hour, half) != hour.hour for half in loose)
            if hour.is_bare or (is_other and hour.hour <= 12):
                raise UnsureHour
        return self.said

    def _take_hour(self, at: int, token: Token) -> None:
        around = (*self.tokens[max(0, at - 2) : at], *self.tokens[at + 1 : at + 3])
        if any(each.text in NEAR for each in around):
            raise UnsureHour
        assert isinstance(token.of, Hour)
        is_time = bool(self.days) or (at > 0 and self.tokens[at - 1].text in TO_AN_HOUR)
        hour = replace(token.of, half=token.of.half or self.half, is_bare=token.of.is_bare and not is_time)
        self.said.append(HourSaid(self.place, hour, self.days))
        self.place, self.days, self.half = None, (), None

    def _take_day(self, at: int, day: Day) -> None:
        following = self._next(at, ())
        is_count = day.numbers is not None and following is not None and following.kind is Kind.WORD
        if is_count and self.said and not self.days:
            # 2/3 personas.
            return
        if not self._is_of_hour_before(at):
            self.days += (day,)
            return
        last = self.said[-1]
        self.said[-1] = replace(last, days=(*last.days, day), hour=replace(last.hour, is_bare=False))

    def _take_short(self, at: int, day: Day) -> None:
        following = self._next(at, (Kind.LINK, Kind.STOP))
        is_farm = at > 0 and self.tokens[at - 1].text == "la"
        if following is not None and following.kind in (Kind.HOUR, Kind.DAY) and not is_farm:
            self.days += (day,)
        elif self._is_after_hour(at, (Kind.LINK,)) and following is None:
            self._take_day(at, day)
        elif self.tokens[at].text in _ALSO_NUMBERS:
            self.days += (UNSURE,)

    def _take_half(self, at: int, half: Half) -> None:
        if self._is_after_hour(at, (Kind.LINK, Kind.DAY, Kind.OFFSET)) and self.said[-1].hour.half is None:
            last = self.said[-1]
            self.said[-1] = replace(last, hour=replace(last.hour, half=half, is_bare=False))
        else:
            self.half = half

    def _take_part(self, at: int, half: Half) -> None:
        following = self._next(at, (Kind.LINK,))
        is_beside = at > 0 and self.tokens[at - 1].kind in (Kind.HOUR, Kind.DAY)
        if is_beside:
            self._take_half(at, half)
        elif following is not None and following.kind is Kind.HOUR:
            # It may also say that they are late.
            if self.tokens[at].text == "tarde":
                self.loose.append(half)
            else:
                self.half = half

    def _is_of_hour_before(self, at: int) -> bool:
        """Whether a day belongs to the hour before it, not to one after it or to other words."""
        if not self._is_after_hour(at, (*_OF_DAYS, Kind.STOP)):
            return False
        following, is_last = self._next(at, _OF_DAYS), all(each.kind is not Kind.HOUR for each in self.tokens[at:])
        is_end = following is None or following.kind in (Kind.PLACE, Kind.CODE) or following.text in _THANKS
        if not self._is_after_hour(at, _OF_DAYS):
            return is_last and is_end
        if not is_last or not (is_end or (following is not None and following.kind is Kind.STOP)):
            raise UnsureHour
        return True

    def _is_after_hour(self, at: int, between: Container[Kind]) -> bool:
        before = next((each for each in reversed(self.tokens[:at]) if each.kind not in between), None)
        return before is not None and before.kind is Kind.HOUR

    def _next(self, at: int, between: Container[Kind]) -> Token | None:
        return next((each for each in self.tokens[at + 1 :] if each.kind not in between), None)
