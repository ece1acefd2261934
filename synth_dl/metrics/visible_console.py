"""A console of rich that shows texts in a visible form."""

from collections.abc import Iterable

from rich.console import Console
from rich.segment import Segment

from synth_dl.errors.visible import visible


class VisibleConsole(Console):
    """A console on which texts cannot steer the terminal; only rich itself can."""

    def _render_buffer(self, buffer: Iterable[Segment]) -> str:
        return super()._render_buffer(
            segment if segment.control else segment._replace(text=visible(segment.text))
            for segment in buffer
        )
