import System
import Testing

/// The built program, on its own: what only a process of its own can show.
struct ProcessTests {
    /// What grows here in an emulator whose data is in files would grow for ever.
    private static let memoryGrowthLimit = 32 << 20

    @Test func `memory and descriptors are given back, whatever was sent`() async throws {
        let folder = try Files.makeTemporaryFolder(prefix: "hostile-input-")
        defer { try? Files.removeTree(folder) }
        let process = try ChildProcess(
            .init(
                try ExecutablePath.folder() + "/fake-sls",
                arguments: [
                    "--host", "127.0.0.1", "--port", "0", "--tls-port", "0", "--data", folder, "--log-level",
                    "critical",
                ],
                environment: Environment.all(), standardOutput: .collected, standardError: .collected))
        let line = await process.standardOutput?.line(within: .seconds(60)) { $0.contains("\"ready\"") }
        let ready = try #require(line, "not ready: \(process.standardError?.text ?? "")")
        let (address, secureAddress) = (Self.field("http", of: ready), Self.field("https", of: ready))
        func run(_ batches: ArraySlice<ConnectionBatch>) async throws {
            let faults = try await Thread.run(name: "hostile-client") {
                let calls = try SampleCalls()
                return try batches.flatMap { try $0.run(calls, address: address, secureAddress: secureAddress) }
            }
            #expect(faults.prefix(5).isEmpty)
        }
        let batches = ConnectionBatch.all
        try await run(batches.prefix(2))
        let (descriptors, memory) = (try Self.descriptorCount(process), try Self.memory(process))
        try await run(batches.dropFirst(2).prefix(4))
        #expect(try await Self.eventually { try Self.descriptorCount(process) <= descriptors })
        let grown = try Self.memory(process) - memory
        #expect(grown < Self.memoryGrowthLimit, "\(grown) bytes more than after the first batches")
        process.kill(15)
        // Under AddressSanitizer a leak ends it with another status.
        #expect(await process.wait(within: .seconds(60)) == .exited(0), "\(process.standardError?.text ?? "")")
    }

    private static func descriptorCount(_ process: ChildProcess) throws -> Int {
        try Files.list("/proc/\(process.pid)/fd").count
    }

    private static func memory(_ process: ChildProcess) throws -> Int {
        try ProcessMemory.current(ofProcess: process.pid).residentByteCount
    }

    /// Connections end a moment after their client has gone.
    private static func eventually(_ holds: () throws -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(30)
        repeat {
            if try holds() { return true }
            try await Task.sleep(for: .milliseconds(50))
        } while ContinuousClock.now < deadline
        return false
    }

    private static func field(_ name: String, of ready: String) -> String {
        guard let start = ready.firstRange(of: "\"\(name)\":\"")?.upperBound else { return "" }
        return String(ready[start...].prefix { $0 != "\"" })
    }
}
