"""What a rare value as a condition is answered with: family × rows with the value × seeds.

    python benchmarks/rare_conditions.py --models autoregressive --rows 30 --seeds 5
    python benchmarks/rare_conditions.py --jobs 2
    python benchmarks/rare_conditions.py --table

10,000 rows: `x` is normal, and 4 higher in the few rows whose `y` is `fraud`; `z` is normal. Drawn
are 1,000 rows given `y=fraud`, and 10,000 without a condition, by default options. Training does
not follow the clock, so the load of the machine changes no figure. Each measurement runs in a
process of its own and is kept as a JSON file in `--results`; those that have a file are not
measured again.

`kept` is the mean of `x` that the codec leaves of the real rows: its extremes are cut, so that no
model of it can draw more. `z_seen` and `z_fresh` are nats of `z` given `y=fraud` for the training
rows and for fresh rows: how far apart they are says what was learnt by heart.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from measuring import ROOT
from seeds import Setting, measure_all, read_lines

import synth_dl
from synth_dl.tables.codecs.columns import Place

ROWS, RARE = 10_000, (10, 30, 100)
FAMILIES = ("autoregressive", "vae", "gan")


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--models", nargs="+", default=FAMILIES)
    parser.add_argument("--rows", nargs="+", type=int, default=RARE, help="rows with the value")
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0 on")
    parser.add_argument("--words", nargs="*", default=[], help="options: model.rare=0")
    parser.add_argument("--jobs", type=int, default=1, help="measurements at a time")
    parser.add_argument("--results", type=Path, default=ROOT / "runs" / "rare", help="folder")
    parser.add_argument("--table", action="store_true", help="only the table of what is kept")
    arguments = parser.parse_args()
    settings = [
        Setting(row=f"rare-{count}", model=model, seed=seed, words=tuple(arguments.words))
        for model in arguments.models
        for count in arguments.rows
        for seed in range(arguments.seeds)
    ]
    if not arguments.table:
        measure_all(measure, settings, arguments.results, arguments.jobs)
    print("| family | rows | x given fraud | real | codec | share of its due |")
    print("|---|---|---|---|---|---|")
    for count in arguments.rows:
        lines = read_lines(arguments.results, f"rare-{count}")
        for model in arguments.models:
            print(_row(model, count, [line for line in lines if line["model"] == model]))


def measure(setting: Setting) -> dict[str, Any]:
    """The figures of one training."""
    count = int(setting.row.removeprefix("rare-"))
    frame = table(count, setting.seed)
    rare: Any = frame.loc[frame["y"] == "fraud"]
    words = (word.partition("=") for word in setting.words)
    options: dict[str, Any] = {name.replace(".", "__"): value for name, _, value in words}
    synth = synth_dl.fit(frame, model=setting.model, seed=setting.seed, progress=False, **options)
    given = synth.sample(1000, where={"y": "fraud"})
    free = synth.sample(ROWS, seed=1)
    codes = synth.codec.encode(rare).astype(np.int64).repeat(50, 0)
    kept = synth.codec.decode(codes, np.random.default_rng(0).random(codes.shape), Place(0, 0))
    line = {
        "x_given": round(float(given["x"].mean()), 3),
        "x_deviation": round(float(given["x"].std()), 3),
        "z_given": round(float(given["z"].mean()), 3),
        "real": round(float(rare["x"].mean()), 3),
        "kept": round(float(kept["x"].mean()), 3),
        "share": round(float((free["y"] == "fraud").mean()) * ROWS / count, 3),
        "steps": synth.facts["steps"],
    }
    if setting.model == "autoregressive":
        rng = np.random.default_rng(setting.seed + 1000)
        fresh = pd.DataFrame({"x": rng.normal(4, 1, 2000), "z": rng.normal(size=2000)})
        line["z_seen"] = z_nats(synth, rare)
        line["z_fresh"] = z_nats(synth, fresh.assign(y="fraud"))
    return line


def table(count: int, seed: int) -> pd.DataFrame:
    """10,000 rows, so many of them with the rare value."""
    rng = np.random.default_rng(seed + 100)
    rare = np.zeros(ROWS, bool)
    rare[rng.choice(ROWS, count, replace=False)] = True
    x = rng.normal(size=ROWS) + 4 * rare
    y = np.where(rare, "fraud", "fine")
    return pd.DataFrame({"x": x, "z": rng.normal(size=ROWS), "y": y})


def z_nats(synth: Any, frame: pd.DataFrame) -> float:
    """Mean nats of `z` given `y`, by the exact likelihood."""
    codes = torch.from_numpy(synth.codec.encode(frame)).long()
    column = torch.tensor([variable.column for variable in synth.codec.spec.variables])
    with torch.inference_mode():
        nats = synth.model.log_prob(codes, (column == 2).expand(len(codes), -1))
    return round(-float(nats[:, column == 1].sum(1).mean()), 3)


def _row(model: str, count: int, lines: list[dict[str, Any]]) -> str:
    if not lines:
        return f"| {model} | {count} | not measured | | | |"
    each = ", ".join(f"{line['x_given']:.2f}" for line in lines)
    means = {
        name: np.mean([line[name] for line in lines])
        for name in ("x_given", "real", "kept", "share")
    }
    return (
        f"| {model} | {count} | {means['x_given']:.2f} ({each}) | {means['real']:.2f} "
        f"| {means['kept']:.2f} | {means['share']:.2f} |"
    )


if __name__ == "__main__":
    main()
