"""What all pictures share: colours, so that one thing has one colour everywhere, and bare axes."""

from typing import Any

REAL, SYNTHETIC, TEXT = "#9fb3c8", "#d1495b", "#333f48"


def plain_axes(panel: Any) -> None:
    """Small labels and no frame above and at the right."""
    panel.tick_params(labelsize=8, colors=TEXT, length=2)
    panel.spines[["top", "right"]].set_visible(False)


def plain_text(text: str) -> str:
    """A text that matplotlib draws as it stands, as a lone dollar sign would start a formula."""
    return text.replace("$", r"\$")
