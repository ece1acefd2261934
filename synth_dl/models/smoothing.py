"""Leaf distributions as averages over all prunings of a tree (context-tree weighting).

A tree that was grown until its leaves are small knows its rows by heart. Every pruning of it is a
model too, and there is a closed form for the average over all of them, each weighted by its prior
and by how likely it makes the rows (Buntine 1992; Willems, Shtarkov and Tjalkens 1995). Each node
estimates its distribution by its counts and `strength` times the distribution of its root; a split
is kept with the prior probability `depth`.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0)
DEPTHS = (0.5, 0.1, 0.01, 1e-3, 1e-4)
DEFAULT = (10.0, 0.1)  # where there are no validation rows to choose by
NEGLIGIBLE = 1e-3  # probability of all splits below a node, under which it becomes a leaf

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Forest:
    """Binary trees that estimate one distribution.

    Attributes:
        roots: [R] their root nodes.
        below: [N, 2] nodes; -1, -1 for a leaf.
        counts: [N, levels] training rows at each node by their code.
        base: [N, levels] distribution that all nodes of a tree are pulled to, for its root node.
    """

    roots: Whole
    below: Whole
    counts: Floats
    base: Floats

    @cached_property
    def layers(self) -> list[Whole]:
        """The nodes of each depth."""
        return layers_of(self.roots, self.below)

    @cached_property
    def parent(self) -> Whole:
        """[N] -1 for a root."""
        parent = np.full(len(self.below), -1)
        inner = np.flatnonzero(self.below[:, 0] >= 0)
        parent[self.below[inner]] = inner[:, None]
        return parent

    def estimates(self, strength: float) -> Floats:
        """[N, levels] each node's own distribution."""
        rows = self.counts.sum(1, keepdims=True)
        return (self.counts + strength * self.base) / (rows + strength)

    def evidence(self, strength: float) -> Floats:
        """[N] log-probability of the codes at each node under its own distribution."""
        node, code = np.nonzero(self.counts)
        prior = strength * self.base[node, code]
        gained = _log_gamma(self.counts[node, code] + prior) - _log_gamma(prior)
        total = np.bincount(node, weights=gained, minlength=len(self.counts))
        rows = self.counts.sum(1)
        return total + _log_gamma(np.full(len(rows), strength)) - _log_gamma(rows + strength)

    def reached(self, evidence: Floats, depth: float) -> tuple[Floats, Floats]:
        """[N] probability that the tree is split down to a node, and that it ends there."""
        whole, stop = evidence.copy(), np.ones(len(evidence))
        split, kept = np.log(depth), np.log1p(-depth)
        for layer in self.layers[::-1]:
            inner = layer[self.below[layer, 0] >= 0]
            ends = kept + evidence[inner]
            whole[inner] = np.logaddexp(split + whole[self.below[inner]].sum(1), ends)
            stop[inner] = np.exp(ends - whole[inner])
        mass = np.ones(len(evidence))
        for layer in self.layers[1:]:
            mass[layer] = mass[self.parent[layer]] * (1 - stop[self.parent[layer]])
        return mass, mass * stop

    def choose(self, leaves: Whole, codes: Whole) -> tuple[float, float, float]:
        """Strength and depth with the least nats on other rows, and these nats, summed.

        Args:
            leaves: [M] the leaf of each row.
            codes: [M].
        """
        if not len(codes):
            return *DEFAULT, 0.0
        path = [leaves]
        while (path[-1] >= 0).any():
            path.append(np.where(path[-1] >= 0, self.parent[path[-1]], -1))
        nodes = np.stack(path[:-1], 1)
        known = nodes >= 0
        found = []
        for strength in STRENGTHS:
            own = self.counts[nodes, codes[:, None]] + strength * self.base[nodes, codes[:, None]]
            own = np.where(known, own / (self.counts.sum(1) + strength)[nodes], 0.0)
            evidence = self.evidence(strength)
            for depth in DEPTHS:
                _, ends = self.reached(evidence, depth)
                nats = -np.log((own * ends[nodes]).sum(1)).sum()
                found.append((float(nats), strength, depth))
        nats, strength, depth = min(found)
        return strength, depth, nats

    def smoothed(self, strength: float, depth: float) -> tuple[Floats, NDArray[np.bool_]]:
        """[N, levels] the average over all prunings for a row that ends at a node, and whether the
        tree is worth being split there; those below such nodes are not filled."""
        mass, ends = self.reached(self.evidence(strength), depth)
        own = self.estimates(strength)
        further = (self.below[:, 0] >= 0) & (mass - ends > NEGLIGIBLE)
        average, above = np.zeros_like(own), np.zeros_like(own)
        layer = self.roots
        while len(layer):
            average[layer] = above[layer] + mass[layer, None] * own[layer]
            inner = layer[further[layer]]
            passed = above[inner] + ends[inner, None] * own[inner]
            for side in (0, 1):
                above[self.below[inner, side]] = passed
            layer = self.below[inner].ravel()
        return average / average.sum(1, keepdims=True).clip(1e-300), further


def layers_of(roots: Whole, below: Whole) -> list[Whole]:
    """The nodes of each depth of binary trees, from roots [R] and nodes below each [N, 2]."""
    layers, layer = [], roots
    while len(layer):
        layers.append(layer)
        pairs = below[layer]
        layer = pairs[pairs[:, 0] >= 0].ravel()
    return layers


def _log_gamma(values: Floats) -> Floats:
    return torch.lgamma(torch.from_numpy(values)).numpy()
