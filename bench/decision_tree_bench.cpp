// Time to fit one decision tree on a set of generate_data (float32 rows, classes or numbers).
//   decision_tree_bench FILE THREADS [class|number] [runs]
// FILE without its ending. bench/peers/decision_tree_bench.py fits scikit-learn's on the same file.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/bench_timing.h"
#include "everyml/classical/trees/decision_tree.h"

using namespace everyml;

namespace {

Buffer<float> read_floats(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) {
    std::fprintf(stderr, "%s cannot be read\n", path.c_str());
    std::exit(1);
  }
  Buffer<float> values(static_cast<std::size_t>(in.tellg()) / sizeof(float));
  in.seekg(0);
  in.read(reinterpret_cast<char*>(values.data()),
          static_cast<std::streamsize>(values.size() * sizeof(float)));
  return values;
}

template <class Settings>
void run(const Settings& settings, const Dataset& data, const Context& context, int runs) {
  std::size_t leaves = 0, depth = 0;
  const bench::Seconds least = bench::least_of(runs, [&] {
    const auto model = settings.fit(data, context);
    leaves = model.leaf_count();
    depth = model.depth();
  });
  std::printf("%zu rows x %zu: wall %.3f s, CPU %.3f s, %zu leaves, depth %zu\n", data.rows(), data.columns(),
              least.wall, least.cpu, leaves, depth);
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) return 2;
  const std::string file = words[1], kind = count > 3 ? words[3] : "class";
  const Context context({.threads = std::atoi(words[2])});
  const int runs = count > 4 ? std::atoi(words[4]) : 3;
  Buffer<float> x = read_floats(file + ".f32"), y = read_floats(file + ".y.f32");
  const std::size_t rows = y.size(), columns = x.size() / rows;
  Dataset data{.features = Features::dense(std::move(x), rows, columns)};
  if (kind == "class") {
    Buffer<std::int32_t> codes(rows);
    for (std::size_t i = 0; i < rows; ++i) codes[i] = static_cast<std::int32_t>(y[i]);
    data.target = Target::classes(std::move(codes), {"0", "1"});
    run(DecisionTreeClassifier{}, data, context, runs);
  } else {
    // The last column as the target, so that it takes many values.
    Buffer<double> values(rows);
    for (std::size_t i = 0; i < rows; ++i) values[i] = data.features.at(i, columns - 1);
    std::vector<std::size_t> others(columns - 1);
    for (std::size_t j = 0; j < others.size(); ++j) others[j] = j;
    data.features = data.features.select_columns(others);
    data.target = Target::numbers(std::move(values));
    run(DecisionTreeRegressor{}, data, context, runs);
  }
}
