"""alertnet raises the alarm for people who protect human rights defenders."""

__version__ = "0.1.0"
