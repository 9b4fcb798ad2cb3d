import Glibc
import System

/// A network namespace for processes that are to be far away: one link leads to another namespace, and from there a relay
/// to a port of this host's loopback. The link can be taken down: then nothing comes through, and nobody is told.
final class RemoteNetwork: Sendable {
    /// Said when namespaces are refused, as they are without root's rights.
    static let howToGet =
        "network namespaces are refused here: run the tests as root, with iproute2 and python3 installed"

    private static let address = "10.203.7.2"
    private static let ip = ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"].first { Files.exists($0) }

    /// Where a process in it finds the port: `http://ADDRESS:PORT`.
    let endpoint: String
    private let far: String
    private let near: String
    private let relay: ChildProcess

    /// - Parameter port: On this host's loopback.
    private init(leadingTo port: Int) async throws {
        far = "sls-far-\(getpid())-\(port)"
        near = "sls-near-\(getpid())-\(port)"
        for name in [far, near] { try await Self.run("netns", "add", name) }
        try await Self.run("link", "add", "far0", "netns", far, "type", "veth", "peer", "name", "near0", "netns", near)
        try await Self.run("-n", far, "address", "add", "10.203.7.1/30", "dev", "far0")
        try await Self.run("-n", near, "address", "add", "\(Self.address)/30", "dev", "near0")
        for (name, device) in [(far, "lo"), (far, "far0"), (near, "near0")] {
            try await Self.run("-n", name, "link", "set", "dev", device, "up")
        }
        relay = try ChildProcess(
            .init(
                "/usr/bin/env",
                arguments: [
                    "python3", "\(BuiltPrograms.repository)/IntegrationTests/python/relay.py", near, Self.address,
                    "\(port)",
                ],
                environment: ["PATH": Environment.value("PATH") ?? ""],
                standardOutput: .collected, standardError: .collected))
        guard let text = await relay.standardOutput?.line(within: Patience.start, where: { Int($0) != nil }) else {
            throw HarnessError("the relay does not listen: \(relay.standardError?.text ?? "")")
        }
        endpoint = "http://\(Self.address):\(text)"
    }

    deinit { relay.kill(SIGKILL) }

    /// Makes one for `body`, and takes it away again however that ends.
    static func with(leadingTo port: Int, _ body: (RemoteNetwork) async throws -> Void) async throws {
        let network = try await RemoteNetwork(leadingTo: port)
        do {
            try await body(network)
        } catch {
            await network.remove()
            throw error
        }
        await network.remove()
    }

    private func remove() async {
        relay.kill(SIGKILL)
        // Whoever is still in one keeps it until it ends; a name that stays fails no test.
        for name in [far, near] { try? await Self.run("netns", "delete", name) }
    }

    /// Whether this process may make namespaces and links between them.
    static func isAllowed() async -> Bool {
        let name = "sls-try-\(getpid())"
        do {
            try await run("netns", "add", name)
        } catch {
            return false
        }
        let isUsable: Bool
        do {
            try await run("-n", name, "link", "add", "far0", "type", "veth", "peer", "name", "near0")
            try await run("netns", "exec", name, "/usr/bin/env", "python3", "--version")
            isUsable = true
        } catch {
            isUsable = false
        }
        // What stays fails no test.
        try? await run("netns", "delete", name)
        return isUsable
    }

    /// The command that runs a program in it.
    func command(_ program: String, _ arguments: [String]) -> (program: String, arguments: [String]) {
        (Self.ip ?? "", ["netns", "exec", far, program] + arguments)
    }

    /// Takes the link down: packets are dropped on both sides, and no connection is reset.
    func cut() async throws { try await Self.run("-n", near, "link", "set", "dev", "near0", "down") }

    /// Brings it up again.
    func mend() async throws { try await Self.run("-n", near, "link", "set", "dev", "near0", "up") }

    private static func run(_ arguments: String...) async throws {
        guard let ip else { throw HarnessError("there is no ip program") }
        let process = try ChildProcess(
            .init(
                ip, arguments: arguments, environment: ["PATH": Environment.value("PATH") ?? ""],
                standardOutput: .collected, standardError: .collected))
        guard await process.wait(within: Patience.step) == .exited(0) else {
            throw HarnessError("ip \(arguments.joined(separator: " ")): \(process.standardError?.text ?? "")")
        }
    }
}
