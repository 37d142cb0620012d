#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace everyml {

/// The shortest decimal text that reads back to the same double; "nan", "inf", "-inf" for the rest.
std::string format_number(double value);
/// For people: about `digits` significant digits, thousands separated by nothing, no trailing zeros.
std::string format_short(double value, int digits = 4);
/// The whole text as a number; nothing else may follow. No locale. Accepts "nan", "inf", "1e5", "+3".
std::optional<double> parse_number(std::string_view text);

/// The candidate nearest to `word` by edit distance with transpositions, if near enough to be a slip of the
/// finger.
std::optional<std::string> did_you_mean(std::string_view word, std::span<const std::string> candidates);
/// " Did you mean \"age\"?", or up to three candidates that begin with `word` when no slip explains it, or an
/// empty string.
std::string suggestion(std::string_view word, std::span<const std::string> candidates);

/// For messages and terminals: control characters, escapes and broken UTF-8 made visible and harmless,
/// cut to `limit` characters with an ellipsis.
std::string printable(std::string_view text, std::size_t limit = 60);

/// One word for a POSIX shell, whatever the text holds: as it is where no shell reads anything into it, else
/// between single quotes.
std::string shell_word(std::string_view text);

bool valid_utf8(std::string_view text);
std::string_view trim(std::string_view text);
std::string to_lower_ascii(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
/// "a, b and c".
std::string join_and(std::span<const std::string> words);

}  // namespace everyml
