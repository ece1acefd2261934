"""No person has more rows than were paid for, and which ones is left to chance."""

import numpy as np
import pandas as pd

from synth_dl.tables.private.people import rows_of_people

PEOPLE = pd.Series(["a"] * 50 + ["b"] * 2 + [None] * 30 + ["c"])


def test_each_person_keeps_so_many_rows_at_most() -> None:
    kept = rows_of_people(PEOPLE, 3)
    assert (np.diff(kept) > 0).all()
    counts = PEOPLE.iloc[kept].fillna("nobody").value_counts()
    # Rows without a name may be of one person.
    assert counts.to_dict() == {"a": 3, "nobody": 3, "b": 2, "c": 1}


def test_which_rows_are_kept_differs_from_run_to_run() -> None:
    seen = {tuple(rows_of_people(PEOPLE, 3)) for _ in range(20)}
    assert len(seen) > 10
    assert len({place for rows in seen for place in rows if place < 50}) > 25
