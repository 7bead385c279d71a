//! Can every setting be read?

use token::Faults;

use super::finding::Finding;

const CHECK: &str = "settings";

pub(super) fn check(read: Result<(), &Faults>) -> Finding {
    match read {
        Ok(()) => Finding::good(CHECK, "every one can be read"),
        Err(faults) => Finding::failed(CHECK, faults.to_string(), "set what is named; nothing else starts"),
    }
}
