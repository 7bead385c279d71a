//! The promises, by what they are about.

mod access;
mod conversations;
mod faults;
mod hostile;
mod idempotency;
mod isolation;
mod openai;
mod streaming;
mod talk;

use crate::scene::Case;

pub(crate) const ALL: [&[(&str, Case)]; 9] = [
    access::CASES,
    talk::CASES,
    conversations::CASES,
    faults::CASES,
    idempotency::CASES,
    streaming::CASES,
    openai::CASES,
    isolation::CASES,
    hostile::CASES,
];
