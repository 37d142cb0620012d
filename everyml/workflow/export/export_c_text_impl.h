#pragma once

#include <string>
#include <string_view>

namespace everyml::detail::c_text {

std::string replaced(std::string_view text, std::string_view from, std::string_view to);
/// A double with all its bits.
std::string literal(double value);
/// Any bytes as a literal of C; question marks too, since three characters may mean another.
std::string quoted(std::string_view text);
/// A name within a comment: nothing that could end it.
std::string in_comment(std::string_view text);

// What stands for every model; PREFIX is replaced. The functions are those of everyml, line by line, so that
// the bits are the same.
inline constexpr std::string_view kExp = R"(
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

inline constexpr std::string_view kSigmoid = R"(
static double PREFIX_sigmoid(double x) {
  double e;
  if (x >= 0.0) return 1.0 / (1.0 + PREFIX_exp(-x));
  e = PREFIX_exp(x);
  return e / (1.0 + e);
}
)";

inline constexpr std::string_view kSoftmax = R"(
static void PREFIX_softmax(double* scores) {
  double top = scores[0], sum = 0.0;
  int k;
  for (k = 0; k < PREFIX_answers; ++k) top = scores[k] > top ? scores[k] : top;
  for (k = 0; k < PREFIX_answers; ++k) {
    scores[k] = PREFIX_exp(scores[k] - top);
    sum += scores[k];
  }
  for (k = 0; k < PREFIX_answers; ++k) scores[k] /= sum;
}
)";

// Ascending by answer, then by vote; the first at which half of all votes are reached.
inline constexpr std::string_view kMedian = R"(
static double PREFIX_median(double* answer, double* vote) {
  double all = 0.0, sum = 0.0;
  int i, j;
  for (i = 0; i < PREFIX_trees; ++i) all += vote[i];
  for (i = 1; i < PREFIX_trees; ++i) {
    const double a = answer[i], v = vote[i];
    for (j = i; j > 0 && (answer[j - 1] > a || (answer[j - 1] == a && vote[j - 1] > v)); --j) {
      answer[j] = answer[j - 1];
      vote[j] = vote[j - 1];
    }
    answer[j] = a;
    vote[j] = v;
  }
  for (i = 0; i < PREFIX_trees - 1; ++i) {
    sum += vote[i];
    if (sum >= 0.5 * all) break;
  }
  return answer[i];
}
)";

inline constexpr std::string_view kLog1pExp = R"(
static double PREFIX_log1p_exp(double x) {
  const double y = PREFIX_exp(x > 0.0 ? -x : x), s = y / (2.0 + y), s2 = s * s;
  double q = 0.0;
  int i;
  for (i = 17; i >= 1; --i) q = (q + 1.0 / (2 * i + 1)) * s2;
  return (x > 0.0 ? x : 0.0) + 2.0 * (s + s * q);
}
)";

inline constexpr std::string_view kFindWord = R"(
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

inline constexpr std::string_view kInSet = R"(
static int PREFIX_in_set(int set, double value) {
  const uint32_t begin = PREFIX_set_start[set], words = PREFIX_set_start[set + 1] - begin;
  uint64_t code;
  if (!(value >= 0 && value < 64.0 * (double)words)) return 0;
  code = (uint64_t)value;
  if ((double)code != value) return 0;
  return (int)(PREFIX_set_words[begin + code / 64] >> (code % 64) & 1);
}
)";

inline constexpr std::string_view kWalk = R"(
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

inline constexpr std::string_view kLinear = R"(
  double sum = answerOFFSET;
  uint64_t k;
  for (k = PREFIX_linear_start[leaf]; k < PREFIX_linear_start[leaf + 1]; ++k) {
    sum += PREFIX_linear_coefficient[k] * row[PREFIX_linear_feature[k]];
    if (row[PREFIX_linear_feature[k]] != row[PREFIX_linear_feature[k]]) return answer;
  }
  if (PREFIX_linear_start[leaf + 1] > PREFIX_linear_start[leaf]) return sum;)";

inline constexpr std::string_view kSets = R"( else if (PREFIX_flags[node] & 2) {
      left = PREFIX_in_set((int)PREFIX_threshold[node], value);
    })";

// A tree of many branches. A way ends in the leaf -1 - feature.
inline constexpr std::string_view kFollow = R"(
static int PREFIX_branch_of(int node, const double* row) {
  const double value = row[PREFIX_feature[node]];
  const int first = PREFIX_first_level[node], levels = PREFIX_first_level[node + 1] - first;
  if (value != value) return -1;
  if (levels == 0) return value <= PREFIX_threshold[node] ? 0 : 1;
  if (!(value >= 0 && value < levels)) return -1;
  return PREFIX_branch[first + (int)value];
}

static void PREFIX_follow(const double* row, double* answers) {
  int open[PREFIX_open], count = 1, i, k;
  double share[PREFIX_open], sum = 0.0;
  open[0] = 0;
  share[0] = 1.0;
  for (k = 0; k < PREFIX_answers; ++k) answers[k] = 0.0;
  while (count > 0) {
    int node = open[--count];
    const double part = share[count];
    while (PREFIX_feature[node] >= 0) {
      const int branch = PREFIX_branch_of(node, row), first = PREFIX_first_child[node];
      if (branch < 0) {
        for (i = first; i < PREFIX_first_child[node + 1]; ++i) {
          if (!(PREFIX_share[i] > 0)) continue;
          open[count] = PREFIX_child[i];
          share[count++] = part * PREFIX_share[i];
        }
        break;
      }
      node = PREFIX_child[first + branch];
    }
    if (PREFIX_feature[node] >= 0) continue;
    for (k = 0; k < PREFIX_answers; ++k)
      answers[k] += part * PREFIX_leaf_answer[(-1 - PREFIX_feature[node]) * PREFIX_answers + k];
  }
  for (k = 0; k < PREFIX_answers; ++k) sum += answers[k];
  for (k = 0; k < PREFIX_answers; ++k) answers[k] /= sum;
}
)";

}  // namespace everyml::detail::c_text
