"""What scikit-learn's checks do not ask: tables as they are, files, meta-estimators, names, threads, errors."""

import copy
import inspect
import io
import pickle
import threading
import time
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone, is_classifier, is_clusterer, is_outlier_detector, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import StackingClassifier, VotingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import everyml

CLASSES = everyml.all_estimators()
IDS = [kind.__name__ for kind in CLASSES]
every_class = pytest.mark.parametrize("kind", CLASSES, ids=IDS)
RNG = np.random.default_rng(3)


def numbers(rows=120):
    rng = np.random.default_rng(7)
    X = rng.normal(size=(rows, 4))
    return X, X @ [2.0, -1.0, 0.5, 0.0] + 0.1 * rng.normal(size=rows)


def frame(rows=160):
    """Texts, categories, dates, booleans, holes; what they say of the answer is planted."""
    rng = np.random.default_rng(11)
    city = rng.choice(["Rome", "Oslo", "Lima"], rows)
    age = rng.integers(18, 80, rows).astype(float)
    x = pd.DataFrame(
        {
            "city": city,
            "age": np.where(rng.random(rows) < 0.15, np.nan, age),
            "plan": pd.Categorical(rng.choice(["free", "paid"], rows)),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), unit="D"),
            "member": rng.random(rows) < 0.5,
        }
    )
    x.loc[rng.random(rows) < 0.1, "city"] = None
    score = (city == "Rome") * 3.0 + (x["plan"] == "paid") * 2.0 + age / 40
    return x, score.to_numpy()


def target_for(kind, score):
    if kind._entry["target"] == "classes":
        return np.where(score > np.median(score), "yes", "no")
    return score if kind._entry["target"] == "numbers" else None


def fitted(kind, X, score, **settings):
    y = target_for(kind, score)
    return kind(**settings).fit(X) if y is None else kind(**settings).fit(X, y)


def answers(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


@every_class
def test_a_raw_frame_with_texts_and_holes_just_works(kind):
    X, score = frame()
    model = fitted(kind, X, score)
    assert model.n_features_in_ == 5
    assert list(model.feature_names_in_) == list(X.columns)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = model.predict(X)
        # The order of columns does not matter, nor do columns that were not there.
        again = model.predict(X[X.columns[::-1]].assign(more=1))
    np.testing.assert_array_equal(got, again)
    if kind.__name__ in ("LogisticRegression", "NaiveBayes", "KnnClassifier"):
        assert np.mean(got == target_for(kind, score)) > 0.8
    if kind.__name__ in ("LinearRegression", "Ridge", "KnnRegressor"):
        assert model.score(X, score) > 0.5


@every_class
def test_what_fit_did_not_see_is_told(kind):
    X, score = frame()
    model = fitted(kind, X, score)
    with pytest.warns(everyml.EncodeWarning, match="city"):
        model.predict(X.assign(city="Paris"))
    with pytest.warns(everyml.EncodeWarning, match="plan"):
        model.predict(X.drop(columns="plan"))
    with pytest.raises(ValueError, match="expecting 5 features"):
        model.predict(X.to_numpy()[:, :3])


def test_a_single_row_is_read_as_the_rows_of_fit_were():
    rng = np.random.default_rng(2)
    X = pd.DataFrame({"size": rng.choice(["3", "12", "small"], 90), "note": [f"word{i} and more" for i in range(90)]})
    y = np.where(X["size"] == "12", "yes", "no")
    model = everyml.LogisticRegression().fit(X, y)
    together = model.predict(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # By themselves, "12" would be a number and the notes of three rows a category.
        alone = np.concatenate([model.predict(X[i : i + 3]) for i in range(0, 90, 3)])
    np.testing.assert_array_equal(alone, together)
    np.testing.assert_array_equal(model.predict(X[X["size"] == "12"]), "yes")


@every_class
def test_numbers_of_any_container_give_the_same_model(kind):
    X, score = numbers()
    expected = fitted(kind, X, score).to_bytes()
    wide = np.zeros((240, 9))
    wide[::2, 2:6] = X
    big = X.astype(">f8")
    for same in (np.asfortranarray(X), X.tolist(), wide[::2, 2:6], big, X.astype(object), X[::-1][::-1]):
        assert fitted(kind, same, score).to_bytes() == expected
    named = pd.DataFrame(X, columns=["x0", "x1", "x2", "x3"])
    assert fitted(kind, named, score).to_bytes() == expected
    # float32 is read as it is, sparse matrices are kept in float32.
    single = fitted(kind, X.astype(np.float32), score)
    sparse = fitted(kind, sp.csr_array(X), score)
    for other in (single, sparse):
        mine, wanted = answers(other, X.astype(np.float32)), answers(fitted(kind, X, score), X)
        if kind.__name__.startswith("RandomForest"):
            # A row beside a cut may change its side in one tree of a hundred.
            assert np.mean(np.abs(mine - wanted)) < 2e-3 * np.ptp(wanted)
        else:
            np.testing.assert_allclose(mine, wanted, atol=2e-4)


@every_class
def test_missing_numbers_are_filled_or_left_out(kind):
    X, score = numbers()
    X[::7, 1] = np.nan
    model = fitted(kind, X, score)
    assert np.isfinite(answers(model, X)).all()
    if kind._entry["fills_missing"]:
        filled = X.copy()
        filled[::7, 1] = np.nanmedian(X[:, 1])
        np.testing.assert_array_equal(answers(model, X), answers(fitted(kind, filled, score), filled))


def test_what_is_masked_is_missing():
    X, score = numbers()
    masked = np.ma.MaskedArray(X, mask=np.abs(X) > 1.5)
    holes = np.where(masked.mask, np.nan, X)
    expected = everyml.Ridge().fit(holes, score)
    assert everyml.Ridge().fit(masked, score).to_bytes() == expected.to_bytes()
    with pytest.raises(ValueError, match="masked"):
        everyml.Ridge().fit(X, np.ma.MaskedArray(score, mask=score > 1))
    polars = pytest.importorskip("polars")
    with pytest.raises(ValueError, match="collect"):
        everyml.Ridge().fit(polars.DataFrame({"a": [1.0, 2.0]}).lazy(), [1.0, 2.0])


@every_class
def test_the_file_is_safe_and_holds_all(kind, tmp_path):
    for X, score in (numbers(), frame()):
        model = fitted(kind, X, score)
        for again in (
            pickle.loads(pickle.dumps(model)),
            copy.deepcopy(model),
            _through_joblib(model),
        ):
            np.testing.assert_array_equal(answers(again, X), answers(model, X))
            assert again.to_bytes() == model.to_bytes()
            assert again.get_params() == model.get_params()
        # The pickle holds the bytes of the model file, nothing that could run.
        assert model.to_bytes() in pickle.dumps(model)
    path = tmp_path / "model.everyml"
    model.save(path)
    assert path.read_bytes() == model.to_bytes()
    with pytest.raises(everyml.ResourceError):
        model.save(path)
    model.save(path, overwrite=True)


def _through_joblib(model):
    held = io.BytesIO()
    joblib.dump(model, held)
    held.seek(0)
    return joblib.load(held)


def test_a_spoiled_pickle_is_refused():
    X, score = numbers()
    held = bytearray(pickle.dumps(fitted(everyml.Ridge, X, score)))
    at = held.find(b"coefficients")
    held[at] ^= 1
    with pytest.raises(everyml.FormatError):
        pickle.loads(bytes(held))


@every_class
def test_signature_and_page_come_from_the_registry(kind):
    signature = inspect.signature(kind)
    for param in kind._entry["params"]:
        assert signature.parameters[param["name"]].kind is inspect.Parameter.KEYWORD_ONLY
        assert param["name"] in kind.__doc__
        if param["range"]:
            assert param["range"].split()[-1] in kind.__doc__
    for one in kind._entry["attributes"]:
        assert one["help"].split()[0] in kind.__doc__
    lines = [line[4:] for line in kind.__doc__.splitlines() if line.startswith(">>> ")]
    scope = {}
    exec("\n".join(lines), scope)
    assert len(scope["answers"]) == 1


@every_class
def test_every_attribute_can_be_read(kind):
    X, score = numbers()
    model = fitted(kind, X, score)
    shown = [name for name in kind._attributes if hasattr(model, name)]
    assert shown
    for name in shown:
        value = getattr(model, name)
        assert isinstance(value, (int, float, np.ndarray)), name
        assert name in dir(model)
    with pytest.raises(AttributeError):
        getattr(model, "nothing_")  # noqa: B009
    assert isinstance(model.summary_, dict)


@every_class
def test_wrong_settings_are_refused_at_fit(kind):
    X, score = numbers()
    for param in kind._entry["params"]:
        if param["type"] == "choice":
            with pytest.raises(ValueError, match=param["name"]):
                fitted(kind, X, score, **{param["name"]: "no such choice"})
        if param["type"] in ("integer", "number"):
            with pytest.raises((ValueError, TypeError)):
                fitted(kind, X, score, **{param["name"]: "many"})
            if param["range"]:
                with pytest.raises(ValueError, match=param["name"]):
                    fitted(kind, X, score, **{param["name"]: -1e305 if param["type"] == "number" else -5})
    with pytest.raises(TypeError, match="unexpected keyword"):
        kind(no_such_setting=1)
    with pytest.raises(ValueError, match="Invalid parameter 'random_stat'.*Did you mean 'random_state'"):
        kind().set_params(random_stat=1)
    for name, value in (
        ("random_state", -1),
        ("random_state", "a"),
        ("n_jobs", 0),
        ("encode", "maybe"),
        ("progress", 3),
    ):
        with pytest.raises((ValueError, TypeError), match=name):
            fitted(kind, X, score, **{name: value})


@every_class
def test_before_fit(kind):
    with pytest.raises(NotFittedError):
        kind().predict([[1.0]])
    with pytest.raises(NotFittedError):
        kind().to_bytes()
    text = repr(kind(random_state=5, n_jobs=2))
    assert text == f"{kind.__name__}(random_state=5, n_jobs=2)"
    assert "<table>" in kind()._repr_html_()


@every_class
def test_the_answer_does_not_depend_on_threads(kind):
    X, score = numbers(5000)
    expected = fitted(kind, X, score, n_jobs=1)
    for n_jobs in (2, 7, -1, None):
        model = fitted(kind, X, score, n_jobs=n_jobs)
        assert model.to_bytes() == expected.to_bytes()
        np.testing.assert_array_equal(answers(model, X), answers(expected, X))


def test_kinds_are_known_to_scikit_learn():
    for kind in CLASSES:
        target = kind._entry["target"]
        assert is_classifier(kind()) == (target == "classes")
        assert is_regressor(kind()) == (target == "numbers")
        anomaly = "anomaly" in kind._entry["capabilities"]
        assert is_outlier_detector(kind()) == anomaly
        assert is_clusterer(kind()) == (target == "none" and not anomaly)


@pytest.mark.parametrize(
    "labels",
    [
        np.array([3, 1, 2]),
        np.array([-1, 1, 0], dtype=np.int8),
        np.array(["b", "a", "ç"]),
        np.array(["b", "a", "ç"], dtype=object),
        np.array([2.0, 0.0, 1.0]),
        np.array([True, False, True]),
        np.array([2**62 + 1, 2**62 + 2, 5]),
        np.array([7, 9, 8], dtype=np.uint64),
        np.array([b"x", b"y", b"z"]),
    ],
    ids=lambda labels: f"{labels.dtype}",
)
def test_labels_come_back_as_they_were(labels):
    X, _ = numbers(90)
    y = labels[np.digitize(X[:, 0], [-0.4, 0.4])] if labels.dtype != bool else X[:, 0] > 0
    model = everyml.LogisticRegression().fit(X, y)
    np.testing.assert_array_equal(model.classes_, np.unique(y))
    got = model.predict(X)
    assert got.dtype == y.dtype
    assert np.mean(got == y) > 0.7
    assert model.predict_proba(X).shape == (90, len(model.classes_))


def test_labels_that_cannot_be():
    X, _ = numbers(6)
    for y, what in (
        ([1.5, 2.5, 1.5, 2.5, 1.5, 2.5], "Unknown label type"),
        ([1, 0, 1, np.nan, 0, 1], "NaN"),
        (["a", "b", None, "a", "b", "a"], "NaN"),
        (["a", 1, "b", 1, "a", 1], "several types"),
        ([[1, 0]] * 6, "1d array"),
        ([1, 0, 1], "inconsistent"),
        (None, "requires y"),
        ("abc", "array-like"),
        ([1] * 6, "one class"),
    ):
        with pytest.raises(ValueError, match=what):
            everyml.LogisticRegression().fit(X, y)
    for y in ([np.inf, 1, 2, 3, 4, 5], ["a"] * 6, [1 + 2j] * 6):
        with pytest.raises(ValueError):
            everyml.Ridge().fit(X, y)


def test_pipelines_searches_and_ensembles():
    X, score = numbers(200)
    y = (score > 0).astype(int)
    pipe = make_pipeline(StandardScaler(), everyml.LogisticRegression())
    assert cross_val_score(pipe, X, y, cv=3).mean() > 0.9
    search = GridSearchCV(everyml.KnnClassifier(), {"neighbors": [1, 5, 15], "weights": ["uniform", "distance"]}, cv=3)
    assert search.fit(X, y).best_score_ > 0.8
    assert CalibratedClassifierCV(everyml.NaiveBayes(), cv=3).fit(X, y).score(X, y) > 0.8
    stack = StackingClassifier(
        [("bayes", everyml.NaiveBayes()), ("near", everyml.KnnClassifier())], everyml.LogisticRegression(), cv=3
    )
    assert stack.fit(X, y).score(X, y) > 0.9
    vote = VotingRegressor([("ridge", everyml.Ridge()), ("near", everyml.KnnRegressor())])
    assert vote.fit(X, score).score(X, score) > 0.9
    table, planted = frame()
    columns = ColumnTransformer([("one", OneHotEncoder(handle_unknown="ignore"), ["city", "plan"])], remainder="drop")
    assert make_pipeline(columns, everyml.Ridge()).fit(table, planted).score(table, planted) > 0.5
    assert cross_val_score(everyml.Ridge(), table, planted, cv=4).mean() > 0.5
    # The distances to centres are features for what comes next.
    assert make_pipeline(everyml.KMeans(clusters=8), everyml.LogisticRegression()).fit(X, y).score(X, y) > 0.8


def test_clone_and_parameters():
    model = everyml.Ridge(alpha=3.0, random_state=4)
    again = clone(model)
    assert again is not model and again.get_params() == model.get_params()
    assert model.get_params()["alpha"] == 3.0
    assert again.set_params(alpha=None).alpha is None


def test_weights_are_routed():
    import sklearn

    X, score = numbers(100)
    weights = RNG.random(100)
    with sklearn.config_context(enable_metadata_routing=True):
        model = everyml.Ridge().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        requests = model.get_metadata_routing()
        assert requests.fit.requests == {"sample_weight": True}
        scores = cross_val_score(model, X, score, params={"sample_weight": weights}, cv=3)
        assert len(scores) == 3
        assert clone(model).get_metadata_routing().fit.requests == {"sample_weight": True}
        with pytest.raises(ValueError, match="sample_weight"):
            cross_val_score(everyml.Ridge(), X, score, params={"sample_weight": weights}, cv=3)
    with pytest.raises(RuntimeError, match="enable_metadata_routing"):
        everyml.Ridge().set_fit_request(sample_weight=True)


def test_weights_count_rows():
    X, score = numbers(60)
    counts = np.arange(60) % 3
    for kind in (everyml.LinearRegression, everyml.NaiveBayes, everyml.LogisticRegression):
        y = target_for(kind, score)
        one = kind().fit(X, y, sample_weight=counts)
        two = kind().fit(np.repeat(X, counts, axis=0), np.repeat(y, counts))
        np.testing.assert_allclose(answers(one, X), answers(two, X), rtol=1e-6, atol=1e-9)
    for weights, what in (
        ([1.0], "weight"),
        (-np.ones(60), "weight"),
        (np.zeros(60), "zero"),
        (np.ones((60, 1)), "1D"),
    ):
        with pytest.raises(ValueError, match=what):
            everyml.Ridge().fit(X, score, sample_weight=weights)
    assert "sample_weight" not in inspect.signature(everyml.KnnClassifier.fit).parameters


def test_outputs_in_the_container_asked_for():
    X, _ = numbers()
    table = pd.DataFrame(X, index=np.arange(120) * 2)
    model = everyml.KMeans(clusters=3).set_output(transform="pandas").fit(table)
    out = model.transform(table)
    assert list(out.columns) == ["kmeans0", "kmeans1", "kmeans2"]
    assert list(out.index) == list(table.index)
    np.testing.assert_array_equal(out.to_numpy(), model.set_output(transform="default").transform(table))
    with pytest.raises(ValueError, match="transform"):
        model.set_output(transform="excel")


def test_names_of_columns_are_held_to():
    X, score = numbers()
    table = pd.DataFrame(X, columns=list("abcd"))
    model = everyml.Ridge().fit(table, score)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(X)
    with pytest.raises(ValueError, match="same order"):
        model.predict(table[list("dcba")])
    with pytest.raises(ValueError, match="unseen at fit time"):
        model.predict(table.rename(columns={"a": "z"}))
    with pytest.warns(UserWarning, match="fitted without feature names"):
        everyml.Ridge().fit(X, score).predict(table)
    with pytest.raises(TypeError, match="string names"):
        everyml.Ridge().fit(pd.DataFrame(X, columns=["a", "b", 3, "d"]), score)


def test_shapes_that_cannot_be():
    X, score = numbers(10)
    for wrong, what in (
        (X[:, 0], "Reshape your data"),
        (X[None], "dim 3"),
        (5.0, "2D array"),
        (X[:0], "0 sample"),
        (X[:, :0], "0 feature"),
        (X + 1j, "Complex"),
        ([[1.0], [1.0, 2.0]], "equal lengths"),
        ("text", "2D array"),
        (None, "2D array"),
        (X * np.inf, "infinite|finite"),
    ):
        with pytest.raises(ValueError, match=what):
            everyml.Ridge().fit(wrong, score)
    with pytest.raises(ValueError, match="expecting 4 features"):
        everyml.Ridge().fit(X, score).predict(X[:, :2])
    with pytest.raises(ValueError, match="fitted on numbers alone"):
        everyml.Ridge().fit(X, score).predict(pd.DataFrame({"a": ["x"], "b": [1], "c": [1], "d": [1]}))
    with pytest.raises(ValueError, match="not of numbers"):
        everyml.Ridge(encode="never").fit(frame()[0], frame()[1])


def test_always_encoding_is_what_the_command_does():
    X, score = numbers()
    near = everyml.KnnRegressor(encode="always").fit(X * [1, 1, 1, 1000], score)
    plain = everyml.KnnRegressor().fit(X * [1, 1, 1, 1000], score)
    # Scaled, the column without meaning no longer drowns the others.
    assert near.score(X * [1, 1, 1, 1000], score) > plain.score(X * [1, 1, 1, 1000], score) + 0.2


def test_learning_in_parts():
    X, score = numbers(300)
    y = np.where(score > 0, "up", "down")
    whole = everyml.NaiveBayes().fit(X, y)
    parts = everyml.NaiveBayes()
    parts.partial_fit(X[:100], y[:100], classes=["down", "up"])
    parts.partial_fit(X[100:200], y[100:200]).partial_fit(X[200:], y[200:])
    np.testing.assert_allclose(parts.predict_proba(X), whole.predict_proba(X), rtol=1e-9)
    with pytest.raises(ValueError, match="not among the classes"):
        parts.partial_fit(X[:2], ["up", "sideways"])
    only = everyml.NaiveBayes().partial_fit(X[:4], ["a"] * 4, classes=["a", "b"])
    assert only.predict_proba(X[:1]).shape == (1, 2)


def test_neighbours_and_intervals():
    X, score = numbers(50)
    distances, rows = everyml.KnnRegressor().fit(X, score).kneighbors(X, 3)
    assert distances.shape == rows.shape == (50, 3)
    np.testing.assert_array_equal(rows[:, 0], np.arange(50))
    np.testing.assert_allclose(distances[:, 1], np.linalg.norm(X - X[rows[:, 1]], axis=1))
    low, high = everyml.LinearRegression().fit(X, score).predict_interval(X, 0.9)
    assert 0.8 < np.mean((low <= score) & (score <= high)) <= 1


def test_scores_decide_as_probabilities_do():
    X, score = numbers(200)
    two = everyml.LogisticRegression().fit(X, score > 0)
    assert two.decision_function(X).shape == (200,)
    np.testing.assert_array_equal(two.decision_function(X) > 0, two.predict(X))
    np.testing.assert_allclose(two.decision_function(X), X @ two.coef_[0] + two.intercept_[0], rtol=1e-9, atol=1e-9)
    many = everyml.LogisticRegression().fit(X, np.digitize(score, [-1, 1]))
    assert many.decision_function(X).shape == (200, 3)
    np.testing.assert_array_equal(many.decision_function(X).argmax(axis=1), many.predict(X))


def test_contributions_sum_to_the_answer():
    X, score = numbers(200)
    regressor = everyml.GradientBoostingRegressor().fit(X, score)
    added = regressor.contributions(X)
    assert added.shape == (200, X.shape[1] + 1)
    np.testing.assert_allclose(added.sum(axis=1), regressor.predict(X), rtol=1e-9, atol=1e-9)
    two = everyml.GradientBoostingClassifier().fit(X, score > 0)
    np.testing.assert_allclose(two.contributions(X).sum(axis=1), two.decision_function(X), rtol=1e-9, atol=1e-9)
    many = everyml.GradientBoostingClassifier().fit(X, np.digitize(score, [-1, 1]))
    assert many.contributions(X).shape == (200, 3, X.shape[1] + 1)
    np.testing.assert_allclose(many.contributions(X).sum(axis=2), many.decision_function(X), rtol=1e-9, atol=1e-9)
    assert not hasattr(everyml.LinearRegression(), "contributions")


def test_the_source_may_go_while_the_engine_looks():
    X = np.random.default_rng(0).normal(size=(2000, 5))
    features = everyml._core.dense(X)
    assert features.address == X.__array_interface__["data"][0]
    expected = X[7].copy()
    del X
    junk = [np.zeros((2000, 5)) for _ in range(8)]
    np.testing.assert_array_equal(features.row(7), expected)
    del junk


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_fit_copies_no_rows(dtype):
    X = np.random.default_rng(0).normal(size=(400_000, 40)).astype(dtype)
    y = X[:, 0] > 0

    def peak():
        # The largest resident size so far, in bytes.
        lines = open("/proc/self/status").read().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

    everyml.NaiveBayes().fit(X[:1000], y[:1000])
    before = peak()
    for kind in (everyml.LinearRegression, everyml.NaiveBayes, everyml.LogisticRegression):
        kind().fit(X, y).predict(X)
    assert peak() - before < X.nbytes / 2


def test_progress_is_told_and_may_stop():
    X, _ = numbers(20000)
    seen = []
    everyml.KMeans(clusters=12, restarts=8, progress=lambda stage, share: seen.append((stage, share))).fit(X)
    assert seen and all(0 <= share <= 1 for _, share in seen)

    def enough(stage, share):
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        everyml.KMeans(clusters=40, restarts=60, tolerance=0.0, progress=enough).fit(X)
    stopped = everyml.KMeans(clusters=40, restarts=60, tolerance=0.0, progress=lambda stage, share: True).fit(X)
    assert stopped.cluster_centers_.shape == (40, 4)


def test_the_interpreter_is_free_while_the_engine_works():
    X, _ = numbers(20000)
    ticks, done = [0], threading.Event()

    def count():
        while not done.is_set():
            ticks[0] += 1
            time.sleep(0.001)

    other = threading.Thread(target=count)
    other.start()
    try:
        before = ticks[0]
        everyml.KMeans(clusters=40, restarts=20, tolerance=0.0).fit(X)
        assert ticks[0] > before + 5
    finally:
        done.set()
        other.join()


def test_a_bar_is_shown_on_a_terminal_and_goes_away(monkeypatch):
    class Screen(io.StringIO):
        def isatty(self):
            return True

    X, _ = numbers(20000)
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr("everyml._progress.Bar.quiet_seconds", 0.0)
    everyml.KMeans(clusters=40, restarts=15, tolerance=0.0, progress=True).fit(X)
    shown = screen.getvalue()
    assert "KMeans" in shown and " %" in shown
    assert shown.endswith("\r\x1b[2K")
    screen.isatty = lambda: False
    screen.truncate(0)
    everyml.KMeans(clusters=40, restarts=15, tolerance=0.0, progress=True).fit(X)
    assert screen.getvalue().strip("\0") == ""


def test_random_state_in_all_its_forms():
    X, _ = numbers(300)
    kind = everyml.KMeans
    assert kind(clusters=5).fit(X).to_bytes() == kind(clusters=5, random_state=0).fit(X).to_bytes()
    one = kind(clusters=5, random_state=np.random.RandomState(3)).fit(X).to_bytes()
    assert one == kind(clusters=5, random_state=np.random.RandomState(3)).fit(X).to_bytes()
    assert one != kind(clusters=5, random_state=np.random.RandomState(4)).fit(X).to_bytes()
    kind(clusters=5, random_state=None).fit(X)
    kind(clusters=5, random_state=np.random.default_rng(1)).fit(X)


def test_containers_of_rows_and_of_targets():
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    X, score = frame()
    y = pd.Series(np.where(score > np.median(score), "yes", "no"), name="answer")
    model = everyml.LogisticRegression().fit(X, y)
    expected = model.predict(X)
    arrow = pa.Table.from_pandas(X)
    for same in (pl.from_pandas(X), arrow, arrow.to_batches()[0]):
        other = everyml.LogisticRegression().fit(same, y)
        assert other.to_bytes() == model.to_bytes()
        assert list(other.feature_names_in_) == list(X.columns)
        np.testing.assert_array_equal(other.predict(X), expected)
        np.testing.assert_array_equal(model.predict(same), expected)
    for rows in (X.to_dict("list"), X.to_dict("records")):
        np.testing.assert_array_equal(everyml.LogisticRegression().fit(rows, y).predict(X), expected)
    labels = y.tolist()
    for same in (
        labels,
        pl.Series(labels),
        pa.array(labels),
        pa.chunked_array([labels]),
        y.astype("category"),
        y.array,
    ):
        other = everyml.LogisticRegression().fit(X, same)
        np.testing.assert_array_equal(other.predict(X), expected)
    flags = y == "yes"
    for same in (flags, flags.astype("boolean"), flags.astype("Int64"), pl.Series(flags.tolist()), flags.tolist()):
        other = everyml.LogisticRegression().fit(X, same)
        np.testing.assert_array_equal(other.predict(X) == other.classes_[1], expected == "yes")
    whole = pd.DataFrame({"a": pd.array([1, 2, None, 4] * 10, dtype="Int64"), "b": np.arange(40) % 7})
    near = everyml.Ridge().fit(whole, np.arange(40.0))
    assert near.coef_.shape == (2,)
    with pytest.raises(TypeError, match="not 'dict'"):
        everyml.LogisticRegression().fit(X.assign(bad=[{}] * len(X)), y)
    with pytest.raises(ValueError, match="NaN"):
        everyml.LogisticRegression().fit(X, y.where(y == "yes"))
    # Rows without names for a model of named columns: taken in order, and told.
    with pytest.warns(UserWarning, match="valid feature names"):
        np.testing.assert_array_equal(model.predict(X.to_numpy()), expected)
