"""All conditionals of a table in one pass: a small network for each variable.

What variable v may see is a sum of linear maps of the units before it, one map a unit, shared by
all variables and looked up by code. Each variable then has a residual network of its own on that
sum. The cost grows with the number of variables and not with its square, and any set of known
units is one sum. The first layer follows arXiv:1605.02226 (NADE, equation 9: the hidden units of
all conditionals share one matrix).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from synth_dl.errors import ConfigError
from synth_dl.errors.options import Depth, ShareBelow, Size, checked
from synth_dl.networks.dropping import drop_factors
from synth_dl.networks.features import RANK_FEATURES, JointCodes, is_number
from synth_dl.networks.orders import ColumnOrder
from synth_dl.networks.parameters import impossible_codes, shift_children
from synth_dl.spec import Spec

FINE_DECAY = 20.0  # of the heads of fine codes, in parts of the model's weight decay
CATEGORY_DECAY = 0.1  # of those of categories, and of numbers of few values
MATRICES = ("unit_maps", "input", "up", "down")


class Conditionals(nn.Module):
    """Logits of every variable given any set of others.

    Args:
        spec: what one record is.
        outputs: numbers that the likelihood takes for each variable.
        context: width of the sum that a variable sees.
        width: width of each variable's own network.
        blocks: residual blocks of each variable's own network.
        embedding: numbers that stand for a category.
        dropout: share of hidden units dropped in training.
        smooth: whether the codes of a number share logits that are smooth in its rank; few rows are
            then enough to learn where a distribution lies.
        fine_biases: whether each fine code has a bias of its own, which starts at its frequency
            under its coarse code.
    """

    child_mask: Tensor
    self_sight: Tensor

    @checked("network")
    def __init__(
        self,
        spec: Spec,
        outputs: Sequence[int],
        context: Size = 256,
        width: Size = 128,
        blocks: Depth = 1,
        embedding: Size = 16,
        dropout: ShareBelow = 0.5,
        smooth: bool = True,
        fine_biases: bool = False,
    ) -> None:
        super().__init__()
        if spec.grid is not None:
            raise ConfigError("this network is for tables; leave network= out for images")
        self.order = ColumnOrder(spec)
        self.codes = JointCodes(spec)
        self.variables = spec.variables
        self.dropout = dropout
        size = len(spec)
        inputs = embedding + RANK_FEATURES + 1
        self.embedding = nn.Embedding(self.codes.coarse_total, embedding)
        nn.init.normal_(self.embedding.weight, std=0.5)
        self.unit_maps = nn.Parameter(
            torch.randn(self.codes.units, inputs, context) / math.sqrt(2 * inputs)
        )
        # Fine codes of a nominal variable have no rank to tell them apart; row 0 is for the rest.
        self.nominal = nn.Embedding(self.codes.nominal_total + 1, embedding, padding_idx=0)
        mask, self.parent_offset = impossible_codes(spec.variables)
        self.parents = nn.Parameter(torch.randn(len(mask), context) * 0.3)
        self.input = _stacked(size, context, width)
        self.input_bias = nn.Parameter(torch.zeros(size, 1, width))
        self.blocks = nn.ModuleList(Block(size, width) for _ in range(blocks))
        self.heads = nn.ParameterList(torch.zeros(width, each) for each in outputs)
        self.biases = nn.ParameterList(torch.zeros(each) for each in outputs)
        # Linear in the rank features of a code.
        self.smooth = nn.ParameterList(
            torch.zeros(width, RANK_FEATURES if smooth and v.ranks is not None else 0)
            for v in spec.variables
        )
        # None at all if not wanted, as in models of earlier formats.
        self.of_parent = nn.ParameterList([torch.zeros_like(mask)] if fine_biases else [])
        self.register_buffer("child_mask", mask, persistent=False)
        # A fine code sees its parent's.
        sight = torch.eye(size)[:, self.codes.refined]
        self.register_buffer("self_sight", sight, persistent=False)

    def inputs(self, rows: Tensor) -> Tensor:
        """[..., F] what the unit maps take for rows of the joint table."""
        embedded = self.embedding(self.codes.coarse_code[rows])
        embedded = embedded + self.nominal(self.codes.nominal_row[rows])
        ranks = self.codes.rank_features[rows]
        return torch.cat([embedded, ranks, torch.ones_like(ranks[..., :1])], -1)

    def table(self) -> Tensor:
        """[J, C] what each joint code of each unit adds to a context."""
        rows = torch.arange(self.codes.total, device=self.embedding.weight.device)
        parts = self.inputs(rows).split(self.codes.sizes)
        return torch.cat([part @ maps for part, maps in zip(parts, self.unit_maps, strict=True)])

    def forward(
        self, codes: Tensor, sees: Tensor, generator: torch.Generator | None = None
    ) -> list[Tensor]:
        """Logits of each variable, [B, levels] each.

        Args:
            codes: [B, V], -1 where unknown; an unknown cell must not be seen.
            sees: [B, V, V] whether variable v (second axis) may see variable u (third axis).
            generator: draws dropout in training; without one there is no dropout.
        """
        # Ranks need more than the 8 bits of bfloat16.
        with torch.autocast(codes.device.type, enabled=False):
            inputs = self.inputs(self.codes(codes).T)  # [U, B, F]
            parts = torch.bmm(inputs, self.unit_maps).transpose(0, 1)  # [B, U, C]
        mask = sees[:, :, self.codes.last_variable]
        if self.codes.refined:
            own = [self.parents[self._parent_row(k, codes)] for k in self.codes.refined]
            parts = torch.cat([parts, torch.stack(own, 1)], 1)
            sight = self.self_sight.to(mask.dtype).expand(len(codes), -1, -1)
            mask = torch.cat([mask, sight], 2)
        context = torch.bmm(mask.to(parts.dtype), parts).transpose(0, 1)  # [V, B, C]
        hidden = self._trunk(context, slice(None), generator)
        # One unbind and not an index for each: the gradient is then gathered once.
        return [self._head(k, part, codes) for k, part in enumerate(hidden.unbind(0))]

    def begin(self, codes: Tensor) -> "Sums":
        """The running sums of the known units of [B, V] codes; -1 is unknown."""
        table = self.table()
        known = codes[:, self.codes.last_variable] >= 0
        if not known.any():
            return Sums(table.new_zeros(len(codes), table.shape[1]), table)
        return Sums((table[self.codes(codes)] * known[..., None]).sum(1), table)

    def step(self, variable: int, state: "Sums", codes: Tensor) -> Tensor:
        """[B, levels] logits of one variable; `codes` hold its parent's."""
        context = state.context
        if variable in self.parent_offset:
            context = context + self.parents[self._parent_row(variable, codes)]
        hidden = self._trunk(context[None], slice(variable, variable + 1), None)[0]
        return self._head(variable, hidden, codes)

    def absorb(self, variable: int, state: "Sums", codes: Tensor, drawn: Tensor) -> None:
        """Add a unit to the sums of the rows [B] where its last variable was drawn."""
        unit = self.codes.unit_of[variable]
        if self.codes.last[unit] == variable:
            row = self.codes.row(codes, unit)
            state.context = state.context + state.table[row] * drawn[:, None]

    @torch.no_grad()
    def shift_bias(self, variable: int, shift: Tensor) -> None:
        """Add [levels] to the output bias of one variable."""
        self.biases[variable].add_(shift)

    @torch.no_grad()
    def shift_children(self, variable: int, shift: Tensor) -> None:
        """Add [parent's levels, levels] to the biases of a fine variable, where it has some."""
        for biases in self.of_parent:
            shift_children(biases, self.parent_offset[variable], shift)

    def decays(self) -> Iterator[tuple[nn.Parameter, float]]:
        """Each parameter and how strongly it decays, in parts of the model's weight decay.

        Biases and embeddings hold the marginals, which decay would bend. A fine code hardly depends
        on other columns; with less decay its conditionals are rows that are learnt by heart. A
        category may follow from others for certain, which takes large weights.
        """
        of_heads = [self._head_decay(variable) for variable in range(len(self.variables))]
        decay = dict(zip(map(id, self.heads), of_heads, strict=True))
        decay |= dict(zip(map(id, self.smooth), of_heads, strict=True))
        for name, parameter in self.named_parameters():
            yield parameter, decay.get(id(parameter), 1.0 if name.endswith(MATRICES) else 0.0)

    def _head_decay(self, variable: int) -> float:
        if variable in self.parent_offset:
            return FINE_DECAY
        return 1.0 if is_number(self.variables[variable]) else CATEGORY_DECAY

    def _parent_row(self, refined: int, codes: Tensor) -> Tensor:
        parent = self.variables[refined].parent
        assert parent is not None
        return codes[:, parent].clamp(min=0) + self.parent_offset[refined]

    def _trunk(self, x: Tensor, chosen: slice, generator: torch.Generator | None) -> Tensor:
        """[W, B, H] hidden units of the chosen variables for [W, B, C] contexts."""
        x = torch.baddbmm(self.input_bias[chosen], x, self.input[chosen])
        for block in self.blocks:
            x = block(x, chosen, self._drop(x, generator), self._drop(x, generator))
        x = F.silu(F.rms_norm(x, x.shape[-1:]))
        dropped = self._drop(x, generator)
        return x if dropped is None else x * dropped

    def _drop(self, x: Tensor, generator: torch.Generator | None) -> Tensor | None:
        """[B, H] dropout factors. All variables share them, which costs a fraction of the draws."""
        return drop_factors(x, x.shape[1:], self.dropout if self.training else 0.0, generator)

    def _head(self, variable: int, hidden: Tensor, codes: Tensor) -> Tensor:
        head = self.heads[variable]
        if self.smooth[variable].shape[1]:
            head = head + self.smooth[variable] @ self.codes.coarse_features(variable).T
        logits = (hidden @ head).to(self.biases[variable].dtype) + self.biases[variable]
        if variable in self.parent_offset:
            rows, levels = self._parent_row(variable, codes), self.variables[variable].levels
            logits = logits + self.child_mask[rows, :levels]
            for biases in self.of_parent:
                logits = logits + biases[rows, :levels]
        return logits


@dataclass
class Sums:
    """What a variable sees while a record is drawn.

    Attributes:
        context: [B, C] sum over the units that are known.
        table: [J, C] what each joint code adds.
    """

    context: Tensor
    table: Tensor

    def take(self, rows: Tensor) -> None:
        """Go on with these rows [B] of the batch."""
        self.context = self.context[rows]

    def of(self, rows: Tensor) -> "Sums":
        """Those of some rows [B] of the batch, to step with and not to absorb into."""
        return Sums(self.context[rows], self.table)


class Block(nn.Module):
    """One residual block for each of several variables, all in one batched product."""

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self.up = _stacked(size, width, width)
        self.up_bias = nn.Parameter(torch.zeros(size, 1, width))
        self.down = _stacked(size, width, width)

    def forward(
        self, x: Tensor, chosen: slice, drop_in: Tensor | None, drop_out: Tensor | None
    ) -> Tensor:
        """[W, B, H] to [W, B, H]; the two [B, H] factors are dropout."""
        hidden = F.silu(F.rms_norm(x, x.shape[-1:]))
        if drop_in is not None:
            hidden = hidden * drop_in
        hidden = F.silu(torch.baddbmm(self.up_bias[chosen], hidden, self.up[chosen]))
        if drop_out is not None:
            hidden = hidden * drop_out
        return x + torch.bmm(hidden, self.down[chosen])


def _stacked(size: int, inputs: int, outputs: int) -> nn.Parameter:
    """[size, inputs, outputs] weights that keep the variance of their inputs."""
    return nn.Parameter(torch.randn(size, inputs, outputs) / math.sqrt(inputs))
