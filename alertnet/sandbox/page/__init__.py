"""The sandbox as a page: handsets and mailboxes that a person reads, answers and lets ring, beside what is on record.

It knows the stand-in network alone. What the program under it does is told to it by an `Evening`, so that it can stand
over any installation that sends into this sandbox.
"""

from alertnet.sandbox.page.app import make_page
from alertnet.sandbox.page.cast import Cast, Circle, Party, Ring
from alertnet.sandbox.page.evening import Coming, Ending, Evening, Hint, Incident, Line, Mark, Scene, Seat, Story, Tone

__all__ = [
    "Cast",
    "Circle",
    "Coming",
    "Ending",
    "Evening",
    "Hint",
    "Incident",
    "Line",
    "Mark",
    "Party",
    "Ring",
    "Scene",
    "Seat",
    "Story",
    "Tone",
    "make_page",
]
