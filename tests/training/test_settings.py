"""Options of Lightning's trainer under `trainer.`: each is used, or refused in a sentence."""

import inspect
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch

import synth_dl
from synth_dl.cli import train
from synth_dl.configuration.compose import compose
from synth_dl.training.batches import Batches
from synth_dl.training.loop import PROFILE
from synth_dl.training.settings import DECIDED, OWN, SAME, check_settings

WORDS = ["data=anes96", "run_dir=run", "network.context=8", "network.width=8", "assess=false",
         "callbacks.pictures=0", "overwrite=true"]  # fmt: skip
GAN = ["data=anes96", "run_dir=run", "model=gan", "network.width=8", "assess=false",
       "callbacks.pictures=0", "overwrite=true"]  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def weights(few_csv: Path) -> Callable[..., dict[str, Any]]:
    """Trains with some words, and gives the weights."""

    def trained(*words: str) -> dict[str, Any]:
        board = [] if any("callbacks" in word for word in words) else ["logger=null"]
        data = ["data=csv", f"data.path={few_csv}", "trainer.steps=20"]
        assert train([*WORDS[1:], *data, *board, *words]) == 0
        return synth_dl.load("run/artifact").model.state_dict()

    return trained


def plan_of(*words: str) -> str:
    assert train([*WORDS, *words]) == 0
    log = Path("run/train.log").read_text(encoding="utf-8")
    return next(line.split("plan: ")[1] for line in log.splitlines() if "plan:" in line)


def test_every_option_of_the_trainer_has_a_meaning_here() -> None:
    options = set(inspect.signature(pl.Trainer.__init__).parameters) - {"self"}
    listed = set(compose("train", []).trainer)
    assert options <= listed | set(DECIDED) | set(SAME)
    assert listed <= options | set(OWN)


@pytest.mark.parametrize(
    ("word", "plan"),
    [
        ("trainer.steps=20", "steps=20, rounds=2"),
        ("trainer.max_steps=20", "steps=20, rounds=2"),
        ("+trainer.max_epochs=1", "steps=20, rounds=2"),
        ("trainer.epochs=1", "steps=20, rounds=2"),
    ],
)
def test_names_of_lightning_mean_the_same(word: str, plan: str) -> None:
    assert plan in plan_of(word)


@pytest.mark.parametrize(
    ("words", "plan"),
    [
        (["trainer.limit_train_batches=0.5"], "steps=10, rounds=2"),
        (["trainer.limit_train_batches=3"], "steps=6, rounds=2"),
        (["trainer.accumulate_grad_batches=2"], "steps=40, rounds=4"),
    ],
)
def test_limits_and_accumulation_are_part_of_the_plan(words: list[str], plan: str) -> None:
    assert plan in plan_of("trainer.steps=20", *words)
    stored = torch.load("run/checkpoints/last.ckpt", weights_only=True)
    accumulated = "trainer.accumulate_grad_batches=2" in words
    steps = int(plan.split("steps=")[1].split(",")[0])
    assert stored["global_step"] == (steps // 2 if accumulated else steps)


@pytest.fixture(scope="module")
def plain(
    weights: Callable[..., dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """The weights of a training without any of these options."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("plain"))
        return weights()


def same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


def test_accumulated_batches_are_no_steps_of_their_own(
    plain: dict[str, Any], weights: Callable[..., dict[str, Any]]
) -> None:
    accumulated = weights("trainer.accumulate_grad_batches=2")
    assert not same(accumulated, plain)
    assert not same(accumulated, weights("trainer.steps=40"))  # as many batches


def test_overfitting_learns_from_the_same_rows_in_every_step(
    plain: dict[str, Any], weights: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    seen: list[torch.Tensor] = []
    batches = Batches.__iter__

    def watched(self: Batches) -> Iterator[torch.Tensor]:
        for batch in batches(self):
            seen.append(batch.unique(dim=0))
            yield batch

    monkeypatch.setattr(Batches, "__iter__", watched)
    assert not same(weights("trainer.overfit_batches=1"), plain)
    assert len(seen) == 20
    assert all(torch.equal(rows, seen[0]) for rows in seen)


@pytest.mark.parametrize(
    "words",
    [
        ["trainer.num_sanity_val_steps=2", "trainer.deterministic=true",
         "trainer.log_every_n_steps=1", "trainer.enable_progress_bar=false"],
        ["trainer.check_val_every_n_epoch=2"],
        ["trainer.callbacks=[{_target_: pytorch_lightning.callbacks.LearningRateMonitor}]"],
    ],
)  # fmt: skip
def test_what_only_watches_leaves_the_weights(
    words: list[str], plain: dict[str, Any], weights: Callable[..., dict[str, Any]]
) -> None:
    other = weights(*words)
    if "check_val" not in words[0]:  # of the other rounds another may be the best
        assert same(plain, other)
    assert not torch.are_deterministic_algorithms_enabled()


def test_the_report_of_a_profiler_lies_in_the_run_folder(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert train([*WORDS, "trainer.steps=10", "trainer.profiler=simple"]) == 0
    assert "run_training_epoch" in next(Path("run", PROFILE).iterdir()).read_text(encoding="utf-8")
    assert f"run/{PROFILE}" in capsys.readouterr().out
    assert train([*WORDS, "trainer.steps=10"]) == 0  # overwrite=true removes it
    assert not Path("run", PROFILE).exists()


def test_a_fast_run_tries_everything_and_keeps_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for word, said in (("trainer.fast_dev_run=true", "1 step went"),
                       ("trainer.fast_dev_run=3", "3 steps went")):  # fmt: skip
        assert train([*WORDS, word]) == 0
        assert said in capsys.readouterr().out
    assert list(folder.iterdir()) == []


def test_the_summary_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert train([*WORDS, "trainer.steps=10", "trainer.enable_model_summary=true"]) == 0
    assert "Trainable params" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["trainer.epoch=3"], "did you mean 'trainer.epochs'?"),
        (["+trainer.max_epochs=2", "trainer.epochs=3"], "are the same; give one"),
        (["trainer.min_epochs=2"], "callbacks.early_stop"),
        (["trainer.logger=true"], "choose logger=tensorboard"),
        (["+trainer.barebones=true"], "trainer.fast_dev_run=true"),
        (["trainer.num_nodes=2"], "set trainer.devices"),
        (["+trainer.default_root_dir=here"], "set run_dir"),
        (["+trainer.enable_checkpointing=false"], "the best round"),
        (["trainer.strategy=fsdp"], "take ddp"),
        (["trainer.devices=0"], "trainer.devices=0: it must be a whole number from 1 on"),
        (["trainer.devices=many"], "trainer.devices=many"),
        (["trainer.accumulate_grad_batches=0"], "a whole number from 1 on"),
        (["trainer.fast_dev_run=-1"], "a whole number from 1 on"),
        (["trainer.limit_val_batches=0"], "a number of batches from 1 on"),
        (["trainer.limit_train_batches=1.5"], "or a share of them such as 0.5"),
        (["trainer.gradient_clip_algorithm=most"], "most: choose norm, value"),
        (["trainer.deterministic=maybe"], "trainer.deterministic=maybe: choose"),
        (["trainer.profiler=quick"], "quick: choose simple, advanced, pytorch"),
        (["trainer.check_val_every_n_epoch=50"], "this training has 2 rounds"),
        (["trainer.val_check_interval=1000"], "has 10 batches"),
        (["trainer.precision=64-true"], "known are auto, 32-true, bf16-mixed"),
    ],
)
def test_what_cannot_be_combined_is_refused(
    words: list[str], sentence: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = [] if "trainer.epochs=3" in words else ["trainer.steps=20"]
    assert train([*WORDS, *steps, *words]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "word",
    [
        "trainer.gradient_clip_val=0.5",
        "trainer.gradient_clip_val=1.0",
        "trainer.accumulate_grad_batches=2",
    ],
)
def test_a_gan_cannot_have_what_its_own_optimisers_do(
    word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train([*GAN, word]) == 2
    assert "two optimisers of its own" in capsys.readouterr().err


def test_the_settings_of_the_package_are_good() -> None:
    settings: Any = compose("train", []).trainer
    check_settings(settings)
    assert math.isclose(settings.validation, 0.1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["trainer.callbacks=gan"], "trainer.callbacks=gan: it must be a list of entries"),
        (["model=gan", "model.conditions=0.5"], "model.conditions=0.5: name columns, or choose"),
    ],
)
def test_options_of_another_kind_are_refused_in_a_sentence(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = [word for word in WORDS if not word.startswith("network.context")]
    assert train([*usual, "trainer.steps=1", *words]) == 2
    assert said in capsys.readouterr().err
