//! What was measured, round by round.

use crate::closed_loop::Done;

#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) syncs: Vec<f64>,
    pub(crate) rows: Vec<Row>,
    pub(crate) times: Vec<Times>,
}

/// One thing on one database.
pub(crate) struct Row {
    pub(crate) database: &'static str,
    pub(crate) what: &'static str,
    pub(crate) rounds: Vec<Done>,
    /// Of logins: the passwords per second beside each round.
    pub(crate) limits: Vec<f64>,
}

/// The times of the mixed load on one database, by kind, of all rounds.
pub(crate) struct Times {
    pub(crate) database: &'static str,
    pub(crate) by_kind: [Vec<f64>; 5],
}

impl Figures {
    pub(crate) fn add(&mut self, database: &'static str, what: &'static str, done: Done) {
        self.row(database, what).rounds.push(done);
    }

    pub(crate) fn add_logins(&mut self, database: &'static str, what: &'static str, done: Done, limit: f64) {
        let row = self.row(database, what);
        row.rounds.push(done);
        row.limits.push(limit);
    }

    fn row(&mut self, database: &'static str, what: &'static str) -> &mut Row {
        let is_it = |row: &Row| row.database == database && row.what == what;
        let index = self.rows.iter().position(is_it).unwrap_or_else(|| {
            self.rows.push(Row { database, what, rounds: Vec::new(), limits: Vec::new() });
            self.rows.len() - 1
        });
        &mut self.rows[index]
    }

    pub(crate) fn add_times(&mut self, database: &'static str, by_kind: [Vec<f64>; 5]) {
        match self.times.iter_mut().find(|times| times.database == database) {
            Some(times) => times.by_kind.iter_mut().zip(by_kind).for_each(|(all, new)| all.extend(new)),
            None => self.times.push(Times { database, by_kind }),
        }
    }

    /// Passwords per second, whenever that was measured.
    pub(crate) fn limits(&self) -> Vec<f64> {
        self.rows.iter().flat_map(|row| row.limits.iter().copied()).collect()
    }
}
