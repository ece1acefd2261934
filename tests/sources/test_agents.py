"""Mesa models as simulators; without Mesa only what is said of a missing one is tested."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from synth_dl.cli import sample

SOURCE = """
import mesa


class Customer(mesa.Agent):
    def __init__(self, model):
        super().__init__(model)
        self.balance = model.rng.integers(100)

    def step(self):
        self.balance += self.model.random.randint(-5, 6)
        if self.balance < 0 and self.model.kept() is not None:
            self.model.datacollector.add_table_row(
                "defaults", {"customer": self.unique_id, "step": self.model.steps})


class Bank(mesa.Model):
    agents_too = True

    def __init__(self, n=10, spread=3, seed=None):
        super().__init__(seed=seed)
        self.datacollector = mesa.DataCollector(
            model_reporters={"total": lambda m: sum(a.balance for a in m.agents)},
            agent_reporters={"balance": "balance"} if self.agents_too else None,
            tables=self.kept())
        Customer.create_agents(self, n)

    def kept(self):
        return None

    def step(self):
        self.agents.shuffle_do("step")
        self.datacollector.collect(self)


class Months(Bank):
    agents_too = False


class Defaults(Bank):
    def kept(self):
        return {"defaults": ["customer", "step"]}


class ByGenerator(Bank):
    def __init__(self, n, rng=None):
        mesa.Model.__init__(self, rng=rng)
        self.datacollector = mesa.DataCollector(agent_reporters={"balance": "balance"})
        Customer.create_agents(self, n)

    def step(self):
        self.agents.do("step")  # collects nothing itself


class PassedOn(Months):
    def __init__(self, n=10, **more):
        mesa.Model.__init__(self, **more)
        self.datacollector = mesa.DataCollector(
            model_reporters={"first": lambda m: m.random.random()})


class Seedless(mesa.Model):
    def __init__(self, n):
        super().__init__()


class NoCollector(mesa.Model):
    def __init__(self, n, seed=None):
        super().__init__(seed=seed)


class Nothing(NoCollector):
    def __init__(self, n, seed=None):
        super().__init__(n, seed)
        self.datacollector = mesa.DataCollector()


class Fixed(Bank):
    def __init__(self, seed=None):
        super().__init__(7, seed=seed)


class Stops(Bank):
    def step(self):
        super().step()
        self.running = self.steps < 3


class Fails(Bank):
    def step(self):
        raise ValueError("bankrupt")
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Every test starts in a folder with a file of models."""
    monkeypatch.chdir(tmp_path)
    Path("models.py").write_text(SOURCE, encoding="utf-8")
    yield tmp_path
    sys.modules.pop("simulator_models", None)


@pytest.fixture
def mesa() -> None:
    """The library, without which a test is passed over."""
    pytest.importorskip("mesa")


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """The sentence by which a model is refused."""

    def run(name: str, *words: str) -> str:
        capsys.readouterr()
        assert sample([f"simulator=models.py:{name}", "out=t.csv", *words]) == 2
        assert not Path("t.csv").exists()
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        return said

    return run


def test_a_missing_mesa_is_named_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, refused: Callable[..., str]
) -> None:
    monkeypatch.setitem(sys.modules, "mesa", None)  # as if it were not installed
    said = refused("Bank")
    assert "models.py, line 2: the simulator needs mesa, which is not installed" in said
    assert "pip install 'synth_dl[mesa]'" in said


@pytest.mark.usefixtures("mesa")
def test_agents_are_rows_as_they_are_at_the_end() -> None:
    words = ["simulator=models.py:Bank", "n=30", "with.steps=8", "with.spread=2"]
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert sample([*words, f"seed={seed}", f"out={name}.csv"]) == 0
    first, same, other = (pd.read_csv(f"{name}.csv") for name in "abc")
    assert list(first.columns) == ["AgentID", "balance"]
    assert sorted(first["AgentID"]) == list(range(1, 31))
    pd.testing.assert_frame_equal(first, same)
    assert not first.equals(other)
    manifest = json.loads(Path("a.csv.json").read_text(encoding="utf-8"))
    assert manifest["simulator"]["with"] == {"steps": 8, "spread": 2}


@pytest.mark.usefixtures("mesa")
@pytest.mark.parametrize("name", ["Bank", "ByGenerator", "Stops"])
def test_the_rows_are_those_of_the_model_alone(name: str) -> None:
    """The same seed, given to the model by hand, makes the same rows."""
    words = [f"simulator=models.py:{name}", "n=12", "seed=4", "with.steps=5", "out=t.csv"]
    assert sample(words) == 0
    names: dict = {"__name__": "models"}
    exec(SOURCE, names)
    key = "rng" if name == "ByGenerator" else "seed"
    model = names[name](n=12, **{key: 4})
    for _ in range(3 if name == "Stops" else 5):
        model.step()
    assert list(pd.read_csv("t.csv")["balance"]) == [agent.balance for agent in model.agents]


@pytest.mark.usefixtures("mesa")
@pytest.mark.parametrize("name", ["Months", "PassedOn"])
def test_a_model_without_agents_gives_a_row_a_step(name: str) -> None:
    assert sample([f"simulator=models.py:{name}", "n=24", "out=t.csv"]) == 0
    assert len(pd.read_csv("t.csv")) == 24


@pytest.mark.usefixtures("mesa")
@pytest.mark.parametrize("words", [["Months"], ["Bank", "with.table=model"]], ids=str)
def test_a_model_of_n_agents_gives_a_row_for_each_step_that_is_asked_for(words: list[str]) -> None:
    name, *more = words
    told = [f"simulator=models.py:{name}", "n=24", "with.steps=5", *more, "out=t.csv"]
    assert sample(told) == 0
    assert len(pd.read_csv("t.csv")) == 5


@pytest.mark.usefixtures("mesa")
def test_tables_of_the_collector_are_linked_to_its_agents(refused: Callable[..., str]) -> None:
    words = ["simulator=models.py:Defaults", "n=40", "with.steps=20"]
    assert sample([*words, "out=bank"]) == 0
    agents, defaults = (pd.read_csv(f"bank/{name}.csv") for name in ("agents", "defaults"))
    assert len(agents) == 40
    assert set(defaults["customer"]) <= set(agents["AgentID"])
    assert "there are 2 tables, agents, defaults" in refused("Defaults", "n=9", "with.steps=2")
    assert sample([*words, "with.table=agents", "out=one.csv"]) == 0
    said = refused("Defaults", "n=9", "with.steps=2", "with.table=loans")
    assert "with.table=loans: models.py:Defaults has the tables agents, defaults, model" in said


@pytest.mark.usefixtures("mesa")
@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("Bank", [], "it is not said how many steps the model makes; add with.steps=100"),
        ("Bank", ["with.steps=0"], "with.steps=0: it must be a whole number from 1 on"),
        ("Bank", ["with.steps=2", "with.spred=1"], "did you mean with.spread?"),
        ("Seedless", ["with.steps=2"], "takes no seed; write __init__(self, ..., seed=None)"),
        ("NoCollector", ["with.steps=2"], "collects no rows; give it self.datacollector"),
        ("Nothing", ["with.steps=2"], "collects nothing; give its DataCollector agent_reporters"),
        ("Fixed", ["with.steps=2", "n=9"], "it has 7 where n=9; return n rows"),
        ("Fails", ["with.steps=2"], "the simulator failed with ValueError (bankrupt)"),
    ],
)
def test_models_that_cannot_be_run(
    name: str, words: list[str], said: str, refused: Callable[..., str]
) -> None:
    assert said in refused(name, *words)
