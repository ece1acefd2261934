"""A file of simulators of every kind, sound ones and others, and one that lies beside it."""

SOURCE = """
import random
import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

import beside


def plain(n, generator, *, loc=0.0, kinds=("a", "b")):
    return pd.DataFrame({
        "id": np.arange(n), "x": generator.normal(loc, size=n).round(3),
        "kind": generator.choice(list(kinds), n),
    })


class Bank:
    def __init__(self, months=12):
        self.months = months

    def simulate(self, n, generator):
        customers = pd.DataFrame({"id": np.arange(n), "age": generator.integers(18, 90, n)})
        owner = np.repeat(np.arange(n), generator.poisson(2, n))
        opened = pd.Timestamp("2020-01-01") + pd.to_timedelta(
            generator.integers(0, 30 * self.months, len(owner)), unit="D")
        accounts = pd.DataFrame({"owner": owner, "opened": opened})
        return {"customers": customers, "accounts": accounts}


class Called:
    def __call__(self, n, generator):
        return plain(n, generator)


class Given:
    def __init__(self, n, generator, scale=1.0):
        self.rows = pd.DataFrame({"x": generator.normal(scale=scale, size=n)})

    def run(self):
        return self.rows


class Idle:
    pass


def by_parts(n, generator):
    for row in range(n):
        yield pd.DataFrame({"row": [row], "x": generator.normal(size=1)})


def arrow(n, generator):
    return pa.table({"x": generator.normal(size=n), "when": pa.array([18_000] * n, pa.date32())})


def columns(n, generator):
    return {"x": generator.normal(size=n), "y": list(range(n))}


def records(n, generator):
    return [{"x": float(generator.normal()), "y": row} for row in range(n)]


def grouped(n, generator):
    return pd.DataFrame({"x": generator.normal(size=n)}, index=pd.Index(range(n), name="who"))


def helped(n, generator):
    return beside.rows(n, generator)


def fails(n, generator):
    rows = pd.DataFrame({"x": generator.normal(size=n)})
    return rows["no such column"]


def fails_late(n, generator):
    yield pd.DataFrame({"x": np.zeros(1)})
    raise RuntimeError("the bank is closed")


def ends(n, generator):
    sys.exit("enough")


def nothing(n, generator):
    pass


def number(n, generator):
    return 5


def few(n, generator):
    return plain(n - 1, generator)


def more(n, generator):
    yield plain(n, generator)
    yield plain(n, generator)


def few_customers(n, generator):
    return {"customers": plain(3, generator), "accounts": plain(n, generator)}


def unseeded(n, generator):
    return pd.DataFrame({"id": np.arange(n), "x": np.random.default_rng().normal(size=n)})


def of_random(n, generator):
    for row in range(n):
        yield pd.DataFrame({"x": [random.random()]})


COUNT = [0]


def counts_on(n, generator):
    COUNT[0] += n
    return pd.DataFrame({"id": np.arange(COUNT[0] - n, COUNT[0])})


def no_columns(n, generator):
    return pd.DataFrame(index=range(n))


def twice(n, generator):
    return pd.DataFrame(np.zeros((n, 2)), columns=["x", "x"])


def nested(n, generator):
    return pd.DataFrame({"x": [[1, 2]] * n})


def uneven(n, generator):
    return {"x": [1] * n, "y": [1]}


def other_parts(n, generator):
    yield pd.DataFrame({"x": np.zeros(n - 1)})
    yield pd.DataFrame({"y": np.zeros(1)})


def strange_names(n, generator):
    return {"../a": plain(n, generator), "b": plain(n, generator)}


def needs(n, generator, rate):
    return plain(n, generator)


def alone(n):
    return n


VALUE = 5
"""
BESIDE = """
import pandas as pd


def rows(n, generator):
    return pd.DataFrame({"x": generator.normal(size=n)})
"""
