//! Writes the `d` of a path: relative steps in tenths of a pixel, because they compress best.

use super::frame::{Px, Tenths};

/// A path under construction. Every point is rounded before the step to it is taken,
/// so rounding never adds up.
#[derive(Debug, Default)]
pub(super) struct Path {
    d: String,
    at: (i32, i32),
    command: char,
}

impl Path {
    /// Lifts the pen and puts it down at a point.
    pub(super) fn start(&mut self, x: f64, y: f64) {
        self.at = (Px(x).tenths(), Px(y).tenths());
        self.command = 'M';
        self.put('M', &[self.at.0, self.at.1]);
    }

    /// Draws a line to a point.
    pub(super) fn line(&mut self, x: f64, y: f64) {
        let to = (Px(x).tenths(), Px(y).tenths());
        self.step('l', &[to.0 - self.at.0, to.1 - self.at.1]);
        self.at = to;
    }

    /// Draws level to a column.
    pub(super) fn level(&mut self, x: f64) {
        let to = Px(x).tenths();
        self.step('h', &[to - self.at.0]);
        self.at.0 = to;
    }

    /// Draws straight up or down to a height.
    pub(super) fn upright(&mut self, y: f64) {
        let to = Px(y).tenths();
        self.step('v', &[to - self.at.1]);
        self.at.1 = to;
    }

    /// Goes back to where the pen was put down.
    pub(super) fn close(&mut self) {
        self.d.push('z');
        self.command = 'z';
    }

    /// A dot of the line's own width, for a point that has no neighbour.
    pub(super) fn dot(&mut self, x: f64, y: f64) {
        self.start(x, y);
        self.step('h', &[0]);
    }

    pub(super) fn finish(self) -> String {
        self.d
    }

    fn step(&mut self, command: char, by: &[i32]) {
        if self.command == command {
            self.numbers(by, true);
        } else {
            self.command = command;
            self.put(command, by);
        }
    }

    fn put(&mut self, command: char, numbers: &[i32]) {
        self.d.push(command);
        self.numbers(numbers, false);
    }

    fn numbers(&mut self, numbers: &[i32], mut apart: bool) {
        for &number in numbers {
            if apart && number >= 0 {
                self.d.push(' ');
            }
            apart = true;
            self.d.push_str(&Tenths(number).to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_relative_and_short() {
        let mut path = Path::default();
        path.start(4.0, 78.5);
        path.line(5.6, 78.7);
        path.line(7.2, 78.0);
        path.upright(180.0);
        path.level(4.0);
        path.close();
        path.dot(9.0, 9.0);
        assert_eq!(path.finish(), "M4 78.5l1.6 .2 1.6-.7v102h-3.2zM9 9h0");
    }

    #[test]
    fn rounding_does_not_add_up() {
        let mut path = Path::default();
        path.start(0.0, 0.0);
        for step in 1..=100 {
            path.line(f64::from(step) * 0.04, 0.0);
        }
        assert_eq!(path.at.0, 40);
    }
}
