#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/model/any_model.h"
#include "everyml/foundation/params/param.h"

namespace everyml {

class AnyEstimator;

/// Settings as name -> text, one candidate of a search.
using Trial = std::map<std::string, std::string>;

/// One axis of the space that a tuner draws settings from: a range of a number, or choices.
struct Axis {
  std::string name;  ///< of a setting
  double low = 0, high = 0;
  bool logarithmic = false;          ///< REQUIRES: low > 0
  bool whole = false;                ///< rounded to a whole number
  std::vector<std::string> choices;  ///< instead of the range when there are any

  /// The setting's text at a share in [0, 1] of the way from low to high.
  std::string at(double share) const;
};

/// One algorithm as the faces see it. Made by entry<Settings>() in entry.h. Thread-safe.
class Entry {
 public:
  const Card& card() const { return *card_; }
  const ParamSet& settings() const { return *settings_; }
  /// A small sensible search: the defaults are always tried, these besides. May be empty.
  std::span<const Trial> search() const { return search_; }
  /// What a tuner with time draws from beside these; empty when the algorithm has nothing worth it.
  std::span<const Axis> space() const { return space_; }
  /// What a fitted model of the defaults can do.
  std::span<const Capability> capabilities() const { return capabilities_; }
  bool can(Capability capability) const;
  /// The figures that a fitted model shows by name (AnyModel::attribute); empty when its type declares none.
  std::span<const AttributeInfo> attributes() const { return attributes_; }
  /// The estimator with default settings.
  AnyEstimator make() const;
  /// A model written by AnyModel::save. Throws FormatError on anything else.
  AnyModel load(const ArchiveReader& archive) const;

 private:
  template <class S>
  friend Entry entry();
  friend class AnyEstimator;
  struct Actions {
    std::shared_ptr<void> (*make)();
    std::shared_ptr<void> (*copy)(const void* settings);
    AnyModel (*fit)(const void* settings, const Dataset& data, const Context& context,
                    std::shared_ptr<const Card> card);
    AnyModel (*load)(const ArchiveReader& archive, std::shared_ptr<const Card> card);
  };
  std::shared_ptr<const Card> card_;
  const ParamSet* settings_ = nullptr;
  std::vector<Trial> search_;
  std::vector<Axis> space_;
  std::vector<Capability> capabilities_;
  std::span<const AttributeInfo> attributes_;
  Actions actions_{};
};

/// Settings without their C++ type. A value: copies are independent.
class AnyEstimator {
 public:
  AnyEstimator(const AnyEstimator& other);
  AnyEstimator(AnyEstimator&&) = default;
  AnyEstimator& operator=(AnyEstimator other);

  const Entry& entry() const { return *entry_; }
  const Card& card() const { return entry_->card(); }
  /// Throw ParameterError as ParamSet does.
  void set(std::string_view name, std::string_view text);
  void set_json(const Json& object);
  Json settings_json() const;
  /// The settings themselves, of the type the entry was made for.
  const void* settings() const { return settings_.get(); }

  AnyModel fit(const Dataset& data, const Context& context) const;

 private:
  friend class Entry;
  AnyEstimator(std::shared_ptr<const Entry> entry, std::shared_ptr<void> settings);
  std::shared_ptr<const Entry> entry_;
  std::shared_ptr<void> settings_;
};

/// A list of entries with look-up by name.
class Registry {
 public:
  explicit Registry(std::vector<Entry> entries);
  std::span<const Entry> entries() const { return entries_; }
  /// Throws ParameterError "parameter.algorithm" with a did-you-mean.
  const Entry& find(std::string_view name) const;

 private:
  std::vector<Entry> entries_;
};

}  // namespace everyml
