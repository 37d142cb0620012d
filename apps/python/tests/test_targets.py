"""Several targets at once: trees and forests with y of two dimensions."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import everyml
from everyml import sklearn as ours

REGRESSORS = ["DecisionTreeRegressor", "RandomForestRegressor", "ExtraTreesRegressor"]
CLASSIFIERS = ["DecisionTreeClassifier", "RandomForestClassifier", "ExtraTreesClassifier"]


def table(rows: int = 600, targets: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 6))
    y = np.column_stack([x[:, t] * 2 + (x[:, t + 1] > 0) * 3 + random.normal(size=rows) * 0.3 for t in range(targets)])
    return x, y


def labels(y: np.ndarray) -> np.ndarray:
    return np.column_stack([np.digitize(y[:, t], [-1.0, 1.0, 3.0][: t + 1]) for t in range(y.shape[1])])


@pytest.mark.parametrize("name", REGRESSORS)
def test_numbers(name: str) -> None:
    x, y = table()
    model = getattr(everyml, name)().fit(x, y)
    answers = model.predict(x)
    assert answers.shape == y.shape
    assert model.n_outputs_ == 3
    apart = 1 - ((y - answers) ** 2).sum(axis=0) / ((y - y.mean(axis=0)) ** 2).sum(axis=0)
    assert model.score(x, y) == pytest.approx(apart.mean(), abs=1e-12)
    assert model.feature_importances_.shape == (6,)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict(x), answers)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classes(name: str) -> None:
    x, y = table()
    codes = labels(y)
    model = getattr(everyml, name)().fit(x, codes)
    assert [list(one) for one in model.classes_] == [[0, 1], [0, 1, 2], [0, 1, 2, 3]]
    shares = model.predict_proba(x)
    assert [part.shape for part in shares] == [(600, 2), (600, 3), (600, 4)]
    for part in shares:
        assert part.sum(axis=1) == pytest.approx(1)
    answers = model.predict(x)
    assert np.array_equal(answers, np.column_stack([part.argmax(axis=1) for part in shares]))
    assert model.score(x, codes) == (answers == codes).all(axis=1).mean()


def test_two_equal_targets_are_one() -> None:
    x, y = table()
    one = everyml.DecisionTreeRegressor(min_leaf=5).fit(x, y[:, 0])
    two = everyml.DecisionTreeRegressor(min_leaf=5).fit(x, y[:, [0, 0]])
    assert two.predict(x) == pytest.approx(np.column_stack([one.predict(x)] * 2), abs=1e-12)


def test_labels_of_texts_and_tables() -> None:
    pandas = pytest.importorskip("pandas")
    x, y = table(200)
    words = np.where(y[:, :2] > 1, "much", "little").astype(object)
    frame = pandas.DataFrame({"a": x[:, 0], "shop": np.where(x[:, 1] > 0, "north", "south"), "b": x[:, 2]})
    model = everyml.RandomForestClassifier(trees=20).fit(frame, pandas.DataFrame(words, columns=["first", "second"]))
    assert set(np.unique(model.predict(frame))) <= {"much", "little"}


def test_out_of_bag() -> None:
    x, y = table()
    model = ours.RandomForestRegressor(n_estimators=60, oob_score=True, random_state=0).fit(x, y)
    assert model.oob_prediction_.shape == y.shape
    apart = 1 - ((y - model.oob_prediction_) ** 2).sum(axis=0) / ((y - y.mean(axis=0)) ** 2).sum(axis=0)
    assert model.oob_score_ == pytest.approx(apart.mean(), abs=1e-9)
    classes = ours.RandomForestClassifier(n_estimators=60, oob_score=True, random_state=0).fit(x, labels(y))
    assert classes.oob_decision_function_.shape == (600, 4, 3)
    assert classes.n_classes_ == [2, 3, 4]


def test_others_refuse() -> None:
    x, y = table(50)
    for model in (everyml.Ridge(), everyml.GradientBoostingRegressor()):
        with pytest.raises(ValueError, match="learns one target at a time"):
            model.fit(x, y)
    with pytest.raises(everyml.UnsupportedError, match="absolute"):
        everyml.RandomForestRegressor(criterion="absolute").fit(x, y)


def test_trees_equal_those_of_scikit_learn() -> None:
    trees = pytest.importorskip("sklearn.tree", reason="SKIPPED: scikit-learn is not installed")
    x, y = table(500, seed=3)
    for depth in (3, 6, None):
        theirs = trees.DecisionTreeRegressor(max_depth=depth, min_samples_leaf=4, random_state=0).fit(x, y)
        mine = ours.DecisionTreeRegressor(max_depth=depth, min_samples_leaf=4).fit(x, y)
        assert mine.predict(x) == pytest.approx(theirs.predict(x), abs=1e-9)
        assert mine.get_n_leaves() == theirs.get_n_leaves()
    codes = labels(y)
    for criterion in ("gini", "entropy"):
        theirs = trees.DecisionTreeClassifier(criterion=criterion, max_depth=4, random_state=0).fit(x, codes)
        mine = ours.DecisionTreeClassifier(criterion=criterion, max_depth=4).fit(x, codes)
        for ours_of, theirs_of in zip(mine.predict_proba(x), theirs.predict_proba(x), strict=True):
            assert ours_of == pytest.approx(theirs_of, abs=1e-9)


def test_forests_are_as_good_as_those_of_scikit_learn() -> None:
    forests = pytest.importorskip("sklearn.ensemble", reason="SKIPPED: scikit-learn is not installed")
    x, y = table(1500, seed=4)
    new, truth = table(1500, seed=5)
    for name in ("RandomForestRegressor", "ExtraTreesRegressor"):
        theirs = getattr(forests, name)(n_estimators=100, random_state=0).fit(x, y).score(new, truth)
        mine = getattr(ours, name)(n_estimators=100, random_state=0).fit(x, y).score(new, truth)
        assert mine == pytest.approx(theirs, abs=0.01)
