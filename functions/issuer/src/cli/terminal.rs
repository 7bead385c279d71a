//! Asking whoever sits at the terminal.

use std::io::Read;

use anyhow::{Context as _, bail};

use super::Context;

/// The longest answer that is read.
const MAX_ANSWER_BYTES: usize = 64;

impl Context<'_> {
    /// Says `what` and asks for a word that confirms it. Where nobody sits at a
    /// terminal there is nobody to ask: `otherwise` names the argument that
    /// confirms it there.
    pub(super) fn confirm(&mut self, what: &str, word: &str, otherwise: &str) -> anyhow::Result<()> {
        if !self.terminals.input {
            bail!("this asks for confirmation at a terminal; {otherwise} confirms it elsewhere");
        }
        write!(self.errors, "{what}\nType {word} to go on: ")
            .and_then(|()| self.errors.flush())
            .context("could not ask")?;
        if read_line(self.input)? == word { Ok(()) } else { bail!("not confirmed; nothing was changed") }
    }
}

/// Reads up to the end of a line, and nothing after it.
fn read_line(input: &mut dyn Read) -> anyhow::Result<String> {
    let mut line = Vec::new();
    let mut byte = [0];
    while line.len() <= MAX_ANSWER_BYTES && input.read(&mut byte).context("could not read the answer")? == 1 {
        match byte {
            [b'\n'] => break,
            [byte] => line.push(byte),
        }
    }
    Ok(String::from_utf8_lossy(&line).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_one_line() {
        let check = |input: &str, line: &str| assert_eq!(read_line(&mut input.as_bytes()).unwrap(), line);
        check("yes\nand more", "yes");
        check("yes\r\n", "yes");
        check("yes", "yes");
        check("", "");
        check(&"x".repeat(1000), &"x".repeat(MAX_ANSWER_BYTES + 1));
    }
}
