"""Which patterns the values of a column follow: few, and each shared by many values."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synth_dl.tables.codecs.key_alphabet import DIGITS, LOWER, UPPER
from synth_dl.tables.codecs.key_piece import Piece, text_piece
from synth_dl.tables.codecs.key_pieces import fixed_pieces, run_pieces
from synth_dl.tables.codecs.key_shapes import LONGEST, skeleton, skeleton_hashes
from synth_dl.tables.codecs.key_text import TextTail, fit_text

MOST_TEMPLATES = 64
_MOST_DOMAINS = 8
_MOST_SIBLINGS = 8
_MOST_NUMBERS = 40
_MOST_RUNS = 16  # of letters and digits; what has more is free text
_MOST_SPACES = 5
_SAMPLE = 20_000
_LEAST_POOL = 0.01  # share of the values from which on those of no pattern count as free text
# Share of the values of one coarse pattern that its finer patterns must cover to be used instead.
_COVERED = {"exact": 0.95, "alnum": 0.95, "runs": 0.8}


@dataclass(frozen=True)
class Pattern:
    """A pattern before fresh values are looked for; `members` counts its distinct values."""

    level: str
    skeleton: str
    kept: int
    pieces: tuple[Piece, ...]
    members: int
    tail: TextTail | None = None


def frequent_domains(values: Sequence[str], min_count: int) -> frozenset[str]:
    """The e-mail domains that most values share, each held by at least `min_count` of them."""
    parts = (value.rpartition("@") for value in values if "@" in value)
    domains = Counter(
        tail for name, _, tail in parts if name and "." in tail and not set(tail) & set(" /:,;<>")
    )
    return frozenset(d for d, times in domains.most_common(_MOST_DOMAINS) if times >= min_count)


def find_patterns(
    values: Sequence[str],
    domains: frozenset[str],
    number: bool,
    min_count: int,
    generator: np.random.Generator,
) -> list[Pattern]:
    """The patterns of distinct values, the most frequent first; there may be none.

    Args:
        values: distinct values, each with a letter or a digit.
        domains: see `frequent_domains`.
        number: whether they are integers, which have patterns by their number of digits only.
        min_count: how many distinct values must share a pattern.
        generator: picks the values that alphabets and lengths are taken from where there are many.
    """
    hashes = skeleton_hashes(values, domains)[0]
    groups, pool = _partition(values, hashes, number, min_count)
    patterns = []
    for level, members in groups:
        chosen = members
        if len(chosen) > _SAMPLE:
            chosen = np.sort(generator.choice(members, _SAMPLE, replace=False))
        texts = [values[int(i)] for i in chosen.tolist()]
        shown, kept = skeleton(texts[0], level, domains)
        if level in ("exact", "alnum"):
            pieces = fixed_pieces(texts, shown, min_count)
        else:
            pieces = run_pieces(texts, level, domains, min_count)
        found = tuple(with_free_piece(pieces))
        patterns.append(Pattern(level, shown, kept, found, len(members)))
    if len(pool) >= max(min_count, _LEAST_POOL * len(values)) and not number:
        pieces, tail = fit_text([values[int(i)] for i in pool.tolist()], min_count, generator)
        patterns.append(Pattern("text", "", 0, tuple(pieces), len(pool), tail))
    return sorted(patterns, key=lambda pattern: -pattern.members)


def fallback_pieces(number: bool, digits: int) -> tuple[Piece, ...]:
    """A pattern that rests on no data, for columns too small to have one of their own."""
    if number:
        return (Piece(DIGITS[1:], ((1, 1.0),)), Piece(DIGITS, ((max(0, min(6, digits) - 1), 1.0),)))
    return (Piece(UPPER, ((2, 1.0),)), text_piece("-"), Piece(DIGITS, ((6, 1.0),)))


def with_free_piece(pieces: list[Piece]) -> list[Piece]:
    """The pieces, one of them a run of random characters in each value."""
    if any(piece.pure and piece.mean_length > 0 for piece in pieces):
        return pieces
    runs = [index for index, piece in enumerate(pieces) if piece.alphabet]
    if not runs:
        return [*pieces, Piece(LOWER, ((3, 1.0),))]
    freest = min(runs, key=lambda index: sum(share for _, share in pieces[index].words))
    return [*pieces[:freest], *pieces[freest].opened(), *pieces[freest + 1 :]]


def _partition(
    values: Sequence[str], hashes: dict[str, np.ndarray], number: bool, min_count: int
) -> tuple[list[tuple[str, np.ndarray]], np.ndarray]:
    """Groups of values with one skeleton, each with its level, and the values of no group."""
    groups: list[tuple[str, np.ndarray]] = []
    coarse = _groups(hashes["words"], np.arange(len(hashes["words"])), min_count)
    for members in coarse:
        if len(groups) >= MOST_TEMPLATES - 1:
            break
        if _is_text(values[int(members[0])]):
            continue
        finer = _finer(hashes, members, number, min_count)
        groups += finer[: MOST_TEMPLATES - 1 - len(groups)]
        if number:
            continue
        covered = np.concatenate([group for _, group in finer]) if finer else members[:0]
        rest = np.setdiff1d(members, covered, assume_unique=True)
        if len(rest) >= min_count and len(groups) < MOST_TEMPLATES - 1:
            groups.append(("words", rest))
    grouped = np.zeros(len(hashes["words"]), dtype=bool)
    for _, members in groups:
        grouped[members] = True
    return groups, np.flatnonzero(~grouped)


def _is_text(value: str) -> bool:
    shown = skeleton(value, "words", frozenset())[0]
    spaces = sum(map(str.isspace, shown))
    return len(value) > LONGEST or shown.count("x") > _MOST_RUNS or spaces > _MOST_SPACES


def _finer(
    hashes: dict[str, np.ndarray], members: np.ndarray, number: bool, min_count: int
) -> list[tuple[str, np.ndarray]]:
    for level, needed in _COVERED.items():
        most = _MOST_NUMBERS if number else _MOST_SIBLINGS
        siblings = _groups(hashes[level][members], members, min_count)[:most]
        if number or sum(map(len, siblings)) >= needed * len(members):
            return [(level, group) for group in siblings]
    return []


def _groups(hashes: np.ndarray, members: np.ndarray, min_count: int) -> list[np.ndarray]:
    """Members of equal hash, where there are `min_count` of them; the largest groups first."""
    order = np.argsort(hashes, kind="stable")
    edges = np.flatnonzero(np.diff(hashes[order], prepend=hashes[order[:1]] + np.uint64(1)))
    sizes = np.diff(edges, append=len(order))
    large = np.flatnonzero(sizes >= min_count)
    large = large[np.argsort(-sizes[large], kind="stable")][: 4 * MOST_TEMPLATES]
    return [
        np.sort(members[order[start : start + size]])
        for start, size in zip(edges[large].tolist(), sizes[large].tolist(), strict=True)
    ]
