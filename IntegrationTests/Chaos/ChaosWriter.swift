import Foundation
import SLSClient
import SLSProtocol
import System

/// Writes into the source as long as the run goes: a trickle always, so that every fault meets traffic, and what it was
/// told to write beyond that.
final class ChaosWriter: Sendable {
    /// The topics of the article; the last has no route.
    static let topics = ["ngnix", "sql_audit", "click", "other"]

    private struct State {
        var credit = 0
        var written = 0
        var isOver = false
    }

    private static let connectionCount = 4
    private let client: SLSClient
    private let state = Lock(State())

    init(_ client: SLSClient) { self.client = client }

    var written: Int { state.withLock { $0.written } }

    /// Lets it write so many more.
    func credit(_ count: Int) { state.withLock { $0.credit += count } }

    /// No trickle from here on; what it was told before is still written.
    func end() { state.withLock { $0.isOver = true } }

    /// Writes until its end.
    func run() async throws {
        let logstore = try LogstoreName("source")
        while let numbers = next() {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for lane in 0..<Self.connectionCount {
                    tasks.addTask {
                        for number in numbers where number % Self.connectionCount == lane {
                            try await self.client.putLogs(Self.body(number), to: logstore)
                        }
                    }
                }
                try await tasks.waitForAll()
            }
            // The trickle's pace; what was told goes without a break.
            if state.withLock({ $0.credit == 0 }) { try await Task.sleep(for: .milliseconds(100)) }
        }
    }

    /// The numbers of the log groups to write now; nil at the end.
    private func next() -> Range<Int>? {
        state.withLock { state in
            if state.isOver && state.credit == 0 { return nil }
            let count = state.credit > 0 ? min(state.credit, 32) : 2
            state.credit = max(0, state.credit - count)
            state.written += count
            return state.written - count..<state.written
        }
    }

    /// The log group of that number.
    static func body(_ number: Int) throws -> PutLogsBody {
        let log = LogGroup.Log(
            time: UInt32(Date().timeIntervalSince1970), contents: [.init("message", "group \(number)")])
        return try PutLogsBody(
            compressing: LogGroup(logs: [log], topic: topics[number % topics.count], source: "chaos").serialized)
    }
}
