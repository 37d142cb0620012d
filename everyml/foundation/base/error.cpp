#include "everyml/foundation/base/error.h"

namespace everyml {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::parameter:
      return "parameter";
    case ErrorKind::data:
      return "data";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::format:
      return "format";
    case ErrorKind::resource:
      return "resource";
  }
  return "unknown";
}

}  // namespace everyml
