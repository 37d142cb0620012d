#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/ensembles/committee/nnls.h"
#include "everyml/ensembles/committee/stack_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml {
namespace {

constexpr double kAlike = 0.95;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Target and answers of one row on one scale: [width] and [members][width].
struct Scale {
  double centre = 0, spread = 1;
  double operator()(double value) const { return (value - centre) / spread; }
};

Scale scale_of(const Dataset& data, const OutOfFold& told) {
  Scale scale;
  if (data.target.kind() == Target::Kind::classes) return scale;
  const auto y = data.target.values();
  long double all = 0, sum = 0, square = 0;
  for (const std::size_t row : told.rows) {
    all += data.weight(row);
    sum += static_cast<long double>(data.weight(row)) * y[row];
  }
  const long double mean = sum / all;
  for (const std::size_t row : told.rows) square += data.weight(row) * (y[row] - mean) * (y[row] - mean);
  scale.centre = static_cast<double>(mean);
  const auto spread = static_cast<double>(std::sqrt(square / all));
  scale.spread = spread > 0 ? spread : 1;
  return scale;
}

double truth(const Dataset& data, std::size_t row, std::size_t k, const Scale& scale) {
  if (data.target.kind() == Target::Kind::classes)
    return data.target.codes()[row] == static_cast<std::int32_t>(k) ? 1 : 0;
  return scale(data.target.values()[row]);
}

/// [members, rows]: how far off each member was.
std::vector<std::vector<double>> errors_of(const Dataset& data, const OutOfFold& told, const Scale& scale,
                                           std::size_t width) {
  std::vector<std::vector<double>> errors;
  for (const auto& answers : told.answers) {
    std::vector<double> own;
    for (std::size_t i = 0; i < told.rows.size(); ++i) {
      if (data.target.kind() == Target::Kind::classes)
        own.push_back(1 - answers[i * width + static_cast<std::size_t>(data.target.codes()[told.rows[i]])]);
      else
        own.push_back(scale(answers[i]) - scale(data.target.values()[told.rows[i]]));
    }
    errors.push_back(std::move(own));
  }
  return errors;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b,
                   const std::vector<double>& share) {
  double mean_a = 0, mean_b = 0, aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    mean_a += share[i] * a[i];
    mean_b += share[i] * b[i];
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    aa += share[i] * (a[i] - mean_a) * (a[i] - mean_a);
    bb += share[i] * (b[i] - mean_b) * (b[i] - mean_b);
    ab += share[i] * (a[i] - mean_a) * (b[i] - mean_b);
  }
  const double unit = std::sqrt(aa) * std::sqrt(bb);
  return unit > 0 ? std::clamp(ab / unit, -1.0, 1.0) : kNone;
}

double disagreement(const Dataset& data, const std::vector<double>& a, const std::vector<double>& b,
                    const std::vector<double>& share, const Scale& scale, std::size_t width) {
  double sum = 0;
  for (std::size_t i = 0; i < share.size(); ++i) {
    if (data.target.kind() == Target::Kind::classes) {
      sum +=
          best_class(a.data() + i * width, width) != best_class(b.data() + i * width, width) ? share[i] : 0;
    } else {
      const double apart = (a[i] - b[i]) / scale.spread;
      sum += share[i] * apart * apart;
    }
  }
  return data.target.kind() == Target::Kind::classes ? std::min(sum, 1.0) : std::sqrt(sum);
}

std::vector<double> shares_of(const Dataset& data, const OutOfFold& told) {
  std::vector<double> share;
  double all = 0;
  for (const std::size_t row : told.rows) all += data.weight(row);
  for (const std::size_t row : told.rows) share.push_back(data.weight(row) / all);
  return share;
}

/// The sums without one member.
BlendSums without(const BlendSums& sums, std::size_t member) {
  BlendSums part = sums;
  part.members = sums.members - 1;
  part.gram.clear();
  part.moment.clear();
  for (std::size_t a = 0; a < sums.members; ++a) {
    if (a == member) continue;
    part.moment.push_back(sums.moment[a]);
    for (std::size_t b = 0; b < sums.members; ++b)
      if (b != member) part.gram.push_back(sums.gram[a * sums.members + b]);
  }
  return part;
}

}  // namespace

double BlendSums::loss(const std::vector<double>& weights) const {
  double loss = square;
  for (std::size_t a = 0; a < members; ++a) {
    loss -= 2 * weights[a] * moment[a];
    for (std::size_t b = 0; b < members; ++b) loss += weights[a] * weights[b] * gram[a * members + b];
  }
  return std::max(loss, 0.0);
}

BlendSums blend_sums(const Dataset& data, const OutOfFold& told, std::size_t width) {
  const Scale scale = scale_of(data, told);
  const std::vector<double> share = shares_of(data, told);
  const std::size_t members = told.answers.size();
  BlendSums sums{.members = members, .centre = scale.centre, .spread = scale.spread};
  sums.gram.assign(members * members, 0.0);
  sums.moment.assign(members, 0.0);
  std::vector<double> own(members);
  for (std::size_t i = 0; i < told.rows.size(); ++i) {
    for (std::size_t k = 0; k < width; ++k) {
      const double y = truth(data, told.rows[i], k, scale);
      for (std::size_t m = 0; m < members; ++m) own[m] = scale(told.answers[m][i * width + k]);
      sums.square += share[i] * y * y;
      for (std::size_t a = 0; a < members; ++a) {
        sums.moment[a] += share[i] * own[a] * y;
        for (std::size_t b = 0; b < members; ++b) sums.gram[a * members + b] += share[i] * own[a] * own[b];
      }
    }
  }
  for (const double figure : sums.gram) {
    if (std::isfinite(figure)) continue;
    throw DataError("data.spread",
                    "the members' answers are so far apart that their squares leave the range of "
                    "doubles; scale the target down");
  }
  return sums;
}

Diversity diversity_of(const Dataset& data, const OutOfFold& told, const BlendSums& sums, std::size_t width) {
  const std::size_t members = sums.members;
  const Scale scale{sums.centre, sums.spread};
  const std::vector<double> share = shares_of(data, told);
  const auto errors = errors_of(data, told, scale, width);
  Diversity found;
  const double together = sums.loss(nonnegative_least_squares(sums.gram, sums.moment));
  for (std::size_t m = 0; m < members; ++m) {
    std::vector<double> alone(members, 0.0);
    alone[m] = 1;
    found.losses.push_back(sums.loss(alone));
    const BlendSums rest = without(sums, m);
    const double less =
        rest.members == 0 ? sums.square : rest.loss(nonnegative_least_squares(rest.gram, rest.moment));
    found.contributions.push_back(std::max(less - together, 0.0));
  }
  found.correlations.assign(members * members, 1.0);
  found.disagreement.assign(members * members, 0.0);
  for (std::size_t a = 0; a < members; ++a) {
    for (std::size_t b = a + 1; b < members; ++b) {
      found.correlations[a * members + b] = found.correlations[b * members + a] =
          correlation(errors[a], errors[b], share);
      found.disagreement[a * members + b] = found.disagreement[b * members + a] =
          disagreement(data, told.answers[a], told.answers[b], share, scale, width);
    }
  }
  return found;
}

std::vector<std::string> alike_notes(const Stack& stack) {
  std::vector<std::string> notes;
  const std::size_t members = stack.texts.size();
  const auto name = [&](std::size_t m) { return split(trim(stack.texts[m]), ' ')[0]; };
  bool same = members > 1;
  for (std::size_t m = 1; m < members; ++m) same = same && name(m) == name(0);
  if (same) {
    notes.push_back(fmt::format("All members are {}: a committee gains most from learners of different kinds",
                                printable(name(0))));
  }
  for (std::size_t a = 0; a < members; ++a) {
    for (std::size_t b = a + 1; b < members; ++b) {
      const double alike = stack.diversity.correlations[a * members + b];
      if (!(alike >= kAlike)) continue;
      notes.push_back(
          fmt::format("\"{}\" and \"{}\" err on the same rows (correlation of errors {}): one of them "
                      "adds little",
                      printable(stack.texts[a]), printable(stack.texts[b]), format_short(alike, 3)));
    }
  }
  return notes;
}

}  // namespace everyml
