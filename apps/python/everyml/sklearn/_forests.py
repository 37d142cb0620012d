"""Forests under scikit-learn's names."""

from __future__ import annotations

import numbers
import warnings
from typing import Any

import numpy as np

from .. import _targets
from ._grown import Grown, GrownClasses, Important, decision_paths


def part_of(estimator: Any, name: str, rows: int) -> float:
    """A number of rows or a share of them, as a share."""
    value = getattr(estimator, name)
    if isinstance(value, numbers.Integral) and not isinstance(value, bool) and 1 <= value <= rows:
        return int(value) / rows
    if isinstance(value, numbers.Real) and not isinstance(value, (bool, numbers.Integral)) and 0 < value <= 1:
        return float(value)
    raise estimator._refuse(name, value, f"a number from 1 to {rows}, or a share up to 1.0")


class Forest(Important, Grown):
    _out_of_bag = ""

    def _own_settings(self) -> dict[str, Any]:
        rows = self.__dict__["_learns"]["rows"]
        if not isinstance(self.bootstrap, (bool, np.bool_)):
            raise self._refuse("bootstrap", self.bootstrap, "True or False")
        if not isinstance(self.oob_score, (bool, np.bool_)) and not callable(self.oob_score):
            raise self._refuse("oob_score", self.oob_score, "True, False or a function of targets and answers")
        if self.oob_score and not self.bootstrap:
            raise self._refuse(
                "oob_score", self.oob_score, "False: Out of bag estimation only available if bootstrap=True"
            )
        if self.max_samples is not None and not self.bootstrap:
            raise self._refuse("max_samples", self.max_samples, "None: `max_sample` cannot be set if `bootstrap=False`")
        return {
            "min_leaf": self._min_leaf(),
            "min_split": self._count("min_samples_split", 2),
            "min_gain": self._decrease(),
            "feature_number": self.__dict__["max_features_"],
            "sampling": "bootstrap" if self.bootstrap else "all",
            "share": None if self.max_samples is None else part_of(self, "max_samples", rows),
            "out_of_bag": bool(self.oob_score),
        }

    def apply(self, X: Any) -> np.ndarray:
        """The leaf of each tree that each row of X ends in: [rows, trees], from 0, left to right."""
        return super().apply(X).astype(np.int64)  # type: ignore[misc]

    def decision_path(self, X: Any) -> tuple[Any, np.ndarray]:
        """The nodes of all trees that each row of X comes by: a sparse matrix of ones, [rows, nodes], and the first column
        of each tree, [trees + 1]. A tree's nodes are in pre-order, leaves among them."""
        return decision_paths(self, X)

    def _learn_one(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        rows = super()._learn_one(X, y, sample_weight, classes)
        self.__dict__.pop("oob_score_", None)
        if self.oob_score:
            told = self._fitted.attribute(self._row.attributes[self._out_of_bag])
            if told is not None and np.isnan(told).any():
                warnings.warn(
                    "Some rows were drawn for every tree, so they have no out-of-bag answer; more trees would give them one.",
                    UserWarning,
                    stacklevel=4,
                )
            if callable(self.oob_score):
                answers = self._answers_of(told)
                self.__dict__["oob_score_"] = self.oob_score(np.asarray(y), answers)
        return rows

    def _answers_of(self, told: np.ndarray) -> np.ndarray:
        """What the out-of-bag answers say: numbers, or the likeliest classes."""
        return told


class ForestOfClasses(Forest, GrownClasses):
    _balances = ("balanced", "balanced_subsample")
    _out_of_bag = "oob_decision_function_"

    def _own_settings(self) -> dict[str, Any]:
        weights = {"balanced": "balanced", "balanced_subsample": "balanced_trees"}
        given = self.class_weight
        return {**super()._own_settings(), "class_weights": weights[given] if isinstance(given, str) else "none"}

    def _answers_of(self, told: np.ndarray) -> np.ndarray:
        classes = self.classes_
        if isinstance(classes, list):
            return _targets.likeliest(_targets.parted(told, classes), classes)
        return classes[told.argmax(axis=1)]

    def __getattr__(self, name: str) -> Any:
        value = super().__getattr__(name)
        if name != self._out_of_bag or not isinstance(self.classes_, list):
            return value
        # [rows, most classes, targets], as theirs: 0 where a target has fewer classes.
        parts = _targets.parted(value, self.classes_)
        table = np.zeros((len(value), max(part.shape[1] for part in parts), len(parts)))
        for place, part in enumerate(parts):
            table[:, : part.shape[1], place] = part
        return table


class ForestOfNumbers(Forest):
    _out_of_bag = "oob_prediction_"


class Isolated(Grown):
    _auto = 256

    def _own_settings(self) -> dict[str, Any]:
        rows, given = self.__dict__["_learns"]["rows"], self.max_samples
        if isinstance(given, str):
            if given != "auto":
                raise self._refuse("max_samples", given, "'auto', a number or a share")
            sample = min(self._auto, rows)
        elif isinstance(given, numbers.Integral) and not isinstance(given, bool) and given >= 1:
            sample = min(int(given), rows)
            if given > rows:
                warnings.warn(
                    f"max_samples is {given}, more than the {rows} rows that there are: each tree sees all of them.",
                    UserWarning,
                    stacklevel=6,
                )
        else:
            sample = int(part_of(self, "max_samples", rows) * rows)
        share = self.contamination
        if isinstance(share, str):
            if share != "auto":
                raise self._refuse("contamination", share, "'auto' or a share up to 0.5")
            share = None
        elif not isinstance(share, numbers.Real) or isinstance(share, bool) or not 0 < share <= 0.5:
            raise self._refuse("contamination", share, "'auto' or a share above 0, up to 0.5")
        return {"sample": max(2, sample), "contamination": share}

    @property
    def max_samples_(self) -> int:
        return int(self._require_fitted().attribute("sample"))

    @property
    def offset_(self) -> float:
        own = super().offset_
        return -0.5 if isinstance(self.contamination, str) else own

    def predict(self, X: Any) -> np.ndarray:
        """-1 for unusual rows, 1 for the others: [rows]."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> np.ndarray:
        """fit, then predict of the same rows."""
        return self.fit(X, y, sample_weight).predict(X)
