import SLSProtocol

/// How much of each rate its holders have used up.
///
/// One account for each rate and holder, which fills with what is used and empties evenly, by its limit in each period.
/// A refused request uses up nothing: it is put back with its savepoint, so that a client which tries again and again
/// is let in as soon as there is room. Nothing of it is stored; a restart, or a lost transaction, begins anew.
struct QuotaLedger: Equatable, Sendable {
    /// Whose rate it is.
    enum Holder: Hashable, Sendable {
        /// By the key of its row, which no other shard ever has.
        case shard(Int64)
        /// By the name as the host spells it.
        case project(String)
        /// One API call in a project, "" for calls without one.
        case call(String, project: String)
    }

    private struct Account: Hashable, Sendable {
        let rate: Limits.Rate
        let holder: Holder
    }

    private struct Level: Equatable, Sendable {
        /// What was used and has not drained yet, times the period's nanoseconds: thus no division rounds.
        var used: Int128
        /// When that was so.
        var time: Instant
        /// By how much it drains in a period.
        let limit: Int

        /// What is left of it at a later time.
        func remaining(at now: Instant) -> Int128 {
            let elapsed = Int128(max(0, (now - time).nanoseconds))
            return max(0, used - elapsed * Int128(limit))
        }
    }

    /// Only accounts that are not empty, but for those that emptied since the last sweep.
    private var levels: [Account: Level] = [:]
    /// How many accounts there may be before the empty ones are swept out.
    private var sweepAt = QuotaLedger.sweepStart
    private static let sweepStart = 256

    /// How many accounts are kept.
    var accountCount: Int { levels.count }

    /// Whether a holder may use a rate now.
    ///
    /// The one place that says what "over the limit" is. The service's pages call it soft, tolerated for a while, and
    /// give no window. Chosen here: a full period's worth at once, then as much as drains; where there is room for one
    /// call or byte a request is let in whole, however large, and what it takes beyond is paid off before the next.
    func hasRoom(_ rate: Limits.Rate, _ holder: Holder, limit: Int, now: Instant) -> Bool {
        let used = levels[Account(rate: rate, holder: holder)]?.remaining(at: now) ?? 0
        return used <= Int128(limit - 1) * Int128(rate.period.nanoseconds)
    }

    /// Uses a rate, whether there is room or not.
    ///
    /// - Parameter amount: Calls or bytes, 0 or more.
    mutating func use(_ amount: Int, of rate: Limits.Rate, _ holder: Holder, limit: Int, now: Instant) {
        guard amount > 0 else { return }
        let account = Account(rate: rate, holder: holder)
        let used = levels[account]?.remaining(at: now) ?? 0
        levels[account] = Level(
            used: used + Int128(amount) * Int128(rate.period.nanoseconds), time: now, limit: limit)
        if levels.count > sweepAt { sweep(now) }
    }

    private mutating func sweep(_ now: Instant) {
        // unordered: which accounts are empty does not depend on the order.
        levels = levels.filter { $0.value.remaining(at: now) > 0 }
        sweepAt = max(Self.sweepStart, 2 * levels.count)
    }
}
