// A line of the last hour. What it says stands beside it in words.

import { Component, h } from "./dom.js";
import { MINUTES } from "./tallies.js";

const WIDTH = 116;
const HEIGHT = 34;
/** Loaded once, after what is to be read stands there. */
const library = import("./uPlot.esm.js").then(({ default: uPlot }) => uPlot);
const dark = matchMedia("(prefers-color-scheme: dark)");
const MINUTE = Array.from({ length: MINUTES }, (_, at) => at);

/** `series`: what was taken, and what was refused. */
export class Spark extends Component {
  componentDidMount() {
    this.recolour = () => this.plot?.redraw();
    dark.addEventListener("change", this.recolour);
    library.then((uPlot) => {
      if (this.gone) return;
      const colour = (name) => () => getComputedStyle(this.place).getPropertyValue(name);
      const line = (stroke, fill) => ({ stroke: colour(stroke), fill: fill && colour(fill), width: 1.5, points: { show: false } });
      this.plot = new uPlot({
        width: WIDTH, height: HEIGHT,
        padding: [3, 1, 1, 1],
        legend: { show: false },
        cursor: { show: false },
        axes: [{ show: false }, { show: false }],
        scales: { x: { time: false }, y: { range: (_, _low, high) => [0, Math.max(high, 4)] } },
        series: [{}, line("--spark", "--spark-fill"), line("--spark-bad")],
      }, this.data(), this.place);
    }).catch(() => {});
  }

  componentDidUpdate() {
    this.plot?.setData(this.data());
  }

  /** No line where nothing was refused. */
  data() {
    const [taken, refused] = this.props.series;
    return [MINUTE, taken, refused.map((n, at) => (n > 0 || refused[at - 1] > 0 || refused[at + 1] > 0 ? n : null))];
  }

  componentWillUnmount() {
    this.gone = true;
    dark.removeEventListener("change", this.recolour);
    this.plot?.destroy();
  }

  render() {
    return h("div", { class: "spark", "aria-hidden": "true", ref: (place) => place && (this.place = place) });
  }
}
