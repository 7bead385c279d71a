//! One function: its waiting invocations and the processes that serve them.
//!
//! Every invocation that enters the queue gets exactly one outcome.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use uuid::Uuid;

use super::{
    outcome::{FunctionError, Outcome},
    slot::{Reply, Running, Slot, State},
    stream::{Begun, End, Streamed},
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

    /// Waits for the whole answer.
    pub(crate) async fn invoke(&self, payload: Bytes) -> Outcome {
        match self.invoke_streaming(payload).await {
            Begun::Whole(outcome) => outcome,
            Begun::Streamed(streamed) => streamed.collected().await,
        }
    }

    /// Waits for the beginning of an answer.
    pub(crate) async fn invoke_streaming(&self, payload: Bytes) -> Begun {
        let request_id = Uuid::now_v7().to_string();
        let (reply, answer) = oneshot::channel();
        let running = Running { request_id: request_id.clone(), reply: Reply::Due(reply) };
        self.lock().waiting.push_back(Waiting { running, payload });
        self.arrived.notify_one();

        let limit = INIT_LIMIT + self.settings.timeout;
        let error = match tokio::time::timeout(limit, answer).await {
            Ok(Ok(answer)) => return answer,
            Ok(Err(_)) => FunctionError::exited(&request_id, "host stopped"),
            Err(_) => FunctionError::timed_out(&request_id, limit.as_secs_f64()),
        };
        Begun::Whole(Outcome::Error(error))
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

    /// Ends the invocation that the process in `slot` works on with an answer in
    /// one piece. False: it works on no such invocation.
    pub(super) fn finish(&self, slot: usize, request_id: &str, answer: Bytes) -> bool {
        let is_due = |reply: &Reply| matches!(reply, Reply::Due(_));
        let Some(running) = self.take(slot, request_id, is_due) else { return false };
        if let Reply::Due(reply) = running.reply {
            // An invoker that has gone away needs no answer.
            let _ = reply.send(Begun::Whole(Outcome::Answer(answer)));
        }
        true
    }

    /// Likewise, with an error, and also where the answer has begun.
    pub(super) fn fail(&self, slot: usize, request_id: &str, error: FunctionError) -> bool {
        let Some(running) = self.take(slot, request_id, |_| true) else { return false };
        running.fail(error);
        true
    }

    /// Begins an answer that comes in pieces, which go into what is returned.
    pub(super) fn begin_stream(
        &self,
        slot: usize,
        request_id: &str,
        content_type: String,
    ) -> Option<mpsc::Sender<Bytes>> {
        let mut state = self.lock();
        let running = state.slots.get_mut(slot)?.running(request_id)?;
        if !matches!(running.reply, Reply::Due(_)) {
            return None;
        }
        let (pieces, end, streamed) = Streamed::channel(content_type);
        if let Reply::Due(reply) = std::mem::replace(&mut running.reply, Reply::Flowing(end)) {
            let _ = reply.send(Begun::Streamed(streamed));
        }
        Some(pieces)
    }

    /// Ends such an answer. False: it has been ended already.
    pub(super) fn end_stream(&self, slot: usize, request_id: &str, end: End) -> bool {
        let flows = |reply: &Reply| matches!(reply, Reply::Flowing(_));
        let Some(running) = self.take(slot, request_id, flows) else { return false };
        if let Reply::Flowing(reply) = running.reply {
            let _ = reply.send(end);
        }
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
                running.fail(error);
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
                waiting.running.fail(error.clone());
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
            let is_wanted = match &waiting.running.reply {
                Reply::Due(reply) => !reply.is_closed(),
                Reply::Flowing(end) => !end.is_closed(),
            };
            if is_wanted {
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
        if self.fail(slot, request_id, error)
            && let Some(slot) = self.lock().slots.get(slot)
        {
            slot.kill.notify_one();
        }
    }

    fn take(&self, slot: usize, request_id: &str, fits: impl Fn(&Reply) -> bool) -> Option<Running> {
        self.lock().slots.get_mut(slot)?.finish(request_id, fits)
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
            match answer(serde_json::from_slice(&delivery.payload).unwrap()) {
                Ok(output) => self.finish(0, &delivery.request_id, output.to_string().into()),
                Err(message) => self.fail(0, &delivery.request_id, FunctionError::new("Error", message)),
            };
        }
    }

    /// Likewise, with one answer in pieces.
    pub(crate) async fn stream_for_test(
        self: Arc<Self>,
        content_type: &str,
        pieces: impl IntoIterator<Item = Bytes>,
        end: End,
    ) {
        let delivery = self.next(0).await.unwrap();
        let sender = self.begin_stream(0, &delivery.request_id, content_type.to_owned()).unwrap();
        for piece in pieces {
            sender.send(piece).await.unwrap();
        }
        drop(sender);
        assert!(self.end_stream(0, &delivery.request_id, end));
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
        assert!(!function.finish(0, &two.request_id, "wrong".into()), "not this process's work");
        assert!(function.finish(1, &two.request_id, "two".into()));
        assert!(function.finish(0, &one.request_id, "one".into()));
        assert!(!function.finish(0, &one.request_id, "again".into()));
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
        assert!(!function.finish(0, &delivery.request_id, "late".into()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_crash_is_an_error_and_the_next_process_goes_on() {
        let function = function(1);
        let (first, second) = (invoke(&function, "1"), invoke(&function, "2"));
        function.next(0).await.unwrap();
        assert!(function.process_ended(0, "exit status: 3"));
        check(first, &expect!["Runtime exited with error: exit status: 3"]).await;
        let delivery = function.next(0).await.unwrap();
        function.finish(0, &delivery.request_id, "two".into());
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
        function.finish(1, &delivery.request_id, "fine".into());
        check(outcome, &expect!["fine"]).await;
    }

    #[tokio::test(start_paused = true)]
    async fn no_process_is_an_error_in_the_end() {
        check(invoke(&function(1), "{}"), &expect!["Task timed out after 15.00 seconds"]).await;
    }

    fn begin_stream(function: &Function, delivery: &Delivery) -> mpsc::Sender<Bytes> {
        function.begin_stream(0, &delivery.request_id, "text/plain".to_owned()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_streamed_answer_is_read_while_it_is_made() {
        let function = function(1);
        let invoker = Arc::clone(&function);
        let invocation = tokio::spawn(async move { invoker.invoke_streaming("{}".into()).await });
        let delivery = function.next(0).await.unwrap();
        let pieces = begin_stream(&function, &delivery);
        let Begun::Streamed(mut streamed) = invocation.await.unwrap() else { panic!("not a stream") };
        for piece in ["one", "two"] {
            pieces.send(piece.into()).await.unwrap();
            assert_eq!(streamed.next().await.unwrap().unwrap(), piece);
        }
        drop(pieces);
        assert!(!function.finish(0, &delivery.request_id, "whole".into()), "the answer has begun");
        assert!(function.end_stream(0, &delivery.request_id, Ok(())));
        assert!(!function.end_stream(0, &delivery.request_id, Ok(())));
        assert!(streamed.next().await.unwrap().is_none());
        assert!(streamed.next().await.unwrap().is_none(), "it stays at its end");
    }

    #[tokio::test(start_paused = true)]
    async fn invoke_waits_for_the_whole_of_a_streamed_answer() {
        let function = function(1);
        let outcome = invoke(&function, "{}");
        let pieces = ["{}", "\0\0\0\0\0\0\0\0", "body"].map(Bytes::from);
        Arc::clone(&function).stream_for_test("x", pieces, Ok(())).await;
        check(outcome, &expect!["{}\0\0\0\0\0\0\0\0body"]).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_streamed_answer_ends_once_however_its_function_does() {
        let function = function(1);
        let outcome = invoke(&function, "{}");
        let delivery = function.next(0).await.unwrap();
        let pieces = begin_stream(&function, &delivery);
        function.kill_asked(0).await;
        assert!(!function.end_stream(0, &delivery.request_id, Ok(())), "too late");
        drop(pieces);
        check(outcome, &expect!["Task timed out after 5.00 seconds"]).await;

        let outcome = invoke(&function, "{}");
        let delivery = function.next(0).await.unwrap();
        let pieces = begin_stream(&function, &delivery);
        assert!(function.process_ended(0, "signal: 9 (SIGKILL)"));
        assert!(!function.fail(0, &delivery.request_id, FunctionError::truncated()));
        drop(pieces);
        check(outcome, &expect!["Runtime exited with error: signal: 9 (SIGKILL)"]).await;
    }
}
