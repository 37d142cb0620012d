#include "everyml/workflow/export/export_c.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/export/export_c_text_impl.h"
#include "everyml/workflow/export/export_impl.h"

namespace everyml {
namespace {

using detail::ExportColumn;
using detail::ExportLink;
using detail::ExportModel;
using namespace detail::c_text;

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
      out_ += fmt::format(" * Answer: {}\n",
                          in_comment(model_.answer.empty() ? artifact_.target_name : model_.answer));
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
  bool median() const { return model_.link == ExportLink::median; }
  bool sums_one_by_one() const { return parts_.width == 1 && !median(); }

  void branch_tables(const detail::ExportBranches& branches) {
    const C45Tree& tree = branches.tree;
    put(fmt::format("\nenum {{ PREFIX_open = {} }};\n", branches.most_open()));
    std::vector<std::int32_t> feature = tree.feature;
    std::vector<double> answer;
    std::int32_t leaves = 0;
    for (std::size_t node = 0; node < tree.nodes(); ++node) {
      if (feature[node] >= 0) continue;
      feature[node] = -1 - leaves++;
      const auto own = branches.ways.answer.begin() + static_cast<std::ptrdiff_t>(node * tree.classes);
      answer.insert(answer.end(), own, own + static_cast<std::ptrdiff_t>(tree.classes));
    }
    whole("int32_t", "feature", feature);
    array("double", "threshold", tree.threshold, literal);
    whole("int32_t", "first_child", tree.first_child);
    whole("int32_t", "child", tree.children);
    array("double", "share", branches.ways.share, literal);
    whole("int32_t", "first_level", tree.first_level);
    whole("int32_t", "branch", tree.branch);
    array("double", "leaf_answer", answer, literal);
  }

  void tables() {
    if (model_.branches)
      branch_tables(*model_.branches);
    else
      tree_tables();
    word_tables();
    calibration_tables();
  }

  void tree_tables() {
    whole("uint32_t", "first_node", parts_.first_node);
    whole("uint32_t", "first_leaf", parts_.first_leaf);
    if (sums_one_by_one()) whole("uint32_t", "tree_output", parts_.tree_output);
    whole("int32_t", "feature", parts_.feature);
    array("double", "threshold", parts_.threshold, literal);
    whole("int32_t", "left", parts_.left);
    whole("int32_t", "right", parts_.right);
    whole("unsigned char", "flags", parts_.flags);
    array("double", "leaf_value", parts_.leaf_value, literal);
    if (!median()) array("double", "base", parts_.base, literal);
    if (median()) array("double", "vote", model_.votes, literal);
    if (model_.link == ExportLink::mapped) {
      whole("int32_t", "map_output", model_.map.output);
      array("double", "map_factor", model_.map.factor, literal);
      array("double", "map_offset", model_.map.offset, literal);
    }
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
  }

  void word_tables() {
    for (std::size_t j = 0; j < columns_.size(); ++j) {
      if (columns_[j].kind != ExportColumn::Kind::category) continue;
      array("char* const", fmt::format("words_{}", j), columns_[j].levels, quoted);
    }
  }

  void calibration_tables() {
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
    const ExportLink link = model_.link;
    const bool softmax =
        link == ExportLink::softmax || link == ExportLink::one_versus_all || link == ExportLink::mapped;
    if (softmax || link == ExportLink::sigmoid || link == ExportLink::exponential ||
        link == ExportLink::crowdedness) {
      put(kExp);
    }
    if (link == ExportLink::sigmoid) put(kSigmoid);
    if (softmax) put(kSoftmax);
    if (median()) put(kMedian);
    if (model_.link == ExportLink::one_versus_all) put(kLog1pExp);
    if (categories) put(kFindWord);
    if (model_.branches) {
      put(kFollow);
      return calibration();
    }
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
    put("\nvoid PREFIX_predict(const PREFIX_cell* cells, double* answers) {\n");
    if (model_.branches) {
      put("  double row[PREFIX_features], value;\n");
      for (std::size_t j = 0; j < columns_.size(); ++j) encode(j);
      put("  PREFIX_follow(row, answers);\n");
      finish();
      return;
    }
    put(median()
            ? "  double row[PREFIX_features], answer[PREFIX_trees], vote[PREFIX_trees], value;\n  int t;\n"
            : "  double row[PREFIX_features], sums[PREFIX_sums], value;\n  int t, k;\n");
    for (std::size_t j = 0; j < columns_.size(); ++j) encode(j);
    if (median()) {
      put("  for (t = 0; t < PREFIX_trees; ++t) {\n"
          "    const uint32_t leaf = PREFIX_first_leaf[t] + (uint32_t)PREFIX_leaf(t, row);\n"
          "    answer[t] = PREFIX_leaf_answer(leaf, row);\n    vote[t] = PREFIX_vote[t];\n  }\n"
          "  answers[0] = PREFIX_median(answer, vote);\n}\n");
      return;
    }
    put("  for (k = 0; k < PREFIX_sums; ++k) sums[k] = PREFIX_base[k];\n"
        "  for (t = 0; t < PREFIX_trees; ++t) {\n"
        "    const uint32_t leaf = PREFIX_first_leaf[t] + (uint32_t)PREFIX_leaf(t, row);\n");
    put(parts_.width == 1 ? "    sums[PREFIX_tree_output[t]] += PREFIX_leaf_answer(leaf, row);\n"
                          : "    for (k = 0; k < PREFIX_sums; ++k) sums[k] += PREFIX_leaf_value[leaf * "
                            "PREFIX_sums + k];\n");
    put("  }\n");
    link();
    finish();
  }

  void finish() {
    if (artifact_.calibration.method != Calibration::Method::none) put("  PREFIX_calibrate(answers);\n");
    put("}\n");
  }

  /// From sums to answers.
  void link() {
    const auto each = [&](std::string_view value) {
      put(fmt::format("  for (k = 0; k < PREFIX_sums; ++k) sums[k] = {};\n", value));
    };
    switch (model_.link) {
      case ExportLink::identity:
      case ExportLink::median:
        break;
      case ExportLink::sigmoid:
        each("PREFIX_sigmoid(sums[k])");
        break;
      case ExportLink::exponential:
        each("PREFIX_exp(sums[k])");
        break;
      case ExportLink::one_versus_all:
        each("-PREFIX_log1p_exp(-sums[k])");
        put("  PREFIX_softmax(sums);\n");
        break;
      case ExportLink::softmax:
        put("  PREFIX_softmax(sums);\n");
        break;
      case ExportLink::share:
        each("sums[k] < 0.0 ? 0.0 : sums[k] > 1.0 ? 1.0 : sums[k]");
        break;
      case ExportLink::finite: {
        const std::string most = literal(std::numeric_limits<double>::max());
        each(fmt::format("sums[k] < -{0} ? -{0} : sums[k] > {0} ? {0} : sums[k]", most));
        break;
      }
      case ExportLink::crowdedness:
        each(fmt::format("PREFIX_exp({} * (sums[k] > 0.0 ? sums[k] : 0.0))", literal(model_.scale)));
        break;
      case ExportLink::mapped:
        put("  for (k = 0; k < PREFIX_answers; ++k) {\n"
            "    answers[k] = PREFIX_map_output[k] < 0 ? -INFINITY\n"
            "                     : PREFIX_map_offset[k] + PREFIX_map_factor[k] * "
            "sums[PREFIX_map_output[k]];\n"
            "  }\n  PREFIX_softmax(answers);\n");
        return;
    }
    put(model_.pair() ? "  answers[0] = 1 - sums[0];\n  answers[1] = sums[0];\n"
                      : "  for (k = 0; k < PREFIX_answers; ++k) answers[k] = sums[k];\n");
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
