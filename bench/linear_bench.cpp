// Linear regression, ridge and logistic regression on generated data; see bench/linear.md.
//
//   linear_bench make FOLDER ROWS COLUMNS        writes the raw float32 files that both sides read
//   linear_bench run FOLDER ROWS COLUMNS THREADS [NAME]    only fits whose name holds NAME
//
// LINREG: X ~ N, w ~ N, noise N(0, 1). LOGREG: logits 0.15 X w plus logistic noise. MULTI: ten classes, the
// largest of 0.15 X W plus Gumbel noise, on a tenth of the rows.

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "everyml/classical/linear/linear_regression.h"
#include "everyml/classical/linear/logistic_regression.h"
#include "everyml/classical/linear/ridge.h"
#include "everyml/foundation/base/random.h"

namespace everyml {
namespace {

constexpr std::size_t kClasses = 10;

template <class T>
void write_raw(const std::string& path, const std::vector<T>& values) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(T)));
}

template <class T>
Buffer<T> read_raw(const std::string& path, std::size_t size) {
  auto values = Buffer<T>::uninitialized(size);
  std::ifstream(path, std::ios::binary)
      .read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(size * sizeof(T)));
  return values;
}

void make(const std::string& folder, std::size_t rows, std::size_t columns) {
  std::vector<float> x(rows * columns), y(rows);
  std::vector<std::int32_t> labels(rows), classes(rows / kClasses);
  Stream coefficients(1, "coefficients");
  std::vector<double> w(columns), wide(kClasses * columns);
  for (double& value : w) value = coefficients.normal();
  for (double& value : wide) value = coefficients.normal();
  for (std::size_t r = 0; r < rows; ++r) {
    Stream row(2, "row", r);
    double sum = 0.0;
    float* at = x.data() + r * columns;
    for (std::size_t j = 0; j < columns; ++j) {
      at[j] = static_cast<float>(row.normal());
      sum += static_cast<double>(at[j]) * w[j];
    }
    y[r] = static_cast<float>(sum + row.normal());
    const double u = row.uniform(1e-12, 1.0);
    labels[r] = 0.15 * sum + std::log(u / (1.0 - u)) > 0.0 ? 1 : 0;
    if (r >= classes.size()) continue;
    double best = -1e300;
    for (std::size_t c = 0; c < kClasses; ++c) {
      double score = -std::log(-std::log(row.uniform(1e-12, 1.0)));
      for (std::size_t j = 0; j < columns; ++j)
        score += 0.15 * static_cast<double>(at[j]) * wide[c * columns + j];
      if (score > best) best = score, classes[r] = static_cast<std::int32_t>(c);
    }
  }
  write_raw(folder + "/x.f32", x);
  write_raw(folder + "/y.f32", y);
  write_raw(folder + "/labels.i32", labels);
  write_raw(folder + "/classes.i32", classes);
}

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::string only;

/// Best of five after a warm-up.
void measure(const char* name, const std::function<std::string()>& work) {
  if (std::string(name).find(only) == std::string::npos) return;
  work();
  double wall = 1e300, cpu = 1e300;
  std::string quality;
  for (int repeat = 0; repeat < 5; ++repeat) {
    const double cpu_start = cpu_seconds();
    const auto start = std::chrono::steady_clock::now();
    quality = work();
    wall = std::min(wall, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    cpu = std::min(cpu, cpu_seconds() - cpu_start);
  }
  std::printf("%-28s wall %8.4f s  cpu %8.4f s  %s\n", name, wall, cpu, quality.c_str());
  std::fflush(stdout);
}

std::string text(const char* format, double a, double b) {
  char buffer[128];
  std::snprintf(buffer, sizeof buffer, format, a, b);
  return buffer;
}

double objective(const LogisticRegressionModel& model) {
  double square = 0.0;
  for (const double value : model.state().coefficients) square += value * value;
  return model.state().log_loss + square / (2.0 * model.state().c.value());
}

void run(const std::string& folder, std::size_t rows, std::size_t columns, int threads) {
  const Context context({.threads = threads});
  Dataset data;
  data.features = Features::dense(read_raw<float>(folder + "/x.f32", rows * columns), rows, columns);
  const auto singles = read_raw<float>(folder + "/y.f32", rows);
  Buffer<double> y(rows);
  std::copy(singles.begin(), singles.end(), y.begin());
  data.target = Target::numbers(std::move(y));
  measure("linear-regression", [&] {
    const auto model = LinearRegression{}.fit(data, context);
    return text("R2 %.12f  sigma %.9f", model.r2(), model.sigma());
  });
  measure("ridge alpha 1", [&] {
    const auto model = Ridge{.alpha = 1.0}.fit(data, context);
    return text("R2 %.12f  alpha %g", 1.0 - model.state().residual_square / model.state().total_square,
                model.alpha());
  });
  measure("ridge 17 alphas", [&] {
    const auto model = Ridge{}.fit(data, context);
    return text("R2 %.12f  alpha %g", 1.0 - model.state().residual_square / model.state().total_square,
                model.alpha());
  });
  data.target = Target::classes(read_raw<std::int32_t>(folder + "/labels.i32", rows), {"0", "1"});
  const auto logistic = [&] {
    const auto model = LogisticRegression{}.fit(data, context);
    return text("objective %.9f  steps %g", objective(model), static_cast<double>(model.state().iterations));
  };
  measure("logistic c 1", logistic);
  std::vector<std::string> names;
  for (std::size_t c = 0; c < kClasses; ++c) names.push_back(std::to_string(c));
  data.features = data.features.slice(0, rows / kClasses);
  data.target = Target::classes(read_raw<std::int32_t>(folder + "/classes.i32", rows / kClasses), names);
  measure("multinomial 10 classes", logistic);
}

}  // namespace
}  // namespace everyml

int main(int count, char** words) {
  if (count < 5) {
    std::puts("linear_bench make FOLDER ROWS COLUMNS | run FOLDER ROWS COLUMNS THREADS");
    return 2;
  }
  const std::size_t rows = std::strtoull(words[3], nullptr, 10),
                    columns = std::strtoull(words[4], nullptr, 10);
  if (words[1] == std::string("make")) {
    everyml::make(words[2], rows, columns);
  } else {
    everyml::only = count > 6 ? words[6] : "";
    everyml::run(words[2], rows, columns, count > 5 ? std::atoi(words[5]) : 1);
  }
  return 0;
}
