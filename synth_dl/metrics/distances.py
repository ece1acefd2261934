"""Distances between two clouds of features: Fréchet distance and kernel distance."""

import numpy as np
from numpy.typing import NDArray

BLOCKS = 10


def frechet_distance(real: NDArray[np.float64], made: NDArray[np.float64]) -> float:
    """Squared Fréchet distance of the Gaussians with the means and covariances of the features.

    |m_r - m_s|^2 + tr(C_r + C_s - 2 (C_r C_s)^(1/2)): Heusel et al. 2017 (arXiv:1706.08500),
    eq. 6, with other features than theirs, so that figures compare only among equal features.
    From 0, lower is better, in squared units of a feature. It is biased upwards, by more the fewer
    images there are: what a real holdout of the same size gets is the floor, and below 10 images a
    feature the figure says little.

    Unit: squared feature. Range: from 0. Better: lower. Source: Heusel et al. 2017
    (arXiv:1706.08500), equation 6.

    Args:
        real: [N, F] features.
        made: [M, F] features.
    """
    from scipy.linalg import eigh

    first, second = (np.atleast_2d(np.cov(each, rowvar=False)) for each in (real, made))
    values, vectors = eigh(first)
    root = (vectors * np.sqrt(values.clip(min=0.0))) @ vectors.T
    # The trace of the root of C_r C_s is that of C_r^(1/2) C_s C_r^(1/2), which is symmetric and
    # has no negative eigenvalues beside those of rounding.
    shared = np.sqrt(eigh(root @ second @ root, eigvals_only=True).clip(min=0.0)).sum()
    gap = real.mean(0) - made.mean(0)
    distance = float(gap @ gap + np.trace(first) + np.trace(second) - 2.0 * shared)
    return max(distance, 0.0)


def kernel_distance(real: NDArray[np.float64], made: NDArray[np.float64]) -> tuple[float, float]:
    """Squared maximum mean discrepancy with the kernel (x·y / F + 1)^3, unbiased.

    The kernel distance KID of Bińkowski et al. 2018 (arXiv:1801.01401), section 4, whose estimate
    is eq. 3 of Gretton et al. 2012 (Journal of Machine Learning Research 13): the mean of k over
    pairs of two different images of each sample, less twice its mean over pairs across. It is 0 on
    average for equal distributions, whatever the number of images, and hence below 0 now and then;
    lower is better. Theirs is the mean over random subsets of 1,000 images that overlap; here all
    pairs count, and the standard error is that of the jackknife that leaves out one block of ten.

    Unit: none. Range: around 0 and above. Better: lower. Source: Bińkowski et al. 2018
    (arXiv:1801.01401), section 4.

    Args:
        real: [N, F] features in random order.
        made: [M, F] features in random order.

    Returns:
        The distance and its standard error.
    """
    count = max(1, min(BLOCKS, min(len(real), len(made)) // 3))
    blocks = [np.array_split(each, count) for each in (real, made)]
    sizes = np.array([[len(block) for block in own] for own in blocks])
    real_pairs, made_pairs = (_within(own) for own in blocks)
    pairs_across = _sums(*blocks)

    def discrepancy(kept: NDArray[np.bool_]) -> float:
        """The estimate on some of the blocks."""
        first, second = sizes[:, kept].sum(axis=1)
        square = np.ix_(kept, kept)
        total = real_pairs[square].sum() / (first * (first - 1))
        total += made_pairs[square].sum() / (second * (second - 1))
        return float(total - 2.0 * pairs_across[square].sum() / (first * second))

    whole = discrepancy(np.ones(count, dtype=bool))
    if count == 1:
        return whole, 0.0
    left = np.array([discrepancy(~own) for own in np.eye(count, dtype=bool)])
    error = np.sqrt((count - 1) * np.mean((left - left.mean()) ** 2))
    return whole, float(error)


def _within(blocks: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """[B, B] sums of the kernel over pairs of images of two blocks, no image with itself."""
    sums = _sums(blocks, blocks)
    for place, block in enumerate(blocks):
        own = (block**2).sum(axis=1) / block.shape[1] + 1.0
        sums[place, place] -= (own * own * own).sum()
    return sums


def _sums(
    first: list[NDArray[np.float64]], second: list[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """[B, B] sums of the kernel over pairs of a block of the first and one of the second."""
    return np.array([[_cubic(one, other).sum() for other in second] for one in first])


def _cubic(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    kernel = first @ second.T / first.shape[1] + 1.0
    # The general power is many times slower than two products.
    return kernel * kernel * kernel
