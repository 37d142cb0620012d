#include "everyml/ensembles/adaboost/score_map.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "everyml/classical/trees/shap.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

constexpr std::size_t kGrain = 2048;
constexpr double kNever = std::numeric_limits<double>::lowest();
/// SHAP values of all outputs of so many rows are held at a time.
constexpr std::size_t kShapRows = 512;

/// to: [map.size()] from the sums of one row, [outputs].
void map_row(const ScoreMap& map, const double* sums, std::size_t outputs, double* to) {
  const double mean =
      map.centred ? std::accumulate(sums, sums + outputs, 0.0) / static_cast<double>(outputs) : 0.0;
  for (std::size_t k = 0; k < map.size(); ++k)
    to[k] = map.output[k] < 0 ? kNever : map.offset[k] + map.factor[k] * (sums[map.output[k]] - mean);
}

void softmax(double* scores, std::size_t count) {
  const double most = *std::max_element(scores, scores + count);
  double sum = 0;
  for (std::size_t k = 0; k < count; ++k)
    sum += scores[k] = scores[k] == kNever ? 0.0 : std::exp(scores[k] - most);
  for (std::size_t k = 0; k < count; ++k) scores[k] /= sum;
}

template <class After>
void each_row(const TreeEnsemble& trees, const ScoreMap& map, const Features& x, std::span<double> out,
              const Context& context, const After& after) {
  const std::size_t outputs = trees.output_count();
  std::vector<double> sums(x.rows() * outputs);
  trees.predict(x, sums, context);
  parallel_for(context, x.rows(), kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      map_row(map, sums.data() + row * outputs, outputs, out.data() + row * map.size());
      after(out.data() + row * map.size());
    }
  });
}

}  // namespace

void mapped_scores(const TreeEnsemble& trees, const ScoreMap& map, const Features& x, std::span<double> out,
                   const Context& context) {
  each_row(trees, map, x, out, context, [](double*) {});
}

void mapped_probabilities(const TreeEnsemble& trees, const ScoreMap& map, const Features& x,
                          std::span<double> out, const Context& context) {
  each_row(trees, map, x, out, context, [&](double* scores) { softmax(scores, map.size()); });
}

void mapped_contributions(const TreeEnsemble& trees, const ScoreMap& map, const Features& x,
                          std::span<double> out, const Context& context) {
  const std::size_t outputs = trees.output_count(), width = x.columns() + 1, scores = map.size();
  for (std::size_t begin = 0; begin < x.rows(); begin += kShapRows) {
    const std::size_t end = std::min(begin + kShapRows, x.rows());
    std::vector<double> values((end - begin) * outputs * width);
    shap_values(trees, x.slice(begin, end), values, context);
    std::vector<double> sums(outputs), scored(scores);
    for (std::size_t row = begin; row < end; ++row) {
      const double* from = values.data() + (row - begin) * outputs * width;
      for (std::size_t j = 0; j < width; ++j) {
        const bool base = j + 1 == width;
        for (std::size_t o = 0; o < outputs; ++o) sums[o] = from[o * width + j];
        map_row(map, sums.data(), outputs, scored.data());
        // The offset and what never wins belong to the base.
        for (std::size_t k = 0; k < scores; ++k) {
          double& to = out[(row * scores + k) * width + j];
          if (map.output[k] < 0)
            to = base ? kNever : 0.0;
          else
            to = base ? scored[k] : scored[k] - map.offset[k];
        }
      }
    }
  }
}

}  // namespace everyml
