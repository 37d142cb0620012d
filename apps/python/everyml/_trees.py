"""What estimators made of trees share; see _estimator.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from . import _core
from ._run import whole


class Trees:
    def apply(self, X: Any) -> np.ndarray:
        """The leaf that each row of X ends in, in each tree: [rows, trees], numbered in its tree from 0, left to
        right."""
        features = self._rows(X)  # type: ignore[attr-defined]
        return _core.leaves(self._fitted, features, self._run())  # type: ignore[attr-defined]


class Drawn:
    def describe(self, tree: int = 0, max_lines: int = 60) -> str:
        """A tree as questions and answers, one line for each branch, in the words of the table. Of a model of many trees
        the one with that number, whose leaves hold numbers that are added up; branches beyond ``max_lines`` are counted."""
        return _core.tree_text(self._require_fitted(), whole(tree, "tree", 0), whole(max_lines, "max_lines", 1))  # type: ignore[attr-defined]

    def rules(self, tree: int = 0) -> list[str]:
        """The same as rules, one sentence for each leaf."""
        return _core.tree_rules(self._require_fitted(), whole(tree, "tree", 0))  # type: ignore[attr-defined]

    def draw(self, tree: int = 0, max_leaves: int = 32) -> str:
        """The same as a drawing: SVG that stands alone. Branches beyond ``max_leaves`` are left out, rarest first."""
        return _core.tree_svg(self._require_fitted(), whole(tree, "tree", 0), whole(max_leaves, "max_leaves", 1))  # type: ignore[attr-defined]


class StagedNumbers:
    def staged_predict(self, X: Any) -> Iterator[np.ndarray]:
        """What predict(X) would be after each round: an iterator over [rows], one for each round kept."""
        return staged(self, X)


class StagedClasses:
    def staged_predict_proba(self, X: Any) -> Iterator[np.ndarray]:
        """What predict_proba(X) would be after each round: an iterator over [rows, classes], one for each round."""
        return staged(self, X)

    def staged_predict(self, X: Any) -> Iterator[np.ndarray]:
        """What predict(X) would be after each round: an iterator over [rows], one for each round kept."""
        return (self.classes_[shares.argmax(axis=1)] for shares in staged(self, X))  # type: ignore[attr-defined]


def staged(estimator: Any, X: Any) -> Iterator[np.ndarray]:
    """The answers of the first round, the first two, ... ; X is read once, when this is called."""
    features, fitted = estimator._rows(X), estimator._fitted
    return (_core.staged(fitted, features, stage + 1, estimator._run()) for stage in range(_core.stages(fitted)))
