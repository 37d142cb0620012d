#include "everyml/workflow/select/map.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "everyml/foundation/base/error.h"
#include "tests/support/columns.h"

namespace everyml {
namespace {

using Fit = Territory::Fit;

Column kinds(std::string name, std::size_t rows, const std::function<std::string(std::size_t)>& value) {
  std::vector<std::optional<std::string>> cells;
  for (std::size_t i = 0; i < rows; ++i) cells.emplace_back(value(i));
  return Column::categories(std::move(name), cells);
}

Column texts(std::string name, std::size_t rows, const std::function<std::string(std::size_t)>& value) {
  std::vector<std::optional<std::string>> cells;
  for (std::size_t i = 0; i < rows; ++i) cells.emplace_back(value(i));
  return Column::texts(std::move(name), TextStore::from(cells));
}

Column days(std::string name, std::size_t rows, std::size_t distinct) {
  Buffer<std::int64_t> values(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    values[i] = (19723 + static_cast<std::int64_t>(i % distinct)) * 86400LL * 1000000LL;  // from 2024-01-01
  }
  return Column::dates(std::move(name), std::move(values), false);
}

Column flags(std::string name, std::size_t rows, std::size_t every) {
  Buffer<std::int8_t> values(rows);
  for (std::size_t i = 0; i < rows; ++i) values[i] = i % every == 0;
  return Column::booleans(std::move(name), std::move(values));
}

double wave(std::size_t i) { return std::sin(static_cast<double>(i)) * 10; }

Territory judged(const Table& table, std::string_view name, std::string_view target = "") {
  for (const Territory& territory : map_of_table(table, "file.csv", target)) {
    if (territory.name == name) return territory;
  }
  ADD_FAILURE() << "no territory " << name;
  return {};
}

struct Route {
  const char* what;
  Table table;
  const char* target;
  std::vector<std::string> fit, unfit;
  std::vector<std::string> said;  ///< parts of the reasons of `fit`, in their order
};

std::vector<Route> routes() {
  const auto size = numbers("size", 200, wave),
             weight = numbers("weight", 200, [](std::size_t i) { return wave(i * 3); });
  const auto kind = kinds("kind", 200, [](std::size_t i) { return i % 3 ? "ash" : "oak"; });
  std::vector<Column> pixels;
  for (int j = 0; j < 64; ++j) {
    pixels.push_back(numbers(fmt::format("p{}", j), 60, [=](std::size_t i) {
      return static_cast<double>((i * 7 + static_cast<std::size_t>(j)) % 17);
    }));
  }
  std::vector<Column> labelled = pixels;
  labelled.push_back(
      kinds("digit", 60, [](std::size_t i) { return std::string(1, static_cast<char>('a' + i % 10)); }));
  return {
      {"a category as target",
       Table({size, weight, kind}),
       "kind",
       {"classification", "clustering"},
       {"regression"},
       {"2 labels"}},
      {"a boolean as target",
       Table({size, flags("paid", 200, 4)}),
       "paid",
       {"classification"},
       {"regression"},
       {"true or false"}},
      {"a quantity as target",
       Table({kind, weight, size}),
       "size",
       {"regression"},
       {"classification"},
       {"regression"}},
      {"labels written as numbers",
       Table({size, numbers("grade", 200, [](std::size_t i) { return static_cast<double>(i % 4); })}),
       "grade",
       {"classification"},
       {"regression"},
       {"4 whole values"}},
      {"no target, both are possible",
       Table({size, kind}),
       "",
       {"classification", "regression", "clustering"},
       {"text", "forecasting", "images", "recommendation"},
       {"\"kind\"", "\"size\"", "200 rows"}},
      {"too few rows to group",
       Table({numbers("size", 5, wave), numbers("weight", 5, wave)}),
       "",
       {},
       {"clustering", "anomalies", "neural networks"},
       {}},
      {"running text",
       Table({texts("review", 50,
                    [](std::size_t i) { return fmt::format("it was number {} and quite good", i); }),
              flags("liked", 50, 2)}),
       "liked",
       {"text", "classification"},
       {"forecasting"},
       {"7 words", "liked"}},
      {"single words are no text",
       Table({texts("code", 50, [](std::size_t i) { return fmt::format("x{}", i); }),
              numbers("size", 50, wave)}),
       "",
       {},
       {"text"},
       {}},
      {"dates and amounts",
       Table({days("day", 365, 365), numbers("sales", 365, wave)}),
       "",
       {"forecasting"},
       {"rules", "recommendation"},
       {"365 dates from 2024-01-01 to 2024-12-30"}},
      {"dates and the amount is the target",
       Table({days("day", 100, 100), numbers("sales", 100, wave)}),
       "sales",
       {"forecasting", "regression"},
       {},
       {"\"sales\" says how much", "sales"}},
      {"a few dates only",
       Table({days("day", 100, 4), numbers("sales", 100, wave)}),
       "",
       {},
       {"forecasting"},
       {}},
      {"baskets",
       Table({numbers("basket", 300, [](std::size_t i) { return static_cast<double>(i / 5); }),
              kinds("item", 300, [](std::size_t i) { return fmt::format("thing {}", i % 23); })}),
       "",
       {"rules"},
       {"recommendation", "forecasting"},
       {"60 values of \"basket\""}},
      {"many flags",
       Table({flags("bread", 90, 2), flags("milk", 90, 3), flags("eggs", 90, 5)}),
       "",
       {"rules"},
       {"recommendation", "dimension reduction"},
       {"\"bread\", \"milk\" and \"eggs\""}},
      {"ratings",
       Table({numbers("user", 600, [](std::size_t i) { return static_cast<double>(i % 50); }),
              kinds("film", 600, [](std::size_t i) { return fmt::format("film {}", i % 41); }),
              numbers("stars", 600, [](std::size_t i) { return static_cast<double>(1 + i % 5); })}),
       "",
       {"recommendation"},
       {"images"},
       {"50 different \"user\" rate 41 different \"film\" with \"stars\" from 1 to 5"}},
      {"who and what without a mark",
       Table({kinds("user", 600, [](std::size_t i) { return fmt::format("u{}", i % 50); }),
              kinds("film", 600, [](std::size_t i) { return fmt::format("film {}", i % 41); })}),
       "",
       {"rules"},
       {"recommendation"},
       {}},
      {"pictures by name",
       Table({texts("file", 40, [](std::size_t i) { return fmt::format("cats/{}.jpg", i); }),
              flags("cat", 40, 2)}),
       "cat",
       {"images", "classification"},
       {"text", "neural networks"},
       {"cats/0.jpg"}},
      {"pixels",
       Table(labelled),
       "digit",
       {"images", "classification", "dimension reduction"},
       {"forecasting"},
       {"8 x 8", "10 labels"}},
      {"many rows",
       Table({numbers("x", 5000, wave), numbers("y", 5000, [](std::size_t i) { return wave(i + 1); })}),
       "y",
       {"neural networks", "trees and ensembles", "regression", "anomalies"},
       {"dimension reduction"},
       {"5000 rows"}},
      {"a log of tries",
       Table({kinds("state", 100, [](std::size_t i) { return i % 2 ? "left" : "right"; }),
              kinds("action", 100, [](std::size_t i) { return i % 3 ? "stay" : "go"; }),
              numbers("reward", 100, wave)}),
       "",
       {"reinforcement"},
       {"text"},
       {"100 rows"}},
  };
}

TEST(MapRouting, EachTableFindsItsTerritoriesWithAReason) {
  for (const Route& route : routes()) {
    SCOPED_TRACE(route.what);
    for (std::size_t i = 0; i < route.fit.size(); ++i) {
      const Territory territory = judged(route.table, route.fit[i], route.target);
      EXPECT_EQ(territory.fit, Fit::fits) << route.fit[i] << ": " << territory.reason;
      if (i >= route.said.size()) continue;
      EXPECT_NE(territory.reason.find(route.said[i]), std::string::npos) << territory.reason;
    }
    for (const std::string& name : route.unfit) {
      const Territory territory = judged(route.table, name, route.target);
      EXPECT_EQ(territory.fit, Fit::does_not_fit) << name << ": " << territory.reason;
    }
    for (const Territory& territory : map_of_table(route.table, "file.csv", route.target)) {
      ASSERT_FALSE(territory.reason.empty()) << territory.name;
      EXPECT_EQ(territory.reason.back(), '.') << territory.reason;
    }
  }
}

TEST(MapRouting, WorkingTerritoriesComeFirstAndSayWhatToType) {
  const auto map = map_of_table(routes()[0].table, "trees.csv", "kind");
  EXPECT_EQ(map.front().name, "classification");
  EXPECT_EQ(map.front().next, "everyml learn trees.csv --target kind");
  bool fits = true;
  for (const Territory& territory : map) {
    EXPECT_TRUE(fits || territory.fit != Fit::fits) << "fitting ones come first";
    fits = territory.fit == Fit::fits;
  }
  EXPECT_THROW(map_of_table(routes()[0].table, "trees.csv", "knd"), DataError);
}

TEST(MapRouting, WhatToTypeIsSafeInAShell) {
  const Table table({numbers("size", 200, wave), kinds("x; rm -rf $HOME", 200, [](std::size_t i) {
                       return std::string(i % 3 ? "ash" : "oak");
                     })});
  const auto map = map_of_table(table, "my trees.csv", "x; rm -rf $HOME");
  EXPECT_EQ(map.front().next, "everyml learn 'my trees.csv' --target 'x; rm -rf $HOME'");
}

TEST(MapRouting, AnEmptyTableFitsNothing) {
  for (const Territory& territory : map_of_table(Table({numbers("size", 0, wave)}), "file.csv", "")) {
    EXPECT_NE(territory.fit, Fit::fits) << territory.name;
  }
}

TEST(Map, TerritoriesTellWhatWorksAndWhatIsToCome) {
  for (const Territory& territory : map_of_learning()) {
    EXPECT_EQ(territory.fit, Fit::unknown);
    EXPECT_FALSE(territory.question.empty());
    if (territory.name == "clustering") {
      EXPECT_EQ(territory.algorithms, std::vector<std::string>{"k-means"});
      EXPECT_EQ(territory.not_yet.size(), 4U);
    }
    if (territory.name == "reinforcement") {
      EXPECT_EQ(territory.not_yet.front(), "Q-learning");
    }
  }
}

}  // namespace
}  // namespace everyml
