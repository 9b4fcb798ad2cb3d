import Glibc
import System
import Testing

struct ChildProcessTests {
    private let limit = Duration.seconds(30)

    private func shell(_ script: String, environment: [String: String]? = nil, folder: String? = nil) throws
        -> ChildProcess
    {
        try ChildProcess(
            .init(
                "/bin/sh", arguments: ["-c", script], environment: environment, workingFolder: folder,
                standardOutput: .collected, standardError: .collected))
    }

    private func output(of child: ChildProcess) async throws -> [String] {
        let stream = try #require(child.standardOutput)
        #expect(await stream.waitForEnd(within: limit))
        return stream.lines
    }

    @Test func `an exit status and a signal are told apart`() async throws {
        #expect(try await shell("exit 3").wait(within: limit) == .exited(3))
        #expect(try await shell("kill -9 $$").wait(within: limit) == .signalled(9))
    }

    @Test func `the two streams are collected apart, with a last line that has no end`() async throws {
        let child = try shell("echo one; echo two >&2; printf three")
        #expect(try await output(of: child) == ["one", "three"])
        let errors = try #require(child.standardError)
        #expect(await errors.waitForEnd(within: limit))
        #expect(errors.text == "two")
    }

    @Test func `environment and folder are the ones given`() async throws {
        let child = try shell("echo \"$COLOUR\"; pwd", environment: ["COLOUR": "red"], folder: "/usr")
        #expect(try await output(of: child) == ["red", "/usr"])
    }

    @Test func `a blocked and an ignored signal of ours reach the child all the same`() async throws {
        SignalMask.ignoreBrokenPipe()
        let child = try await Thread.run(name: "blocks-sigterm") { [self] in
            var blocked = sigset_t()
            unsafe sigemptyset(&blocked)
            unsafe sigaddset(&blocked, SIGTERM)
            unsafe pthread_sigmask(SIG_BLOCK, &blocked, nil)
            return try shell("kill -PIPE $$; echo still alive")
        }
        #expect(await child.wait(within: limit) == .signalled(SIGPIPE))
        let second = try await Thread.run(name: "blocks-sigterm") { [self] in
            var blocked = sigset_t()
            unsafe sigemptyset(&blocked)
            unsafe sigaddset(&blocked, SIGTERM)
            unsafe pthread_sigmask(SIG_BLOCK, &blocked, nil)
            return try shell("kill -TERM $$; echo still alive")
        }
        #expect(await second.wait(within: limit) == .signalled(SIGTERM))
    }

    @Test func `the mask is cleared on the calling thread`() async throws {
        let isBlocked = try await Thread.run(name: "clears") {
            var mask = sigset_t()
            unsafe sigfillset(&mask)
            unsafe pthread_sigmask(SIG_BLOCK, &mask, nil)
            SignalMask.clear()
            unsafe pthread_sigmask(SIG_BLOCK, nil, &mask)
            return unsafe sigismember(&mask, SIGTERM)
        }
        #expect(isBlocked == 0)
    }

    @Test func `a wait ends at its limit while the child goes on, and a signal ends the child`() async throws {
        let child = try shell("exec sleep 600")
        #expect(await child.wait(within: .milliseconds(1)) == nil)
        #expect(child.exit == nil)
        #expect(child.kill(SIGTERM))
        #expect(await child.wait() == .signalled(SIGTERM))
        #expect(child.exit == .signalled(SIGTERM))
        #expect(!child.kill(SIGTERM))
    }

    @Test func `a dropped child is killed`() async throws {
        var child: ChildProcess? = try shell("exec sleep 600")
        let output = try #require(child?.standardOutput)
        child = nil
        #expect(await output.waitForEnd(within: limit))
        _ = child
    }

    @Test func `a line is found whether it came before or after the question`() async throws {
        let child = try shell("echo ready; exec sleep 600")
        let output = try #require(child.standardOutput)
        #expect(await output.line(within: limit) { $0.hasPrefix("rea") } == "ready")
        #expect(await output.line(within: limit) { $0.hasPrefix("rea") } == "ready")
        #expect(await output.line(within: .milliseconds(1)) { $0 == "never" } == nil)
        child.kill(SIGKILL)
        #expect(await output.line(within: limit) { $0 == "never" } == nil)
    }

    @Test func `output past the limit is counted and dropped, and does not stop the child`() async throws {
        let child = try ChildProcess(
            .init(
                "/bin/sh", arguments: ["-c", "head -c 1000000 /dev/zero | tr '\\0' x; exit 7"],
                standardOutput: .pipe(byteLimit: 10)))
        #expect(await child.wait(within: limit) == .exited(7))
        let output = try #require(child.standardOutput)
        #expect(await output.waitForEnd(within: limit))
        #expect(output.text == "xxxxxxxxxx")
        #expect(output.droppedByteCount == 999_990)
    }

    @Test func `output is appended to a file`() async throws {
        let folder = try Files.makeTemporaryFolder(prefix: "system-tests-")
        defer { try? Files.removeTree(folder) }  // a leftover in the temporary folder fails nothing
        for word in ["one", "two"] {
            let child = try ChildProcess(
                .init(
                    "/bin/sh", arguments: ["-c", "echo \(word); echo lost >&2"],
                    standardOutput: .file("\(folder)/out"), standardError: .discarded))
            #expect(await child.wait(within: limit) == .exited(0))
        }
        #expect(try Files.read("\(folder)/out", limit: 100) == Array("one\ntwo\n".utf8))
    }

    @Test func `a program that is not there is an error that names it`() throws {
        let failure = #expect(throws: SystemError.self) { try ChildProcess(.init("/no/such/program")) }
        #expect(failure?.description == "posix_spawn \"/no/such/program\": No such file or directory")
    }
}
