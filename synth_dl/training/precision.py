"""Which device and number format a training runs on."""

import torch

from synth_dl.errors import ConfigError

ACCELERATORS = ("auto", "cpu", "gpu")
PRECISIONS = ("auto", "32-true", "bf16-mixed")


def choose_accelerator(wanted: str) -> str:
    """`cpu` or `gpu`; a GPU if there is one and none is spoken against."""
    _check("accelerator", wanted, ACCELERATORS)
    if wanted == "gpu" and not torch.cuda.is_available():
        raise ConfigError("trainer.accelerator=gpu: no GPU was found; use cpu or auto")
    if wanted == "auto":
        return "gpu" if torch.cuda.is_available() else "cpu"
    return wanted


def choose_precision(wanted: str, accelerator: str, precise: bool = False) -> str:
    """bfloat16 where the processor multiplies it faster than float32, else float32.

    A model that is precise gets float32 unless told otherwise.
    """
    _check("precision", wanted, PRECISIONS)
    if wanted != "auto":
        return wanted
    if precise:
        return "32-true"
    if accelerator == "gpu":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        abilities = torch.cpu.get_capabilities()
        fast = bool(abilities.get("avx512_bf16") or abilities.get("amx_bf16"))
    return "bf16-mixed" if fast else "32-true"


def _check(name: str, wanted: str, known: tuple[str, ...]) -> None:
    if wanted not in known:
        raise ConfigError(f"trainer.{name}={wanted}: known are {', '.join(known)}")
