"""Colours of all pictures, so that one thing has one colour everywhere."""

REAL_COLOUR = "#9fb3c8"
SYNTHETIC_COLOUR = "#d1495b"
TEXT_COLOUR = "#333f48"
