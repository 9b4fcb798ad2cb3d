import SLSProtocol
import Testing

@testable import FakeSLS

@Suite struct GroupScaleTests {
    @Test func `S31: in the coordinator, 500 shards and 50 consumers balance within five heartbeats each`() throws {
        var fixture = GroupFixture(shards: 500)
        let names = (0..<50).map { "consumer-\($0)" }
        var held = names.reduce(into: [String: [Int]]()) { $0[$1] = [] }
        for _ in 0..<5 {
            for name in names { held[name] = try fixture.beat(name, held[name] ?? []) }
        }
        #expect(held.values.allSatisfy { $0.count == 10 })
        #expect(Set(held.values.joined()).count == 500)
    }
}
