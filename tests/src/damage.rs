//! Files damaged at random: a reader answers with contents or with one sentence, and never panics.
//!
//! The damage is a pure function of a seed, so that a failure repeats; its message names the seed, and the damaged
//! file is kept beside the temporary files of the system.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use equijump_engine::random::Random;

/// For how many seconds each kind of file is damaged; where it is not set, a fixed number of times.
pub const SECONDS: &str = "EQUIJUMP_FUZZ";
/// The first seed; another one makes a long run look at other files than the one before.
pub const FIRST_SEED: &str = "EQUIJUMP_FUZZ_SEED";

/// Damaged copies of one file without [`SECONDS`].
const COPIES: u64 = 60;
/// Longest sentence that still is one, bytes.
const LONGEST_SENTENCE: usize = 700;
/// No file of the tests takes nearly as long; a reader that does is stuck, or nearly so.
const LONGEST_READING: Duration = Duration::from_secs(10);

/// A damaged copy.
pub fn damaged(whole: &[u8], seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut bytes = whole.to_vec();
    // Most faults come alone; some show only together.
    let faults = if seed % 8 == 7 { 2 + random.index(4) } else { 1 };
    for k in 0..faults {
        let kind = if faults == 1 { (seed % 8) as usize } else { (random.index(7) + k) % 7 };
        if bytes.len() > 4 {
            damage(&mut bytes, kind, &mut random);
        }
    }
    bytes
}

/// Headers are hit as often as all the rest, since they are where lengths and counts stand.
fn place(random: &mut Random, length: usize) -> usize {
    let limit = if random.index(2) == 0 { length.min(400) } else { length };
    random.index(limit)
}

fn damage(bytes: &mut Vec<u8>, kind: usize, random: &mut Random) {
    match kind {
        0 => bytes.truncate(random.index(bytes.len())),
        1 => {
            for _ in 0..=random.index(4) {
                let at = place(random, bytes.len());
                bytes[at] ^= 1 << random.index(8);
            }
        }
        2 => {
            for _ in 0..=random.index(8) {
                let at = place(random, bytes.len());
                bytes[at] = random.word() as u8;
            }
        }
        // Numbers at the ends of their ranges, where lengths overflow.
        3 => {
            const ENDS: [[u8; 4]; 6] = [
                [0; 4],
                [0xff; 4],
                [0x7f, 0xff, 0xff, 0xff],
                [0xff, 0xff, 0xff, 0x7f],
                [0x80, 0, 0, 0],
                *b"9999",
            ];
            let at = place(random, bytes.len() - 4);
            bytes[at..at + 4].copy_from_slice(&ENDS[random.index(ENDS.len())]);
        }
        // A stretch cut out.
        4 => {
            let from = place(random, bytes.len());
            let to = (from + 1 + random.index(200)).min(bytes.len());
            bytes.drain(from..to);
        }
        // A stretch that comes twice, there or elsewhere.
        5 => {
            let from = place(random, bytes.len());
            let to = (from + 1 + random.index(200)).min(bytes.len());
            let copy = bytes[from..to].to_vec();
            let at = if random.index(2) == 0 { to } else { random.index(bytes.len()) };
            bytes.splice(at..at, copy);
        }
        // A number in a text by another one.
        _ => {
            const NUMBERS: [&[u8]; 14] = [
                b"0",
                b"-1",
                b"1",
                b"2",
                b"65536",
                b"4294967295",
                b"18446744073709551615",
                b"1e300",
                b"1e-300",
                b"-0.0",
                b"nan",
                b"null",
                b"\"\"",
                b"[]",
            ];
            let start = place(random, bytes.len());
            let number = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
            if let Some(from) = bytes[start..].iter().position(number).map(|at| start + at) {
                let to =
                    bytes[from..].iter().position(|byte| !number(byte)).map_or(bytes.len(), |n| from + n);
                bytes.splice(from..to, NUMBERS[random.index(NUMBERS.len())].iter().copied());
            }
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Sends damaged copies of `whole` through `read`, which returns the sentences of all errors.
///
/// # Panics
/// When the undamaged file is refused, when a copy makes `read` panic, takes very long or is answered with something
/// else than a sentence, and when no damage is noticed at all.
#[allow(clippy::panic)] // ends the test
pub fn check(name: &str, whole: &[u8], read: impl Fn(&[u8]) -> Vec<String>) {
    let sound = read(whole);
    assert!(sound.is_empty(), "{name}: the undamaged file is refused: {sound:?}");
    let seconds = number(SECONDS);
    let begun = Instant::now();
    let first = number(FIRST_SEED).unwrap_or(0);
    let (mut copies, mut refused) = (0, 0);
    while seconds.map_or(copies < COPIES, |seconds| begun.elapsed() < Duration::from_secs(seconds)) {
        let seed = first.wrapping_add(copies);
        let bytes = damaged(whole, seed);
        let fails = |what: &str| -> ! {
            let kept = std::env::temp_dir().join(format!("equijump-{name}-{seed}"));
            let place = std::fs::write(&kept, &bytes).map(|()| format!("; it is kept as {}", kept.display()));
            panic!("{name}, damage {seed}: {what}{}", place.unwrap_or_default())
        };
        let started = Instant::now();
        let Ok(sentences) = catch_unwind(AssertUnwindSafe(|| read(&bytes))) else { fails("a panic") };
        if started.elapsed() > LONGEST_READING {
            fails("it is read for more than ten seconds");
        }
        for sentence in &sentences {
            if sentence.trim().is_empty()
                || sentence.chars().any(char::is_control)
                || sentence.len() >= LONGEST_SENTENCE
            {
                fails(&format!("no sentence: {sentence:?}"));
            }
        }
        refused += u64::from(!sentences.is_empty());
        copies += 1;
    }
    assert!(refused > 0, "{name}: none of {copies} damages was noticed");
}
