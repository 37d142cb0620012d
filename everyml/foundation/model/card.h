#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/data/dataset.h"

namespace everyml {

/// What a learner asks of the Encoder, so that every learner takes every table.
struct InputNeeds {
  enum class Missing : std::uint8_t { impute, keep };
  enum class Categories : std::uint8_t { one_hot, codes };
  enum class Scale : std::uint8_t { none, standard };
  Missing missing = Missing::impute;
  Categories categories = Categories::one_hot;
  Scale scale = Scale::none;
};

/// What an algorithm is, in words; shared by every kind of algorithm on the map.
struct Card {
  std::string name;                          ///< as typed: "ridge"
  std::string title;                         ///< as read: "Ridge regression"
  std::string summary;                       ///< one line, ends without a full stop
  std::string territory;                     ///< "classical", "ensembles", "neural", "reinforcement"
  std::string family;                        ///< the folder: "linear", "bayes", "clustering"
  Target::Kind target = Target::Kind::none;  ///< what it learns from
  InputNeeds needs;
  /// Order of plainness among learners of one target: 0 is a baseline, 1 a line, larger is harder to explain.
  int complexity = 1;
  /// Keeps the training rows and passes over them for every answer, so that judging it costs rows squared.
  bool lazy = false;
  /// Costs many fits of others, or another of its kind does as well: `learn` tries it only when it is asked
  /// for by name.
  bool by_request = false;
  /// What a weight of k says of a training row.
  enum class Weights : std::uint8_t {
    copies,  ///< it is k rows
    votes,   ///< it is one row whose vote counts k times
  };
  Weights weights = Weights::copies;
  std::vector<std::string> references;  ///< "Author, \"Title\", where, year"
};

enum class Capability : std::uint8_t {
  values,         ///< a number per row
  probabilities,  ///< a probability per row and class
  assign,         ///< a cluster per row
  transform,      ///< new features per row
  intervals,      ///< a prediction interval per row
  neighbors,      ///< the training rows that decided
  update,         ///< a new model that has seen more rows
  scores,         ///< a decision score per row, or per row and class, before it becomes a probability
  contributions,  ///< what each feature adds to a row's answer
  anomaly,        ///< how unusual each row is, and which columns make it so
};
/// All of them, in the order they are told.
inline constexpr std::array kCapabilities{
    Capability::values,        Capability::probabilities, Capability::assign, Capability::transform,
    Capability::intervals,     Capability::neighbors,     Capability::update, Capability::scores,
    Capability::contributions, Capability::anomaly};
std::string_view to_string(Capability capability);

}  // namespace everyml
