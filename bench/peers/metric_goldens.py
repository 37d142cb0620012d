"""Writes tests/golden/metrics.json: random small cases and what scikit-learn and scipy say of them.

Scores are rounded to one or two digits so that ties occur; half of the cases have weights, some of them 0.
Needs: numpy, scipy, scikit-learn 1.9.
"""

import json
import pathlib
import warnings

import numpy as np
import scipy.spatial.distance
import scipy.stats
import sklearn
import sklearn.metrics as m

PATH = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "metrics.json"
CASES = 40
warnings.simplefilter("ignore")


def weights_for(case, n, rng):
    if case % 2 == 0:
        return None
    if case % 4 == 1:
        weights = rng.integers(0, 4, n).astype(float)
        weights[0] = 1.0
        return weights
    return np.round(rng.uniform(0.1, 3, n), 3)


def number(value):
    return None if not np.isfinite(value) else float(value)


def codes(rng, n, classes):
    """Every class occurs, as scikit-learn wants it."""
    y = rng.integers(0, classes, n)
    y[:classes] = np.arange(classes)
    return y


def drop(weights, *arrays):
    """scikit-learn lets rows of weight 0 name classes and thresholds; here they are absent."""
    if weights is None:
        return (None, *arrays)
    keep = weights > 0
    return (weights[keep], *(a[keep] for a in arrays))


def binary(case, rng):
    n = int(rng.integers(3, 41))
    y = codes(rng, n, 2)
    score = np.round(np.clip(0.3 * y + rng.uniform(0, 0.8, n), 0, 1), 1 if case % 3 == 0 else 3)
    w = weights_for(case, n, rng)
    if w is not None:
        w[:2] = 1.0  # both classes keep a weight
    p = np.stack([1 - score, score], 1)
    called = (p[:, 1] > p[:, 0]).astype(int)
    wk, yk, sk, ck, pk = drop(w, y, score, called, p)
    curve = m.roc_curve(yk, sk, sample_weight=wk, drop_intermediate=False)
    precision = m.precision_recall_curve(yk, sk, sample_weight=wk)
    prf = m.precision_recall_fscore_support(yk, ck, average="binary", sample_weight=wk, zero_division=0)
    expected = {
        "accuracy": m.accuracy_score(yk, ck, sample_weight=wk),
        "error_rate": m.zero_one_loss(yk, ck, sample_weight=wk),
        "balanced_accuracy": m.balanced_accuracy_score(yk, ck, sample_weight=wk),
        "precision": prf[0],
        "recall": prf[1],
        "f1": prf[2],
        "log_loss": m.log_loss(yk, pk, sample_weight=wk, labels=[0, 1]),
        "brier": m.brier_score_loss(yk, pk, sample_weight=wk, labels=[0, 1]),
        "auc": m.roc_auc_score(yk, sk, sample_weight=wk),
        "average_precision": m.average_precision_score(yk, sk, sample_weight=wk),
        "matthews": m.matthews_corrcoef(yk, ck, sample_weight=wk),
        "kappa": m.cohen_kappa_score(yk, ck, sample_weight=wk, labels=[0, 1]),
    }
    return {
        "truth": y.tolist(), "scores": score.tolist(), "weights": None if w is None else w.tolist(),
        "expected": {k: number(v) for k, v in expected.items()},
        "fpr": curve[0].tolist(), "tpr": curve[1].tolist(), "thresholds": curve[2][1:].tolist(),
        "precision_curve": precision[0][::-1].tolist(), "recall_curve": precision[1][::-1].tolist(),
    }


def multiclass(case, rng):
    classes = int(rng.integers(3, 6))
    n = int(rng.integers(classes + 2, 45))
    y = codes(rng, n, classes)
    raw = np.round(rng.uniform(0.05, 1, (n, classes)), 1 if case % 3 == 0 else 3) + 0.1
    raw[np.arange(n), y] += 0.3
    p = raw / raw.sum(1, keepdims=True)
    w = weights_for(case, n, rng)
    if w is not None:
        w[:classes] = 1.0
    called = p.argmax(1)
    wk, yk, ck, pk = drop(w, y, called, p)
    labels = list(range(classes))
    expected = {
        "accuracy": m.accuracy_score(yk, ck, sample_weight=wk),
        "balanced_accuracy": m.balanced_accuracy_score(yk, ck, sample_weight=wk),
        "log_loss": m.log_loss(yk, pk, sample_weight=wk, labels=labels),
        "brier": m.brier_score_loss(yk, pk, sample_weight=wk, labels=labels),
        "auc": m.roc_auc_score(yk, pk, sample_weight=wk, multi_class="ovr", average="macro"),
        "auc_weighted": m.roc_auc_score(yk, pk, sample_weight=wk, multi_class="ovr", average="weighted"),
        "average_precision": m.average_precision_score(np.eye(classes)[yk], pk, sample_weight=wk, average="macro"),
        "matthews": m.matthews_corrcoef(yk, ck, sample_weight=wk),
        "kappa": m.cohen_kappa_score(yk, ck, sample_weight=wk, labels=labels),
        "kappa_linear": m.cohen_kappa_score(yk, ck, sample_weight=wk, labels=labels, weights="linear"),
        "kappa_quadratic": m.cohen_kappa_score(yk, ck, sample_weight=wk, labels=labels, weights="quadratic"),
    }
    pairs = [(a, b) for a in labels for b in range(a + 1, classes) if (yk == a).any() and (yk == b).any()]
    aucs = []
    for a, b in pairs:  # Kleiman and Page's AUC mu with equal costs, from scikit-learn's AUC of each pair
        both = (yk == a) | (yk == b)
        aucs.append(m.roc_auc_score(yk[both] == a, (pk[:, a] - pk[:, b])[both],
                                    sample_weight=None if wk is None else wk[both]))
    expected["auc_mu"] = np.mean(aucs)
    for average in ("macro", "weighted", "micro"):
        prf = m.precision_recall_fscore_support(yk, ck, average=average, sample_weight=wk, zero_division=0)
        for name, value in zip(("precision", "recall", "f1"), prf):
            expected[f"{name}_{average}"] = value
    return {
        "classes": classes, "truth": y.tolist(), "probabilities": p.ravel().tolist(),
        "weights": None if w is None else w.tolist(), "expected": {k: number(v) for k, v in expected.items()},
        "confusion": m.confusion_matrix(yk, ck, labels=labels, sample_weight=wk).astype(float).ravel().tolist(),
    }


def regression(case, rng):
    n = int(rng.integers(2, 41))
    positive = case % 4 < 2
    y = np.round(rng.gamma(2, 3, n) + 0.1 if positive else rng.normal(0, 5, n), 1 if case % 3 == 0 else 4)
    p = np.round(y * rng.uniform(0.5, 1.5, n) + (0.1 if positive else rng.normal(0, 2, n)), 1 if case % 3 == 0 else 4)
    if case == 7:
        y[:] = 2.5  # a constant truth
    w = weights_for(case, n, rng)
    wk, yk, pk = drop(w, y, p)
    expected = {
        "r2": m.r2_score(yk, pk, sample_weight=wk) if len(yk) > 1 else None,
        "explained_variance": m.explained_variance_score(yk, pk, sample_weight=wk),
        "mae": m.mean_absolute_error(yk, pk, sample_weight=wk),
        "mse": m.mean_squared_error(yk, pk, sample_weight=wk),
        "rmse": m.root_mean_squared_error(yk, pk, sample_weight=wk),
        "median_absolute_error": m.median_absolute_error(yk, pk, sample_weight=wk),
        "mape": m.mean_absolute_percentage_error(yk, pk, sample_weight=wk),
        "max_error": m.max_error(yk, pk),
        "pinball_0.1": m.mean_pinball_loss(yk, pk, alpha=0.1, sample_weight=wk),
        "pinball_0.5": m.mean_pinball_loss(yk, pk, alpha=0.5, sample_weight=wk),
    }
    gap = np.abs(yk - pk)
    expected["huber_1.5"] = np.average(np.where(gap <= 1.5, gap**2 / 2, 1.5 * (gap - 0.75)), weights=wk)
    expected["log_cosh"] = np.average(np.logaddexp(gap, -gap) - np.log(2), weights=wk)
    expected["expectile_0.8"] = np.average(np.where(yk >= pk, 0.8, 0.2) * gap**2, weights=wk)
    share, said = 1 / (1 + np.exp(-yk)), 1 / (1 + np.exp(-pk))
    expected["cross_entropy"] = np.average(-share * np.log(said) - (1 - share) * np.log1p(-said), weights=wk)
    if (yk > 0).all() and (pk > 0).all():
        expected["tweedie_1.3"] = m.mean_tweedie_deviance(yk, pk, sample_weight=wk, power=1.3)
        expected["poisson_deviance"] = m.mean_poisson_deviance(yk, pk, sample_weight=wk)
        expected["gamma_deviance"] = m.mean_gamma_deviance(yk, pk, sample_weight=wk)
    return {"truth": y.tolist(), "predicted": p.tolist(), "weights": None if w is None else w.tolist(),
            "expected": {k: number(v) for k, v in expected.items() if v is not None}}


def ranking(case, rng):
    n = int(rng.integers(2, 25))
    relevance = rng.integers(0, 4, n).astype(float)
    if case == 5:
        relevance[:] = 0
    score = np.round(rng.uniform(0, 1, n), 1 if case % 2 else 4)
    k = int(rng.integers(1, n + 3)) if case % 3 else 0
    top = None if k == 0 else k
    return {"relevance": relevance.tolist(), "scores": score.tolist(), "k": k,
            "expected": {"dcg": float(m.dcg_score([relevance], [score], k=top)),
                         "ndcg": float(m.ndcg_score([relevance], [score], k=top))}}


def lists(case, rng):
    """Several lists; the figures of each by their definitions, NDCG by scikit-learn."""
    n = int(rng.integers(5, 60))
    group = rng.integers(0, 6, n)
    relevance = rng.integers(0, 4, n).astype(float)
    relevance[group == 2] = 0  # a list without a relevant item
    score = rng.permutation(n) / n  # no ties
    weight = np.round(rng.uniform(0.5, 2, 6), 2)
    k = int(rng.integers(1, 8)) if case % 2 else 0
    figures, weights = [], []
    for g in np.unique(group):
        r, s = relevance[group == g], score[group == g]
        if not (r > 0).any():
            continue
        hit = r[np.argsort(-s)] > 0
        top = len(r) if k == 0 else min(k, len(r))
        precision = np.cumsum(hit) / np.arange(1, len(r) + 1)
        gains = 2**r - 1
        ndcg = m.ndcg_score([gains], [s], k=top) if len(r) > 1 else 1.0
        figures.append([ndcg, (precision * hit)[:top].sum() / min(top, hit.sum()), 1 / (1 + np.argmax(hit)),
                        hit[:top].mean()])
        weights.append(weight[g])
    names = ("ndcg", "average_precision", "reciprocal_rank", "precision")
    mean = np.average(figures, axis=0, weights=weights)
    return {"relevance": relevance.tolist(), "scores": score.tolist(), "groups": group.tolist(), "k": k,
            "weights": weight[group].tolist(), "expected": {a: float(b) for a, b in zip(names, mean)}}


def survival(case, rng):
    """Harrell's index, pair by pair."""
    n = int(rng.integers(3, 40))
    time = rng.integers(1, 12, n).astype(float)
    event = rng.uniform(size=n) < 0.6
    risk = np.round(rng.normal(0, 1, n), 1)
    w = weights_for(case, n, rng)
    weight = np.ones(n) if w is None else w
    right = known = 0.0
    for i in range(n):
        for j in range(n):
            if event[i] and (time[i] < time[j] or (time[i] == time[j] and not event[j])):
                known += weight[i] * weight[j]
                right += weight[i] * weight[j] * (1.0 if risk[i] > risk[j] else 0.5 if risk[i] == risk[j] else 0.0)
    return {"times": np.where(event, time, -time).tolist(), "risk": risk.tolist(),
            "weights": None if w is None else w.tolist(),
            "expected": {"concordance": right / known if known else None}}


def davies_bouldin(x, found):
    """The formula on exact distances: scikit-learn's come from dot products and lose half of their digits near 0."""
    labels = np.unique(found)
    centres = np.stack([x[found == k].mean(0) for k in labels])
    spread = np.array([scipy.spatial.distance.cdist(x[found == k], [c]).mean() for k, c in zip(labels, centres)])
    apart = scipy.spatial.distance.cdist(centres, centres)
    np.fill_diagonal(apart, np.inf)
    value = ((spread[:, None] + spread) / apart).max(1).mean()
    assert abs(value - m.davies_bouldin_score(x, found)) < 1e-6
    return value


def clustering(case, rng):
    clusters = int(rng.integers(2, 5))
    n, d = int(rng.integers(clusters + 3, 40)), int(rng.integers(1, 10))
    truth = codes(rng, n, clusters)
    found = np.where(rng.uniform(size=n) < 0.7, truth, rng.integers(0, clusters, n))
    found[:clusters] = np.arange(clusters)
    x = np.round(rng.normal(0, 1, (n, d)) + 2.0 * truth[:, None], 2)
    apart = scipy.spatial.distance.cdist(x, x)
    expected = {
        "silhouette": m.silhouette_score(apart, found, metric="precomputed"),
        "davies_bouldin": davies_bouldin(x, found),
        "calinski_harabasz": m.calinski_harabasz_score(x, found),
        "adjusted_rand": m.adjusted_rand_score(truth, found),
        "nmi": m.normalized_mutual_info_score(truth, found),
        "homogeneity": m.homogeneity_score(truth, found),
        "completeness": m.completeness_score(truth, found),
        "v": m.v_measure_score(truth, found),
    }
    return {"features": x.ravel().tolist(), "columns": d, "truth": truth.tolist(), "found": found.tolist(),
            "silhouettes": m.silhouette_samples(apart, found, metric="precomputed").tolist(),
            "expected": {k: float(v) for k, v in expected.items()}}


def resampled_test(case, rng):
    k = int(rng.integers(2, 12))
    a, b = np.round(rng.uniform(0.6, 0.9, k), 4), np.round(rng.uniform(0.6, 0.9, k), 4)
    ratio = 1.0 / max(k - 1, 1)
    difference = a - b
    error = np.sqrt(difference.var(ddof=1) * (1 / k + ratio))
    statistic = difference.mean() / error
    return {"a": a.tolist(), "b": b.tolist(), "ratio": ratio, "difference": float(difference.mean()),
            "p_value": float(2 * scipy.stats.t.sf(abs(statistic), k - 1)),
            "low": float(difference.mean() - scipy.stats.t.ppf(0.975, k - 1) * error)}


def bootstrap(rng):
    """A skewed sample, whose BCa interval differs plainly from the percentile interval."""
    x = np.round(rng.lognormal(0, 1, 60), 4)
    result = {"values": x.tolist()}
    for method in ("percentile", "BCa"):
        drawn = scipy.stats.bootstrap((x,), np.mean, n_resamples=200_000, method=method, rng=rng, batch=1000)
        interval = drawn.confidence_interval
        result[method] = [float(interval.low), float(interval.high), float(drawn.standard_error)]
    return result


if __name__ == "__main__":
    golden = {"made_with": f"scikit-learn {sklearn.__version__}"}
    for index, kind in enumerate((binary, multiclass, regression, ranking, clustering, resampled_test)):
        golden[kind.__name__] = [kind(case, np.random.default_rng([2026, index, case])) for case in range(CASES)]
    for index, kind in enumerate((lists, survival)):
        golden[kind.__name__] = [kind(case, np.random.default_rng([2027, index, case])) for case in range(CASES)]
    golden["bootstrap"] = bootstrap(np.random.default_rng(2026))
    PATH.write_text(json.dumps(golden, separators=(",", ":")).replace('{"truth', '\n{"truth') + "\n")
    print("wrote", PATH, PATH.stat().st_size, "bytes")
