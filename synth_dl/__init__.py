"""Synthetic data by deep generative models: a real table in, a synthetic table out.

synth = synth_dl.fit(frame, max_time="60s")
fake = synth.sample(1000, where={"income": ">50K"}, seed=1)
synth.save("model")

Images in place of the frame, with or without labels, go the same way.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synth_dl.fitting import fit
    from synth_dl.images.synthesizer import ImageSynthesizer
    from synth_dl.kinds import load
    from synth_dl.tables.synthesizer import Synthesizer

__version__ = "0.1.0"
__all__ = ["ImageSynthesizer", "Synthesizer", "__version__", "fit", "load"]


def __getattr__(name: str) -> Any:
    # Loaded at first use, so that `--help` need not wait for torch.
    if name == "fit":
        from synth_dl.fitting import fit

        return fit
    if name == "ImageSynthesizer":
        from synth_dl.images.synthesizer import ImageSynthesizer

        return ImageSynthesizer
    if name == "Synthesizer":
        from synth_dl.tables.synthesizer import Synthesizer

        return Synthesizer
    if name == "load":
        from synth_dl.kinds import load

        return load
    raise AttributeError(f"module 'synth_dl' has no attribute {name!r}")
