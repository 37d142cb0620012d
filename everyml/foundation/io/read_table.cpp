#include "everyml/foundation/io/csv.h"

namespace everyml {

TableRead read_table(const std::string& path, const ReadOptions& options, const Context& context) {
  return read_csv(path, options, context);
}

}  // namespace everyml
