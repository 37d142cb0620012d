#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/ensembles/committee/member_input_impl.h"
#include "everyml/foundation/model/any_model.h"
#include "everyml/foundation/model/registry.h"

namespace everyml {

/// One fitted member of a committee: the columns it looks at, its own preparation and its model. Immutable;
/// copies share the model; thread-safe.
class Member {
 public:
  /// `columns`: which of the data's columns it is given, ascending; empty: all.
  static Member fit(const AnyEstimator& learner, const Dataset& data, std::vector<std::uint32_t> columns,
                    const Context& context);

  const std::string& algorithm() const { return model_.card().name; }
  const AnyModel& model() const { return model_; }
  std::span<const std::uint32_t> columns() const { return columns_; }
  /// out: [rows] values, or [rows, classes] probabilities.
  void answer(const Features& x, std::span<double> out, const Context& context) const;
  /// Answers in a row of it: 1, or the classes.
  std::size_t width() const;

  /// Whether the exact contributions of the features add up to what it answers.
  bool explains() const;
  /// Adds `weight` times the contributions of the committee's columns to out [rows, width(), columns + 1].
  /// REQUIRES: explains().
  void add_contributions(const Features& x, double weight, std::span<double> out,
                         const Context& context) const;

  void save(ArchiveWriter& archive) const;
  /// Of a committee of `features` columns for this target; classifiers must know `classes`. Throws
  /// FormatError.
  static Member load(const ArchiveReader& archive, std::size_t features, Target::Kind target,
                     std::span<const std::string> classes);

 private:
  Member(std::vector<std::uint32_t> columns, MemberInput input, AnyModel model)
      : columns_(std::move(columns)), input_(std::move(input)), model_(std::move(model)) {}
  std::vector<std::uint32_t> columns_;
  MemberInput input_;
  AnyModel model_;
};

/// Contributions to a weighted sum of the members' answers, out [rows, width, columns + 1]; none where a
/// member of weight has none.
bool all_explain(std::span<const Member> members, std::span<const double> weights);
/// REQUIRES: all_explain. `offset` is added to the sum.
void weighted_contributions(std::span<const Member> members, std::span<const double> weights, double offset,
                            const Features& x, std::span<double> out, const Context& context);

/// Writes members under "m0", "m1", ... and their number under "members".
void save_members(ArchiveWriter& archive, std::span<const Member> members);
std::vector<Member> load_members(const ArchiveReader& archive, std::size_t features, Target::Kind target,
                                 std::span<const std::string> classes);

/// The columns of `data` that are listed.
Dataset with_columns(const Dataset& data, std::span<const std::uint32_t> columns);
/// What every committee asks of a table: missing cells as they are, categories as codes, nothing scaled.
InputNeeds general_needs();
/// A member's context: its own random streams, and no observer, since members are fitted side by side.
Context member_context(const Context& context, std::string_view committee, std::uint64_t index);
/// Of probabilities in a row, the class of the largest, the first of equals.
std::size_t best_class(const double* p, std::size_t classes);

}  // namespace everyml
