//! A file line by line, in bounded memory.

use std::io::{self, BufRead, BufReader, Read};

/// The longest line that is read.
const MAX_BYTES: usize = 64 * 1024;

pub(super) struct Lines<R> {
    reader: BufReader<R>,
    /// Of the last line.
    pub(super) number: u64,
    /// How much has been read.
    pub(super) bytes: u64,
}

/// One line without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Text(Vec<u8>),
    TooLong,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { reader: BufReader::new(input), number: 0, bytes: 0 }
    }

    /// Returns the next line that is not blank.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            let mut line = Vec::new();
            let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
            let read = (&mut self.reader).take(most).read_until(b'\n', &mut line)?;
            if read == 0 {
                return Ok(None);
            }
            let skipped = if read == MAX_BYTES && line.last() != Some(&b'\n') {
                self.reader.skip_until(b'\n')?
            } else {
                0
            };
            self.number += 1;
            self.bytes += u64::try_from(read.saturating_add(skipped)).unwrap_or(0);
            if skipped > 0 {
                return Ok(Some(Line::TooLong));
            }
            let text = line.trim_ascii();
            // Editors of one maker begin a file with this.
            let text =
                if self.number == 1 { text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text) } else { text };
            if !text.is_empty() {
                return Ok(Some(Line::Text(text.to_vec())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_and_blank_ones_left_out() {
        let mut lines = Lines::new(b"\xef\xbb\xbf{1}\r\n\n  \n {2}".as_slice());
        assert_eq!(lines.next().unwrap(), Some(Line::Text(b"{1}".to_vec())));
        assert_eq!(lines.next().unwrap(), Some(Line::Text(b"{2}".to_vec())));
        assert_eq!((lines.number, lines.bytes), (4, 16));
        assert_eq!(lines.next().unwrap(), None);
    }

    #[test]
    fn of_a_long_line_no_more_is_kept_than_of_others() {
        let (fits, long) = ("x".repeat(MAX_BYTES - 1), "x".repeat(MAX_BYTES + 1));
        let text = format!("{fits}\n{long}\nafter\n{long}");
        let mut lines = Lines::new(text.as_bytes());
        assert_eq!(lines.next().unwrap(), Some(Line::Text(fits.into_bytes())));
        assert_eq!(lines.next().unwrap(), Some(Line::TooLong));
        assert_eq!(lines.next().unwrap(), Some(Line::Text(b"after".to_vec())));
        assert_eq!(lines.next().unwrap(), Some(Line::TooLong));
        assert_eq!(lines.next().unwrap(), None);
        assert_eq!(lines.bytes, text.len() as u64);
    }
}
