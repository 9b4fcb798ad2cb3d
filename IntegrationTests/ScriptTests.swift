import System
import Testing

/// What scripts say, with programs of our own in the place of the real ones.
struct ScriptTests {
    /// Runs the installer with a PATH that holds only these programs, each a line of shell.
    private func install(_ programs: [String: String]) async throws -> (exit: ChildProcess.Exit?, output: String) {
        try await run("install-dependencies.sh", [], programs)
    }

    /// Runs a script likewise.
    private func run(
        _ script: String, _ options: [String] = [], _ programs: [String: String] = [:]
    ) async throws -> (exit: ChildProcess.Exit?, output: String) {
        let folder = try Files.makeTemporaryFolder(prefix: "scripts-")
        for name in ["sed", "head", "grep", "env", "dirname", "cat"] {
            try Files.write(
                Array("#!/bin/sh\nexec /usr/bin/\(name) \"$@\"\n".utf8), to: "\(folder)/\(name)", mode: 0o755)
        }
        for (name, line) in programs {
            try Files.write(Array("#!/bin/sh\n\(line)\n".utf8), to: "\(folder)/\(name)", mode: 0o755)
        }
        let child = try ChildProcess(
            .init(
                "/bin/bash", arguments: ["\(BuiltPrograms.repository)/scripts/\(script)"] + options,
                environment: ["PATH": folder, "CI": "true"], standardOutput: .collected, standardError: .collected))
        let exit = await child.wait(within: Patience.step)
        _ = await child.standardOutput?.waitForEnd(within: Patience.step)
        _ = await child.standardError?.waitForEnd(within: Patience.step)
        try Files.removeTree(folder)
        let texts = [child.standardOutput, child.standardError].compactMap(\.self?.text)
        return (exit, texts.filter { !$0.isEmpty }.joined(separator: "\n"))
    }

    @Test func `every script tells what it does, and starts nothing for that`() async throws {
        let scripts = try Files.list("\(BuiltPrograms.repository)/scripts")
        #expect(scripts.count > 10)
        for script in scripts {
            let result = try await run(script, ["--help"])
            #expect(result.exit == .exited(0), "\(script): \(result.output)")
            #expect(result.output.contains("."), "\(script): \(result.output)")
            #expect(!result.output.contains("not found"), "\(script): \(result.output)")
        }
    }

    @Test(arguments: [
        ("crash.sh", "--foo", "is no number: scripts/crash.sh [ROUNDS] [SEED]"),
        ("handover", "--foo", "there is no option --foo"), ("handover", "5", "no timeout of 6 seconds or more"),
        ("chaos", "--foo", "neither a mode nor an option"), ("build-release.sh", "", "name a program"),
    ]) func `what a script cannot take is a usage error that says what it takes`(
        script: String, option: String, words: String
    ) async throws {
        let result = try await run(script, option.isEmpty ? [] : [option])
        #expect(result.exit == .exited(64), "\(result.output)")
        #expect(result.output.contains(words), "\(result.output)")
    }

    @Test(arguments: [["--seeds", "0"], ["--threads", "0"], ["--violations", "0"], ["--without", "no-such-rule"]])
    func `a simulation that would run nothing is refused`(options: [String]) async throws {
        let child = try ChildProcess(
            .init(
                BuiltPrograms.path("simulate"), arguments: options, standardOutput: .collected,
                standardError: .collected))
        #expect(await child.wait(within: Patience.step) == .exited(64))
        _ = await child.standardError?.waitForEnd(within: Patience.step)
        #expect(child.standardError?.text.contains(options[0]) == true, "\(child.standardError?.text ?? "")")
    }

    private let swift = "echo 'Swift version 6.3.1 (swift-6.3.1-RELEASE)'"
    private let allThere = "echo installed"

    @Test func `nothing is said and nothing installed when all is there`() async throws {
        let result = try await install(["git": "true", "swift": swift, "dpkg-query": allThere])
        #expect(result.exit == .exited(0) && result.output == "")
    }

    @Test func `a missing tool is one line that says what to install`() async throws {
        let noGit = try await install(["swift": swift])
        #expect(noGit.exit == .exited(1))
        #expect(noGit.output == "install-dependencies: git is missing: install the package git")
        let noSwift = try await install(["git": "true"])
        #expect(noSwift.exit == .exited(1))
        #expect(noSwift.output.contains("install a Swift toolchain of version 6.2 or later"))
        #expect(!noSwift.output.contains("\n"))
    }

    @Test(arguments: ["5.10", "6.0.3", "6.1"]) func `an old Swift is refused by its version`(version: String)
        async throws
    {
        let result = try await install([
            "git": "true", "swift": "echo 'Swift version \(version) (x)'", "dpkg-query": allThere,
        ])
        #expect(result.exit == .exited(1))
        #expect(result.output.contains(" is too old: install a toolchain of version 6.2 or later"))
    }

    @Test(arguments: ["6.2", "6.10.1", "7.0"]) func `a new Swift is taken`(version: String) async throws {
        let result = try await install([
            "git": "true", "swift": "echo 'Swift version \(version) (x)'", "dpkg-query": allThere,
        ])
        #expect(result.exit == .exited(0), "\(result.output)")
    }

    @Test func `only what is missing is installed, after an update`() async throws {
        let result = try await install([
            "git": "true", "swift": swift, "apt-get": "echo apt-get \"$@\"", "sudo": "exec \"$@\"; -n) ;;",
            "dpkg-query":
                "case \"$3\" in libyaml-dev) exit 1;; liblz4-dev) echo config-files;; *) echo installed;; esac",
        ])
        #expect(result.exit == .exited(0), "\(result.output)")
        #expect(
            result.output.split(separator: "\n") == [
                "install-dependencies: installing liblz4-dev libyaml-dev", "apt-get -q update",
                "apt-get -qy install --no-install-recommends liblz4-dev libyaml-dev",
            ])
    }

    @Test func `a system without Debian's packages is told what is needed`() async throws {
        let result = try await install(["git": "true", "swift": swift])
        #expect(result.exit == .exited(1))
        #expect(result.output.contains("install the equivalents of these packages yourself: libevent-dev "))
    }
}
