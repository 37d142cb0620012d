// One row through the library, and a million rows through encoder and model. See row_predict.md.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <new>

#include "everyml/everyml.h"

namespace {
std::atomic<std::size_t> allocations{0};
}

[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace everyml;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The least of several runs, in seconds by the clock and of CPU: a busy machine shows in the first alone.
struct Cost {
  double wall = 1e300, cpu = 1e300;
};
template <class Run>
Cost best_of(int runs, Run run) {
  Cost best;
  for (int i = 0; i < runs; ++i) {
    const auto start = Clock::now();
    const std::clock_t used = std::clock();
    run();
    best.cpu = std::min(best.cpu, static_cast<double>(std::clock() - used) / CLOCKS_PER_SEC);
    best.wall = std::min(best.wall, seconds_since(start));
  }
  return best;
}

Column numbers(std::string name, std::size_t rows, Stream random) {
  auto values = Buffer<double>::uninitialized(rows);
  for (double& value : values) value = random.normal() * 10 + 3;
  return Column::numbers(std::move(name), std::move(values));
}

Column categories(std::string name, std::size_t rows, std::size_t levels, Stream random) {
  auto codes = Buffer<std::int32_t>::uninitialized(rows);
  for (std::int32_t& code : codes) code = static_cast<std::int32_t>(random.below(levels));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < levels; ++i) names.push_back("level number " + std::to_string(i));
  return Column::categories(std::move(name), std::move(codes), std::move(names));
}

/// 10 numbers, 4 categories of 5 levels, 2 of 200, 2 booleans, 2 dates.
Table mixed(std::size_t rows) {
  std::vector<Column> columns;
  const auto stream = [&] { return Stream(1, "mixed", columns.size()); };
  for (int i = 0; i < 10; ++i) columns.push_back(numbers("n" + std::to_string(i), rows, stream()));
  for (int i = 0; i < 6; ++i) {
    columns.push_back(categories("c" + std::to_string(i), rows, i < 4 ? 5 : 200, stream()));
  }
  for (int i = 0; i < 2; ++i) {
    Stream random = stream();
    auto flags = Buffer<std::int8_t>::uninitialized(rows);
    for (std::int8_t& flag : flags) flag = static_cast<std::int8_t>(random.below(2));
    columns.push_back(Column::booleans("b" + std::to_string(i), std::move(flags)));
  }
  for (int i = 0; i < 2; ++i) {
    Stream random = stream();
    auto dates = Buffer<std::int64_t>::uninitialized(rows);
    for (std::int64_t& date : dates) date = static_cast<std::int64_t>(random.below(12'000)) * 86'400'000'000;
    columns.push_back(Column::dates("d" + std::to_string(i), std::move(dates), false));
  }
  return Table(std::move(columns));
}

Artifact fit(const std::string& algorithm, const Table& table, const Context& context) {
  Stream random(2, "target");
  Artifact artifact;
  artifact.algorithm = algorithm;
  artifact.target_name = "y";
  AnyEstimator estimator = catalog().find(algorithm).make();
  Dataset data;
  if (estimator.card().target == Target::Kind::classes) {
    auto codes = Buffer<std::int32_t>::uninitialized(table.rows());
    for (std::int32_t& code : codes) code = static_cast<std::int32_t>(random.below(2));
    data.target = Target::classes(std::move(codes), {"no", "yes"});
    artifact.class_names = {"no", "yes"};
  } else {
    auto values = Buffer<double>::uninitialized(table.rows());
    for (double& value : values) value = random.normal();
    data.target = Target::numbers(std::move(values));
  }
  artifact.target_kind = data.target.kind();
  const std::vector<std::string> names = table.names();
  artifact.encoder = Encoder::fit(table, names, data.target, {}, estimator.card().needs, {}, context);
  data.features = artifact.encoder.transform_training(table, data.target, {}, context);
  data.info.assign(artifact.encoder.info().begin(), artifact.encoder.info().end());
  artifact.model = estimator.fit(data, context);
  return artifact;
}

void one_row(const std::string& algorithm, const Context& context) {
  const Table table = mixed(5000);
  const Artifact artifact = fit(algorithm, table, context);
  RowPredictor predictor(artifact);
  constexpr std::size_t kRows = 200;
  // Cells as a caller has them: numbers as numbers, all else as text.
  std::vector<std::string> cells;
  for (std::size_t r = 0; r < kRows; ++r) {
    for (const Column& column : table.all()) cells.push_back(column.cell(r));
  }
  const bool classes = !artifact.class_names.empty();
  double sum = 0;
  const auto answer = [&](bool all_text) {
    for (std::size_t r = 0; r < kRows; ++r) {
      predictor.clear();
      for (std::size_t c = 0; c < table.columns(); ++c) {
        const Column& column = table.column(c);
        if (!all_text && column.kind() == ColumnKind::number)
          predictor.set(c, column.doubles()[r]);
        else
          predictor.set(c, cells[r * table.columns() + c]);
      }
      sum += classes ? predictor.probabilities()[1] : predictor.value();
    }
  };
  answer(false);
  const std::size_t before = allocations.load();
  const double typed = best_of(200, [&] { answer(false); }).wall / kRows;
  const double text = best_of(200, [&] { answer(true); }).wall / kRows;
  std::printf(
      "%-20s %3zu features: %6.0f ns a row, %6.0f ns with all cells as text, %zu allocations (sum %.3g)\n",
      algorithm.c_str(), artifact.encoder.feature_count(), typed * 1e9, text * 1e9,
      allocations.load() - before, sum);
}

void million_rows(const std::string& algorithm) {
  constexpr std::size_t kRows = 1'000'000;
  std::vector<Column> columns;
  for (std::size_t c = 0; c < 20; ++c)
    columns.push_back(numbers("n" + std::to_string(c), kRows, Stream(3, "wide", c)));
  const Table table(std::move(columns));
  for (const int threads : {1, 2}) {
    const Context context({.threads = threads});
    const Artifact artifact = fit(algorithm, table.slice(0, 50'000), context);
    EncodeNotes notes;
    const auto show = [&](const char* what, const Cost& cost) {
      std::printf("%-8s %d threads, %-18s %5.1f million rows a second, %5.0f ms of CPU\n", algorithm.c_str(),
                  threads, what, 1 / cost.wall, cost.cpu * 1e3);
    };
    show("encode", best_of(10, [&] { artifact.encoder.transform(table, context); }));
    show("encode with notes", best_of(10, [&] { artifact.encoder.transform(table, context, &notes); }));
    show("predict", best_of(10, [&] { predict(artifact, table, {}, context); }));
  }
}

}  // namespace

int main() {
  const Context context({.threads = 1});
  for (const char* algorithm : {"ridge", "logistic-regression"}) one_row(algorithm, context);
  million_rows("ridge");
}
