"""Models and answers of LightGBM and XGBoost for the tests of everyml's import: tree_import_goldens.py tests/golden/imports

Each model is small; its answers are for the same 200 rows of six columns: five of numbers, with missing cells, zeros, large
and tiny ones, and one of categories by code.
"""

import json
import os
import sys

import lightgbm
import numpy
import xgboost

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
random = numpy.random.default_rng(7)


def rows(count):
    x = random.normal(size=(count, 6))
    x[:, 1] = numpy.where(random.random(count) < 0.5, 0, x[:, 1])
    x[:, 2] *= 10.0 ** random.integers(-3, 6, count)
    x[:, 3] = random.integers(-2, 3, count)
    x[:, 5] = random.integers(0, 12, count)
    x[:, [0, 1, 3]] = numpy.where(random.random((count, 3)) < 0.1, numpy.nan, x[:, [0, 1, 3]])
    return x


train, test = rows(2000), rows(200)
test[:5, 5] = [12, 40, numpy.nan, numpy.nan, 0]
test[5:10, 1] = [1e-36, -1e-36, 1e-35, -1e-20, 1e-20]
score = numpy.nan_to_num(train[:, 0]) + numpy.sin(train[:, 4] * 2) + (train[:, 5] % 3) - 1 + (train[:, 1] == 0)
noisy = score + 0.3 * random.normal(size=len(score))
targets = {
    "numbers": noisy,
    "binary": (noisy > 0.5).astype(float),
    "classes": numpy.digitize(noisy, [0, 1.5]).astype(float),
    "positive": numpy.exp(noisy / 2),
    "counts": random.poisson(numpy.exp(noisy / 2)).astype(float),
    "shares": 1 / (1 + numpy.exp(-noisy)),
    "degrees": numpy.digitize(noisy, [0, 1.5]).astype(float),
}
index = {}


def answer_file(name, answers, scores):
    index[name] = {
        "answers": numpy.atleast_2d(answers.T).T.ravel().tolist(),
        "scores": None if scores is None else numpy.atleast_2d(scores.T).T.ravel().tolist(),
    }


def known_codes():
    """The rows without codes that XGBoost has not met: it refuses them."""
    asked = test.copy()
    asked[:2, 5] = 11
    return asked


def plain(x):
    return [[None if numpy.isnan(value) else value for value in row] for row in x.tolist()]


def lgb(name, target, rounds=12, group=False, **settings):
    settings = {
        "verbose": -1,
        "num_leaves": 8,
        "learning_rate": 0.2,
        "min_data_in_leaf": 10,
        "seed": 3,
        "cat_smooth": 1,
        "min_data_per_group": 10,
        "num_threads": 1,
        "max_cat_to_onehot": 1,
    } | settings
    data = lightgbm.Dataset(
        train, targets[target], categorical_feature=[5], params=settings, group=[20] * 100 if group else None
    )
    model = lightgbm.train(settings, data, rounds)
    model.save_model(os.path.join(folder, name))
    again = lightgbm.Booster(model_file=os.path.join(folder, name))
    answer_file(name, again.predict(test, num_threads=1), again.predict(test, raw_score=True, num_threads=1))


lgb("lgb_binary.txt", "binary", objective="binary", sigmoid=0.7)
lgb("lgb_numbers.txt", "numbers", objective="regression")
lgb("lgb_sqrt.txt", "numbers", objective="regression", reg_sqrt=True)
lgb("lgb_classes.txt", "classes", 6, objective="multiclass", num_class=3)
lgb("lgb_ova.txt", "classes", 6, objective="multiclassova", num_class=3)
lgb("lgb_poisson.txt", "counts", objective="poisson")
lgb("lgb_shares.txt", "shares", objective="cross_entropy")
lgb("lgb_shares_lambda.txt", "shares", objective="cross_entropy_lambda")
lgb("lgb_ranking.txt", "degrees", objective="lambdarank", group=True)
lgb("lgb_no_missing.txt", "numbers", objective="regression", use_missing=False)
lgb("lgb_zero_missing.txt", "numbers", objective="regression", zero_as_missing=True, num_leaves=20)
lgb("lgb_dart.txt", "numbers", objective="regression", boosting="dart", drop_rate=0.5)
lgb("lgb_forest.txt", "binary", objective="binary", boosting="rf", bagging_freq=1, bagging_fraction=0.6)
lgb("lgb_linear.txt", "numbers", objective="regression", linear_tree=True)
lgb("lgb_stumpless.txt", "numbers", 2, objective="regression", min_gain_to_split=1e9)


def xgb(name, target, rounds=8, categories=True, twice=True, group=False, **settings):
    settings = {"max_depth": 3, "eta": 0.3, "seed": 3, "nthread": 1, "max_cat_to_onehot": 1} | settings
    kinds = ["float"] * 5 + ["c" if categories else "float"]
    data = xgboost.DMatrix(
        train,
        targets[target],
        feature_types=kinds,
        enable_categorical=categories,
        feature_names=["a", "b", "c", "d", "e", "f"],
    )
    if group:
        data.set_group([20] * 100)
    asked = known_codes()
    known = xgboost.DMatrix(
        asked, feature_types=kinds, enable_categorical=categories, feature_names=["a", "b", "c", "d", "e", "f"]
    )
    model = xgboost.train(settings, data, rounds)
    for ending in (".json", ".ubj") if twice else (".json",):
        model.save_model(os.path.join(folder, name + ending))
        scores = None if settings["objective"] == "multi:softmax" else model.predict(known, output_margin=True)
        answer_file(name + ending, model.predict(known).astype(float), None if scores is None else scores.astype(float))


xgb("xgb_binary", "binary", objective="binary:logistic")
xgb("xgb_numbers", "numbers", objective="reg:squarederror", categories=False)
xgb("xgb_classes", "classes", 4, objective="multi:softprob", num_class=3)
xgb("xgb_raw", "binary", objective="binary:logitraw", twice=False)
xgb("xgb_hinge", "binary", objective="binary:hinge", twice=False)
xgb("xgb_poisson", "counts", objective="count:poisson", twice=False)
xgb("xgb_gamma", "positive", objective="reg:gamma", twice=False)
xgb("xgb_tweedie", "counts", objective="reg:tweedie", base_score=2.0, twice=False)
xgb("xgb_shares", "shares", objective="reg:logistic", base_score=0.3, twice=False)
xgb("xgb_dart", "numbers", objective="reg:squarederror", booster="dart", rate_drop=0.5)
xgb("xgb_forest", "binary", 1, objective="binary:logistic", num_parallel_tree=6, subsample=0.6, eta=1.0, twice=False)
xgb("xgb_ranking", "degrees", objective="rank:ndcg", group=True, twice=False)

linear = xgboost.train(
    {"booster": "gblinear", "objective": "reg:squarederror"},
    xgboost.DMatrix(numpy.nan_to_num(train), targets["numbers"]),
    2,
)
linear.save_model(os.path.join(folder, "xgb_linear.json"))
vectors = xgboost.train(
    {"multi_strategy": "multi_output_tree", "objective": "reg:squarederror", "max_depth": 2},
    xgboost.DMatrix(train[:, :5], numpy.stack([noisy, -noisy], axis=1)),
    2,
)
vectors.save_model(os.path.join(folder, "xgb_vectors.json"))

# Before 3.1 the start was one number as a text, and a file may lack what came later.
with open(os.path.join(folder, "xgb_binary.json")) as file:
    old = json.load(file)
old["version"] = [1, 7, 4]
parameters = old["learner"]["learner_model_param"]
parameters["base_score"] = parameters["base_score"].strip("[]")
del parameters["num_target"], parameters["boost_from_average"]
del old["learner"]["gradient_booster"]["model"]["cats"]
with open(os.path.join(folder, "xgb_binary_old.json"), "w") as file:
    json.dump(old, file)
index["xgb_binary_old.json"] = index["xgb_binary.json"]

with open(os.path.join(folder, "answers.json"), "w") as file:
    json.dump(
        {
            "made_with": {"lightgbm": lightgbm.__version__, "xgboost": xgboost.__version__},
            "rows": plain(test),
            "rows_of_known_codes": plain(known_codes()),
            "models": index,
        },
        file,
    )
