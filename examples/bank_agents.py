"""The customers of `bank.py` as agents of Mesa, who hear of each other.

Needs `pip install 'synth_dl[mesa]'`.

    synth-sample simulator=examples/bank_agents.py:Bank n=500 seed=1 with.steps=24 out=customers.csv

Beside what they earn and spend, a customer who hears of a default spends less in the next month:
what a model of independent rows cannot know.
"""

import mesa

PATIENCE = 3  # months in debt beyond the limit before a customer defaults


class Customer(mesa.Agent):
    """A customer: their step is a month."""

    def __init__(self, model: "Bank") -> None:
        super().__init__(model)
        self.income = round(model.rng.lognormal(8, 0.4))
        self.thrift = model.rng.normal(0.98, 0.06)
        self.balance = self.income * model.rng.uniform(0, 3)
        self.limit = round(self.income * model.rng.uniform(0.5, 2), -2)
        self.accounts, self.overdue, self.status = 1, 0, "in credit"

    def step(self) -> None:
        """Earn, spend, open an account, and perhaps default."""
        if self.status == "defaulted":
            return
        draw, friend = self.model.rng, self.random.choice(self.model.agents)
        caution = 0.9 if friend.status == "defaulted" else 1.0
        self.balance += self.income * draw.lognormal(-0.02, 0.2)
        self.balance -= self.income * self.thrift * caution * draw.lognormal(-0.08, 0.4)
        self.accounts += bool(draw.random() < (0.03 if self.balance < 0 else 0.01))
        self.overdue = self.overdue + 1 if self.balance < -self.limit else 0
        self.status = "in debt" if self.balance < 0 else "in credit"
        if self.overdue >= PATIENCE:
            self.status = "defaulted"


class Bank(mesa.Model):
    """A bank with n customers; the agents of its DataCollector are the rows."""

    def __init__(self, n: int = 100, seed: int | None = None) -> None:
        super().__init__(seed=seed)
        reporters = ("income", "accounts", "limit", "balance", "status")
        self.datacollector = mesa.DataCollector(agent_reporters={each: each for each in reporters})
        Customer.create_agents(self, n)

    def step(self) -> None:
        """One month."""
        self.agents.shuffle_do("step")
        self.datacollector.collect(self)
