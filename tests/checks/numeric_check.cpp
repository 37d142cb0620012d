#include <cfloat>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "checks.h"
#include "everyml/ensembles/boosting/boosting_family.h"

// Awkward numbers: a typed error or a finite answer, never a silent NaN. 24 rows of 3 columns are bent each
// time.

namespace everyml::checks {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kTiny = std::numeric_limits<double>::denorm_min();
constexpr double kMost = std::numeric_limits<double>::max();

struct Bent {
  Matrix x;
  std::vector<std::int32_t> codes;
  std::vector<double> y;
  std::vector<double> weights;

  void fill(std::size_t column, double value) {
    for (auto& row : x) row[column] = value;
  }
  void scale(double factor) {
    for (auto& row : x) {
      for (double& value : row) value *= factor;
    }
  }
  void shift(double offset) {
    for (auto& row : x) {
      for (double& value : row) value += offset;
    }
  }
  void keep(std::size_t rows) {
    x.resize(rows);
    codes.resize(rows);
    y.resize(rows);
  }
};

struct Pattern {
  const char* name;
  void (*bend)(Bent&);
};

const Pattern kPatterns[] = {
    {"one_nan", [](Bent& b) { b.x[3][1] = kNone; }},
    {"nan_in_first_row", [](Bent& b) { b.x[0] = {kNone, kNone, kNone}; }},
    {"half_nan",
     [](Bent& b) {
       for (std::size_t i = 0; i < b.x.size(); i += 2) b.x[i][0] = kNone;
     }},
    {"nan_column", [](Bent& b) { b.fill(1, kNone); }},
    {"all_nan",
     [](Bent& b) {
       for (std::size_t j = 0; j < 3; ++j) b.fill(j, kNone);
     }},
    {"nan_by_class",
     [](Bent& b) {
       for (std::size_t i = 0; i < b.x.size(); ++i)
         if (b.codes[i] == 0) b.x[i][0] = kNone;
     }},
    {"nan_negative_payload", [](Bent& b) { b.x[2][2] = -kNone; }},
    {"infinity", [](Bent& b) { b.x[5][0] = kInf; }},
    {"minus_infinity", [](Bent& b) { b.x[5][0] = -kInf; }},
    {"both_infinities",
     [](Bent& b) {
       b.x[5][0] = kInf;
       b.x[6][0] = -kInf;
     }},
    {"infinite_column", [](Bent& b) { b.fill(2, kInf); }},
    {"infinity_and_nan",
     [](Bent& b) {
       b.x[0][0] = kInf;
       b.x[1][0] = kNone;
     }},
    {"minus_zero", [](Bent& b) { b.fill(0, -0.0); }},
    {"mixed_zeros",
     [](Bent& b) {
       for (std::size_t i = 0; i < b.x.size(); ++i) b.x[i][0] = i % 2 ? 0.0 : -0.0;
     }},
    {"all_zero", [](Bent& b) { b.scale(0); }},
    {"denormals",
     [](Bent& b) {
       for (std::size_t i = 0; i < b.x.size(); ++i) b.x[i][1] = kTiny * static_cast<double>(i);
     }},
    {"denormal_scale", [](Bent& b) { b.scale(1e-310); }},
    {"tiny_scale", [](Bent& b) { b.scale(1e-160); }},
    {"largest_double", [](Bent& b) { b.x[4][0] = kMost; }},
    {"largest_both_signs",
     [](Bent& b) {
       b.x[4][0] = kMost;
       b.x[5][0] = -kMost;
     }},
    {"largest_column", [](Bent& b) { b.fill(0, kMost); }},
    {"spread_1e308",
     [](Bent& b) {
       for (std::size_t i = 0; i < b.x.size(); ++i) b.x[i][0] = i % 2 ? 1e308 : 1e-308;
     }},
    {"scale_1e300", [](Bent& b) { b.scale(1e300); }},
    {"scale_1e154", [](Bent& b) { b.scale(1e154); }},
    {"scale_1e100", [](Bent& b) { b.scale(1e100); }},
    {"columns_of_any_scale",
     [](Bent& b) {
       for (auto& row : b.x) {
         row[0] *= 1e-200;
         row[2] *= 1e140;
       }
     }},
    {"offset_1e15", [](Bent& b) { b.shift(1e15); }},
    {"offset_1e300", [](Bent& b) { b.shift(1e300); }},
    {"beyond_2_53",
     [](Bent& b) {
       for (std::size_t i = 0; i < b.x.size(); ++i)
         b.x[i][0] = 9007199254740992.0 + 2 * static_cast<double>(i);
     }},
    {"float32_overflow", [](Bent& b) { b.x[7][1] = 1e39; }},
    {"constant_column", [](Bent& b) { b.fill(0, 3.25); }},
    {"constant_columns",
     [](Bent& b) {
       for (std::size_t j = 0; j < 3; ++j) b.fill(j, -1.5);
     }},
    {"nearly_constant",
     [](Bent& b) {
       b.fill(0, 1.0);
       b.x[0][0] = 1.0 + DBL_EPSILON;
     }},
    {"equal_columns",
     [](Bent& b) {
       for (auto& row : b.x) row[1] = row[2] = row[0];
     }},
    {"column_is_sum",
     [](Bent& b) {
       for (auto& row : b.x) row[2] = row[0] + row[1];
     }},
    {"opposite_columns",
     [](Bent& b) {
       for (auto& row : b.x) row[1] = -row[0];
     }},
    {"duplicate_rows",
     [](Bent& b) {
       for (auto& row : b.x) row = b.x[0];
     }},
    {"two_distinct_rows",
     [](Bent& b) {
       for (std::size_t i = 0; i < b.x.size(); ++i) b.x[i] = b.x[i % 2];
     }},
    {"one_row", [](Bent& b) { b.keep(1); }},
    {"two_rows", [](Bent& b) { b.keep(2); }},
    {"fewer_rows_than_columns",
     [](Bent& b) {
       for (auto& row : b.x) row.resize(40, 1.0);
       b.keep(5);
     }},
    {"one_column",
     [](Bent& b) {
       for (auto& row : b.x) row.resize(1);
     }},
    {"many_columns",
     [](Bent& b) {
       for (std::size_t i = 0; i < b.x.size(); ++i)
         for (std::size_t j = 3; j < 300; ++j) b.x[i].push_back(static_cast<double>((i * j) % 7));
     }},
    {"constant_target",
     [](Bent& b) {
       for (double& y : b.y) y = 5;
       for (auto& c : b.codes) c = 1;
     }},
    {"zero_target",
     [](Bent& b) {
       for (double& y : b.y) y = 0;
     }},
    {"target_largest", [](Bent& b) { b.y[0] = kMost; }},
    {"target_both_ends",
     [](Bent& b) {
       for (std::size_t i = 0; i < b.y.size(); ++i) b.y[i] = i % 2 ? kMost : -kMost;
     }},
    {"target_denormal",
     [](Bent& b) {
       for (double& y : b.y) y = kTiny;
     }},
    {"target_1e200",
     [](Bent& b) {
       for (double& y : b.y) y *= 1e200;
     }},
    {"target_perfect",
     [](Bent& b) {
       for (std::size_t i = 0; i < b.y.size(); ++i) b.y[i] = 2 * b.x[i][0];
     }},
    {"one_row_per_class", [](Bent& b) { b.keep(3); }},
    {"lonely_class",
     [](Bent& b) {
       for (auto& c : b.codes) c = 0;
       b.codes[4] = 2;
     }},
    {"separated_classes",
     [](Bent& b) {
       for (std::size_t i = 0; i < b.x.size(); ++i) b.x[i][0] = 1e6 * b.codes[i];
     }},
    {"weight_zero",
     [](Bent& b) {
       b.weights.assign(b.x.size(), 1);
       b.weights[0] = 0;
     }},
    {"weights_all_zero", [](Bent& b) { b.weights.assign(b.x.size(), 0); }},
    {"weights_one_left",
     [](Bent& b) {
       b.weights.assign(b.x.size(), 0);
       b.weights[3] = 1;
     }},
    {"weight_negative",
     [](Bent& b) {
       b.weights.assign(b.x.size(), 1);
       b.weights[2] = -1;
     }},
    {"weight_nan",
     [](Bent& b) {
       b.weights.assign(b.x.size(), 1);
       b.weights[2] = kNone;
     }},
    {"weight_infinite",
     [](Bent& b) {
       b.weights.assign(b.x.size(), 1);
       b.weights[2] = kInf;
     }},
    {"weights_largest", [](Bent& b) { b.weights.assign(b.x.size(), kMost); }},
    {"weights_1e300", [](Bent& b) { b.weights.assign(b.x.size(), 1e300); }},
    {"weights_denormal", [](Bent& b) { b.weights.assign(b.x.size(), kTiny); }},
    {"weights_any_scale",
     [](Bent& b) {
       for (std::size_t i = 0; i < b.x.size(); ++i)
         b.weights.push_back(std::pow(10.0, static_cast<double>(i) * 20 - 240));
     }},
};
static_assert(std::size(kPatterns) >= 40);

Bent straight(const Entry& entry) {
  const Dataset data = sample(entry, 24, 3);
  Bent bent{.x = rows_of(data.features)};
  for (std::size_t i = 0; i < 24; ++i) {
    bent.codes.push_back(static_cast<std::int32_t>(i % 3));
    bent.y.push_back(entry.card().target == Target::Kind::numbers ? data.target.values()[i] : 0.0);
  }
  return bent;
}

Dataset dataset_of(const Entry& entry, const Bent& bent) {
  Dataset data{.features = dense(bent.x), .weights = bent.weights};
  if (entry.card().target == Target::Kind::classes)
    data.target = classes(bent.codes, {"ash", "beech", "oak"});
  if (entry.card().target == Target::Kind::numbers) data.target = numbers(bent.y);
  if (orders_lists(entry.card().name)) {
    for (std::size_t row = 0; row < bent.x.size(); ++row)
      data.groups.push_back(static_cast<std::int32_t>(row / 8));
  }
  return data;
}

void expect_honest(const AnyModel& model, const Features& asked, const std::string& what) {
  Answers out;
  code_of([&] { out = answers(model, asked); });
  EXPECT_TRUE(all_finite(out.values)) << what << ": values";
  EXPECT_TRUE(all_finite(out.probabilities)) << what << ": probabilities";
  EXPECT_TRUE(all_finite(out.scores)) << what << ": scores";
  EXPECT_TRUE(all_finite(out.transformed)) << what << ": transformed";
  EXPECT_TRUE(all_finite(out.distances)) << what << ": distances";
  // With nothing left to estimate the noise from, an interval may honestly be everything.
  std::size_t wrong = 0;
  for (std::size_t row = 0; row < out.low.size(); ++row) wrong += !(out.low[row] <= out.high[row]);
  EXPECT_EQ(wrong, 0U) << what << ": intervals";
}

TEST_P(EveryAlgorithm, AwkwardNumbersWhenLearning) {
  for (const Pattern& pattern : kPatterns) {
    SCOPED_TRACE(pattern.name);
    Bent bent = straight(entry());
    const Features plain = dense(bent.x);
    pattern.bend(bent);
    AnyModel model;
    code_of([&] { model = entry().make().fit(dataset_of(entry(), bent), Context({.seconds = 20.0})); });
    if (!model) continue;
    expect_honest(model, dense(bent.x), "on its own rows");
    if (model.feature_count() == plain.columns()) expect_honest(model, plain, "on plain rows");
    EXPECT_EQ(bytes_of(model_of(entry(), bytes_of(model))), bytes_of(model))
        << "a model that was fitted must load";
    EXPECT_TRUE(model.summary().is_object());
  }
}

TEST_P(EveryAlgorithm, AwkwardNumbersWhenAsked) {
  const AnyModel model = entry().make().fit(dataset_of(entry(), straight(entry())), Context{});
  for (const Pattern& pattern : kPatterns) {
    SCOPED_TRACE(pattern.name);
    Bent bent = straight(entry());
    pattern.bend(bent);
    if (bent.x[0].size() == model.feature_count()) expect_honest(model, dense(bent.x), "asked");
  }
}

TEST_P(EveryAlgorithm, AwkwardNumbersInFloat32) {
  for (const Pattern& pattern : kPatterns) {
    SCOPED_TRACE(pattern.name);
    Bent bent = straight(entry());
    pattern.bend(bent);
    for (const auto storage : {Features::Storage::dense32, Features::Storage::sparse32}) {
      Dataset data = dataset_of(entry(), bent);
      data.features = stored(data.features, storage);
      AnyModel model;
      code_of([&] { model = entry().make().fit(data, Context({.seconds = 20.0})); });
      if (model) expect_honest(model, data.features, "on its own rows");
    }
  }
}

TEST_P(EveryAlgorithm, BadWeightsAndInfinitiesAreNamed) {
  const auto code = [&](void (*bend)(Bent&)) {
    Bent bent = straight(entry());
    bend(bent);
    return code_of([&] { entry().make().fit(dataset_of(entry(), bent), Context{}); });
  };
  EXPECT_EQ(code([](Bent& b) { b.x[5][0] = kInf; }), "data.infinite");
  EXPECT_EQ(code([](Bent& b) { b.weights.assign(24, 1), b.weights[2] = -1; }), "data.weight");
  EXPECT_EQ(code([](Bent& b) { b.weights.assign(24, 1), b.weights[2] = kNone; }), "data.weight");
  EXPECT_EQ(code([](Bent& b) { b.weights.assign(24, kMost); }), "data.weight");
  EXPECT_EQ(code([](Bent& b) { b.weights.assign(24, 0); }), "data.weights_zero");
}

TEST_P(EveryAlgorithm, SmallSetsGiveAnAnswerOrAReason) {
  for (std::size_t rows = 1; rows <= 6; ++rows) {
    for (std::size_t columns = 1; columns <= 3; ++columns) {
      SCOPED_TRACE(std::to_string(rows) + " rows, " + std::to_string(columns) + " columns");
      const Dataset data = sample(entry(), rows, columns);
      AnyModel model;
      const std::string code = code_of([&] { model = entry().make().fit(data, Context{}); });
      if (model)
        expect_honest(model, data.features, "on its own rows");
      else
        EXPECT_TRUE(code.rfind("data.", 0) == 0 || code.rfind("parameter.", 0) == 0) << code;
    }
  }
}

TEST_P(EveryAlgorithm, OneClassOrAConstantTarget) {
  Bent bent = straight(entry());
  for (auto& code : bent.codes) code = 1;
  for (double& y : bent.y) y = 7;
  AnyModel model;
  const std::string code = code_of([&] { model = entry().make().fit(dataset_of(entry(), bent), Context{}); });
  if (!model) {
    EXPECT_EQ(code, "data.one_class");
    return;
  }
  const Answers out = answers(model, dense(bent.x));
  const double level = orders_lists(entry().card().name) ? out.values[0] : 7;
  for (const double value : out.values) EXPECT_NEAR(value, level, 1e-6);
  for (std::size_t i = 0; i < out.probabilities.size(); ++i)
    EXPECT_EQ(out.probabilities[i] > 0.5, i % 3 == 1);
}

}  // namespace
}  // namespace everyml::checks
