import SLSConsumer
import SLSProtocol
import System
import Testing

@Suite struct ConsumerIdentityTests {
    private let folder: String
    private let group: ConsumerGroupName

    init() throws {
        folder = try Files.makeTemporaryFolder(prefix: "identity")
        group = try ConsumerGroupName("cg")
    }

    private func claim(_ given: String? = nil, scope: String = "s") throws -> ConsumerIdentity {
        // Abstract sockets are the whole host's; the folder makes the scope this test's own.
        try ConsumerIdentity.claim(given: given, group: group, scope: [folder, scope], folder: folder)
    }

    @Test func `C4 each process takes the lowest free slot, and has it again after a restart`() throws {
        let first = try claim()
        var second: ConsumerIdentity? = try claim()
        #expect(first.name.value.hasPrefix("cg-\(HostName.current())"))
        #expect(first.name.value.hasSuffix("-0"))
        #expect(second?.name.value.hasSuffix("-1") == true)
        second = nil
        #expect(try claim().name.value.hasSuffix("-1"))
        withExtendedLifetime(first) {}
        try Files.removeTree(folder)
    }

    @Test func `a given name that is taken is an error that names it`() throws {
        let first = try claim("mine")
        #expect(throws: ConsumerIdentity.Failure.taken("mine")) { try claim("mine") }
        #expect("\(ConsumerIdentity.Failure.taken("mine"))".contains("\"mine\""))
        let elsewhere = try claim("mine", scope: "another group")
        #expect(elsewhere.name == first.name)
        try Files.removeTree(folder)
    }

    @Test func `a name that no consumer may have is an error`() throws {
        #expect(throws: ConsumerIdentity.Failure.self) { try claim(String(repeating: "x", count: 1_000)) }
        try Files.removeTree(folder)
    }
}
