"""`synth-augment`: whether synthetic rows help a classifier of rare classes."""

from pathlib import Path
from typing import Any

from synth_dl.errors import ConfigError

DEFAULT_OUT = "augmentation"
READ = ("real", "holdout", "schema", "artifact")
PASSED_ON = ("real", "holdout", "target", "artifact", "model", "repeats", "schema", "columns",
             "missing", "seed", "trust")  # fmt: skip


def augment(options: dict[str, Any], config_folder: str | None = None) -> None:
    """Compare classifiers, print the figures and the verdict, and write them.

    Args:
        options: the composed configuration.
        config_folder: with further configs of the user.

    Raises:
        SynthError: with a sentence for the user.
    """
    from synth_dl.metrics.augmentation import FILES
    from synth_dl.runs.reading import read_by_run
    from synth_dl.writing import check_free

    for name in ("real", "holdout", "target"):
        if options[name] is None:
            raise ConfigError(f"'{name}' has no value: add {name}=VALUE.")
    artifact = options["artifact"]
    places = [] if artifact is None else [Path(artifact), Path(artifact).parent]
    known = [file for place in places for file in read_by_run(place)]
    out, overwrite = Path(options["out"] or DEFAULT_OUT), options["overwrite"]
    # Before the figures are computed, which takes its time.
    read = [*(options[name] for name in READ), *known]
    check_free(beside=[out / name for name in FILES], overwrite=overwrite, read=read)
    for place in places:
        _check_unseen(place, options["holdout"])

    from synth_dl.augmenting import augment as compared
    from synth_dl.metrics.console import console_of

    console = console_of("augment")
    trainer = options["trainer"] if isinstance(options["trainer"], dict) else {}
    training = {f"trainer__{name}": value for name, value in trainer.items() if value is not None}
    report = compared(
        **{name: options[name] for name in PASSED_ON},
        **training,
        config_dir=config_folder,
        said=lambda line: console.print(line, markup=False),
    )
    report.save(out, overwrite=overwrite)
    console.print(report.console_table())
    console.print(report.verdict, markup=False, soft_wrap=True)
    console.print(f"the report is in {out}", markup=False)


def _check_unseen(run: Path, holdout: str) -> None:
    """Refuse, by a ConfigError, a holdout that the model of a run learnt from."""
    from synth_dl.errors import DataError
    from synth_dl.runs.reading import TableRun, read_run

    try:
        found = read_run(run)
    except DataError:
        return  # an artifact alone does not say what it learnt from
    files = (found.train, Path(holdout)) if isinstance(found, TableRun) else ()
    if files and all(map(Path.exists, files)) and files[0].samefile(files[1]):
        raise ConfigError(f"holdout={holdout}: the model was trained on this file, so it tells "
                          "nothing about fresh rows: name other rows.")  # fmt: skip
