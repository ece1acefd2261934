"""Families that are fitted at once: what they refuse, and the recipe that some leave."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import synth_dl
from synth_dl.cli import sample, train
from synth_dl.errors import ConfigError
from synth_dl.recipes.fitting import FittedRecipe

torch.set_num_threads(1)

PLAIN = ["logger=null", "assess=false"]


def rows(count: int = 400) -> pd.DataFrame:
    """A number from a known distribution, whole ones, categories and a column with holes."""
    rng = np.random.default_rng(0)
    kind = rng.choice(["u", "v", "w"], count, p=[0.6, 0.3, 0.1])
    frame = pd.DataFrame(
        {
            "pay": np.round(rng.gamma(3.0, 500.0, count), 2),
            "visits": rng.poisson(3, count),
            "kind": kind,
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 700, count), "D"),
            "member": rng.random(count) < 0.4,
        }
    )
    frame["pay"] = frame["pay"].mask(rng.random(count) < 0.1)
    return frame


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a table."""
    rows().to_csv(tmp_path / "table.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of known distributions, made once; not to be changed."""
    folder = tmp_path_factory.mktemp("distributions")
    rows().to_csv(folder / "table.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert command("model=distributions") == 0
    return folder / "run"


def command(*words: str) -> int:
    return train(["data=csv", "data.path=table.csv", "run_dir=run", *PLAIN, *words])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["model=chow_liu", "trainer.epochs=5"], "trainer.epochs=5: model=chow_liu is fitted at"),
        (["model=trees", "trainer.max_time=60s"], "trainer.max_time=60s: model=trees is fitted"),
        (["model=copula", "trainer.devices=2"], "trainer.devices=2: model=copula is fitted"),
        (["model=chow_liu", "callbacks.early_stop.patience=5"], "patience=5: model=chow_liu is"),
        (["model=copula", "network=dense"], "model=copula has no network; leave network= out"),
        (["model=trees", "likelihood=relaxed"], "trees has no likelihood; leave likelihood= out"),
        (["model=chow_liu", "+model.width=8"], "unknown option 'model.width'"),
    ],
)
def test_options_of_a_trainer_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert command(*words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (folder / "run").exists()


def test_options_at_their_usual_values_are_taken(folder: Path) -> None:
    words = ["trainer.validation=0.2", "trainer.accelerator=auto", "callbacks.early_stop=null"]
    assert command("model=chow_liu", *words) == 0
    assert synth_dl.load("run").facts["validation records"] == 80


@pytest.mark.parametrize("model", ["copula", "distributions", "trees"])
def test_images_are_refused_in_a_sentence(model: str) -> None:
    with pytest.raises(ConfigError, match=f"model={model} is for tables"):
        synth_dl.fit(
            np.random.default_rng(0).integers(0, 2, (50, 4, 4)),
            model=model,
            levels=2,
            progress=False,
        )


def test_a_time_limit_is_refused_in_python() -> None:
    with pytest.raises(ConfigError, match=r"max_time=5s: model=chow_liu is fitted at once"):
        synth_dl.fit(rows(), model="chow_liu", max_time="5s", progress=False)


@pytest.mark.parametrize("model", ["distributions", "copula"])
def test_a_recipe_stands_beside_the_model(
    folder: Path, model: str, fitted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if model == "distributions":
        shutil.copytree(fitted, "run")
    else:
        assert command(f"model={model}") == 0
    assert len(list((folder / "run" / "fits").glob("*.png"))) == 2  # of the numbers
    out = ["n=500", "out=drawn.csv", "seed=1"]
    assert sample(["recipe=run/artifact/recipe.yaml", *out]) == 0
    drawn = pd.read_csv("drawn.csv")
    assert list(drawn) == list(rows())
    assert drawn["pay"].isna().mean() == pytest.approx(0.1, abs=0.06)
    synth = synth_dl.load("run")
    assert synth.recipe is not None
    assert synth.recipe.columns == tuple(rows())
    synth.save("again")
    recipe = (folder / "run" / "artifact" / "recipe.yaml").read_text()
    assert (folder / "again" / "recipe.yaml").read_text() == recipe
    assert command("model=chow_liu", "overwrite=true") == 0
    assert not (folder / "run" / "fits").exists()
    assert not (folder / "run" / "artifact" / "recipe.yaml").exists()
    assert synth_dl.load("run").recipe is None


def test_a_picture_that_cannot_be_drawn_is_said_and_the_run_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def figure(fitted: FittedRecipe, name: str) -> Figure:
        if name == "pay":
            raise ValueError("no ink")
        return drawn(fitted, name)

    drawn = FittedRecipe.figure
    monkeypatch.setattr(FittedRecipe, "figure", figure)
    words = ["data=csv", "data.path=table.csv", "run_dir=run", "assess=false"]
    assert train([*words, "model=distributions"]) == 0
    said = capsys.readouterr()
    note = "note: column 'pay' is fitted, but its picture could not be drawn (no ink)"
    assert [line for line in said.out.splitlines() if line.startswith("note")] == [note]
    assert "Traceback" not in said.out + said.err
    assert [each.name for each in (folder / "run" / "fits").iterdir()] == ["02_visits.png"]
    events = EventAccumulator(str(folder / "run" / "tensorboard")).Reload()
    assert set(events.Tags()["images"]) == {"fit/visits", "marginals"}
    assert synth_dl.load("run").recipe is not None


def test_distributions_draw_as_their_recipe_does() -> None:
    frame = rows(1500)
    synth = synth_dl.fit(frame, model="distributions", progress=False)
    drawn, known = synth.sample(20_000, seed=1), synth.recipe.sample(20_000, seed=1)
    for name in ("pay", "visits"):
        assert drawn[name].mean() == pytest.approx(known[name].mean(), rel=0.05)
        assert drawn[name].std() == pytest.approx(known[name].std(), rel=0.1)
    shares = known["kind"].value_counts(normalize=True)
    found = drawn["kind"].value_counts(normalize=True)
    assert found.sub(shares).abs().max() < 0.02
    both = synth.sample(2000, where={"kind": "w"}, seed=1)
    assert (both["kind"] == "w").all()
    nats = synth.log_prob(frame.dropna())
    assert np.isfinite(nats).all()


def test_a_family_without_dependence_is_not_told_to_train_longer(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = rows(2000)
    for name in ("copy", "twin", "third"):
        frame[name] = frame["visits"]
    frame.to_csv("table.csv", index=False)
    assert command("model=distributions", "assess=true", "callbacks.pictures=0") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "does not hold what joins the columns of these data; take another model=" in said
    assert "train longer" not in said


def test_a_recipe_that_was_damaged_is_refused(folder: Path, fitted: Path) -> None:
    shutil.copytree(fitted, "run")
    (folder / "run" / "artifact" / "recipe.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(synth_dl.errors.ArtifactError, match=r"recipe\.yaml: the file is damaged"):
        synth_dl.load("run")
