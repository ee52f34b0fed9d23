"""outreach: letters to people in power, and who answered."""

__version__ = "0.1.0"
