#include "everyml/workflow/artifact/artifact.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/io/atomic_file.h"

namespace everyml {
namespace {

void save_calibration(const Calibration& calibration, ArchiveWriter archive) {
  archive.integer("method", static_cast<std::int64_t>(calibration.method));
  if (calibration.method == Calibration::Method::sigmoid) {
    archive.array("slope", calibration.slope);
    archive.array("offset", calibration.offset);
  } else if (calibration.method == Calibration::Method::isotonic) {
    for (std::size_t k = 0; k < calibration.classes; ++k) {
      archive.array(fmt::format("knots.{}", k), calibration.knots[k]);
      archive.array(fmt::format("levels.{}", k), calibration.levels[k]);
    }
  }
}

Calibration load_calibration(const ArchiveReader& archive, std::size_t classes) {
  Calibration calibration;
  calibration.method = static_cast<Calibration::Method>(archive.integer("method", 0, 2));
  if (calibration.method == Calibration::Method::none) return calibration;
  if (classes == 0) archive.refuse("method", "must be none without classes");
  calibration.classes = classes;
  if (calibration.method == Calibration::Method::sigmoid) {
    calibration.slope = archive.finite_doubles("slope", classes);
    calibration.offset = archive.finite_doubles("offset", classes);
    return calibration;
  }
  for (std::size_t k = 0; k < classes; ++k) {
    const std::string knots_key = fmt::format("knots.{}", k), levels_key = fmt::format("levels.{}", k);
    const std::size_t size = archive.doubles(knots_key).size();
    std::vector<double> knots = archive.finite_doubles(knots_key, size);
    std::vector<double> levels = archive.finite_doubles(levels_key, size);
    if (knots.empty() || !std::is_sorted(knots.begin(), knots.end())) {
      archive.refuse(knots_key, "must hold at least one number, ascending");
    }
    if (!std::is_sorted(levels.begin(), levels.end()) || levels.front() < 0 || levels.back() > 1) {
      archive.refuse(levels_key, "must ascend between 0 and 1");
    }
    calibration.knots.push_back(std::move(knots));
    calibration.levels.push_back(std::move(levels));
  }
  return calibration;
}

Conformal load_conformal(const ArchiveReader& archive) {
  Conformal conformal;
  conformal.scores = archive.finite_doubles("scores", archive.doubles("scores").size());
  if (!std::is_sorted(conformal.scores.begin(), conformal.scores.end()) ||
      (!conformal.scores.empty() && conformal.scores.front() < 0)) {
    archive.refuse("scores", "must ascend from 0 or above");
  }
  return conformal;
}

/// The text of a JSON object.
std::string load_object(const ArchiveReader& archive, std::string_view key) {
  const Json value = archive.json(key);
  if (!value.is_object()) archive.refuse(key, "must be an object");
  return write_json(value);
}

void check_labels(const Artifact& artifact, const ArchiveReader& archive) {
  std::vector<std::string> names = artifact.class_names;
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) {
    archive.refuse("classes", "must not name a class twice");
  }
  for (const std::string& name : artifact.class_names) {
    if (artifact.label_kind == ColumnKind::number && !parse_number(name)) {
      archive.refuse("classes", "must be numbers when the labels are");
    }
    if (artifact.label_kind == ColumnKind::boolean && name != "true" && name != "false") {
      archive.refuse("classes", "must be true and false when the labels are booleans");
    }
  }
}

/// An artifact of several targets, see targets.h.
void check_targets(const Artifact& artifact, const ArchiveReader& archive) {
  const auto classes = artifact.model.target_classes();
  const bool of_classes = !classes.front().empty();
  if (artifact.target_kind != (of_classes ? Target::Kind::classes : Target::Kind::numbers))
    archive.refuse("target_kind", "must be that of the model's targets");
  if (!artifact.class_names.empty()) archive.refuse("classes", "must be empty beside several targets");
  if (artifact.threshold_set) archive.refuse("threshold_set", "must be false beside several targets");
  if (!artifact.conformal.scores.empty()) archive.refuse("conformal", "must be empty beside several targets");
  const Json metadata = parse_json(artifact.metadata_json, "metadata of the model");
  const auto list = metadata.find("targets");
  if (list == metadata.end() || !list->is_array() || list->size() != classes.size())
    archive.refuse("metadata", "must name each target");
  for (std::size_t t = 0; t < classes.size(); ++t) {
    const Json& one = (*list)[t];
    if (!one.is_object() || !one.contains("name") || !one["name"].is_string() || !one.contains("labels") ||
        !one["labels"].is_number_integer())
      archive.refuse("metadata", "must name each target");
    const auto kind = one["labels"].get<std::int64_t>();
    if (kind < 0 || kind > static_cast<std::int64_t>(ColumnKind::date))
      archive.refuse("metadata", "must say what the labels of each target are");
    Artifact as_one{.label_kind = static_cast<ColumnKind>(kind), .class_names = classes[t]};
    check_labels(as_one, archive);
  }
}

/// The parts must answer together: the encoder's features are the model's, its classes are the file's.
void check_parts(const Artifact& artifact, const ArchiveReader& archive) {
  const AnyModel& model = artifact.model;
  if (model.feature_count() != artifact.encoder.feature_count()) {
    archive.refuse("model", fmt::format("reads {} features but the encoder makes {}", model.feature_count(),
                                        artifact.encoder.feature_count()));
  }
  if (!model.target_classes().empty()) return check_targets(artifact, archive);
  switch (artifact.target_kind) {
    case Target::Kind::classes: {
      if (!model.can(Capability::probabilities))
        archive.refuse("target_kind", "asks for classes of a model without");
      const std::span<const std::string> names = model.class_names();
      if (artifact.class_names.empty() ||
          !std::equal(names.begin(), names.end(), artifact.class_names.begin(), artifact.class_names.end())) {
        archive.refuse("classes", "must be those of the model");
      }
      break;
    }
    case Target::Kind::numbers:
      if (!model.can(Capability::values))
        archive.refuse("target_kind", "asks for numbers of a model without");
      break;
    case Target::Kind::none:
      if (!model.can(Capability::assign) && !model.can(Capability::transform) &&
          !model.can(Capability::anomaly)) {
        archive.refuse("target_kind", "asks for clusters of a model without");
      }
      break;
  }
  if (artifact.target_kind != Target::Kind::classes && !artifact.class_names.empty()) {
    archive.refuse("classes", "must be empty without a target of classes");
  }
  if (artifact.threshold_set && artifact.class_names.size() != 2) {
    archive.refuse("threshold_set", "must be false unless there are two classes");
  }
}

const Entry& find_algorithm(const std::string& name, const std::string& file, const Registry& registry) {
  try {
    return registry.find(name);
  } catch (const ParameterError&) {
    throw FormatError(
        "model.unknown_algorithm",
        fmt::format("{}: the file holds a model of \"{}\", an algorithm that this version does not know",
                    printable(file), printable(name)));
  }
}

}  // namespace

std::string Artifact::bytes() const {
  ArchiveWriter archive;
  archive.text("algorithm", algorithm);
  archive.json("settings", parse_json(settings_json, "settings of the model"));
  archive.text("target_name", target_name);
  archive.integer("target_kind", static_cast<std::int64_t>(target_kind));
  archive.integer("label_kind", static_cast<std::int64_t>(label_kind));
  archive.strings("classes", class_names);
  archive.number("threshold", threshold);
  archive.boolean("threshold_set", threshold_set);
  ArchiveWriter encoder_part = archive.scope("encoder");
  encoder.save(encoder_part);
  ArchiveWriter model_part = archive.scope("model");
  model.save(model_part);
  save_calibration(calibration, archive.scope("calibration"));
  archive.scope("conformal").array("scores", conformal.scores);
  archive.json("metadata", parse_json(metadata_json, "metadata of the model"));
  return archive.bytes();
}

Artifact Artifact::from_bytes(std::string bytes, const std::string& name, const Registry& registry) {
  const ArchiveReader archive = ArchiveReader::from_bytes(std::move(bytes), name);
  Artifact artifact;
  artifact.algorithm = archive.text("algorithm");
  const Entry& entry = find_algorithm(artifact.algorithm, name, registry);
  artifact.settings_json = load_object(archive, "settings");
  try {
    entry.make().set_json(parse_json(artifact.settings_json, name));
  } catch (const ParameterError& error) {
    archive.refuse("settings", error.what());
  }
  artifact.target_name = archive.text("target_name");
  artifact.target_kind = static_cast<Target::Kind>(archive.integer("target_kind", 0, 2));
  artifact.label_kind =
      static_cast<ColumnKind>(archive.integer("label_kind", 0, static_cast<std::int64_t>(ColumnKind::date)));
  artifact.class_names = archive.strings("classes");
  check_labels(artifact, archive);
  artifact.threshold = archive.number("threshold", 0, std::nextafter(1.0, 2.0));
  artifact.threshold_set = archive.boolean("threshold_set");
  artifact.encoder = Encoder::load(archive.scope("encoder"));
  artifact.model = entry.load(archive.scope("model"));
  artifact.calibration = load_calibration(archive.scope("calibration"), artifact.class_names.size());
  artifact.conformal = load_conformal(archive.scope("conformal"));
  artifact.metadata_json = load_object(archive, "metadata");
  check_parts(artifact, archive);
  return artifact;
}

Artifact Artifact::load(const std::string& path, const Registry& registry) {
  return from_bytes(read_file(path), path, registry);
}

void Artifact::save(const std::string& path, bool overwrite) const {
  write_file_atomically(path, bytes(), {.overwrite = overwrite});
}

}  // namespace everyml
