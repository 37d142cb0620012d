#include "everyml/ensembles/committee/member_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "everyml/ensembles/learners/learners.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml {
namespace {

const Entry& find_learner(std::string_view committee, std::string_view name, Target::Kind target) {
  std::vector<std::string> names;
  for (const Entry& entry : learners().entries()) {
    if (entry.card().name == name) {
      if (entry.card().target == target) return entry;
      throw ParameterError("parameter.member",
                           fmt::format("{}: {} learns from {}; its members must learn from {}", committee,
                                       name, to_string(entry.card().target), to_string(target)));
    }
    if (entry.card().target == target) names.push_back(entry.card().name);
  }
  throw ParameterError("parameter.algorithm",
                       fmt::format("{}: there is no learner \"{}\".{} Members may be {}.", committee,
                                   printable(name), suggestion(name, names), join_and(names)));
}

}  // namespace

AnyEstimator parse_member(std::string_view committee, std::string_view text, Target::Kind target) {
  std::vector<std::string_view> words;
  for (const std::string_view word : split(text, ' '))
    if (!trim(word).empty()) words.push_back(trim(word));
  if (words.empty()) {
    throw ParameterError(
        "parameter.member",
        fmt::format("{}: a member is empty; write a learner's name and, if you like, settings, "
                    "such as \"knn-regressor neighbors=9\"",
                    committee));
  }
  AnyEstimator member = find_learner(committee, words[0], target).make();
  std::set<std::string_view> given;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    if (equals == std::string_view::npos || equals == 0) {
      throw ParameterError("parameter.member",
                           fmt::format("{}: \"{}\" in member \"{}\" is no setting; write name=value without "
                                       "blanks",
                                       committee, printable(words[i]), printable(text)));
    }
    const std::string_view name = words[i].substr(0, equals);
    if (!given.insert(name).second) {
      throw ParameterError("parameter.member", fmt::format("{}: member \"{}\" has {} twice", committee,
                                                           printable(text), printable(name)));
    }
    std::string value(words[i].substr(equals + 1));
    std::replace(value.begin(), value.end(), ';', ',');
    try {
      member.set(name, value);
    } catch (const ParameterError& error) {
      throw ParameterError(error.code(), fmt::format("{}: {}", committee, error.what()));
    }
  }
  return member;
}

std::vector<AnyEstimator> parse_members(std::string_view committee, const std::vector<std::string>& texts,
                                        Target::Kind target) {
  if (texts.empty()) {
    throw ParameterError("parameter.member",
                         fmt::format("{}: members must name at least one learner", committee));
  }
  std::vector<AnyEstimator> members;
  for (const std::string& text : texts) members.push_back(parse_member(committee, text, target));
  return members;
}

}  // namespace everyml
