#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "everyml/foundation/params/param.h"

namespace everyml {

/// One row of a settings declaration: the default stands on the member, everything else stands here.
///
///   static constexpr auto fields() {
///     return std::tuple{Field{&Ridge::alpha, "alpha", "Strength of the penalty.", at_least(0.0)}, ...};
///   }
///
/// Member types: bool, int, std::int64_t, std::uint64_t, double, std::string, an enum with `choices_of`,
/// std::optional of these, std::vector<double>, std::vector<std::string>, or another settings struct (its
/// rows get the prefix "name.", or none where the row's name is empty, which is how two algorithms share
/// rows).
template <class S, class T>
struct Field {
  T S::* member;
  std::string_view name;
  std::string_view help;
  Range range{};
};
template <class S, class T>
Field(T S::*, std::string_view, std::string_view) -> Field<S, T>;
template <class S, class T>
Field(T S::*, std::string_view, std::string_view, Range) -> Field<S, T>;

/// A rule over several members: `rules()` returns an array of these.
template <class S>
struct Rule {
  bool (*holds)(const S&);
  std::string_view sentence;
};

/// Names of an enum's values. Each enum used in settings has, in its own namespace,
/// `constexpr auto choices_of(E) { return std::array{Choice{E::a, "a"}, ...}; }`.
template <class E>
struct Choice {
  E value;
  std::string_view name;
};
template <class E>
Choice(E, std::string_view) -> Choice<E>;

template <class E>
  requires std::is_enum_v<E>
constexpr std::string_view name_of(E value) {
  for (const auto& choice : choices_of(value)) {
    if (choice.value == value) return choice.name;
  }
  return "";
}

namespace field_detail {

/// Converts to anything, to count how many initialisers an aggregate takes.
struct Anything {
  template <class T>
  operator T() const;  // NOLINT: never defined, only named in unevaluated operands
};

template <class S, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires { S{(static_cast<void>(I), Anything{})...}; };
}
template <class S, std::size_t N = 0>
constexpr std::size_t member_count() {
  static_assert(N < 64, "a settings struct has at most 63 members");
  if constexpr (takes<S>(std::make_index_sequence<N + 1>{})) {
    return member_count<S, N + 1>();
  } else {
    return N;
  }
}

template <class T>
concept Nested = requires { T::fields(); };

template <class T>
struct Unwrap {
  using type = T;
  static constexpr bool optional = false;
};
template <class T>
struct Unwrap<std::optional<T>> {
  using type = T;
  static constexpr bool optional = true;
};

template <class T>
constexpr ParamType type_of() {
  if constexpr (std::is_same_v<T, bool>)
    return ParamType::boolean;
  else if constexpr (std::is_enum_v<T>)
    return ParamType::choice;
  else if constexpr (std::is_integral_v<T>)
    return ParamType::integer;
  else if constexpr (std::is_floating_point_v<T>)
    return ParamType::number;
  else if constexpr (std::is_same_v<T, std::string>)
    return ParamType::text;
  else if constexpr (std::is_same_v<T, std::vector<double>>)
    return ParamType::numbers;
  else {
    static_assert(std::is_same_v<T, std::vector<std::string>>, "this member type cannot be a setting");
    return ParamType::texts;
  }
}

template <class T>
ParamValue to_value(const T& value) {
  if constexpr (std::is_enum_v<T>)
    return std::string(name_of(value));
  else if constexpr (std::is_same_v<T, bool>)
    return value;
  else if constexpr (std::is_integral_v<T>)
    return static_cast<std::int64_t>(value);
  else if constexpr (std::is_floating_point_v<T>)
    return static_cast<double>(value);
  else
    return value;
}

template <class T>
T from_value(const ParamValue& value) {
  if constexpr (std::is_enum_v<T>) {
    for (const auto& choice : choices_of(T{})) {
      if (choice.name == std::get<std::string>(value)) return choice.value;
    }
    return T{};
  } else if constexpr (std::is_same_v<T, bool>) {
    return std::get<bool>(value);
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(std::get<std::int64_t>(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(std::get<double>(value));
  } else {
    return std::get<T>(value);
  }
}

/// Narrows a range to what the member's type can hold, so that no text is ever wrapped around.
template <class T>
constexpr Range range_of(Range range) {
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    constexpr double kExact = 9007199254740992.0;
    const double low = std::max(static_cast<double>(std::numeric_limits<T>::min()), -kExact);
    const double high = std::min(static_cast<double>(std::numeric_limits<T>::max()), kExact);
    if (range.low < low) range.low = low;
    if (range.high > high) range.high = high;
  }
  return range;
}

template <class Root, class S, class Access>
void append(std::vector<Param>& out, const std::string& prefix, Access access) {
  static_assert(member_count<S>() == std::tuple_size_v<decltype(S::fields())>,
                "every member of a settings struct needs one row in fields()");
  std::apply(
      [&](const auto&... field) {
        [[maybe_unused]] const auto one = [&](const auto& row) {
          using Member = std::remove_cvref_t<decltype(std::declval<S&>().*(row.member))>;
          const auto member = row.member;
          const auto reach = [access, member](auto* settings) -> auto& {
            return (*access(settings)).*member;
          };
          if constexpr (Nested<Member>) {
            append<Root, Member>(out, row.name.empty() ? prefix : prefix + std::string(row.name) + ".",
                                 [reach](auto* settings) { return &reach(settings); });
          } else {
            using Inner = typename Unwrap<Member>::type;
            Param param;
            param.name = prefix + std::string(row.name);
            param.help = std::string(row.help);
            param.type = type_of<Inner>();
            param.optional = Unwrap<Member>::optional;
            param.range = range_of<Inner>(row.range);
            if constexpr (std::is_enum_v<Inner>) {
              for (const auto& choice : choices_of(Inner{})) param.choices.emplace_back(choice.name);
            }
            param.get = [reach](const void* settings) -> ParamValue {
              const Member& value = reach(static_cast<const Root*>(settings));
              if constexpr (Unwrap<Member>::optional) {
                return value ? to_value<Inner>(*value) : ParamValue{};
              } else {
                return to_value<Inner>(value);
              }
            };
            param.set = [reach](void* settings, const ParamValue& value) {
              Member& place = reach(static_cast<Root*>(settings));
              if constexpr (Unwrap<Member>::optional) {
                if (std::holds_alternative<std::monostate>(value)) {
                  place.reset();
                  return;
                }
              }
              place = from_value<Inner>(value);
            };
            out.push_back(std::move(param));
          }
        };
        (one(field), ...);
      },
      S::fields());
}

}  // namespace field_detail

/// The settings of S as the faces see them; made once. Thread-safe.
template <class S>
const ParamSet& describe() {
  static const ParamSet set = [] {
    ParamSet made;
    made.owner = std::string(S::name);
    field_detail::append<S, S>(made.params, "", [](auto* settings) { return settings; });
    const S defaults{};
    for (Param& param : made.params) param.default_value = param.get(&defaults);
    if constexpr (requires { S::rules(); }) {
      for (const auto& rule : S::rules()) {
        const auto holds = rule.holds;
        made.rules.push_back({std::string(rule.sentence), [holds](const void* settings) {
                                return holds(*static_cast<const S*>(settings));
                              }});
      }
    }
    return made;
  }();
  return set;
}

/// What every `fit` calls first: throws the ParameterError of the first setting out of its range.
template <class S>
void validate(const S& settings) {
  describe<S>().validate(&settings);
}

}  // namespace everyml
