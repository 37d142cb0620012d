"""What the rows of trees share; see _table.py."""

from __future__ import annotations

from typing import Any

from ._rows import Param, choice, whole

CLASS_CRITERION = choice(gini="gini", entropy="entropy", log_loss="entropy")
NO_COST = Param(0.0, values=(0.0,), why="pruning by cost belongs to single trees")
NO_BOUNDS = Param(None, values=(None,), why="HistGradientBoosting takes bounds on the direction of a column")
CLASS_WEIGHT = Param(None, handled=True, why="None, 'balanced' or a dict of weights")
VERBOSE = Param(0, handled=True, why="above 0 shows a bar")
WARM = Param(
    False, values=(False, True), why="a fit always grows all trees, and the same seed gives the same first ones"
)


def whole_or_none(value: Any) -> Any:
    return None if value is None else whole(value)


def sizes(min_leaf: str, min_split: str) -> dict[str, Param]:
    """How small nodes may be."""
    return {
        "min_samples_split": Param(2, handled=True, stands_for=min_split, why="rows, or a share of them"),
        "min_samples_leaf": Param(1, handled=True, stands_for=min_leaf, why="rows, or a share of them"),
        "min_weight_fraction_leaf": Param(
            0.0, handled=True, stands_for=min_leaf, why="a share of the weight of all rows"
        ),
    }


def features_tried(default: Any, ours: str) -> Param:
    return Param(default, handled=True, stands_for=ours, why="'sqrt', 'log2', a number, a share, or None for all")


def decrease() -> Param:
    return Param(0.0, handled=True, stands_for="min_gain", why="the least drop of the criterion, in parts of all rows")
