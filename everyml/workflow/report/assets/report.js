// Puts an interactive chart in the place of each drawing. Words from the data reach the page only as text: in the charts
// as SVG text, in tooltips through textContent.
(() => {
  "use strict";
  const block = document.getElementById("charts");
  if (!block || typeof everymlCharts === "undefined") return;
  const charts = JSON.parse(block.textContent);
  const live = [];
  const styles = getComputedStyle(document.documentElement);
  const variable = (name) => styles.getPropertyValue(name).trim();
  const color = (k) => variable(k < 7 ? `--c${k}` : "--mark");
  const plain = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
  const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

  const figure = (axis, value) => {
    if (value === null || value === undefined) return "–";
    if (axis.percent) return `${plain.format(Math.round(value * 1000) / 10)} %`;
    if (axis.scale === "date") {
      const moment = new Date(value / 1000).toISOString();
      return moment.endsWith("T00:00:00.000Z") ? moment.slice(0, 10) : moment.slice(0, 16).replace("T", " ");
    }
    return Math.abs(value) >= 1e4 ? whole.format(value) : plain.format(value);
  };

  // A tooltip: lines of a name and a value.
  const tip = (lines) => {
    const box = document.createElement("div");
    for (const [name, value, k] of lines) {
      const line = box.appendChild(document.createElement("div"));
      if (k !== undefined) line.appendChild(document.createElement("i")).style.background = color(k);
      line.appendChild(document.createElement("span")).textContent = name;
      if (value !== undefined) line.appendChild(document.createElement("b")).textContent = value;
    }
    return box;
  };

  const axisOption = (axis, isX, font, labelsAbove) => {
    const quiet = { show: false };
    const option = {
      name: axis.title, nameLocation: isX ? "middle" : axis.scale === "category" ? "start" : "end",
      nameGap: isX ? 26 : labelsAbove ? 30 : 14,
      nameTextStyle: { color: variable("--ink-2"), fontFamily: font, fontSize: 12, align: isX ? "center" : "left" },
      axisLine: { show: false, onZero: false }, axisTick: quiet,
      axisLabel: { color: variable("--ink-2"), fontFamily: font, fontSize: 12, hideOverlap: true },
      splitLine: { lineStyle: { color: variable("--line") } },
    };
    if (axis.scale === "category") {
      Object.assign(option, { type: "category", data: axis.labels, inverse: !isX, splitLine: quiet });
      Object.assign(option.axisLabel, { interval: 0, width: isX ? 70 : 136, overflow: "truncate", ellipsis: "…" });
      return option;
    }
    const at = axis.ticks.map((tick) => tick[0]);
    const labels = new Map(axis.ticks);
    Object.assign(option, { type: "value", min: axis.range[0], max: axis.range[1] });
    Object.assign(option.axisLabel, { customValues: at, formatter: (value) => labels.get(value) ?? figure(axis, value) });
    option.axisTick = { show: false, customValues: at };
    if (axis.hidden) Object.assign(option, { axisLabel: quiet, splitLine: quiet });
    return option;
  };

  // One function per kind of mark: our series to one of ECharts.
  const marks = {
    line: (s) => ({
      type: "line", data: s.x.map((x, i) => [x, s.y[i]]), showSymbol: false, symbol: "circle", symbolSize: 7,
      lineStyle: { width: 2.2, type: s.dashed ? "dashed" : "solid" },
    }),
    // A category axis knows whole places only: what lies beside one is moved by pixels.
    points: (s, _font, chart) => ({
      type: "scatter", data: s.x.map((x, i) => chart.y.scale !== "category" || Number.isInteger(s.y[i]) ? [x, s.y[i]]
        : { value: [x, Math.round(s.y[i])], symbolOffset: [0, 30 * (s.y[i] - Math.round(s.y[i]))] }), symbolSize: s.faint ? 5 : 10,
      itemStyle: { opacity: s.faint ? 0.45 : 1 },
    }),
    bars: (s) => ({
      type: "bar", data: s.x.map((x, i) => [x, s.y[i]]), barMaxWidth: 18, barGap: "-100%", itemStyle: { borderRadius: 2 },
    }),
    band: (s) => ({
      type: "custom", silent: true, clip: true, data: [[s.x[0], s.low[0]]],
      renderItem: (_, api) => ({
        type: "polygon",
        shape: {
          points: [...s.x.map((x, i) => api.coord([x, s.high[i]])), ...s.x.map((x, i) => api.coord([x, s.low[i]])).reverse()],
        },
        style: { fill: color(s.color), opacity: 0.16 },
      }),
    }),
    columns: (s) => ({
      type: "custom", clip: true, data: s.low.map((low, i) => [(low + s.high[i]) / 2, s.y[i]]),
      renderItem: (params, api) => {
        const i = params.dataIndex, [left, top] = api.coord([s.low[i], s.y[i]]), [right, bottom] = api.coord([s.high[i], 0]);
        return {
          type: "rect", shape: { x: left + 0.5, y: top, width: Math.max(0.5, right - left - 1), height: Math.max(0, bottom - top) },
          style: { fill: color(s.color) },
        };
      },
    }),
    ranges: (s) => ({
      type: "custom", silent: true, clip: true, data: s.y.map((y, i) => [s.low[i], y]),
      renderItem: (params, api) => {
        const i = params.dataIndex, [left, y] = api.coord([s.low[i], s.y[i]]), [right] = api.coord([s.high[i], s.y[i]]);
        const stroke = { stroke: color(s.color), lineWidth: 1.6, opacity: s.faint ? 0.6 : 1 };
        const line = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style: stroke });
        return { type: "group", children: [line(left, y, right, y), line(left, y - 4, left, y + 4), line(right, y - 4, right, y + 4)] };
      },
    }),
    cells: (s, font) => ({
      type: "custom", data: s.x.map((x, i) => [x, s.y[i]]),
      renderItem: (params, api) => {
        const i = params.dataIndex, [x, y] = api.coord([s.x[i], s.y[i]]), [width, height] = api.size([1, 1]);
        return {
          type: "group",
          children: [
            { type: "rect", shape: { x: x - width / 2 + 1, y: y - height / 2 + 1, width: width - 2, height: height - 2, r: 3 },
              style: { fill: color(s.color), opacity: 0.06 + 0.94 * s.high[i] } },
            { type: "text", silent: true,
              style: { text: s.notes[i], x, y, align: "center", verticalAlign: "middle", fontSize: 13, fontFamily: font,
                       fill: variable(s.high[i] > 0.5 ? "--paper" : "--ink") } },
          ],
        };
      },
    }),
  };

  const itemLines = (chart, s, i) => {
    if (s.kind === "cells") {
      return [[chart.y.title, chart.y.labels[s.y[i]]], [chart.x.title, chart.x.labels[s.x[i]]],
              ["rows", s.notes[i]], ["of this row", `${plain.format(Math.round(s.high[i] * 1000) / 10)} %`]];
    }
    if (s.notes) return [[s.notes[i]]];
    const category = chart.y.scale === "category";
    return [[category ? chart.y.labels[Math.round(s.y[i])] : chart.y.title, category ? figure(chart.x, s.x[i]) : figure(chart.y, s.y[i]), s.color],
            ...(category ? [] : [[chart.x.title, figure(chart.x, s.x[i])]])];
  };

  const lineLines = (chart, params) => {
    const first = params.find((p) => chart.series[p.seriesIndex]?.kind === "line");
    if (!first) return [];
    const lines = [[chart.x.title, figure(chart.x, chart.series[first.seriesIndex].x[first.dataIndex])]];
    for (const p of params) {
      const s = chart.series[p.seriesIndex];
      if (s?.kind === "line") lines.push([s.name || chart.y.title, figure(chart.y, s.y[p.dataIndex]), s.color]);
    }
    const band = chart.series.find((s) => s.kind === "band");
    if (band) {
      const i = first.dataIndex;
      lines.push([band.name, `${figure(chart.y, band.low[i])} to ${figure(chart.y, band.high[i])}`]);
    }
    return lines;
  };

  const optionOf = (chart) => {
    const font = getComputedStyle(document.body).fontFamily;
    const series = chart.series.map((s) => ({
      name: s.name, z: 3, color: color(s.color), itemStyle: { color: color(s.color) }, ...marks[s.kind](s, font, chart),
    }));
    for (const one of series) one.itemStyle = { color: one.color, ...one.itemStyle };
    const grey = { color: variable("--ink-2"), width: 1.2, type: "dashed" };
    if (chart.diagonal) {
      const low = Math.max(chart.x.range[0], chart.y.range[0]), high = Math.min(chart.x.range[1], chart.y.range[1]);
      series.push({ type: "line", data: [[low, low], [high, high]], showSymbol: false, silent: true, z: 2, lineStyle: grey,
                    tooltip: { show: false } });
    }
    if (chart.references.length) {
      series.push({
        type: "line", data: [], silent: true,
        markLine: {
          silent: true, symbol: "none", animation: false, lineStyle: grey,
          data: chart.references.map((r) => ({
            [r.vertical ? "xAxis" : "yAxis"]: r.at,
            label: { formatter: () => r.label, position: r.vertical ? (chart.y.scale === "category" ? "start" : "end") : "insideEndTop", color: variable("--ink-2"),
                     fontFamily: font, fontSize: 12 },
          })),
        },
      });
    }
    const lines = chart.series.some((s) => s.kind === "line") && !chart.series.some((s) => s.notes);
    const labelled = chart.references.some((r) => r.vertical);
    const above = (chart.y.title ? 1 : 0) + (labelled ? 1 : 0);
    const option = {
      animation: false, textStyle: { fontFamily: font },
      grid: { left: 8, right: 18, top: 12 + 18 * above, bottom: chart.x.title ? 30 : 8, containLabel: true },
      xAxis: axisOption(chart.x, true, font), yAxis: axisOption(chart.y, false, font, labelled), series,
      tooltip: {
        trigger: lines ? "axis" : "item", confine: true, className: "tip", borderWidth: 1, padding: [6, 10], transitionDuration: 0,
        backgroundColor: variable("--card"), borderColor: variable("--line"),
        textStyle: { color: variable("--ink"), fontFamily: font, fontSize: 13 },
        axisPointer: { lineStyle: { color: variable("--ink-2"), type: "dashed" } },
        formatter: (params) =>
          Array.isArray(params) ? tip(lineLines(chart, params))
                                : tip(chart.series[params.seriesIndex] ? itemLines(chart, chart.series[params.seriesIndex], params.dataIndex) : []),
      },
    };
    return option;
  };

  const start = (plot) => {
    const chart = charts[Number(plot.dataset.chart)];
    let room = plot.querySelector(".live");
    if (!room) {
      room = document.createElement("div");
      room.className = "live";
      room.setAttribute("role", "img");
      room.setAttribute("aria-label", `${chart.title}. ${chart.description}`);
      plot.appendChild(room);
    }
    plot.classList.add("on");
    try {
      const shown = everymlCharts.init(room, null, { renderer: "svg" });
      shown.setOption(optionOf(chart));
      live.push([plot, shown]);
    } catch (error) {
      // The drawing says the same.
      plot.classList.remove("on");
      room.remove();
    }
  };

  const plots = [...document.querySelectorAll("[data-chart]")];
  plots.forEach(start);
  const sizes = new ResizeObserver((entries) => {
    for (const entry of entries) {
      const found = live.find(([plot]) => plot === entry.target);
      if (found && entry.contentRect.width > 0) found[1].resize();
    }
  });
  plots.forEach((plot) => sizes.observe(plot));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const [, shown] of live.splice(0)) shown.dispose();
    plots.forEach(start);
  });
})();
