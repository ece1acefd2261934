"""Rows of persons, of whom each may have several: no more than so many of one are used."""

import secrets

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def rows_of_people(people: pd.Series, most: int) -> NDArray[np.int64]:
    """Indices of the rows that are used, ascending: at most so many of each person, at random.

    The choice follows from no seed: who knows one could tell from the rows of some whether there
    are others. Rows without a name may all be of one person, and count as such.
    """
    random = np.random.default_rng(secrets.randbits(128))
    order = random.permutation(len(people))
    codes = pd.Series(pd.factorize(people)[0][order])
    return np.sort(order[(codes.groupby(codes).cumcount() < most).to_numpy()])
