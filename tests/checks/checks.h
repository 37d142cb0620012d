#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/model/registry.h"

// Tools of the common suite. Every check is a parametrised test over the names of catalog().

namespace everyml::checks {

using Matrix = std::vector<std::vector<double>>;

/// A deterministic small set that fits what the entry learns from: three separated groups of `rows` rows
/// together, in `columns` columns; classes "ash", "beech", "oak", or a number that follows the columns with
/// noise, or no target.
Dataset sample(const Entry& entry, std::size_t rows, std::size_t columns = 4, std::uint64_t seed = 1);
/// The same with a number, a flag, a category of 3 levels and a count, described in `info`.
Dataset mixed_sample(const Entry& entry, std::size_t rows, std::uint64_t seed = 1);
/// Rows like those of `sample`, to ask about.
Features questions(std::size_t rows, std::size_t columns = 4, std::uint64_t seed = 99);

Features dense(const Matrix& rows);
Matrix rows_of(const Features& x);
Target classes(const std::vector<std::int32_t>& codes, std::vector<std::string> names);
Target numbers(const std::vector<double>& values);
/// The same values (as float32 where the storage is) in another storage.
Features stored(const Features& x, Features::Storage storage);

/// All that a model answers about rows, one block per capability.
struct Answers {
  std::vector<double> values, probabilities, scores, assigned, transformed, low, high, distances,
      contributions, anomaly;
  std::vector<double> all() const;
};
Answers answers(const AnyModel& model, const Features& x, const Context& context = Context{});
/// Every attribute that the type declares, in order; an empty one where this fit has none.
std::vector<std::optional<Figure>> figures(const AnyModel& model);
/// The largest |a - b| / max(1, |a|); infinity when sizes differ or one is NaN.
double difference(const std::vector<double>& a, const std::vector<double>& b);
bool all_finite(const std::vector<double>& values);

std::string bytes_of(const AnyModel& model);
AnyModel model_of(const Entry& entry, const std::string& bytes);

/// "" when the action ends, the error's code when it throws an Error; anything else fails the test.
std::string code_of(const std::function<void()>& action);

/// A promise that an algorithm does not keep, or keeps only with another setting than the default, and why.
/// Each row is printed at the end of the run with their number.
struct Exception {
  std::string_view algorithm;
  std::string_view check;
  std::string_view reason;
  std::string_view setting = {};  ///< the check runs with setting = value; empty: it does not run
  std::string_view value = {};
};
std::span<const Exception> exceptions();
/// The estimator that the check runs with: the defaults, or what an exception says.
AnyEstimator estimator_for(const Entry& entry, std::string_view check);
/// The reason, when there is a row that lets the check out.
std::optional<std::string_view> exception(const Entry& entry, std::string_view check);

class EveryAlgorithm : public testing::TestWithParam<std::string> {
 protected:
  const Entry& entry() const;
};

}  // namespace everyml::checks

/// Leaves the test when this algorithm has a documented exception from it.
#define EVERYML_SKIP_EXCEPTION(check)                                     \
  if (const auto reason = ::everyml::checks::exception(entry(), check)) { \
    GTEST_SKIP() << "documented exception: " << *reason;                  \
  }
