"""everyml.sklearn: scikit-learn's names, the engine's answers, and a sentence for what is not offered."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest
import sklearn
import sklearn.cluster
import sklearn.dummy
import sklearn.linear_model
import sklearn.naive_bayes
import sklearn.neighbors
from everyml.sklearn._table import CLASSES
from scipy import sparse

import everyml
from everyml import sklearn as ours

RNG = np.random.default_rng(5)
X = RNG.normal(size=(200, 6)) * [1, 5, 0.2, 1, 3, 1] + [0, 1, 2, 0, 0, 4]
FLAGS = (X > 0.5).astype(float)
COUNTS = RNG.poisson(2.0, size=(200, 6)).astype(float)
THREE = np.array(["b", "a", "c"])[np.digitize(X[:, 0] + RNG.normal(size=200), [-0.5, 0.5])]
TWO = X[:, 1] + 2 * RNG.normal(size=200) > 1
NUMBER = X @ [1, 0.5, -2, 0, 0.1, 3] + RNG.normal(size=200)
WEIGHTS = RNG.uniform(0.1, 3.0, 200)


def pair(name: str, **settings):
    theirs = getattr(getattr(sklearn, CLASSES[name].module), name)
    return getattr(ours, name)(**settings), theirs(**settings)


@pytest.mark.skipif(not sklearn.__version__.startswith("1.9."), reason="the signatures are those of scikit-learn 1.9")
def test_signatures_are_those_of_scikit_learn():
    import inspect

    for name, row in CLASSES.items():
        theirs = getattr(getattr(sklearn, row.module), name)
        mine = inspect.signature(getattr(ours, name).__init__).parameters.values()
        wanted = [(one.name, one.default, one.kind) for one in inspect.signature(theirs.__init__).parameters.values()]
        # Committees have members of their own where theirs need some.
        wanted = [(one, None if one == "estimators" else default, kind) for one, default, kind in wanted]
        assert [(one.name, one.default, one.kind) for one in mine] == wanted, name
        methods = {one for one in dir(theirs) if not one.startswith("_")} - {*row.missing, "n_features_in_"}
        assert methods <= set(dir(getattr(ours, name))), name


def test_scikit_learn_is_not_imported():
    code = (
        "import sys, everyml.sklearn as s; s.Ridge().fit([[0.0], [1.0]], [0, 1]); assert 'sklearn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


NUMBERS = [
    ("LinearRegression", {}, 1e-10),
    ("LinearRegression", {"fit_intercept": False}, 1e-10),
    ("Ridge", {}, 1e-10),
    ("Ridge", {"alpha": 20.0, "fit_intercept": False, "solver": "svd"}, 1e-10),
    ("KNeighborsRegressor", {"n_neighbors": 7, "weights": "distance"}, 1e-10),
    ("KNeighborsRegressor", {"p": 1}, 1e-10),
    ("DummyRegressor", {}, 1e-10),
    ("DummyRegressor", {"strategy": "median"}, 1e-10),
    ("DummyRegressor", {"strategy": "quantile", "quantile": 0.3}, 1e-10),
    ("DummyRegressor", {"strategy": "constant", "constant": 4.5}, 1e-10),
]


@pytest.mark.parametrize("name, settings, tolerance", NUMBERS)
@pytest.mark.parametrize("weighted", [False, True])
def test_numbers_are_those_of_scikit_learn(name, settings, tolerance, weighted):
    mine, theirs = pair(name, **settings)
    if weighted and (name == "KNeighborsRegressor" or settings.get("strategy") == "quantile"):
        return
    options = {"sample_weight": WEIGHTS} if weighted else {}
    for model in (mine, theirs):
        model.fit(X, NUMBER, **options)
    np.testing.assert_allclose(mine.predict(X), theirs.predict(X), rtol=tolerance, atol=tolerance)
    assert mine.score(X, NUMBER) == pytest.approx(theirs.score(X, NUMBER), abs=1e-10)
    for attribute in ("coef_", "intercept_", "rank_", "constant_", "n_samples_fit_"):
        if hasattr(theirs, attribute):
            np.testing.assert_allclose(getattr(mine, attribute), getattr(theirs, attribute), rtol=1e-8, atol=1e-10)


CLASS_CASES = [
    ("LogisticRegression", {}, X, 1e-6),
    ("LogisticRegression", {"C": 0.2, "class_weight": "balanced", "fit_intercept": False}, X, 1e-6),
    ("LogisticRegression", {"C": np.inf}, X, 1e-6),
    ("GaussianNB", {}, X, 1e-9),
    ("GaussianNB", {"var_smoothing": 0.1}, X, 1e-9),
    ("BernoulliNB", {"alpha": 0.3}, FLAGS, 1e-9),
    ("BernoulliNB", {"binarize": 1.5, "fit_prior": False}, X, 1e-9),
    ("MultinomialNB", {}, COUNTS, 1e-9),
    ("ComplementNB", {"alpha": 2.0}, COUNTS, 1e-9),
    ("CategoricalNB", {}, COUNTS, 1e-9),
    ("KNeighborsClassifier", {"n_neighbors": 3, "metric": "cityblock"}, X, 1e-9),
    ("KNeighborsClassifier", {"weights": "distance"}, X, 1e-9),
    ("DummyClassifier", {}, X, 1e-12),
    ("DummyClassifier", {"strategy": "most_frequent"}, X, 1e-12),
]


@pytest.mark.parametrize("name, settings, rows, tolerance", CLASS_CASES)
@pytest.mark.parametrize("labels", [THREE, TWO], ids=["three", "two"])
@pytest.mark.parametrize("weighted", [False, True])
def test_probabilities_are_those_of_scikit_learn(name, settings, rows, tolerance, labels, weighted):
    if weighted and name == "KNeighborsClassifier":
        return
    if name == "LogisticRegression":
        rows = (rows - rows.mean(0)) / rows.std(0)
        settings = {**settings, "max_iter": 10000, "tol": 1e-10}
    mine, theirs = pair(name, **settings)
    options = {"sample_weight": WEIGHTS} if weighted and name != "GaussianNB" else {}
    for model in (mine, theirs):
        model.fit(rows, labels, **options)
    np.testing.assert_allclose(mine.predict_proba(rows), theirs.predict_proba(rows), atol=tolerance)
    known = ("coef_", "intercept_", "class_prior_", "class_log_prior_", "feature_log_prob_", "feature_count_", "theta_")
    for attribute in (*known, "class_count_", "var_", "epsilon_", "feature_all_", "n_categories_"):
        if hasattr(theirs, attribute):
            mine_, theirs_ = getattr(mine, attribute), getattr(theirs, attribute)
            assert isinstance(theirs_, list) or mine_.shape == theirs_.shape, attribute
            for one, other in zip(mine_, theirs_, strict=True) if isinstance(theirs_, list) else [(mine_, theirs_)]:
                np.testing.assert_allclose(one, other, rtol=50 * tolerance, atol=50 * tolerance, err_msg=attribute)
    if hasattr(theirs, "predict_joint_log_proba"):
        np.testing.assert_allclose(
            mine.predict_joint_log_proba(rows), theirs.predict_joint_log_proba(rows), rtol=1e-9, atol=1e-8
        )
        np.testing.assert_allclose(mine.predict_log_proba(rows), theirs.predict_log_proba(rows), rtol=1e-7, atol=1e-8)
    if hasattr(theirs, "decision_function"):
        np.testing.assert_allclose(
            mine.decision_function(rows), theirs.decision_function(rows), atol=100 * tolerance, rtol=1e-3
        )


def test_a_table_of_fewer_rows_than_columns_gets_the_shortest_coefficients():
    wide = RNG.normal(size=(5, 9))
    mine, theirs = pair("LinearRegression")
    for model in (mine, theirs):
        model.fit(wide, wide[:, 0] + 1)
    np.testing.assert_allclose(mine.coef_, theirs.coef_, atol=1e-9)
    assert mine.rank_ == 4


@pytest.mark.parametrize("name", ["LinearRegression", "Ridge", "KNeighborsRegressor", "DummyRegressor"])
def test_several_targets(name):
    several = np.c_[NUMBER, X[:, 0] ** 2, -NUMBER]
    mine, theirs = pair(name)
    for model in (mine, theirs):
        model.fit(X, several)
    np.testing.assert_allclose(mine.predict(X), theirs.predict(X), atol=1e-9)
    again = pickle.loads(pickle.dumps(mine))
    assert (again.predict(X) == mine.predict(X)).all()
    assert mine.score(X, several) == pytest.approx(theirs.score(X, several), abs=1e-9)


def test_neighbours_with_and_without_rows():
    mine, theirs = pair("KNeighborsClassifier", n_neighbors=4)
    for model in (mine, theirs):
        model.fit(X, TWO)
    for rows in (None, X[:20]):
        for one, other in zip(mine.kneighbors(rows), theirs.kneighbors(rows), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-9)
    graph = mine.kneighbors_graph(X[:9], mode="distance")
    assert abs(graph - theirs.kneighbors_graph(X[:9], mode="distance")).max() < 1e-9


def test_k_means_from_given_centres_takes_the_steps_of_scikit_learn():
    first = X[:4] * 1.5
    mine, theirs = pair("KMeans", n_clusters=4, init=first, n_init=1)
    for model in (mine, theirs):
        model.fit(X, sample_weight=WEIGHTS)
    np.testing.assert_allclose(mine.cluster_centers_, theirs.cluster_centers_, atol=1e-9)
    assert (mine.labels_ == theirs.labels_).all()
    assert mine.inertia_ == pytest.approx(theirs.inertia_)
    assert mine.score(X, sample_weight=WEIGHTS) == pytest.approx(theirs.score(X, sample_weight=WEIGHTS))
    np.testing.assert_allclose(mine.transform(X), theirs.transform(X), atol=1e-9)
    with pytest.raises(everyml.ParameterError, match="does not match the number of clusters"):
        mine.set_params(n_clusters=5).fit(X)


def test_one_class_is_enough_where_it_is_for_scikit_learn():
    for name in ("GaussianNB", "KNeighborsClassifier", "DummyClassifier"):
        model = getattr(ours, name)().fit(X, np.full(200, "only"))
        model = pickle.loads(pickle.dumps(model))
        assert set(model.predict(X)) == {"only"} and (model.predict_proba(X) == 1).all()
    with pytest.raises(ValueError, match="only one class"):
        ours.LogisticRegression().fit(X, np.ones(200))


REFUSED = [
    ("LinearRegression", {"positive": True}, "positive must be False, got True"),
    ("Ridge", {"solver": "newton"}, "solver must be 'auto' or"),
    ("Ridge", {"alpha": -1.0}, "Ridge: alpha must be between 0 and"),
    ("LogisticRegression", {"penalty": "l1"}, "penalty must be 'l2' or None, got 'l1'"),
    ("LogisticRegression", {"l1_ratio": 0.5}, "only the L2 penalty is offered"),
    ("LogisticRegression", {"C": -1.0}, "LogisticRegression: C must be"),
    ("LogisticRegression", {"max_iter": 2.5}, "max_iter must be a whole number, got 2.5"),
    ("GaussianNB", {"priors": [0.5, 0.6]}, "priors must sum to 1"),
    ("MultinomialNB", {"alpha": [1.0, 2.0]}, "alpha must be one number"),
    ("ComplementNB", {"norm": True}, "norm must be False"),
    ("CategoricalNB", {"min_categories": 3}, "min_categories must be None"),
    ("KNeighborsClassifier", {"metric": "chebyshev"}, "metric must be 'minkowski' or"),
    ("KNeighborsClassifier", {"p": 3}, "p must be 1 or 2"),
    ("KNeighborsRegressor", {"weights": np.exp}, "weights must be 'uniform' or 'distance'"),
    ("KMeans", {"algorithm": "full"}, "algorithm must be 'lloyd' or 'elkan'"),
    ("KMeans", {"init": "best"}, "init must be"),
    ("DummyClassifier", {"strategy": "stratified"}, "strategy must be 'prior', 'most_frequent' or 'constant'"),
    ("DummyRegressor", {"strategy": "mode"}, "strategy must be"),
]


@pytest.mark.parametrize("name, settings, sentence", REFUSED)
def test_what_is_not_offered_is_refused(name, settings, sentence):
    kind = everyml.sklearn._table.CLASSES[name].module
    y = THREE if kind == "naive_bayes" or "Classifier" in name or "Logistic" in name else NUMBER
    with pytest.raises(everyml.ParameterError, match=sentence):
        getattr(ours, name)(**settings).fit(COUNTS, y)


def test_tables_and_sparse_rows_go_in():
    import pandas as pd

    frame = pd.DataFrame({"size": X[:, 0], "town": np.where(TWO, "x", "y")})
    model = ours.LogisticRegression().fit(frame, TWO)
    assert model.score(frame, TWO) == 1.0
    rows = sparse.csr_matrix(COUNTS)
    model = ours.MultinomialNB().fit(rows, THREE)
    np.testing.assert_allclose(model.predict_proba(rows), model.predict_proba(COUNTS), atol=1e-12)


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_sparse_rows_are_those_of_float32(alpha):
    """The one reason why coefficients of sparse rows differ from scikit-learn's."""
    rows = np.where(X > 0.3, X, 0.0)
    mine, theirs = pair("Ridge", alpha=alpha, solver="svd")
    mine.fit(sparse.csr_matrix(rows), NUMBER)
    theirs.fit(rows.astype(np.float32).astype(np.float64), NUMBER)
    np.testing.assert_allclose(mine.coef_, theirs.coef_, rtol=1e-10)


def test_a_table_of_texts_has_its_rank_and_shortest_coefficients():
    import pandas as pd

    town = np.array(["x", "y", "z"])[np.arange(200) % 3]
    frame = pd.DataFrame({"size": X[:, 0], "twice": 2 * X[:, 0], "town": town})
    model = ours.LinearRegression().fit(frame, NUMBER)
    again = pickle.loads(pickle.dumps(model))
    assert model.rank_ == again.rank_ < len(model.coef_)
    np.testing.assert_allclose(model.predict(frame), again.predict(frame), rtol=0)
    by_hand = np.c_[X[:, 0], town == "x", town == "y", town == "z"].astype(float)
    theirs = sklearn.linear_model.LinearRegression().fit(by_hand, NUMBER)
    np.testing.assert_allclose(model.predict(frame), theirs.predict(by_hand), atol=1e-8)
