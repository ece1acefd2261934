"""Agent-based models by Mesa: a model makes its steps, and its DataCollector has the rows.

Mesa itself is imported by the user's file alone.
"""

import sys
from collections.abc import Mapping
from inspect import signature
from typing import Any

import pandas as pd

from synth_dl.errors import ConfigError
from synth_dl.errors.options import Whole, check
from synth_dl.sources.code import Code, bound

AGENTS, MODEL = "agents", "model"  # what the two tables of a collector are called here


def is_agent_model(called: Any) -> bool:
    """Whether something is a class of Mesa models."""
    mesa = sys.modules.get("mesa")
    return mesa is not None and isinstance(called, type) and issubclass(called, mesa.Model)


def run_agents(
    code: Code, n: int, seed: int, options: Mapping[str, Any]
) -> tuple[pd.DataFrame | dict[str, pd.DataFrame], int | None]:
    """The rows of one run of a Mesa model, and how many there must be; None where any will do.

    The model is built with `n` and with `seed` or `rng`, as far as its constructor names them, and
    with the options. Then it makes `steps` steps, or fewer if `running` becomes false. Where its
    DataCollector has reporters of agents, the rows are the agents as they were collected last; its
    tables of other names are linked tables beside them; else the rows are those of the model, one
    for each collection, and n is the number of steps where none is given.

    Args:
        code: the model.
        n: rows; the number of agents, for a model that takes it.
        seed: of its random numbers.
        options: of its constructor, and besides `steps` and `table`, which names one of several
            tables: `agents`, `model`, or one of the collector.

    Raises:
        ConfigError: for an option that the constructor does not take, a table that there is none
            of, or if it is not said how many steps to make.
        CodeError: if the model fails, takes no seed or collects nothing.
    """
    more = dict(options)
    parameters = signature(code.called).parameters
    steps = more.get("steps") if "steps" in parameters else more.pop("steps", None)
    asked = None if "table" in parameters else more.pop("table", None)
    check("with.steps", steps, Whole | None)
    given = {"n": n} if "n" in parameters else {}
    bound(code, code.called, 0, given | more)
    model = code.call(code.called, **(given | _seeded(code, parameters, seed) | more))
    collector = getattr(model, "datacollector", None)
    if collector is None:
        raise code.error("collects no rows; give it self.datacollector = mesa.DataCollector(...)")
    tables = _chosen(code, collector, asked)
    if steps is None and tables != [MODEL]:
        raise ConfigError(f"simulator={code.said}: it is not said how many steps the model makes; "
                          "add with.steps=100")  # fmt: skip
    for _ in range(steps or n):
        if not model.running or (tables == [MODEL] and _collected(collector) >= n):
            break
        code.call(model.step)
    found = {name: code.call(_rows, model, collector, name) for name in tables}
    # Where n is the number of agents, steps that are told are as many rows of the model.
    free = bool(given) and steps is not None and tables == [MODEL]
    return found if len(found) > 1 else next(iter(found.values())), None if free else n


def _seeded(code: Code, parameters: Mapping[str, Any], seed: int) -> dict[str, int]:
    """The seed under the name that the constructor has for it."""
    passed_on = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    for name in ("seed", "rng"):
        if name in parameters or (passed_on and name == "rng"):
            return {name: seed % 2**64}
    raise code.error("takes no seed; write __init__(self, ..., seed=None) and hand it on by "
                     "super().__init__(seed=seed)")  # fmt: skip


def _chosen(code: Code, collector: Any, asked: str | None) -> list[str]:
    """The names of the tables to give, the agents first."""
    known = [AGENTS] * bool(collector.agent_reporters) + list(collector.tables)
    offered = [*known, *[MODEL] * bool(collector.model_reporters)]
    if not offered:
        raise code.error("collects nothing; give its DataCollector agent_reporters")
    if asked is not None and asked not in offered:
        raise ConfigError(f"with.table={asked}: {code.said} has the tables {', '.join(offered)}")
    return [asked] if asked is not None else (known or [MODEL])


def _collected(collector: Any) -> int:
    return max((len(values) for values in collector.model_vars.values()), default=0)


def _rows(model: Any, collector: Any, name: str) -> pd.DataFrame:
    if name == MODEL:
        return collector.get_model_vars_dataframe()
    if name != AGENTS:
        return collector.get_table_dataframe(name)
    found = collector.get_agent_vars_dataframe()
    if "Step" not in found.index.names:  # nothing was collected
        collector.collect(model)
        found = collector.get_agent_vars_dataframe()
    steps = found.index.get_level_values("Step")
    return found[steps == steps.max()].droplevel("Step").reset_index()
