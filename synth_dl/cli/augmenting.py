"""`synth-augment`: whether synthetic rows help a classifier of rare classes."""

from pathlib import Path
from typing import Any

from synth_dl.errors import ConfigError

DEFAULT_OUT = "augmentation"
READ = ("real", "holdout", "schema", "artifact")
PASSED_ON = ("real", "holdout", "target", "artifact", "model", "repeats", "schema", "columns",
             "missing", "seed", "trust", "allow_synthetic")  # fmt: skip


def augment(options: dict[str, Any], config_folder: str | None = None) -> None:
    """Compare classifiers, print the figures and the verdict, and write them.

    Args:
        options: the composed configuration.
        config_folder: with further configs of the user.

    Raises:
        SynthError: with a sentence for the user.
    """
    from synth_dl.metrics.augmentation import FILES
    from synth_dl.runs.reading import read_around, trained_on
    from synth_dl.tables.reading.sources import LEARNT, check_apart
    from synth_dl.writing import check_free

    for name in ("real", "holdout", "target"):
        if options[name] is None:
            raise ConfigError(f"'{name}' has no value: add {name}=VALUE.")
    artifact = options["artifact"]
    known = [] if artifact is None else read_around(artifact)
    out, overwrite = Path(options["out"] or DEFAULT_OUT), options["overwrite"]
    # Before the figures are computed, which takes its time.
    read = [*(options[name] for name in READ), *known]
    check_free(beside=[out / name for name in FILES], overwrite=overwrite, read=read)
    if artifact is not None:
        check_apart(trained_on(artifact), options["holdout"], "holdout", LEARNT)

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
