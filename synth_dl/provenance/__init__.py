"""What exports say of where they come from: that they are synthetic, by what, and how.

A label stands in the file itself where its kind has a place for it, and beside it always.
"""
