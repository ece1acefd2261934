"""Before its first step a model draws each code as often as the records have it."""

import pytest
import torch

from synth_dl.likelihoods.categorical import Categorical
from synth_dl.models.autoregressive import Autoregressive
from synth_dl.models.marginals import PRIOR_ROWS
from synth_dl.networks.conditionals import Conditionals
from synth_dl.networks.members import Members
from synth_dl.spec import Spec, Variable

torch.set_num_threads(1)

SPEC = Spec(
    (
        Variable("a", 2, 0, True, ranks=(0.3, 0.8), widths=(0.6, 0.4)),
        Variable("a (fine)", 3, 0, True, parent=0, children=(3, 2)),
    ),
    ("a",),
)


def start(fine_biases: bool, members: int = 1) -> tuple[Autoregressive, torch.Tensor]:
    """A model at its start, and the records [N, V]: 600 with code 0, 400 with code 1."""
    likelihood = Categorical(SPEC)
    networks = [
        Conditionals(SPEC, likelihood.outputs, context=8, width=8, fine_biases=fine_biases)
        for _ in range(members)
    ]
    network = networks[0] if members == 1 else Members(networks, likelihood)
    model = Autoregressive(network, likelihood).eval()
    fine = [0] * 450 + [1] * 120 + [2] * 30 + [0] * 100 + [1] * 300
    codes = torch.tensor([[int(k >= 600), each] for k, each in enumerate(fine)])
    model.initialise(codes)
    return model, codes


@pytest.mark.parametrize("members", [1, 2])
def test_fine_codes_start_at_their_shares_under_each_coarse_code(members: int) -> None:
    model, codes = start(True, members)
    every, counts = codes.unique(dim=0, return_counts=True)
    coarse = torch.tensor([600.0, 400.0])[every[:, 0]]
    children = torch.tensor([3.0, 2.0])[every[:, 0]]
    expected = (counts + PRIOR_ROWS / children) / (coarse + PRIOR_ROWS)
    shares = model.log_prob(every)[:, 1].exp()
    torch.testing.assert_close(shares, expected, atol=1e-5, rtol=1e-4)
    coarse_shares = model.log_prob(every)[:, 0].exp()
    torch.testing.assert_close(coarse_shares, coarse / 1000, atol=1e-3, rtol=1e-2)


def test_without_such_biases_fine_codes_start_alike() -> None:
    model, codes = start(False)
    every = codes.unique(dim=0)
    children = torch.tensor([3.0, 2.0])[every[:, 0]]
    torch.testing.assert_close(model.log_prob(every)[:, 1].exp(), 1 / children)
    assert not any("of_parent" in name for name in model.state_dict())
