import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

@testable import Dispatcher

@Suite struct TargetWatchTests {
    @Test func `when a target's shards change, nothing new goes there before what was sent is saved`() async throws {
        let service = try ScriptedService.withTargets(speed: 20)
        let recorder = LineRecorder()
        let dispatcher = try LiveDispatcher("a", of: service, logger: recorder.logger) {
            $0.delivery.mode = .exactlyOnce
            $0.groupTimeout = .seconds(3_600)  // On a busy machine a short lease runs out, and its windows with it.
        }
        try await service.fill(0..<60)
        let hasWritten = Lock(false)
        service.follow { call in
            if call.api == .putLogs { hasWritten.withLock { $0 = true } }
            // The first positions are saved; behind what is written no checkpoint comes.
            return call.api == .saveCheckpoint && hasWritten.withLock { $0 }
                ? .refuse(500, "InternalServerError") : nil
        }
        try await running(dispatcher) {
            try await wait(for: "all is written", within: .seconds(120)) { try await service.copies(0..<60) == (1, 1) }
            try await wait(for: "the shards are known", within: .seconds(120)) {
                service.calls(.listShards, by: "a").contains { $0.isOf("web") && $0.ended != nil }
            }
            let before = service.calls(.listShards, by: "a").count
            try await service.splitFirstShard(of: "web")
            try await wait(for: "the split is seen", within: .seconds(120)) {
                recorder.all.contains { $0.contains("the shards of a target have changed") }
            }
            let seen = try #require(
                service.calls(.listShards, by: "a").dropFirst(before).first { $0.isOf("web") }?.ended)
            let written = service.calls(.putLogs).count
            try await service.fill(60..<120)
            try await wait(for: "all is written", within: .seconds(120)) { try await service.copies(0..<120) == (1, 1) }
            let puts = service.calls(.putLogs).dropFirst(written)
            let first = try #require(puts.first { $0.isOf("web") })
            #expect(first.sent >= seen + ExactWindow<LogGroupSlice>.settlingLimit)
            service.heal()
            try await wait(for: "all is covered", within: .seconds(120)) { try await service.isCovered() }
            #expect(try await dispatcher.leave())
        }
    }
}

extension ScriptedService.Call {
    fileprivate func isOf(_ logstore: String) -> Bool { request.url.contains("/logstores/\(logstore)/") }
}
