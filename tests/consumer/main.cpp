#include <everyml/everyml.h>

#include <iostream>

int main(int argc, char** argv) try {
  const everyml::Context context;
  const everyml::TableRead read = everyml::read_table(argc > 1 ? argv[1] : "titanic.csv", {}, context);
  const everyml::LearnOptions options{.target = "survived", .only = {"naive-bayes"}, .folds = 3};
  const everyml::LearnResult result = everyml::learn(read.table, options, read.notes, context);
  result.artifact.save("titanic.everyml", /*overwrite=*/true);

  const auto artifact = everyml::Artifact::load("titanic.everyml", everyml::catalog());
  const everyml::Table first = read.table.slice(0, 5);
  std::cout << result.sentence << "\n" << everyml::write_csv(everyml::predict(artifact, first, {}, context));
} catch (const everyml::Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
