"""What estimators made of trees share; see _estimator.py."""

from __future__ import annotations

import copy
import numbers
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import _core, _inputs
from ._errors import ParameterError
from ._run import truth, whole


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


#: Settings of the classes that go on from a model.
CONTINUES = {"warm_start": False}
CONTINUES_HELP = {
    "warm_start": "True: fit goes on from the model that the estimator holds, if it holds one, up to ``rounds`` in all; "
    "the columns and classes must be those it knows.",
}


class Continues:
    """Boosted models that are worked on further."""

    def _learn(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        warm = truth(self.warm_start, "warm_start")  # type: ignore[attr-defined]
        if not warm or self.__dict__.get("_fitted") is None:
            return super()._learn(X, y, sample_weight, classes)  # type: ignore[misc]
        self._further(X, y, sample_weight, None)
        return None

    def continue_from(self, model: Any, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Goes on from another fitted estimator of this class, up to ``rounds`` in all: 50 rounds continued to 100 on
        the same rows and seed are the same model as 100 at once. Returns the estimator."""
        if type(model) is not type(self):
            raise ParameterError(
                f"{type(self).__name__} goes on from another fitted {type(self).__name__}, got {type(model).__name__}."
            )
        model._require_fitted()
        known = ("_fitted", "_takes", "n_features_in_", "feature_names_in_", "classes_")
        before = dict(self.__dict__)
        for name in known:
            self.__dict__.pop(name, None)
        self.__dict__.update({name: model.__dict__[name] for name in known if name in model.__dict__})
        try:
            self._further(X, y, sample_weight, None)
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(before)
            raise
        return self

    def refit(self, X: Any, y: Any, sample_weight: Any = None, decay: float = 0.9) -> Any:
        """Learns the answers of the leaves anew from rows X and targets y and keeps every question: a leaf answers
        ``decay`` times what it did and 1 - ``decay`` times what these rows ask for. Returns the estimator."""
        self._require_fitted()  # type: ignore[attr-defined]
        if isinstance(decay, bool) or not isinstance(decay, numbers.Real):
            raise ParameterError(f"decay must be a number from 0 to 1, got {decay!r}")
        self._further(X, y, sample_weight, float(decay))
        return self

    def first_rounds(self, rounds: int) -> Any:
        """A fitted copy that keeps the first ``rounds`` rounds alone."""
        made = copy.copy(self)
        made.__dict__["_fitted"] = self._require_fitted().first_rounds(whole(rounds, "rounds", 1))  # type: ignore[attr-defined]
        return made

    def _further(self, X: Any, y: Any, sample_weight: Any, decay: float | None) -> None:
        features = self._rows(X)  # type: ignore[attr-defined]
        rows = features.shape[0]
        if "classes_" in self.__dict__:
            target = _inputs.known_labels(y, self.classes_, type(self).__name__)  # type: ignore[attr-defined]
        else:
            target = _inputs.numbers(y, type(self).__name__)
        _inputs.same_length(rows, y)
        weights = _inputs.weights(sample_weight, rows)
        run = self._run(fitting=True)  # type: ignore[attr-defined]
        self.__dict__["_fitted"] = self._fitted.further(self._changed(), features, target, weights, decay, run)  # type: ignore[attr-defined]


class Levels:
    def predict_levels(self, X: Any) -> np.ndarray:
        """With the objective "quantile": the answer at each of ``levels`` for each row of X, ascending: [rows, levels].
        Other objectives have one, the value of predict."""
        features = self._rows(X)  # type: ignore[attr-defined]
        return _core.levels(self._fitted, features, self._run())  # type: ignore[attr-defined]


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
