"""The optimiser's schedule, and whose clipping of gradients counts."""

import math
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from synth_dl.checks.models import some_records, table_model
from synth_dl.errors import ConfigError
from synth_dl.models.autoregressive import Autoregressive
from synth_dl.models.schedule import Schedule

torch.set_num_threads(1)


class Watched(Autoregressive):
    """Keeps the gradients [N] with which its first step was made, all in one."""

    gradients: torch.Tensor

    def optimizer_step(self, *args: Any, **options: Any) -> None:
        super().optimizer_step(*args, **options)
        found = [each.grad.flatten() for each in self.parameters() if each.grad is not None]
        self.gradients = torch.cat(found).clone()


def gradients(precision: Any = "32-true", clip: float = math.inf, **options: Any) -> torch.Tensor:
    """[N] of one step, as the trainer and the model clip them."""
    small = table_model()
    model = Watched(small.network, small.likelihood, clip=clip)
    codes = some_records(model.eval(), 32)
    trainer = pl.Trainer(
        accelerator="cpu",
        precision=precision,
        max_steps=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **options,
    )
    trainer.fit(model.train(), DataLoader(codes, batch_size=32))  # type: ignore[arg-type]
    return model.gradients


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_the_trainers_clipping_counts_before_the_models_own(precision: str) -> None:
    plain = gradients(precision)
    assert plain.norm() > 0.2
    own = gradients(precision, clip=0.1)
    torch.testing.assert_close(own, plain * 0.1 / plain.norm())
    assert gradients(precision, 0.1, gradient_clip_val=0.05).norm().item() == pytest.approx(0.05)
    loose = gradients(precision, 0.1, gradient_clip_val=1e6)
    assert torch.equal(loose, plain)
    value = {"gradient_clip_val": 0.01, "gradient_clip_algorithm": "value"}
    assert torch.equal(gradients(precision, 0.1, **value), plain.clamp(-0.01, 0.01))
    assert torch.equal(gradients(precision, 0.1, gradient_clip_val=0), plain)


def test_the_learning_rate_rises_and_falls_once() -> None:
    schedule = Schedule(0.5, warmup=0.2, final=0.1)
    rates = [schedule.rate(step, 100) for step in range(120)]
    assert rates[0] == 0.005
    assert rates[20] == max(rates) == 0.5
    assert rates[:21] == sorted(rates[:21])
    assert rates[20:] == sorted(rates[20:], reverse=True)
    assert rates[100:] == [pytest.approx(0.05)] * 20


@pytest.mark.parametrize(
    "options",
    [{"learning_rate": 0}, {"warmup": 1}, {"final": 2}, {"weight_decay": -1}, {"clip": 0}],
    ids=str,
)
def test_a_schedule_that_makes_no_sense_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=rf"^model\.{next(iter(options))}="):
        Schedule(**({"learning_rate": 0.1, "warmup": 0.1, "final": 0.1} | options))


def test_biases_and_embeddings_do_not_decay_and_fine_codes_do_so_most() -> None:
    small = table_model()
    model = Autoregressive(small.network, small.likelihood, weight_decay=0.5)
    groups = model.configure_optimizers()["optimizer"].param_groups
    assert sorted(group["weight_decay"] for group in groups) == [0.0, 0.5, 10.0]
    decay = {id(each): group["weight_decay"] for group in groups for each in group["params"]}
    network = small.network
    assert len(decay) == len(list(network.parameters()))
    assert decay[id(network.embedding.weight)] == decay[id(network.input_bias)] == 0
    assert all(decay[id(bias)] == 0 for bias in network.biases)
    assert decay[id(network.input)] == decay[id(network.blocks[0].up)] == 0.5
    fine = {k for k, each in enumerate(model.spec.variables) if each.parent is not None}
    assert fine
    for variable, head in enumerate(network.heads):
        assert decay[id(head)] == (10.0 if variable in fine else 0.5)
