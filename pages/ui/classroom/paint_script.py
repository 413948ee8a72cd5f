"""What the painting component does in the browser: pointer, keys, drawing, and when it sends."""

from __future__ import annotations

from pages.ui.classroom.paint_cells import CELLS

# Streamlit calls the function again whenever `data` changes, without the cleanup of the call
# before, and makes the elements anew when the page is built otherwise: so what is painted is kept
# at the window, by the picture and the key, and is newer there than what the server knows.
_PAINT = """
export default function({parentElement, data, setStateValue}) {
  const host = parentElement.host || parentElement;
  host.cleanUp?.();
  const {rows, cols} = data;
  const find = (selector) => parentElement.querySelector(selector);
  const [frame, image, canvas, grid] = [".frame", "img", "canvas", "[role=grid]"].map(find);
  const [status, erase, undo, clear] = ["p", ".erase", ".undo", ".clear"].map(find);
  const brushes = [...parentElement.querySelectorAll("[data-brush]")];
  const kept = window.seewhyPaintings ??= new Map();
  if (!kept.has(data.id)) {
    const text = textOf(data.runs);
    kept.set(data.id, {cells: cellsOf(data.runs, rows, cols), past: [], text, sent: text,
      time: 0, size: 1, erases: false, row: 0, col: 0});
    while (kept.size > data.remembered) kept.delete(kept.keys().next().value);
  }
  const state = kept.get(data.id);
  let drawing = null, timer = 0, frames = 0, hover = null;

  // Sending: once a stroke has ended, a few times a second at most, and before anything else is
  // pressed, so that an answer that is handed in holds the last stroke.
  const send = () => {
    clearTimeout(timer);
    timer = 0;
    if (state.text === state.sent) return;
    state.sent = state.text;
    state.time = Date.now();
    setStateValue("painting", {height: rows, width: cols, counts: state.text});
  };
  const later = () => {
    const wait = state.time + data.pause - Date.now();
    if (wait <= 0) send();
    else timer ||= setTimeout(() => { timer = 0; if (!drawing) send(); }, wait);
  };
  const outside = (event) => { if (!event.composedPath().includes(host)) send(); };

  // The keyboard's cells, each a block of the painting's.
  const [tall, wide] = [rows, cols].map((count) => Math.min(count, data.most));
  const edge = (at, count, all) => Math.floor(at * all / count);
  const block = (row, col) => {
    const places = [];
    for (let r = edge(row, tall, rows); r < edge(row + 1, tall, rows); r++) {
      for (let c = edge(col, wide, cols); c < edge(col + 1, wide, cols); c++) {
        places.push(r * cols + c);
      }
    }
    return places;
  };
  const painted = (places) => places.reduce((sum, at) => sum + state.cells[at], 0) / places.length;
  const shape = `${rows} ${cols}`;
  if (grid.dataset.shape !== shape) {
    const spans = (count, all) => Array.from({length: count},
      (_, at) => `${edge(at + 1, count, all) - edge(at, count, all)}fr`).join(" ");
    grid.dataset.shape = shape;
    grid.style.gridTemplate = `${spans(tall, rows)} / ${spans(wide, cols)}`;
    grid.replaceChildren(...Array.from({length: tall}, () => {
      const line = document.createElement("div");
      line.role = "row";
      line.append(...Array.from({length: wide}, () => {
        const cell = document.createElement("div");
        cell.role = "gridcell";
        return cell;
      }));
      return line;
    }));
  }
  const cellAt = (row, col) => grid.children[row].children[col];
  const word = (share) => share === 0 ? "not painted" : share < 0.5 ? "partly painted" : "painted";
  const name = (row, col) => {
    const said = word(painted(block(row, col)));
    return `row ${row + 1}, column ${col + 1}, ${said}`;
  };

  const draw = () => {
    frames = 0;
    const scale = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((n) => n * scale);
    if (!width || !height) return;
    if (canvas.width !== Math.round(width)) canvas.width = Math.round(width);
    if (canvas.height !== Math.round(height)) canvas.height = Math.round(height);
    const pen = canvas.getContext("2d"), style = getComputedStyle(canvas);
    const colour = (of) => style.getPropertyValue(`--st-${of}-color`);
    const x = (col) => Math.round(col * width / cols), y = (row) => Math.round(row * height / rows);
    const at = (row, col) => row >= 0 && col >= 0 && row < rows && col < cols &&
      state.cells[row * cols + col];
    const edges = new Path2D();
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.globalAlpha = 0.45;
    pen.fillStyle = colour("primary");
    for (let row = 0; row <= rows; row++) {
      for (let col = 0; col <= cols; col++) {
        const here = at(row, col);
        if (here) pen.fillRect(x(col), y(row), x(col + 1) - x(col), y(row + 1) - y(row));
        if (!here !== !at(row - 1, col)) {
          edges.moveTo(x(col), y(row));
          edges.lineTo(x(col + 1), y(row));
        }
        if (!here !== !at(row, col - 1)) {
          edges.moveTo(x(col), y(row));
          edges.lineTo(x(col), y(row + 1));
        }
      }
    }
    pen.globalAlpha = 1;
    pen.lineCap = "square";
    if (hover) {
      edges.moveTo((hover.x + radius()) * width / cols, hover.y * height / rows);
      edges.arc(hover.x * width / cols, hover.y * height / rows,
        radius() * width / cols, 0, 2 * Math.PI);
    }
    for (const [of, thick] of [["background", 4], ["text", 1.5]]) {
      pen.strokeStyle = colour(of);
      pen.lineWidth = thick * scale;
      pen.stroke(edges);
    }
  };
  const redraw = () => { frames ||= requestAnimationFrame(draw); };

  const show = (said) => {
    brushes.forEach((each, size) => { each.ariaPressed = String(size === state.size); });
    erase.ariaPressed = String(state.erases);
    const any = state.cells.includes(1);
    // Not `disabled`: a button that takes back the last change would lose the focus by it.
    for (const each of [...brushes, erase]) each.ariaDisabled = String(data.disabled);
    undo.ariaDisabled = String(data.disabled || !state.past.length);
    clear.ariaDisabled = String(data.disabled || !any);
    for (let row = 0; row < tall; row++) {
      for (let col = 0; col < wide; col++) {
        const cell = cellAt(row, col), label = name(row, col);
        if (cell.ariaLabel !== label) cell.ariaLabel = label;
        cell.ariaSelected = String(label.endsWith(", painted"));
        cell.tabIndex = row === state.row && col === state.col ? 0 : -1;
      }
    }
    const count = state.cells.reduce((sum, cell) => sum + cell, 0);
    const share = Math.max(1, Math.round(100 * count / state.cells.length));
    status.textContent = said || (any ? `${share} % of the picture is painted.` :
      data.disabled ? "Nothing is painted." : "Nothing is painted yet.");
    redraw();
  };

  // Every change goes through here: what was there before can be had back.
  const changed = (before, said) => {
    if (before.every((cell, at) => cell === state.cells[at])) return show();
    state.past.push(before);
    if (state.past.length > data.steps) state.past.shift();
    settle(said);
  };
  const settle = (said) => {
    const {cells, text, fewer} = shortened(state.cells, rows, cols, data.longest);
    state.cells = cells;
    state.text = text;
    show(fewer ? "The smallest specks were left out." : said);
    later();
  };

  // Pointer: a touch paints, and outside of the picture it moves the page.
  const radius = () => Math.max(0.5, data.brushes[state.size] * cols * Math.min(1,
    canvas.clientHeight / canvas.clientWidth) / 2);
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return {x: (event.clientX - box.left) / box.width * cols,
      y: (event.clientY - box.top) / box.height * rows};
  };
  const paint = (to) => {
    const high = canvas.clientHeight / rows / (canvas.clientWidth / cols);
    stroke(state.cells, rows, cols, drawing.last, to, radius(), high, drawing.value);
    drawing.last = to;
  };
  const over = (event) => {
    const seen = event.pointerType !== "touch" && !data.disabled && event.type !== "pointerleave";
    hover = seen ? place(event) : null;
    redraw();
  };
  canvas.onpointerdown = (event) => {
    if (data.disabled || drawing || !event.isPrimary || ![0, 5].includes(event.button)) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    const value = state.erases || event.button === 5 ? 0 : 1;
    drawing = {value, pointer: event.pointerId, before: state.cells.slice(), last: place(event)};
    paint(drawing.last);
    over(event);
  };
  canvas.onpointermove = (event) => {
    if (drawing?.pointer === event.pointerId) {
      const between = event.getCoalescedEvents?.() ?? [];
      for (const each of between.length ? between : [event]) paint(place(each));
    }
    over(event);
  };
  const ended = (event) => {
    if (drawing?.pointer !== event.pointerId) return;
    const {before} = drawing;
    drawing = null;
    changed(before);
  };
  canvas.onpointerup = canvas.onpointercancel = canvas.onlostpointercapture = ended;
  canvas.onpointerleave = over;

  grid.onkeydown = (event) => {
    const steps = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
    const [row, col] = [state.row, state.col];
    let to = null;
    if (event.altKey || event.metaKey) return;
    if (event.key in steps) to = [row + steps[event.key][0], col + steps[event.key][1]];
    else if (event.key === "Home") to = [event.ctrlKey ? 0 : row, 0];
    else if (event.key === "End") to = [event.ctrlKey ? tall - 1 : row, wide - 1];
    else if (event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();  // the page has keys of its own
    if (to) {
      state.row = Math.max(0, Math.min(tall - 1, to[0]));
      state.col = Math.max(0, Math.min(wide - 1, to[1]));
      show(status.textContent);
      cellAt(state.row, state.col).focus();
    } else if (!data.disabled) {
      const places = block(row, col), before = state.cells.slice();
      const value = painted(places) < 0.5 ? 1 : 0;
      for (const at of places) state.cells[at] = value;
      changed(before, `Row ${row + 1}, column ${col + 1}, ${value ? "painted" : "not painted"}.`);
    }
  };
  const press = (button, act) => {
    button.onclick = () => { if (button.ariaDisabled !== "true") act(); };
  };
  brushes.forEach((each, size) => press(each, () => {
    state.size = size;
    show();
  }));
  press(erase, () => {
    state.erases = !state.erases;
    show();
  });
  press(undo, () => {
    state.cells = state.past.pop();
    settle();
  });
  press(clear, () => {
    const before = state.cells;
    state.cells = new Uint8Array(rows * cols);
    changed(before);
  });

  const proportions = () => {
    const ratio = image.naturalWidth ? image.naturalWidth / image.naturalHeight : cols / rows;
    frame.style.setProperty("--ratio", ratio);
    redraw();
  };
  image.onload = proportions;
  if (image.src !== data.picture) image.src = data.picture;
  frame.classList.toggle("off", data.disabled);
  grid.ariaLabel = `${data.label}. Arrow keys move, Space paints or erases.`;
  grid.ariaMultiSelectable = "true";
  grid.ariaReadOnly = grid.ariaDisabled = String(data.disabled);
  const observer = new ResizeObserver(redraw);
  observer.observe(canvas);
  const events = ["pointerdown", "focusin", "visibilitychange"];
  for (const each of events) document.addEventListener(each, outside, true);
  host.cleanUp = () => {
    if (drawing) {
      state.past.push(drawing.before);
      Object.assign(state, shortened(state.cells, rows, cols, data.longest));
    }
    drawing = null;
    clearTimeout(timer);
    cancelAnimationFrame(frames);
    observer.disconnect();
    for (const each of events) document.removeEventListener(each, outside, true);
  };
  proportions();
  show();
  if (state.text !== state.sent) later();
  return host.cleanUp;
}
"""

JS = CELLS + _PAINT
