import Glibc

/// The clock for leases and timeouts: it never jumps, and goes on while the machine sleeps.
public enum MonotonicClock {
    /// Nanoseconds since the machine started (CLOCK_BOOTTIME).
    public static func nanoseconds() -> Int64 { clockNanoseconds(CLOCK_BOOTTIME) }
}

/// The clock that people set: for log times, not for timeouts.
public enum WallClock {
    /// Nanoseconds since 1970, UTC (CLOCK_REALTIME).
    public static func nanoseconds() -> Int64 { clockNanoseconds(CLOCK_REALTIME) }
}

private func clockNanoseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    let status = unsafe clock_gettime(clock, &time)
    precondition(status == 0, "clock_gettime(\(clock)) failed with errno \(errno)")
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
