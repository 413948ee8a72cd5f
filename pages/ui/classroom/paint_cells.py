"""What the browser does with the cells of a painting: strokes, run lengths, fewer specks."""

from __future__ import annotations

CELLS = """
// Cells lie row by row in a Uint8Array, 1 where they are painted; run lengths go column by column.
const runsOf = (cells, rows, cols) => {
  const runs = [];
  let value = 0, run = 0;
  for (let col = 0; col < cols; col++) {
    for (let row = 0; row < rows; row++) {
      if (cells[row * cols + col] !== value) {
        runs.push(run);
        run = 0;
        value = 1 - value;
      }
      run++;
    }
  }
  return [...runs, run];
};

const cellsOf = (runs, rows, cols) => {
  const cells = new Uint8Array(rows * cols);
  let at = 0, value = 0;
  for (const run of runs) {
    for (const end = at + run; at < end; at++) {
      cells[(at % rows) * cols + Math.floor(at / rows)] = value;
    }
    value = 1 - value;
  }
  return cells;
};

// COCO's compressed text: from the fourth number on differences to the one before the last, in
// signed groups of five bits, the lowest first, each with whether more follow.
const textOf = (runs) => {
  let text = "";
  runs.forEach((run, at) => {
    let value = at > 2 ? run - runs[at - 2] : run, ended = false;
    while (!ended) {
      const bits = value & 31;
      value >>= 5;
      ended = value === (bits & 16 ? -1 : 0);
      text += String.fromCharCode(48 + bits + (ended ? 0 : 32));
    }
  });
  return text;
};

// Paint, or erase, every cell whose middle lies within a radius of the way between two points, and
// the cells of the points themselves. All is in widths of a cell; `tall` is the height of one.
const stroke = (cells, rows, cols, from, to, radius, tall, value) => {
  const [dx, dy] = [to.x - from.x, (to.y - from.y) * tall];
  const long = dx * dx + dy * dy || 1;
  const low = (a, b, r, most) => Math.max(0, Math.min(most - 1, Math.floor(Math.min(a, b) - r)));
  const high = (a, b, r, most) => Math.max(0, Math.min(most - 1, Math.floor(Math.max(a, b) + r)));
  const [top, bottom] = [low, high].map((end) => end(from.y, to.y, radius / tall, rows));
  const [left, right] = [low, high].map((end) => end(from.x, to.x, radius, cols));
  for (let row = top; row <= bottom; row++) {
    for (let col = left; col <= right; col++) {
      const [x, y] = [col + 0.5 - from.x, (row + 0.5 - from.y) * tall];
      const share = Math.max(0, Math.min(1, (x * dx + y * dy) / long));
      if (Math.hypot(x - share * dx, y - share * dy) <= radius) cells[row * cols + col] = value;
    }
  }
  for (const {x, y} of [from, to]) {
    if (x >= 0 && y >= 0 && x < cols && y < rows) {
      cells[Math.floor(y) * cols + Math.floor(x)] = value;
    }
  }
};

// The areas of cells of one value that touch side by side, as lists of places.
const areasOf = (cells, rows, cols, value) => {
  const seen = new Uint8Array(cells.length), areas = [];
  for (let start = 0; start < cells.length; start++) {
    if (seen[start] || cells[start] !== value) continue;
    const area = [start];
    seen[start] = 1;
    for (let next = 0; next < area.length; next++) {
      const at = area[next], col = at % cols;
      const sides = [col ? at - 1 : -1, col < cols - 1 ? at + 1 : -1];
      for (const beside of [at - cols, at + cols, ...sides]) {
        if (beside < 0 || beside >= cells.length) continue;
        if (seen[beside] || cells[beside] !== value) continue;
        seen[beside] = 1;
        area.push(beside);
      }
    }
    areas.push(area);
  }
  return areas;
};

// Leave out specks until the run lengths are short enough: painted ones, the smallest first, then
// holes; if lines are too fine, blocks of cells become what most of their cells are.
const shortened = (cells, rows, cols, longest) => {
  let text = textOf(runsOf(cells, rows, cols));
  if (text.length <= longest) return {cells, text, fewer: false};
  const kept = cells.slice();
  for (const value of [1, 0]) {
    const areas = areasOf(kept, rows, cols, value).sort((one, two) => one.length - two.length);
    for (const area of areas.slice(0, -1)) {
      for (const at of area) kept[at] = 1 - value;
      text = textOf(runsOf(kept, rows, cols));
      if (text.length <= longest) return {cells: kept, text, fewer: true};
    }
  }
  for (let block = 2; text.length > longest; block *= 2) {
    for (let top = 0; top < rows; top += block) {
      for (let left = 0; left < cols; left += block) {
        const places = [];
        for (let row = top; row < Math.min(rows, top + block); row++) {
          for (let col = left; col < Math.min(cols, left + block); col++) {
            places.push(row * cols + col);
          }
        }
        const painted = places.reduce((sum, at) => sum + cells[at], 0);
        for (const at of places) kept[at] = 2 * painted >= places.length ? 1 : 0;
      }
    }
    text = textOf(runsOf(kept, rows, cols));
  }
  return {cells: kept, text, fewer: true};
};
"""
"""Functions of the painting component's script; they know no page."""
