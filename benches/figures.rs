//! Medians, limits and what a process costs: what every benchmark prints.

use postroom::clock::monotonic;
use std::fs;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// Between two looks at a child.
const LOOK: Duration = Duration::from_millis(10);
/// Ticks of processor time in a second, as Linux counts them for programs.
const TICKS: u64 = 100;

/// What a child cost from its start to its end.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    pub wall: Duration,
    /// User and system time of the child and of children it waited for.
    pub cpu: Duration,
    /// The most memory it held, in KiB.
    pub peak: u64,
}

impl std::ops::Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            wall: self.wall + other.wall,
            cpu: self.cpu + other.cpu,
            peak: self.peak.max(other.peak),
        }
    }
}

/// The value in the middle.
pub fn median<T: Copy + PartialOrd>(values: impl IntoIterator<Item = T>) -> T {
    percentile(values, 50)
}

/// The value that so many per cent do not exceed.
pub fn percentile<T: Copy + PartialOrd>(values: impl IntoIterator<Item = T>, percent: usize) -> T {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let at = (values.len() * percent / 100).min(values.len() - 1);
    values[at]
}

/// How many times the second the first is.
pub fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64().max(1e-9)
}

/// Prints a limit and whether it is met.
pub fn verdict(limit: &str, measured: impl std::fmt::Display, met: bool) {
    let word = if met { "met" } else { "MISSED" };
    println!("  limit: {limit}; measured: {measured}: {word}");
}

/// A line of `/proc/TASK/status` in its own unit; 0 when there is none.
pub fn status_of(task: impl std::fmt::Display, field: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{task}/status")).unwrap_or_default();
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let number = value.and_then(|v| v.split_whitespace().next());
    number.and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Runs a command to its end and says what it cost; stops the benchmark when it fails.
pub fn cost_of(command: &mut Command) -> Cost {
    let program = command.get_program().to_owned();
    let start = monotonic();
    let mut child = command.stdin(Stdio::null()).spawn().unwrap();
    let (ended, mut cost) = watch(&mut child);
    cost.wall = start.elapsed();
    assert!(ended.success(), "{} failed: {ended}", program.display());
    cost
}

/// Looks at a child until it ends. Its figures vanish with it, so the last look counts.
fn watch(child: &mut Child) -> (ExitStatus, Cost) {
    let mut cost = Cost::default();
    loop {
        let seen = status_of(child.id(), "VmHWM");
        cost.peak = cost.peak.max(seen);
        cost.cpu = cost.cpu.max(cpu_of(child.id()));
        if let Some(ended) = child.try_wait().unwrap() {
            return (ended, cost);
        }
        std::thread::sleep(LOOK);
    }
}

/// Processor time so far, from `/proc/PID/stat` (fields 14 to 17).
fn cpu_of(pid: u32) -> Duration {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The second field is the program's name in parentheses and may hold anything.
    let after = text.rsplit_once(") ").map_or("", |(_, after)| after);
    let ticks = after.split_whitespace().skip(11).take(4);
    let ticks: u64 = ticks.filter_map(|n| n.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1000 / TICKS)
}
