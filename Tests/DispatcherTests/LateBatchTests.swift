import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

@testable import Dispatcher

/// The one assumption of the batched mode, broken: a request that lives longer than D after its sender has stopped.
@Suite struct LateBatchTests {
    private static func batched(_ service: ScriptedService) throws -> LiveDispatcher {
        try LiveDispatcher("a", of: service) {
            $0.delivery.mode = .exactlyOnceBatched
            $0.delivery.laneCount = 1
            $0.delivery.batchWait = .seconds(2)
            $0.groupTimeout = .seconds(600)
        }
    }

    /// Lets an owner write until requests of several log groups are under way, and ends it there, as a crash does.
    private static func heldBatches(_ service: ScriptedService) async throws -> [String: TransportRequest] {
        let held = Lock<[String: TransportRequest]>([:])
        service.follow { call in
            guard call.api == .putLogs, call.request["x-log-mode"] == "batch_group", let key = call.query("key") else {
                return nil
            }
            held.withLock { $0[key] = call.request }
            return .hang
        }
        try await running(try batched(service)) {
            try await wait(for: "batches are under way", within: .seconds(120)) { held.withLock { $0.count } >= 6 }
        }
        return held.withLock { $0 }
    }

    @Test func `X10 a request that comes later than D brings a copy of one batch in its lane at worst, and no loss`()
        async throws
    {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<240)
        let late = try await Self.heldBatches(service)

        // The successor gets one write accepted under each key, and then none for want of quota.
        let accepted = Lock<Set<String>>([])
        service.follow { call in
            guard call.line == "a", call.api == .putLogs, let key = call.query("key"), late[key] != nil else {
                return nil
            }
            if accepted.withLock({ $0.contains(key) }) { return .refuse(403, "WriteQuotaExceed") }
            return .change { answer in
                if answer.status == 200 { accepted.withLock { _ = $0.insert(key) } }
                return answer
            }
        }
        let successor = try Self.batched(service)
        var stored = 0
        try await running(successor) {
            try await wait(for: "it has passed their beginnings", within: .seconds(120)) {
                accepted.withLock { $0.count } == late.count
            }
            let wire = service.line("late")
            for request in late.values where try await wire.send(request).status == 200 { stored += 1 }
            service.heal()
            try await wait(for: "all is covered", within: .seconds(120)) { try await service.isCovered() }
            #expect(try await successor.leave())
        }
        #expect(stored == late.count, "each ends behind what its successor has written")
        var copies = 0
        for logstore in ["web", "audit", "clicks"] { copies += try await service.stored(logstore).count }
        #expect(try await service.copies(0..<240).least == 1)
        #expect(copies == 240 + stored, "of each its first log group, which the successor had written alone")
    }
}
