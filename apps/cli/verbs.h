#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/cli/help.h"
#include "apps/cli/session.h"
#include "everyml/foundation/io/csv.h"

namespace everyml::cli {

// Each makes one verb with slots of its own.
Verb map_verb();
Verb doctor_verb();
Verb learn_verb();
/// With the flags of `algorithm`'s settings; an empty or unknown name has only the common ones.
Verb fit_verb(const std::string& algorithm);
Verb predict_verb();
Verb evaluate_verb();
Verb find_verb();
Verb import_verb();
Verb export_verb();
Verb inspect_verb();
Verb list_verb();
Verb describe_verb();
Verb completion_verb(const Program& program);
Verb man_verb(const Program& program);

/// Names of the catalog, in its order.
std::vector<std::string> algorithm_names();

/// How tables are read: flags that most verbs share.
struct Reading {
  std::vector<std::string> types;  ///< "name=category"
  std::string delimiter;
  std::string decimal;
  bool no_header = false;
  bool strict = false;
  std::optional<std::string> missing;
  std::string sql;             ///< a query over the file, which it sees as "data"
  std::vector<SqlTable> with;  ///< further tables of the query

  void add_flags(Verb& verb);
  /// Throws ParameterError "usage.value".
  ReadOptions options() const;
  /// Reads the file, or what the query makes of it. Throws as read_table and read_sql do.
  TableRead read(const std::string& path, Session& session) const;
  /// The same in pieces; the answer of a query comes whole.
  std::unique_ptr<TableStream> stream(const std::string& path, const Schema& schema, Session& session) const;

  /// The files that are read for the one at `path`, and `more`.
  std::vector<std::string> inputs(const std::string& path, std::vector<std::string> more = {}) const;

 private:
  void add_table(const std::string& text);
};

/// "titanic" of "data/titanic.csv.gz"; "table" of "-".
std::string stem_of(const std::string& path);

}  // namespace everyml::cli
