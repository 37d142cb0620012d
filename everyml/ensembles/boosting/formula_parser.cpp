#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "everyml/ensembles/boosting/formula_impl.h"
#include "everyml/foundation/base/error.h"

namespace everyml::boosting_detail {
namespace {

using Op = Formula::Op;
using Step = Formula::Step;

struct Function {
  std::string_view name;
  Op op;
  std::size_t arguments;
};
constexpr std::array kFunctions = {Function{"exp", Op::exp, 1},           Function{"log", Op::log, 1},
                                   Function{"log1p", Op::log1p, 1},       Function{"sqrt", Op::sqrt, 1},
                                   Function{"abs", Op::abs, 1},           Function{"sign", Op::sign, 1},
                                   Function{"tanh", Op::tanh, 1},         Function{"sigmoid", Op::sigmoid, 1},
                                   Function{"softplus", Op::softplus, 1}, Function{"min", Op::smaller, 2},
                                   Function{"max", Op::larger, 2},        Function{"pow", Op::power, 2},
                                   Function{"if", Op::choose, 3}};

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

/// Recursive descent; each rule returns the number of the step that holds its value.
class Parser {
 public:
  Parser(std::string_view text, std::span<const std::string_view> variables)
      : text_(text), variables_(variables) {}

  std::vector<Step> read() {
    if (text_.size() > Formula::kMostCharacters)
      fail(0, fmt::format("a formula has at most {} characters", Formula::kMostCharacters));
    std::uint16_t result = 0;
    for (bool more = true; more;) {
      const auto name = assigned_name();
      result = comparison();
      skip_blanks();
      if (name) {
        names_.emplace_back(*name, result);
        if (!take(";")) fail(at_, "a ; is missing after the value of a name");
        continue;
      }
      take(";");
      skip_blanks();
      if (at_ < text_.size()) fail(at_, fmt::format("'{}' is not expected here", shown(at_)));
      more = false;
    }
    // The result is the last step, whatever was computed in between.
    if (result + 1U != steps_.size()) push({.op = Op::add, .a = result, .b = number(0.0)});
    return std::move(steps_);
  }

 private:
  [[noreturn]] void fail(std::size_t at, const std::string& why) const {
    throw ParameterError(
        "parameter.formula",
        fmt::format("formula: {}, at character {} of \"{}\"", why, at + 1,
                    text_.size() > 120 ? std::string(text_.substr(0, 120)) + "..." : std::string(text_)));
  }
  std::string shown(std::size_t at) const {
    const auto c = static_cast<unsigned char>(text_[at]);
    return c >= 32 && c < 127 ? std::string(1, text_[at]) : fmt::format("byte {}", c);
  }

  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
  }
  bool take(std::string_view token) {
    skip_blanks();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  std::string_view name_at(std::size_t at) const {
    std::size_t end = at;
    while (end < text_.size() && (letter(text_[end]) || (end > at && digit(text_[end])))) ++end;
    return text_.substr(at, end - at);
  }

  /// The name before a single =, which is then read.
  std::optional<std::string_view> assigned_name() {
    skip_blanks();
    const std::size_t begin = at_;
    const std::string_view name = name_at(begin);
    if (name.empty()) return std::nullopt;
    at_ += name.size();
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != '=' || text_.substr(at_, 2) == "==") {
      at_ = begin;
      return std::nullopt;
    }
    ++at_;
    if (find_name(name) || name == "pi" || name == "e")
      fail(begin, fmt::format("{} has a value already", name));
    for (const Function& function : kFunctions) {
      if (function.name == name) fail(begin, fmt::format("{} is a function", name));
    }
    return name;
  }

  std::uint16_t push(const Step& step) {
    if (steps_.size() >= Formula::kMostSteps)
      fail(at_, fmt::format("a formula has at most {} steps", Formula::kMostSteps));
    steps_.push_back(step);
    return static_cast<std::uint16_t>(steps_.size() - 1);
  }
  std::uint16_t number(double value) { return push({.op = Op::number, .number = value}); }
  bool constant(std::uint16_t step) const { return steps_[step].op == Op::number; }

  /// A step of one or two arguments; of constants it is done at once.
  std::uint16_t apply(Op op, std::uint16_t a, std::uint16_t b) {
    if (constant(a) && constant(b)) return number(apply_step(op, steps_[a].number, steps_[b].number, 0));
    return push({.op = op, .a = a, .b = b});
  }

  std::uint16_t power(std::uint16_t base, std::uint16_t exponent) {
    if (!constant(exponent)) {
      // a^b = e^(b log a)
      const std::uint16_t log = apply(Op::log, base, base);
      const std::uint16_t product = apply(Op::multiply, exponent, log);
      return apply(Op::exp, product, product);
    }
    const double p = steps_[exponent].number;
    if (constant(base)) return number(fixed_power(steps_[base].number, p));
    return push({.op = Op::power, .a = base, .number = p});
  }

  struct Deeper {
    explicit Deeper(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > Formula::kMostDepth)
        parser_.fail(parser_.at_, fmt::format("a formula is at most {} levels deep", Formula::kMostDepth));
    }
    ~Deeper() { --parser_.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

   private:
    Parser& parser_;
  };

  std::uint16_t comparison() {
    const Deeper deeper(*this);
    const std::uint16_t left = sum();
    if (take("<=")) return apply(Op::less_equal, left, sum());
    if (take(">=")) return swapped(Op::less_equal, left);
    if (take("==")) return apply(Op::equal, left, sum());
    if (take("!=")) {
      const std::uint16_t same = apply(Op::equal, left, sum());
      return apply(Op::subtract, number(1.0), same);
    }
    if (take("<")) return apply(Op::less, left, sum());
    if (take(">")) return swapped(Op::less, left);
    return left;
  }
  std::uint16_t swapped(Op op, std::uint16_t left) {
    const std::uint16_t right = sum();
    return apply(op, right, left);
  }

  std::uint16_t sum() {
    std::uint16_t left = product();
    while (true) {
      if (take("+")) {
        left = apply(Op::add, left, product());
      } else if (take("-")) {
        left = apply(Op::subtract, left, product());
      } else {
        return left;
      }
    }
  }

  std::uint16_t product() {
    std::uint16_t left = signed_power();
    while (true) {
      if (take("*")) {
        left = apply(Op::multiply, left, signed_power());
      } else if (take("/")) {
        left = apply(Op::divide, left, signed_power());
      } else {
        return left;
      }
    }
  }

  std::uint16_t signed_power() {
    const Deeper deeper(*this);
    if (take("-")) {
      const std::uint16_t inner = signed_power();
      return apply(Op::negate, inner, inner);
    }
    if (take("+")) return signed_power();
    const std::uint16_t base = atom();
    if (!take("^")) return base;
    const std::uint16_t exponent = signed_power();
    return power(base, exponent);
  }

  std::uint16_t atom() {
    skip_blanks();
    if (at_ >= text_.size()) fail(at_, "the formula ends too early");
    if (take("(")) {
      const std::uint16_t inner = comparison();
      if (!take(")")) fail(at_, "a ) is missing");
      return inner;
    }
    if (digit(text_[at_]) || text_[at_] == '.') return literal();
    const std::string_view name = name_at(at_);
    if (name.empty()) fail(at_, fmt::format("'{}' is not expected here", shown(at_)));
    const std::size_t begin = at_;
    at_ += name.size();
    skip_blanks();
    if (at_ < text_.size() && text_[at_] == '(') return call(name, begin);
    if (const auto found = find_name(name)) return *found;
    if (name == "pi") return number(3.141592653589793);
    if (name == "e") return number(2.718281828459045);
    fail(begin, fmt::format("there is no variable {}; known are {}", name, known_names()));
  }

  std::uint16_t literal() {
    double value = 0;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc() || !std::isfinite(value)) fail(at_, "this is no number that can be held");
    at_ += static_cast<std::size_t>(end - begin);
    return number(value);
  }

  std::uint16_t call(std::string_view name, std::size_t begin) {
    const Function* function = nullptr;
    for (const Function& each : kFunctions) {
      if (each.name == name) function = &each;
    }
    if (function == nullptr) fail(begin, fmt::format("there is no function {}", name));
    take("(");
    std::array<std::uint16_t, 3> argument{};
    for (std::size_t i = 0; i < function->arguments; ++i) {
      if (i > 0 && !take(",")) fail(at_, fmt::format("{} takes {} arguments", name, function->arguments));
      argument[i] = comparison();
    }
    if (!take(")")) fail(at_, fmt::format("{} takes {} arguments", name, function->arguments));
    if (function->op == Op::power) return power(argument[0], argument[1]);
    if (function->op == Op::choose)
      return push({.op = Op::choose, .a = argument[0], .b = argument[1], .c = argument[2]});
    return apply(function->op, argument[0], function->arguments == 1 ? argument[0] : argument[1]);
  }

  std::optional<std::uint16_t> find_name(std::string_view name) {
    for (const auto& [known, step] : names_) {
      if (known == name) return step;
    }
    for (std::size_t v = 0; v < variables_.size(); ++v) {
      if (variables_[v] != name) continue;
      const std::uint16_t step = push({.op = Op::variable, .a = static_cast<std::uint16_t>(v)});
      names_.emplace_back(name, step);  // one step however often it is named
      return step;
    }
    return std::nullopt;
  }
  std::string known_names() const {
    std::string list;
    for (const std::string_view name : variables_) list += (list.empty() ? "" : ", ") + std::string(name);
    return list;
  }

  std::string_view text_;
  std::span<const std::string_view> variables_;
  std::size_t at_ = 0, depth_ = 0;
  std::vector<Step> steps_;
  std::vector<std::pair<std::string_view, std::uint16_t>> names_;
};

}  // namespace

std::vector<Step> parse_formula(std::string_view text, std::span<const std::string_view> variables) {
  return Parser(text, variables).read();
}

}  // namespace everyml::boosting_detail
