"""`synth-audit`: whether a private artifact's promise is kept, as far as canaries can tell."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_dl.errors import ConfigError, DataError
from synth_dl.errors.options import Seed, Whole, check

if TYPE_CHECKING:
    from synth_dl.privacy.audit import Audit
    from synth_dl.tables.private.auditing import Promise


def audit(options: dict[str, Any]) -> None:
    """Print the bound that canaries give beside the promise; nothing is written.

    Raises:
        ConfigError: for an artifact that promises nothing, and options out of range.
        DataError: if the rows do not fit, or the bound is above the promise.
    """
    from synth_dl.metrics.console import console_of
    from synth_dl.provenance.reading import check_real
    from synth_dl.tables.private.auditing import FEWEST, MOST, audit_of, rows_to_audit

    runs, canaries, seed = (options[name] for name in ("runs", "canaries", "seed"))
    for name, kind in (("runs", Whole), ("canaries", Whole), ("seed", Seed)):
        check(name, options[name], kind)
    if not FEWEST <= canaries <= MOST:
        raise ConfigError(f"canaries={canaries}: give a number from {FEWEST:,} to {MOST:,}")
    promise = _promise(str(options["artifact"]), options["trust"])
    check_real(options["allow_synthetic"], real=options["real"])
    real = Path(str(options["real"]))
    rows = rows_to_audit(real, promise, options["columns"], options["missing"])
    found = audit_of(rows, promise, canaries, runs, seed)
    console = console_of("audit")
    for line in _said(found, promise):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if (bound := max(each.epsilon for each in found)) > promise.ledger.epsilon:
        raise DataError(
            f"the audit contradicts the promise: epsilon is not below {bound:.3g}, and "
            f"{promise.ledger.epsilon:g} was promised; pass nothing on of this artifact, and "
            "report it"
        )


def _promise(artifact: str, trust: Any) -> "Promise":
    from synth_dl.artifact import existing, kind_of
    from synth_dl.tables.private.auditing import Promise
    from synth_dl.tables.synthesizer import Synthesizer

    ledger = None
    if kind_of(existing(artifact)) == Synthesizer.kind:
        codec = Synthesizer.load(artifact, trust).codec
        if (ledger := codec.ledger) is not None:
            return Promise(codec, ledger)
    raise ConfigError(
        f"artifact={artifact}: it has no ledger, as it was not learnt under privacy.epsilon, so "
        "that there is no promise to audit; name one that was"
    )


def _said(found: "list[Audit]", promise: "Promise") -> list[str]:
    from synth_dl.tables.private.auditing import CONFIDENCE

    bound, ledger = max(each.epsilon for each in found), promise.ledger
    lines = [
        f"{each.canaries:,} canaries: {each.right:,} of {each.guesses:,} guesses were right"
        for each in found
    ]
    lines += [
        f"promised   {ledger.summary()}",
        f"measured   epsilon >= {bound:.3g} with {100 * CONFIDENCE:g} % confidence",
        "What was learnt for this audit is thrown away and written nowhere, so that the audit "
        "spends nothing that leaves.",
    ]
    if bound <= ledger.epsilon:
        lines.append(
            "The guesses do not contradict the promise. That is no proof of it: another attack "
            "may tell more, and the promise rests on the accounting; a bound above it would have "
            "proven a mistake."
        )
    return lines
