//! Charts: figures in, a drawing out.

mod axes;
mod calendar;
mod frame;
mod legend;
mod line;
mod marks;
mod path;
mod readout;
mod scale;
mod series;
mod shares;
mod spark;
mod thin;
mod waterfall;

pub use axes::Caption;
pub use legend::Legend;
pub use line::{Ground, LineChart, LineFigure};
pub use marks::Mark;
pub use readout::Unit;
pub use series::Series;
pub use shares::shares;
pub use spark::Spark;
pub use waterfall::{Step, StepKind, Waterfall, WaterfallFigure};
