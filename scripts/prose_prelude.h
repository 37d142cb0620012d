// What the programs of the pages on algorithms take as given: `data` (iris, classes), `numbers` (iris, the
// width of the petals as the target), `x` (features of `data`) and `more_rows`. Included by check_prose.py
// alone.
#include <everyml/everyml.h>

#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

inline everyml::Dataset iris(bool classes) {
  const everyml::Context context;
  const everyml::Table table = everyml::read_table("examples/data/iris.csv", {}, context).table;
  const std::size_t rows = table.rows(), columns = 3;
  everyml::Dataset data;
  everyml::Buffer<double> cells(rows * columns), widths(rows);
  everyml::Buffer<std::int32_t> codes(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      cells.data()[row * columns + column] = table.column(column).number(row);
    }
    widths.data()[row] = table.column(columns).number(row);
    codes.data()[row] = static_cast<std::int32_t>(row / 50);
  }
  data.features = everyml::Features::dense(std::move(cells), rows, columns);
  data.target = classes ? everyml::Target::classes(std::move(codes), {"setosa", "versicolor", "virginica"})
                        : everyml::Target::numbers(std::move(widths));
  return data;
}
