"""One measured run of a peer: a job as JSON on the input, its figures as JSON on the last line of the output.

bench/run.py starts it. Reading the data and importing the peer are not timed; making the peer's own data structures from
arrays in memory is part of a fit.
"""

import contextlib
import importlib.metadata
import json
import os
import sys
import tempfile
import time

import numpy


def memory(name):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name))


def silent():
    """Libraries print to the output that carries the answer."""
    return contextlib.redirect_stdout(sys.stderr)


class Set:
    """The files of generate_data."""

    def __init__(self, header_path, form):
        folder = os.path.dirname(header_path)
        with open(header_path) as file:
            self.header = json.load(file)
        header = self.header
        self.rows, self.columns, self.classes = header["rows"], header["columns"], header["classes"]
        self.names = [column["name"] for column in header["features"]]
        self.levels = [column.get("levels", 0) for column in header["features"]]
        self.y = numpy.fromfile(os.path.join(folder, header["y"]), numpy.float32)
        self.query = None
        if "query_sizes" in header:
            self.query = numpy.fromfile(os.path.join(folder, header["query_sizes"]), numpy.uint32)
        self.categories = [j for j, levels in enumerate(self.levels) if levels] if form == "categories" else []
        if form == "sparse":
            import scipy.sparse

            hot = numpy.fromfile(os.path.join(folder, header["one_hot"]), numpy.uint32)
            starts = numpy.arange(self.rows + 1, dtype=numpy.int64) * self.columns
            if hot.size < 2**31 - 1:
                hot, starts = hot.astype(numpy.int32), starts.astype(numpy.int32)
            self.x = scipy.sparse.csr_matrix(
                (numpy.ones(hot.size, numpy.float32), hot, starts), shape=(self.rows, header["one_hot_columns"])
            )
        else:
            self.x = numpy.fromfile(os.path.join(folder, header["x"]), numpy.float32).reshape(self.rows, self.columns)

    def frame(self):
        """A data frame with whole numbers where there are categories, for peers that want it so."""
        import pandas

        frame = pandas.DataFrame(self.x, columns=self.names)
        for j in self.categories:
            frame[self.names[j]] = frame[self.names[j]].astype("int32")
        return frame


def task(data):
    if data.query is not None:
        return "ranking"
    return {0: "numbers", 2: "binary"}.get(data.classes, "classes")


class LightGbm:
    package = "lightgbm"

    def __init__(self, settings, threads):
        import lightgbm

        self.tool = lightgbm
        self.settings = {k: v for k, v in settings.items() if k != "rounds"}
        self.settings |= {"num_threads": threads, "verbose": -1}
        self.rounds = settings.get("rounds", 100)

    def prepare(self, data):
        kind = task(data)
        self.settings["objective"] = {
            "ranking": "lambdarank",
            "numbers": "regression",
            "binary": "binary",
            "classes": "multiclass",
        }[kind]
        if kind == "classes":
            self.settings["num_class"] = data.classes
        return data

    def dataset(self, data):
        return self.tool.Dataset(
            data.x, data.y, group=data.query, categorical_feature=data.categories or "auto", params=self.settings
        )

    def fit(self, data):
        return self.tool.train(self.settings, self.dataset(data), self.rounds)

    def answers(self, model, data):
        return model.predict(data.x, num_threads=self.settings["num_threads"])

    def explain(self, model, data):
        return model.predict(data.x, pred_contrib=True, num_threads=self.settings["num_threads"])

    def search(self, data, trials):
        folds = self.tool.Dataset(data.x, data.y, params=self.settings)
        best = numpy.inf
        for trial in trials:
            result = self.tool.cv(self.settings | trial, folds, self.rounds, nfold=5, stratified=False, seed=1)
            best = min(best, result[next(key for key in result if key.endswith("-mean"))][-1])
        return best

    def save(self, model, path):
        model.save_model(path)

    def load(self, path):
        return self.tool.Booster(model_file=path)


class XgBoost:
    package = "xgboost-cpu"

    def __init__(self, settings, threads):
        import xgboost

        self.tool = xgboost
        self.settings = {k: v for k, v in settings.items() if k != "rounds"} | {"nthread": threads, "verbosity": 0}
        self.rounds = settings.get("rounds", 100)

    def prepare(self, data):
        kind = task(data)
        self.settings["objective"] = {
            "ranking": "rank:ndcg",
            "numbers": "reg:squarederror",
            "binary": "binary:logistic",
            "classes": "multi:softprob",
        }[kind]
        if kind == "classes":
            self.settings["num_class"] = data.classes
        self.kinds = (
            ["c" if j in data.categories else "float" for j in range(data.columns)] if data.categories else None
        )
        return data

    def matrix(self, data):
        return self.tool.QuantileDMatrix(
            data.x,
            data.y,
            group=data.query,
            feature_types=self.kinds,
            enable_categorical=bool(data.categories),
            nthread=self.settings["nthread"],
            max_bin=self.settings.get("max_bin", 256),
        )

    def fit(self, data):
        return self.tool.train(self.settings, self.matrix(data), self.rounds)

    def answers(self, model, data):
        if data.categories:
            return model.predict(self.tool.DMatrix(data.x, feature_types=self.kinds, enable_categorical=True))
        return model.inplace_predict(data.x)

    def save(self, model, path):
        model.save_model(path + ".ubj")

    def load(self, path):
        return self.tool.Booster({"nthread": self.settings["nthread"]}, model_file=path + ".ubj")


class CatBoost:
    package = "catboost"

    def __init__(self, settings, threads):
        import catboost

        self.tool = catboost
        self.threads = threads
        self.settings = {"iterations" if k == "rounds" else k: v for k, v in settings.items()}
        self.settings |= {"thread_count": threads, "logging_level": "Silent", "allow_writing_files": False}

    def prepare(self, data):
        self.settings["loss_function"] = {
            "numbers": "RMSE",
            "binary": "Logloss",
            "classes": "MultiClass",
            "ranking": "YetiRank",
        }[task(data)]
        data.ready = data.frame() if data.categories else data.x
        return data

    def pool(self, data):
        return self.tool.Pool(data.ready, data.y, cat_features=data.categories or None, thread_count=self.threads)

    def fit(self, data):
        return self.tool.CatBoost(self.settings).fit(self.pool(data))

    def answers(self, model, data):
        ready = data.ready if hasattr(data, "ready") else data.x
        out = model.predict(
            ready, prediction_type="Probability" if data.classes else "RawFormulaVal", thread_count=self.threads
        )
        return out[:, 1] if data.classes == 2 else out

    def save(self, model, path):
        model.save_model(path + ".cbm")

    def load(self, path):
        return self.tool.CatBoost().load_model(path + ".cbm")


class ScikitLearn:
    package = "scikit-learn"

    def __init__(self, settings, threads):
        self.settings = {k: v for k, v in settings.items() if k != "estimator"}
        self.name = settings["estimator"]
        if self.name.startswith(("RandomForest", "ExtraTrees")):
            self.settings["n_jobs"] = threads

    def prepare(self, data):
        import sklearn.ensemble

        self.make = getattr(sklearn.ensemble, self.name)
        return data

    def fit(self, data):
        return self.make(**self.settings).fit(data.x, data.y)

    def answers(self, model, data):
        out = model.predict_proba(data.x)
        return out[:, 1] if data.classes == 2 else out


class Intel(ScikitLearn):
    package = "scikit-learn-intelex"

    def prepare(self, data):
        import sklearnex.ensemble

        self.make = getattr(sklearnex.ensemble, self.name)
        return data


class Ydf:
    package = "ydf"

    def __init__(self, settings, threads):
        import ydf

        self.tool = ydf
        self.make = getattr(ydf, settings["learner"])
        self.settings = {k: v for k, v in settings.items() if k != "learner"} | {"num_threads": threads}

    def prepare(self, data):
        data.ready = {name: numpy.ascontiguousarray(data.x[:, j]) for j, name in enumerate(data.names)}
        data.labelled = data.ready | {"target": data.y.astype(numpy.int64)}
        return data

    def fit(self, data):
        return self.make(label="target", **self.settings).train(data.labelled, verbose=0)

    def answers(self, model, data):
        return model.predict(data.ready)


class Compiled(LightGbm):
    """Peers that answer for a model of LightGBM."""

    def load(self, path):
        return self.compile(path)


class TreeLite(Compiled):
    package = "treelite"

    def compile(self, path):
        import treelite

        return treelite.frontend.load_lightgbm_model(path)

    def answers(self, model, data):
        import treelite

        return treelite.gtil.predict(model, data.x, nthread=self.settings["num_threads"])


class Tl2Cgen(Compiled):
    package = "tl2cgen"

    def compile(self, path):
        import tl2cgen
        import treelite

        library = path + ".so"
        if not os.path.exists(library):
            tl2cgen.export_lib(
                treelite.frontend.load_lightgbm_model(path),
                toolchain="gcc",
                libpath=library,
                params={"parallel_comp": 8, "quantize": 1},
            )
        return tl2cgen.Predictor(library, nthread=self.settings["num_threads"])

    def answers(self, model, data):
        import tl2cgen

        if not hasattr(data, "ready"):
            data.ready = tl2cgen.DMatrix(data.x)
        return model.predict(data.ready)


class LLeaves(Compiled):
    package = "lleaves"

    def compile(self, path):
        import lleaves

        model = lleaves.Model(model_file=path)
        model.compile(cache=path + ".lleaves")
        return model

    def answers(self, model, data):
        return model.predict(data.x, n_jobs=self.settings["num_threads"])


class Shap(Compiled):
    package = "shap"

    def compile(self, path):
        import shap

        return shap.TreeExplainer(self.tool.Booster(model_file=path), feature_perturbation="tree_path_dependent")

    def explain(self, model, data):
        values = model.shap_values(data.x)
        values = values[1] if isinstance(values, list) else values
        base = numpy.atleast_1d(model.expected_value)[-1]
        return numpy.concatenate([values, numpy.full((data.rows, 1), base)], axis=1)


TOOLS = {
    "lightgbm": LightGbm,
    "xgboost": XgBoost,
    "catboost": CatBoost,
    "sklearn": ScikitLearn,
    "sklearnex": Intel,
    "ydf": Ydf,
    "treelite": TreeLite,
    "tl2cgen": Tl2Cgen,
    "lleaves": LLeaves,
    "shap": Shap,
}


def least(times, body):
    """Least wall and CPU seconds of several runs, and what the last one returned."""
    wall = cpu = float("inf")
    result = None
    for _ in range(times):
        result = None
        begin, begin_cpu = time.perf_counter(), time.process_time()
        result = body()
        wall, cpu = min(wall, time.perf_counter() - begin), min(cpu, time.process_time() - begin_cpu)
    return wall, cpu, result


def single_rows(model, data, threads):
    """LightGBM's call for single rows, asked from here through ctypes; the cost of ctypes itself is taken off."""
    import ctypes

    import lightgbm.basic

    library = lightgbm.basic._LIB
    handle = ctypes.c_void_p()
    status = library.LGBM_BoosterPredictForMatSingleRowFastInit(
        model._handle,
        ctypes.c_int(0),
        ctypes.c_int(0),
        ctypes.c_int(-1),
        ctypes.c_int(1),
        ctypes.c_int32(data.columns),
        ctypes.c_char_p(f"num_threads={threads}".encode()),
        ctypes.byref(handle),
    )
    if status != 0:
        raise RuntimeError("LightGBM refused a call for single rows")
    rows = data.x.astype(numpy.float64)[:20000]
    length, out = ctypes.c_int64(), numpy.zeros(1)
    call, place = library.LGBM_BoosterPredictForMatSingleRowFast, out.ctypes.data_as(ctypes.POINTER(ctypes.c_double))
    nothing = library.LGBM_GetLastError
    answers, seconds, idle = numpy.zeros(len(rows)), numpy.zeros(len(rows)), numpy.zeros(len(rows))
    pointers = [ctypes.c_void_p(row.ctypes.data) for row in rows]
    size = ctypes.byref(length)
    for i, pointer in enumerate(pointers):
        begin = time.perf_counter_ns()
        call(handle, pointer, size, place)
        middle = time.perf_counter_ns()
        nothing()
        seconds[i], idle[i] = middle - begin, time.perf_counter_ns() - middle
        answers[i] = out[0]
    seconds = (seconds - numpy.median(idle)) / 1e3
    return answers, float(numpy.median(seconds)), float(numpy.quantile(seconds, 0.99))


def main():
    job = json.load(sys.stdin)
    with silent():
        tool = TOOLS[job["tool"]](job["settings"], job["threads"])
        data, test = (tool.prepare(Set(job[key], job["form"])) for key in ("data", "test"))
    figures = {"version": importlib.metadata.version(tool.package)}
    with silent():
        if job["action"] == "fit":
            if job["repeat"] > 1:
                tool.fit(data)  # small jobs: the first call also loads and starts things
            figures["before"] = memory("VmRSS")
            figures["wall"], figures["cpu"], model = least(job["repeat"], lambda: tool.fit(data))
            figures["peak"] = memory("VmHWM")
            answers = tool.answers(model, test)
        elif job["action"] == "cv":
            figures["before"] = memory("VmRSS")
            figures["wall"], figures["cpu"], best = least(1, lambda: tool.search(data, job["trials"]))
            figures["peak"], figures["quality"], answers = memory("VmHWM"), best, None
        else:
            if not os.path.exists(
                job["model"] + (".ubj" if job["tool"] == "xgboost" else ".cbm" if job["tool"] == "catboost" else "")
            ):
                with tempfile.TemporaryDirectory(dir=os.path.dirname(job["model"])) as folder:
                    whole = os.path.join(folder, "model")
                    tool.save(tool.fit(data), whole)
                    for name in os.listdir(folder):
                        os.replace(os.path.join(folder, name), job["model"] + name[len("model") :])
            del data
            model = tool.load(job["model"])
            ask = tool.explain if job["action"] == "shap" else tool.answers
            if job["action"] == "row":
                answers, figures["wall"], figures["p99"] = single_rows(model, test, job["threads"])
                figures["cpu"] = figures["wall"]
                figures["before"] = figures["peak"] = memory("VmHWM")
            else:
                figures["before"] = memory("VmRSS")
                if job["repeat"] > 1:
                    ask(model, test)
                figures["wall"], figures["cpu"], answers = least(job["repeat"], lambda: ask(model, test))
                figures["peak"] = memory("VmHWM")
    if answers is not None:
        numpy.ascontiguousarray(answers, dtype=numpy.float64).tofile(job["answers"])
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
