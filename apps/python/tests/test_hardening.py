"""Unusual containers and wrong arguments: what is taken as it is, and which sentence tells of the rest."""

import copy
import inspect
import pickle
import threading

import everyml.sklearn
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse as sp
from everyml._data.tables import to_table
from sklearn.base import clone
from sklearn.model_selection import KFold, cross_val_score

import everyml

X = np.arange(24.0).reshape(12, 2) % 7
Y = X @ [1.0, -2.0] + 3
LABELS = np.where(Y > np.median(Y), "yes", "no")


def cells(table, place=0):
    return table.column_at(place).cells()


@pytest.mark.parametrize(
    "values",
    [
        np.array([1, 2, 3]),
        np.array([1, 2, 3], dtype=">u2"),
        np.array([1.0, 2.0, 3.0], dtype=np.float32),
        np.array([True, False, True]),
        np.array(["a", "b", "c"]),
        np.array(["a", 2, None], dtype=object),
        np.array(["2020-01-01", "2020-01-02", "2020-01-03"], dtype="datetime64[D]"),
        np.array([1, 2, 3], dtype="timedelta64[s]"),
    ],
    ids=lambda values: str(values.dtype),
)
def test_masked_cells_are_missing_in_every_container(values):
    masked = np.ma.array(values, mask=[False, True, False])
    plain = cells(to_table({"a": values}, texts="keep"))
    wanted = [plain[0], None, plain[2]]
    structured = np.ma.zeros(3, dtype=[("a", values.dtype)])
    structured["a"] = masked
    for container in ({"a": masked}, masked.reshape(3, 1), structured):
        assert cells(to_table(container, texts="keep")) == wanted


def test_masked_numbers_in_a_frame_and_in_lists():
    masked = np.ma.array([1, 99, 3], mask=[False, True, False])
    model = everyml.BaselineRegressor().fit({"a": masked}, [1.0, 2.0, 3.0])
    assert model._takes == "numbers"
    from everyml._data.matrix import to_matrix

    np.testing.assert_array_equal(to_matrix({"a": masked})[:, 0], [1, np.nan, 3])
    assert cells(to_table([[masked[0]], [masked[1]], [masked[2]]]))[1] is None


@pytest.mark.parametrize("wrap", [sp.csr_matrix, np.asmatrix, memoryview, np.ma.array], ids=lambda wrap: wrap.__name__)
def test_the_encoder_takes_every_container_at_predict(wrap):
    model = everyml.Ridge(encode="always").fit(X, Y)
    np.testing.assert_array_equal(model.predict(wrap(X)), model.predict(X))


def test_repeated_names_of_numbers():
    frame = pd.DataFrame(X, columns=["a", "a"])
    for kind in (everyml.Ridge, everyml.KMeans, everyml.sklearn.KMeans):
        model = kind().fit(frame, Y)
        assert list(model.feature_names_in_) == ["a", "a"]
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(frame), model.predict(frame))


def untyped():
    rows = [{"a": a, "b": b} for a, b in X.tolist()]
    table = pa.table({"a": X[:, 0], "b": X[:, 1]})

    class Stream:
        def __arrow_c_stream__(self, requested_schema=None):
            return table.__arrow_c_stream__(requested_schema)

    return {
        "dict of lists": {"a": X[:, 0].tolist(), "b": X[:, 1].tolist()},
        "list of dicts": rows,
        "objects": pd.DataFrame(rows, dtype=object),
        "reader": table.to_reader(),
        "stream": Stream(),
    }


@pytest.mark.parametrize("name", list(untyped()))
def test_numbers_in_containers_without_types_are_numbers(name):
    matrix = everyml.Ridge().fit(pd.DataFrame(X, columns=["a", "b"]), Y)
    model = everyml.Ridge().fit(untyped()[name], Y)
    assert model._takes == "numbers" and list(model.feature_names_in_) == ["a", "b"]
    assert model.to_bytes() == matrix.to_bytes()
    np.testing.assert_array_equal(matrix.predict(untyped()[name]), matrix.predict(model_frame()))
    assert everyml.Ridge(encode="always").fit(untyped()[name], Y)._takes == "table"
    assert everyml.KMeans(encode="always").fit(untyped()[name]).labels_.shape == (12,)


def model_frame():
    return pd.DataFrame(X, columns=["a", "b"])


def test_a_row_of_json_for_a_model_of_numbers():
    model = everyml.KnnRegressor(neighbors=1).fit(model_frame(), Y)
    named = model.predict(pd.DataFrame({"a": [3.0], "b": [4.0]}))
    assert model.predict([{"b": 4, "a": 3}]) == named
    taking = everyml.BaselineRegressor().fit(model_frame(), Y)
    assert taking.predict([{"a": 3, "b": None}]).shape == (1,)
    with pytest.raises(ValueError, match="was fitted on numbers alone"):
        model.predict([{"a": 3, "b": "four"}])


def test_a_frame_without_any_known_column():
    model = everyml.Ridge(encode="always").fit(model_frame(), Y)
    with pytest.raises(everyml.DataError, match="none of the columns that Ridge was fitted on, which are 'a', 'b'"):
        model.predict(pd.DataFrame({"c": [1.0], "d": [2.0]}))


def test_predicting_draws_nothing():
    model = everyml.Ridge(random_state=None).fit(X, Y)
    np.random.seed(5)
    before = np.random.get_state()[2]
    model.predict(X)
    assert np.random.get_state()[2] == before


def test_paths_of_every_kind(tmp_path):
    model = everyml.Ridge().fit(X, Y)
    name = tmp_path / "m.everyml"
    model.save(str(name).encode())
    assert everyml.load(str(name).encode()).algorithm == "ridge"
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    assert everyml.read_table(str(tmp_path / "a.csv").encode()).shape == (1, 2)
    calls = [model.save, everyml.load, everyml.read_table, everyml.read_csv, everyml.doctor]
    calls.append(lambda path: everyml.read_sql("SELECT 1", {"a": path}))
    for call in calls:
        with pytest.raises(ValueError, match="a path cannot hold a zero byte"):
            call("a\0b")
        with pytest.raises(ValueError, match="a path must be UTF-8"):
            call("a\ud800b")
    with pytest.raises(TypeError, match="a path must be a text or a path, not 'int'"):
        everyml.load(3)


def test_unknown_keywords_of_constructors():
    with pytest.raises(
        TypeError, match=r"LogisticRegression\(\) got an unexpected keyword argument 'C'. Did you mean 'c'"
    ):
        everyml.LogisticRegression(C=1)
    with pytest.raises(ValueError, match="Did you mean 'c'"):
        everyml.LogisticRegression().set_params(C=1)
    with pytest.raises(TypeError, match="Did you mean 'n_clusters'"):
        everyml.sklearn.KMeans(n_cluster=2)
    for kind in [*everyml.all_estimators(), *everyml.sklearn.all_estimators()]:
        parameters = inspect.signature(kind).parameters
        assert list(parameters) == list(inspect.signature(kind.__init__).parameters)[1:]
        assert set(parameters) == set(kind._defaults)
        assert all(one.default is kind._defaults[name] for name, one in parameters.items())


def test_copies_share_a_callable_that_holds_a_lock():
    class Progress:
        def __init__(self):
            self.lock = threading.Lock()

        def __call__(self, stage, fraction):
            pass

    progress = Progress()
    model = everyml.KnnRegressor(neighbors=2, progress=progress).fit(X, Y)
    assert clone(model).progress is progress and clone(model).get_params() == model.get_params()
    copied = copy.deepcopy(model)
    assert copied.progress is progress
    np.testing.assert_array_equal(copied.predict(X), model.predict(X))
    several = copy.deepcopy(everyml.sklearn.Ridge().fit(X, np.column_stack([Y, -Y])))
    assert several.predict(X).shape == (12, 2)


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: everyml.Ridge(n_jobs=2**80).fit(X, Y), "n_jobs must be less than"),
        (lambda: everyml.KnnRegressor().fit(X, Y).kneighbors(X, -1), "n_neighbors must be a whole number from 1"),
        (lambda: everyml.KnnRegressor().fit(X, Y).kneighbors(X, 2.5), "n_neighbors must be a whole number from 1"),
        (lambda: everyml.LinearRegression().fit(X, Y).predict_interval(X, "0.9"), "level must be a number between"),
        (lambda: everyml.LinearRegression().fit(X, Y).predict_interval(X, 1), "level must be a number between"),
        (lambda: everyml.Ridge().fit(X, Y).save("x", overwrite="yes"), "overwrite must be True or False"),
        (lambda: everyml.read_csv(b"a\n1\n", threads=-1), "threads must be a whole number"),
        (lambda: everyml.learn({"a": [1]}, "a", threads=2**70), "threads must be a whole number"),
        (lambda: everyml.NaiveBayes().fit(X, ["\ud800", "b"] * 6), "a label that is not UTF-8"),
    ],
)
def test_wrong_arguments_are_told_in_sentences(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def mixed_table():
    return everyml.Table({"a": X[:, 0], "b": ["u", "v", "w", None] * 3, "c": [True, False, None] * 4})


def test_rows_of_a_table():
    table = mixed_table()
    frame = table.to_pandas()
    for rows in (
        [3, 0, -1],
        np.array([3, 3]),
        np.arange(12) % 2 == 0,
        [True] * 12,
        range(2, 5),
        np.array([1], np.uint8),
    ):
        taken = table[rows]
        assert isinstance(taken, everyml.Table)
        pd.testing.assert_frame_equal(taken.to_pandas(), frame.iloc[rows].reset_index(drop=True), check_dtype=False)
    assert table[["a", "c"]].columns == ["a", "c"]
    assert table[np.array([], dtype=np.int64)].shape == (0, 3)
    for rows, sentence in (
        ([12], "there is no row 12"),
        ([True], "1 truths are given"),
        (3, "in brackets"),
        ([0.5], "chosen by their names"),
    ):
        with pytest.raises(ValueError, match=sentence):
            table[rows]


def test_a_table_under_cross_validation():
    table = mixed_table()
    assert len(cross_val_score(everyml.LogisticRegression(), table, LABELS, cv=3)) == 3
    assert len(cross_val_score(everyml.Ridge(), everyml.Table(model_frame()), Y, cv=3)) == 3
    train, test, _, _ = everyml.model_selection.train_test_split(table, Y, test_size=0.25, random_state=0)
    assert train.shape == (9, 3) and test.shape == (3, 3)


@pytest.mark.parametrize(
    "options, sentence",
    [
        ({"folds": KFold(5)}, r"got a splitter: give folds=KFold\(.*\).split\(data\)"),
        ({"folds": "five"}, "folds must be a whole number or pairs"),
        ({"folds": 2.5}, "folds must be a whole number or pairs"),
        ({"folds": [(1, 2, 3)]}, "fold 0 is"),
        ({"folds": [([0.5], [1])]}, "fold 0 has something else"),
        ({"folds": [([[1], [2, 3]], [1])]}, "fold 0 has something else"),
        ({"costs": [1]}, "costs must be a dict"),
        ({"costs": {"yes": 1}}, "a key of costs must be a pair"),
        ({"costs": {("yes", "no"): "2"}}, "must be a number"),
        ({"only": "ridge"}, "only must be a list"),
        ({"only": [3]}, "an algorithm must be a name"),
    ],
)
def test_wrong_options_of_learn(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        everyml.learn(model_frame().assign(y=LABELS), "y", progress=None, **options)


def test_learn_takes_classes():
    data = pd.concat([model_frame().assign(y=Y)] * 5, ignore_index=True)
    result = everyml.learn(data, "y", only=[everyml.Ridge], classification=False, keep_suspects=True, progress=None)
    assert {one["algorithm"] for one in result.leaderboard} >= {"ridge"}


def test_the_package_shows_its_own_names():
    assert everyml.read_csv(b"a\n1\n", progress=True).shape == (1, 1)
    assert not {"Any", "annotations"} & set(dir(everyml))
    assert "all_estimators" in everyml.__all__


def test_other_classes_later():
    model = everyml.NaiveBayes().partial_fit(X, LABELS, classes=["no", "yes"])
    model.partial_fit(X, LABELS, classes=["yes", "no"])
    for classes in (["no", "yes", "maybe"], [0, 1]):
        with pytest.raises(ValueError, match="not the same as on the first call to partial_fit"):
            model.partial_fit(X, LABELS, classes=classes)


def test_fitted_attributes_are_not_set():
    model = everyml.Ridge()
    assert not hasattr(model, "coef_") and "coef_" not in dir(model)
    model.fit(X, Y)
    assert model.coef_.shape == (2,) and "coef_" in dir(model)
    with pytest.raises(AttributeError, match="coef_ of Ridge is what the fitted model holds and cannot be set"):
        model.coef_ = np.zeros(2)
    with pytest.raises(AttributeError, match="'Ridge' object has no attribute 'centres_'"):
        _ = model.centres_
    for kind in everyml.all_estimators():
        assert not [name for name in kind._attributes if hasattr(kind(), name)]
