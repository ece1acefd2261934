"""Sequential trees: each variable given the ones before it, by one tree whose leaves are smoothed.

log p(x) = sum over v of log p(x_v | the variables before v), in the manner of synthpop (Reiter
2005; Nowok, Raab and Dibben 2016). Columns of few values stand first: their trees have rows enough,
and they are what conditions are usually on. Where other variables are given first, trees for that
order are needed: they are grown from the rows for the sets of columns that `given` names, else from
draws of the model itself when they are first asked for.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.errors.options import Whole, checked
from synth_dl.likelihoods.categorical import Categorical
from synth_dl.likelihoods.inversion import Allowed, place_of
from synth_dl.models import importance
from synth_dl.models.closed_form import ClosedFormModel
from synth_dl.models.column_order import few_values_first, patterns, variables_of
from synth_dl.models.conditional_tree import SIZES, ConditionalTree, joined, parted
from synth_dl.models.growing import grow
from synth_dl.noise import generator_for
from synth_dl.spec import Spec

DRAWS = 50_000  # of the model itself, from which trees of other orders are grown
HELD_BACK = 5_000  # of these, to choose their smoothing by
DRAW_SEED = 20_000_017
MOST_PATTERNS = 8  # sets of known variables for which trees are grown; for more, particles compete
MOST_CODES = 1 << 22  # of records that are looked at together


class Trees(ClosedFormModel):
    """Exact likelihood and exact sampling; any variables given, by trees for that order.

    Args:
        spec: what one record is.
        min_count: training rows that each leaf rests on at least.
        given: sets of columns, such as `[[income], [sex, age]]`, for which the trees that have them
            first are grown from the training rows and kept with the model.

    Attributes:
        variables: [T] the variable of each tree.
        seen: [T, V] which variables it may ask for.
        sizes, roots, halves, asked, threshold, below, unknown, offset, positions, shares: as
            `conditional_tree.joined` has them.
    """

    sizes: Tensor
    seen: Tensor
    variables: Tensor

    @checked("model")
    def __init__(
        self, spec: Spec, min_count: Whole = 5, given: Sequence[Sequence[str]] | None = None
    ) -> None:
        super().__init__()
        if spec.grid is not None:
            raise ConfigError(
                "model=trees is for tables; take model=autoregressive, vae or gan for images"
            )
        self.spec, self.min_count = spec, min_count
        self._first = [variables_of(spec, columns) for columns in given or ()]
        size = len(spec)
        self._order = few_values_first(spec)
        self._before = torch.zeros(size, size, dtype=torch.bool)
        for place, variable in enumerate(self._order):
            self._before[variable, self._order[:place]] = True
        for name in ("roots", "asked", "threshold", "unknown", "offset", "positions"):
            self.register_buffer(name, torch.zeros(0, dtype=torch.int32))
        for name in ("halves", "below"):
            self.register_buffer(name, torch.zeros(0, 2, dtype=torch.int32))
        self.register_buffer("shares", torch.zeros(0))
        self.register_buffer("sizes", torch.zeros(0, len(SIZES), dtype=torch.long))
        self.register_buffer("variables", torch.zeros(0, dtype=torch.long))
        self.register_buffer("seen", torch.zeros(0, size, dtype=torch.bool))
        self._trees: dict[tuple[int, bytes], ConditionalTree] = {}
        self._drawn: Tensor | None = None

    @torch.no_grad()
    def fit(self, training: Tensor, validation: Tensor) -> None:
        """Grow the trees of the order, and those of the orders that `given` names."""
        wanted: dict[tuple[int, bytes], Tensor] = {}
        for first in (torch.zeros(len(self.spec), dtype=torch.bool), *self._first):
            for variable in self._order:
                seen = self._sight(first, variable)
                wanted.setdefault(_key(variable, seen), seen)
        self._drawn = None
        self._trees = {
            key: self._grown(key[0], seen, training, validation) for key, seen in wanted.items()
        }
        for name, value in joined(list(self._trees.values())).items():
            setattr(self, name, value)
        self.variables = torch.tensor([variable for variable, _ in wanted])
        self.seen = torch.stack(list(wanted.values()))

    def check_state(self) -> None:
        levels, variables = self.spec.levels, self.variables.tolist()
        if any(not 0 <= each < len(levels) for each in variables):
            raise ValueError("a tree is of a variable that does not exist")
        if self.seen.shape != (len(variables), len(levels)):
            raise ValueError("what the trees may ask for is missing")
        trees = parted(dict(self.named_buffers()), [levels[each] for each in variables])
        for tree, variable, seen in zip(trees, variables, self.seen, strict=True):
            tree.check(self.spec, variable, seen)
        pairs = zip(variables, self.seen, strict=True)
        self._trees = dict(zip((_key(*pair) for pair in pairs), trees, strict=True))
        self._drawn = None
        if any(_key(each, self._before[each]) not in self._trees for each in range(len(levels))):
            raise ValueError("the tree of a variable is missing")

    @torch.no_grad()
    def sample(self, given: Tensor, uniform: Tensor, allowed: Allowed = None) -> Tensor:
        """Exact draws by the chain rule: what is given first, the rest in its order."""
        codes = given.clone()
        for known, rows in patterns(given >= 0):
            own = codes[rows]
            for variable in (v for v in self._order if not known[v]):
                tree, noise = self._tree(variable, self._sight(known, variable)), uniform[rows]
                parent = self.spec.variables[variable].parent
                if allowed and variable in allowed:
                    shares = _only(tree.distribution(own, parent), allowed[variable])
                    own[:, variable] = place_of(shares, noise[:, variable, None])[:, 0]
                else:
                    own[:, variable] = tree.draw(own, noise[:, variable], parent)
            codes[rows] = own
        return codes

    @torch.no_grad()
    def log_prob(self, codes: Tensor, given: Tensor | None = None) -> Tensor:
        """[B, V] nats, exact where all codes are known."""
        found = torch.zeros(codes.shape, dtype=torch.float64)
        first = torch.zeros_like(codes, dtype=torch.bool) if given is None else given
        for known, rows in patterns(first):
            own = codes[rows]
            for variable in range(len(self.spec)):
                # What is given stands first, in the same order among itself.
                seen = self._sight(known, variable)
                found[rows, variable] = self._nats(own, variable, seen)
        return found

    @torch.no_grad()
    def conditional(self, codes: Tensor, variable: int) -> Tensor:
        """By Bayes' rule where all else is known; else by the tree that has what is known first."""
        codes = codes.clone()
        codes[:, variable] = -1
        own = torch.tensor(self._with_refinements(variable))
        found = torch.zeros(len(codes), self.spec.levels[variable])
        found_in = list(patterns(codes >= 0))
        for known, rows in found_in:
            apart = known.clone()
            apart[own] = True
            if apart.all() or (self._missing_trees([known]) and len(found_in) > MOST_PATTERNS):
                found[rows] = self._by_bayes(codes[rows], variable, known)
            else:
                found[rows] = self._shares(codes[rows], variable, known).float()
        return found

    def direct(self, known: Tensor) -> bool:
        """Few sets of known variables are drawn given by trees of their own; else particles do."""
        sets = [known for known, _ in patterns(known)]
        return len(sets) <= MOST_PATTERNS or not self._missing_trees(sets)

    @torch.no_grad()
    def complete(
        self, given: Tensor, uniform: Tensor, resampling: Tensor, allowed: Allowed = None
    ) -> tuple[Tensor, Tensor]:
        """Args and results as in `models.importance.complete`; exact for many particles."""
        order, likelihood = self._order, Categorical(self.spec)
        ordered = resampling[:, [*order, -1]]
        asked = {order.index(variable): mask for variable, mask in (allowed or {}).items()}
        codes, sizes = importance.complete(
            _Steps(self), likelihood, given[:, order], uniform[..., order], ordered, asked
        )
        found = torch.empty_like(codes)
        found[:, order] = codes
        return found, sizes

    def nats_at(self, place: int, ordered: Tensor) -> Tensor:
        """[B, levels] log-probabilities of the variable at a place of the order.

        Args:
            place: in the order.
            ordered: [B, V] codes in the order.
        """
        variable, codes = self._order[place], torch.empty_like(ordered)
        codes[:, self._order] = ordered
        return self._shares(codes, variable, self._before[variable]).log()

    @property
    def drawing_order(self) -> Sequence[int]:
        return self._order

    @property
    def facts(self) -> dict[str, Any]:
        """The order of the columns, and how many leaves there are."""
        columns = dict.fromkeys(self.spec.variables[v].column for v in self._order)
        order = ", ".join(self.spec.columns[column] for column in columns)
        return {"order of the columns": order, "leaves": int(self.sizes[:, -1].sum())}

    def _sight(self, first: Tensor, variable: int) -> Tensor:
        """[V] what a variable may see where some [V] stand first."""
        before = self._before[variable]
        return first & before if first[variable] else first | before

    def _tree(self, variable: int, seen: Tensor) -> ConditionalTree:
        key = _key(variable, seen)
        if key not in self._trees:
            if self._drawn is None:
                nothing = torch.full((DRAWS, len(self.spec)), -1)
                generator = generator_for(DRAW_SEED)
                self._drawn = self.sample(nothing, torch.rand(nothing.shape, generator=generator))
            rest, held = self._drawn[HELD_BACK:], self._drawn[:HELD_BACK]
            self._trees[key] = self._grown(variable, seen, rest, held)
        return self._trees[key]

    def _grown(self, variable: int, seen: Tensor, *codes: Tensor) -> ConditionalTree:
        training, validation = (each.long().cpu().numpy() for each in codes)
        predictors = seen.nonzero()[:, 0].tolist()
        return grow(self.spec, training, validation, variable, predictors, self.min_count)

    def _missing_trees(self, sets: list[Tensor]) -> bool:
        """Whether trees would have to be grown to draw given these [V] variables."""
        keys = (
            _key(variable, self._sight(known, variable))
            for known in sets
            for variable in self._order
            if not known[variable]
        )
        return any(key not in self._trees for key in keys)

    def _shares(self, codes: Tensor, variable: int, seen: Tensor) -> Tensor:
        """[B, levels] probabilities given the variables [V] that are seen, of codes [B, V]."""
        parent = self.spec.variables[variable].parent
        return self._tree(variable, seen).distribution(codes, parent)

    def _nats(self, codes: Tensor, variable: int, seen: Tensor) -> Tensor:
        """[B] log-probabilities of the codes of a variable; 0 where unknown."""
        parent = self.spec.variables[variable].parent
        return self._tree(variable, seen).nats(codes, variable, parent)

    def _with_refinements(self, variable: int) -> list[int]:
        """A variable and those that refine it."""
        own = self.spec.variables
        return [variable, *(v for v in range(len(own)) if own[v].parent == variable)]

    def _by_bayes(self, codes: Tensor, variable: int, known: Tensor) -> Tensor:
        """[B, levels] of records with the same known variables [V]: each value is tried."""
        levels = self.spec.levels[variable]
        tried = torch.arange(levels)[:, None]
        free = [v for v in self._with_refinements(variable) if not known[v]]
        for inner in free[1:]:  # refinements that are unknown too, all of whose codes are summed
            counts = torch.tensor(self.spec.variables[inner].children)[tried[:, 0]]
            tried = tried.repeat_interleave(counts, 0)
            below = torch.cat([torch.arange(count) for count in counts.tolist()])
            tried = torch.cat([tried, below[:, None]], 1)
        found = []
        for part in codes.split(max(1, MOST_CODES // (len(tried) * len(self.spec)))):
            filled = part.repeat_interleave(len(tried), 0)
            filled[:, free] = tried.repeat(len(part), 1)
            nats = torch.zeros(len(filled), dtype=torch.float64)
            for other in self._order[self._order.index(variable) :]:
                before = self._before[other]
                if other in free or bool(torch.isin(self._tree(other, before).asked,
                                                    torch.tensor(free)).any()):  # fmt: skip
                    nats += self._nats(filled, other, before)
            chances = nats.view(len(part), -1).softmax(1)
            summed = torch.zeros(len(part), levels, dtype=torch.float64)
            found.append(summed.index_add_(1, tried[:, 0], chances).float())
        return torch.cat(found) if found else torch.zeros(0, levels)


class _Steps:
    """The trees one after another, as importance resampling asks a network."""

    def __init__(self, model: Trees) -> None:
        self.model = model

    def begin(self, codes: Tensor) -> "_Steps":
        return self

    def step(self, variable: int, state: Any, codes: Tensor) -> Tensor:
        return self.model.nats_at(variable, codes)

    def absorb(self, variable: int, state: Any, codes: Tensor, rows: Tensor) -> None:
        """Trees keep nothing of what was drawn before."""

    def take(self, rows: Tensor) -> None:
        """Nor of which particles go on."""


def _key(variable: int, seen: Tensor) -> tuple[int, bytes]:
    return variable, seen.numpy().tobytes()


def _only(shares: Tensor, allowed: Tensor) -> Tensor:
    """Probabilities [B, levels] of codes that may be drawn [levels]; of all where none may be."""
    return shares * allowed if allowed.any() else shares
