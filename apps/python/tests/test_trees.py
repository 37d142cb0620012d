"""Trees and what is made of them: what users of the other packages ask fitted estimators for."""

import numpy as np
import pandas as pd
import pytest
import sklearn.ensemble as theirs
import sklearn.tree as their_trees
from sklearn.datasets import load_diabetes, load_iris

import everyml
from everyml import sklearn as names

IRIS_X, IRIS_Y = load_iris(return_X_y=True)
SUGAR_X, SUGAR_Y = load_diabetes(return_X_y=True)
PAIR = IRIS_Y > 0


def trees_of(kind):
    return [one for one in everyml.all_estimators() if one._entry[kind]]


# Leaves and stages


@pytest.mark.parametrize("kind", trees_of("made_of_trees"), ids=lambda kind: kind.__name__)
def test_rows_of_one_leaf_in_every_tree_are_answered_alike(kind):
    y = IRIS_Y if kind._entry["target"] == "classes" else IRIS_X[:, 0]
    model = kind().fit(IRIS_X[:, 1:], y)
    leaves = model.apply(IRIS_X[:, 1:])
    assert leaves.shape[0] == len(y) and leaves.min() == 0
    answers = model.predict_proba(IRIS_X[:, 1:]) if hasattr(model, "predict_proba") else model.predict(IRIS_X[:, 1:])
    _, group = np.unique(leaves, axis=0, return_inverse=True)
    assert group.max() > 1
    for one in range(group.max() + 1):
        alike = answers[group == one]
        assert (alike == alike[0]).all()


@pytest.mark.parametrize("kind", trees_of("answers_in_stages"), ids=lambda kind: kind.__name__)
def test_the_last_stage_is_the_answer(kind):
    y = IRIS_Y if kind._entry["target"] == "classes" else IRIS_X[:, 0]
    X = IRIS_X[:, 1:]
    model = kind(rounds=7).fit(X, y)
    stages = list(model.staged_predict(X))
    assert len(stages) == 7 == int(model.rounds_)
    np.testing.assert_array_equal(stages[-1], model.predict(X))
    # The first rounds of a longer fit are a shorter fit.
    np.testing.assert_array_equal(stages[2], kind(rounds=3).fit(X, y).predict(X))
    if hasattr(model, "predict_proba"):
        shares = list(model.staged_predict_proba(X))
        np.testing.assert_array_equal(shares[-1], model.predict_proba(X))
        np.testing.assert_array_equal(shares[2], kind(rounds=3).fit(X, y).predict_proba(X))


@pytest.mark.parametrize("kind", everyml.all_estimators(), ids=lambda kind: kind.__name__)
def test_importances_are_shares(kind):
    if "feature_importances_" not in kind._attributes:
        assert not hasattr(kind(), "apply") or kind.__name__ == "IsolationForest"
        return
    y = IRIS_Y if kind._entry["target"] == "classes" else IRIS_X[:, 0]
    X = np.column_stack([IRIS_X[:, 2:], np.zeros(len(y))])
    shares = kind().fit(X, y).feature_importances_
    assert shares.shape == (3,) and shares.sum() == pytest.approx(1) and (shares >= 0).all() and shares[2] == 0


def test_contributions_sum_to_the_scores():
    model = everyml.GradientBoostingClassifier(rounds=10)
    if "contributions" not in model._entry["capabilities"]:
        pytest.skip("boosting does not tell contributions")
    model.fit(IRIS_X, PAIR)
    parts = model.contributions(IRIS_X)
    assert parts.shape == (150, 5)
    np.testing.assert_allclose(parts.sum(axis=1), model.decision_function(IRIS_X), atol=1e-9)
    assert np.abs(parts[:, 2:4]).sum() > np.abs(parts[:, 0:2]).sum()
    three = everyml.GradientBoostingClassifier(rounds=10).fit(IRIS_X, IRIS_Y)
    parts = three.contributions(IRIS_X)
    assert parts.shape == (150, 3, 5)
    np.testing.assert_allclose(parts.sum(axis=2), three.decision_function(IRIS_X), atol=1e-9)


@pytest.mark.parametrize("kind", trees_of("drawn_as_tree"), ids=lambda kind: kind.__name__)
def test_a_tree_is_printed_and_drawn_in_the_words_of_the_table(kind):
    table = pd.DataFrame(IRIS_X, columns=["sepal length", "sepal width", "petal length", "petal width"])
    table["size"] = np.where(IRIS_X[:, 2] > 2.5, "large", "small")
    y = np.array(["setosa", "versicolor", "virginica"])[IRIS_Y] if kind._entry["target"] == "classes" else IRIS_X[:, 3]
    if kind._entry["target"] != "classes":
        del table["petal width"]
    model = kind().fit(table, y)
    text, rules, drawing = model.describe(), model.rules(), model.draw()
    assert any(name in text for name in table.columns)
    assert len(rules) >= 2 and all(rule.startswith("if ") for rule in rules)
    assert drawing.startswith("<svg") and drawing.rstrip().endswith("</svg>")
    with pytest.raises(ValueError, match="tree must be below"):
        model.describe(tree=100000)


# Settings of all sorts


def test_columns_are_named_in_settings():
    rng = np.random.default_rng(4)
    table = pd.DataFrame(rng.normal(size=(400, 3)), columns=["age", "dose", "noise"])
    y = table["age"] + np.sin(3 * table["dose"]) + table["noise"] * table["age"]
    model = everyml.GradientBoostingRegressor(rounds=30, rising=["age"], interactions=["age+dose", "noise"]).fit(
        table, y
    )
    grid = pd.DataFrame({"age": np.linspace(-2, 2, 50), "dose": 0.3, "noise": -1.0})
    answers = model.predict(grid)
    assert (np.diff(answers) >= 0).all() and np.ptp(answers) > 0
    # noise stands alone: what it adds does not depend on age.
    steps = [model.predict(grid.assign(noise=value)) for value in (-1.0, 1.0)]
    np.testing.assert_allclose(steps[1] - steps[0], (steps[1] - steps[0])[0], atol=1e-12)
    with pytest.raises(ValueError, match="agee"):
        everyml.GradientBoostingRegressor(rising=["agee"]).fit(table, y)
    with pytest.raises(ValueError, match="growth"):
        everyml.GradientBoostingRegressor(growth="sideways").fit(table, y)
    assert everyml.GradientBoostingRegressor(leaves=None, depth=2, rounds=np.int64(3)).fit(table, y).rounds_ == 3


def test_several_quantiles_at_once():
    model = everyml.GradientBoostingRegressor(objective="quantile", levels=[0.1, 0.5, 0.9], rounds=20)
    model.fit(SUGAR_X, SUGAR_Y)
    below = np.mean(SUGAR_Y <= model.predict(SUGAR_X))
    assert 0.35 < below < 0.65
    levels = model.predict_levels(SUGAR_X)
    assert levels.shape == (len(SUGAR_Y), 3) and (np.diff(levels, axis=1) >= 0).all()
    assert (levels[:, 1] == model.predict(SUGAR_X)).all()
    assert np.mean(SUGAR_Y <= levels[:, 0]) == pytest.approx(0.1, abs=0.05)
    assert np.mean(SUGAR_Y <= levels[:, 2]) == pytest.approx(0.9, abs=0.05)
    one = everyml.GradientBoostingRegressor(rounds=5).fit(SUGAR_X, SUGAR_Y)
    assert (one.predict_levels(SUGAR_X)[:, 0] == one.predict(SUGAR_X)).all()


# Under scikit-learn's names


@pytest.mark.parametrize("settings", [{}, {"max_depth": 3}, {"min_samples_leaf": 0.05}, {"max_leaf_nodes": 5}])
def test_a_tree_answers_as_scikit_learns(settings):
    ours = names.DecisionTreeClassifier(random_state=0, **settings).fit(IRIS_X, IRIS_Y)
    other = their_trees.DecisionTreeClassifier(random_state=0, **settings).fit(IRIS_X, IRIS_Y)
    assert ours.get_n_leaves() == other.get_n_leaves() and ours.get_depth() == other.get_depth()
    assert np.mean(ours.predict(IRIS_X) == other.predict(IRIS_X)) > 0.98
    assert ours.score(IRIS_X, IRIS_Y) == pytest.approx(other.score(IRIS_X, IRIS_Y), abs=0.01)
    line = names.DecisionTreeRegressor(random_state=0, **settings).fit(SUGAR_X, SUGAR_Y)
    other = their_trees.DecisionTreeRegressor(random_state=0, **settings).fit(SUGAR_X, SUGAR_Y)
    np.testing.assert_allclose(line.score(SUGAR_X, SUGAR_Y), other.score(SUGAR_X, SUGAR_Y), atol=1e-9)
    if settings:  # a full tree has many splits of equal worth
        np.testing.assert_allclose(line.feature_importances_, other.feature_importances_, atol=0.02)


@pytest.mark.parametrize("criterion", ["gini", "entropy"])
def test_pruning_as_scikit_learns(criterion):
    settings = {"criterion": criterion, "random_state": 0}
    # Columns without ties between splits, so that both grow the same tree.
    X = np.random.default_rng(1).normal(size=(200, 4))
    y = (X[:, 0] + 0.5 * X[:, 1] + 0.3 * X[:, 2] > 0).astype(int)
    path = names.DecisionTreeClassifier(**settings).cost_complexity_pruning_path(X, y)
    other = their_trees.DecisionTreeClassifier(**settings).cost_complexity_pruning_path(X, y)
    np.testing.assert_allclose(path.ccp_alphas, other.ccp_alphas, atol=1e-9)
    np.testing.assert_allclose(path["impurities"], other.impurities, atol=1e-9)
    for alpha in (other.ccp_alphas[:-1] + other.ccp_alphas[1:]) / 2:
        ours = names.DecisionTreeClassifier(ccp_alpha=alpha, **settings).fit(X, y)
        wanted = their_trees.DecisionTreeClassifier(ccp_alpha=alpha, **settings).fit(X, y)
        assert ours.get_n_leaves() == wanted.get_n_leaves()
        np.testing.assert_allclose(ours.predict_proba(X), wanted.predict_proba(X))


def test_adaboost_as_scikit_learns():
    ours = names.AdaBoostClassifier(n_estimators=10).fit(IRIS_X, IRIS_Y)
    other = theirs.AdaBoostClassifier(n_estimators=10, random_state=0).fit(IRIS_X, IRIS_Y)
    np.testing.assert_allclose(ours.estimator_errors_, other.estimator_errors_, atol=1e-6)
    for mine, wanted in zip(ours.staged_predict_proba(IRIS_X), other.staged_predict_proba(IRIS_X)):
        np.testing.assert_allclose(mine, wanted, atol=1e-6)
    np.testing.assert_allclose(mine, ours.predict_proba(IRIS_X), atol=1e-9)
    np.testing.assert_allclose(
        list(ours.staged_decision_function(IRIS_X))[-1], ours.decision_function(IRIS_X), atol=1e-9
    )
    line = names.AdaBoostRegressor(n_estimators=8).fit(SUGAR_X, SUGAR_Y)
    stages = list(line.staged_predict(SUGAR_X))
    np.testing.assert_allclose(stages[-1], line.predict(SUGAR_X))
    assert list(line.staged_score(SUGAR_X, SUGAR_Y))[-1] == pytest.approx(line.score(SUGAR_X, SUGAR_Y))
    deep = names.AdaBoostClassifier(names.DecisionTreeClassifier(max_depth=2), n_estimators=5).fit(IRIS_X, IRIS_Y)
    assert deep.score(IRIS_X, IRIS_Y) > 0.95
    with pytest.raises(ValueError, match="estimator must be None or a DecisionTreeClassifier"):
        names.AdaBoostClassifier(names.LogisticRegression()).fit(IRIS_X, IRIS_Y)


def test_boosting_as_scikit_learns():
    settings = {"n_estimators": 20, "random_state": 0}
    ours = names.GradientBoostingRegressor(**settings).fit(SUGAR_X, SUGAR_Y)
    other = theirs.GradientBoostingRegressor(**settings).fit(SUGAR_X, SUGAR_Y)
    assert ours.score(SUGAR_X, SUGAR_Y) == pytest.approx(other.score(SUGAR_X, SUGAR_Y), abs=0.01)
    assert ours.n_estimators_ == 20 and ours.apply(SUGAR_X).shape == other.apply(SUGAR_X).shape
    classes = names.GradientBoostingClassifier(**settings).fit(IRIS_X, IRIS_Y)
    assert classes.apply(IRIS_X).shape == (150, 20, 3) and classes.n_classes_ == 3
    scores = list(classes.staged_decision_function(IRIS_X))
    np.testing.assert_array_equal(scores[-1], classes.decision_function(IRIS_X))
    hist = {"max_iter": 20, "random_state": 0}
    mine = names.HistGradientBoostingRegressor(**hist).fit(SUGAR_X, SUGAR_Y)
    wanted = theirs.HistGradientBoostingRegressor(**hist).fit(SUGAR_X, SUGAR_Y)
    assert mine.score(SUGAR_X, SUGAR_Y) == pytest.approx(wanted.score(SUGAR_X, SUGAR_Y), abs=0.01)
    assert mine.n_iter_ == 20 and not mine.do_early_stopping_ and mine.validation_score_.size == 0
    early = names.HistGradientBoostingRegressor(early_stopping=True, max_iter=500, random_state=0)
    early.fit(SUGAR_X, SUGAR_Y)
    assert early.n_iter_ < 500 and early.n_iter_ == np.argmax(early.validation_score_) + 1
    for wrong in ({"scoring": "r2"}, {"monotonic_cst": [2] + [0] * 9}, {"categorical_features": [0]}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            names.HistGradientBoostingRegressor(**wrong).fit(SUGAR_X, SUGAR_Y)


def test_bounds_of_histogram_boosting():
    signs = [0, 0, 1, -1] + [0] * 6
    model = names.HistGradientBoostingRegressor(max_iter=30, monotonic_cst=signs).fit(SUGAR_X, SUGAR_Y)
    for column, sign in ((2, 1), (3, -1)):
        rows = np.repeat(SUGAR_X[:5], 40, axis=0)
        rows[:, column] = np.tile(np.linspace(-0.1, 0.1, 40), 5)
        steps = np.diff(model.predict(rows).reshape(5, 40), axis=1) * sign
        assert (steps >= 0).all()
    alone = names.HistGradientBoostingRegressor(max_iter=30, interaction_cst="no_interactions").fit(SUGAR_X, SUGAR_Y)
    moved = SUGAR_X.copy()
    moved[:, 8] += 0.05
    other = SUGAR_X.copy()
    other[:, 2], moved[:, 2], kept = 0.0, 0.0, SUGAR_X.copy()
    shifted = kept.copy()
    shifted[:, 8] += 0.05
    np.testing.assert_allclose(
        alone.predict(shifted) - alone.predict(kept), alone.predict(moved) - alone.predict(other), atol=1e-9
    )


# The main job


def test_a_search_goes_on_from_its_log(tmp_path):
    rng = np.random.default_rng(2)
    table = pd.DataFrame(rng.normal(size=(120, 3)), columns=list("abc"))
    table["y"] = np.where(table["a"] + table["b"] ** 2 > 0.5, "yes", "no")
    log = tmp_path / "search.log"
    options = {
        "target": "y",
        "only": ["gradient-boosting-classifier"],
        "seconds": 3.0,
        "search_log": log,
        "progress": None,
    }
    first = everyml.learn(table, **options)
    tried = log.stat().st_size
    assert tried > 0 and set(first.predict(table)) <= {"yes", "no"}
    everyml.learn(table, **options)
    assert log.stat().st_size >= tried
    with pytest.raises(ValueError, match="search"):
        everyml.learn(table.assign(y=table["c"] > 0), **options)


def test_accumulated_effects_of_a_line():
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"a": rng.uniform(0, 1, 500)})
    table["b"] = table["a"] + rng.normal(scale=0.1, size=500)
    table["y"] = 3 * table["a"] - 2 * table["b"]
    model = everyml.fit(table, "linear-regression", target="y")
    found = model.accumulated_effects(table, "a", points=11)
    grid, effect = found["grid"], found["effect"]
    # Of a line the effect is the line, although the columns move together, with mean 0 over the rows.
    np.testing.assert_allclose(np.diff(effect), 3 * np.diff(grid), rtol=1e-6)
    assert found["rows"].sum() == 500 and found["rows"].dtype == np.int64
    middle = np.average((effect[1:] + effect[:-1]) / 2, weights=found["rows"])
    assert abs(middle) < 0.05


# Forests


def test_forests_as_scikit_learns():
    settings = {"n_estimators": 100, "random_state": 0}
    sugar = names.RandomForestRegressor(oob_score=True, **settings).fit(SUGAR_X, SUGAR_Y)
    other = theirs.RandomForestRegressor(oob_score=True, **settings).fit(SUGAR_X, SUGAR_Y)
    assert sugar.oob_score_ == pytest.approx(other.oob_score_, abs=0.03)
    assert sugar.oob_prediction_.shape == (442,) and sugar.apply(SUGAR_X).shape == (442, 100)
    np.testing.assert_allclose(sugar.feature_importances_, other.feature_importances_, atol=0.05)
    iris = names.RandomForestClassifier(oob_score=True, class_weight="balanced", **settings).fit(IRIS_X, IRIS_Y)
    assert iris.oob_score_ > 0.92 and iris.oob_decision_function_.shape == (150, 3)
    extra = names.ExtraTreesRegressor(max_features="sqrt", max_samples=None, **settings).fit(SUGAR_X, SUGAR_Y)
    assert extra.score(SUGAR_X, SUGAR_Y) == pytest.approx(1, abs=1e-9) and not hasattr(extra, "oob_score_")
    with pytest.raises(ValueError, match="bootstrap"):
        names.ExtraTreesClassifier(oob_score=True).fit(IRIS_X, IRIS_Y)
    low, high = everyml.RandomForestRegressor().fit(SUGAR_X, SUGAR_Y).predict_interval(SUGAR_X, level=0.8)
    assert (low <= high).all() and 0.75 < np.mean((low <= SUGAR_Y) & (high >= SUGAR_Y)) <= 1


def test_isolation_as_scikit_learns():
    rng = np.random.default_rng(6)
    X = np.vstack([rng.normal(size=(300, 2)), [[8.0, 8.0], [-9.0, 7.0]]])
    ours = names.IsolationForest(random_state=0).fit(X)
    other = theirs.IsolationForest(random_state=0).fit(X)
    assert ours.offset_ == other.offset_ == -0.5 and ours.max_samples_ == 256
    assert np.corrcoef(ours.score_samples(X), other.score_samples(X))[0, 1] > 0.95
    assert (ours.predict(X[-2:]) == -1).all() and (ours.predict([[0.0, 0.0]]) == 1).all()
    share = names.IsolationForest(contamination=0.1, random_state=0).fit(X)
    assert np.sum(share.predict(X) == -1) == pytest.approx(30, abs=1)
    np.testing.assert_array_equal(share.predict(X) == -1, share.decision_function(X) < 0)
    own = everyml.IsolationForest().fit(X)
    assert (own.predict(X[-2:]) == -1).all() and np.mean(own.predict(X) == -1) < 0.05


# Ways of rows


def test_the_way_of_a_row_is_scikit_learns():
    settings = {"max_depth": 5, "min_samples_leaf": 3, "random_state": 0}
    ours = names.DecisionTreeRegressor(**settings).fit(SUGAR_X, SUGAR_Y)
    other = their_trees.DecisionTreeRegressor(**settings).fit(SUGAR_X, SUGAR_Y)
    way, expected = ours.decision_path(SUGAR_X), other.decision_path(SUGAR_X)
    assert way.shape == expected.shape and (way != expected).nnz == 0
    alone = names.DecisionTreeRegressor(max_leaf_nodes=2, min_impurity_decrease=1e9).fit(SUGAR_X, SUGAR_Y)
    assert alone.decision_path(SUGAR_X[:3]).toarray().tolist() == [[1], [1], [1]]


def test_the_ways_of_a_forest_end_in_its_leaves():
    forest = names.RandomForestClassifier(n_estimators=7, random_state=1).fit(IRIS_X, IRIS_Y)
    way, first = forest.decision_path(IRIS_X)
    assert first.shape == (8,) and first[-1] == way.shape[1] and way.shape[0] == 150
    assert (way[:, first[:-1]].toarray() == 1).all()
    leaves = forest.apply(IRIS_X)
    for tree in range(7):
        part = way[:, first[tree] : first[tree + 1]].tocsr()
        ends = np.array([row.indices.max() for row in part])
        for leaf in np.unique(leaves[:, tree]):
            assert len(np.unique(ends[leaves[:, tree] == leaf])) == 1
        assert len(np.unique(ends)) == len(np.unique(leaves[:, tree]))


def test_a_forest_by_absolute_errors_is_near_scikit_learns():
    train, test = np.arange(442) % 3 > 0, np.arange(442) % 3 == 0
    settings = {"n_estimators": 60, "criterion": "absolute_error", "min_samples_leaf": 5, "random_state": 0}

    def error(one):
        told = one(**settings).fit(SUGAR_X[train], SUGAR_Y[train]).predict(SUGAR_X[test])
        return np.abs(told - SUGAR_Y[test]).mean()

    for kind in ("RandomForestRegressor", "ExtraTreesRegressor"):
        assert error(getattr(names, kind)) == pytest.approx(error(getattr(theirs, kind)), rel=0.04)


def test_a_row_without_an_out_of_bag_answer_is_told_of():
    few = names.RandomForestRegressor(n_estimators=2, oob_score=True, random_state=0)
    with pytest.warns(UserWarning, match="out-of-bag"):
        few.fit(SUGAR_X, SUGAR_Y)


def test_out_of_bag_answers_are_judged_by_a_function():
    def largest(truth, told):
        return float(np.abs(truth - told).max())

    settings = {"n_estimators": 50, "random_state": 0}
    sugar = names.RandomForestRegressor(oob_score=largest, **settings).fit(SUGAR_X, SUGAR_Y)
    assert sugar.oob_score_ == largest(SUGAR_Y, sugar.oob_prediction_)
    iris = names.RandomForestClassifier(oob_score=lambda truth, told: (truth == told).sum(), **settings)
    right = iris.fit(IRIS_X, IRIS_Y).oob_score_
    assert right / 150 == iris.set_params(oob_score=True).fit(IRIS_X, IRIS_Y).oob_score_
