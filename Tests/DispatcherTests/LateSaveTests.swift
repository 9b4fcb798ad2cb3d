import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

@testable import Dispatcher

/// A late copy of an older save, that comes after the last one of a stop in order.
@Suite(.serialized) struct LateSaveTests {
    /// Makes reads of the checkpoints show a shard at its beginning, or beside it, from the last heartbeat of a stop on,
    /// which comes after the last save, until `isRepaired` says otherwise.
    private static func showBeginning(
        of shard: ShardID, movedBy offset: Int, _ service: ScriptedService,
        isRepaired: @escaping @Sendable (ScriptedService.Call) -> Bool
    ) async throws {
        let client = try service.client()
        let source = try LogstoreName("source")
        let begin = try await client.getCursor(of: shard, in: source, from: .begin).advanced(by: offset).encoded
        let end = try await client.getCursor(of: shard, in: source, from: .end).encoded
        #expect(begin != end)
        let (hasLeft, isOver) = (Lock(false), Lock(false))
        service.follow { call in
            if call.api == .heartbeat, call.body == "[]" { hasLeft.withLock { $0 = true } }
            guard hasLeft.withLock({ $0 }) else { return nil }
            if isRepaired(call) { isOver.withLock { $0 = true } }
            guard call.api == .listCheckpoints, !isOver.withLock({ $0 }) else { return nil }
            return .change { answer in
                var answer = answer
                let text = String(decoding: answer.body, as: UTF8.self)
                answer.body = Array(
                    text.split(separator: end, omittingEmptySubsequences: false).joined(separator: begin).utf8)
                return answer
            }
        }
    }

    private static func stopped(
        _ service: ScriptedService, afterHandOver isHandedOver: Bool = false, movedBy offset: Int = 0,
        isRepaired: @escaping @Sendable (ScriptedService.Call) -> Bool
    ) async throws -> (isSettled: Bool, saves: Int) {
        let dispatcher = try LiveDispatcher("a", of: service) {
            $0.delivery.mode = .exactlyOnce
            $0.groupTimeout = .seconds(600)
        }
        var result = (isSettled: false, saves: 0)
        try await service.fill(0..<60)
        try await running(dispatcher) {
            try await wait(for: "all is covered", within: .seconds(120)) { try await service.isCovered() }
            // All is saved and confirmed: a stop has nothing more to save.
            try await wait(for: "all is confirmed", within: .seconds(120)) {
                dispatcher.dispatcher.status.shards.allSatisfy {
                    $0.checkpoint == $0.delivered && $0.outstandingCount == 0
                }
            }
            var shard = ShardID(0)
            if isHandedOver {
                let held = Set(dispatcher.dispatcher.status.shards.map(\.id))
                // Asks for shards once, and takes none.
                _ = try await service.client().heartbeat(
                    try ConsumerName("b"), in: try ConsumerGroupName("cg"), of: try LogstoreName("source"), holding: [])
                try await wait(for: "some are handed over", within: .seconds(120)) {
                    dispatcher.dispatcher.status.shards.count == held.count / 2
                }
                shard = try #require(held.subtracting(dispatcher.dispatcher.status.shards.map(\.id)).min())
            }
            try await showBeginning(of: shard, movedBy: offset, service, isRepaired: isRepaired)
            let before = service.calls(.saveCheckpoint).count
            result.isSettled = try await dispatcher.leave()
            result.saves = service.calls(.saveCheckpoint).count - before
        }
        return result
    }

    @Test func `what it took back is saved once more, and the stop is settled`() async throws {
        let service = try ScriptedService.withTargets(speed: 20)
        let result = try await Self.stopped(service) { $0.api == .saveCheckpoint }
        #expect(result.isSettled && result.saves == 1)
        #expect(try await service.isCovered())
    }

    @Test func `shards that others were to have, and did not take before the stop, are looked at too`() async throws {
        let service = try ScriptedService.withTargets(speed: 20)
        let result = try await Self.stopped(service, afterHandOver: true) { $0.api == .saveCheckpoint }
        #expect(result.saves == 1)
    }

    @Test func `where it is none of this process's saves, it stays, and the stop is not settled`() async throws {
        let service = try ScriptedService.withTargets(speed: 20)
        let result = try await Self.stopped(service, movedBy: -1) { _ in false }
        #expect(!result.isSettled && result.saves == 0, "exit status 2")
    }

    @Test func `where it cannot be put right, the stop is not settled`() async throws {
        let service = try ScriptedService.withTargets(speed: 20)
        let result = try await Self.stopped(service) { _ in false }
        #expect(!result.isSettled && result.saves == 3, "exit status 2")
    }
}
