#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <string_view>

#include "everyml/ensembles/boosting/answer_unit_impl.h"
#include "everyml/ensembles/boosting/boosting_train_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/text.h"

namespace everyml::boosting_detail {
namespace {

/// Trees whose leaves are looked up at a time.
constexpr std::size_t kTreesAtOnce = 16;

struct Sums {
  double gradient = 0, hessian = 0;
};

double answer_of(const Sums& sums, const BoostingSettings& settings) {
  const double bottom = sums.hessian + settings.l2;
  if (!(bottom > 0)) return 0;
  const double top = std::copysign(std::max(0.0, std::abs(sums.gradient) - settings.l1), sums.gradient);
  const double most = settings.max_delta > 0 ? settings.max_delta : std::numeric_limits<double>::infinity();
  return std::clamp(-top / bottom, -most, most);
}

/// Trees whose answers are learned anew, one after the other.
class Refit {
 public:
  Refit(const BoostedTrees& earlier, const Dataset& data, const BoostingSettings& settings, double decay,
        const Context& context)
      : data_(data), settings_(settings), decay_(decay), context_(context), parts_(earlier.trees().parts()) {
    if (settings.growth == TreeGrowth::symmetric) unit_ = unit_of(parts_);
    rows_ = part_rows(data, 0, context).training;
    std::vector<double> weights;
    std::vector<std::int32_t> groups;
    for (const std::size_t row : rows_) {
      weights.push_back(data.weight(row));
      if (!data.groups.empty()) groups.push_back(data.groups[row]);
    }
    loss_ = earlier.objective().over(data.target.select(rows_), weights, groups, context);
    scores_.resize(rows_.size() * parts_.outputs);
    for (std::size_t o = 0; o < parts_.outputs; ++o)
      std::fill_n(scores_.begin() + static_cast<std::ptrdiff_t>(o * rows_.size()), rows_.size(),
                  parts_.base[o]);
    gradient_.resize(scores_.size());
    hessian_.resize(scores_.size());
  }

  TreeParts run() {
    const Features x = rows_.size() == data_.rows() ? data_.features : data_.features.select_rows(rows_);
    const std::size_t outputs = parts_.outputs;
    const std::size_t step = std::max<std::size_t>(1, kTreesAtOnce / outputs) * outputs;
    std::vector<std::int32_t> leaves;
    for (std::size_t first = 0; first < parts_.trees(); first += step) {
      const std::size_t last = std::min(parts_.trees(), first + step);
      const TreeEnsemble some(parts_.slice(first, last));
      leaves.resize(rows_.size() * (last - first));
      some.leaves(x, leaves, context_);
      for (std::size_t tree = first; tree < last; ++tree) {
        context_.check();
        if (tree % outputs == 0) loss_->derivatives(scores_, gradient_, hessian_, tree / outputs, context_);
        one(tree, leaves.data() + (tree - first), last - first);
      }
    }
    return std::move(parts_);
  }

 private:
  /// leaf: of the rows, `stride` apart.
  void one(std::size_t tree, const std::int32_t* leaf, std::size_t stride) {
    const std::size_t n = rows_.size(), output = parts_.tree_output[tree];
    const std::size_t first = parts_.first_leaf[tree], count = parts_.first_leaf[tree + 1] - first;
    std::vector<std::vector<std::uint32_t>> members(count);
    for (std::size_t i = 0; i < n; ++i)
      members[static_cast<std::size_t>(leaf[i * stride])].push_back(static_cast<std::uint32_t>(i));
    parallel_for(context_, count, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t k = begin; k < end; ++k) {
        if (members[k].empty()) continue;
        double& value = parts_.leaf_value[first + k];
        value = decay_ * value + (1 - decay_) * settings_.learning_rate * wanted(output, members[k]);
        if (!std::isfinite(value))
          throw DataError("data.spread", "answers of leaves are beyond doubles; scale the target");
      }
    });
    if (unit_ > 0) round_answers(unit_, std::span(parts_.leaf_value).subspan(first, count));
    for (std::size_t i = 0; i < n; ++i)
      scores_[output * n + i] += parts_.leaf_value[first + static_cast<std::size_t>(leaf[i * stride])];
  }

  /// What the rows of a leaf ask for, before shrinking.
  double wanted(std::size_t output, std::span<const std::uint32_t> some) const {
    if (loss_->renews_leaves()) {
      const double most =
          settings_.max_delta > 0 ? settings_.max_delta : std::numeric_limits<double>::infinity();
      return std::clamp(loss_->renewed(output, some, scores_), -most, most);
    }
    Sums sums;
    for (const std::uint32_t i : some) {
      sums.gradient += static_cast<double>(gradient_[output * rows_.size() + i]);
      sums.hessian += static_cast<double>(hessian_[output * rows_.size() + i]);
    }
    return answer_of(sums, settings_);
  }

  const Dataset& data_;
  const BoostingSettings& settings_;
  double decay_;
  const Context& context_;
  TreeParts parts_;
  double unit_ = 0;  ///< 0: answers are not multiples of one
  std::vector<std::size_t> rows_;
  std::unique_ptr<BoostingLoss> loss_;
  std::vector<double> scores_;             ///< [outputs, rows]
  std::vector<float> gradient_, hessian_;  ///< the same
};

void require_columns(const BoostedTrees& earlier, const ObjectiveSpec& spec, const Dataset& data) {
  if (data.columns() != earlier.feature_count())
    throw DataError("data.feature_count", fmt::format("the model was fitted on {} features, and these rows "
                                                      "have {}",
                                                      earlier.feature_count(), data.columns()));
  if (!(earlier.objective().spec() == spec))
    throw ParameterError("boosting.objective",
                         fmt::format("the model was made for the objective {}, and the settings ask for {}; "
                                     "both must have the same objective and constants",
                                     name_of(earlier.objective().spec().kind), name_of(spec.kind)));
}

}  // namespace

void require_continues(const BoostedTrees& earlier, const ObjectiveSpec& spec, const Dataset& data,
                       const BoostingSettings& settings) {
  require_columns(earlier, spec, data);
  if (earlier.rounds() > static_cast<std::size_t>(settings.rounds))
    throw ParameterError(
        "boosting.rounds",
        fmt::format("rounds counts the earlier ones too; the model has {}, so rounds must be "
                    "at least that, got {}",
                    earlier.rounds(), settings.rounds));
}

TreeParts refit(const BoostedTrees& earlier, const Dataset& data, const BoostingSettings& settings,
                double decay, const Context& context) {
  require_columns(earlier, earlier.objective().spec(), data);
  if (!(decay >= 0 && decay <= 1))
    throw ParameterError("parameter.decay", fmt::format("decay must be from 0 to 1, got {}", decay));
  if (!settings.rising.empty() || !settings.falling.empty())
    throw UnsupportedError("boosting.refit",
                           "new answers of leaves could break what rising and falling promise; fit anew");
  if (!earlier.trees().parts().linear_start.empty())
    throw UnsupportedError("boosting.refit", "linear leaves cannot be learned anew; fit anew");
  return Refit(earlier, data, settings, decay, context).run();
}

Target matched_target(const Target& target, std::span<const std::string> names) {
  if (std::ranges::equal(target.names(), names)) return target;
  std::map<std::string_view, std::int32_t> place;
  for (const std::string& name : names) place.emplace(name, static_cast<std::int32_t>(place.size()));
  std::vector<std::int32_t> code_of;
  for (const std::string& name : target.names()) {
    const auto found = place.find(name);
    if (found == place.end())
      throw DataError("data.new_class", fmt::format("there are rows of the class \"{}\", which the model has "
                                                    "never seen; fit anew on all rows to add a class",
                                                    printable(name)));
    code_of.push_back(found->second);
  }
  auto codes = Buffer<std::int32_t>::uninitialized(target.size());
  for (std::size_t row = 0; row < codes.size(); ++row)
    codes[row] = code_of[static_cast<std::size_t>(target.codes()[row])];
  return Target::classes(std::move(codes), {names.begin(), names.end()}, target.label_kind());
}

}  // namespace everyml::boosting_detail
