//! How far an import has come: a bar at a terminal, a line now and then in a log.

use std::io::Write;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How many lines of the file one line of the log stands for.
const LINES_PER_LINE: u64 = 10_000;

pub(super) enum Progress {
    Bar(ProgressBar),
    Log { next: u64 },
}

impl Progress {
    /// Shows a bar where somebody sits at the terminal; `bytes` is the size of
    /// the file, where it has one.
    pub(super) fn new(at_terminal: bool, bytes: Option<u64>) -> Self {
        if !at_terminal {
            return Self::Log { next: LINES_PER_LINE };
        }
        let bar = ProgressBar::with_draw_target(bytes, ProgressDrawTarget::stderr());
        let template = match bytes {
            Some(_) => "{bar:30} {percent:>3} %  {msg}  {eta} left",
            None => "{spinner} {msg}",
        };
        // What cannot be drawn so is drawn as the crate draws it.
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        Self::Bar(bar)
    }

    /// Shows that so much has been read.
    pub(super) fn at(&mut self, lines: u64, bytes: u64, errors: &mut dyn Write) -> std::io::Result<()> {
        match self {
            Self::Bar(bar) => {
                bar.set_position(bytes);
                bar.set_message(format!("{lines} lines"));
            }
            Self::Log { next } => {
                if lines >= *next {
                    writeln!(errors, "{lines} lines so far")?;
                    *next = (lines / LINES_PER_LINE + 1) * LINES_PER_LINE;
                }
            }
        }
        Ok(())
    }

    /// Writes a line of its own.
    pub(super) fn say(&self, line: &str, errors: &mut dyn Write) -> std::io::Result<()> {
        match self {
            Self::Bar(bar) => bar.suspend(|| writeln!(errors, "{line}")),
            Self::Log { .. } => writeln!(errors, "{line}"),
        }
    }

    pub(super) fn end(self) {
        match self {
            Self::Bar(bar) => bar.finish_and_clear(),
            Self::Log { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_gets_a_line_for_every_ten_thousand() {
        let mut written = Vec::new();
        let mut progress = Progress::new(false, Some(100));
        for lines in [500, 9_999, 10_000, 10_500, 31_000, 39_999, 40_001] {
            progress.at(lines, 0, &mut written).unwrap();
        }
        let expected = "10000 lines so far\n31000 lines so far\n40001 lines so far\n";
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }
}
