"""A bank whose customers open accounts, earn, spend and default: a simulator for synth-sample.

    synth-sample simulator=examples/bank.py:customers n=20000 seed=1 out=customers.csv
    synth-sample simulator=examples/bank.py:Bank n=20000 seed=1 with.months=36 out=bank

Each month a customer earns and spends, may open a further account, and may be in debt. Whoever owes
more than the limit for three months in a row defaults, and takes no part any more.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

REGIONS = {"north": 1.2, "south": 0.9, "coast": 1.0}  # and how incomes differ between them
KINDS = ("current", "savings", "card")
START = np.datetime64("2022-01-01")
PATIENCE = 3  # months in debt beyond the limit before a customer defaults


def customers(n: int, generator: np.random.Generator, months: int = 24) -> pd.DataFrame:
    """One row for each customer, as they stand after the last month."""
    return Bank(months).simulate(n, generator)["customers"]


@dataclass
class Bank:
    """Customers and their accounts as two linked tables.

    Attributes:
        months: that are lived through.
        crisis: share by which incomes fall in the second half.
    """

    months: int = 24
    crisis: float = 0.0

    def simulate(self, n: int, generator: np.random.Generator) -> dict[str, pd.DataFrame]:
        """`customers` with n rows, and `accounts` whose `customer` points to them."""
        people = self._people(n, generator)
        balance = (people["income"] * generator.uniform(0, 3, n)).to_numpy()
        limit = np.round(people["income"].to_numpy() * generator.uniform(0.5, 2, n), -2)
        overdue, in_debt = np.zeros(n, int), np.zeros(n, int)
        defaulted = np.full(n, -1)
        opened = [(np.arange(n), np.zeros(n, int), np.zeros(n, int))]  # a current account for each
        for month in range(self.months):
            alive = defaulted < 0
            fall = self.crisis if month >= self.months / 2 else 0.0
            earned = people["income"] * (1 - fall) * generator.lognormal(-0.02, 0.2, n)
            spent = people["income"] * people["thrift"] * generator.lognormal(-0.08, 0.4, n)
            balance = np.where(alive, balance + earned - spent, balance)
            in_debt += alive & (balance < 0)
            overdue = np.where(alive & (balance < -limit), overdue + 1, 0)
            defaulted = np.where(alive & (overdue >= PATIENCE), month, defaulted)
            # Who has much saves, and who is in debt takes a card.
            wants = np.where(balance < 0, 0.03, 0.01 + 0.02 * (balance > 4 * people["income"]))
            who = np.flatnonzero(alive & (generator.random(n) < wants))
            opened.append((who, np.where(balance[who] < 0, 2, 1), np.full(len(who), month)))
        accounts = _accounts(opened, generator)
        people["accounts"] = np.bincount(accounts["customer"], minlength=n)
        people["limit"] = limit.astype(int)
        people["balance"] = balance.round(2)
        people["months_in_debt"] = in_debt
        people["status"] = np.where(defaulted >= 0, "defaulted", np.where(balance < 0, "in debt",
                                                                          "in credit"))  # fmt: skip
        return {"customers": people.drop(columns="thrift"), "accounts": accounts}

    def _people(self, n: int, generator: np.random.Generator) -> pd.DataFrame:
        region = generator.choice(list(REGIONS), n, p=[0.5, 0.3, 0.2])
        age = generator.triangular(18, 35, 90, n).astype(int)
        factor = pd.Series(region).map(REGIONS).to_numpy()
        income = generator.lognormal(7.8 + 0.004 * np.minimum(age, 60), 0.4, n) * factor
        return pd.DataFrame({
            "customer": np.arange(n), "region": region, "age": age,
            "income": income.round().astype(int), "thrift": generator.normal(0.98, 0.06, n),
        })  # fmt: skip


def _accounts(
    opened: list[tuple[np.ndarray, np.ndarray, np.ndarray]], generator: np.random.Generator
) -> pd.DataFrame:
    """The accounts in the order in which they were opened."""
    customer, kind, month = (np.concatenate(parts) for parts in zip(*opened, strict=True))
    days = generator.integers(0, 28, len(customer))
    when = (START.astype("datetime64[M]") + month).astype("datetime64[D]") + days
    return pd.DataFrame({
        "account": np.arange(len(customer)), "customer": customer,
        "kind": np.array(KINDS)[kind], "opened": when.astype("datetime64[s]"),
    })  # fmt: skip
