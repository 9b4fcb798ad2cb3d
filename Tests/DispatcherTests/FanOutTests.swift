import SLSClient
import SLSProtocol
import System
import TestKit
import Testing

@testable import Dispatcher

/// One log group to several targets, and the tag that tells copies from each other.
@Suite(.serialized) struct FanOutTests {
    @Test(arguments: [DeliveryMode.exactlyOnce, .exactlyOnceBatched])
    func `a target that fails half of the time doubles nothing, in itself and in the others`(mode: DeliveryMode)
        async throws
    {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<120)
        let generator = Lock(SeededGenerator(seed: 7))
        service.follow { call in
            guard call.api == .putLogs, call.request.url.contains("/clicks/") else { return nil }
            switch generator.withLock({ Int.random(in: 0..<4, using: &$0) }) {
            case 0: return .loseAnswer
            case 1: return .refuse(503, "ServerBusy")
            default: return nil
            }
        }
        let dispatcher = try LiveDispatcher("a", of: service) {
            $0.delivery.mode = mode
            $0.delivery.batchWait = .seconds(1)
            $0.routes = RouteTable($0.routes.routes + [.init(topic: "ngnix", target: 2)])
        }
        try await running(dispatcher) {
            try await wait(for: "all is covered", within: .seconds(60)) { try await service.isCovered() }
            #expect(try await dispatcher.leave())
        }
        let owed = (0..<120).filter { $0 % 3 != 1 }.map { ScriptedService.group($0) }
        let clicks = try await service.stored("clicks")
        #expect(Set(clicks) == Set(owed) && clicks.count == owed.count)
        let web = try await service.stored("web")
        #expect(web.count == 40 && Set(web).count == 40)
        let totals = dispatcher.dispatcher.status.totals
        #expect(totals.ledger.targets[2].suppressed > 0 && totals.ledger.targets[0].suppressed == 0)
        #expect(totals.ledger.targets.map(\.routed) == [40, 40, 80])
    }

    @Test func `X1 with the dispatch tag on, copies carry the place they come from, one and the same`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<30)
        for _ in 0..<2 {
            let dispatcher = try LiveDispatcher("a", of: service) { $0.delivery.tagsOrigin = true }
            try await running(dispatcher) {
                try await wait(for: "all is covered") { try await service.isCovered() }
            }
            try await service.rewind(to: .begin)
        }
        var copies: [String: [[UInt8]]] = [:]
        for logstore in ["web", "audit", "clicks"] {
            for bytes in try await service.stored(logstore) {
                let tags = try LogGroup(serialized: bytes).tags.filter { $0.key == "__dispatch_id__" }
                #expect(tags.count == 1)
                copies[tags.first?.value ?? "", default: []].append(bytes)
            }
        }
        #expect(copies.count == 30)
        #expect(copies.keys.allSatisfy { $0.hasPrefix("demo/source/") && $0.split(separator: "/").count == 4 })
        #expect(copies.values.allSatisfy { $0.count == 2 && $0[0] == $0[1] })
    }
}
