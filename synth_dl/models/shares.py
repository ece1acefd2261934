"""Shares of codes, in all records or under each code of another variable, smoothed."""

import torch
from torch import Tensor

from synth_dl.spec import Spec

STRENGTHS = tuple(0.25 * 2.0**power for power in range(14))  # of the pull towards the marginal


def conditional_shares(
    spec: Spec, index: int, parent: int, training: Tensor, validation: Tensor
) -> Tensor:
    """[parent's levels, levels] p(code | code of the parent), smoothed; a single row for none (-1).

    The share of a code given its parent's is drawn towards the share in all records, as strongly
    as is best for the validation records.
    """
    levels = spec.levels
    rows = levels[parent] if parent >= 0 else 1
    seen, watched = (
        _counts(codes[:, index], codes[:, parent] if parent >= 0 else None, levels[index], rows)
        for codes in (training, validation)
    )
    possible = _possible(spec, index, rows)
    marginal = (seen.sum(0, keepdim=True) + 0.5) * possible
    marginal = marginal / marginal.sum(1, keepdim=True)
    if parent < 0:
        return marginal.float()
    tables = [
        (seen + strength * marginal) / (seen.sum(1, keepdim=True) + strength)
        for strength in STRENGTHS
    ]
    met = watched.nonzero(as_tuple=True)
    nats = [float((watched[met] * table[met].log()).sum()) for table in tables]
    return tables[max(range(len(nats)), key=nats.__getitem__)].float()


def even_shares(spec: Spec, index: int, parent: int) -> Tensor:
    """[parent's levels, levels] all codes that may be under one of the parent, equally likely."""
    possible = _possible(spec, index, spec.levels[parent])
    return (possible / possible.sum(1, keepdim=True)).float()


def _possible(spec: Spec, index: int, rows: int) -> Tensor:
    """[parent's levels, levels] whether a code may be; of refinements some may not."""
    levels = spec.levels[index]
    own = spec.variables
    if index >= len(own) or own[index].children is None:
        return torch.ones(rows, levels, dtype=torch.float64)
    most = torch.tensor(own[index].children).clamp(min=1)[:, None]
    return (torch.arange(levels)[None] < most).double()


def _counts(code: Tensor, above: Tensor | None, levels: int, rows: int) -> Tensor:
    """[rows, levels] how often each code occurs under each code of the parent."""
    above = torch.zeros_like(code) if above is None else above
    known = (code >= 0) & (above >= 0)
    pairs = above[known].long() * levels + code[known].long()
    return torch.bincount(pairs, minlength=rows * levels).view(rows, levels).double()
