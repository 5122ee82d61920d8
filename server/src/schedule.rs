//! Background work that falls due at some moment. One task sleeps until the next deadline, and is woken for an earlier
//! one; nothing is looked at every second.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use rallypoint_protocol::Timestamp;
use tokio::sync::Notify;

use crate::domain::Answer;

/// The longest sleep: the clock may be set meanwhile.
const LONGEST: Duration = Duration::from_secs(30);
/// After a failure.
const RETRY_MS: i64 = 1_000;
const NEVER: i64 = i64::MAX;

/// When a job falls due. Cheap to clone; whoever learns of an earlier moment says so.
#[derive(Clone)]
pub struct Deadline {
    due: Arc<AtomicI64>,
    bell: Arc<Notify>,
}

impl Deadline {
    pub fn no_later_than(&self, at: Timestamp) {
        if at.0 < self.due.fetch_min(at.0, Ordering::AcqRel) {
            self.bell.notify_one();
        }
    }

    fn get(&self) -> i64 {
        self.due.load(Ordering::Acquire)
    }

    /// From now on only what is said later counts.
    fn clear(&self) {
        self.due.store(NEVER, Ordering::Release);
    }
}

impl Default for Deadline {
    /// One that no scheduler looks at.
    fn default() -> Self {
        Self { due: Arc::new(AtomicI64::new(NEVER)), bell: Arc::default() }
    }
}

struct Job {
    name: &'static str,
    deadline: Deadline,
    /// Between two beginnings, so that many deadlines close together are one run.
    pause_ms: i64,
    not_before: i64,
    running: bool,
    work: Box<dyn FnMut(Timestamp) -> BoxFuture<'static, Answer<Option<Timestamp>>> + Send>,
}

impl Job {
    fn due(&self) -> i64 {
        if self.running { NEVER } else { self.deadline.get().max(self.not_before) }
    }
}

/// Runs each job when it is due, never twice at a time; a slow one holds up no other.
pub struct Scheduler {
    jobs: Vec<Job>,
    bell: Arc<Notify>,
    clock: Box<dyn Fn() -> Timestamp + Send>,
}

impl Scheduler {
    pub fn new(clock: impl Fn() -> Timestamp + Send + 'static) -> Self {
        Self { jobs: Vec::new(), bell: Arc::default(), clock: Box::new(clock) }
    }

    /// A deadline that wakes this scheduler, for a job that is [`add`](Self::add)ed with it.
    pub fn deadline(&self) -> Deadline {
        Deadline { bell: Arc::clone(&self.bell), ..Deadline::default() }
    }

    /// Adds a job, due at once. It answers when it is due again; `None` when its deadline says so.
    pub fn add<F>(
        &mut self,
        name: &'static str,
        deadline: Deadline,
        pause: Duration,
        mut work: impl FnMut(Timestamp) -> F + Send + 'static,
    ) where
        F: Future<Output = Answer<Option<Timestamp>>> + Send + 'static,
    {
        deadline.no_later_than(Timestamp(i64::MIN));
        let pause_ms = milliseconds(pause);
        let work = Box::new(move |now| work(now).boxed());
        self.jobs.push(Job { name, deadline, pause_ms, not_before: i64::MIN, running: false, work });
    }

    /// Adds a job that runs at once, and so long after each beginning again.
    pub fn every<F>(
        &mut self,
        name: &'static str,
        interval: Duration,
        mut work: impl FnMut(Timestamp) -> F + Send + 'static,
    ) where
        F: Future<Output = Answer<()>> + Send + 'static,
    {
        let interval = milliseconds(interval);
        self.add(name, self.deadline(), Duration::ZERO, move |now| {
            let again = Some(Timestamp(now.0.saturating_add(interval)));
            work(now).map(move |done| done.map(|()| again))
        });
    }

    /// Runs until the task is aborted.
    pub async fn run(mut self) {
        let (mut running, mut last) = (FuturesUnordered::new(), NEVER);
        loop {
            let now = (self.clock)();
            if now.0 < last && last != NEVER {
                self.look_at_everything();
            }
            last = now.0;
            for (index, job) in self.jobs.iter_mut().enumerate().filter(|(_, job)| job.due() <= now.0) {
                job.deadline.clear();
                job.running = true;
                job.not_before = now.0.saturating_add(job.pause_ms);
                running.push((job.work)(now).map(move |next| (index, next)));
            }
            let next = self.jobs.iter().map(Job::due).min().unwrap_or(NEVER);
            let wait = Duration::from_millis(next.saturating_sub(now.0).max(0).cast_unsigned()).min(LONGEST);
            tokio::select! {
                Some((index, next)) = running.next(), if !running.is_empty() => self.done(index, next),
                () = self.bell.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// The clock was set back: what was due by the old one may be due for hours by the new one.
    fn look_at_everything(&mut self) {
        for job in &mut self.jobs {
            job.not_before = i64::MIN;
            job.deadline.no_later_than(Timestamp(i64::MIN));
        }
    }

    fn done(&mut self, index: usize, next: Answer<Option<Timestamp>>) {
        let job = &mut self.jobs[index];
        job.running = false;
        match next {
            Ok(next) => next.into_iter().for_each(|next| job.deadline.no_later_than(next)),
            Err(error) => {
                tracing::warn!(job = job.name, %error, "a background job failed; trying again");
                job.deadline.no_later_than(Timestamp((self.clock)().0 + RETRY_MS));
            }
        }
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(NEVER)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use rallypoint_protocol::ErrorCode;
    use tokio::time::{Instant, advance, sleep};

    use super::*;

    /// Milliseconds at which the jobs ran.
    type Runs = Arc<Mutex<Vec<(&'static str, i64)>>>;

    fn scheduler() -> Scheduler {
        let start = Instant::now();
        Scheduler::new(move || Timestamp(start.elapsed().as_millis() as i64))
    }

    fn seen(runs: &Runs) -> Vec<(&'static str, i64)> {
        std::mem::take(&mut *runs.lock().unwrap())
    }

    async fn pass(ms: u64) {
        sleep(Duration::from_millis(ms)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_runs_when_it_is_due_and_when_an_earlier_moment_is_told() {
        let (mut scheduler, runs) = (scheduler(), Runs::default());
        let (deadline, log) = (scheduler.deadline(), Arc::clone(&runs));
        scheduler.add("expiry", deadline.clone(), Duration::ZERO, move |now| {
            log.lock().unwrap().push(("expiry", now.0));
            async move { Ok((now.0 < 5_000).then_some(Timestamp(5_000))) }
        });
        let task = tokio::spawn(scheduler.run());
        pass(100).await;
        assert_eq!(seen(&runs), [("expiry", 0)], "at once");
        deadline.no_later_than(Timestamp(9_000));
        pass(900).await;
        assert_eq!(seen(&runs), [], "later than known already");
        deadline.no_later_than(Timestamp(3_000));
        pass(5_000).await;
        assert_eq!(seen(&runs), [("expiry", 3_000), ("expiry", 5_000)]);
        pass(60_000).await;
        assert_eq!(seen(&runs), [], "nothing to wait for");
        task.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn many_deadlines_close_together_are_one_run() {
        let (mut scheduler, runs) = (scheduler(), Runs::default());
        let (deadline, log) = (scheduler.deadline(), Arc::clone(&runs));
        scheduler.add("expiry", deadline.clone(), Duration::from_millis(200), move |now| {
            log.lock().unwrap().push(("expiry", now.0));
            async { Ok(None) }
        });
        let task = tokio::spawn(scheduler.run());
        for at in 1..=100 {
            deadline.no_later_than(Timestamp(at));
            pass(1).await;
        }
        pass(1_000).await;
        assert_eq!(seen(&runs), [("expiry", 0), ("expiry", 200)]);
        task.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_job_holds_up_no_other_and_a_failure_is_tried_again() {
        let (mut scheduler, runs) = (scheduler(), Runs::default());
        let log = Arc::clone(&runs);
        scheduler.every("slow", Duration::from_secs(1), move |now| {
            log.lock().unwrap().push(("slow", now.0));
            async {
                pass(10_000).await;
                Ok(())
            }
        });
        let log = Arc::clone(&runs);
        scheduler.every("failing", Duration::from_secs(3600), move |now| {
            log.lock().unwrap().push(("failing", now.0));
            async move { if now.0 < 1_500 { Err(ErrorCode::Unavailable.into()) } else { Ok(()) } }
        });
        let task = tokio::spawn(scheduler.run());
        pass(9_000).await;
        assert_eq!(seen(&runs), [("slow", 0), ("failing", 0), ("failing", 1_000), ("failing", 2_000)]);
        pass(2_000).await;
        assert_eq!(seen(&runs), [("slow", 10_000)], "never twice at a time");
        task.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_set_is_noticed() {
        let offset = Arc::new(AtomicI64::new(0));
        let (start, set) = (Instant::now(), Arc::clone(&offset));
        let mut scheduler =
            Scheduler::new(move || Timestamp(start.elapsed().as_millis() as i64 + set.load(Ordering::Relaxed)));
        let runs = Runs::default();
        let log = Arc::clone(&runs);
        scheduler.every("hourly", Duration::from_secs(3600), move |now| {
            log.lock().unwrap().push(("hourly", now.0));
            async { Ok(()) }
        });
        let task = tokio::spawn(scheduler.run());
        pass(1_000).await;
        offset.store(3_600_000, Ordering::Relaxed);
        advance(LONGEST).await;
        pass(1).await;
        assert_eq!(seen(&runs).len(), 2, "forward");
        offset.store(-3_600_000, Ordering::Relaxed);
        advance(LONGEST).await;
        pass(1).await;
        assert_eq!(seen(&runs).len(), 1, "and back");
        task.abort();
    }
}
