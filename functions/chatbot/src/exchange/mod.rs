//! One exchange: a question, and its answer as it is made.
//!
//! The question is kept before the model is asked. The answer is made by a task
//! of its own, which keeps what came of it, whatever becomes of the request: a
//! reader who goes away ends the call to the model, and leaves a cut answer.

mod allowance;
mod ask;
mod converse;
mod history;
mod steps;
mod task;
#[cfg(test)]
mod tests;
mod turns;

pub(crate) use ask::{Asked, Key, Question, ask};
pub(crate) use converse::converse;
pub(crate) use steps::{Step, Steps};
pub(crate) use task::Delivery;
pub(crate) use turns::turns_of;

use allowance::{Reservation, admit, reserve, reserve_with};
use history::{History, history_of};
use task::{Exchange, Record, begin, most_tokens};
