"""Membership attacks: how likely a real row was among those that a generator learnt from.

Each attack sees the synthetic rows, the reference (real rows that are none of those asked about)
and the rows that are asked about, but not which of them are members. It gives a score, higher for
likelier members; only the order counts. None is the strongest on all data (Synth-MIA,
arXiv:2509.18014), hence the worst of them is what counts.
"""

import numpy as np
from numpy.typing import NDArray

from synth_dl.metrics.boosting import classifier, regressor
from synth_dl.metrics.embedding import nearest
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.privacy.parts import Parts

BY_MODEL = "likelihood ratio"  # the attack of somebody who has the generator, not its rows alone
NEIGHBOURS = 5
PROJECTED, KERNELS = 6, 2_000
BLOCK = 1_000_000  # distances that are held at the same time
MOST_SYNTHETIC = 30_000
Scores = NDArray[np.float64]


def attack_scores(
    parts: Parts,
    synthetic: EncodedTable,
    seed: int = 0,
    likelihoods: tuple[Scores, Scores] | None = None,
) -> dict[str, Scores]:
    """[2N] scores of the rows asked about, by the name of the attack.

    Args:
        parts: members, non-members and the reference.
        synthetic: what the generator made; at most 30,000 rows of it are looked at.
        seed: of the choice of rows, and of what learns.
        likelihoods: [2N] nats that the generator itself gives to the rows asked about, and [R] to
            the reference, where it is at hand.
    """
    rng = np.random.default_rng(seed)
    synthetic = synthetic.at_most(MOST_SYNTHETIC, rng)
    made, known = parts.embedding(synthetic), parts.embedding(parts.reference)
    neighbours = min(NEIGHBOURS, len(made), len(known))
    near = nearest(parts.points, made, neighbours)[0]
    far = nearest(parts.points, known, neighbours)[0]
    found = {
        "distance": -near[:, 0],
        "distance difference": far[:, 0] - near[:, 0],
        "neighbourhood": (far - near).mean(1),
        "classifier ratio": classifier_ratio(parts.rows, synthetic, parts.reference, seed),
        "density ratio": density_ratio(parts.points, made, known, rng),
    }
    if likelihoods is not None:
        asked, fresh = likelihoods
        ratio = likelihood_ratio(parts.rows, asked, parts.reference, fresh, seed)
        found[BY_MODEL] = ratio
    return found


def classifier_ratio(
    rows: EncodedTable, synthetic: EncodedTable, reference: EncodedTable, seed: int = 0
) -> Scores:
    """[N] log odds that a row is synthetic and not of the reference, by boosted trees.

    The probability ratio of a classifier estimates that of the densities (Sugiyama et al. 2012);
    as an attack in Synth-MIA (arXiv:2509.18014).
    """
    features = np.concatenate([synthetic.values, reference.values])
    made = np.repeat([1, 0], [len(synthetic), len(reference)])
    model = classifier(seed, "balanced").fit(features, made)
    return np.asarray(model.predict(rows.values, raw_score=True), dtype=np.float64)


def density_ratio(points: Scores, made: Scores, known: Scores, rng: np.random.Generator) -> Scores:
    """[N] log of the density of synthetic rows over that of the reference, DOMIAS.

    van Breugel et al. 2023 (arXiv:2302.12580), eq. 2, by Gaussian kernels on at most 6 principal
    components of the points, since kernels on all columns see no density. 2,000 rows at most of
    each are kernels.

    Args:
        points: [N, D] that are asked about.
        made: [S, D] synthetic ones.
        known: [R, D] of the reference.
        rng: of the choice of kernels.
    """
    from sklearn.decomposition import PCA

    both = np.concatenate([points, known])
    axes = min(PROJECTED, *both.shape)
    projection = PCA(axes, svd_solver="full").fit(both)
    kept = projection.explained_variance_ > 1e-12
    if not kept.any():
        return np.zeros(len(points))
    scale = np.sqrt(projection.explained_variance_[kept])
    asked, *clouds = (projection.transform(each)[:, kept] / scale for each in (points, made, known))
    first, second = (_log_density(asked, cloud, rng) for cloud in clouds)
    return first - second


def likelihood_ratio(
    rows: EncodedTable,
    log_prob: Scores,
    reference: EncodedTable,
    log_prob_reference: Scores,
    seed: int = 0,
) -> Scores:
    """[N] nats by which the generator's own likelihood exceeds that of a fresh row like it.

    What a fresh row like it has is learnt from the reference by boosted trees (Bertran et al. 2023,
    arXiv:2307.03694, with the mean in the place of a quantile): rows that are likely anyhow are no
    sign of membership. Likelihoods that are no number count as the lowest one.

    Args:
        rows: that are asked about.
        log_prob: [N] nats of these.
        reference: fresh rows.
        log_prob_reference: [R] nats of these.
        seed: of the trees.
    """
    asked, known = (_finite(each) for each in (log_prob, log_prob_reference))
    # Single rows of hardly any likelihood must not decide where trees are cut.
    known = known.clip(*np.quantile(known, [0.01, 0.99]))
    expected = regressor(seed).fit(reference.values, known).predict(rows.values)
    return asked - np.asarray(expected)


def _finite(nats: Scores) -> Scores:
    there = nats[np.isfinite(nats)]
    lowest = there.min() if len(there) else 0.0
    return np.nan_to_num(nats, nan=lowest, neginf=lowest, posinf=there.max(initial=lowest))


def _log_density(asked: Scores, cloud: Scores, rng: np.random.Generator) -> Scores:
    """[N] log density of a cloud by kernels with the width of Scott's rule, up to a constant."""
    from scipy.spatial.distance import cdist
    from scipy.special import logsumexp

    if len(cloud) > KERNELS:
        cloud = cloud[rng.choice(len(cloud), KERNELS, replace=False)]
    width = len(cloud) ** (-1 / (cloud.shape[1] + 4))
    step = max(1, BLOCK // len(cloud))
    blocks = (asked[start : start + step] for start in range(0, len(asked), step))
    return np.concatenate(
        [logsumexp(-cdist(block, cloud, "sqeuclidean") / (2 * width**2), axis=1)
         - np.log(len(cloud)) for block in blocks]
    )  # fmt: skip
