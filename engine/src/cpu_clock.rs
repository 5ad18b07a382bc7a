//! Processor time, the measure of work that other programs on the machine do not disturb much.

use cpu_time::{ProcessTime, ThreadTime};

/// Seconds that all threads of this process have spent on processors so far; 0 where the system does not tell.
pub fn process_seconds() -> f64 {
    ProcessTime::try_now().map_or(0.0, |time| time.as_duration().as_secs_f64())
}

/// Seconds that this thread has spent on processors so far; 0 where the system does not tell.
pub fn thread_seconds() -> f64 {
    ThreadTime::try_now().map_or(0.0, |time| time.as_duration().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn clocks_count_work_and_not_sleep() {
        let (process, thread) = (process_seconds(), thread_seconds());
        std::thread::sleep(Duration::from_millis(60));
        let slept = thread_seconds() - thread;
        assert!(slept < 0.03, "60 ms of sleep took {slept} s");
        let start = Instant::now();
        let mut x = 1u64;
        while thread_seconds() - thread < 0.02 && start.elapsed() < Duration::from_secs(60) {
            x = std::hint::black_box(x.wrapping_mul(6_364_136_223_846_793_005));
        }
        assert!(thread_seconds() - thread >= 0.02, "a minute of work and the clock stands still");
        assert!(process_seconds() - process >= 0.02, "the process has worked less than its thread");
    }
}
