"""scikit-learn's own checks of estimators, run on every class of the package."""

import collections
import warnings

import pytest
import sklearn
from sklearn.utils.estimator_checks import check_estimator

import everyml

COPIES = (
    "where the first centres fall depends on the order of the rows, as in scikit-learn's own KMeans; given the centres, a "
    "weight of k is k copies"
)
VOTES = "of its default members k nearest neighbours takes a weight as a vote"
DRAWS = (
    "which rows are drawn depends on their order, as in scikit-learn's own forests, which expect the same failure; in one "
    "order a weight of k is k copies"
)
#: A row here is a promise of scikit-learn's that one class does not keep.
EXPECTED = {
    ("KMeans", "check_sample_weight_equivalence_on_dense_data"): COPIES,
    ("KMeans", "check_sample_weight_equivalence_on_sparse_data"): COPIES,
    **{
        (kind, f"check_sample_weight_equivalence_on_{storage}_data"): DRAWS
        for kind in ("RandomForestClassifier", "RandomForestRegressor", "sklearn.IsolationForest")
        for storage in ("dense", "sparse")
    },
    ("VotingRegressor", "check_sample_weight_equivalence_on_dense_data"): VOTES,
    ("VotingRegressor", "check_sample_weight_equivalence_on_sparse_data"): VOTES,
    ("StackingRegressor", "check_fit2d_1sample"): "its sentence tells how many rows the folds need, in other words",
}
MOST_EXPECTED = 11
counts: collections.Counter = collections.Counter()


def classes():
    kinds = [(kind.__name__, kind) for kind in everyml.all_estimators()]
    try:
        from everyml import sklearn as names
    except ImportError:
        return kinds
    return kinds + [(f"sklearn.{kind.__name__}", kind) for kind in names.all_estimators()]


@pytest.mark.parametrize("name, kind", classes(), ids=[name for name, _ in classes()])
def test_every_check_of_scikit_learn_passes(name, kind):
    expected = {check: why for (cls, check), why in EXPECTED.items() if cls in (kind.__name__, name)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(kind(), on_fail=None, on_skip=None)
    wrong = [
        f"{one['check_name']}: {one['exception']!r}"
        for one in results
        if one["status"] == "failed" and one["check_name"] not in expected
    ]
    assert not wrong, "\n".join(wrong)
    failed = {one["check_name"] for one in results if one["status"] == "failed"}
    assert set(expected) == failed & set(expected), "a row of EXPECTED is no longer needed"
    counts.update("expected failure" if one["status"] == "failed" else one["status"] for one in results)
    for one in results:
        if one["status"] == "skipped":
            print(f"skipped: {one['check_name']}: {one['exception']}")


def test_the_list_of_expected_failures_is_short(capsys):
    assert len(EXPECTED) <= MOST_EXPECTED
    with capsys.disabled():
        print(f"\nscikit-learn {sklearn.__version__}: {dict(counts)} in {len(classes())} classes")
    assert counts["passed"] > 40 * len(classes())
