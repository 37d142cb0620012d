#include "everyml/ensembles/committee/bagging.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "everyml/ensembles/committee/bag_impl.h"
#include "everyml/ensembles/committee/member_impl.h"
#include "everyml/ensembles/committee/member_text.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kMostFeatures = std::int64_t{1} << 40;
/// Members fitted between two looks at the observer.
constexpr std::size_t kWave = 16;
constexpr int kMostDraws = 1000;

std::size_t share_of(double share, std::size_t all) {
  const auto part = static_cast<std::size_t>(std::llround(share * static_cast<double>(all)));
  return std::clamp<std::size_t>(part, 1, all);
}

bool one_class(const Dataset& data, std::span<const std::size_t> rows) {
  if (data.target.kind() != Target::Kind::classes) return false;
  const auto codes = data.target.codes();
  return std::all_of(rows.begin(), rows.end(), [&](std::size_t row) { return codes[row] == codes[rows[0]]; });
}

struct Drawn {
  std::vector<std::size_t> rows;
  std::vector<std::uint32_t> columns;
};

Drawn draw(const Dataset& data, const BaggingSettings& settings, std::size_t index, const Context& context) {
  Drawn drawn;
  Stream stream = context.random("bagging", index);
  for (int attempt = 0; attempt < kMostDraws; ++attempt) {
    drawn.rows = drawn_rows(data.weights, data.groups, data.rows(), settings, stream);
    if (!one_class(data, drawn.rows)) break;
  }
  const std::size_t columns = share_of(settings.features, data.columns());
  if (columns < data.columns())
    for (const std::size_t column : stream.sample(data.columns(), columns))
      drawn.columns.push_back(static_cast<std::uint32_t>(column));
  return drawn;
}

/// Sums of what members told about rows they had not seen.
class OutOfBag {
 public:
  OutOfBag(const Dataset& data, std::size_t width)
      : data_(data), width_(width), sums_(data.rows() * width), votes_(data.rows()) {}

  void add(const Member& member, std::span<const std::size_t> drawn, const Context& context) {
    std::vector<bool> seen(data_.rows());
    for (const std::size_t row : drawn) seen[row] = true;
    std::vector<std::size_t> left;
    for (std::size_t row = 0; row < data_.rows(); ++row)
      if (!seen[row] && data_.weight(row) > 0) left.push_back(row);
    if (left.empty()) return;
    std::vector<double> told(left.size() * width_);
    member.answer(data_.features.select_rows(left), told, context);
    long double loss = 0, weight = 0;
    for (std::size_t i = 0; i < left.size(); ++i) {
      loss += data_.weight(left[i]) * loss_of(left[i], told.data() + i * width_);
      weight += data_.weight(left[i]);
      for (std::size_t k = 0; k < width_; ++k) sums_[left[i] * width_ + k] += told[i * width_ + k];
      votes_[left[i]] += 1;
    }
    single_ += static_cast<double>(loss / weight);
    ++judged_;
  }

  void finish(Bag& bag) const {
    long double loss = 0, weight = 0;
    std::size_t rows = 0, counted = 0;
    std::vector<double> mean(width_);
    for (std::size_t row = 0; row < data_.rows(); ++row) {
      rows += data_.weight(row) > 0;
      if (votes_[row] == 0) continue;
      ++counted;
      for (std::size_t k = 0; k < width_; ++k) mean[k] = sums_[row * width_ + k] / votes_[row];
      loss += data_.weight(row) * loss_of(row, mean.data());
      weight += data_.weight(row);
    }
    const auto error = static_cast<double>(loss / weight), single = single_ / static_cast<double>(judged_);
    bag.out_of_bag_error = counted > 0 && std::isfinite(error) ? error : kNone;
    bag.single_error = judged_ > 0 && std::isfinite(single) ? single : kNone;
    bag.out_of_bag_share = static_cast<double>(counted) / static_cast<double>(rows);
  }

 private:
  double loss_of(std::size_t row, const double* told) const {
    if (data_.target.kind() == Target::Kind::classes)
      return best_class(told, width_) == static_cast<std::size_t>(data_.target.codes()[row]) ? 0 : 1;
    const double off = told[0] - data_.target.values()[row];
    return off * off;
  }

  const Dataset& data_;
  std::size_t width_;
  std::vector<double> sums_, votes_;
  double single_ = 0;
  std::size_t judged_ = 0;
};

}  // namespace

std::vector<std::size_t> drawn_rows(std::span<const double> weights, std::span<const std::int32_t> groups,
                                    std::size_t rows, const BaggingSettings& settings, Stream& stream) {
  std::vector<std::size_t> known;
  for (std::size_t row = 0; row < rows; ++row)
    if (weights.empty() || weights[row] > 0) known.push_back(row);
  // What is drawn: rows, or whole groups of them.
  std::vector<std::vector<std::size_t>> units;
  if (!groups.empty()) {
    std::map<std::int32_t, std::vector<std::size_t>> by_name;
    for (const std::size_t row : known) by_name[groups[row]].push_back(row);
    for (auto& [name, unit] : by_name) units.push_back(std::move(unit));
  }
  const std::size_t count = groups.empty() ? known.size() : units.size();
  const std::size_t wanted = share_of(settings.rows, count);
  std::vector<std::size_t> picked;
  if (settings.bootstrap) {
    for (std::size_t i = 0; i < wanted; ++i) picked.push_back(stream.below(count));
    std::sort(picked.begin(), picked.end());
  } else {
    picked = stream.sample(count, wanted);
  }
  std::vector<std::size_t> drawn;
  for (const std::size_t unit : picked) {
    if (groups.empty())
      drawn.push_back(known[unit]);
    else
      drawn.insert(drawn.end(), units[unit].begin(), units[unit].end());
  }
  std::sort(drawn.begin(), drawn.end());
  return drawn;
}

Bag fill_bag(std::string_view committee, const std::string& learner, const BaggingSettings& settings,
             const Dataset& data, const Context& context) {
  const AnyEstimator estimator = parse_member(committee, learner, data.target.kind());
  const bool classes = data.target.kind() == Target::Kind::classes;
  Bag bag;
  bag.features = data.columns();
  bag.learner = learner;
  if (classes) bag.classes.assign(data.target.names().begin(), data.target.names().end());
  OutOfBag out_of_bag(data, classes ? bag.classes.size() : 1);
  const auto count = static_cast<std::size_t>(settings.count);
  for (std::size_t first = 0; first < count; first += kWave) {
    if (first > 0 && context.stop_requested()) break;
    const std::size_t wave = std::min(kWave, count - first);
    std::vector<std::optional<Member>> members(wave);
    std::vector<Drawn> drawn(wave);
    parallel_for(context, wave, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        drawn[i] = draw(data, settings, first + i, context);
        members[i] = Member::fit(estimator, data.select_rows(drawn[i].rows), drawn[i].columns,
                                 member_context(context, "bagging.member", first + i));
      }
    });
    for (std::size_t i = 0; i < wave; ++i) {
      out_of_bag.add(*members[i], drawn[i].rows, context);
      bag.members.push_back(std::move(*members[i]));
    }
    context.progress("bagging", static_cast<double>(first + wave) / static_cast<double>(count));
  }
  out_of_bag.finish(bag);
  return bag;
}

void answer_bag(const Bag& bag, const Features& x, std::span<double> out, const Context& context) {
  std::fill(out.begin(), out.end(), 0.0);
  std::vector<double> told(out.size());
  for (const Member& member : bag.members) {
    member.answer(x, told, context);
    // Each answer is divided first: the sum of large ones must not leave the doubles.
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += told[i] / static_cast<double>(bag.members.size());
  }
}

std::size_t bag_contribution_count(const Bag& bag) {
  const std::vector<double> weights(bag.members.size(), 1 / static_cast<double>(bag.members.size()));
  return all_explain(bag.members, weights) ? std::max<std::size_t>(bag.classes.size(), 1) : 0;
}

void bag_contributions(const Bag& bag, const Features& x, std::span<double> out, const Context& context) {
  const std::vector<double> weights(bag.members.size(), 1 / static_cast<double>(bag.members.size()));
  weighted_contributions(bag.members, weights, 0, x, out, context);
}

Json bag_summary(const Bag& bag) {
  const auto figure = [](double value) { return std::isnan(value) ? Json(nullptr) : Json(value); };
  Json notes = Json::array();
  if (bag.out_of_bag_error >= bag.single_error && bag.members.size() >= 10) {
    notes.push_back(
        "The members together are no better than one alone: bagging helps learners that change much with "
        "their "
        "rows, such as deep trees");
  }
  return {{"kind", "bagging"},
          {"learner", bag.learner},
          {"members", bag.members.size()},
          {"oob_error", figure(bag.out_of_bag_error)},
          {"member_oob_error", figure(bag.single_error)},
          {"oob_share", bag.out_of_bag_share},
          {"notes", notes}};
}

void save_bag(const Bag& bag, ArchiveWriter& archive) {
  archive.integer("features", static_cast<std::int64_t>(bag.features));
  archive.strings("classes", bag.classes);
  archive.text("learner", bag.learner);
  archive.number("oob_error", bag.out_of_bag_error);
  archive.number("oob_share", bag.out_of_bag_share);
  archive.number("single_error", bag.single_error);
  save_members(archive, bag.members);
}

Bag load_bag(const ArchiveReader& archive, Target::Kind target) {
  Bag bag;
  bag.features = static_cast<std::size_t>(archive.integer("features", 1, kMostFeatures));
  bag.classes = archive.strings("classes");
  if (bag.classes.empty() == (target == Target::Kind::classes))
    archive.refuse("classes", "a committee for classes has some, one for numbers has none");
  bag.learner = archive.text("learner");
  bag.out_of_bag_error = archive.number("oob_error");
  bag.single_error = archive.number("single_error");
  for (const double error : {bag.out_of_bag_error, bag.single_error})
    if (!std::isnan(error) && !(error >= 0 && std::isfinite(error)))
      archive.refuse("oob_error", "an error is at least 0 and finite");
  bag.out_of_bag_share = archive.number("oob_share", 0, 1);
  bag.members = load_members(archive, bag.features, target, bag.classes);
  return bag;
}

}  // namespace everyml
