#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/select/search_log_impl.h"

namespace everyml::select_impl {
namespace {

constexpr std::string_view kKind = "everyml search log";
constexpr std::size_t kMostBytes = std::size_t{1} << 28;

/// FNV-1a over 64-bit words, enough to tell two tables apart that were not made to be confused.
class Hash {
 public:
  void word(std::uint64_t value) { state_ = (state_ ^ value) * 0x100000001b3ULL; }
  void number(double value) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    word(bits ^ (bits >> 32));
  }
  void text(std::string_view value) {
    word(value.size());
    for (const char c : value) word(static_cast<unsigned char>(c));
  }
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325ULL;
};

void add_column(const Column& column, Hash& hash) {
  hash.text(column.name());
  hash.word(static_cast<std::uint64_t>(column.kind()));
  for (const std::string& level : column.levels()) hash.text(level);
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column.kind() == ColumnKind::text) {
      hash.text(column.missing(row) ? std::string_view{} : column.text(row));
    } else {
      hash.number(column.number(row));
    }
  }
}

[[noreturn]] void refuse(const std::string& path, const char* why) {
  throw ParameterError("learn.search_log", fmt::format("{} {}; give another name, or remove it to begin anew",
                                                       printable(path), why));
}

}  // namespace

std::string fingerprint(const Problem& problem, std::uint64_t seed) {
  Hash hash;
  hash.word(seed);
  hash.text(problem.metric);
  hash.text(problem.target_name);
  for (const std::string& name : problem.columns) add_column(problem.table.column(name), hash);
  for (const std::string& name : problem.target.names()) hash.text(name);
  for (const std::int32_t code : problem.target.codes()) hash.word(static_cast<std::uint64_t>(code));
  for (const double value : problem.target.values()) hash.number(value);
  for (const double weight : problem.weights) hash.number(weight);
  for (const Fold& fold : problem.folds) {
    hash.word(fold.test.size());
    for (const std::size_t row : fold.test) hash.word(row);
    for (const std::size_t row : fold.train) hash.word(row);
  }
  return fmt::format("{:016x}", hash.value());
}

SearchLog::SearchLog(std::string path, const std::string& fingerprint) : path_(std::move(path)) {
  if (path_.empty()) return;
  std::error_code ignored;
  if (std::filesystem::exists(path_, ignored)) {
    std::ifstream in(path_, std::ios::binary);
    std::string line;
    if (!in || !std::filesystem::is_regular_file(path_, ignored))
      throw ResourceError("io.open", fmt::format("{} cannot be read", printable(path_)));
    if (std::filesystem::file_size(path_, ignored) > kMostBytes || !std::getline(in, line))
      refuse(path_, "is not a log of a search");
    const Json head = Json::parse(line, nullptr, false);
    if (!head.is_object() || head.value("kind", Json()) != Json(kKind))
      refuse(path_, "is not a log of a search");
    if (head.value("question", Json()) != Json(fingerprint))
      refuse(path_, "was made for another question (data, folds, metric or seed differ)");
    bool whole = true;
    while (std::getline(in, line)) {
      whole = !in.eof();
      const Json one = Json::parse(line, nullptr, false);
      if (!one.is_object() || !one.contains("tried") || !one["tried"].is_string()) continue;
      const Json score = one.value("score", Json());
      scores_[one["tried"].get<std::string>()] =
          score.is_number() ? score.get<double>() : std::numeric_limits<double>::quiet_NaN();
    }
    if (!whole)
      std::ofstream(path_, std::ios::binary | std::ios::app) << "\n";  // ends the line that was cut off
    return;
  }
  std::ofstream out(path_, std::ios::binary);
  out << write_json(Json{{"kind", kKind}, {"question", fingerprint}}) << "\n";
  if (!out.flush()) throw ResourceError("io.write", fmt::format("{} cannot be written", printable(path_)));
}

std::optional<double> SearchLog::find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = scores_.find(key);
  return found == scores_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::pair<std::string, double>> SearchLog::all() const {
  const std::lock_guard lock(mutex_);
  return {scores_.begin(), scores_.end()};
}

void SearchLog::add(const std::string& key, double score) {
  const std::lock_guard lock(mutex_);
  scores_[key] = score;
  if (path_.empty()) return;
  std::ofstream out(path_, std::ios::binary | std::ios::app);
  out << write_json(Json{{"tried", key}, {"score", std::isnan(score) ? Json() : Json(score)}}) << "\n";
  if (!out.flush()) throw ResourceError("io.write", fmt::format("{} cannot be written", printable(path_)));
}

}  // namespace everyml::select_impl
