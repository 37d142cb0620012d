// One measured run of everyml: a job as JSON on the input, its figures as JSON on the last line of the
// output. bench/run.py starts it; bench/peers/worker.py is its counterpart for the peers. Algorithms are
// found by name, so a new one needs no line here.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "everyml/classical/trees/shap.h"
#include "everyml/everyml.h"
#include "everyml/foundation/base/json.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/io/atomic_file.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/export/imported_trees.h"

using namespace everyml;

namespace {

using Clock = std::chrono::steady_clock;

std::size_t memory(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name)) return std::stoull(line.substr(name.size() + 1)) * 1024;
  }
  return 0;
}

template <class T>
Buffer<T> read_raw(const std::string& path, std::size_t size) {
  auto values = Buffer<T>::uninitialized(size);
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(size * sizeof(T)))) {
    throw std::runtime_error(path + " is shorter than its header says");
  }
  return values;
}

Json read_json(std::istream& from, const std::string& what) {
  return parse_json(std::string(std::istreambuf_iterator<char>(from), {}), what);
}

Features one_hot(const std::string& path, std::size_t rows, std::size_t fields, std::size_t columns) {
  Buffer<std::uint64_t> starts(rows + 1);
  for (std::size_t r = 0; r <= rows; ++r) starts[r] = r * fields;
  auto values = Buffer<float>::uninitialized(rows * fields);
  std::fill(values.begin(), values.end(), 1.0F);
  return Features::sparse(rows, columns, std::move(starts), read_raw<std::uint32_t>(path, rows * fields),
                          std::move(values));
}

/// The files of generate_data as the peers read them.
Dataset read_set(const std::string& header_path, const std::string& form, bool classes) {
  std::ifstream file(header_path);
  const Json header = read_json(file, header_path);
  const std::string folder = header_path.substr(0, header_path.rfind('/') + 1);
  const std::size_t rows = header["rows"], columns = header["columns"], kinds = header["classes"];
  Dataset data;
  if (form == "sparse") {
    data.features =
        one_hot(folder + header["one_hot"].get<std::string>(), rows, columns, header["one_hot_columns"]);
  } else {
    data.features = Features::dense(read_raw<float>(folder + header["x"].get<std::string>(), rows * columns),
                                    rows, columns);
    for (const Json& column : header["features"]) {
      const std::string name = column["name"];
      const std::size_t levels = form == "categories" ? column.value("levels", std::size_t{0}) : 0;
      data.info.push_back(
          {name, name, levels > 0 ? FeatureInfo::Kind::category : FeatureInfo::Kind::number, levels});
    }
  }
  const auto y = read_raw<float>(folder + header["y"].get<std::string>(), rows);
  if (classes) {
    Buffer<std::int32_t> codes(rows);
    std::transform(y.begin(), y.end(), codes.begin(), [](float v) { return static_cast<std::int32_t>(v); });
    std::vector<std::string> names;
    for (std::size_t k = 0; k < kinds; ++k) names.push_back("c" + std::to_string(k));
    data.target = Target::classes(std::move(codes), std::move(names));
  } else {
    Buffer<double> values(rows);
    std::copy(y.begin(), y.end(), values.begin());
    data.target = Target::numbers(std::move(values));
  }
  if (header.contains("query_sizes")) {
    std::ifstream sizes(folder + header["query_sizes"].get<std::string>(), std::ios::binary);
    std::uint32_t size = 0;
    for (std::int32_t q = 0; sizes.read(reinterpret_cast<char*>(&size), 4); ++q) {
      data.groups.insert(data.groups.end(), size, q);
    }
  }
  return data;
}

/// Least wall and CPU seconds of several runs.
template <class F>
void least(int times, Json& figures, const F& body) {
  double wall = 1e30, cpu = 1e30;
  for (int i = 0; i < times; ++i) {
    const auto cpu_begin = std::clock();
    const auto begin = Clock::now();
    body();
    wall = std::min(wall, std::chrono::duration<double>(Clock::now() - begin).count());
    cpu = std::min(cpu, static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC);
  }
  figures["wall"] = wall;
  figures["cpu"] = cpu;
}

/// As the peers answer: the probability of the second class, those of all classes, or values.
std::vector<double> answers(const AnyModel& model, const Features& x, const Context& context) {
  if (!model.can(Capability::probabilities)) {
    std::vector<double> out(x.rows());
    model.values(x, out, context);
    return out;
  }
  const std::size_t classes = model.class_names().size();
  std::vector<double> all(x.rows() * classes);
  model.probabilities(x, all, context);
  if (classes != 2) return all;
  std::vector<double> out(x.rows());
  for (std::size_t r = 0; r < out.size(); ++r) out[r] = all[2 * r + 1];
  return out;
}

/// Median and 99th percentile of the microseconds of single rows. `ask`: (row) -> answer.
template <class F>
std::vector<double> single_rows(const Features& x, Json& figures, const F& ask) {
  const std::size_t rows = std::min<std::size_t>(x.rows(), 20000);
  std::vector<double> all, microseconds, scratch;
  for (std::size_t r = 0; r < rows; ++r) {
    const double* row = x.tile64(r, r + 1, scratch);
    const auto begin = Clock::now();
    const double answer = ask(row);
    microseconds.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
    all.push_back(answer);
  }
  std::sort(microseconds.begin(), microseconds.end());
  figures["wall"] = figures["cpu"] = microseconds[rows / 2];
  figures["p99"] = microseconds[rows * 99 / 100];
  return all;
}

/// What a model of a peer, read from its file, answers here.
Json measure_imported(const Json& job, std::vector<double>& out) {
  Json figures = {{"version", EVERYML_VERSION}};
  const Context context({.threads = job["threads"]});
  const std::string path = job["model"], action = job["action"];
  const ImportedTrees model = import_trees(read_file(path), path);
  const TreeEnsemble& trees = model.trees;
  const Dataset test = read_set(job["test"], job["form"], true);
  const std::size_t rows = test.rows(), outputs = trees.output_count();
  const int repeat = job["repeat"];
  figures["before"] = memory("VmRSS");
  if (action == "row") {
    std::vector<double> scores(outputs);
    out = single_rows(test.features, figures, [&](const double* row) {
      trees.predict_row(row, scores.data());
      model.answers(scores);
      return scores[0];
    });
  } else {
    const auto ask = [&] {
      if (action == "shap") {
        shap_values(trees, test.features, out, context);
      } else {
        trees.predict(test.features, out, context);
        model.answers(out);
      }
    };
    out.resize(rows * outputs * (action == "shap" ? trees.feature_count() + 1 : 1));
    ask();
    least(repeat, figures, ask);
  }
  figures["peak"] = memory("VmHWM");
  return figures;
}

AnyEstimator estimator_of(const Json& job) {
  Json settings = job["settings"];
  AnyEstimator estimator = catalog().find(settings["algorithm"].get<std::string>()).make();
  settings.erase("algorithm");
  estimator.set_json(settings);
  return estimator;
}

/// The trials of the peers in our names.
Json trial_settings(const Json& job, const Json& trial) {
  Json settings = job["settings"];
  settings.erase("algorithm");
  settings["leaves"] = trial["num_leaves"];
  settings["min_leaf_rows"] = trial["min_data_in_leaf"];
  settings["l2"] = trial["lambda_l2"];
  return settings;
}

/// Five folds of every setting; the least mean log loss.
double search(const Json& job, const Dataset& data, const Context& context) {
  constexpr std::size_t kFolds = 5;
  const Entry& entry = catalog().find(job["settings"]["algorithm"].get<std::string>());
  std::vector<double> loss(job["trials"].size(), 0.0);
  for (std::size_t fold = 0; fold < kFolds; ++fold) {
    std::vector<std::size_t> learned, judged;
    for (std::size_t r = 0; r < data.rows(); ++r) (r % kFolds == fold ? judged : learned).push_back(r);
    Dataset train = data.select_rows(learned);
    const Dataset test = data.select_rows(judged);
    train.derived = std::make_shared<Derived>();  // all trials of a fold share its bins
    // Fits side by side wait for each other less than the threads of one fit do.
    parallel_for(context, loss.size(), 1, [&](std::size_t t, std::size_t) {
      AnyEstimator estimator = entry.make();
      estimator.set_json(trial_settings(job, job["trials"][t]));
      const std::vector<double> p = answers(estimator.fit(train, context), test.features, context);
      for (std::size_t r = 0; r < p.size(); ++r) {
        loss[t] -= std::log(std::max(test.target.codes()[r] == 1 ? p[r] : 1 - p[r], 1e-15));
      }
    });
  }
  return *std::min_element(loss.begin(), loss.end()) / static_cast<double>(data.rows());
}

Json measure(const Json& job, std::vector<double>& out) {
  if (!job["settings"].contains("algorithm")) return measure_imported(job, out);
  Json figures = {{"version", EVERYML_VERSION}};
  const Context context({.threads = job["threads"]});
  const std::string action = job["action"], form = job["form"];
  const int repeat = job["repeat"];
  const AnyEstimator estimator = estimator_of(job);
  const bool classes = estimator.card().target == Target::Kind::classes;
  const Dataset data = read_set(job["data"], form, classes);
  const Dataset test = read_set(job["test"], form, classes);
  AnyModel model;
  if (action == "fit") {
    if (repeat > 1) estimator.fit(data, context);
    figures["before"] = memory("VmRSS");
    least(repeat, figures, [&] { model = estimator.fit(data, context); });
    figures["peak"] = memory("VmHWM");
    out = answers(model, test.features, context);
    return figures;
  }
  if (action == "cv") {
    figures["before"] = memory("VmRSS");
    least(1, figures, [&] { figures["quality"] = search(job, data, context); });
    figures["peak"] = memory("VmHWM");
    return figures;
  }
  model = estimator.fit(data, context);
  figures["before"] = memory("VmRSS");
  if (action == "predict") {
    out = answers(model, test.features, context);
    least(repeat, figures, [&] { out = answers(model, test.features, context); });
  } else if (action == "row") {
    const Context alone({.threads = 1});
    out = single_rows(test.features, figures, [&](const double* row) {
      return answers(model, Features::view(row, 1, test.columns()), alone)[0];
    });
  } else {
    throw std::runtime_error("everyml has no work called \"" + action + "\" here");
  }
  figures["peak"] = memory("VmHWM");
  return figures;
}

}  // namespace

int main() {
  try {
    const Json job = read_json(std::cin, "job");
    std::vector<double> out;
    const Json figures = measure(job, out);
    std::ofstream file(job["answers"].get<std::string>(), std::ios::binary);
    file.write(reinterpret_cast<const char*>(out.data()),
               static_cast<std::streamsize>(out.size() * sizeof(double)));
    std::cout << write_json(figures) << "\n";
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
  return 0;
}
