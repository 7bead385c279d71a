//! How far a long command has come: a bar at a terminal, a line now and then
//! elsewhere.

use std::io::Write;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// After so many a line is written.
const LINE_EACH: usize = 1000;

pub(super) enum Progress<'e> {
    Bar(ProgressBar),
    Lines { to: &'e mut dyn Write, done: usize, all: usize },
}

impl<'e> Progress<'e> {
    pub(super) fn new(all: usize, is_terminal: bool, to: &'e mut dyn Write) -> Self {
        if !is_terminal {
            return Self::Lines { to, done: 0, all };
        }
        let length = u64::try_from(all).unwrap_or(u64::MAX);
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
        // A template that cannot be read leaves the bar as it is.
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos} of {len}, {eta} left") {
            bar.set_style(style);
        }
        Self::Bar(bar)
    }

    pub(super) fn advance(&mut self, by: usize) {
        match self {
            Self::Bar(bar) => bar.inc(u64::try_from(by).unwrap_or(u64::MAX)),
            Self::Lines { to, done, all } => {
                let before = *done;
                *done += by;
                if *done / LINE_EACH > before / LINE_EACH {
                    // Nobody reads it where standard error is gone.
                    drop(writeln!(to, "{done} of {all}"));
                }
            }
        }
    }

    pub(super) fn end(self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_terminal_there_is_a_line_for_every_thousand() {
        let mut lines = Vec::new();
        let mut progress = Progress::new(2600, false, &mut lines);
        for _ in 0..13 {
            progress.advance(200);
        }
        progress.end();
        assert_eq!(String::from_utf8(lines).unwrap(), "1000 of 2600\n2000 of 2600\n");
    }
}
