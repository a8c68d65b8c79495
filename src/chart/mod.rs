//! Charts: figures go in, a drawing comes out. Pure: no requests, no database, no clock.
//!
//! A chart is a struct of plain data (`LineChart`, `StackChart`, `FlowChart`, `Waterfall`, `Parts`,
//! `Spark`). Its `figure()` calculates every position and gives a struct that knows how to print
//! itself: an askama template under `templates/chart/`, once wide and once narrow. These structs
//! are `HtmlSafe`, which tells askama that their text is markup already escaped by their own
//! template, so that a page prints them like any value, `{{ bankroll }}`, without `|safe`.
//!
//! Amounts come as exact decimals. They become floats only to find a position on the paper;
//! every amount that is read is either a text from the caller or minor units for the script
//! (`frontend/pages/charts.js`). Colours are classes: `frontend/styles/_charts.scss`.

mod axes;
mod calendar;
mod flow;
mod frame;
mod layers;
mod legend;
mod line;
mod marks;
mod parts;
mod path;
mod period;
mod readout;
mod round;
mod scale;
mod series;
mod shares;
mod sketch;
mod spark;
mod stack;
mod thin;
mod track;
mod waterfall;

pub use axes::Caption;
pub use flow::{Flow, FlowChart, FlowFigure};
pub use legend::Legend;
pub use line::{Ground, LineChart, LineFigure};
pub use marks::Mark;
pub use parts::{DistFigure, Part, Parts, RoundFigure};
pub use period::Period;
pub use readout::Unit;
pub use series::Series;
pub use shares::shares;
pub use spark::Spark;
pub use stack::{StackChart, StackFigure, StackStyle};
pub use track::{Stop, Track, TrackFigure};
pub use waterfall::{Step, StepKind, Waterfall, WaterfallFigure};
