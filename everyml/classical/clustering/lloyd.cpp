#include <algorithm>
#include <cmath>

#include "everyml/classical/clustering/lloyd_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

/// Joined in block order.
struct Pass {
  NearestCentres::Totals totals;
  bool changed = false;
};

Pass assign_all(const KMeansProblem& problem, const NearestCentres& nearest, std::span<std::int32_t> labels,
                const Context& context) {
  const std::size_t count = nearest.count();
  return parallel_reduce<Pass>(
      context, problem.x.rows(), problem.grain,
      [&](std::size_t begin, std::size_t end) {
        Pass pass;
        pass.totals.sums.assign(count * nearest.columns(), 0.0);
        pass.totals.weights.assign(count, 0.0);
        std::vector<std::int32_t> fresh(end - begin);
        nearest.assign(problem.x, begin, end, fresh, problem.weights, &pass.totals);
        const auto own = labels.begin() + static_cast<std::ptrdiff_t>(begin);
        pass.changed = !std::equal(fresh.begin(), fresh.end(), own);
        std::copy(fresh.begin(), fresh.end(), own);
        return pass;
      },
      [](Pass& into, Pass&& part) {
        for (std::size_t i = 0; i < into.totals.sums.size(); ++i) into.totals.sums[i] += part.totals.sums[i];
        for (std::size_t i = 0; i < into.totals.weights.size(); ++i)
          into.totals.weights[i] += part.totals.weights[i];
        into.totals.inertia += part.totals.inertia;
        into.changed = into.changed || part.changed;
      });
}

std::vector<double> own_distances(const KMeansProblem& problem, std::span<const double> centres,
                                  std::span<const std::int32_t> labels, const Context& context) {
  const std::size_t columns = problem.x.columns();
  std::vector<double> squared(problem.x.rows());
  parallel_for(context, squared.size(), problem.grain, [&](std::size_t begin, std::size_t end) {
    std::vector<double> scratch;
    for (std::size_t i = begin; i < end; ++i) {
      const double* x = problem.x.tile64(i, i + 1, scratch);
      const auto c = static_cast<std::size_t>(labels[i]);
      squared[i] = squared_distance({x, columns}, centres.subspan(c * columns, columns));
    }
  });
  return squared;
}

// Each empty cluster takes the row furthest from its own centre, out of a cluster that keeps others.
void fill_empty(const KMeansProblem& problem, std::span<const double> centres,
                std::span<const std::int32_t> labels, NearestCentres::Totals& totals,
                const Context& context) {
  const std::size_t columns = problem.x.columns();
  std::vector<std::size_t> empty;
  for (std::size_t c = 0; c < totals.weights.size(); ++c) {
    if (totals.weights[c] == 0) empty.push_back(c);
  }
  if (empty.empty()) return;
  const std::vector<double> squared = own_distances(problem, centres, labels, context);
  std::vector<std::size_t> order(squared.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return squared[a] != squared[b] ? squared[a] > squared[b] : a < b;
  });
  std::vector<double> scratch;
  std::size_t next = 0;
  for (const std::size_t row : order) {
    // The rest lie on their centres: no cluster can be made of them, and the empty ones stay where they are.
    if (next == empty.size() || squared[row] == 0) break;
    const double weight = problem.weight(row);
    const auto from = static_cast<std::size_t>(labels[row]);
    if (weight == 0 || !(totals.weights[from] > weight)) continue;
    const double* x = problem.x.tile64(row, row + 1, scratch);
    const std::size_t to = empty[next++];
    for (std::size_t j = 0; j < columns; ++j) {
      totals.sums[from * columns + j] -= weight * x[j];
      totals.sums[to * columns + j] = weight * x[j];
    }
    totals.weights[from] -= weight;
    totals.weights[to] = weight;
  }
}

}  // namespace

KMeansProblem::KMeansProblem(Features rows, std::span<const double> row_weights, const Context& context)
    : x(std::move(rows)), weights(row_weights) {
  const std::size_t n = x.rows(), columns = x.columns();
  // At most 32 blocks: their partial sums stay small beside the data.
  grain = std::max<std::size_t>(2304, (n + 31) / 32);
  std::vector<std::int32_t> labels(n);
  std::vector<double> scratch, centre(columns, 0.0);
  std::copy_n(x.tile64(0, 1, scratch), columns, centre.begin());
  // One cluster: the first pass gives the mean, the second the spread around it.
  for (int pass = 0; pass < 2; ++pass) {
    const Pass one = assign_all(*this, NearestCentres(centre, columns), labels, context);
    for (std::size_t j = 0; j < columns; ++j) centre[j] = one.totals.sums[j] / one.totals.weights[0];
    mean_variance = one.totals.inertia / one.totals.weights[0] / static_cast<double>(columns);
  }
  shift.resize(columns);
  for (std::size_t j = 0; j < columns; ++j) {
    shift[j] = static_cast<float>(centre[j]);
    if (!std::isfinite(shift[j])) shift[j] = 0;
  }
}

LloydRun lloyd(const KMeansProblem& problem, std::vector<double> centres, int max_iterations, double movement,
               const Context& context, const LloydStep& on_step) {
  const std::size_t columns = problem.x.columns(), count = centres.size() / columns;
  LloydRun run;
  run.labels.assign(problem.x.rows(), -1);
  bool labels_current = false;
  while (run.iterations < max_iterations && !run.converged) {
    Pass pass = assign_all(problem, NearestCentres(centres, columns), run.labels, context);
    if (!pass.changed) {
      run.converged = labels_current = true;
      break;
    }
    fill_empty(problem, centres, run.labels, pass.totals, context);
    double moved = 0;
    for (std::size_t c = 0; c < count; ++c) {
      const double weight = pass.totals.weights[c];
      if (weight == 0) continue;
      for (std::size_t j = 0; j < columns; ++j) {
        const double value = pass.totals.sums[c * columns + j] / weight;
        const double step = value - centres[c * columns + j];
        moved += step * step;
        centres[c * columns + j] = value;
      }
    }
    ++run.iterations;
    if (on_step) on_step(run.iterations, centres, pass.totals.inertia);
    run.converged = moved <= movement;
    if (context.stop_requested()) break;
  }
  if (!labels_current) assign_all(problem, NearestCentres(centres, columns), run.labels, context);
  const std::vector<double> squared = own_distances(problem, centres, run.labels, context);
  run.sizes.assign(count, 0.0);
  for (std::size_t i = 0; i < squared.size(); ++i) {
    run.sizes[static_cast<std::size_t>(run.labels[i])] += problem.weight(i);
    run.inertia += problem.weight(i) * squared[i];
  }
  run.centres = std::move(centres);
  return run;
}

}  // namespace everyml
