"""Progress as people see it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any


class Bar:
    """A line that shows stage, share and time left; on a terminal it is rewritten, elsewhere it is not shown.

    In a notebook the line is shown as HTML. It appears after half a second of work and goes away at its end.
    """

    #: Work that takes less is over before anyone would read a bar.
    quiet_seconds = 0.5

    def __init__(self, title: str) -> None:
        self.title, self.begin, self.shown, self.handle = title, time.monotonic(), False, None
        self.notebook = "ipykernel" in sys.modules
        self.terminal = not self.notebook and sys.stderr is not None and sys.stderr.isatty()

    def __call__(self, stage: str, fraction: float) -> None:
        passed = time.monotonic() - self.begin
        if passed < self.quiet_seconds and not self.shown:
            return
        left = f", {passed / fraction - passed:.0f} s left" if fraction > 0.02 else ""
        filled = int(round(24 * min(max(fraction, 0.0), 1.0)))
        line = f"{self.title} {'█' * filled}{'░' * (24 - filled)} {100 * fraction:3.0f} %  {stage}{left}"
        if self.notebook:
            import html

            from IPython.display import HTML, display

            shown = HTML(f"<pre>{html.escape(line)}</pre>")
            if self.handle is None:
                self.handle = display(shown, display_id=True)
            else:
                self.handle.update(shown)
        elif self.terminal:
            sys.stderr.write("\r\x1b[2K" + line[:160])
            sys.stderr.flush()
        self.shown = True

    def close(self) -> None:
        if self.shown and self.terminal:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()


def callback(progress: Any, title: str) -> Callable[[str, float], Any]:
    """The callable to hand to the engine: a bar for True, else the user's own."""
    if progress is True:
        return Bar(title)
    if not callable(progress):
        raise TypeError(f"progress must be None, True or a callable progress(stage, fraction), got {progress!r}")
    return progress
