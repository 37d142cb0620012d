#include "everyml/foundation/model/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml {

std::string Axis::at(double share) const {
  if (!choices.empty()) {
    const auto place = static_cast<std::size_t>(share * static_cast<double>(choices.size()));
    return choices[std::min(place, choices.size() - 1)];
  }
  double value = logarithmic ? low * std::pow(high / low, share) : low + share * (high - low);
  if (whole) value = std::round(value);
  // Three digits tell settings apart; more would only make them hard to read.
  return whole ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", std::clamp(value, low, high));
}

bool Entry::can(Capability capability) const {
  return std::find(capabilities_.begin(), capabilities_.end(), capability) != capabilities_.end();
}

AnyEstimator Entry::make() const { return {std::make_shared<const Entry>(*this), actions_.make()}; }

AnyModel Entry::load(const ArchiveReader& archive) const { return actions_.load(archive, card_); }

AnyEstimator::AnyEstimator(std::shared_ptr<const Entry> entry, std::shared_ptr<void> settings)
    : entry_(std::move(entry)), settings_(std::move(settings)) {}

AnyEstimator::AnyEstimator(const AnyEstimator& other)
    : entry_(other.entry_), settings_(other.entry_->actions_.copy(other.settings_.get())) {}

AnyEstimator& AnyEstimator::operator=(AnyEstimator other) {
  std::swap(entry_, other.entry_);
  std::swap(settings_, other.settings_);
  return *this;
}

void AnyEstimator::set(std::string_view name, std::string_view text) {
  entry_->settings().set_text(settings_.get(), name, text);
}
void AnyEstimator::set_json(const Json& object) { entry_->settings().set_all(settings_.get(), object); }
Json AnyEstimator::settings_json() const { return entry_->settings().to_json(settings_.get()); }

AnyModel AnyEstimator::fit(const Dataset& data, const Context& context) const {
  return entry_->actions_.fit(settings_.get(), data, context, entry_->card_);
}

Registry::Registry(std::vector<Entry> entries) : entries_(std::move(entries)) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (entries_[i].card().name == entries_[j].card().name) {
        throw std::logic_error("two algorithms are called " + entries_[i].card().name);
      }
    }
  }
}

const Entry& Registry::find(std::string_view name) const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) {
    if (entry.card().name == name) return entry;
    names.push_back(entry.card().name);
  }
  throw ParameterError("parameter.algorithm",
                       fmt::format("there is no algorithm \"{}\".{} `everyml list` shows all.",
                                   printable(name), suggestion(name, names)));
}

}  // namespace everyml
