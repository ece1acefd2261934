"""Networks of variables in which each has one parent at most: exact in everything, by messages.

Pearl (1988), chapter 4: what is known of the variables below one is sent up the tree as a factor
for each of its codes, and draws come down.
"""

import torch
from torch import Tensor

from synth_dl.likelihoods.inversion import Allowed, place_of
from synth_dl.models.closed_form import ClosedFormModel
from synth_dl.spec import Spec


class TreeNetwork(ClosedFormModel):
    """Each variable given its parent, where it has one; `fit` says which, and how.

    Args:
        spec: what one record is.

    Attributes:
        parents: [V] the parent of each variable, -1 for a root.
        tables: [T] all conditional probabilities p(code | code of the parent), one table [parent's
            levels, levels] after another; a root has a single row.
    """

    integrates = True
    parents: Tensor
    tables: Tensor

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.spec = spec
        self.register_buffer("parents", torch.full((len(spec),), -1))
        self.register_buffer("tables", torch.zeros(0))
        self._split()

    def join(self, parents: list[int], tables: list[Tensor]) -> None:
        """Take the parent of each variable, and its table [parent's levels, levels]."""
        self.parents = torch.tensor(parents, dtype=torch.long)
        self.tables = torch.cat([each.flatten() for each in tables] or [torch.zeros(0)])
        self._split()

    def check_state(self) -> None:
        levels, size = self.spec.levels, len(self.spec)
        parents = self.parents.tolist()
        if len(parents) != size or any(not -1 <= each < size for each in parents):
            raise ValueError("a variable has a parent that does not exist")
        expected = sum(
            count * (levels[parent] if parent >= 0 else 1)
            for count, parent in zip(levels, parents, strict=True)
        )
        if len(self.tables) != expected or not bool((self.tables >= 0).all()):
            raise ValueError("the tables of probabilities have other sizes")
        self._split()
        if len(self._order) != size:
            raise ValueError("the tree has a circle")
        if any(bool((each.sum(1) - 1).abs().max() > 1e-3) for each in self._tables):
            raise ValueError("probabilities do not sum to one")

    def log_prob(self, codes: Tensor, given: Tensor | None = None) -> Tensor:
        """[B, V] nats, exact; of partly known records that of the known part alone.

        The order of the variables makes no difference, so `given` has none.
        """
        found = torch.zeros(codes.shape, dtype=torch.float64)
        whole = (codes >= 0).all(1)
        for index, parent in enumerate(self.parents.tolist()):
            row = codes[whole, parent] if parent >= 0 else torch.zeros_like(codes[whole, index])
            found[whole, index] = self._tables[index][row, codes[whole, index]].double().log()
        if not whole.all():
            found[~whole] = self._upward(self._evidence(codes[~whole]))[1]
        return found

    def conditional(self, codes: Tensor, variable: int) -> Tensor:
        """Exact, by sending what is known along the tree to the variable."""
        codes = codes.clone()
        codes[:, variable] = -1
        evidence = self._evidence(codes)
        messages, _ = self._upward(evidence)
        path = [variable]
        while (parent := int(self.parents[path[-1]])) >= 0:
            path.append(parent)
        before = self._tables[path[-1]].double().expand(len(codes), -1)
        for index, below in zip(path[::-1], [*path[::-1][1:], None], strict=True):
            belief = before * evidence[index]
            for child in self._children[index]:
                if child != below:
                    belief = belief * messages[child]
            belief = belief / belief.sum(1, keepdim=True)
            before = belief if below is None else belief @ self._tables[below].double()
        return before.float()

    def sample(self, given: Tensor, uniform: Tensor, allowed: Allowed = None) -> Tensor:
        """Exact draws given any known codes: what is known goes up the tree, draws come down."""
        codes = given.clone()
        free = not allowed and not bool((given >= 0).any())
        evidence = [] if free else self._evidence(given, allowed)
        messages = {} if free else self._upward(evidence)[0]
        for index in self._order:
            parent = int(self.parents[index])
            row = codes[:, parent] if parent >= 0 else torch.zeros_like(codes[:, index])
            shares = self._tables[index].double()[row]
            if not free:
                shares = shares * evidence[index]
                for child in self._children[index]:
                    shares = shares * messages[child]
            drawn = place_of(shares, uniform[:, index, None])[:, 0]
            codes[:, index] = torch.where(given[:, index] < 0, drawn, given[:, index])
        return codes

    def _split(self) -> None:
        """The tables of each variable, its children, and the variables from the roots down."""
        levels, parents = self.spec.levels, self.parents.tolist()
        self._children: list[list[int]] = [[] for _ in parents]
        for index, parent in enumerate(parents):
            if parent >= 0:
                self._children[parent].append(index)
        self._order = [index for index, parent in enumerate(parents) if parent < 0]
        for index in self._order:  # it grows meanwhile
            self._order.extend(self._children[index])
        shapes = [
            (levels[parent] if parent >= 0 else 1, count)
            for count, parent in zip(levels, parents, strict=True)
        ]
        if len(self.tables):
            parts = self.tables.split([rows * count for rows, count in shapes])
            self._tables = [part.view(shape) for part, shape in zip(parts, shapes, strict=True)]

    def _evidence(self, codes: Tensor, allowed: Allowed = None) -> list[Tensor]:
        """For each variable, [B, levels] 1 for the codes that it may have, 0 for the others."""
        found = []
        for index, levels in enumerate(self.spec.levels):
            code = codes[:, index]
            possible = torch.zeros(len(codes), levels, dtype=torch.float64)
            possible[torch.arange(len(codes)), code.clamp(min=0)] = 1.0
            possible[code < 0] = 1.0
            if allowed and index in allowed and allowed[index].any():
                possible[code < 0] = allowed[index].double()
            found.append(possible)
        return found

    def _upward(self, evidence: list[Tensor]) -> tuple[dict[int, Tensor], Tensor]:
        """What each variable tells its parent, [B, parent's levels], scaled; and [B, V] nats.

        The nats of a record's variables sum to those of all that is known of it.
        """
        messages: dict[int, Tensor] = {}
        nats = torch.zeros(len(evidence[0]) if evidence else 0, len(evidence), dtype=torch.float64)
        for index in reversed(self._order):
            below = evidence[index]
            for child in self._children[index]:
                below = below * messages[child]
            message = below @ self._tables[index].double().T
            most = message.amax(1, keepdim=True)
            messages[index] = message / most
            nats[:, index] = most[:, 0].log()
        return messages, nats
