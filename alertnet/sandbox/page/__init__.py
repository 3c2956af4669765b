"""The sandbox's web page: phones and mailboxes to read and answer, beside the record of the incident.

It knows only the simulated network. What the program does is given to it as an `Evening`, so it works over any
installation that sends into this sandbox.
"""

from alertnet.sandbox.page.app import make_page
from alertnet.sandbox.page.cast import Cast, Circle, Party, Ring
from alertnet.sandbox.page.evening import Ending, Evening, Hint, Incident, Mark, Scene, Seat, Story
