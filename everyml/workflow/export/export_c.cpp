#include "everyml/workflow/export/export_c.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <iterator>
#include <string_view>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/export/export_impl.h"

namespace everyml {
namespace {

using detail::ExportColumn;
using detail::ExportLink;
using detail::ExportModel;

// What stands for every model; PREFIX is replaced. The functions are those of everyml, line by line, so that
// the bits are the same.
constexpr std::string_view kExp = R"(
static double PREFIX_power(int64_t k) {
  uint64_t bits = (uint64_t)(k + 1023) << 52;
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static double PREFIX_exp(double x) {
  static const double inverse_factorial[12] = {
      1.0 / 2,     1.0 / 6,      1.0 / 24,      1.0 / 120,      1.0 / 720,       1.0 / 5040,
      1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800};
  const double round = 0x1.8p52;
  double k, r, q, value;
  int64_t whole, half;
  int i;
  if (x > 709.782712893384) return INFINITY;
  if (x < -745.1332191019412) return 0.0;
  k = (x * 0x1.71547652b82fep+0 + round) - round;
  r = (x - k * 0x1.62e42fee00000p-1) - k * 0x1.a39ef35793c76p-33;
  q = inverse_factorial[11];
  for (i = 10; i >= 0; --i) q = q * r + inverse_factorial[i];
  value = 1.0 + (r + r * r * q);
  whole = (int64_t)k;
  half = whole / 2;
  return value * PREFIX_power(half) * PREFIX_power(whole - half);
}
)";

constexpr std::string_view kSigmoid = R"(
static double PREFIX_sigmoid(double x) {
  double e;
  if (x >= 0.0) return 1.0 / (1.0 + PREFIX_exp(-x));
  e = PREFIX_exp(x);
  return e / (1.0 + e);
}
)";

constexpr std::string_view kSoftmax = R"(
static void PREFIX_softmax(double* scores) {
  double top = scores[0], sum = 0.0;
  int k;
  for (k = 0; k < PREFIX_sums; ++k) top = scores[k] > top ? scores[k] : top;
  for (k = 0; k < PREFIX_sums; ++k) {
    scores[k] = PREFIX_exp(scores[k] - top);
    sum += scores[k];
  }
  for (k = 0; k < PREFIX_sums; ++k) scores[k] /= sum;
}
)";

constexpr std::string_view kLog1pExp = R"(
static double PREFIX_log1p_exp(double x) {
  const double y = PREFIX_exp(x > 0.0 ? -x : x), s = y / (2.0 + y), s2 = s * s;
  double q = 0.0;
  int i;
  for (i = 17; i >= 1; --i) q = (q + 1.0 / (2 * i + 1)) * s2;
  return (x > 0.0 ? x : 0.0) + 2.0 * (s + s * q);
}
)";

constexpr std::string_view kFindWord = R"(
static double PREFIX_code(const char* word, const char* const* words, int count) {
  int low = 0, high = count;
  if (word == NULL) return NAN;
  while (low < high) {
    const int middle = low + (high - low) / 2, order = strcmp(words[middle], word);
    if (order == 0) return middle;
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return NAN;
}
)";

constexpr std::string_view kInSet = R"(
static int PREFIX_in_set(int set, double value) {
  const uint32_t begin = PREFIX_set_start[set], words = PREFIX_set_start[set + 1] - begin;
  uint64_t code;
  if (!(value >= 0 && value < 64.0 * (double)words)) return 0;
  code = (uint64_t)value;
  if ((double)code != value) return 0;
  return (int)(PREFIX_set_words[begin + code / 64] >> (code % 64) & 1);
}
)";

constexpr std::string_view kWalk = R"(
static int PREFIX_leaf(int tree, const double* row) {
  const uint32_t first = PREFIX_first_node[tree];
  int at = 0;
  if (PREFIX_first_node[tree + 1] == first) return 0;
  while (at >= 0) {
    const uint32_t node = first + (uint32_t)at;
    const double value = row[PREFIX_feature[node]];
    int left;
    if (value != value) {
      left = PREFIX_flags[node] & 1;
    }SETS else {
      left = value <= PREFIX_threshold[node];
    }
    at = left ? PREFIX_left[node] : PREFIX_right[node];
  }
  return ~at;
}

static double PREFIX_leaf_answer(uint32_t leaf, const double* row) {
  const double answer = PREFIX_leaf_value[leaf];LINEAR
  return answer;
}
)";

constexpr std::string_view kLinear = R"(
  double sum = answerOFFSET;
  uint64_t k;
  for (k = PREFIX_linear_start[leaf]; k < PREFIX_linear_start[leaf + 1]; ++k) {
    sum += PREFIX_linear_coefficient[k] * row[PREFIX_linear_feature[k]];
    if (row[PREFIX_linear_feature[k]] != row[PREFIX_linear_feature[k]]) return answer;
  }
  if (PREFIX_linear_start[leaf + 1] > PREFIX_linear_start[leaf]) return sum;)";

constexpr std::string_view kSets = R"( else if (PREFIX_flags[node] & 2) {
      left = PREFIX_in_set((int)PREFIX_threshold[node], value);
    })";

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (;;) {
    const std::size_t at = text.find(from);
    if (at == std::string_view::npos) return out.append(text);
    out.append(text.substr(0, at)).append(to);
    text.remove_prefix(at + from.size());
  }
}

std::string literal(double value) {
  if (std::isnan(value)) return "NAN";
  if (std::isinf(value)) return value > 0 ? "INFINITY" : "-INFINITY";
  return fmt::format("{:a}", value);
}

/// Any bytes as a literal of C; question marks too, since three characters may mean another.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 32 || byte > 126 || c == '"' || c == '\\' || c == '?') {
      fmt::format_to(std::back_inserter(out), "\\{:03o}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// A name within a comment: nothing that could end it.
std::string in_comment(std::string_view text) {
  return replaced(replaced(printable(text, 200), "*/", "* /"), "/*", "/ *");
}

/// Writes the file piece by piece.
class Writer {
 public:
  Writer(const Artifact& artifact, std::string prefix)
      : artifact_(artifact),
        prefix_(std::move(prefix)),
        model_(detail::export_model(artifact)),
        columns_(detail::export_columns(artifact)),
        parts_(model_.trees.parts()) {}

  std::string run() {
    head();
    tables();
    functions();
    predict();
    return std::move(out_);
  }

 private:
  void put(std::string_view text) { out_ += replaced(text, "PREFIX", prefix_); }
  std::size_t answers() const { return std::max<std::size_t>(model_.classes, 1); }

  void head() {
    out_ +=
        "/* A model of trees, written by everyml. C99; needs the standard library alone.\n *\n * Columns, in "
        "order:\n";
    for (const ExportColumn& column : columns_) {
      const char* kind = column.kind == ExportColumn::Kind::number    ? "number"
                         : column.kind == ExportColumn::Kind::boolean ? "number: 0 or 1"
                                                                      : "word";
      out_ += fmt::format(" *   {} ({})\n", in_comment(column.name), kind);
    }
    if (model_.classes > 0) {
      out_ += " * Answers: the probability of each class:\n";
      for (const std::string& name : artifact_.class_names)
        out_ += fmt::format(" *   {}\n", in_comment(name));
    } else {
      out_ += fmt::format(" * Answer: {}\n", in_comment(artifact_.target_name));
    }
    out_ +=
        " * NAN is a missing number, NULL a missing word. Compile with -std=c99 or -ffp-contract=off.\n */\n";
    put("#include <math.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <string.h>\n\n"
        "typedef struct {\n  double number;\n  const char* word;\n} PREFIX_cell;\n\n");
    put(
        fmt::format("enum {{ PREFIX_columns = {}, PREFIX_answers = {}, PREFIX_features = {}, PREFIX_sums = "
                    "{}, PREFIX_trees = {} }};"
                    "\n\nvoid PREFIX_predict(const PREFIX_cell* cells, double* answers);\n",
                    columns_.size(), answers(), parts_.features, parts_.outputs, parts_.trees()));
  }

  template <class T, class F>
  void array(std::string_view type, std::string_view name, const std::vector<T>& values, const F& text) {
    put(fmt::format("\nstatic const {} PREFIX_{}[{}] = {{", type, name,
                    std::max<std::size_t>(values.size(), 1)));
    if (values.empty()) out_ += "0";
    for (std::size_t i = 0; i < values.size(); ++i) {
      out_ += i % 8 == 0 ? "\n  " : " ";
      out_ += text(values[i]);
      out_ += ',';
    }
    out_ += "};\n";
  }
  template <class T>
  void whole(std::string_view type, std::string_view name, const std::vector<T>& values) {
    array(type, name, values, [](T value) { return fmt::format("{}", static_cast<std::int64_t>(value)); });
  }

  bool sets() const { return parts_.set_start.size() > 1; }
  bool linear() const { return !parts_.linear_start.empty(); }

  void tables() {
    whole("uint32_t", "first_node", parts_.first_node);
    whole("uint32_t", "first_leaf", parts_.first_leaf);
    if (parts_.width == 1) whole("uint32_t", "tree_output", parts_.tree_output);
    whole("int32_t", "feature", parts_.feature);
    array("double", "threshold", parts_.threshold, literal);
    whole("int32_t", "left", parts_.left);
    whole("int32_t", "right", parts_.right);
    whole("unsigned char", "flags", parts_.flags);
    array("double", "leaf_value", parts_.leaf_value, literal);
    array("double", "base", parts_.base, literal);
    if (sets()) {
      whole("uint32_t", "set_start", parts_.set_start);
      array("uint64_t", "set_words", parts_.set_words,
            [](std::uint64_t w) { return fmt::format("UINT64_C({:#x})", w); });
    }
    if (linear()) {
      whole("uint64_t", "linear_start", parts_.linear_start);
      whole("int32_t", "linear_feature", parts_.linear_feature);
      array("double", "linear_coefficient", parts_.linear_coefficient, literal);
      if (!parts_.linear_offset.empty()) array("double", "linear_offset", parts_.linear_offset, literal);
    }
    for (std::size_t j = 0; j < columns_.size(); ++j) {
      if (columns_[j].kind != ExportColumn::Kind::category) continue;
      array("char* const", fmt::format("words_{}", j), columns_[j].levels, quoted);
    }
    const Calibration& c = artifact_.calibration;
    if (c.method == Calibration::Method::sigmoid) {
      array("double", "slope", c.slope, literal);
      array("double", "offset", c.offset, literal);
    }
    for (std::size_t k = 0; c.method == Calibration::Method::isotonic && k < c.classes; ++k) {
      array("double", fmt::format("knots_{}", k), c.knots[k], literal);
      array("double", fmt::format("levels_{}", k), c.levels[k], literal);
    }
  }

  void functions() {
    const bool categories = std::any_of(columns_.begin(), columns_.end(),
                                        [](const auto& c) { return c.kind == ExportColumn::Kind::category; });
    if (model_.link != ExportLink::identity) put(kExp);
    if (model_.link == ExportLink::sigmoid) put(kSigmoid);
    if (model_.link == ExportLink::softmax || model_.link == ExportLink::one_versus_all) put(kSoftmax);
    if (model_.link == ExportLink::one_versus_all) put(kLog1pExp);
    if (categories) put(kFindWord);
    if (sets()) put(kInSet);
    std::string walk = replaced(kWalk, "SETS", sets() ? kSets : "");
    if (parts_.width > 1) walk.resize(walk.find("\nstatic double PREFIX_leaf_answer"));
    walk = replaced(walk, "LINEAR", linear() ? kLinear : std::string_view("\n  (void)row;"));
    walk = replaced(walk, "OFFSET",
                    parts_.linear_offset.empty() ? std::string_view() : " + PREFIX_linear_offset[leaf]");
    put(walk);
    calibration();
  }

  void calibration() {
    const Calibration& c = artifact_.calibration;
    if (c.method == Calibration::Method::sigmoid) {
      put(R"(
static double PREFIX_mapped(int k, double p) {
  p = p < 1e-12 ? 1e-12 : p > 1 - 1e-12 ? 1 - 1e-12 : p;
  return 1 / (1 + exp(-(PREFIX_slope[k] * log(p / (1 - p)) + PREFIX_offset[k])));
}
)");
    } else if (c.method == Calibration::Method::isotonic) {
      put(R"(
static double PREFIX_between(double p, const double* knots, const double* levels, int count) {
  int above = 0;
  double width, part;
  while (above < count && !(p < knots[above])) ++above;
  if (above == 0) return levels[0];
  if (above == count) return levels[count - 1];
  width = knots[above] - knots[above - 1];
  part = width > 0 ? (p - knots[above - 1]) / width : 0;
  return levels[above - 1] + part * (levels[above] - levels[above - 1]);
}

static double PREFIX_mapped(int k, double p) {
  switch (k) {
)");
      for (std::size_t k = 0; k < c.classes; ++k) {
        put(fmt::format(
            "    case {}:\n      return PREFIX_between(p, PREFIX_knots_{}, PREFIX_levels_{}, {});\n", k, k, k,
            c.knots[k].size()));
      }
      put("    default:\n      return p;\n  }\n}\n");
    }
    if (c.method != Calibration::Method::none) {
      put(R"(
static void PREFIX_calibrate(double* p) {
  double sum = 0;
  int k;
  for (k = 0; k < PREFIX_answers; ++k) sum += PREFIX_mapped(k, p[k]);
  if (!(sum > 0)) return;
  for (k = 0; k < PREFIX_answers; ++k) p[k] = PREFIX_mapped(k, p[k]) / sum;
}
)");
    }
  }

  void encode(std::size_t j) {
    const ExportColumn& column = columns_[j];
    switch (column.kind) {
      case ExportColumn::Kind::number:
        put(fmt::format("  value = cells[{}].number;\n", j));
        break;
      case ExportColumn::Kind::boolean:
        put(fmt::format(
            "  value = cells[{0}].number == 0 || cells[{0}].number == 1 ? cells[{0}].number : NAN;\n", j));
        break;
      case ExportColumn::Kind::category:
        put(fmt::format("  value = PREFIX_code(cells[{}].word, PREFIX_words_{}, {});\n", j, j,
                        column.levels.size()));
        break;
    }
    put(fmt::format("  row[{}] = value == value ? value : {};\n", column.feature, literal(column.missing)));
    if (column.indicator) put(fmt::format("  row[{}] = value == value ? 0 : 1;\n", column.feature + 1));
  }

  void predict() {
    put("\nvoid PREFIX_predict(const PREFIX_cell* cells, double* answers) {\n"
        "  double row[PREFIX_features], sums[PREFIX_sums], value;\n  int t, k;\n");
    for (std::size_t j = 0; j < columns_.size(); ++j) encode(j);
    put("  for (k = 0; k < PREFIX_sums; ++k) sums[k] = PREFIX_base[k];\n"
        "  for (t = 0; t < PREFIX_trees; ++t) {\n"
        "    const uint32_t leaf = PREFIX_first_leaf[t] + (uint32_t)PREFIX_leaf(t, row);\n");
    put(parts_.width == 1 ? "    sums[PREFIX_tree_output[t]] += PREFIX_leaf_answer(leaf, row);\n"
                          : "    for (k = 0; k < PREFIX_sums; ++k) sums[k] += PREFIX_leaf_value[leaf * "
                            "PREFIX_sums + k];\n");
    put("  }\n");
    switch (model_.link) {
      case ExportLink::identity:
        break;
      case ExportLink::sigmoid:
        put("  for (k = 0; k < PREFIX_sums; ++k) sums[k] = PREFIX_sigmoid(sums[k]);\n");
        break;
      case ExportLink::exponential:
        put("  for (k = 0; k < PREFIX_sums; ++k) sums[k] = PREFIX_exp(sums[k]);\n");
        break;
      case ExportLink::one_versus_all:
        put("  for (k = 0; k < PREFIX_sums; ++k) sums[k] = -PREFIX_log1p_exp(-sums[k]);\n  "
            "PREFIX_softmax(sums);\n");
        break;
      case ExportLink::softmax:
        put("  PREFIX_softmax(sums);\n");
        break;
    }
    put(model_.classes == 2 && parts_.outputs == 1
            ? "  answers[0] = 1 - sums[0];\n  answers[1] = sums[0];\n"
            : "  for (k = 0; k < PREFIX_answers; ++k) answers[k] = sums[k];\n");
    if (artifact_.calibration.method != Calibration::Method::none) put("  PREFIX_calibrate(answers);\n");
    put("}\n");
  }

  const Artifact& artifact_;
  std::string prefix_;
  ExportModel model_;
  std::vector<ExportColumn> columns_;
  const TreeParts& parts_;
  std::string out_;
};

}  // namespace

std::string export_c(const Artifact& artifact, const std::string& prefix) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (prefix.empty() || prefix.size() > 60 || !letter(prefix[0]) ||
      !std::all_of(prefix.begin(), prefix.end(),
                   [&](char c) { return letter(c) || (c >= '0' && c <= '9'); })) {
    throw ParameterError("export.prefix",
                         fmt::format("\"{}\" is no name in C; letters, digits and _ make one, such as model",
                                     printable(prefix)));
  }
  return Writer(artifact, prefix).run();
}

}  // namespace everyml
