#pragma once

/// The whole library behind one include: read a table, learn, keep the artifact, answer for new rows.
///
///   everyml::Context context;
///   auto read = everyml::read_table("titanic.csv", {}, context);
///   auto result = everyml::learn(read.table, {.target = "survived"}, read.notes, context);
///   result.artifact.save("titanic.everyml", /*overwrite=*/true);
///   everyml::Table answers = everyml::predict(result.artifact, read.table, {}, context);
///
/// Headers of single algorithms, such as everyml/classical/linear/ridge.h, are included besides where they
/// are used by name. This header pulls in no third party but the forward declarations of the JSON tree.

#include "everyml/foundation/base/context.h"     // IWYU pragma: export
#include "everyml/foundation/base/error.h"       // IWYU pragma: export
#include "everyml/foundation/data/dataset.h"     // IWYU pragma: export
#include "everyml/foundation/data/splits.h"      // IWYU pragma: export
#include "everyml/foundation/data/table.h"       // IWYU pragma: export
#include "everyml/foundation/io/csv.h"           // IWYU pragma: export
#include "everyml/foundation/model/registry.h"   // IWYU pragma: export
#include "everyml/workflow/artifact/artifact.h"  // IWYU pragma: export
#include "everyml/workflow/catalog/catalog.h"    // IWYU pragma: export
#include "everyml/workflow/encode/encoder.h"     // IWYU pragma: export
#include "everyml/workflow/select/learn.h"       // IWYU pragma: export
