"""A mixture of products learnt from records by stepwise EM (Cappé and Moulines 2009).

Each step looks at a batch: what the components would count in all records, by their posterior in
the batch, is mixed into what they have counted so far, less the later it is. So a few passes do
what batch EM (Dempster, Laird and Rubin 1977) needs hundreds for. Unknown codes are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from synth_dl.models.component_shares import ColumnShares

PASSES = 8
MOST_WORK = 8e9  # codes times components in all passes: some 20 seconds
FEWEST_RECORDS, MOST_RECORDS = 32, 512  # of a batch
FADING = 0.6  # power of the step by which new counts weigh less
CHOICES = 8  # how often the strengths of smoothing are chosen
MOST_WATCHED = 60_000  # codes that they are chosen by
WEIGHT_PRIOR = 1.0  # records in each component beside those seen


@dataclass(frozen=True)
class Learnt:
    """What was learnt.

    Attributes:
        weights: [C] share of each component.
        shares: for each column, [levels, C].
    """

    weights: Tensor
    shares: list[Tensor]


def learn(
    training: Tensor,
    validation: Tensor,
    levels: Sequence[int],
    ranks: Sequence[Sequence[float] | None],
    components: int,
    generator: torch.Generator,
) -> Learnt:
    """A mixture of `components` products.

    Args:
        training: [N, F] codes, -1 where unknown; N is 1 or more.
        validation: [M, F] others, by which the smoothing is chosen.
        levels: of each column.
        ranks: of each column, see `ColumnShares`.
        components: C, at most N.
        generator: draws the records that the components start at, and the batches.
    """
    counted = _Counted(training, levels, ranks, components)
    counted.start(training[torch.randperm(len(training), generator=generator)[:components]])
    watched = validation[: max(200, MOST_WATCHED // max(1, len(levels)))]
    size = min(MOST_RECORDS, max(FEWEST_RECORDS, len(training) // 50))
    work = training.numel() * components
    passes = int(min(PASSES, max(1, MOST_WORK // max(1, work))))
    batches = [
        batch
        for _ in range(passes)
        for batch in torch.randperm(len(training), generator=generator).split(size)
    ]
    every = max(1, len(batches) // CHOICES)
    for step, batch in enumerate(batches, 1):
        counted.mix(training[batch], (step + 1) ** -FADING)
        # Components must differ before it can be told how few records they rest on.
        if step > every and (step % every == 0 or step == len(batches)):
            counted.choose(watched)
    return counted.learnt


class _Counted:
    """Expected counts of codes in components, and the mixture that they make."""

    def __init__(
        self,
        training: Tensor,
        levels: Sequence[int],
        ranks: Sequence[Sequence[float] | None],
        components: int,
    ) -> None:
        self._levels, self._components, self._rows = list(levels), components, len(training)
        self._first = torch.tensor([0, *levels]).cumsum(0)
        places = self._places(training)
        total = torch.bincount(places.flatten(), minlength=sum(levels) + 1)[:-1].float() + 0.5
        self._columns = [
            ColumnShares(each / each.sum(), rank)
            for each, rank in zip(total.split(self._levels), ranks, strict=True)
        ]

    def start(self, records: Tensor) -> None:
        """Components that have seen one record each."""
        each = self._rows / self._components
        self._sizes = torch.full((self._components,), each)
        self._counts = self._counts_of(self._places(records), torch.eye(self._components))
        self._update()
        self._counts *= each

    def mix(self, batch: Tensor, share: float) -> None:
        """Let what a batch [B, F] shows replace a share of what was counted."""
        places = self._places(batch)
        posterior = self._logits(places).softmax(1)
        times = share * self._rows / len(batch)
        self._counts.mul_(1 - share).add_(self._counts_of(places, posterior), alpha=times)
        self._sizes.mul_(1 - share).add_(posterior.sum(0), alpha=times)
        self._update()

    def choose(self, watched: Tensor) -> None:
        """Choose the smoothing of each column by other records [M, F], given all else of them."""
        places = self._places(watched)
        logits = self._logits(places)
        parts = zip(self._columns, self._counts.split(self._levels), watched.T, strict=True)
        for index, (column, counts, code) in enumerate(parts):
            known = code >= 0
            others = logits[known] - self._logs[places[known, index]]
            if len(others):
                column.choose(counts, code[known], others.softmax(1))
        self._update()

    @property
    def learnt(self) -> Learnt:
        """The mixture as it is now."""
        return Learnt(self._weights, list(self._logs[:-1].exp().split(self._levels)))

    def _places(self, codes: Tensor) -> Tensor:
        """[B, F] which of all codes each is; one more stands for unknown."""
        return torch.where(codes >= 0, codes + self._first[:-1], self._first[-1])

    def _counts_of(self, places: Tensor, posterior: Tensor) -> Tensor:
        """[L, C] how often each code occurs in each component."""
        counts = torch.zeros(int(self._first[-1]) + 1, self._components)
        for place in places.T:
            counts.index_add_(0, place, posterior)
        return counts[:-1]

    def _logits(self, places: Tensor) -> Tensor:
        """[B, C] nats of records and components together."""
        nats = torch.nn.functional.embedding_bag(places, self._logs, mode="sum")
        return nats + self._weights.log()

    def _update(self) -> None:
        """The mixture that the counts make; unknown codes add 0 nats."""
        parts = zip(self._columns, self._counts.split(self._levels), strict=True)
        shares = [column.shares(counts) for column, counts in parts]
        self._logs = torch.cat([*shares, torch.ones(1, self._components)]).log_()
        sizes = self._sizes + WEIGHT_PRIOR
        self._weights = sizes / sizes.sum()
