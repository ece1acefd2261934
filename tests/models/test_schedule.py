"""The optimiser's schedule, and whose clipping of gradients counts."""

import math
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from synth_dl.checks.models import some_records, table_model
from synth_dl.errors import ConfigError
from synth_dl.likelihoods.categorical import Categorical
from synth_dl.models.autoregressive import Autoregressive
from synth_dl.models.schedule import Schedule
from synth_dl.networks.conditionals import Conditionals
from synth_dl.spec import Spec, Variable

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


def test_biases_and_embeddings_do_not_decay_and_heads_by_what_they_are_of() -> None:
    ranks = tuple((k + 0.5) / 40 for k in range(40))
    many = Variable("x", 40, 0, True, ranks=ranks, widths=(1 / 40,) * 40)
    fine = Variable("x (fine)", 2, 0, True, parent=0, children=(2,) * 40)
    spec = Spec((many, fine, Variable("kind", 3, 1)), ("x", "kind"))
    likelihood = Categorical(spec)
    network = Conditionals(spec, likelihood.outputs, context=8, width=8)
    model = Autoregressive(network, likelihood, weight_decay=0.5)
    groups = model.configure_optimizers()["optimizer"].param_groups
    decay = {id(each): group["weight_decay"] for group in groups for each in group["params"]}
    assert len(decay) == len(list(network.parameters()))
    assert decay[id(network.embedding.weight)] == decay[id(network.input_bias)] == 0
    assert all(decay[id(bias)] == 0 for bias in network.biases)
    block = network.blocks[0]
    matrices = [
        network.unit_maps,
        network.input,
        *(getattr(block, name) for name in ("up", "down")),
    ]
    assert [decay[id(each)] for each in matrices] == [0.5] * 4
    assert [decay[id(each)] for each in network.heads] == pytest.approx([0.5, 10.0, 0.05])
    assert [decay[id(each)] for each in network.smooth] == pytest.approx([0.5, 10.0, 0.05])
