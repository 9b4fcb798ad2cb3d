import SLSProtocol
import Testing

@testable import Dispatcher

@Suite struct LedgerTests {
    private func entry(_ change: (inout Ledger.Entry) -> Void) -> Ledger.Entry {
        var entry = Ledger.Entry(targetCount: 2)
        change(&entry)
        return entry
    }

    @Test func `books that are right have no mistakes, and each way to end counts`() {
        var ledger = Ledger(targetCount: 2)
        ledger.add(
            entry {
                $0.shard.read = 5
                $0.shard.routed = 4
                $0.shard.dropped = 1
                $0.targets[0].routed = 4
                $0.targets[0].inFlight = 4
                $0.targets[1].routed = 1
                $0.targets[1].inFlight = 1
            }, of: ShardID(0))
        #expect(ledger.mistakes.isEmpty)
        ledger.add(
            entry {
                $0.targets[0].accepted = 1
                $0.targets[0].suppressed = 1
                $0.targets[0].deadLettered = 1
                $0.targets[0].inFlight = 1
                $0.targets[1].inFlight = 1
            }, of: ShardID(0))
        #expect(ledger.mistakes.isEmpty)
        ledger.add(
            entry {
                $0.targets[0].returned = 1
                $0.targets[1].returned = 1
            }, of: ShardID(0))
        #expect(ledger.mistakes.isEmpty)
        #expect(ledger.targets[0].inFlight == 0)
    }

    @Test func `what is in flight is a count of its own, per shard`() {
        var ledger = Ledger(targetCount: 2)
        for shard in 0..<2 {
            ledger.add(
                entry {
                    $0.targets[0].routed = 3
                    $0.targets[0].inFlight = 3
                }, of: ShardID(shard))
        }
        #expect(ledger.targets[0].inFlight == 6)
        ledger.add(entry { $0.targets[0].inFlight = 2 }, of: ShardID(1))
        #expect(ledger.targets[0].inFlight == 5)
        #expect(ledger.mistakes.count == 1, "one was lost from a queue")
    }

    @Test func `a log group that vanishes on the way is named`() {
        var ledger = Ledger(targetCount: 2)
        ledger.add(
            entry {
                $0.shard.read = 3
                $0.shard.routed = 2
                $0.targets[1].routed = 2
                $0.targets[1].accepted = 1
            }, of: ShardID(7))
        #expect(ledger.mistakes.count == 2)
        #expect(ledger.mistakes[0].contains("shard 7") && ledger.mistakes[1].contains("target 1"))
    }
}
