//! Work on several threads whose result does not depend on how many there are.
//!
//! A batch is cut into **shards** whose number of rows depends on the batch alone. Threads take shards in any order,
//! but what the shards yield is summed in the order of the shards, so that every thread count gives the same bits.
//!
//! A training step is a few stretches of work of a tenth of a millisecond, each of which needs the one before. That
//! is too short to fall asleep and be woken in between, as the threads of a general pool do; those of a [`Team`] stay
//! awake for a while.

use crate::error::{Error, Result};
use std::any::Any;
use std::cell::Cell;
use std::hint::spin_loop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// More threads than any machine has use for.
const MAX_THREADS: usize = 256;

/// How often a thread looks for work before it falls asleep: for longer than the pauses within a training step.
const PATIENCE: usize = 2_500;

/// How often a thread looks before it lets somebody else have its processor: other programs, or its own team, if that
/// has more threads than there are processors.
const LOOKS_BETWEEN_YIELDS: usize = 100;

/// Waits a moment, for the time number `looks`.
fn wait(looks: usize) {
    if looks.is_multiple_of(LOOKS_BETWEEN_YIELDS) {
        thread::yield_now();
    } else {
        spin_loop();
    }
}

/// Rows of a shard of a batch of `batch`: a quarter, so that some threads have work to share, but from 16, below which
/// matrix products slow down, to 64, above which they gain nothing.
pub(crate) fn shard_rows(batch: usize) -> usize {
    batch.div_ceil(4).clamp(16, 64)
}

/// The results of both, the first on a thread of its own if the system grants one.
pub(crate) fn both<A: Send, B>(first: impl Fn() -> A + Sync, second: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| match thread::Builder::new().spawn_scoped(scope, &first) {
        Ok(helper) => {
            let second = second();
            (helper.join().unwrap_or_else(|panic| resume_unwind(panic)), second)
        }
        Err(_) => (first(), second()),
    })
}

/// Threads that share work: the one that asks, and helpers that wait for it. A team has one asker at a time: it can be
/// sent to another thread, but not shared.
///
/// ```
/// use digits::parallel::Team;
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// let team = Team::new(2)?;
/// let (mut numbers, sum) = ([1, 2, 3, 4], AtomicUsize::new(0));
/// team.for_each(numbers.iter_mut(), |number| {
///     *number *= 10;
///     sum.fetch_add(*number, Ordering::Relaxed);
/// });
/// assert_eq!((numbers, sum.into_inner()), ([10, 20, 30, 40], 100));
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug)]
pub struct Team {
    shared: Arc<Shared>,
    helpers: Vec<JoinHandle<()>>,
    /// Whether a job is under way. Two at a time would mix up who is done with what: being a cell, this also keeps
    /// the team from being shared between threads.
    running: Cell<bool>,
}

/// What a helper is asked to do; its argument is the helper's number, from 1.
type Job = dyn Fn(usize) + Sync;

/// What a team's threads have in common.
struct Shared {
    /// The present job. Helpers look at it only between a change of `jobs` and their decrement of `busy`.
    job: Mutex<Option<&'static Job>>,
    /// Number of jobs so far.
    jobs: AtomicUsize,
    /// Helpers that have not finished the present job.
    busy: AtomicUsize,
    /// Whether the team is at its end.
    stop: AtomicBool,
    /// What a helper's panic carried.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Shared")
            .field("jobs", &self.jobs)
            .finish_non_exhaustive()
    }
}

impl Team {
    /// A team of `threads` threads, at most 256, the asking one included; 0 makes one per processor.
    ///
    /// ```
    /// use digits::parallel::Team;
    ///
    /// assert!(Team::new(2).is_ok());
    /// assert!(Team::new(1_000_000).is_err());
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if there are too many, [`Error::System`] if the system grants none.
    pub fn new(threads: usize) -> Result<Self> {
        if threads > MAX_THREADS {
            return Err(Error::parameter(
                "threads",
                format!("at most {MAX_THREADS}"),
                threads,
            ));
        }
        let threads = match threads {
            0 => thread::available_parallelism()
                .map_or(1, usize::from)
                .min(MAX_THREADS),
            threads => threads,
        };
        let shared = Arc::new(Shared {
            job: Mutex::new(None),
            jobs: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            panic: Mutex::new(None),
        });
        // The team exists from here on, so that helpers already started stop if a later one cannot start.
        let mut team = Self {
            shared,
            helpers: Vec::with_capacity(threads - 1),
            running: Cell::new(false),
        };
        for number in 1..threads {
            let shared = Arc::clone(&team.shared);
            let helper = thread::Builder::new()
                .name(format!("helper {number}"))
                .spawn(move || shared.help(number))
                .map_err(|reason| Error::System {
                    what: "cannot start threads",
                    reason: reason.to_string(),
                })?;
            team.helpers.push(helper);
        }
        Ok(team)
    }

    /// Calls `work` with every item, and returns once all calls have. A call that asks the same team again does that
    /// work alone.
    ///
    /// Half of the threads take items from the front and half from the back, so that from call to call an item tends to
    /// get to the thread in whose cache its numbers are.
    ///
    /// ```
    /// let mut squares = [1, 2, 3];
    /// digits::parallel::Team::new(2)?.for_each(squares.iter_mut(), |number| *number *= *number);
    /// assert_eq!(squares, [1, 4, 9]);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn for_each<T: Send>(
        &self,
        items: impl DoubleEndedIterator<Item = T> + Send,
        work: impl Fn(T) + Sync,
    ) {
        let items = Mutex::new(items);
        self.run(&|thread| {
            loop {
                // If an iterator panics, its panic reaches the asker in the end; the other threads may go on.
                let mut items = items.lock().unwrap_or_else(PoisonError::into_inner);
                let item = if thread % 2 == 0 {
                    items.next()
                } else {
                    items.next_back()
                };
                drop(items);
                match item {
                    Some(item) => work(item),
                    None => return,
                }
            }
        });
    }

    /// Lets every thread of the team do `job` once.
    #[allow(unsafe_code)]
    fn run<'a>(&self, job: &'a (dyn Fn(usize) + Sync + 'a)) {
        if self.helpers.is_empty() || self.running.replace(true) {
            return job(0);
        }
        // SAFETY: only the lifetime is changed. The reference is used by helpers alone, and this function neither
        // returns nor unwinds before every helper has said that it is done with it. No other job gets to the helpers
        // meanwhile: a team cannot be shared between threads, and on this one `running` keeps others away.
        let job_for_helpers: &'static Job =
            unsafe { std::mem::transmute::<&'a (dyn Fn(usize) + Sync + 'a), &'static Job>(job) };
        let shared = &*self.shared;
        *shared.job.lock().unwrap_or_else(PoisonError::into_inner) = Some(job_for_helpers);
        shared.busy.store(self.helpers.len(), Ordering::Relaxed);
        shared.jobs.fetch_add(1, Ordering::Release);
        for helper in &self.helpers {
            helper.thread().unpark();
        }
        let own = catch_unwind(AssertUnwindSafe(|| job(0)));
        let mut looks = 0;
        while shared.busy.load(Ordering::Acquire) > 0 {
            looks += 1;
            wait(looks);
        }
        *shared.job.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.running.set(false);
        let theirs = shared.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(panic) = own.err().or(theirs) {
            resume_unwind(panic);
        }
    }
}

impl Shared {
    /// The life of helper `number`.
    fn help(&self, number: usize) {
        let mut done = 0;
        loop {
            let mut looks = 0;
            while self.jobs.load(Ordering::Acquire) == done {
                if self.stop.load(Ordering::Relaxed) {
                    return;
                }
                looks += 1;
                if looks < PATIENCE {
                    wait(looks);
                } else {
                    thread::park();
                }
            }
            done += 1;
            let job = *self.job.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(job) = job
                && let Err(panic) = catch_unwind(AssertUnwindSafe(|| job(number)))
            {
                *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
            }
            self.busy.fetch_sub(1, Ordering::Release);
        }
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        for helper in self.helpers.drain(..) {
            helper.thread().unpark();
            // A helper catches every panic.
            let _ = helper.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::ManuallyDrop;

    #[test]
    fn every_item_is_worked_on_once_by_any_number_of_threads() {
        for threads in [1, 2, 3, 8] {
            let team = Team::new(threads).unwrap();
            for count in [0, 1, 2, 100] {
                let mut numbers = vec![0; count];
                for _ in 0..200 {
                    team.for_each(numbers.iter_mut(), |number| *number += 1);
                }
                assert_eq!(numbers, vec![200; count], "{threads} threads");
            }
        }
        assert!(Team::new(257).is_err());
    }

    #[test]
    fn a_team_that_fell_asleep_wakes_up_and_a_panic_reaches_the_asker() {
        let team = Team::new(3).unwrap();
        for _ in 0..3 {
            let count = AtomicUsize::new(0);
            team.for_each(0..50, |_| {
                count.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(count.into_inner(), 50);
            thread::sleep(std::time::Duration::from_millis(20));
        }
        let result = catch_unwind(AssertUnwindSafe(|| {
            team.for_each(0..50, |number| assert!(number != 30, "thirty"));
        }));
        assert!(result.is_err());
        team.for_each(0..5, |_| {});
    }

    #[test]
    fn a_job_that_asks_its_own_team_works_alone() {
        // A job can only get at its team by a variable of its thread, which should not wait for others when the
        // thread ends.
        thread_local!(static TEAM: ManuallyDrop<Team> = ManuallyDrop::new(Team::new(3).unwrap()));
        let count = AtomicUsize::new(0);
        let inner = |team: &Team| {
            team.for_each(0..7, |_| {
                count.fetch_add(1, Ordering::Relaxed);
            });
        };
        for _ in 0..50 {
            TEAM.with(|team| team.for_each(0..9, |_| TEAM.with(|team| inner(team))));
        }
        assert_eq!(count.into_inner(), 50 * 9 * 7);
    }
}
