#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "everyml/ensembles/boosting/objective.h"
#include "everyml/foundation/base/random.h"
#include "hwy/targets.h"
#include "tests/support/error_code.h"

namespace everyml {
namespace {

template <class T>
Buffer<T> buffer(const std::vector<T>& values) {
  auto made = Buffer<T>::uninitialized(values.size());
  std::copy(values.begin(), values.end(), made.begin());
  return made;
}

struct Queries {
  std::vector<double> grade, score;
  std::vector<std::int32_t> group;
};
/// Queries of 1 to `most` rows; the rows of a query do not stand together.
Queries queries(std::size_t count, std::size_t most) {
  Queries made;
  Stream draw = Context().random("queries");
  for (std::size_t q = 0; q < count; ++q) {
    const std::size_t n = 1 + draw.below(most);
    for (std::size_t i = 0; i < n; ++i) {
      made.grade.push_back(static_cast<double>(draw.below(5)));
      made.score.push_back(std::round(draw.normal() * 8) / 8);
      made.group.push_back(static_cast<std::int32_t>(q));
    }
  }
  std::vector<std::size_t> order(made.grade.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  draw.shuffle(order);
  Queries mixed = made;
  for (std::size_t i = 0; i < order.size(); ++i) {
    mixed.grade[i] = made.grade[order[i]];
    mixed.score[i] = made.score[order[i]];
    mixed.group[i] = made.group[order[i]];
  }
  return mixed;
}

/// The measure of a list of grades, in the order given, by its definition.
double measure(ObjectiveKind kind, const std::vector<double>& grades, std::size_t places) {
  double sum = 0, relevant = 0;
  if (kind == ObjectiveKind::lambdamart_map) {
    for (std::size_t i = 0; i < grades.size(); ++i) {
      if (grades[i] > 0) sum += ++relevant / static_cast<double>(i + 1);
    }
    return relevant > 0 ? sum / relevant : 0;
  }
  std::vector<double> best = grades;
  std::sort(best.rbegin(), best.rend());
  double ideal = 0;
  for (std::size_t i = 0; i < grades.size(); ++i) {
    sum += (std::exp2(grades[i]) - 1) / std::log2(static_cast<double>(i) + 2);
    if (i < places) ideal += (std::exp2(best[i]) - 1) / std::log2(static_cast<double>(i) + 2);
  }
  return ideal > 0 ? sum / ideal : 0;
}

/// LambdaMART by its definition: every pair is swapped and measured again.
void slow_lambdas(const ObjectiveSpec& spec, const Queries& data, std::vector<double>& g,
                  std::vector<double>& h) {
  g.assign(data.grade.size(), 0);
  h.assign(data.grade.size(), 0);
  const int last = *std::max_element(data.group.begin(), data.group.end());
  const double sigma = spec.steepness;
  for (int q = 0; q <= last; ++q) {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < data.group.size(); ++i)
      if (data.group[i] == q) rows.push_back(i);
    std::stable_sort(rows.begin(), rows.end(),
                     [&](std::size_t a, std::size_t b) { return data.score[a] > data.score[b]; });
    std::vector<double> grades;
    for (const std::size_t r : rows) grades.push_back(data.grade[r]);
    const bool flat = rows.empty() || data.score[rows.front()] == data.score[rows.back()];
    double total = 0;
    std::vector<double> own_g(rows.size()), own_h(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      for (std::size_t j = i + 1; j < rows.size(); ++j) {
        const bool pairwise = spec.kind == ObjectiveKind::pairwise;
        if (!pairwise && i >= spec.places) continue;
        const bool map = spec.kind == ObjectiveKind::lambdamart_map;
        if (map ? (grades[i] > 0) == (grades[j] > 0) : grades[i] == grades[j]) continue;
        double change = 1;
        if (!pairwise) {
          std::vector<double> swapped = grades;
          std::swap(swapped[i], swapped[j]);
          change =
              std::abs(measure(spec.kind, grades, spec.places) - measure(spec.kind, swapped, spec.places));
          if (!flat) change /= 0.01 + std::abs(data.score[rows[i]] - data.score[rows[j]]);
        }
        const std::size_t better = grades[i] > grades[j] ? i : j, worse = i + j - better;
        const double p = 1 / (1 + std::exp(sigma * (data.score[rows[better]] - data.score[rows[worse]])));
        own_g[better] -= sigma * change * p;
        own_g[worse] += sigma * change * p;
        own_h[better] += sigma * sigma * change * p * (1 - p);
        own_h[worse] += sigma * sigma * change * p * (1 - p);
        total += 2 * sigma * change * p;
      }
    }
    const double factor =
        spec.kind != ObjectiveKind::pairwise && total > 0 ? std::log2(1 + total) / total : 1;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      g[rows[i]] = factor * own_g[i];
      h[rows[i]] = factor * own_h[i];
    }
  }
}

TEST(RankingObjective, LambdasAreThoseOfSwappingEveryPair) {
  const Queries data = queries(40, 45);
  using K = ObjectiveKind;
  for (const ObjectiveSpec& spec :
       {ObjectiveSpec{.kind = K::lambdamart_ndcg, .places = 7},
        ObjectiveSpec{.kind = K::lambdamart_ndcg, .places = 100, .steepness = 2},
        ObjectiveSpec{.kind = K::lambdamart_map, .places = 5}, ObjectiveSpec{.kind = K::pairwise}}) {
    SCOPED_TRACE(name_of(spec.kind));
    const auto loss =
        BoostingObjective::make(spec)->over(Target::numbers(buffer(data.grade)), {}, data.group, Context());
    std::vector<double> g, h;
    slow_lambdas(spec, data, g, h);
    std::vector<float> first_g, first_h;
    for (const auto target : hwy::SupportedAndGeneratedTargets()) {
      hwy::GetChosenTarget().Update(target);
      std::vector<float> fast_g(g.size()), fast_h(h.size());
      loss->derivatives(data.score, fast_g, fast_h, 0, Context());
      for (std::size_t i = 0; i < g.size(); ++i) {
        EXPECT_NEAR(fast_g[i], g[i], 2e-6 * std::max(1.0, std::abs(g[i]))) << i;
        EXPECT_NEAR(fast_h[i], h[i], 2e-6 * std::max(1.0, std::abs(h[i]))) << i;
      }
      if (first_g.empty()) first_g = fast_g, first_h = fast_h;
      EXPECT_EQ(fast_g, first_g) << hwy::TargetName(target);
      EXPECT_EQ(fast_h, first_h) << hwy::TargetName(target);
    }
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
}

TEST(RankingObjective, PairwiseIsTheSlopeOfItsLoss) {
  const Queries data = queries(6, 12);
  const auto loss = BoostingObjective::make({.kind = ObjectiveKind::pairwise, .steepness = 1.5})
                        ->over(Target::numbers(buffer(data.grade)), {}, data.group, Context());
  std::vector<float> g(data.score.size()), h(data.score.size());
  loss->derivatives(data.score, g, h, 0, Context());
  std::vector<double> f = data.score;
  const auto total = [&] { return loss->value(f, Context()) * 6; };
  const double middle = total();
  for (std::size_t i = 0; i < f.size(); ++i) {
    const double kept = f[i], step = 1e-4;
    f[i] = kept + step;
    const double up = total();
    f[i] = kept - step;
    const double down = total();
    f[i] = kept;
    EXPECT_NEAR(g[i], (up - down) / (2 * step), 1e-5);
    EXPECT_NEAR(h[i], (up - 2 * middle + down) / (step * step), 1e-4);
  }
}

TEST(RankingObjective, WeightsOfWholeListsAreCopiesOfThem) {
  const Queries data = queries(8, 10);
  std::vector<double> weights;
  Queries copied;
  for (std::size_t i = 0; i < data.group.size(); ++i) {
    const int k = data.group[i] % 3;
    weights.push_back(k);
    for (int c = 0; c < k; ++c) {
      copied.grade.push_back(data.grade[i]);
      copied.score.push_back(data.score[i]);
      copied.group.push_back(data.group[i] * 10 + c);
    }
  }
  using K = ObjectiveKind;
  for (const K kind : {K::lambdamart_ndcg, K::lambdamart_map, K::pairwise, K::xe_ndcg}) {
    const auto objective = BoostingObjective::make({.kind = kind});
    const auto a = objective->over(Target::numbers(buffer(data.grade)), weights, data.group, Context());
    const auto b = objective->over(Target::numbers(buffer(copied.grade)), {}, copied.group, Context());
    EXPECT_NEAR(a->value(data.score, Context()), b->value(copied.score, Context()), 1e-12) << name_of(kind);
  }
}

TEST(RankingObjective, XeNdcgPullsGradesUpAndSumsToNothing) {
  const std::vector<double> grade = {0, 3, 1, 2}, score = {0, 0, 0, 0};
  const std::vector<std::int32_t> group = {5, 5, 5, 5};
  const auto loss = BoostingObjective::make({.kind = ObjectiveKind::xe_ndcg})
                        ->over(Target::numbers(buffer(grade)), {}, group, Context());
  std::vector<double> mean(4);
  for (std::size_t round = 0; round < 2000; ++round) {
    std::vector<float> g(4), h(4);
    loss->derivatives(score, g, h, round, Context());
    EXPECT_NEAR(g[0] + g[1] + g[2] + g[3], 0, 1e-6);
    for (std::size_t i = 0; i < 4; ++i) mean[i] += g[i] / 2000;
    EXPECT_FLOAT_EQ(h[0], 0.25F * 0.75F);
  }
  EXPECT_LT(mean[1], mean[3]);
  EXPECT_LT(mean[3], mean[2]);
  EXPECT_LT(mean[2], mean[0]);
}

TEST(RankingObjective, RefusesWhatItCannotLearn) {
  const auto with = [](ObjectiveKind kind, std::vector<double> y, std::vector<std::int32_t> groups) {
    return code_of([&] {
      BoostingObjective::make({.kind = kind})->over(Target::numbers(buffer(y)), {}, groups, Context());
    });
  };
  using K = ObjectiveKind;
  EXPECT_EQ(with(K::lambdamart_ndcg, {1, 0}, {}), "boosting.groups");
  EXPECT_EQ(with(K::lambdamart_ndcg, {1, 0.5}, {0, 0}), "boosting.grades");
  EXPECT_EQ(with(K::lambdamart_ndcg, {1, 32}, {0, 0}), "boosting.grades");
  EXPECT_EQ(with(K::xe_ndcg, {1, -1}, {0, 0}), "boosting.grades");
  EXPECT_EQ(with(K::pairwise, {1, -0.5}, {0, 0}), "none");
}

}  // namespace
}  // namespace everyml
