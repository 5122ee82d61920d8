//! What the kernel knows of a process.

use std::{fs, time::Duration};

use anyhow::{Context, Result};

/// The kernel's clock ticks as programs see them: always a hundredth of a second.
const TICK: Duration = Duration::from_millis(10);

/// CPU time that all threads of a process have used, in its own code and in the kernel for it.
pub fn cpu(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).with_context(|| format!("process {pid}"))?;
    // The name, in brackets, may hold anything. After it: state is the 3rd field, utime the 14th, stime the 15th.
    let rest = stat.rsplit_once(')').map(|(_, rest)| rest).context("no stat line")?;
    let ticks = |index: usize| rest.split_whitespace().nth(index).and_then(|text| text.parse::<u32>().ok());
    Ok(TICK * (ticks(11).context("no utime")? + ticks(12).context("no stime")?))
}

/// Resident memory in bytes.
pub fn resident(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).with_context(|| format!("process {pid}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().context("VmRSS is no number")?;
    Ok(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_uses_time() {
        let pid = std::process::id();
        assert!(resident(pid).unwrap() > 500_000);
        let before = cpu(pid).unwrap();
        let mut sum = 0_u64;
        while cpu(pid).unwrap() < before + TICK {
            sum = (0..100_000).fold(sum, |sum, n| std::hint::black_box(sum ^ n));
        }
    }
}
