"""The splitters: what each promises on random cases, sizes as scikit-learn's, and its tools on top of ours."""

from __future__ import annotations

import pickle
import warnings

import everyml.model_selection as ours
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn.model_selection as theirs
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge

CASES = 200
COUNTED = [0]


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")
        yield


def case(seed):
    random = np.random.default_rng(seed)
    return random, int(random.integers(8, 90)), int(random.integers(2, 6))


def folds_of(splitter, *arguments):
    COUNTED[0] += 1
    folds = list(splitter.split(*arguments))
    assert len(folds) == splitter.get_n_splits(*arguments)
    for train, test in folds:
        assert (np.diff(train) > 0).all() and (np.diff(test) > 0).all(), "ascending"
        assert len(np.intersect1d(train, test)) == 0, "a row on both sides"
    return folds


def assert_partition(folds, rows):
    """Every row is tested once, and trained on whenever it is not tested."""
    assert (np.sort(np.concatenate([test for _, test in folds])) == np.arange(rows)).all()
    for train, test in folds:
        assert len(train) + len(test) == rows


def same(a, b) -> bool:
    return all((x == u).all() and (y == v).all() for (x, y), (u, v) in zip(a, b, strict=True))


def spread(counts) -> int:
    return int(np.max(counts) - np.min(counts))


def test_k_folds():
    for seed in range(CASES):
        random, rows, k = case(seed)
        folds = folds_of(ours.KFold(k, shuffle=True, random_state=seed), np.zeros(rows))
        assert_partition(folds, rows)
        assert spread([len(test) for _, test in folds]) <= 1
        assert same(folds, folds_of(ours.KFold(k, shuffle=True, random_state=seed), list(range(rows))))
        assert not same(folds, folds_of(ours.KFold(k, shuffle=True, random_state=seed + 1), np.zeros(rows)))
        assert same(folds_of(ours.KFold(k), np.zeros((rows, 2))), theirs.KFold(k).split(np.zeros(rows)))


def test_stratified_folds():
    names = np.array(["ant", "bee", "cat", "dog"])
    for seed in range(CASES):
        random, rows, k = case(seed)
        codes = random.choice(4, rows, p=random.dirichlet(np.ones(4)))
        if np.bincount(codes).max() < k:
            continue
        y = [names[codes].tolist(), codes, pd.Series(names[codes]), pl.Series(names[codes].tolist())][seed % 4]
        for shuffle in (False, True):
            splitter = ours.StratifiedKFold(k, shuffle=shuffle, random_state=seed if shuffle else None)
            folds = folds_of(splitter, np.zeros(rows), y)
            assert_partition(folds, rows)
            assert spread([len(test) for _, test in folds]) <= 1
            for code in np.unique(codes):
                assert spread([(codes[test] == code).sum() for _, test in folds]) <= 1
            assert same(folds, folds_of(splitter, np.zeros(rows), y))
        plain = ours.StratifiedKFold(k).split(np.zeros(rows), y)
        assert same(plain, theirs.StratifiedKFold(k).split(np.zeros(rows), codes))


def test_quantile_folds():
    for seed in range(CASES):
        random, rows, k = case(seed)
        y = random.normal(size=rows)
        folds = folds_of(ours.QuantileKFold(k, random_state=seed), np.zeros(rows), y)
        assert_partition(folds, rows)
        place = np.argsort(np.argsort(y))
        for _, test in folds:
            assert (np.bincount(place[test] // k, minlength=rows // k)[: rows // k] == 1).all()


def test_group_folds():
    for seed in range(CASES):
        random, rows, k = case(seed)
        groups = random.integers(0, int(random.integers(2, 15)), rows)
        if len(np.unique(groups)) < k:
            with pytest.raises(ValueError, match="number of groups"):
                folds_of(ours.GroupKFold(k), np.zeros(rows), None, groups)
            continue
        named = [groups, [f"clinic {g}" for g in groups], pd.Series(groups * 7 - 3)][seed % 3]
        for splitter in (ours.GroupKFold(k), ours.GroupKFold(k, shuffle=True, random_state=seed)):
            folds = folds_of(splitter, np.zeros(rows), None, named)
            assert_partition(folds, rows)
            for train, test in folds:
                assert len(np.intersect1d(groups[train], groups[test])) == 0
            # Greedy: no two folds differ by more than the largest group.
            assert spread([len(test) for _, test in folds]) <= np.bincount(groups).max()
            assert same(folds, folds_of(splitter, np.zeros(rows), None, named))


def test_time_series():
    for seed in range(CASES):
        random, rows, k = case(seed)
        options = {"gap": int(random.integers(0, 3)), "max_train_size": [None, 5][random.integers(2)]}
        options["test_size"] = [None, 1][random.integers(2)]
        splitter = ours.TimeSeriesSplit(k, **options)
        try:
            wanted = list(theirs.TimeSeriesSplit(k, **options).split(np.zeros(rows)))
        except ValueError:
            with pytest.raises(ValueError):
                list(splitter.split(np.zeros(rows)))
            continue
        folds = folds_of(splitter, np.zeros(rows))
        assert same(folds, wanted)
        for train, test in folds:
            assert train.max() + options["gap"] < test.min()


def test_folds_of_times():
    for seed in range(CASES):
        random, rows, k = case(seed)
        times = random.integers(0, 40, rows).astype(float)
        if len(np.unique(times)) <= k:
            continue
        folds = folds_of(ours.TimeFolds(times, k), np.zeros(rows))
        for train, test in folds:
            assert times[train].max() < times[test].min(), "learns from what comes later"
        days = np.datetime64("2024-01-01") + times.astype("timedelta64[D]")
        assert same(folds, folds_of(ours.TimeFolds(pd.Series(days), k), np.zeros(rows)))
        gap = float(random.integers(1, 5))
        try:
            gapped = folds_of(ours.TimeFolds(times, k, gap=gap), np.zeros(rows))
        except ValueError as error:
            assert "gap" in str(error)
            continue
        for train, test in gapped:
            assert times[test].min() - times[train].max() >= gap


def test_shuffles():
    for seed in range(CASES):
        random, rows, k = case(seed)
        sizes = [{}, {"test_size": 0.3}, {"test_size": 2, "train_size": 4}, {"train_size": 0.5}][seed % 4]
        codes = random.integers(0, 2, rows)
        codes[:4] = [0, 0, 1, 1]
        for mine, peer in (
            (ours.ShuffleSplit(k, random_state=seed, **sizes), theirs.ShuffleSplit(k, random_state=seed, **sizes)),
            (
                ours.StratifiedShuffleSplit(k, random_state=seed, **sizes),
                theirs.StratifiedShuffleSplit(k, random_state=seed, **sizes),
            ),
        ):
            try:
                wanted = list(peer.split(np.zeros(rows), codes))
            except ValueError:
                with pytest.raises(ValueError):
                    list(mine.split(np.zeros(rows), codes))
                continue
            folds = folds_of(mine, np.zeros(rows), codes)
            assert [(len(a), len(b)) for a, b in folds] == [(len(a), len(b)) for a, b in wanted]
            assert same(folds, folds_of(mine, np.zeros(rows), codes))
            if isinstance(mine, ours.StratifiedShuffleSplit):
                for _, test in folds:
                    share = len(test) / rows
                    assert abs((codes[test] == 1).sum() - share * codes.sum()) <= 1 + 1e-9


def test_train_test_split_keeps_types():
    rows = 20
    X, y = np.arange(40).reshape(rows, 2), np.arange(rows) % 2
    tables = {
        np.ndarray: X,
        pd.DataFrame: pd.DataFrame(X, columns=["a", "b"], index=np.arange(rows) + 100),
        pd.Series: pd.Series(y),
        pl.DataFrame: pl.DataFrame({"a": X[:, 0]}),
        pl.Series: pl.Series(y),
        pa.Table: pa.table({"a": X[:, 0]}),
        list: list(range(rows)),
        tuple: tuple(range(rows)),
    }
    parts = ours.train_test_split(*tables.values(), test_size=0.3, random_state=1, stratify=y)
    for position, kind in enumerate(tables):
        train, test = parts[2 * position : 2 * position + 2]
        assert isinstance(train, kind) and isinstance(test, kind)
        assert len(train) == 14 and len(test) == 6
    train, test = parts[0], parts[1]
    assert sorted(np.concatenate([train, test])[:, 0]) == sorted(X[:, 0])
    assert parts[2].index.tolist() == [100 + row for row in (train[:, 0] // 2)]
    assert parts[5].sum() == 3 and parts[4].sum() == 7
    halves = ours.train_test_split(sparse.csc_matrix(X), test_size=5, shuffle=False)
    assert halves[0].shape == (15, 2) and (halves[1].toarray() == X[15:]).all()
    again = ours.train_test_split(X, test_size=0.3, random_state=1, stratify=y)
    assert (again[0] == train).all() and (again[1] == test).all()


def test_in_scikit_learns_tools():
    random = np.random.default_rng(0)
    X = random.normal(size=(120, 3))
    y = (X[:, 0] + random.normal(size=120) > 0).astype(int)
    groups = np.arange(120) // 6
    for splitter in (
        ours.KFold(4, shuffle=True, random_state=1),
        ours.StratifiedKFold(4, shuffle=True, random_state=1),
        ours.GroupKFold(4),
        ours.TimeSeriesSplit(4),
        ours.TimeFolds(np.arange(120), 4),
        ours.ShuffleSplit(4, random_state=1),
        ours.StratifiedShuffleSplit(4, random_state=1),
    ):
        given = groups if isinstance(splitter, ours.GroupKFold) else None
        scores = theirs.cross_val_score(LogisticRegression(), X, y, cv=splitter, groups=given)
        assert len(scores) == 4 and scores.mean() > 0.6
        by_hand = [
            LogisticRegression().fit(X[train], y[train]).score(X[test], y[test])
            for train, test in splitter.split(X, y, given)
        ]
        assert scores.tolist() == by_hand
        search = theirs.GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=splitter)
        assert search.fit(X, y, groups=given).n_splits_ == 4
    scores = theirs.cross_val_score(Ridge(), X, X[:, 1], cv=ours.QuantileKFold(3, random_state=2))
    assert (scores > 0.9).all()


def test_groups_are_routed():
    import sklearn

    random = np.random.default_rng(1)
    X, y, groups = random.normal(size=(60, 2)), np.arange(60) % 2, np.arange(60) // 5
    with sklearn.config_context(enable_metadata_routing=True):
        heeding = ours.GroupKFold(3)
        assert len(theirs.cross_val_score(LogisticRegression(), X, y, cv=heeding, params={"groups": groups})) == 3
        refusing = ours.GroupKFold(3).set_split_request(groups=False)
        with pytest.raises(TypeError, match="not routed"):
            theirs.cross_val_score(LogisticRegression(), X, y, cv=refusing, params={"groups": groups})
        assert len(theirs.cross_val_score(LogisticRegression(), X, y, cv=ours.KFold(3))) == 3
    with pytest.warns(UserWarning, match="ignored"):
        ours.KFold(3).split(X, y, groups)


def test_fold_files(tmp_path):
    for seed in range(20):
        random, rows, k = case(seed)
        folds = folds_of(ours.KFold(k, shuffle=True, random_state=seed), np.zeros(rows))
        path = tmp_path / f"{seed}.csv"
        ours.write_folds(path, folds)
        assert path.read_text().startswith("fold,role,row\n")
        assert same(ours.read_folds(path, rows), folds)
        with pytest.raises(ValueError, match="row"):
            ours.read_folds(path, rows - 1)
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".csv"] * 20
    random = np.random.default_rng(0)
    scores = theirs.cross_val_score(Ridge(), random.normal(size=(rows, 2)), random.normal(size=rows), cv=folds)
    assert len(scores) == k
    bad = tmp_path / "bad.csv"
    for text in ("", "fold,row\n", "fold,role,row\n0,exam,1\n", "fold,role,row\n0,test,1\n0,train,1\n"):
        bad.write_text(text)
        with pytest.raises(ValueError):
            ours.read_folds(bad, 5)
    bad.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="UTF-8"):
        ours.read_folds(bad, 5)
    with pytest.raises(ValueError, match="negative"):
        ours.write_folds(bad, [([0, -1], [1])])


def test_settings_are_shown_and_travel():
    for name in ("KFold", "StratifiedKFold", "GroupKFold", "TimeSeriesSplit", "ShuffleSplit", "StratifiedShuffleSplit"):
        assert repr(getattr(ours, name)(3)).split() == repr(getattr(theirs, name)(3)).split()
    splitter = pickle.loads(pickle.dumps(ours.KFold(3, shuffle=True, random_state=5)))
    assert repr(splitter) == "KFold(n_splits=3, random_state=5, shuffle=True)"
    assert repr(ours.QuantileKFold(3)) == "QuantileKFold(n_splits=3, random_state=None)"
    assert not same(*(list(ours.KFold(5, shuffle=True).split(np.zeros(50))) for _ in range(2)))
    np.random.seed(3)
    first = list(ours.KFold(5, shuffle=True).split(np.zeros(50)))
    np.random.seed(3)
    assert same(first, ours.KFold(5, shuffle=True).split(np.zeros(50)))


@pytest.mark.parametrize(
    "call",
    [
        lambda: ours.KFold(1),
        lambda: ours.KFold(2.0),
        lambda: ours.KFold(2, shuffle=1),
        lambda: ours.KFold(2, random_state=1),
        lambda: list(ours.KFold(4).split([1, 2, 3])),
        lambda: list(ours.KFold(2).split([1, 2, 3], [1, 2])),
        lambda: list(ours.StratifiedKFold(3).split([0] * 4, [0, 0, 1, 1])),
        lambda: list(ours.StratifiedKFold(2).split([0] * 4, [0.1, 0.2, 0.3, 0.4])),
        lambda: list(ours.StratifiedKFold(2).split([0] * 4, None)),
        lambda: list(ours.GroupKFold(2).split([0] * 4)),
        lambda: list(ours.TimeSeriesSplit(3).split([1, 2, 3])),
        lambda: list(ours.TimeFolds([1, 1, 2], 2).split([0] * 3)),
        lambda: list(ours.TimeFolds([1, 2], 2).split([0] * 3)),
        lambda: list(ours.QuantileKFold(2).split([0] * 3, [1, 2, np.nan])),
        lambda: ours.ShuffleSplit(test_size=1.5),
        lambda: ours.ShuffleSplit(test_size=0.7, train_size=0.6),
        lambda: list(ours.ShuffleSplit(test_size=9).split([0] * 5)),
        lambda: ours.train_test_split(),
        lambda: ours.train_test_split([1, 2], [1]),
        lambda: ours.train_test_split([1]),
        lambda: ours.train_test_split([1, 2, 3], shuffle=False, stratify=[0, 0, 1]),
        lambda: ours.train_test_split([1, 2, 3], stratify=[0, 0, 1]),
    ],
)
def test_errors_are_value_errors_with_a_sentence(call):
    with pytest.raises(ValueError) as caught:
        call()
    assert len(str(caught.value)) > 20


def test_count(capsys):
    with capsys.disabled():
        print(f"\nsplits: {COUNTED[0]} divisions checked")
    assert COUNTED[0] > 10 * CASES
