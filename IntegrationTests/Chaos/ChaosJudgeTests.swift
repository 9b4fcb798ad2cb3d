import Foundation
import SLSClient
import SLSProtocol
import System
import TestKit
import Testing

/// What judges the chaos must be able to say no.
struct ChaosJudgeTests {
    private func verdict(owed: [[UInt8]], held: [[UInt8]]) -> String {
        var verdict = DeliveryVerdict()
        verdict.add(owed: owed, held: held)
        return "\(verdict)"
    }

    @Test func `a dead letter stands for its log group, once`() {
        func verdict(_ held: [[UInt8]], _ letters: [[UInt8]]) -> [Int] {
            var verdict = DeliveryVerdict()
            verdict.add(owed: [[1], [2]], held: held, deadLetters: letters)
            return [verdict.lost, verdict.duplicated, verdict.foreign, verdict.deadLettered]
        }
        #expect(verdict([[1]], [[2]]) == [0, 0, 0, 1])
        #expect(verdict([[1], [2]], [[2]]) == [0, 0, 0, 1], "sent again when it was no longer refused")
        #expect(verdict([[1]], []) == [1, 0, 0, 0])
        #expect(verdict([[1]], [[2], [2]]) == [0, 1, 0, 1])
        #expect(verdict([[1], [2]], [[3]]) == [0, 0, 1, 0])
    }

    @Test func `targets are compared as multisets of bytes`() {
        let said: (Int, Int, Int) -> String = { "2 log groups owed: \($0) lost, \($1) duplicated, \($2) foreign" }
        #expect(verdict(owed: [[1], [2]], held: [[2], [1]]) == said(0, 0, 0))
        #expect(verdict(owed: [[1], [2]], held: [[2]]) == said(1, 0, 0))
        #expect(verdict(owed: [[1], [2]], held: [[1], [2], [2]]) == said(0, 1, 0))
        #expect(verdict(owed: [[1], [2]], held: [[1], [2], [3]]) == said(0, 0, 1))
        #expect(verdict(owed: [[1], [2]], held: [[1], [1]]) == said(1, 1, 0))
        #expect(verdict(owed: [[1], [1]], held: [[1], [1]]) == said(0, 0, 0), "what is owed twice comes twice")
        #expect(verdict(owed: [[1], [1]], held: [[1]]) == said(1, 0, 0))
    }

    @Test func `a log group taken away, doubled or foreign in real targets is told`() async throws {
        var plan = ChaosPlan.small("exactly-once", seed: 1)
        plan.events = [:]
        plan.groupCount = 40
        let run = try await ChaosRun(plan)
        try await run.attack()
        #expect(try await run.judge().isExact)

        let target = try run.targetClient()
        let first = try #require(try await target.storedLogGroups(of: LogstoreName("to-1")).first)
        try await target.putLogs(PutLogsBody(compressing: first), to: LogstoreName("to-1"))
        // Owed by the source, but to another target: foreign here.
        try await target.putLogs(PutLogsBody(compressing: first), to: LogstoreName("to-2"))
        // Nobody is there any longer to deliver it.
        try await run.sourceClient().putLogs(ChaosWriter.body(-4 * 1_000), to: LogstoreName("source"))

        let verdict = try await run.judge()
        #expect(verdict.lost == 1 && verdict.duplicated == 1 && verdict.foreign == 1, "\(verdict)")
        #expect(run.books.mistakes.isEmpty)
        await run.end()
    }

    /// A page of `/status` whose sums are right, but for what is changed.
    private func status(_ changes: [String: Int] = [:], says mistakes: String = "") throws -> RunningDispatcher.Status {
        let figures = [
            "read": 10, "routed": 7, "dropped": 3, "logGroups": 4, "suppressed": 1, "deadLettered": 0, "inFlight": 1,
            "returned": 1,
        ].merging(changes) { $1 }
        func members(_ names: [String]) -> String {
            names.map { "\"\($0)\":\(figures[$0] ?? 0)" }.joined(separator: ",")
        }
        let shard = members(["read", "routed", "dropped"])
        let route = members(["logGroups", "suppressed", "deadLettered", "inFlight", "returned"])
        return try JSONDecoder().decode(
            RunningDispatcher.Status.self,
            from: Data(
                """
                {"connections":1,"leaseLosses":0,"failedPuts":0,"unrouted":3,"unroutedTopics":{},
                 "ledgerMistakes":[\(mistakes)],"shards":[{"shard":0,"state":"processing","restarts":0,\(shard)}],
                 "routes":[{"logstore":"demo/to-1","routed":7,\(route)}]}
                """.utf8))
    }

    private func mistakes(_ status: RunningDispatcher.Status, isDone: Bool = false, held: Int = 4) -> Int {
        var books = ChaosBooks()
        books.close("d0", status, isDone: isDone)
        books.holds("demo/to-1", held)
        return books.mistakes.count
    }

    @Test func `books that do not add up are told`() throws {
        #expect(try mistakes(status()) == 0)
        for figure in ["read", "dropped", "logGroups", "suppressed", "inFlight", "returned"] {
            #expect(try mistakes(status([figure: 0]), held: 9) == 1, "\(figure)")
        }
        #expect(try mistakes(status(["deadLettered": 1, "inFlight": 0])) == 0)
        #expect(try mistakes(status(), isDone: true) == 1, "something is in flight at the end")
        #expect(try mistakes(status(["inFlight": 0, "suppressed": 2]), isDone: true) == 0)
        #expect(try mistakes(status(says: #""x""#)) == 1, "the dispatcher itself says so")
        #expect(try mistakes(status(), held: 3) == 1, "more was accepted than is there")
        var books = ChaosBooks()
        books.close("d0", try status(["deadLettered": 2, "inFlight": 0, "returned": 0]))
        books.holdsDeadLetters(2)
        #expect(books.mistakes.isEmpty)
        books.holdsDeadLetters(1)
        #expect(books.mistakes.count == 1)
    }

    @Test func `an exit that is not documented is told`() {
        var books = ChaosBooks()
        books.ended("d0", .exited(0), allowed: [.exited(0), .exited(2)], log: "")
        books.ended("d0", .exited(2), allowed: [.exited(0), .exited(2)], log: "")
        #expect(books.mistakes.isEmpty)
        books.ended("d0", .exited(1), allowed: [.exited(0), .exited(2)], log: "why")
        books.ended("d0", nil, allowed: [.exited(0)], log: "")
        #expect(books.mistakes.count == 2 && books.mistakes[0].hasSuffix("why"))
    }

    @Test func `every kind is in both sizes, and the full one is as large as promised`() {
        for plan in [ChaosPlan.small("exactly-once", seed: 1), .full("exactly-once", seed: 1)] {
            #expect(ChaosEvent.allCases.allSatisfy { (plan.events[$0] ?? 0) > 0 })
            #expect(plan.order.count == plan.events.values.reduce(0, +))
        }
        let full = ChaosPlan.full("exactly-once", seed: 1)
        #expect(full.killCount == 220 && full.events[.pause] == 50 && full.groupCount == 100_000)
        #expect(full.sourceShards == 10 && full.order != ChaosPlan.full("exactly-once", seed: 2).order)
    }

    @Test func `what the variables ask for is planned, and a wrong one is named`() throws {
        #expect(try ChaosPlan.asked([:]) == nil)
        let plans = try #require(
            try ChaosPlan.asked([
                "CHAOS_SIZE": "full", "CHAOS_MODES": "exactly-once at-least-once", "CHAOS_SEED": "9",
                "CHAOS_GROUPS": "500", "CHAOS_SHARDS": "3", "CHAOS_PACE": "0.5",
                "CHAOS_EVENTS": "partition=7 target-kill=0",
            ]))
        #expect(plans.map(\.delivery) == ["exactly-once", "at-least-once"])
        #expect(plans.allSatisfy { $0.seed == 9 && $0.groupCount == 500 && $0.sourceShards == 3 })
        #expect(plans[0].pace == .milliseconds(500) && plans[0].events[.partition] == 7)
        #expect(plans[0].events[.targetKill] == 0 && plans[0].events[.restart] == 150)
        #expect(throws: HarnessError.self) {
            try ChaosPlan.asked(["CHAOS_SIZE": "small", "CHAOS_MODES": "x", "CHAOS_EVENTS": "flood=3"])
        }
    }
}
