"""Places in a column as numbers: one between two others, until there is no room between them. Pure.

Above: `columns`, which keeps them. A card that is moved gets a number between its new neighbours', so that no other row is
touched; once in a long while two neighbours leave no number between them, and the column is spread out anew.
"""

from __future__ import annotations

import math

STEP = 1024.0
"""From one card to the next, where there is room: a power of two, so that some fifty halvings are exact."""


def between(above: float | None, below: float | None) -> float | None:
    """A place below `above` and above `below`; None stands for the column's end. None: there is no number between them."""
    if above is None:
        return 0.0 if below is None else below - STEP
    if below is None:
        return above + STEP
    middle = above + (below - above) / 2
    return middle if above < middle < below and math.isfinite(middle) else None


def spread(count: int) -> list[float]:
    """Places for so many cards, with room between any two."""
    return [STEP * number for number in range(1, count + 1)]
