#include <nanobind/nanobind.h>

#include "apps/python/core/entries.h"
#include "apps/python/core/errors.h"
#include "apps/python/core/features.h"
#include "apps/python/core/metrics.h"
#include "apps/python/core/model.h"
#include "apps/python/core/run.h"
#include "apps/python/core/tables.h"
#include "apps/python/core/targets.h"
#include "apps/python/core/trees.h"
#include "apps/python/core/workflow.h"

// The engine as Python sees it: arrays, handles and JSON. What users call is made of it in
// apps/python/everyml.
NB_MODULE(_core, module) {
  using namespace everyml::python;
  // What a program still holds at its end is no leak worth a page of text on its terminal.
  nanobind::set_leak_warnings(false);
  module.attr("version") = EVERYML_VERSION;
  bind_errors(module);
  bind_run(module);
  bind_features(module);
  bind_tables(module);
  bind_model(module);
  bind_targets(module);
  bind_trees(module);
  bind_entries(module);
  bind_metrics(module);
  bind_workflow(module);
}
