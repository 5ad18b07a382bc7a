//! `equijump`: the window, or one of its jobs on the command line.

use std::process::ExitCode;

/// Every step of the network allocates and frees large temporaries; the system allocator hands them back
/// to the kernel each time, and faulting the pages in again costs more than the arithmetic.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    equijump_app::cli::main()
}
