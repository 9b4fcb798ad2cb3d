internal import SLSProtocol

/// The rules of quotas that throttle. What is over a limit is `QuotaLedger`'s to say.
final class QuotaService {
    private let live: LiveStateBox
    private let limits: Limits

    init(live: LiveStateBox, limits: Limits) {
        self.live = live
        self.limits = limits
    }

    /// Uses a rate, where it has a figure; an amount of 0 only asks.
    ///
    /// - Throws: 403 with the rate's code when the holder is over it.
    func charge(_ amount: Int, _ rate: Limits.Rate, _ holder: QuotaLedger.Holder, now: Moment) throws(APIError) {
        guard let limit = limits[rate] else { return }
        guard live.state.quotas.hasRoom(rate, holder, limit: limit, now: now.monotonic) else {
            throw APIError(rate.code, "\(holder) is over its limit, \(rate.rawValue) \(limit)")
        }
        live.state.quotas.use(amount, of: rate, holder, limit: limit, now: now.monotonic)
    }

    /// Whether a rate with a figure is used up.
    func isUsedUp(_ rate: Limits.Rate, _ holder: QuotaLedger.Holder, now: Moment) -> Bool {
        guard let limit = limits[rate] else { return false }
        return !live.state.quotas.hasRoom(rate, holder, limit: limit, now: now.monotonic)
    }

    /// Charges what each call costs whatever it carries. A write's cost depends on its log groups: `LogService` knows.
    func charge(_ call: String, _ traffic: Traffic, project: String?, now: Moment) throws(APIError) {
        switch traffic {
        case .control: try charge(1, .controlCalls, .call(call, project: project ?? ""), now: now)
        case .read: try charge(1, .projectReadCalls, .project(project ?? ""), now: now)
        case .write: return
        }
    }

    /// Whether the rate of bytes written to a shard depends on the logstore's index.
    var asksForIndex: Bool { limits[.shardWriteBytes] != limits[.shardWriteBytesWithoutIndex] }
}

/// Which quotas an API call falls under.
enum Traffic: Sendable {
    /// Writes log groups.
    case write
    /// Reads log groups, or looks for where to read.
    case read
    /// All else.
    case control
}

extension QuotaLedger.Holder: CustomStringConvertible {
    /// For the caller's eyes.
    var description: String {
        switch self {
        case .shard: "the shard"
        case .project(let name): "project \(name.prefix(63))"
        case .call(let call, _): call
        }
    }
}
