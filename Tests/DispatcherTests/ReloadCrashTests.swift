import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

@testable import Dispatcher

/// A process alone in its group that is killed and changed live in turns, by chance, on a clock that runs twenty times as
/// fast. Each change makes new keys, so that whatever it leaves open is stored again.
@Suite(.serialized) struct ReloadCrashTests {
    private static func settings(_ mode: DeliveryMode, laneCount: Int) throws -> DispatcherSettings {
        var settings = try LiveDispatcher.settings()
        settings.delivery.mode = mode
        settings.delivery.laneCount = laneCount
        settings.delivery.batchWait = .seconds(2)
        // On a busy machine a short lease runs out, which is another story.
        settings.groupTimeout = .seconds(600)
        return settings
    }

    @Test(arguments: [DeliveryMode.exactlyOnce, .exactlyOnceBatched], 1...3)
    func `killed and changed live again and again, every log group arrives once`(
        mode: DeliveryMode, seed: Int
    ) async throws {
        let service = try ScriptedService.withTargets(speed: 20)
        var generator = SeededGenerator(seed: UInt64(seed))
        var (laneCount, filled, changeCount) = (8, 0, 0)
        for round in 0..<8 {
            try await service.fill(filled..<filled + 30)
            filled += 30
            let answers = service.follow(.putLogs) { number in number % 7 == 3 ? .loseAnswer : nil }
            let live = try LiveDispatcher("a", of: service, try Self.settings(mode, laneCount: laneCount))
            let bound = Int.random(in: 1..<15, using: &generator)
            let isChanged = round == 0 || Bool.random(using: &generator)
            let next = [1, 2, 3, 5, 8].filter { $0 != laneCount }.randomElement(using: &generator) ?? 1
            try await running(live) {
                try await wait(for: "\(bound) writes") { answers.withLock { $0 } >= bound }
                guard isChanged else { return }
                let settings = try Self.settings(mode, laneCount: next)
                let numbers = filled..<filled + 30
                async let more: Void = service.fill(numbers)
                do throws(ReloadableDispatcher.Refusal) {
                    try await live.reloadable.reload(settings)
                    (laneCount, changeCount) = (next, changeCount + 1)
                } catch {
                    // Where it cannot be exact it is refused, and the old keys stay.
                }
                try await more
                filled += 30
            }
        }
        service.heal()
        let last = try LiveDispatcher("a", of: service, try Self.settings(mode, laneCount: laneCount))
        try await running(last) {
            try await wait(for: "all is covered", within: .seconds(60)) { try await service.isCovered() }
            #expect(try await last.leave())
        }
        #expect(changeCount > 0, "no change was taken")
        #expect(try await service.copies(0..<filled) == (1, 1))
    }
}
