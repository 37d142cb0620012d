"""Writes tests/golden/linear/*.json: small data with what scikit-learn and statsmodels make of it.

Run from the root of the repository:  python bench/peers/linear_goldens.py
Data come from numpy's generator with a fixed seed and are written out with all digits, so that both sides read
the same numbers.
"""
import json
import pathlib

import numpy as np
import scipy.optimize
import sklearn
import statsmodels
import statsmodels.api as sm
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV

OUT = pathlib.Path("tests/golden/linear")
VERSIONS = {"scikit-learn": sklearn.__version__, "statsmodels": statsmodels.__version__, "numpy": np.__version__}


def write(name, content):
    content["peers"] = VERSIONS
    (OUT / name).write_text(json.dumps(content, indent=0) + "\n")


def lists(**arrays):
    return {key: np.asarray(value).tolist() for key, value in arrays.items()}


def regression(rng):
    x = rng.normal(size=(40, 4)) @ np.array([[1, .4, 0, 0], [0, 1, .3, 0], [0, 0, 2, 0], [.5, 0, 0, 1]]) + [0, 3, 10, -2]
    y = x @ [1.5, -2, .3, 0] + 4 + rng.normal(size=40)
    w = rng.integers(1, 4, size=40).astype(float)
    new = rng.normal(size=(3, 4)) * 2
    out = lists(x=x, y=y, w=w, new=new)
    # A weight of k stands for k copies.
    copies = np.repeat(np.arange(40), w.astype(int))
    for key, rows in {"plain": np.arange(40), "weighted": copies}.items():
        for kind, design in {"intercept": sm.add_constant(x), "origin": x}.items():
            fit = sm.OLS(y[rows], design[rows]).fit()
            block = lists(coefficients=fit.params, errors=fit.bse, t=fit.tvalues, p=fit.pvalues,
                          interval=fit.conf_int(0.05))
            block |= {"r2": fit.rsquared, "adjusted_r2": fit.rsquared_adj, "f": fit.fvalue, "f_p": fit.f_pvalue,
                      "sigma": float(np.sqrt(fit.scale))}
            frame = fit.get_prediction(sm.add_constant(new, has_constant="add") if kind == "intercept" else new)
            block |= lists(predicted=frame.predicted_mean, prediction_interval=frame.conf_int(obs=True, alpha=0.1))
            out[f"ols_{key}_{kind}"] = block
    for key, weights in {"plain": np.ones(40), "weighted": w}.items():
        for alpha in (0.1, 10.0):
            fit = Ridge(alpha=alpha, solver="svd").fit(x, y, sample_weight=weights)
            out[f"ridge_{key}_{alpha:g}"] = {"coefficients": fit.coef_.tolist(), "intercept": fit.intercept_}
    fit = Ridge(alpha=1.0, fit_intercept=False, solver="svd").fit(x, y)
    out["ridge_origin_1"] = {"coefficients": fit.coef_.tolist(), "intercept": 0.0}
    alphas = [0.01, 0.1, 1.0, 10.0, 100.0]
    errors = []
    for alpha in alphas:
        error = 0.0
        for i in range(40):
            rest = np.arange(40) != i
            error += (Ridge(alpha=alpha, solver="svd").fit(x[rest], y[rest]).predict(x[i:i + 1])[0] - y[i]) ** 2
        errors.append(error / 40)
    out["leave_one_out"] = {"alphas": alphas, "errors": errors,
                            "chosen": float(RidgeCV(alphas=alphas).fit(x, y).alpha_)}
    write("regression.json", out)


def certified_binary(x, y, w, c, intercept=True):
    """Newton in double to a gradient at rounding level: scikit-learn's own tolerances stop earlier."""
    design = np.hstack([x, np.ones((len(x), 1))]) if intercept else x
    penalty = np.full(design.shape[1], 0.0 if c is None else 1 / c)
    if intercept:
        penalty[-1] = 0
    beta = np.zeros(design.shape[1])
    for _ in range(100):
        p = 1 / (1 + np.exp(-design @ beta))
        g = design.T @ (w * (p - y)) + penalty * beta
        h = (design * (w * p * (1 - p))[:, None]).T @ design + np.diag(penalty)
        beta = beta - np.linalg.solve(h, g)
    assert np.abs(g).max() < 1e-10
    return beta


def classification(rng):
    x = rng.normal(size=(80, 3)) * [1, 2, .5] + [0, 1, -1]
    logit = x @ [1.0, -.7, 2.0] + 1.5
    y = (rng.uniform(size=80) < 1 / (1 + np.exp(-logit))).astype(int)
    w = rng.integers(1, 4, size=80).astype(float)
    classes = rng.normal(size=(80, 3)) + x @ np.array([[1, 0, -.5], [0, 1, -.5], [0, 0, 1]])
    y3 = classes.argmax(axis=1)
    out = lists(x=x, y=y, w=w, y3=y3)
    for key, weights in {"plain": np.ones(80), "weighted": w}.items():
        for c in (0.1, 1.0, 100.0):
            beta = certified_binary(x, y, weights, c)
            peer = LogisticRegression(C=c, tol=1e-12, max_iter=10000).fit(x, y, sample_weight=weights)
            assert np.allclose(peer.coef_[0], beta[:-1], atol=1e-5)
            out[f"binary_{key}_{c:g}"] = lists(coefficients=beta[:-1], intercept=beta[-1])
    balanced = np.where(y == 1, 80 / (2 * (y == 1).sum()), 80 / (2 * (y == 0).sum()))
    beta = certified_binary(x, y, balanced, 1.0)
    out["binary_balanced_1"] = lists(coefficients=beta[:-1], intercept=beta[-1])
    out["binary_origin_1"] = lists(coefficients=certified_binary(x, y, np.ones(80), 1.0, False), intercept=0.0)
    for key, rows in {"plain": np.arange(80), "weighted": np.repeat(np.arange(80), w.astype(int))}.items():
        fit = sm.Logit(y[rows], sm.add_constant(x)[rows]).fit(disp=0, method="newton", tol=1e-14, maxiter=200)
        out[f"logit_{key}"] = lists(coefficients=fit.params, errors=fit.bse, z=fit.tvalues, p=fit.pvalues,
                                    interval=fit.conf_int(0.05)) | {"log_likelihood": fit.llf, "null": fit.llnull}
    fit = sm.MNLogit(y3, sm.add_constant(x)).fit(disp=0, method="newton", tol=1e-14, maxiter=200)
    out["mnlogit"] = lists(coefficients=fit.params.T, errors=fit.bse.T) | {"log_likelihood": fit.llf}
    for c in (0.1, 1.0):
        def loss(beta):
            b = beta.reshape(3, 4)
            z = x @ b[:, :3].T + b[:, 3]
            top = z.max(axis=1, keepdims=True)
            e = np.exp(z - top)
            p = e / e.sum(axis=1, keepdims=True)
            value = -np.sum(np.log(p[np.arange(80), y3])) + np.sum(b[:, :3] ** 2) / (2 * c)
            r = p - np.eye(3)[y3]
            g = np.hstack([r.T @ x + b[:, :3] / c, r.sum(axis=0)[:, None]])
            return value, g.ravel()
        best = scipy.optimize.minimize(loss, np.zeros(12), jac=True, method="BFGS", options={"gtol": 1e-10})
        best = scipy.optimize.minimize(loss, best.x, jac=True, method="BFGS", options={"gtol": 1e-12})
        peer = LogisticRegression(C=c, tol=1e-12, max_iter=10000).fit(x, y3)
        b = best.x.reshape(3, 4)
        assert np.allclose(peer.coef_, b[:, :3], atol=1e-5)
        z = x @ b[:, :3].T + b[:, 3]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        out[f"multinomial_{c:g}"] = lists(coefficients=b[:, :3], probabilities=e / e.sum(axis=1, keepdims=True))
    write("classification.json", out)


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    regression(np.random.default_rng(20250101))
    classification(np.random.default_rng(7))
