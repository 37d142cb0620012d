"""Prediction and SHAP values of tree ensembles: LightGBM, XGBoost, CatBoost, treelite and shap beside everyml.

    tree_predict.py FOLDER prepare          trains the models, leaves rows, models and the peers' answers there
    tree_predict.py FOLDER time [PROGRAM]   times the peers; PROGRAM (tree_predict_bench) runs in between

The rows are SYNHIGGS (28 columns, float32). A model is a file of flat arrays, see write_model().
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import time

import catboost
import lightgbm
import numpy as np
import treelite
import xgboost

ROWS, TRAIN, SHAP_ROWS = 200_000, 100_000, 2_000


def synhiggs(n, seed):
    random = np.random.default_rng(seed)
    z = random.standard_normal((n, 21))
    x = np.empty((n, 28))
    x[:, :21] = z
    x[:, 21] = np.hypot(z[:, 0] + z[:, 1], z[:, 2] - z[:, 3])
    x[:, 22] = z[:, 4] * z[:, 5] + z[:, 6]
    x[:, 23] = np.abs(z[:, 7] + z[:, 8])
    x[:, 24] = np.exp(z[:, 9] / 2) * z[:, 10]
    x[:, 25] = np.maximum(z[:, 11], z[:, 12]) - z[:, 13]
    x[:, 26] = np.sqrt(z[:, 14] ** 2 + z[:, 15] ** 2 + z[:, 16] ** 2)
    x[:, 27] = np.tanh(z[:, 17] + z[:, 18] * z[:, 19])
    s = 0.9 * np.sin(1.5 * x[:, 21]) + 0.6 * x[:, 22] * x[:, 23] - 0.5 * x[:, 26] + 0.7 * x[:, 27] * x[:, 25]
    s += 0.4 * z[:, 20] * (x[:, 24] > 0) + 0.3 * z[:, 0] * z[:, 9]
    y = random.random(n) < 1 / (1 + np.exp(-(s - s.mean())))
    return x.astype(np.float32), y.astype(np.int32)


def write_model(path, features, base, trees):
    """int32: features, trees; float64: base; for each tree int32 nodes and the arrays of its nodes, the root
    first: int32 feature (-1: a leaf), float64 threshold, int32 left, int32 right, float64 value, cover."""
    with open(path, "wb") as out:
        np.array([features, len(trees)], np.int32).tofile(out)
        np.array([base], np.float64).tofile(out)
        for tree in trees:
            np.array([len(tree["feature"])], np.int32).tofile(out)
            for name, kind in [("feature", np.int32), ("threshold", np.float64), ("left", np.int32),
                               ("right", np.int32), ("value", np.float64), ("cover", np.float64)]:
                np.array(tree[name], kind).tofile(out)


def empty_tree():
    return {name: [] for name in ("feature", "threshold", "left", "right", "value", "cover")}


def add_node(tree, feature, threshold, value, cover):
    for name, what in [("feature", feature), ("threshold", threshold), ("left", -1), ("right", -1),
                       ("value", value), ("cover", cover)]:
        tree[name].append(what)
    return len(tree["feature"]) - 1


def lightgbm_tree(node, tree):
    if "leaf_value" in node:
        return add_node(tree, -1, 0, node["leaf_value"], node.get("leaf_count", 0))
    at = add_node(tree, node["split_feature"], node["threshold"], 0, node["internal_count"])
    tree["left"][at] = lightgbm_tree(node["left_child"], tree)
    tree["right"][at] = lightgbm_tree(node["right_child"], tree)
    return at


def catboost_tree(source):
    """Level l of an oblivious tree is bit l of a leaf's index, set when the value is greater than the border."""
    tree = empty_tree()
    splits, values, weights = source["splits"], source["leaf_values"], source["leaf_weights"]

    def grow(level, index):
        if level < 0:
            return add_node(tree, -1, 0, values[index], weights[index])
        split = splits[level]
        at = add_node(tree, split["float_feature_index"], split["border"], 0, 0)
        tree["left"][at] = grow(level - 1, index)
        tree["right"][at] = grow(level - 1, index | 1 << level)
        tree["cover"][at] = tree["cover"][tree["left"][at]] + tree["cover"][tree["right"][at]]
        return at

    grow(len(splits) - 1, 0)
    return tree


def prepare(folder):
    x, _ = synhiggs(ROWS, 1)
    train, target = synhiggs(TRAIN, 2)
    x.tofile(f"{folder}/rows.f32")
    for name, trees, leaves in [("64", 500, 64), ("255", 100, 255)]:
        model = lightgbm.train({"objective": "binary", "num_leaves": leaves, "verbosity": -1, "num_threads": 2},
                               lightgbm.Dataset(train, target), trees)
        model.save_model(f"{folder}/lightgbm_{name}.txt")
        flat = []
        for info in model.dump_model()["tree_info"]:
            flat.append(empty_tree())
            lightgbm_tree(info["tree_structure"], flat[-1])
        write_model(f"{folder}/lightgbm_{name}.trees", 28, 0, flat)
        model.predict(x, raw_score=True).tofile(f"{folder}/lightgbm_{name}.f64")
        model.predict(x[:SHAP_ROWS], pred_contrib=True).tofile(f"{folder}/lightgbm_{name}_shap.f64")
        other = xgboost.train({"objective": "binary:logistic", "tree_method": "hist", "max_leaves": leaves,
                               "max_depth": 0, "grow_policy": "lossguide", "nthread": 2},
                              xgboost.DMatrix(train, target), trees)
        other.save_model(f"{folder}/xgboost_{name}.json")
    model = catboost.CatBoostClassifier(iterations=1000, depth=6, thread_count=2, verbose=False,
                                        allow_writing_files=False)
    model.fit(train, target)
    model.save_model(f"{folder}/catboost.cbm")
    model.save_model(f"{folder}/catboost.json", format="json")
    with open(f"{folder}/catboost.json") as source:
        trees = json.load(source)
    bias = trees["scale_and_bias"][1]
    write_model(f"{folder}/catboost.trees", 28, bias[0] if isinstance(bias, list) else bias,
                [catboost_tree(tree) for tree in trees["oblivious_trees"]])
    model.predict(x, prediction_type="RawFormulaVal").tofile(f"{folder}/catboost.f64")


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def least(repeats, work):
    wall = used = float("inf")
    for _ in range(repeats):
        before, start = cpu(), time.perf_counter()
        work()
        wall, used = min(wall, time.perf_counter() - start), min(used, cpu() - before)
    return wall, used


def line(what, threads, seconds):
    print(f"{what:44s} threads {threads}: wall {seconds[0]:.4f} s, cpu {seconds[1]:.4f} s", flush=True)


def time_single_row(folder):
    """LightGBM's own call for one row, prepared once (the "fast" form of its C interface)."""
    model = lightgbm.Booster(model_file=f"{folder}/lightgbm_64.txt")
    x = np.fromfile(f"{folder}/rows.f32", np.float32).reshape(-1, 28).astype(np.float64)
    lib, config, length = lightgbm.basic._LIB, ctypes.c_void_p(), ctypes.c_int64()
    out = (ctypes.c_double * 1)()
    lib.LGBM_BoosterPredictForMatSingleRowFastInit(model._handle, 1, 0, -1, 1, 28, b"num_threads=1",
                                                   ctypes.byref(config))
    call = lib.LGBM_BoosterPredictForMatSingleRowFast
    rows = [ctypes.c_void_p(x[i].ctypes.data) for i in range(5000)]
    times = []
    for row in rows * 3:
        start = time.perf_counter_ns()
        call(config, row, ctypes.byref(length), out)
        times.append(time.perf_counter_ns() - start)
    times.sort()
    print(f"lightgbm one row 500 x 64: median {times[len(times) // 2] / 1e3:.2f} us, "
          f"p99 {times[len(times) * 99 // 100] / 1e3:.2f} us", flush=True)


def time_peers(folder, program):
    print(f"lightgbm {lightgbm.__version__}, xgboost {xgboost.__version__}, catboost {catboost.__version__}, "
          f"treelite {treelite.__version__}; load {os.getloadavg()[0]:.2f}")
    x = np.fromfile(f"{folder}/rows.f32", np.float32).reshape(-1, 28)
    pool = catboost.Pool(x)
    forest = catboost.CatBoostClassifier().load_model(f"{folder}/catboost.cbm")
    for threads in (1, 2):
        for name in ("64", "255"):
            model = lightgbm.Booster(model_file=f"{folder}/lightgbm_{name}.txt")
            line(f"lightgbm {name}", threads,
                 least(4, lambda: model.predict(x, raw_score=True, num_threads=threads)))
            ours(folder, program, f"lightgbm_{name}", threads)
            other = xgboost.Booster({"nthread": threads}, model_file=f"{folder}/xgboost_{name}.json")
            line(f"xgboost {name} (its own model)", threads,
                 least(4, lambda: other.inplace_predict(x, predict_type="margin")))
            lite = treelite.frontend.load_lightgbm_model(f"{folder}/lightgbm_{name}.txt")
            line(f"treelite {name}", threads,
                 least(2, lambda: treelite.gtil.predict(lite, x, nthread=threads, pred_margin=True)))
        line("catboost 1000 x depth 6, array", threads, least(
            4, lambda: forest.predict(x, prediction_type="RawFormulaVal", thread_count=threads)))
        line("catboost 1000 x depth 6, pool", threads, least(
            4, lambda: forest.predict(pool, prediction_type="RawFormulaVal", thread_count=threads)))
        ours(folder, program, "catboost", threads)
    time_single_row(folder)
    if program:
        subprocess.run([program, folder, "row"], check=True)
    for threads in (1, 2):
        model = lightgbm.Booster(model_file=f"{folder}/lightgbm_64.txt")
        line(f"lightgbm pred_contrib, {SHAP_ROWS} rows", threads, least(
            2, lambda: model.predict(x[:SHAP_ROWS], pred_contrib=True, num_threads=threads)))
        if program:
            subprocess.run([program, folder, "shap", str(threads)], check=True)


def ours(folder, program, model, threads):
    if program:
        subprocess.run([program, folder, "batch", model, str(threads)], check=True)


if __name__ == "__main__":
    if sys.argv[2] == "prepare":
        prepare(sys.argv[1])
    else:
        time_peers(sys.argv[1], sys.argv[3] if len(sys.argv) > 3 else None)
