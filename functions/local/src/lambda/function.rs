//! One function: its waiting invocations and the processes that serve them.
//!
//! Every invocation that enters the queue gets exactly one outcome.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::{Notify, oneshot, watch};
use uuid::Uuid;

use super::{
    outcome::{FunctionError, Outcome},
    slot::{Running, Slot, State},
};
use crate::clock::Clock;

/// How long an invocation waits for a free process on top of its own time:
/// what Lambda allows a function for its start.
const INIT_LIMIT: Duration = Duration::from_secs(10);

pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) timeout: Duration,
    pub(crate) processes: usize,
}

pub(crate) struct Function {
    settings: Settings,
    clock: Clock,
    state: Mutex<FunctionState>,
    arrived: Notify,
    readiness: watch::Sender<Readiness>,
}

/// Whether the function has come up since the system started.
#[derive(Debug, Clone)]
pub(crate) enum Readiness {
    Starting,
    Ready,
    Failed(FunctionError),
}

/// What a process gets when it asks for work.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) request_id: String,
    pub(super) deadline_ms: u64,
    pub(super) payload: Bytes,
}

struct FunctionState {
    waiting: VecDeque<Waiting>,
    slots: Vec<Slot>,
}

struct Waiting {
    running: Running,
    payload: Bytes,
}

impl Function {
    pub(crate) fn new(settings: Settings, clock: Clock) -> Arc<Self> {
        let slots = (0..settings.processes).map(|_| Slot::new()).collect();
        Arc::new(Self {
            settings,
            clock,
            state: Mutex::new(FunctionState { waiting: VecDeque::new(), slots }),
            arrived: Notify::new(),
            readiness: watch::channel(Readiness::Starting).0,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.settings.name
    }

    pub(crate) fn arn(&self) -> String {
        let account = crate::ACCOUNT_ID;
        format!("arn:aws:lambda:{}:{account}:function:{}", crate::REGION, self.settings.name)
    }

    pub(crate) fn processes(&self) -> usize {
        self.settings.processes
    }

    /// Waits until a process has come up or none could.
    pub(crate) async fn came_up(&self) -> Result<(), FunctionError> {
        let mut readiness = self.readiness.subscribe();
        let settled = readiness.wait_for(|state| !matches!(state, Readiness::Starting)).await;
        match settled.as_deref() {
            Ok(Readiness::Failed(error)) => Err(error.clone()),
            _ => Ok(()),
        }
    }

    pub(crate) async fn invoke(&self, payload: Bytes) -> Outcome {
        let request_id = Uuid::now_v7().to_string();
        let (reply, outcome) = oneshot::channel();
        let running = Running { request_id: request_id.clone(), reply };
        self.lock().waiting.push_back(Waiting { running, payload });
        self.arrived.notify_one();

        let limit = INIT_LIMIT + self.settings.timeout;
        match tokio::time::timeout(limit, outcome).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Outcome::Error(FunctionError::exited(&request_id, "host stopped")),
            Err(_) => Outcome::Error(FunctionError::timed_out(&request_id, limit.as_secs_f64())),
        }
    }

    /// Waits for work for the process in `slot`. `None`: there is no such slot.
    pub(super) async fn next(self: &Arc<Self>, slot: usize) -> Option<Delivery> {
        self.lock().slots.get_mut(slot)?.state = State::Idle;
        self.readiness.send_replace(Readiness::Ready);
        loop {
            let arrived = self.arrived.notified();
            if let Some(waiting) = self.take_waiting() {
                return self.deliver(slot, waiting);
            }
            arrived.await;
        }
    }

    /// Ends the invocation that the process in `slot` works on. False: it works
    /// on no such invocation.
    pub(super) fn finish(&self, slot: usize, request_id: &str, outcome: Outcome) -> bool {
        let finished = self.lock().slots.get_mut(slot).and_then(|slot| slot.finish(request_id));
        let Some(running) = finished else { return false };
        // An invoker that has gone away needs no answer.
        let _ = running.reply.send(outcome);
        true
    }

    pub(super) fn init_failed(&self, slot: usize, error: FunctionError) {
        if let Some(slot) = self.lock().slots.get_mut(slot) {
            slot.state = State::InitFailed(error);
        }
    }

    /// Resolves when the process in `slot` has to be killed.
    pub(super) async fn kill_asked(&self, slot: usize) {
        let kill = self.lock().slots.get(slot).map(|slot| Arc::clone(&slot.kill));
        match kill {
            Some(kill) => kill.notified().await,
            None => std::future::pending().await,
        }
    }

    /// Settles what the process in `slot` leaves behind. Returns whether it had
    /// come up.
    pub(super) fn process_ended(&self, slot: usize, how: &str) -> bool {
        let mut state = self.lock();
        let Some(ended) = state.slots.get_mut(slot) else { return false };
        let error = match std::mem::replace(&mut ended.state, State::Starting) {
            State::Idle => return true,
            State::Running(running) => {
                let error = FunctionError::exited(&running.request_id, how);
                let _ = running.reply.send(Outcome::Error(error));
                return true;
            }
            State::Starting => {
                FunctionError::new("Runtime.ExitError", format!("Error: Runtime exited with error: {how}"))
            }
            State::InitFailed(error) => error,
        };
        let others_alive =
            state.slots.iter().any(|slot| matches!(slot.state, State::Idle | State::Running(_)));
        if !others_alive {
            for waiting in state.waiting.drain(..) {
                let _ = waiting.running.reply.send(Outcome::Error(error.clone()));
            }
            self.readiness.send_if_modified(|readiness| {
                let starting = matches!(readiness, Readiness::Starting);
                if starting {
                    *readiness = Readiness::Failed(error);
                }
                starting
            });
        }
        false
    }

    fn take_waiting(&self) -> Option<Waiting> {
        let mut state = self.lock();
        loop {
            let waiting = state.waiting.pop_front()?;
            if !waiting.running.reply.is_closed() {
                return Some(waiting);
            }
        }
    }

    fn deliver(self: &Arc<Self>, slot: usize, waiting: Waiting) -> Option<Delivery> {
        let Waiting { running, payload } = waiting;
        let request_id = running.request_id.clone();
        self.lock().slots.get_mut(slot)?.state = State::Running(running);

        let timeout = self.settings.timeout;
        let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        let deadline_ms = (self.clock)().unix_millis().saturating_add(timeout_ms);
        let (function, late) = (Arc::clone(self), request_id.clone());
        tokio::spawn(async move {
            tokio::time::sleep(timeout).await;
            function.expire(slot, &late);
        });
        Some(Delivery { request_id, deadline_ms, payload })
    }

    /// Lambda ends a late invocation together with its process.
    fn expire(&self, slot: usize, request_id: &str) {
        let error = FunctionError::timed_out(request_id, self.settings.timeout.as_secs_f64());
        if self.finish(slot, request_id, Outcome::Error(error))
            && let Some(slot) = self.lock().slots.get(slot)
        {
            slot.kill.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, FunctionState> {
        // Nothing panics while it holds the lock; if it did, every field would
        // still be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Function({})", self.settings.name)
    }
}

#[cfg(test)]
impl Function {
    /// Plays the function's only process, for tests of its invokers.
    pub(crate) async fn serve_for_test(
        self: Arc<Self>,
        answer: impl Fn(serde_json::Value) -> Result<serde_json::Value, &'static str>,
    ) {
        while let Some(delivery) = self.next(0).await {
            let outcome = match answer(serde_json::from_slice(&delivery.payload).unwrap()) {
                Ok(output) => Outcome::Answer(output.to_string().into()),
                Err(message) => Outcome::Error(FunctionError::new("Error", message)),
            };
            self.finish(0, &delivery.request_id, outcome);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use expect_test::{Expect, expect};
    use tokio::task::JoinHandle;

    use super::*;
    use crate::clock::Now;

    fn function(processes: usize) -> Arc<Function> {
        let now = Now { wall: SystemTime::UNIX_EPOCH, monotonic: Duration::ZERO };
        let settings = Settings { name: "f".to_owned(), timeout: Duration::from_secs(5), processes };
        Function::new(settings, Arc::new(move || now))
    }

    fn invoke(function: &Arc<Function>, payload: &'static str) -> JoinHandle<Outcome> {
        let function = Arc::clone(function);
        tokio::spawn(async move { function.invoke(payload.into()).await })
    }

    async fn check(outcome: JoinHandle<Outcome>, expected: &Expect) {
        let text = match outcome.await.unwrap() {
            Outcome::Answer(body) => String::from_utf8_lossy(&body).into_owned(),
            Outcome::Error(error) => match error.error_message.split_once(" Error: ") {
                Some((_, message)) => message.to_owned(),
                None => error.error_message,
            },
        };
        expected.assert_eq(&text);
    }

    #[tokio::test(start_paused = true)]
    async fn an_invocation_gets_the_answer_to_its_own_id() {
        let function = function(2);
        let (first, second) = (invoke(&function, "1"), invoke(&function, "2"));
        let (one, two) = (function.next(0).await.unwrap(), function.next(1).await.unwrap());
        assert_eq!((&one.payload[..], one.deadline_ms), (&b"1"[..], 5_000));
        assert!(
            !function.finish(0, &two.request_id, Outcome::Answer("wrong".into())),
            "not this process's work"
        );
        assert!(function.finish(1, &two.request_id, Outcome::Answer("two".into())));
        assert!(function.finish(0, &one.request_id, Outcome::Answer("one".into())));
        assert!(!function.finish(0, &one.request_id, Outcome::Answer("again".into())));
        check(first, &expect!["one"]).await;
        check(second, &expect!["two"]).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_invocation_ends_with_its_process() {
        let function = function(1);
        let outcome = invoke(&function, "{}");
        let delivery = function.next(0).await.unwrap();
        function.kill_asked(0).await;
        check(outcome, &expect!["Task timed out after 5.00 seconds"]).await;
        assert!(!function.finish(0, &delivery.request_id, Outcome::Answer("late".into())));
    }

    #[tokio::test(start_paused = true)]
    async fn a_crash_is_an_error_and_the_next_process_goes_on() {
        let function = function(1);
        let (first, second) = (invoke(&function, "1"), invoke(&function, "2"));
        function.next(0).await.unwrap();
        assert!(function.process_ended(0, "exit status: 3"));
        check(first, &expect!["Runtime exited with error: exit status: 3"]).await;
        let delivery = function.next(0).await.unwrap();
        function.finish(0, &delivery.request_id, Outcome::Answer("two".into()));
        check(second, &expect!["two"]).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_start_fails_what_waits_unless_another_process_is_up() {
        let function = function(2);
        let outcome = invoke(&function, "{}");
        tokio::task::yield_now().await;
        function.init_failed(0, FunctionError::new("Config", "JWT_ISSUER is missing"));
        assert!(!function.process_ended(0, "exit status: 1"));
        check(outcome, &expect!["JWT_ISSUER is missing"]).await;
        assert!(function.came_up().await.is_err());

        let outcome = invoke(&function, "{}");
        let delivery = function.next(1).await.unwrap();
        assert!(!function.process_ended(0, "exit status: 1"));
        function.finish(1, &delivery.request_id, Outcome::Answer("fine".into()));
        check(outcome, &expect!["fine"]).await;
    }

    #[tokio::test(start_paused = true)]
    async fn no_process_is_an_error_in_the_end() {
        check(invoke(&function(1), "{}"), &expect!["Task timed out after 15.00 seconds"]).await;
    }
}
