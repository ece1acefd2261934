"""A quick look at every finished model, and the comparison of several of them.

A training ends with draws that are scored on its validation records, never on a holdout, by the
metric functions of `metrics`. What is found stays in the run folder, so that runs can be
compared later without their data.
"""
