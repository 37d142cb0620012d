#include "everyml/ensembles/boosting/objective.h"

#include <algorithm>
#include <string>
#include <utility>

#include "everyml/ensembles/boosting/objective_impl.h"
#include "everyml/foundation/base/error.h"

namespace everyml {

using namespace boosting_detail;

double BoostingLoss::renewed(std::size_t output, std::span<const std::uint32_t> some,
                             std::span<const double> scores) const {
  std::vector<float> gradient(outputs_ * rows_), hessian(outputs_ * rows_);
  derivatives(scores, gradient, hessian, 0, Context().serial());
  double g = 0, h = 0;
  for (const std::uint32_t row : some) {
    g += static_cast<double>(gradient[output * rows_ + row]);
    h += static_cast<double>(hessian[output * rows_ + row]);
  }
  return h > 0 ? -g / h : 0.0;
}

std::shared_ptr<const BoostingObjective> BoostingObjective::make(const ObjectiveSpec& spec) {
  switch (spec.kind) {
    case ObjectiveKind::squared:
      return make_squared(spec);
    case ObjectiveKind::binary:
      return make_binary(spec);
    case ObjectiveKind::multinomial:
      return make_multinomial(spec);
  }
  throw ParameterError("parameter.objective", "there is no objective of that number");
}

void BoostingObjective::save(ArchiveWriter& archive) const {
  archive.text("kind", name_of(spec_.kind));
  archive.integer("classes", static_cast<std::int64_t>(spec_.classes));
}

std::shared_ptr<const BoostingObjective> BoostingObjective::load(const ArchiveReader& archive) {
  ObjectiveSpec spec;
  const std::string kind = archive.text("kind");
  bool known = false;
  for (const auto& choice : choices_of(ObjectiveKind{})) {
    if (choice.name == kind) spec.kind = choice.value, known = true;
  }
  if (!known) archive.refuse("kind", "it is no objective that is known here");
  spec.classes = static_cast<std::size_t>(archive.integer("classes", 0, 1 << 20));
  try {
    return make(spec);
  } catch (const ParameterError& error) {
    archive.refuse("kind", error.what());
  }
}

namespace boosting_detail {

NumberLoss::NumberLoss(Buffer<double> y, std::span<const double> weights, std::size_t outputs,
                       const Context& context)
    : BoostingLoss(y.size(), outputs), y_(std::move(y)), weights_(buffer_of(weights)) {
  weight_sum_ = static_cast<double>(y_.size());
  if (!weights_.empty()) {
    weight_sum_ = sum_rows(context, weights_.size(), 1, [&](std::size_t begin, std::size_t end) {
      double sum = 0;
      for (std::size_t i = begin; i < end; ++i) sum += weights_[i];
      return sum;
    });
  }
}

Buffer<double> buffer_of(std::span<const double> values) {
  auto copy = Buffer<double>::uninitialized(values.size());
  std::copy(values.begin(), values.end(), copy.begin());
  return copy;
}

Buffer<double> numbers_of(const Target& target) { return buffer_of(target.values()); }

Buffer<double> ones_of(const Target& target) {
  const auto codes = target.codes();
  auto ones = Buffer<double>::uninitialized(codes.size());
  for (std::size_t i = 0; i < ones.size(); ++i) ones[i] = codes[i] == 1 ? 1.0 : 0.0;
  return ones;
}

}  // namespace boosting_detail
}  // namespace everyml
