"""Sampling in fixed chunks, so that row k of a seed is the same however it is asked for.

A chunk's noise depends on the seed and the chunk's number alone, and every forward pass runs on a
whole chunk. So neither batch size, nor shard, nor where a run was interrupted changes a row.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth_dl.models.allowed import Allowed, Masks
from synth_dl.models.combinations import Combinations
from synth_dl.noise import generator_for
from synth_dl.sampling.refining import FEWEST

# Records in a chunk, and particles of a chunk of importance resampling; part of what a seed means.
CHUNK = 2048
IMAGE_CHUNK = 256
PARTICLE_CHUNK = 1024
PARTICLE_STREAM = 5  # sets the noise of importance resampling apart from that of direct draws
# And that of restricted columns, which stand first: of what is kept of them, and of each chunk.
RESTRICTED_STREAM, CHOICE_STREAM = 6, 7
PARTICLES = 64
TRIED, MOST_RIVALS = 2**32, 16  # number of the chunk that is tried first; records for each
SELDOM = 1e-3  # probability of a restriction below which several for each would take too long


@dataclass(frozen=True)
class Drawn:
    """Rows `first` to `first + len(codes)` of a sample, as codes.

    Attributes:
        codes: [B, V].
        uniform: [B, V] draws from [0, 1) left for the codec.
    """

    first: int
    codes: NDArray[np.int64]
    uniform: NDArray[np.float64]


class Drawing:
    """Iterates over the chunks of a sample.

    Restricted columns are drawn first, by the model's probabilities of their allowed codes, and
    are given then. What the model can be asked for given is drawn directly; else by importance
    resampling, in which several particles compete for each record.

    Args:
        model: follows the contract of `GenerativeModel`, in evaluation mode.
        start: first record.
        stop: record after the last.
        seed: of the sample.
        known: [N, V] codes of all records, or [1, V] of each; -1 where unknown, None for nothing.
        places: which row of `known` each record has, where it is not a row of its own.
        allowed: for some variables, [levels] whether a code may be drawn.
        chunk: records in a chunk that is drawn directly.
        particles: that compete for each record.
        masks: which codes restricted columns may have in every record; nothing else is known then.
        refined: whether importance resampling is wanted where it is nearer to the data; or of
            which rows of `known`, as truth values [N].
        rows: training records; see `refining.FEWEST`.
        offset: the record that the first row of `known` is, where it holds a part of them.

    Attributes:
        direct: whether no importance resampling is needed for each record.
        restricted: columns that `masks` are of.
        probability: of meeting all of `masks`, by the natural order where there are several.
        combinations: of their codes; None where there are none.
        effective_sample_size: after the last chunk of importance resampling, `mean` and `least`
            over the records, each at its smallest along the way, and the number of `particles`;
            of several restricted columns that of their combinations; else None.

    Raises:
        ConfigError: for conditions that the model cannot meet.
    """

    def __init__(
        self,
        model: Any,
        start: int,
        stop: int,
        seed: int,
        known: Tensor | None = None,
        allowed: Allowed = None,
        chunk: int = CHUNK,
        particles: int = PARTICLES,
        masks: Masks | None = None,
        places: NDArray[np.int64] | None = None,
        offset: int = 0,
        refined: Tensor | bool = False,
        rows: float = math.inf,
    ) -> None:
        found = None if not masks else allowed_combinations(model, masks, seed)
        held = known if found is None else found.codes
        whole = torch.ones(0 if held is None else len(held), dtype=torch.bool)
        self._refined = (whole & refined) if model.refines and found is None else whole & False
        able = held is None or model.direct(held >= 0)
        self.direct = able and not bool(self._refined.any())
        self._refined |= not able
        self.combinations, self._trained = found, rows
        self.probability = None if found is None else found.probability
        self.restricted = sorted({model.spec.variables[each].column for each in masks or ()})
        self.effective_sample_size: dict[str, float] | None = None
        if found is not None and (len(self.restricted) > 1 or not found.exact):
            size = dict.fromkeys(("mean", "least"), found.effective)
            self.effective_sample_size = {**size, "particles": found.particles}
        self._model, self._start, self._stop, self._seed = model, start, stop, seed
        self._offset = offset
        self.known, self._allowed, self._particles = known, allowed, particles
        self._places = None if places is None else torch.from_numpy(places)
        self._chunk = chunk if self.direct else max(1, PARTICLE_CHUNK // particles)
        self._masks, self._masked = masks, False
        self._counting = self._first_try()

    def __iter__(self) -> Iterator[Drawn]:
        sizes = []
        for number in range(self._start // self._chunk, -(-self._stop // self._chunk)):
            first = number * self._chunk
            kept = slice(max(self._start - first, 0), min(self._chunk, self._stop - first))
            if self._rivals:
                codes, uniform, size, _ = self._draw_reordered(number, self._rivals)
                sizes.append(torch.tensor([size]))
            elif self.direct:
                codes, uniform = self._draw(number, first, kept.stop)
            else:
                codes, uniform, size = self._resample(number, first, kept.stop)
                sizes.append(size[kept].cpu())
            yield Drawn(first + kept.start, codes[kept].cpu().numpy(), uniform[kept].numpy())
        found = torch.cat([each[~each.isnan()] for each in sizes] or [torch.zeros(0)])
        if len(found):
            self.effective_sample_size = {
                "mean": float(found.mean()),
                "least": float(found.min()),
                "particles": self._rivals * self._chunk or self._particles,
            }

    def _draw(self, number: int, first: int, count: int) -> tuple[Tensor, Tensor]:
        """[chunk, V] codes and uniform draws of a chunk, given the known codes of its records."""
        model, size = self._model, len(self._model.spec)
        generator = generator_for(self._seed, number)
        noise = torch.rand(self._chunk, model.noise_size, generator=generator)
        uniform = torch.rand(self._chunk, size, generator=generator, dtype=torch.float64)
        known = torch.full((self._chunk, size), -1, dtype=torch.long)
        if self.combinations is not None:
            known = self._chosen(number)
        elif self.known is not None:
            known[:count] = self._codes[self._rows_of(first, count)]
        with torch.inference_mode():
            codes = model.sample(known.to(model.device), noise.to(model.device), self._allowed)
        return codes, uniform

    def _resample(self, number: int, first: int, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """[chunk, V] codes and uniform draws of a chunk, and its [chunk] effective sizes, NaN where
        one record was drawn alone."""
        model, size = self._model, len(self._model.spec)
        generator = generator_for(self._seed, PARTICLE_STREAM, number)
        shape = (self._chunk, self._particles, model.noise_size)
        noise = torch.rand(shape, generator=generator)
        resampling = torch.rand(self._chunk, size + 1, generator=generator)
        uniform = torch.rand(self._chunk, size, generator=generator, dtype=torch.float64)
        several = torch.ones(self._chunk, dtype=torch.bool)
        if self.combinations is not None:
            padded = self._chosen(number)
        else:
            rows = self._rows_of(first, count)
            rows = torch.cat([rows, rows[:1].expand(self._chunk - count)])
            padded, several = self._codes[rows], self._refined[rows]
        found, sizes = padded.clone(), torch.full((self._chunk,), math.nan)
        for own, draw in ((several, self._completed), (~several, self._alone)):
            if bool(own.any()):
                found[own], sizes[own] = draw(padded[own], noise[own], resampling[own])
        return found, uniform, sizes

    def _completed(self, known: Tensor, noise: Tensor, resampling: Tensor) -> tuple[Tensor, Tensor]:
        """Several records compete for each."""
        device = self._model.device
        parts = (each.to(device) for each in (known, noise, resampling))
        with torch.inference_mode():
            codes, sizes = self._model.complete(*parts, self._allowed)
        return codes.cpu(), sizes.float().cpu()

    def _alone(self, known: Tensor, noise: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
        """Each record is drawn alone."""
        device = self._model.device
        with torch.inference_mode():
            codes = self._model.sample(known.to(device), noise[:, 0].to(device), self._allowed)
        return codes.cpu(), torch.full((len(codes),), math.nan)

    def _first_try(self) -> float | None:
        """How many records of a chunk that follows the natural order count; None for no contest.

        It tells the probability of all that is restricted too.
        """
        if self.combinations is None or not self._model.reorders(self.combinations):
            return None
        _, _, size, likelier = self._draw_reordered(TRIED, 1)
        self.probability = min(1.0, self.combinations.probability * math.exp(min(likelier, 700.0)))
        rare = self.probability < SELDOM or self.probability * self._trained < FEWEST
        return size if math.isfinite(size) and not rare else None  # as of a damaged model it is not

    @cached_property
    def _rivals(self) -> int:
        """How many records compete for each, that few of them are drawn twice; 0 for no contest."""
        if self._counting is None:
            return 0
        self._masked = True
        _, _, alone, _ = self._draw_reordered(TRIED, 1)
        # It takes a third of the time, so twice as many may compete.
        self._masked = alone > self._counting / 2
        best = alone if self._masked else self._counting
        return min(MOST_RIVALS, math.ceil(2 * self._chunk / best))

    def _draw_reordered(self, number: int, rivals: int) -> tuple[Tensor, Tensor, float, float]:
        """[chunk, V] codes and uniform draws of a chunk, and what `sample_reordered` says more."""
        model, count = self._model, rivals * self._chunk
        generator = generator_for(self._seed, number)
        noise = torch.rand(count, model.noise_size, generator=generator)
        choice = torch.rand(self._chunk + 1, generator=generator)
        shape = (self._chunk, len(model.spec))
        uniform = torch.rand(shape, generator=generator, dtype=torch.float64)
        parts = [each.to(model.device) for each in (noise, choice)]
        with torch.inference_mode():
            if self._masked:
                codes, size = model.sample_masked(self._masks, *parts)
                return codes, uniform, size, 0.0
            known = self._chosen(number, rivals).to(model.device)
            codes, size, likelier = model.sample_reordered(known, *parts)
        return codes, uniform, size, likelier

    def _chosen(self, number: int, times: int = 1) -> Tensor:
        """[times · chunk, V] codes of the restricted columns of a chunk, -1 elsewhere."""
        assert self.combinations is not None
        generator = generator_for(self._seed, CHOICE_STREAM, number + 1)
        uniform = torch.rand(times * self._chunk, generator=generator, dtype=torch.float64)
        return self.combinations.draw(uniform)

    @property
    def _codes(self) -> Tensor:
        """[N, V] known codes, asked for only where something is known."""
        assert self.known is not None
        return self.known

    def _rows_of(self, first: int, count: int) -> Tensor:
        """[count] the rows of the known codes that the records from `first` on have."""
        if self._places is not None:
            return self._places[first : first + count]
        if len(self._codes) == 1 and not self._offset:
            return torch.zeros(count, dtype=torch.long)
        return torch.arange(first, first + count) - self._offset


def joined(drawn: Iterable[Drawn]) -> Iterator[Drawn]:
    """The same records, in parts of `CHUNK` or more, and what is left over at the end.

    Chunks of importance resampling hold few, and to decode a few takes as long as many.
    """
    held, count = list[Drawn](), 0
    for part in drawn:
        held.append(part)
        count += len(part.codes)
        if count >= CHUNK:
            yield _one(held)
            held, count = [], 0
    if held:
        yield _one(held)


def _one(parts: list[Drawn]) -> Drawn:
    if len(parts) == 1:
        return parts[0]
    codes = np.concatenate([part.codes for part in parts])
    uniform = np.concatenate([part.uniform for part in parts])
    return Drawn(parts[0].first, codes, uniform)


def allowed_combinations(model: Any, masks: Masks, seed: int) -> Combinations:
    """What restricted columns may be together, and how likely it is.

    Raises:
        ConfigError: by a family that gives no probabilities, if it cannot tell.
    """
    model.eval()
    with torch.inference_mode():
        return model.combinations(masks, generator_for(seed, RESTRICTED_STREAM, 1))
