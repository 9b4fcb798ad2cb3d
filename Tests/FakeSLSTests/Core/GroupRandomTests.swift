import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

/// Random histories of one group: consumers that follow the rules, join, crash, come back under their old name, lose
/// answers and drain slowly, on a logstore whose shards are split, merged and expire.
@Suite struct GroupRandomTests {
    @Test(arguments: 0..<20)
    func `no shard ever has two owners, and the group ends balanced`(seed: Int) throws {
        var world = GroupWorld(seed: UInt64(seed), inOrder: seed.isMultiple(of: 2))
        for _ in 0..<3_000 {
            try world.step()
            #expect(world.doublyOwned == [], "seed \(seed), time \(world.fixture.now)")
        }
        try world.settle()
        let loads = world.fixture.loads
        #expect(loads.count == world.clients.count)
        #expect((loads.last ?? 0) - (loads.first ?? 0) <= 1)
        #expect(!world.fixture.group.shardRows.contains { $0.state == .notAllocated || $0.state == .transfer })
        #expect(world.eventsSeen == Set(GroupWorld.Event.allCases))
    }

    @Test func `the same seed gives the same history`() throws {
        var worlds = [GroupWorld(seed: 42, inOrder: true), GroupWorld(seed: 42, inOrder: true)]
        for index in worlds.indices { for _ in 0..<2_000 { try worlds[index].step() } }
        #expect(worlds[0].fixture.group == worlds[1].fixture.group)
    }

    @Test func `what was stored change by change restores the same group`() throws {
        var world = GroupWorld(seed: 5, inOrder: true)
        var stored = StoredGroup()
        for _ in 0..<2_000 {
            try world.step()
            stored.apply(world.fixture.group.takeChanges())
            #expect(stored.consumers == world.fixture.group.consumerRows)
            #expect(stored.shards.values.sorted { $0.shard < $1.shard } == world.fixture.group.shardRows)
        }
    }
}

/// What a store holds that writes nothing but the changes.
private struct StoredGroup {
    var consumers: [GroupCoordinator.ConsumerRow] = []
    var shards: [ShardID: GroupCoordinator.ShardRow] = [:]

    mutating func apply(_ changes: GroupCoordinator.Changes) {
        consumers = changes.consumers ?? consumers
        for row in changes.shards { shards[row.shard] = row }
        for shard in changes.removedShards { shards[shard] = nil }
    }
}

/// A group and its clients; every choice follows from the seed.
struct GroupWorld {
    enum Event: CaseIterable {
        case heartbeat, lostAnswer, drain, join, crash, comeBack, split, merge, save, restart, retention
    }

    /// A process that follows the rules for consumers: it works on what it was given while its lease lasts, and reports
    /// everything it works on.
    struct Client {
        var granted: Set<Int> = []
        /// Granted, or still being drained.
        var working: Set<Int> = []
        /// Counted from when the last acknowledged heartbeat was sent.
        var leaseEnd: Instant
    }

    var fixture: GroupFixture
    private(set) var clients: [String: Client] = [:]
    private(set) var eventsSeen: Set<Event> = []
    private var generator: SeededGenerator
    private var crashed: [String] = []
    private var nameCount = 0

    init(seed: UInt64, inOrder: Bool) {
        fixture = GroupFixture(shards: 6, inOrder: inOrder)
        generator = SeededGenerator(seed: seed)
    }

    /// Shards that two consumers may be working on right now.
    var doublyOwned: [Int] {
        let inForce = clients.values.filter { fixture.now <= $0.leaseEnd }.flatMap(\.working)
        return Dictionary(grouping: inForce) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
    }

    mutating func step() throws {
        fixture.wait(.milliseconds(Int.random(in: 0...700, using: &generator)))
        let event = pickEvent()
        eventsSeen.insert(event)
        let name = clients.keys.sorted().randomElement(using: &generator)
        switch event {
        case .heartbeat: if let name { try heartbeat(of: name, isAnswerLost: false) }
        case .lostAnswer: if let name { try heartbeat(of: name, isAnswerLost: true) }
        case .drain: if let name { drainOne(of: name) }
        case .join: join()
        case .crash: crash(name)
        case .comeBack: comeBack()
        case .split, .merge, .retention: try changeTopology(event)
        case .save: try save(by: name)
        case .restart: restart()
        }
    }

    /// No more faults: everybody heartbeats in turn and gives up what it should.
    mutating func settle() throws {
        for _ in 0..<8 {
            fixture.wait(.seconds(4))
            for name in clients.keys.sorted() {
                while let client = clients[name], client.working != client.granted { drainOne(of: name) }
                try heartbeat(of: name, isAnswerLost: false)
            }
        }
    }

    private mutating func pickEvent() -> Event {
        switch Int.random(in: 0..<1_000, using: &generator) {
        case ..<600: .heartbeat
        case ..<640: .lostAnswer
        case ..<850: .drain
        case ..<870: .join
        case ..<885: .crash
        case ..<900: .comeBack
        case ..<908: .split
        case ..<914: .merge
        case ..<985: .save
        case ..<995: .restart
        default: .retention
        }
    }

    private mutating func heartbeat(of name: String, isAnswerLost: Bool) throws {
        guard var client = clients[name] else { return }
        // Past its lease a client has let go of everything; it may still be alive for the server.
        if fixture.now > client.leaseEnd {
            client.granted = []
            client.working = []
        }
        do {
            let granted = Set(try fixture.beat(name, client.working.sorted()))
            #expect(granted == fixture.allocated(to: name))
            if !isAnswerLost {
                client.granted = granted
                client.working.formUnion(granted)
                client.leaseEnd = fixture.now + GroupFixture.timeout
            }
        } catch let error as APIError where error.code == .notExistConsumerWithBody {
            client.granted = []
            client.working = []
        }
        clients[name] = client
    }

    private mutating func drainOne(of name: String) {
        guard let client = clients[name] else { return }
        guard let shard = client.working.subtracting(client.granted).min() else { return }
        clients[name]?.working.remove(shard)
    }

    private mutating func join() {
        guard clients.count < 8 else { return }
        nameCount += 1
        clients["c\(nameCount)"] = Client(leaseEnd: fixture.now)
    }

    private mutating func crash(_ name: String?) {
        guard let name, clients.count > 1 else { return }
        clients[name] = nil
        crashed.append(name)
    }

    /// A new process under the old name: it works on nothing and reports nothing.
    private mutating func comeBack() {
        guard clients.count < 8, let name = crashed.popLast() else { return }
        clients[name] = Client(leaseEnd: fixture.now)
    }

    private mutating func changeTopology(_ event: Event) throws {
        let writable = fixture.map.writable.map(\.id.value)
        guard let shard = writable.randomElement(using: &generator) else { return }
        switch event {
        case .split: if writable.count < 12 { try fixture.split(shard) }
        case .merge: if writable.count > 3, shard != writable.last { try fixture.merge(shard) }
        default:
            guard let expired = fixture.map.shards.first(where: \.isReadOnly) else { return }
            try fixture.remove(expired.id.value)
            // A pull of a shard that is gone is refused, so nobody works on it any longer.
            for name in clients.keys {
                clients[name]?.working.remove(expired.id.value)
                clients[name]?.granted.remove(expired.id.value)
            }
        }
    }

    /// The holder saves where it is; every shard is empty, so read-only ones are then over.
    private mutating func save(by name: String?) throws {
        guard let name, let shard = clients[name]?.working.sorted().randomElement(using: &generator) else { return }
        do {
            try fixture.save(shard, at: 0, by: name, forced: false)
        } catch let error as APIError where error.code == .consumerNotMatch || error.code == .consumerNotExist {
            clients[name]?.working.remove(shard)
        }
    }

    private mutating func restart() {
        let old = fixture.group
        fixture.group = GroupCoordinator(
            restoring: old.settings, consumers: old.consumerRows, shards: old.shardRows, facts: fixture.facts,
            now: fixture.now)
    }
}
