#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "everyml/ensembles/boosting/gradient_boosting.h"
#include "everyml/ensembles/committee/member_impl.h"
#include "everyml/ensembles/learners/learners.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/model/entry.h"

namespace everyml {
namespace {

constexpr std::int64_t kMostMembers = 10000;

std::vector<std::size_t> wide(std::span<const std::uint32_t> columns) {
  return {columns.begin(), columns.end()};
}

}  // namespace

Dataset with_columns(const Dataset& data, std::span<const std::uint32_t> columns) {
  Dataset part = data;
  part.features = data.features.select_columns(wide(columns));
  if (!data.info.empty()) {
    part.info.clear();
    for (const std::uint32_t column : columns) part.info.push_back(data.info[column]);
  }
  return part;
}

InputNeeds general_needs() {
  return {InputNeeds::Missing::keep, InputNeeds::Categories::codes, InputNeeds::Scale::none};
}

Context member_context(const Context& context, std::string_view committee, std::uint64_t index) {
  Stream stream = context.random(committee, index);
  return context.with_observer(nullptr).with_seed(stream.next_u64());
}

std::size_t best_class(const double* p, std::size_t classes) {
  return static_cast<std::size_t>(std::max_element(p, p + classes) - p);
}

Member Member::fit(const AnyEstimator& learner, const Dataset& data, std::vector<std::uint32_t> columns,
                   const Context& context) {
  context.check();
  const Dataset own = columns.empty() ? data : with_columns(data, columns);
  MemberInput input = MemberInput::fit(own, learner.card().needs);
  AnyModel model = learner.fit(input.transform(own, context), context);
  return {std::move(columns), std::move(input), std::move(model)};
}

std::size_t Member::width() const {
  return model_.can(Capability::probabilities) ? model_.class_names().size() : 1;
}

void Member::answer(const Features& x, std::span<double> out, const Context& context) const {
  const Features own = columns_.empty() ? x : x.select_columns(wide(columns_));
  const Features prepared = input_.transform(own, context);
  if (model_.can(Capability::probabilities))
    model_.probabilities(prepared, out, context);
  else
    model_.values(prepared, out, context);
}

bool Member::explains() const {
  if (!model_.can(Capability::contributions) || model_.contribution_count() != width()) return false;
  if (model_.can(Capability::probabilities)) {
    // A model with scores adds up these, not its probabilities.
    return !model_.can(Capability::scores) || model_.score_count() != width();
  }
  const auto* boosted = model_.as<GradientBoostingRegressorModel>();
  if (boosted == nullptr) return true;
  // A link makes the answer something other than the sum.
  std::vector<double> sums = {-1.75, 0.5};
  boosted->boosted().objective().answers(sums);
  return sums == std::vector<double>{-1.75, 0.5};
}

void Member::add_contributions(const Features& x, double weight, std::span<double> out,
                               const Context& context) const {
  const Features own = columns_.empty() ? x : x.select_columns(wide(columns_));
  const Features prepared = input_.transform(own, context);
  const std::size_t features = prepared.columns(), columns = x.columns();
  std::vector<double> told(x.rows() * width() * (features + 1));
  model_.contributions(prepared, told, context);
  std::vector<std::size_t> place;
  for (const std::uint32_t source : input_.sources())
    place.push_back(columns_.empty() ? source : columns_[source]);
  place.push_back(columns);  // the base
  for (std::size_t i = 0; i < x.rows() * width(); ++i)
    for (std::size_t j = 0; j <= features; ++j)
      out[i * (columns + 1) + place[j]] += weight * told[i * (features + 1) + j];
}

bool all_explain(std::span<const Member> members, std::span<const double> weights) {
  for (std::size_t m = 0; m < members.size(); ++m)
    if (weights[m] != 0 && !members[m].explains()) return false;
  return true;
}

void weighted_contributions(std::span<const Member> members, std::span<const double> weights, double offset,
                            const Features& x, std::span<double> out, const Context& context) {
  constexpr std::size_t kRows = 1024;
  const std::size_t columns = x.columns() + 1, each = members[0].width() * columns;
  std::fill(out.begin(), out.end(), 0.0);
  for (std::size_t begin = 0; begin < x.rows(); begin += kRows) {
    const std::size_t end = std::min(begin + kRows, x.rows());
    const std::span<double> part = out.subspan(begin * each, (end - begin) * each);
    for (std::size_t i = columns - 1; i < part.size(); i += columns) part[i] = offset;
    for (std::size_t m = 0; m < members.size(); ++m)
      if (weights[m] != 0) members[m].add_contributions(x.slice(begin, end), weights[m], part, context);
  }
}

void Member::save(ArchiveWriter& archive) const {
  archive.text("algorithm", algorithm());
  archive.array("columns", std::vector<std::int64_t>(columns_.begin(), columns_.end()));
  ArchiveWriter input = archive.scope("input"), model = archive.scope("model");
  input_.save(input);
  model_.save(model);
}

Member Member::load(const ArchiveReader& archive, std::size_t features, Target::Kind target,
                    std::span<const std::string> classes) {
  const std::string name = archive.text("algorithm");
  const auto entries = learners().entries();
  const auto entry =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& one) { return one.card().name == name; });
  if (entry == entries.end()) archive.refuse("algorithm", "there is no such learner");
  if (entry->card().target != target) archive.refuse("algorithm", "it learns from another kind of target");
  std::vector<std::uint32_t> columns;
  for (const std::int64_t column : archive.integers64("columns")) {
    if (column < 0 || static_cast<std::size_t>(column) >= features ||
        (!columns.empty() && column <= static_cast<std::int64_t>(columns.back())))
      archive.refuse("columns", "columns must be ascending and those of the committee");
    columns.push_back(static_cast<std::uint32_t>(column));
  }
  MemberInput input = MemberInput::load(archive.scope("input"));
  if (input.input_count() != (columns.empty() ? features : columns.size()))
    archive.refuse("input", "it is made for another number of columns");
  AnyModel model = entry->load(archive.scope("model"));
  if (model.feature_count() != input.output_count())
    archive.refuse("model", "it takes another number of columns than are prepared for it");
  const auto names = model.class_names();
  if (!std::equal(names.begin(), names.end(), classes.begin(), classes.end()))
    archive.refuse("model", "its classes are not those of the committee");
  return {std::move(columns), std::move(input), std::move(model)};
}

void save_members(ArchiveWriter& archive, std::span<const Member> members) {
  archive.integer("members", static_cast<std::int64_t>(members.size()));
  for (std::size_t i = 0; i < members.size(); ++i) {
    ArchiveWriter own = archive.scope(fmt::format("m{}", i));
    members[i].save(own);
  }
}

std::vector<Member> load_members(const ArchiveReader& archive, std::size_t features, Target::Kind target,
                                 std::span<const std::string> classes) {
  const std::int64_t count = archive.integer("members", 1, kMostMembers);
  std::vector<Member> members;
  for (std::int64_t i = 0; i < count; ++i)
    members.push_back(Member::load(archive.scope(fmt::format("m{}", i)), features, target, classes));
  return members;
}

}  // namespace everyml
