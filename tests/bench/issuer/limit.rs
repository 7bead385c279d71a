//! What the machine could do at most: hashes with nothing beside them, and writes
//! that reach the disk one after the other.

use std::{
    fs,
    io::{Seek, Write},
    num::NonZero,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use argon2::{Algorithm, Argon2, Block, Params, Version};

/// What the issuer hashes with.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;

/// The issuer's threads stand back by so much. Those here do likewise: whatever
/// else runs takes the same from both.
const NICENESS: i32 = 10;

/// Returns how many passwords all cores verify in a second.
pub(crate) fn verifications_per_second(window: Duration) -> f64 {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads: Vec<_> = (0..cores).map(|_| thread::spawn(move || verify_for(window))).collect();
    threads.into_iter().map(|thread| thread.join().expect("a thread")).sum()
}

fn verify_for(window: Duration) -> f64 {
    rustix::process::setpriority_process(None, NICENESS).expect("a lower priority");
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("parameters");
    let mut memory = vec![Block::new(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut verify = || {
        let mut output = [0; 32];
        argon2
            .hash_password_into_with_memory(
                crate::issuer::PASSWORD.as_bytes(),
                &[7; 16],
                &mut output,
                &mut memory,
            )
            .expect("a hash");
        std::hint::black_box(output);
    };
    verify();
    let (began, mut done) = (Instant::now(), 0_u32);
    while began.elapsed() < window {
        verify();
        done += 1;
    }
    f64::from(done) / began.elapsed().as_secs_f64()
}

/// The page of SQLite's, and a log of so many that begins anew.
const PAGE: [u8; 4096] = [7; 4096];
const PAGES: u32 = 1024;

/// Returns how often in a second a page reaches the disk, one at a time, in a file
/// that does not grow.
pub(crate) fn syncs_per_second(window: Duration) -> f64 {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("issuer-throughput-sync");
    let mut file = fs::File::create(&path).expect("a file");
    (0..PAGES).for_each(|_| file.write_all(&PAGE).expect("to write"));
    file.sync_all().expect("to reach the disk");
    let (began, mut done) = (Instant::now(), 0_u32);
    while began.elapsed() < window {
        if done % PAGES == 0 {
            file.rewind().expect("its beginning");
        }
        file.write_all(&PAGE).expect("to write");
        file.sync_data().expect("to reach the disk");
        done += 1;
    }
    let per_second = f64::from(done) / began.elapsed().as_secs_f64();
    fs::remove_file(path).expect("the file");
    per_second
}
