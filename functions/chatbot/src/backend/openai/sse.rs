//! Reading server-sent events, as the HTML standard has them ("Interpreting an
//! event stream"), whatever the borders of the pieces that they come in.

use std::mem;

/// The longest line and the longest event in bytes: whoever sends more is not
/// sending pieces of an answer.
const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// Takes bytes, gives the data of events.
#[derive(Debug, Default)]
pub(super) struct EventReader {
    line: Vec<u8>,
    data: Option<Vec<u8>>,
    /// The byte before was a carriage return: a line feed belongs to it.
    is_after_return: bool,
    is_after_first_line: bool,
}

/// More than an event may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

impl EventReader {
    /// Reads on, and gives the events that are complete now to `found`.
    ///
    /// # Errors
    ///
    /// [`TooLong`], and nothing can be read after that.
    pub(super) fn read(&mut self, bytes: &[u8], mut found: impl FnMut(Vec<u8>)) -> Result<(), TooLong> {
        for &byte in bytes {
            let belongs_to_return = mem::replace(&mut self.is_after_return, byte == b'\r') && byte == b'\n';
            match byte {
                b'\n' if belongs_to_return => {}
                b'\r' | b'\n' => {
                    if let Some(data) = self.end_line()? {
                        found(data);
                    }
                }
                _ if self.line.len() >= MAX_EVENT_BYTES => return Err(TooLong),
                _ => self.line.push(byte),
            }
        }
        Ok(())
    }

    /// Takes a line in. Gives the data of the event that it ends.
    fn end_line(&mut self) -> Result<Option<Vec<u8>>, TooLong> {
        let mut line = mem::take(&mut self.line);
        if !mem::replace(&mut self.is_after_first_line, true) && line.starts_with(b"\xEF\xBB\xBF") {
            // A byte order mark is not part of the first line.
            line.drain(..3);
        }
        if line.is_empty() {
            return Ok(self.data.take());
        }
        // Comments have an empty name; other fields say nothing about an answer.
        let value = match line.strip_prefix(b"data") {
            Some([]) => &[],
            Some([b':', b' ', value @ ..] | [b':', value @ ..]) => value,
            _ => return Ok(None),
        };
        match &mut self.data {
            None => self.data = Some(value.to_owned()),
            Some(data) if data.len() + value.len() >= MAX_EVENT_BYTES => return Err(TooLong),
            Some(data) => {
                data.push(b'\n');
                data.extend_from_slice(value);
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(pieces: &[&[u8]]) -> Result<Vec<String>, TooLong> {
        let mut reader = EventReader::default();
        let mut events = Vec::new();
        for piece in pieces {
            reader.read(piece, |data| events.push(String::from_utf8(data).unwrap()))?;
        }
        Ok(events)
    }

    /// The events are the same wherever the bytes are cut in two, and where each
    /// byte comes alone.
    fn check(text: &str, expected: &[&str]) {
        let bytes = text.as_bytes();
        for cut in 0..=bytes.len() {
            assert_eq!(events(&[&bytes[..cut], &bytes[cut..]]).unwrap(), expected, "{text:?} cut at {cut}");
        }
        let each: Vec<_> = bytes.chunks(1).collect();
        assert_eq!(events(&each).unwrap(), expected, "{text:?} byte by byte");
    }

    #[test]
    fn lines_end_in_three_ways() {
        for end in ["\n", "\r\n", "\r"] {
            check(&format!("data: one{end}{end}data: two{end}{end}"), &["one", "two"]);
            check(&format!("data: one{end}data: two{end}{end}"), &["one\ntwo"]);
        }
        check("data: one\r\n\ndata: two\n\r\n", &["one", "two"]);
    }

    #[test]
    fn data_of_several_lines_is_joined() {
        check("data: {\ndata: \"a\":1}\n\n", &["{\n\"a\":1}"]);
        check("data: a\ndata:\ndata\ndata: b\n\n", &["a\n\n\nb"]);
    }

    #[test]
    fn one_space_after_the_colon_is_not_data() {
        check("data:x\n\ndata: x\n\ndata:  x \n\n", &["x", "x", " x "]);
    }

    #[test]
    fn everything_else_is_left_out() {
        check(": ping\n\n:\n\nevent: message\nid: 7\nretry: 5\ndata: x\n\nevent: end\n\n", &["x"]);
        check("database: no\ndatum: no\n\ndata: x\n\n", &["x"]);
        check("\u{feff}data: first\n\n\u{feff}data: lost\n\n", &["first"]);
        check("data: é 😀\n\n", &["é 😀"]);
    }

    #[test]
    fn an_event_that_is_cut_off_is_none() {
        check("data: one\n\ndata: two\n", &["one"]);
        check("data: one\n\ndata: two", &["one"]);
    }

    #[test]
    fn nothing_grows_without_bounds() {
        let fits = vec![b'x'; MAX_EVENT_BYTES - 6];
        assert_eq!(events(&[b"data: ", &fits, b"\n\n"]).unwrap()[0].len(), fits.len());
        assert_eq!(events(&[b"data: ", &fits, b"xx\n\n"]), Err(TooLong));
        assert_eq!(events(&[b": ", &fits, b"xxxxxx"]), Err(TooLong));
        let line = [b"data: ".to_vec(), vec![b'x'; MAX_EVENT_BYTES / 2], b"\n".to_vec()].concat();
        assert_eq!(events(&[&line, &line, &line]), Err(TooLong));
    }
}
