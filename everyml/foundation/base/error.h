#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace everyml {

/// The five kinds of failure. Every exception that leaves the library is an `Error` of one of them.
enum class ErrorKind {
  parameter,    ///< a setting, flag or argument is wrong
  data,         ///< the user's table does not allow what was asked
  unsupported,  ///< asked of something that cannot do it
  format,       ///< bytes that are not what they claim to be
  resource,     ///< memory, time, disk, or a stop asked from outside
};

std::string_view to_string(ErrorKind kind);

/// Base of all errors. `what()` is one sentence for a person: what was wrong, where, and what would be right.
/// `code()` is stable across versions and meant for programs, for example "data.column_missing".
class Error : public std::runtime_error {
 public:
  /// `code` must outlive the error: pass a string literal.
  Error(ErrorKind kind, std::string_view code, const std::string& sentence)
      : std::runtime_error(sentence), kind_(kind), code_(code) {}

  ErrorKind kind() const { return kind_; }
  std::string_view code() const { return code_; }

 private:
  ErrorKind kind_;
  std::string_view code_;
};

struct ParameterError : Error {
  ParameterError(std::string_view code, const std::string& sentence)
      : Error(ErrorKind::parameter, code, sentence) {}
};
struct DataError : Error {
  DataError(std::string_view code, const std::string& sentence) : Error(ErrorKind::data, code, sentence) {}
};
struct UnsupportedError : Error {
  UnsupportedError(std::string_view code, const std::string& sentence)
      : Error(ErrorKind::unsupported, code, sentence) {}
};
struct FormatError : Error {
  FormatError(std::string_view code, const std::string& sentence)
      : Error(ErrorKind::format, code, sentence) {}
};
struct ResourceError : Error {
  ResourceError(std::string_view code, const std::string& sentence)
      : Error(ErrorKind::resource, code, sentence) {}
};

}  // namespace everyml
