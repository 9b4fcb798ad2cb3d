import Dispatcher
import SLSClient
import SLSConsumer
import SLSProtocol

/// The window of a shard's processor: at least once or exactly once. Two fields, so that each is changed in place.
struct SimulatedWindow {
    private var plain: DeliveryWindow<Content>?
    private var exact: ExactWindow<Content>?

    init(_ window: DeliveryWindow<Content>) { plain = window }
    init(_ window: ExactWindow<Content>) { exact = window }

    var sentUpTo: Cursor? { plain?.sentUpTo ?? exact?.sentUpTo }
    var nextTimer: Instant? { plain?.nextTimer ?? exact?.nextTimer }

    mutating func handle(
        _ event: Delivery<Content>.Event, now: Instant, barrier: Instant?, using chance: inout Chance
    ) -> [Delivery<Content>.Action] {
        plain?.handle(event, now: now, barrier: barrier, using: &chance)
            ?? exact?.handle(event, now: now, barrier: barrier, using: &chance) ?? []
    }
}

/// One try of a write, and its copies.
final class WriteAttempt {
    /// When its sender had an answer, or gave it up.
    var ended: TrueTime?
}

/// What really happened to the writes of one window; nobody but the judge looks here.
final class WindowTruth {
    let shard: ShardID
    let process: Int
    let serial: Int
    /// When it was over; `isHeld` where the server's table still named its process then.
    var stopped: (time: TrueTime, isHeld: Bool)?
    /// The latest try of each write it has sent.
    var attempts: [Int: WriteAttempt] = [:]
    /// Keys of the writes it has sent, and what they carried.
    var keys: [Int: HashKey] = [:]
    var contents: [Int: [Content]] = [:]
    /// Keys under which a target has taken something of it, and it was told so.
    var accepted: Set<HashKey> = []
    /// Writes of which a try ended without an answer or with 5xx.
    var uncertain: Set<Int> = []
    /// What such a write carried that was taken apart since: it may have landed before the first part does. Until one of them
    /// is accepted, under an id below its own.
    var uncertainParts: [HashKey: Set<Content>] = [:]
    /// Of writes that were refused because of somebody else, what of them stands nowhere.
    var missing: [Int: [Refusal]] = [:]
    /// What of that it cannot take for stored: its lane has had a write accepted, and no earlier try may have been
    /// stored. To be told, not passed over.
    var displaced: [Refusal] = []

    init(shard: ShardID, process: Int, serial: Int) {
        self.shard = shard
        self.process = process
        self.serial = serial
    }

    /// A try of a write has ended: what may have been stored is uncertain.
    func note(_ answer: Answer, to write: Int, at now: TrueTime) {
        attempts[write]?.ended = now
        guard let key = keys[write] else { return }
        if case .done = answer {
            accepted.insert(key)
            uncertainParts[key] = nil
        }
        guard case .failed(let error) = answer else { return }
        if error.means(.invalidSequenceID), accepted.contains(key), !uncertain.contains(write) {
            let parts = uncertainParts[key] ?? []
            displaced += (missing[write] ?? []).filter { !parts.contains($0.content) }
        }
        if error.means(.postBodyInvalid) || error.means(.postBodyTooLarge), uncertain.contains(write) {
            uncertainParts[key, default: []].formUnion(contents[write] ?? [])
        }
        switch error {
        case .api(let refusal, _): if refusal.status >= 500 { uncertain.insert(write) }
        case .transport(let failure): if failure.kind != .couldNotConnect { uncertain.insert(write) }
        case .malformedResponse: uncertain.insert(write)
        }
    }
}
