"""`synth-evaluate`: what is compared, by what was said and by what a run folder knows."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_dl.errors import ArtifactError, ConfigError
from synth_dl.errors.options import Seed, Whole, check
from synth_dl.sampling.lists import split_list

if TYPE_CHECKING:
    from synth_dl.metrics.report import Report
    from synth_dl.runs.reading import ImageRun, TableRun

SEEDS = 2**31  # that the libraries of the metrics tell apart
OF_IMAGES = ("data", "run", "synthetic", "artifact", "out", "overwrite", "seed", "trust",
             "allow_synthetic")  # fmt: skip
READ = ("real", "holdout", "synthetic", "schema", "artifact", "canaries")
MORE = (
    "task",
    "columns",
    "missing",
    "trust",
    "samples",
    "keys",
    "canaries",
    "estimator",
    "sensitive",
)


def evaluate(options: dict[str, Any]) -> None:
    """Compare images where a data config or the run says so, else tables; print and write it.

    Where `verify` is given, only what a file says of where it comes from is printed.

    What is given goes before what the run knows.

    Raises:
        ConfigError: if it is not said what to compare, or `verify` does not stand alone.
        DataError: if a file cannot be used, the data do not fit together, or the report cannot be
            written.
    """
    from synth_dl.metrics.console import console_of
    from synth_dl.metrics.page.writing import write_report
    from synth_dl.metrics.report import FILES
    from synth_dl.runs.reading import read_by_run
    from synth_dl.writing import check_free

    check("seed", options["seed"], Seed)
    if options["verify"] is not None:
        _verify(options)
        return
    given, run, overwrite = dict(options), options["run"], options["overwrite"]
    place = Path(given["out"] or (f"{run}/report" if run is not None else "report"))
    read = [*(given[name] for name in READ), *(read_by_run(run) if run is not None else ())]
    # Before the figures are computed, which takes its time.
    check_free(beside=[place / name for name in FILES], overwrite=overwrite, read=read)
    report = _report(given)
    write_report(report, place, overwrite=overwrite)
    console = console_of("evaluate")
    for remark in report.remarks:
        console.print(remark, markup=False)
    console.print(report.table())
    console.print(f"the report is in {place}", markup=False)
    console.print(_logged(report, run), markup=False)


def _logged(report: "Report", run: str | None) -> str:
    """Add the figures to the TensorBoard logs of the run, and say whether that was done."""
    from synth_dl.runs.board import log_report

    if run is None:
        return "TensorBoard has no figures of it, as no run is named; run=FOLDER adds them to a run"
    logs = log_report(report, Path(run))
    if logs is None:
        return f"TensorBoard has no figures of it, as {run} keeps no logs that can be written"
    return f"the figures are in {logs.parent} too, for TensorBoard"


def _verify(options: dict[str, Any]) -> None:
    """Print what a file or folder says of itself."""
    from synth_dl.metrics.console import console_of
    from synth_dl.provenance.reading import verify

    for name, value in options.items():
        if name in ("data", "run", *READ, "target", "out", *MORE) and value is not None:
            raise ConfigError(f"verify only reads what a file says of itself: leave {name} out.")
    console = console_of("evaluate")
    for line in verify(options["verify"]):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _report(given: dict[str, Any]) -> "Report":
    from synth_dl.configuration.compose import kind_of
    from synth_dl.runs.reading import TableRun, read_image_run, read_run

    data, folder = given.get("data"), given["run"]
    if data is not None and kind_of(data) != "images":
        raise ConfigError("data=NAME says which images to evaluate: for a table, give real=FILE.")
    read = read_run if data is None else read_image_run
    run = None if folder is None else read(Path(folder))
    if isinstance(run, TableRun) or (data is None and run is None):
        return _report_on_table(given, run)
    for name, value in given.items():
        if name not in (*OF_IMAGES, "verify") and value is not None:
            raise ConfigError(f"{name} is an option for tables: leave it out for images.")
    return _report_on_images(given, run)


def _report_on_table(given: dict[str, Any], run: "TableRun | None") -> "Report":
    from synth_dl.metrics.console import console_of
    from synth_dl.metrics.progress import bar
    from synth_dl.provenance.reading import check_real
    from synth_dl.tables.reports import PARTS, report_on_table

    names = ("real", "holdout", "synthetic", "artifact", "target", "schema")
    given = {**given, "target": _targets(given["target"])}
    chosen: dict[str, Any] = {name: given[name] for name in names}
    if run is not None:
        # Another real file may have other columns, and then the run's schema is not its schema.
        schema = run.schema if given["real"] is None else None
        known = (run.train, run.holdout, run.synthetic, run.artifact, run.target, schema)
        chosen = {name: given[name] or each for name, each in zip(names, known, strict=True)}
        if not run.artifact.exists() and chosen["synthetic"] is not None:
            chosen["artifact"] = given["artifact"]  # rows are enough, without the attack by nats
    if chosen["real"] is None:
        raise ConfigError("it is not said what to evaluate: give run=FOLDER or real=FILE.")
    if chosen["synthetic"] is None and chosen["artifact"] is None:
        raise ConfigError("no rows to judge are given: add synthetic=FILE.")
    if given["samples"] is not None:
        check("samples", given["samples"], Whole)
    more = {name: given[name] for name in MORE}
    # Of its own files a run was told already whether they are taken for real.
    check_real(given["allow_synthetic"], real=given["real"], holdout=given["holdout"])
    seed = given["seed"] % SEEDS
    with bar(console_of(stderr=True), PARTS) as announce:
        report = report_on_table(
            **chosen, **more, allow_synthetic=True, seed=seed, announce=announce
        )
    return _with_origin(report, chosen["synthetic"], chosen["artifact"])


def _targets(said: Any) -> Any:
    """The names of a list in brackets, or what was said."""
    listed = isinstance(said, str) and said.startswith("[") and said.endswith("]")
    names = split_list(said) if listed else said
    if names == []:
        raise ConfigError("target=[] names no column to predict: name one, or leave target out.")
    return names


def _report_on_images(given: dict[str, Any], run: "ImageRun | None") -> "Report":
    from synth_dl.images.reports import PARTS, report_on_images
    from synth_dl.metrics.console import console_of
    from synth_dl.metrics.progress import bar

    data, split_seed, split = given.get("data"), given["seed"], None
    allowed = given["allow_synthetic"]
    if run is not None and data is None:
        data, split_seed, split, allowed = run.data, run.seed, run.split, True
    artifact = given["artifact"] or (run.artifact if run is not None else None)
    if given["synthetic"] is None and artifact is None:
        raise ConfigError(
            "no images to judge are given: add synthetic=FILE, or artifact=FOLDER to draw them."
        )
    with bar(console_of(stderr=True), PARTS) as announce:
        report = report_on_images(
            data or {},
            split_seed=split_seed,
            split=split,
            synthetic=given["synthetic"],
            artifact=artifact,
            seed=given["seed"] % SEEDS,
            trust=given["trust"],
            allow_synthetic=allowed,
            announce=announce,
        )
    return _with_origin(report, given["synthetic"], artifact)


def _with_origin(
    report: "Report", synthetic: Path | str | None, artifact: Path | str | None
) -> "Report":
    """The report with what is known of where the synthetic records came from."""
    import json
    from contextlib import suppress
    from dataclasses import replace

    from synth_dl.provenance.label import mode_of
    from synth_dl.provenance.origin import versions
    from synth_dl.provenance.reading import find_label
    from synth_dl.sampling.origin import describe_artifact

    origin: dict[str, Any] = {"versions": versions("torch", "numpy", "pandas")}
    if synthetic is not None:
        found = find_label(Path(synthetic))
        label = None
        if found is not None:  # in a file of anybody, so that any text and number may be there
            told = json.dumps(found.state, ensure_ascii=False).encode("utf-8", "replace")
            state = json.loads(told, parse_constant=str)
            label = {**state, "place": found.place, "mode": mode_of(state)}
        origin |= {"file": Path(synthetic).name, "label": label}
    elif artifact is not None:
        origin["artifact"] = {"path": str(artifact)}
        with suppress(ArtifactError):  # the figures stand already
            origin |= describe_artifact(artifact)
    return replace(report, facts={**report.facts, "origin": origin})
