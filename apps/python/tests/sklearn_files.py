"""scikit-learn's own test files of the estimators, against the classes of everyml.sklearn; see run_sklearn_tests.py.

    python sklearn_files.py MODULE [--kept]   one module; JSON lines [test, outcome, reason]
    python sklearn_files.py --keep            all; writes sklearn_files_passing.txt and the tables of
                                              docs/python_sklearn_tests.md

With --kept only the tests of sklearn_files_passing.txt run: those are the ones that must pass.
"""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
KEPT = HERE / "sklearn_files_passing.txt"
PAGE = HERE.parents[2] / "docs/python_sklearn_tests.md"
MARK = "<!-- estimators -->"
#: Test module -> the module of scikit-learn whose classes it tests.
FILES = {
    "sklearn.linear_model.tests.test_base": "linear_model",
    "sklearn.linear_model.tests.test_ridge": "linear_model",
    "sklearn.linear_model.tests.test_logistic": "linear_model",
    "sklearn.tests.test_naive_bayes": "naive_bayes",
    "sklearn.neighbors.tests.test_neighbors": "neighbors",
    "sklearn.cluster.tests.test_k_means": "cluster",
    "sklearn.tests.test_dummy": "dummy",
    "sklearn.ensemble.tests.test_forest": "ensemble",
    "sklearn.ensemble.tests.test_weight_boosting": "ensemble",
    "sklearn.ensemble.tests.test_iforest": "ensemble",
}

Rows = list[tuple[str, str, str]]

#: Why tests fail: what the test's name or the error says, and the reason. The first that fits counts.
REASONS: list[tuple[str, str]] = [
    (
        r"no attribute 'estimators_|no attribute '_max_samples",
        "looks into single trees, which are part of one model here and no estimators of their own",
    ),
    (r"test_forest_y_sparse", "a sparse y is refused (TypeError)"),
    (
        r"oob_score_multiclass_multioutput",
        "out-of-bag answers of several targets of classes are given, where scikit-learn refuses",
    ),
    (r"bootstrap must be False", "isolation trees draw rows without replacement, as in the paper (ParameterError)"),
    (r"IsolationForest: max_features", "a tree of an isolation forest may cut along every column (ParameterError)"),
    (
        r"estimator must be|estimator__max_depth",
        "AdaBoost boosts trees of up to six levels; other learners are not offered (ParameterError)",
    ),
    (r"oneclass_adaboost", "boosting needs two classes (DataError)"),
    (r"test_classification_toy", "labels that are partly texts and partly numbers are refused (DataError)"),
    (
        r"test_multidimensional_X",
        "rows of more than one dimension are refused, also where a learner could take them (DataError)",
    ),
    (
        r"test_sample_weights_infinite",
        "weights are whole numbers of small units inside, so that they do not overflow and there is no warning",
    ),
    (r"friedman_mse_deprecation", "a warning about an argument that scikit-learn is giving up"),
    (r"test_poisson_y_positive_check", "the sentence is another one"),
    (r"test_backend_respected", "threads are the engine's own, not joblib's"),
    (r"test_iforest_error", "warns of the number of rows drawn in other cases"),
    (
        r"_preprocess_data|_update_mean_variance|_check_alpha|_init_centroids|_predict_proba_lr",
        "asks for a private function or method of scikit-learn's",
    ),
    (
        r"test_kmeans_results|test_kmeans_relocated_clusters|test_n_iter ",
        "n_iter_ counts steps of our solver: of k-means the moves of the centres, without the pass that finds nothing to move; "
        "1 for a direct solution. The centres and labels agree",
    ),
    (
        r"float32'.*float64|float64'.*float32|test_dtype_match|test_float_precision",
        "answers are float64, whatever the rows were",
    ),
    (r"test_unsupervised_inputs", "learns from a fitted estimator of scikit-learn's, whose rows are its own"),
    (
        r"only the L2 penalty|'elasticnet'|test_l1_ratio_non_elasticnet|l1ratio_incompatible|elastic_net|All the 5 fits.*|"
        r"got 'l1'",
        "L1 and elastic-net penalties are not offered (ParameterError)",
    ),
    (r"liblinear|Liblinear|dual must be False", "liblinear and the dual problem are not offered (ParameterError)"),
    (r"bound to be positive|positive_|got 'lbfgs'", "positive coefficients are not offered (ParameterError)"),
    (r"set_callbacks|callback_support", "callbacks of scikit-learn are not offered"),
    (r"sparsify", "sparsify and densify are not offered"),
    (r"must be 'uniform' or 'distance'", "weights by a function are not offered (ParameterError)"),
    (
        r"KNeighbors\w+: metric must be|KNeighbors\w+: p must be|semimetric|precomputed|metric_params_interface",
        "metrics other than Euclidean, Manhattan and cosine are not offered (ParameterError)",
    ),
    (r"loocv", "predicting without X, each row from its neighbours, is not offered"),
    (r"min_categories", "min_categories is not offered (ParameterError)"),
    (r"norm must be False", "the second normalisation of ComplementNB is not offered (ParameterError)"),
    (r"alpha must be one number", "an alpha per feature is not offered (ParameterError)"),
    (r"provide_prior\[", "expects a fit that failed to have left its classes behind"),
    (r"'stratified'|'uniform'|strategy_sparse_target_warning", "strategies that draw are not offered (ParameterError)"),
    (r"learns one target at a time|sparse y is not", "several targets of classes, and sparse ones, are not offered"),
    (r"y holds fractions", "classes that are fractions are refused: a regressor is meant"),
    (r"test_dummy_regressor_sample_weight", "the mean differs in the last digit (two ways of rounding)"),
    (r"test_kmeans_verbose|test_warning_elkan", "prints and hints of scikit-learn's own"),
    (r"test_nan |nan_euclidean", "missing cells are taken, not refused"),
    (r"inplace_data_preprocessing|copy_X", "copy_X=False expects X to be overwritten; ours never is"),
    (
        r"csr_|coo_|csc_|fit_intercept_sparse|sparse_matrix|sparse_array|ball_kd_tree|large_sparse",
        "sparse rows are kept in float32, so coefficients agree to about 1e-6; no solver refuses them",
    ),
    (
        r"warm_start",
        "a start from the last answer changes nothing at the optimum, and a run that was stopped begins anew",
    ),
    (
        r"max_iter|failed to converge|DID NOT WARN.*ConvergenceWarning|test_lbfgs_solver_error",
        "wants no step, or a warning of a solver that ours does not need",
    ),
    (r"no setter|test_write_parameters", "attributes of a fitted model cannot be overwritten"),
    (r"multinomial_score|elastic_net\[3\]|on_folds", "compares with a solver stopped at tol=1e-4; ours goes on"),
    (r"DID NOT WARN", "a warning about an argument that scikit-learn is giving up"),
    (r"C must be between", "C is at most 1e12 (ParameterError); infinity is no penalty"),
]


def reason_of(test: str, error: str) -> str | None:
    """Why a test fails; None for a failure that has no reason yet."""
    text = f"{test} {error}"
    return next((reason for pattern, reason in REASONS if re.search(pattern, text)), None)


def _ours(module: str) -> Callable[[], dict[str, Any]]:
    def objects() -> dict[str, Any]:
        from everyml.sklearn._table import CLASSES

        from everyml import sklearn as ours

        found = {name: getattr(ours, name) for name, row in CLASSES.items() if row.module == module}
        place = importlib.import_module(f"sklearn.{module}")
        if not hasattr(place, "__all__"):  # the runner looks there for what a module offers
            place.__all__ = list(found)
        return found

    return objects


def run_here(name: str, only: set[str] | None) -> Rows:
    """The rows of one test module, run in this process."""
    import run_sklearn_tests as runner

    runner.MODULES[name] = _ours(FILES[name])
    if only is None:
        return runner.run(name)
    objects = runner.MODULES[name]()
    with runner.offered(objects):
        module = importlib.import_module(name)
    return runner._judged(name, runner.Judge(module, objects, only))


def run(name: str, *options: str) -> tuple[Rows, float]:
    """The same in a process of its own, and the seconds it took."""
    begin = time.monotonic()
    command = [sys.executable, str(Path(__file__).resolve()), name, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    rows = [tuple(json.loads(line)) for line in done.stdout.splitlines() if line.startswith('["')]
    if done.returncode != 0 or not rows:
        raise RuntimeError(f"{name} did not run:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return rows, time.monotonic() - begin


def kept() -> dict[str, set[str]]:
    """Test module -> the tests that must pass."""
    found: dict[str, set[str]] = {name: set() for name in FILES}
    for line in KEPT.read_text().splitlines():
        module, test = line.split("::", 1)
        found[module].add(test)
    return found


def tables(found: dict[str, Rows]) -> str:
    """What the page shows: counts per module, and a row per reason."""
    lines = ["| test module | passed | other words | failed | skipped |", "| --- | --- | --- | --- | --- |"]
    reasons: Counter[tuple[str, str]] = Counter()
    for name, rows in found.items():
        counts = Counter(outcome for _, outcome, _ in rows)
        cells = " | ".join(str(counts[what]) for what in ("passed", "wording", "failed", "skipped"))
        lines.append(f"| `{name}` | {cells} |")
        for test, outcome, error in rows:
            if outcome == "failed":
                reasons[name.rsplit(".", 1)[1], reason_of(test, error) or f"NO REASON: {test}: {error}"] += 1
    lines += ["", "| test module | failed | reason |", "| --- | --- | --- |"]
    lines += [f"| `{module}` | {count} | {reason} |" for (module, reason), count in reasons.items()]
    return "\n".join(lines) + "\n"


def keep() -> None:
    found: dict[str, Rows] = {}
    for name in FILES:
        found[name], seconds = run(name)
        print(name, dict(Counter(outcome for _, outcome, _ in found[name])), f"{seconds:.0f} s", flush=True)
    passing = [f"{name}::{test}" for name, rows in found.items() for test, outcome, _ in rows if outcome == "passed"]
    KEPT.write_text("\n".join(sorted(passing)) + "\n")
    text = PAGE.read_text()
    PAGE.write_text(text[: text.index(MARK)] + MARK + "\n\n" + tables(found))


def main() -> None:
    if sys.argv[1:] == ["--keep"]:
        return keep()
    name = sys.argv[1]
    rows = run_here(name, kept()[name] if "--kept" in sys.argv else None)
    print("\n" + "\n".join(json.dumps(row) for row in rows))


if __name__ == "__main__":
    main()
