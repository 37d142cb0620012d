"""Every metric against scikit-learn's on 200 random cases each, to 1e-12; what both refuse, and what is ours alone."""

from __future__ import annotations

import subprocess
import sys
import warnings

import everyml.metrics as ours
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn.metrics as theirs

CASES = 200
COUNTED: dict[str, int] = {}

pytestmark = pytest.mark.filterwarnings("ignore")


def close(a, b) -> bool:
    """Equal to 1e-12, relative for what is larger than 1; NaN equals NaN."""
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(close(x, y) for x, y in zip(a, b))
    if a is None or b is None:
        return a is b
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        return False
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        return bool((same | (np.abs(a - b) <= 1e-12 * np.maximum(1, np.abs(b)))).all())


def outcome(function, *arguments, **options):
    try:
        return function(*arguments, **options)
    except (ValueError, TypeError) as error:
        return error


def check(name, mine, peer, theirs_too=None, **options) -> bool:
    """One case: the same answer, or an error from both. True when there was an answer."""
    a = outcome(getattr(ours, name), *mine, **options)
    b = outcome(getattr(theirs, name), *peer, **options, **(theirs_too or {}))
    COUNTED[name] = COUNTED.get(name, 0) + 1
    if isinstance(a, Exception) or isinstance(b, Exception):
        assert isinstance(a, Exception) and isinstance(b, Exception), f"{name} {peer} {options}: {a!r}, theirs {b!r}"
        assert isinstance(a, ValueError), f"{a!r} is no ValueError"
        return False
    assert close(a, b), f"{name} {peer} {options}: {a!r}, theirs {b!r}"
    return True


def dress(codes, kind: str):
    """Labels of a kind from codes: for ours in a container, for theirs as an array."""
    texts = np.array(["ant", "bee", "cat", "dog", "eel", "fox"])[codes]
    if kind == "ints":
        return codes, codes
    if kind == "signs":
        return codes * 2 - 1, codes * 2 - 1
    if kind == "floats":
        return codes.astype(float).tolist(), codes.astype(float)
    if kind == "small":
        return codes.astype(np.int8), codes.astype(np.int8)
    if kind == "bools":
        return pd.Series(codes > 0), codes > 0
    if kind == "texts":
        return texts.tolist(), texts
    if kind == "pandas":
        return pd.Series(texts, index=np.arange(len(texts)) + 7), texts
    if kind == "category":
        return pd.Series(pd.Categorical(texts)), texts
    if kind == "nullable":
        return pd.Series(codes, dtype="Int64"), codes
    if kind == "polars":
        return pl.Series(texts.tolist()), texts
    return texts.astype(object), texts


KINDS = ["ints", "signs", "floats", "small", "bools", "texts", "pandas", "category", "nullable", "polars", "objects"]


def weights_for(random, rows):
    """None, whole numbers, or real ones; zeros among them."""
    kind = random.integers(5)
    if kind < 2:
        return None
    if kind == 2:
        return random.integers(0, 4, rows)
    return random.uniform(0, 3, rows) * (random.random(rows) < (0.6 if kind == 3 else 2.0))


def label_case(seed: int):
    """Truth and prediction of one kind, weights; sometimes of a single class."""
    random = np.random.default_rng(seed)
    rows, classes = int(random.integers(1, 60)), int(random.integers(1, 7))
    kind = KINDS[seed % len(KINDS)]
    truth = random.integers(0, classes, rows)
    predicted = np.where(random.random(rows) < random.random(), truth, random.integers(0, classes, rows))
    if seed % 10 == 3:
        predicted[:] = predicted[0]
    if seed % 10 == 7:
        truth[:] = truth[0]
    (t, their_t), (p, their_p) = dress(truth, kind), dress(predicted, kind)
    return random, (t, p), (their_t, their_p), weights_for(random, rows)


@pytest.mark.parametrize(
    "name", ["accuracy_score", "zero_one_loss", "balanced_accuracy_score", "matthews_corrcoef", "cohen_kappa_score"]
)
def test_figures_of_labels(name):
    answers = 0
    for seed in range(CASES):
        random, mine, peer, weights = label_case(seed)
        options = {"sample_weight": weights}
        if name in ("accuracy_score", "zero_one_loss"):
            options["normalize"] = bool(random.integers(2))
        if name == "balanced_accuracy_score":
            options["adjusted"] = bool(random.integers(2))
        if name == "cohen_kappa_score":
            options["weights"] = [None, "linear", "quadratic"][random.integers(3)]
            if random.random() < 0.3:
                options["labels"] = random.permutation(np.unique(np.concatenate(peer)))[:3]
        answers += check(name, mine, peer, **options)
    assert answers > CASES * 0.9


@pytest.mark.parametrize("name", ["precision_score", "recall_score", "f1_score", "fbeta_score"])
def test_precision_and_recall(name):
    answers = 0
    for seed in range(CASES):
        random, mine, peer, weights = label_case(seed)
        present = np.unique(np.concatenate(peer))
        average = ["binary", "micro", "macro", "weighted", None][random.integers(5)]
        options = {"average": average, "sample_weight": weights}
        options["zero_division"] = ["warn", 0, 1, np.nan][random.integers(4)]
        if average == "binary":
            options["pos_label"] = present[random.integers(len(present))].item()
        elif random.random() < 0.4:
            options["labels"] = random.permutation(present)[: random.integers(1, 4)]
        if name == "fbeta_score":
            options["beta"] = [0.0, 0.5, 2.0, float("inf")][random.integers(4)]
        answers += check(name, mine, peer, **options)
    assert answers > CASES * 0.7


def test_precision_recall_fscore_support():
    for seed in range(CASES):
        random, mine, peer, weights = label_case(seed)
        average = ["micro", "macro", "weighted", None][random.integers(4)]
        check("precision_recall_fscore_support", mine, peer, average=average, sample_weight=weights, beta=0.7)


def test_sets_of_labels():
    for seed in range(CASES):
        random = np.random.default_rng(seed)
        rows, labels = int(random.integers(1, 30)), int(random.integers(2, 6))
        truth, predicted = random.integers(0, 2, (2, rows, labels))
        scores = random.integers(0, 6, (rows, labels)) / 5
        weights = weights_for(random, rows)
        average = ["micro", "macro", "weighted", "samples", None][random.integers(5)]
        pair = (truth, predicted)
        check("accuracy_score", pair, pair, sample_weight=weights)
        check("precision_recall_fscore_support", pair, pair, average=average, sample_weight=weights)
        check("average_precision_score", (truth, scores), (truth, scores), average=average)
        check("roc_auc_score", (truth, scores), (truth, scores), average=average)


def test_confusion_matrix():
    for seed in range(CASES):
        random, mine, peer, weights = label_case(seed)
        options = {"sample_weight": weights, "normalize": [None, "true", "pred", "all"][random.integers(4)]}
        if random.random() < 0.5:
            options["labels"] = random.permutation(np.unique(np.concatenate(peer)))[: random.integers(1, 5)]
        if check("confusion_matrix", mine, peer, **options) and options["normalize"] is None:
            found = ours.confusion_matrix(*mine, **options), theirs.confusion_matrix(*peer, **options)
            assert found[0].dtype == found[1].dtype


def score_case(seed: int, classes: int):
    """Labels, probabilities [rows, classes] with ties and certainties, weights."""
    random = np.random.default_rng(seed)
    rows = int(random.integers(2, 60))
    codes = random.integers(0, classes, rows)
    if seed % 20 != 19:
        codes[: min(rows, classes)] = np.arange(min(rows, classes))
    scores = random.integers(0, 5, (rows, classes)) + 1e-3 if seed % 3 == 0 else random.exponential(1, (rows, classes))
    probabilities = scores / scores.sum(axis=1, keepdims=True)
    if seed % 5 == 0:
        probabilities[0] = np.eye(classes)[random.integers(classes)]
    return random, codes, probabilities, weights_for(random, rows)


def test_probabilities_of_classes():
    for seed in range(CASES):
        classes = seed % 5 + 2
        random, codes, probabilities, weights = score_case(seed, classes)
        kind = ["ints", "signs", "floats", "texts", "polars", "pandas"][seed % 6]
        mine, peer = dress(codes, kind)
        options = {"sample_weight": weights}
        if seed % 4 == 0:
            options["labels"] = dress(np.arange(classes), kind)[1]
        pairs = (mine, probabilities), (peer, probabilities)
        check("log_loss", *pairs, normalize=bool(seed % 7), **options)
        check("brier_score_loss", *pairs, scale_by_half=["auto", True, False][seed % 3], **options)


def test_probability_of_one_class():
    for seed in range(CASES):
        random, codes, probabilities, weights = score_case(seed, 2)
        mine, peer = dress(codes, KINDS[seed % len(KINDS)])
        positive = np.unique(peer)[-1].item()
        p = probabilities[:, 1]
        check("log_loss", (mine, p), (peer, p), sample_weight=weights)
        check("brier_score_loss", (mine, p), (peer, p), sample_weight=weights, pos_label=positive)


@pytest.mark.parametrize("name", ["roc_curve", "precision_recall_curve", "average_precision_score", "roc_auc_score"])
def test_curves(name):
    answers = 0
    for seed in range(CASES):
        random, codes, probabilities, weights = score_case(seed, 2)
        mine, peer = dress(codes, KINDS[seed % len(KINDS)])
        options = {"sample_weight": weights}
        if name == "roc_auc_score":
            options["max_fpr"] = random.uniform(0.01, 1) if seed % 3 else None
        else:
            options["pos_label"] = np.unique(peer)[-1].item()
        if name.endswith("curve"):
            options["drop_intermediate"] = bool(random.integers(2))
        scores = np.round(random.normal(size=len(codes)) + codes, 1) if seed % 2 else probabilities[:, 1]
        answers += check(name, (mine, scores), (peer, scores), **options)
    assert answers > CASES * 0.85


def test_auc_of_many_classes():
    answers = 0
    for seed in range(CASES):
        classes = seed % 4 + 3
        random, codes, probabilities, weights = score_case(seed, classes)
        mine, peer = dress(codes, ["ints", "texts", "polars", "floats"][seed % 4])
        pairs = seed % 3 == 0
        options = {"multi_class": "ovo" if pairs else "ovr", "sample_weight": None if pairs else weights}
        options["average"] = ["macro", "weighted", "micro", None][seed % (2 if pairs else 4)]
        answers += check("roc_auc_score", (mine, probabilities), (peer, probabilities), **options)
        check("average_precision_score", (mine, probabilities), (peer, probabilities), average="macro")
    assert answers > CASES * 0.8


@pytest.mark.parametrize(
    "name",
    [
        "r2_score",
        "explained_variance_score",
        "mean_absolute_error",
        "mean_squared_error",
        "root_mean_squared_error",
        "median_absolute_error",
        "mean_absolute_percentage_error",
        "max_error",
        "mean_pinball_loss",
        "mean_poisson_deviance",
        "mean_gamma_deviance",
    ],
)
def test_figures_of_numbers(name):
    answers = 0
    single = name in ("max_error", "mean_poisson_deviance", "mean_gamma_deviance")
    for seed in range(CASES):
        random = np.random.default_rng(seed)
        rows, outputs = int(random.integers(1, 80)), 1 if single else int(random.integers(1, 4))
        shape = (rows,) if outputs == 1 else (rows, outputs)
        truth = random.normal(3, 2, shape) if seed % 3 else random.integers(-3, 8, shape).astype(float)
        predicted = truth + random.normal(0, 1, shape) * (random.random(shape) < 0.8)
        if name.endswith("deviance") and seed % 10:
            truth, predicted = np.abs(truth) + 0.1 * (name == "mean_gamma_deviance"), np.abs(predicted) + 0.1
        if seed % 10 == 4:
            truth = np.full(shape, 2.5)  # its mean is exact; see the test of constants for others
        options = {} if name == "max_error" else {"sample_weight": weights_for(random, rows)}
        if (seed % 10 == 4 or rows == 1) and name in ("r2_score", "explained_variance_score"):
            options["sample_weight"] = None
        if not single:
            choices = ["raw_values", "uniform_average"]
            if outputs > 1:
                choices.append(random.uniform(0.1, 2, outputs))
            if name in ("r2_score", "explained_variance_score"):
                choices.append("variance_weighted")
                options["force_finite"] = bool(random.integers(2))
            options["multioutput"] = choices[random.integers(len(choices))]
        if name == "mean_pinball_loss":
            options["alpha"] = random.uniform()
        mine = [truth.tolist(), predicted] if outputs > 1 else [pd.Series(truth), pl.Series(predicted)]
        answers += check(name, mine, (truth, predicted), **options)
    assert answers > CASES * 0.8


def test_ranked_lists():
    for seed in range(CASES):
        random = np.random.default_rng(seed)
        shape = int(random.integers(1, 8)), int(random.integers(2, 12))
        relevance = random.integers(0, 4, shape) * (random.random(shape) < 0.7)
        scores = random.integers(0, 5, shape).astype(float) if seed % 2 else random.normal(size=shape)
        options = {"k": [None, 1, 3, 20][random.integers(4)], "ignore_ties": bool(seed % 3 == 0)}
        options["sample_weight"] = random.uniform(0.1, 2, shape[0]) if seed % 4 == 0 else None
        check("ndcg_score", (relevance, scores), (relevance, scores), **options)
        check("dcg_score", (relevance, scores), (relevance, scores), log_base=[2, 10][seed % 2], **options)


@pytest.mark.parametrize(
    "name", ["adjusted_rand_score", "normalized_mutual_info_score", "homogeneity_completeness_v_measure"]
)
def test_agreement_of_clusterings(name):
    for seed in range(CASES):
        random, mine, peer, _ = label_case(seed)
        options = {"beta": random.uniform(0.1, 3)} if name.startswith("homogeneity") else {}
        if name.startswith("normalized"):
            options["average_method"] = ["arithmetic", "geometric", "min", "max"][random.integers(4)]
        check(name, mine, peer, **options)


@pytest.mark.parametrize(
    "name", ["silhouette_score", "silhouette_samples", "davies_bouldin_score", "calinski_harabasz_score"]
)
def test_shape_of_clusters(name, monkeypatch):
    """scikit-learn's distances, |a|^2 - 2ab + |b|^2, round where points lie close: it is given exact ones."""
    from scipy.spatial.distance import cdist

    def exact(a, b=None):
        return cdist(a, a if b is None else b)

    monkeypatch.setattr("sklearn.metrics.cluster._unsupervised.pairwise_distances", exact)
    answers, silhouettes = 0, name.startswith("silhouette")
    for seed in range(CASES):
        random = np.random.default_rng(seed)
        rows, columns, clusters = int(random.integers(3, 60)), int(random.integers(1, 6)), int(random.integers(1, 6))
        codes = random.integers(0, clusters, rows)
        points = random.normal(size=(rows, columns)) + codes[:, None] * random.uniform(0, 3)
        mine, peer = dress(codes, KINDS[seed % 4])
        if seed % 6 == 0:
            mine = peer = codes - 1  # a label of -1 is a cluster here
        theirs_too = {"metric": "precomputed"} if silhouettes else {}
        peer_points = exact(points) if silhouettes else points
        mine_points = pd.DataFrame(points) if seed % 2 else points
        answers += check(name, (mine_points, mine), (peer_points, peer), theirs_too)
        if silhouettes:
            check(name, (peer_points, mine), (peer_points, peer), metric="precomputed")
    assert answers > CASES * 0.6


def test_silhouettes_of_a_sample():
    random = np.random.default_rng(2)
    points = random.normal(size=(300, 2)) + 4 * np.repeat([[0], [1]], 150, axis=0)
    labels = np.repeat(["a", "b"], 150)
    whole = ours.silhouette_score(points, labels)
    distances = np.sqrt(((points[:, None] - points) ** 2).sum(axis=2))
    for data, metric in ((points, "euclidean"), (distances, "precomputed")):
        options = {"metric": metric, "sample_size": 100, "random_state": 1}
        assert ours.silhouette_score(data, labels, **options) == ours.silhouette_score(data, labels, **options)
        assert abs(ours.silhouette_score(data, labels, **options) - whole) < 0.1
        assert ours.silhouette_score(data, labels, metric=metric, sample_size=300) == pytest.approx(whole)


def test_a_constant_truth_has_no_variance():
    """0.1 has no exact mean: scikit-learn may divide by the rounding; ours knows that nothing varies."""
    truth, predicted = np.full(7, 0.1), np.arange(7) / 10
    assert ours.r2_score(truth, predicted) == 0.0
    assert ours.r2_score(truth, truth) == 1.0
    assert np.isnan(ours.r2_score(truth, truth, force_finite=False))
    assert ours.r2_score(truth, predicted, force_finite=False) == -np.inf


def test_figures_that_are_ours_alone():
    costs = [[0, 1], [5, 0]]
    assert ours.expected_cost(["no", "no", "yes", "yes"], ["yes", "no", "no", "yes"], costs) == 1.5
    assert ours.cost_threshold(costs) == pytest.approx(1 / 6)
    proba = np.array([[0.9, 0.1], [0.8, 0.2], [0.5, 0.5]])
    assert ours.cost_minimal_classes(proba, costs, classes=["no", "yes"]).tolist() == ["no", "yes", "yes"]
    assert ours.cost_minimal_threshold([0, 0, 1, 0, 1], [0.1, 0.2, 0.3, 0.6, 0.8], costs) == pytest.approx((0.25, 0.2))
    error = ours.expected_calibration_error([0, 0], [[0.6, 0.4], [0.2, 0.8]], bins=2, labels=[0, 1])
    assert error == pytest.approx(0.2)
    relevance, scores = [[0, 1, 0, 2]], [[4, 3, 2, 1]]
    assert ours.precision_at(relevance, scores, k=2) == 0.5
    assert ours.reciprocal_rank(relevance, scores) == 0.5
    assert ours.average_precision_at(relevance, scores) == 0.5
    assert ours.max_error([1, 2], [1, 5], sample_weight=[1, 0]) == 0.0


def test_figures_by_name_are_the_functions():
    random = np.random.default_rng(3)
    truth, p = np.array(["no", "yes"])[random.integers(0, 2, 50)], random.uniform(size=50)
    assert ours.score("auc", truth, p) == pytest.approx(theirs.roc_auc_score(truth, p))
    assert ours.score("log_loss", truth, p) == pytest.approx(theirs.log_loss(truth, p))
    numbers = random.normal(size=50)
    assert ours.score("rmse", numbers, numbers + 1) == pytest.approx(1)
    assert {info["name"] for info in ours.metric_list()} >= {"auc", "log_loss", "rmse"}
    with pytest.raises(ValueError, match="auc"):
        ours.score("auk", truth, p)


def test_intervals_are_the_same_at_any_number_of_threads():
    random = np.random.default_rng(4)
    truth, p = random.integers(0, 2, 300), random.uniform(size=300)
    found = [ours.bootstrap_interval("auc", truth, p, replicates=200, n_jobs=jobs) for jobs in (1, 2, 7)]
    assert found[0] == found[1] == found[2]
    assert found[0]["low"] < found[0]["estimate"] < found[0]["high"]
    paired = ours.paired_bootstrap("auc", truth, truth * 0.5 + p / 2, p, replicates=200)
    assert paired["low"] > 0 and paired["p_value"] < 0.05
    t_test = ours.corrected_resampled_t_test([0.8, 0.9, 0.85], [0.7, 0.75, 0.8], test_to_training_ratio=0.5)
    assert t_test["difference"] == pytest.approx(0.1) and t_test["degrees"] == 2


@pytest.mark.parametrize(
    "call",
    [
        lambda: ours.accuracy_score([0, 1], [0]),
        lambda: ours.accuracy_score([], []),
        lambda: ours.accuracy_score(["a", "b"], [0, 1]),
        lambda: ours.accuracy_score(np.array(["a", 1], dtype=object), [0, 1]),
        lambda: ours.accuracy_score([0.5, 1], [0, 1]),
        lambda: ours.accuracy_score([None, 1], [0, 1]),
        lambda: ours.accuracy_score([0, 1], [0, 1], sample_weight=[1, -1]),
        lambda: ours.accuracy_score([0, 1], [0, 1], sample_weight=[0, 0]),
        lambda: ours.accuracy_score([0, 1], [0, 1], sample_weight=[1, 2, 3]),
        lambda: ours.accuracy_score("ab", "ab"),
        lambda: ours.f1_score([0, 1, 2], [0, 1, 2]),
        lambda: ours.f1_score([0, 1], [0, 1], average="mean"),
        lambda: ours.f1_score([0, 1], [0, 1], zero_division=2),
        lambda: ours.f1_score(["a", "b"], ["a", "b"]),
        lambda: ours.confusion_matrix([0, 1], [0, 1], labels=[5]),
        lambda: ours.confusion_matrix([0, 1], [0, 1], normalize="rows"),
        lambda: ours.log_loss([0, 1], [0.2, 1.5]),
        lambda: ours.log_loss([0, 0], [0.2, 0.5]),
        lambda: ours.log_loss([0, 1], [[0.2, 0.3, 0.5]] * 2),
        lambda: ours.roc_auc_score([0, 1, 2], np.eye(3)),
        lambda: ours.roc_auc_score([0, 1], [0.1, float("nan")]),
        lambda: ours.roc_curve(["a", "b"], [0.1, 0.2]),
        lambda: ours.r2_score([1, 2], [1, float("inf")]),
        lambda: ours.mean_squared_error([[1, 2]], [1]),
        lambda: ours.mean_poisson_deviance([1, 2], [0, 1]),
        lambda: ours.mean_pinball_loss([1], [1], alpha=2),
        lambda: ours.mean_squared_error(["a"], ["b"]),
        lambda: ours.silhouette_score([[0], [1]], [0, 1]),
        lambda: ours.ndcg_score([[-1, 2]], [[1, 2]]),
        lambda: ours.expected_cost([0, 1], [0, 1], [[0, 1, 2]] * 3),
    ],
)
def test_errors_are_value_errors_with_a_sentence(call):
    with pytest.raises(ValueError) as caught:
        call()
    assert len(str(caught.value)) > 20


def test_what_is_not_done_says_so():
    with pytest.raises(TypeError, match="euclidean"):
        ours.silhouette_score([[0], [1], [2]], [0, 1, 1], metric="cosine")
    with pytest.raises(TypeError, match="bytes"):
        ours.accuracy_score([b"a", b"b"], [b"a", b"b"])


def test_many_rows_and_many_texts():
    random = np.random.default_rng(5)
    codes = random.integers(0, 5000, (2, 200000))
    texts = [[f"label {code}" for code in row] for row in codes]
    assert ours.accuracy_score(*texts) == pytest.approx((codes[0] == codes[1]).mean(), rel=1e-12)
    assert close(ours.f1_score(*codes, average="macro"), theirs.f1_score(*codes, average="macro"))


def test_nothing_but_numpy_is_imported():
    code = (
        "import sys, everyml.metrics, everyml.model_selection;"
        "print([m for m in ('sklearn', 'pandas', 'polars', 'pyarrow', 'scipy') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_warnings_are_scikit_learns_where_it_is_loaded():
    from sklearn.exceptions import UndefinedMetricWarning

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UndefinedMetricWarning):
            ours.precision_score([1, 1], [0, 0])


def test_count(capsys):
    with capsys.disabled():
        print(f"\nmetrics: {sum(COUNTED.values())} cases of {len(COUNTED)} functions against scikit-learn")
    assert all(count >= CASES for count in COUNTED.values()), COUNTED
