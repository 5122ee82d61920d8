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
    Ok(status(&format!("/proc/{pid}/status"), "VmRSS:")? * 1024)
}

/// The most resident memory that it ever had, in bytes.
pub fn peak(pid: u32) -> Result<u64> {
    Ok(status(&format!("/proc/{pid}/status"), "VmHWM:")? * 1024)
}

/// How often its threads went to sleep of their own accord; only of those that still live.
pub fn switches(pid: u32) -> Result<u64> {
    let mut sum = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task")).with_context(|| format!("process {pid}"))? {
        let file = task?.path().join("status");
        // A thread may end at any time.
        sum += status(&file.to_string_lossy(), "voluntary_ctxt_switches:").unwrap_or(0);
    }
    Ok(sum)
}

/// The number of a line in a `status` file.
fn status(file: &str, name: &str) -> Result<u64> {
    let text = fs::read_to_string(file).with_context(|| file.to_owned())?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
    line.trim().trim_end_matches(" kB").parse().with_context(|| format!("{name} is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_uses_time() {
        let pid = std::process::id();
        assert!(resident(pid).unwrap() > 500_000);
        assert!(peak(pid).unwrap() > 500_000);
        assert!(switches(pid).is_ok());
        let before = cpu(pid).unwrap();
        let mut sum = 0_u64;
        while cpu(pid).unwrap() < before + TICK {
            sum = (0..100_000).fold(sum, |sum, n| std::hint::black_box(sum ^ n));
        }
    }
}
