"""Log-probabilities and conditional probabilities of records, in parts that bound the memory."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.sampling.rows import check_count

MOST_ROWS = 256  # records of images, or fewer rows where a bound takes many draws of each


def nats(
    model: Any, codes: Tensor, importance: int | None = None, settled: Tensor | None = None
) -> Tensor:
    """[N] log-probability of [N, V] codes in nats; unknown codes (-1) add nothing.

    Args:
        model: any family.
        codes: [N, V].
        importance: of a lower bound, the draws for each record.
        settled: [N, V] codes that follow from others, and add nothing either.

    Raises:
        ConfigError: for a model without a likelihood, `importance` for an exact one, or one that is
            no whole number from 1 on.
    """
    if importance is not None and model.likelihood_kind == "exact":
        raise ConfigError("importance is for lower bounds, and this likelihood is exact; leave it "
                          "out")  # fmt: skip
    if importance is not None and model.likelihood_kind == "bound":
        importance = check_count("importance", importance)
    if not len(codes) and model.likelihood_kind is not None:
        return torch.zeros(0, dtype=torch.float64)
    model.eval()
    found = []
    with torch.inference_mode():
        sure = torch.zeros_like(codes, dtype=torch.bool) if settled is None else settled
        most = min(MOST_ROWS, model.spec.rows_at_once)
        for part, out in zip(codes.split(most), sure.split(most), strict=True):
            part = part.to(model.device)
            if importance is None or model.likelihood_kind is None:
                each = model.log_prob(part).double().cpu()
                if out.any() and each.shape == out.shape:  # some tell whole records alone
                    each = each.masked_fill(out, 0.0)
                found.append(each.sum(1))
            else:
                found.append(model.bound(part, importance)[0].double().cpu())
    return torch.cat(found)


def conditional(model: Any, codes: Tensor, variable: int) -> Tensor:
    """[N, levels] probability of each code of a variable, given the known ones of [N, V] codes.

    Raises:
        ConfigError: for a model that gives no probabilities.
    """
    model.eval()
    parts = codes.split(model.spec.rows_at_once)
    with torch.inference_mode():
        found = [model.conditional(part.to(model.device), variable).cpu() for part in parts]
    return torch.cat(found)


def column_chances(model: Any, codes: Tensor, slots: Sequence[int]) -> Tensor:
    """[N, K] probability of each value of a column, given the known ones of [N, V] codes.

    Args:
        model: any family.
        codes: [N, V], those of the column unknown.
        slots: its variables: a coarse one, and perhaps a fine one. Then K counts the fine codes
            under each coarse one.

    Raises:
        ConfigError: for a model that gives no probabilities.
    """
    coarse = conditional(model, codes, slots[0])
    if len(slots) == 1:
        return coarse
    joint = []
    for code, count in enumerate(model.spec.variables[slots[1]].children or ()):
        fixed = codes.clone()
        fixed[:, slots[0]] = code
        fine = conditional(model, fixed, slots[1])[:, :count]
        joint.append(coarse[:, code : code + 1] * fine)
    return torch.cat(joint, 1)
