"""Adult in the codes of a private run, for `privacy_rivals.py`, and what came back from there.

    python benchmarks/privacy_codes.py write FOLDER
    python benchmarks/privacy_codes.py judge FOLDER

`write` trains under epsilon 1 in FOLDER/run and writes codes.csv and codes.json. `judge` turns each
FOLDER/*.draws.csv into rows by the codec of that run, and prints the figures of `privacy.py`; the
private mixture itself is judged beside them, by as many draws of its own.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import commit, print_line
from privacy import DELTA, TASKS, Task, judged, trained

import synth_dl
from synth_dl.privacy.accounting import rho_of
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.private.cells import raw_table, typed_frame
from synth_dl.tables.private.settling import private_codes

EPSILON = 1.0


def main() -> None:
    """Write the files, or print the lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("verb", choices=["write", "judge"])
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    task = TASKS["adult"](arguments.folder, "adult")
    if arguments.verb == "write":
        write(arguments.folder, task)
    else:
        judge(arguments.folder, task)


def write(folder: Path, task: Task) -> None:
    """The codes of the real rows, their number in each column, and what the budget is worth; a cell
    without a code gets the most frequent one."""
    took = trained(folder / "run", task, EPSILON, 0)
    codec = _codec(folder)
    raw = raw_table(task.train, task.declared, columns=task.header(task.train))
    codes = private_codes(codec, typed_frame(raw, codec.schema))
    # Few cells lie where the noisy counts showed nothing; the mixture counts without them.
    unknown, common = codes < 0, np.array([np.bincount(own[own >= 0]).argmax() for own in codes.T])
    codes = np.where(unknown, common, codes)
    names = [f"c{place}" for place in range(codes.shape[1])]
    pd.DataFrame(codes, columns=names).to_csv(folder / "codes.csv", index=False)
    sizes = dict(zip(names, codec.spec.levels, strict=True))
    told = {"sizes": sizes, "rho": rho_of(EPSILON, DELTA), "seconds": took.seconds}
    told["unknown_cells"] = int(unknown.sum())
    (folder / "codes.json").write_text(json.dumps(told), encoding="utf-8")


def judge(folder: Path, task: Task) -> None:
    """The lines of all draws that are there."""
    codec, frames = _codec(folder), task.frames()
    told = json.loads((folder / "codes.json").read_text(encoding="utf-8"))
    own = synth_dl.load(folder / "run" / "artifact").sample(len(frames["real"]), seed=0)
    found = judged(task, frames | {"synthetic": own})
    print_line({"who": "synth_dl", "commit": commit()} | found | {"seconds": told["seconds"]})
    for path in sorted(folder.glob("*.draws.csv")):
        codes = pd.read_csv(path)[list(told["sizes"])].to_numpy(np.int64)
        uniform = np.random.default_rng(0).random(codes.shape)
        rows = codec.decode(codes, uniform, Place(0, 0))
        print_line({"who": path.name.split(".")[0]} | judged(task, frames | {"synthetic": rows}))


def _codec(folder: Path) -> TableCodec:
    codec = synth_dl.load(folder / "run" / "artifact").codec
    assert isinstance(codec, TableCodec)
    return codec


if __name__ == "__main__":
    main()
