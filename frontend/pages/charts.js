// Charts answer to pointer and keys. The server has drawn them; this adds a cursor, a tip and a spoken value,
// and moves nothing. Amounts are whole minor units from the first to the last step: no floats.

const SVG = "http://www.w3.org/2000/svg";
const DAY = 86_400_000;
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const SPACE = 14;

function make(name, className, ...children) {
  const element = document.createElement(name);
  element.className = className;
  element.append(...children);
  return element;
}

function draw(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function swatch(className) {
  const svg = draw("svg", { viewBox: "0 0 8 8", width: 8, height: 8 });
  svg.append(draw("rect", { class: className, width: 8, height: 8, rx: 2 }));
  return svg;
}

function clamp(value, low, high) {
  return Math.max(low, Math.min(value, high));
}

/** `-123456n` as `−€1,234.56`, with the user's marks; signed amounts have a `+` too, and `±` for nothing. */
function amount(minor, [prefix, suffix, decimals, group, point], signed) {
  const digits = (minor < 0n ? -minor : minor).toString().padStart(decimals + 1, "0");
  const cut = digits.length - decimals;
  const whole = digits.slice(0, cut).replace(/\B(?=(\d{3})+$)/g, group);
  const plus = minor === 0n ? "±" : "+";
  const sign = minor < 0n ? "−" : signed ? plus : "";
  return sign + prefix + whole + (decimals ? point + digits.slice(cut) : "") + suffix;
}

function dateText(time, period) {
  const date = new Date(time);
  const year = date.getUTCFullYear();
  const month = MONTHS[date.getUTCMonth()];
  if (period === "year") return `${year}`;
  if (period === "quarter") return `Q${Math.floor(date.getUTCMonth() / 3) + 1} ${year}`;
  if (period === "month") return `${month} ${year}`;
  return `${WEEKDAYS[date.getUTCDay()]} ${date.getUTCDate()} ${month} ${year}`;
}

/** Differences to values; what is not known stays so and does not count. */
function summed(steps) {
  let value = 0n;
  return steps.map((step) => (step === null ? null : (value += BigInt(step))));
}

function visibleDrawing(box) {
  return [...box.querySelectorAll(".chart, .dist")].find((svg) => svg.getBoundingClientRect().width > 0);
}

/** A chart over time: one place for every day or bar. */
class Plot {
  constructor(box, data) {
    this.box = box;
    this.data = data;
    this.series = data.series.map((one) => ({ ...one, values: summed(one.minor) }));
    this.count = this.series[0]?.values.length ?? 0;
    const steps = data.steps ?? Array(Math.max(this.count - 1, 0)).fill(1);
    this.offsets = [0];
    for (const step of steps) this.offsets.push(this.offsets.at(-1) + step);
    this.first = Date.parse(data.first);
  }

  frame() {
    const svg = visibleDrawing(this.box);
    if (!svg?.dataset.plot) return null;
    const [left, top, right, bottom, low, high] = svg.dataset.plot.split(" ").map(Number);
    return {
      svg,
      left,
      top,
      right,
      bottom,
      low,
      high,
      scale: svg.getBoundingClientRect().width / svg.viewBox.baseVal.width,
    };
  }

  x(at, { left, right }) {
    const last = this.offsets.at(-1);
    const share = this.data.kind === "bars" ? (at + 0.5) / this.count : last ? this.offsets[at] / last : 0.5;
    return left + share * (right - left);
  }

  /** The place nearest to a pointer. */
  at(event) {
    const frame = this.frame();
    if (!frame) return -1;
    const pointer = (event.clientX - frame.svg.getBoundingClientRect().left) / frame.scale;
    const share = clamp((pointer - frame.left) / (frame.right - frame.left), 0, 1);
    if (this.data.kind === "bars") return Math.min(Math.floor(share * this.count), this.count - 1);
    const offset = share * this.offsets.at(-1);
    const after = this.offsets.findIndex((day) => day >= offset);
    if (after < 1) return Math.max(after, 0);
    return offset - this.offsets[after - 1] < this.offsets[after] - offset ? after - 1 : after;
  }

  /** Draws the cursor, and says where the tip belongs. */
  mark(at) {
    const frame = this.frame();
    if (!frame) return null;
    const { svg, top, bottom, low, high, scale } = frame;
    const x = this.x(at, frame);
    const unit = 10 ** this.data.unit[2];
    const y = (minor) => bottom - ((Number(minor) / unit - low) / (high - low)) * (bottom - top);
    const group = draw("g", { class: "callout" });
    let lowest = top;
    if (this.data.kind === "bars") {
      const width = (frame.right - frame.left) / this.count;
      group.append(draw("rect", { class: "chart-band", x: x - width / 2, width, y: top, height: bottom - top }));
    } else {
      group.append(draw("line", { class: "chart-cursor", x1: x, x2: x, y1: top, y2: bottom }));
      // What is below zero is stacked downwards.
      let [up, down] = [0n, 0n];
      for (const { values, class: own } of this.series) {
        if (values[at] === null || own === "c-base") continue;
        const className = this.data.result && !this.data.difference && values[at] < 0n ? "neg" : own;
        const value = values[at];
        const level = !this.data.total ? value : value < 0n ? (down += value) : (up += value);
        lowest = y(level);
        group.append(draw("circle", { class: `chart-dot ${className}`, cx: x, cy: lowest, r: 4.5 }));
      }
    }
    svg.append(group);
    const single = this.data.kind === "line" && this.series.length - (this.data.difference ? 1 : 0) === 1;
    return { x: x * scale, y: (single ? lowest : top) * scale, svg, remove: () => group.remove() };
  }

  lines(at) {
    const { unit, period, partial = {}, total, result, difference, estimated = [] } = this.data;
    const guess = estimated.some(([from, to]) => from <= at && at <= to) ? ", estimated" : "";
    const part = partial[at] ? `, ${partial[at]}` : "";
    const lines = [make("span", "tip-date", dateText(this.first + this.offsets[at] * DAY, period) + part + guess)];
    const colour = (value) => (value < 0n ? "neg" : value > 0n ? "pos" : "");
    const word = (value) => result[value < 0n ? 1 : 0];
    const known = this.series.filter(({ values }) => values[at] !== null);
    if (!known.length) return [...lines, make("span", "tip-value", "Not known")];
    const shown = difference ? known.slice(0, 1) : known;
    if (total) {
      const sum = known.reduce((before, { values }) => before + values[at], 0n);
      lines.push(make("span", "tip-value", amount(sum, unit)));
    }
    if (result && !difference) {
      const value = shown[0].values[at];
      lines.push(make("span", `tip-value ${colour(value)}`, amount(value, unit, true)));
      lines.push(make("span", "tip-profit", word(value)));
    } else if (this.series.length === 1 || difference) {
      lines.push(make("span", "tip-value", amount(shown[0].values[at], unit)));
    } else {
      for (const { name, values, class: className } of total ? shown.filter(({ values }) => values[at]) : shown) {
        lines.push(
          make("span", "tip-key", swatch(className), make("span", "", name), make("b", "", amount(values[at], unit))),
        );
      }
    }
    if (difference && known.length === 2) {
      const value = known[0].values[at] - known[1].values[at];
      lines.push(make("span", "tip-profit", `${word(value)} `, make("b", colour(value), amount(value, unit, true))));
    }
    return lines;
  }
}

/** Parts of a whole: one place for every part. */
class Parts {
  constructor(box, data) {
    this.box = box;
    this.parts = data.parts;
    this.count = data.parts.length;
  }

  at(event) {
    const part = event.target.closest("[data-part]");
    return part ? Number(part.dataset.part) : -1;
  }

  mark(at, event) {
    const svg = visibleDrawing(this.box);
    const shape = svg?.querySelector(`[data-part="${at}"]`);
    if (!shape) return null;
    this.box.classList.add("has-on");
    shape.classList.add("is-on");
    const remove = () => {
      this.box.classList.remove("has-on");
      shape.classList.remove("is-on");
    };
    const frame = svg.getBoundingClientRect();
    const box = shape.getBoundingClientRect();
    const x = (event ? event.clientX : box.left + box.width / 2) - frame.left;
    const y = (event ? event.clientY : box.top + box.height / 2) - frame.top;
    return { x, y, svg, remove };
  }

  lines(at) {
    const [name, text, share] = this.parts[at];
    const lines = [make("span", "tip-date", name), make("span", "tip-value", text || share)];
    return text ? [...lines, make("span", "tip-profit", share)] : lines;
  }
}

function place(tip, box, { x, y, svg }) {
  const frame = svg.getBoundingClientRect();
  const home = box.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = tip;
  const side = x + SPACE + width <= frame.width ? x + SPACE : x - SPACE - width;
  const under = y + SPACE + height <= frame.height ? y + SPACE : Math.max(frame.height, height) - height;
  const left = clamp(side, 0, Math.max(frame.width - width, 0)) + frame.left - home.left;
  tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(under + frame.top - home.top)}px)`;
}

/** The same name without the browser's own tip, which would cover ours. */
function rename(title) {
  const svg = title.parentNode;
  svg.ariaLabel = title.textContent;
  svg.removeAttribute("aria-labelledby");
  const text = svg.querySelector("desc");
  if (text) svg.setAttribute("aria-describedby", text.id);
  title.remove();
}

function start(box) {
  if ("ready" in box.dataset) return;
  box.dataset.ready = "";
  const data = JSON.parse(box.dataset.chart);
  const view = data.kind === "parts" ? new Parts(box, data) : new Plot(box, data);
  if (!view.count) return;
  const name = box.querySelector("title")?.textContent ?? "Parts";
  box.querySelectorAll("svg > title").forEach(rename);
  const tip = make("div", "chart-tip");
  tip.hidden = true;
  tip.ariaHidden = "true";
  const spoken = make("div", "visually-hidden");
  spoken.ariaLive = "polite";
  box.append(tip, spoken);
  box.tabIndex = 0;
  box.setAttribute("role", "application");
  box.ariaLabel = `${name}: step through with the arrow keys`;
  let current = -1;
  let marked = null;

  function hide() {
    marked?.remove();
    marked = null;
    tip.hidden = true;
    current = -1;
  }

  function show(at, event) {
    if (at < 0) return hide();
    if (at === current && data.kind !== "parts") return;
    hide();
    marked = view.mark(at, event);
    if (!marked) return;
    current = at;
    tip.replaceChildren(...view.lines(at));
    tip.hidden = false;
    place(tip, box, marked);
    if (!event) spoken.textContent = [...tip.children].map((line) => line.textContent).join(", ");
  }

  const point = (event) => show(view.at(event), event);
  box.addEventListener("pointermove", point);
  box.addEventListener("pointerdown", point);
  box.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hide());
  box.addEventListener("blur", hide);
  box.addEventListener("keydown", (event) => {
    const last = view.count - 1;
    const steps = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: last };
    if (event.key === "Escape") hide();
    if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(current < 0 && event.key !== "Home" ? last : clamp(steps[event.key], 0, last));
  });
  document.addEventListener("pointerdown", (event) => box.contains(event.target) || hide());
  // The first call says only that it is watched.
  let watched = false;
  new ResizeObserver(() => {
    if (watched) hide();
    watched = true;
  }).observe(box);
}

function startAll(root) {
  for (const box of root.querySelectorAll("[data-chart]")) start(box);
}

startAll(document);
document.addEventListener("htmx:load", (event) => startAll(event.detail.elt.parentNode ?? document));
