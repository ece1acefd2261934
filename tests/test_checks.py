"""The self-check passes what is right and fails what is wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from synth_dl.artifact import write_artifact
from synth_dl.checks.__main__ import main
from synth_dl.checks.causality import causality
from synth_dl.checks.draws import same_draws, steps
from synth_dl.checks.models import image_model, image_spec, some_records, table_model
from synth_dl.checks.result import Result
from synth_dl.checks.sums import mixtures, total
from synth_dl.images.codec import ImageCodec
from synth_dl.likelihoods.logistic import LogisticMixture
from synth_dl.networks.pixel_cache import PixelCache
from synth_dl.networks.raster import Beside

torch.set_num_threads(1)


class SeesRight(nn.Module):
    """A horizontal convolution that sees its right neighbour."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.convolution = convolution

    def forward(self, x: Tensor) -> Tensor:
        return self.convolution(F.pad(x, (0, 1, 0, 0)))


class Normalised(nn.Module):
    """A module whose output a normalisation evens out."""

    def __init__(self, inner: nn.Module, norm: nn.Module) -> None:
        super().__init__()
        self.inner, self.norm = inner, norm

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.inner(x))


def failures(model: Any) -> set[str]:
    results = list(causality("it", model, some_records(model, 3)))
    assert len(results) == 8
    return {each.check for each in results if not each.ok}


def see_right(network: Any) -> None:
    block = network.blocks[1]
    block.before = SeesRight(block.before.convolution)


def batch_normalise(network: Any) -> None:
    network.across = Normalised(network.across, nn.BatchNorm2d(network.channels))


def canvas_normalise(network: Any) -> None:
    out = network.blocks[0].above_out
    network.blocks[0].above_out = Normalised(out, nn.InstanceNorm2d(network.channels))


def see_nothing_above(network: Any) -> None:
    nn.init.zeros_(network.across.weight)
    for block in network.blocks:
        nn.init.zeros_(block.across.weight)


TRAINING, EVALUATION = (
    {f"{check}, {mode}" for check in ("codes seen too early", "gradients to later places")}
    for mode in ("training", "evaluation")
)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (see_right, TRAINING | EVALUATION),
        (batch_normalise, TRAINING | {"other records seen, training"}),
        (canvas_normalise, TRAINING | EVALUATION),
        (see_nothing_above, {"earlier codes not seen", "no gradient to earlier places"}),
    ],
)
def test_networks_that_see_too_much_or_too_little_fail(
    channels: int, spoil: Callable[[Any], None], expected: set[str]
) -> None:
    model = image_model(image_spec(4, 4, channels, 3, classes=2), 1)
    assert failures(model) == set()
    spoil(model.network)
    assert failures(model) == expected


def test_a_shallow_network_does_not_see_all_and_is_told() -> None:
    model = image_model(image_spec(2, 8), 1, blocks=1)
    assert failures(model) == {"earlier codes not seen", "no gradient to earlier places"}
    found = causality("it", model, some_records(model, 2), blind=False, most=5)
    assert all(each.ok for each in found)


def test_a_channel_that_sees_the_next_one_fails() -> None:
    model = image_model(image_spec(2, 2, 3, 3), 1)
    head = model.network.heads[1]
    plain = head.forward
    head.forward = lambda hidden, levels: plain(hidden, levels.flip(-1))
    assert failures(model) == {
        "codes seen too early, training", "codes seen too early, evaluation",
        "earlier codes not seen",
    }  # fmt: skip


def test_a_table_whose_columns_see_later_ones_fails() -> None:
    model = table_model()
    assert failures(model) == set()
    natural = model.order.natural
    model.order.natural = lambda codes: natural(codes) | (torch.arange(6) == 5)
    assert failures(model) == TRAINING | EVALUATION


def test_probabilities_that_do_not_sum_to_one_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(each.ok for each in mixtures())
    model = image_model(image_spec(1, 3), 1)
    assert total("it", model).ok
    see_right(model.network)
    assert not total("it", model).ok
    monkeypatch.setattr(
        LogisticMixture, "_edges", lambda self, levels: levels * (2 / (self.levels - 1)) - 0.9
    )
    assert all(each.ok for each in mixtures())  # other intervals, but they still touch
    mass = LogisticMixture._log_mass
    monkeypatch.setattr(LogisticMixture, "_log_mass", lambda *args: mass(*args) + 1e-6)
    assert not any(each.ok for each in mixtures())


def test_a_cache_that_forgets_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    model = image_model(image_spec(3, 3), 1)
    assert all(each.ok for each in [*same_draws("it", model), steps("it", model)])
    hidden = PixelCache.hidden
    monkeypatch.setattr(
        PixelCache, "hidden", lambda self, pixel, codes: hidden(self, pixel, codes * 0)
    )
    assert not any(each.ok for each in [*same_draws("it", model), steps("it", model)])


def test_a_value_that_is_no_number_fails() -> None:
    assert not Result("it", "model", float("nan"), 1e9).ok


def test_every_network_and_likelihood_passes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")  # narrow lines would break the words that are looked for
    assert main([]) == 0
    said = capsys.readouterr().out
    assert "all checks passed" in said
    assert "FAILED" not in said
    for part in ("RGB, classes", "logistic mixture", "table", "earlier codes not seen"):
        assert part in said


def test_one_failure_is_shown_and_is_the_exit_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        Beside,
        "forward",
        lambda self, x: self.convolution(F.pad(x, (self.columns - 2, 1, 0, 0))),
    )
    monkeypatch.setenv("COLUMNS", "120")
    assert main([]) == 1
    failed = [line for line in capsys.readouterr().out.splitlines() if "FAILED" in line]
    assert failed.pop().endswith(" s")
    for name in ("grey ", "RGB, classes ", "grey, logistic mixture "):
        assert any(name in line for line in failed)
    assert not any("table" in line or "sum over" in line for line in failed)


def test_a_trained_artifact_is_checked(
    tmp_path: Path, artifact: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    groups = {
        "model": {"_target_": "synth_dl.models.autoregressive.Autoregressive"},
        "likelihood": {"_target_": "synth_dl.likelihoods.categorical.Categorical"},
        "network": {
            "_target_": "synth_dl.networks.pixelcnn.PixelCNN",
            **{"channels": 4, "blocks": 1, "hidden": 8},
        },
    }
    codec = ImageCodec(9, 8, 1, 4, ("a", "b"))
    model = image_model(codec.spec, channels=4, blocks=1, hidden=8)
    write_artifact(tmp_path / "images", model, groups, codec, {})
    for folder in (tmp_path / "images", artifact):
        assert main([f"artifact={folder}"]) == 0
        assert "all checks passed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["artifact=nowhere"], "no such artifact"),
        (["artifact="], "artifact=FOLDER"),
        (["model=pixelcnn"], "'model=pixelcnn' is not known"),
        (["artifact=a", "n=3"], "'n=3' is not known"),
        (["artifact=a", "schema=b"], "add real=FILE"),
        (["real=a"], "add artifact=FOLDER"),
    ],
)
def test_words_that_make_no_sense(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert sentence in capsys.readouterr().err
