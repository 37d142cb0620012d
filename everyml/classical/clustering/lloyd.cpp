#include <algorithm>
#include <cmath>
#include <optional>

#include "everyml/classical/clustering/lloyd_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

/// What one step adds up; blocks are joined in order.
struct Totals {
  std::vector<double> sums;    ///< [clusters, columns]
  std::vector<double> masses;  ///< [clusters]
  bool changed = false;

  Totals() = default;
  Totals(std::size_t clusters, std::size_t columns) : sums(clusters * columns, 0.0), masses(clusters, 0.0) {}
};

void join(Totals& into, Totals&& part) {
  for (std::size_t i = 0; i < into.sums.size(); ++i) into.sums[i] += part.sums[i];
  for (std::size_t i = 0; i < into.masses.size(); ++i) into.masses[i] += part.masses[i];
  into.changed = into.changed || part.changed;
}

Totals assign_all(const KMeansProblem& problem, const NearestCentres& nearest, NearestCentres::Bounds& bounds,
                  const NearestCentres::Moves* moves, std::span<std::int32_t> labels,
                  const Context& context) {
  return parallel_reduce<Totals>(
      context, problem.x.rows(), problem.grain,
      [&](std::size_t begin, std::size_t end) {
        Totals totals(nearest.count(), nearest.columns());
        const auto own = labels.subspan(begin, end - begin);
        const std::vector<std::int32_t> before(own.begin(), own.end());
        nearest.assign(problem.x, begin, end, own, &bounds, moves);
        totals.changed = !std::equal(before.begin(), before.end(), own.begin());
        add_to_clusters(problem.x, begin, end, own, problem.weights, totals.sums, totals.masses);
        return totals;
      },
      join);
}

std::vector<double> own_distances(const KMeansProblem& problem, std::span<const double> centres,
                                  std::span<const std::int32_t> labels, const Context& context) {
  std::vector<double> squared(problem.x.rows());
  parallel_for(context, squared.size(), problem.grain, [&](std::size_t begin, std::size_t end) {
    own_squared_distances(problem.x, begin, end, centres, labels.subspan(begin, end - begin),
                          std::span(squared).subspan(begin, end - begin));
  });
  return squared;
}

double weighted_sum(const KMeansProblem& problem, std::span<const double> squared) {
  double sum = 0;
  for (std::size_t i = 0; i < squared.size(); ++i) sum += problem.weight(i) * squared[i];
  return sum;
}

// Each empty cluster takes the row furthest from its own centre, out of a cluster that keeps others.
void fill_empty(const KMeansProblem& problem, std::span<const double> centres,
                std::span<const std::int32_t> labels, Totals& totals, const Context& context) {
  const std::size_t columns = problem.x.columns();
  std::vector<std::size_t> empty;
  for (std::size_t c = 0; c < totals.masses.size(); ++c) {
    if (totals.masses[c] == 0) empty.push_back(c);
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
    if (weight == 0 || !(totals.masses[from] > weight)) continue;
    const double* x = problem.x.tile64(row, row + 1, scratch);
    const std::size_t to = empty[next++];
    for (std::size_t j = 0; j < columns; ++j) {
      totals.sums[from * columns + j] -= weight * x[j];
      totals.sums[to * columns + j] = weight * x[j];
    }
    totals.masses[from] -= weight;
    totals.masses[to] = weight;
  }
}

}  // namespace

KMeansProblem::KMeansProblem(Features rows, std::span<const double> row_weights, const Context& context)
    : x(std::move(rows)), weights(row_weights), mean(x.columns()) {
  const std::size_t n = x.rows(), columns = x.columns();
  // At most 32 blocks: their partial sums stay small beside the data.
  grain = std::max<std::size_t>(2304, (n + 31) / 32);
  const std::vector<std::int32_t> labels(n, 0);
  const Totals whole = parallel_reduce<Totals>(
      context, n, grain,
      [&](std::size_t begin, std::size_t end) {
        Totals totals(1, columns);
        add_to_clusters(x, begin, end, std::span(labels).first(end - begin), weights, totals.sums,
                        totals.masses);
        return totals;
      },
      join);
  for (std::size_t j = 0; j < columns; ++j) mean[j] = whole.sums[j] / whole.masses[0];
  scatter = weighted_sum(*this, own_distances(*this, mean, labels, context));
  mean_variance = scatter / whole.masses[0] / static_cast<double>(columns);
}

Features moderate_rows(const KMeansProblem& problem, std::span<const std::size_t> rows) {
  const std::size_t columns = problem.x.columns();
  const double spread = std::sqrt(problem.mean_variance * static_cast<double>(columns));
  const double unit = spread > 0 ? std::ldexp(1.0, std::ilogb(spread)) : 1.0;
  auto values = Buffer<float>::uninitialized(rows.size() * columns);
  std::vector<double> scratch;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double* x = problem.x.tile64(rows[i], rows[i] + 1, scratch);
    for (std::size_t j = 0; j < columns; ++j) {
      values[i * columns + j] = static_cast<float>((x[j] - problem.mean[j]) / unit);
    }
  }
  return Features::dense(std::move(values), rows.size(), columns);
}

LloydRun lloyd(const KMeansProblem& problem, std::vector<double> centres, int max_iterations, double movement,
               const Context& context, const LloydStep& on_step) {
  const std::size_t columns = problem.x.columns(), count = centres.size() / columns;
  LloydRun run;
  run.labels.assign(problem.x.rows(), -1);
  NearestCentres::Bounds bounds(problem.x.rows());
  std::optional<NearestCentres> nearest(std::in_place, centres, columns);
  std::optional<NearestCentres::Moves> moves;
  // The pass after the last step finds the labels of the final centres, so it is always made.
  for (bool last = false;;) {
    Totals totals = assign_all(problem, *nearest, bounds, moves ? &*moves : nullptr, run.labels, context);
    if (!totals.changed) run.converged = true;
    if (last || run.converged || run.iterations == max_iterations) {
      run.sizes = std::move(totals.masses);
      break;
    }
    fill_empty(problem, centres, run.labels, totals, context);
    double moved = 0, explained = 0;
    for (std::size_t c = 0; c < count; ++c) {
      const double mass = totals.masses[c];
      if (mass == 0) continue;
      for (std::size_t j = 0; j < columns; ++j) {
        const double value = totals.sums[c * columns + j] / mass;
        const double step = value - centres[c * columns + j], off = value - problem.mean[j];
        moved += step * step;
        explained += mass * off * off;
        centres[c * columns + j] = value;
      }
    }
    ++run.iterations;
    if (on_step) on_step(run.iterations, centres, std::max(0.0, problem.scatter - explained));
    run.converged = moved <= movement;
    last = run.converged || context.stop_requested();
    NearestCentres next(centres, columns);
    moves.emplace(*nearest, next, context);
    nearest.emplace(std::move(next));
  }
  run.inertia = weighted_sum(problem, own_distances(problem, centres, run.labels, context));
  run.centres = std::move(centres);
  return run;
}

}  // namespace everyml
