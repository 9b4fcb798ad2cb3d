import Foundation
import System
import Testing
import YAML

/// The container images' build steps, run on the build that is there: no container engine is needed for that.
struct ImageTests {
    private func script(_ path: String, _ arguments: [String], environment: [String: String]? = nil) async throws
        -> (exit: ChildProcess.Exit?, output: [String], errors: String)
    {
        let child = try ChildProcess(
            .init(
                "/bin/bash", arguments: ["\(BuiltPrograms.repository)/\(path)"] + arguments, environment: environment,
                standardOutput: .collected, standardError: .collected))
        let exit = await child.wait(within: Patience.script)
        _ = await child.standardOutput?.waitForEnd(within: Patience.step)
        _ = await child.standardError?.waitForEnd(within: Patience.step)
        return (exit, child.standardOutput?.lines ?? [], child.standardError?.text ?? "")
    }

    @Test(arguments: ["fake-sls", "sls-dispatch"])
    func `the staged tree holds the program and names every library it needs`(product: String) async throws {
        let stage = try Files.makeTemporaryFolder(prefix: "stage-")
        let staging = try await script("docker/build.sh", ["--from", ExecutablePath.folder(), product, stage])
        try #require(staging.exit == .exited(0), "\(staging.errors)")
        #expect(Files.mode("\(stage)/usr/local/bin/\(product)") == 0o755)
        #expect(Files.mode("\(stage)/usr/local/bin/healthcheck") == 0o755)

        let listed = try Files.read("\(stage)/usr/local/share/\(product)/runtime-packages", limit: 10_000)
        let packages = String(decoding: listed, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(packages.contains("libssl3") && packages == packages.sorted())
        #expect(!packages.contains { $0.hasSuffix("-dev") }, "\(packages)")

        // Libraries come from the stage or from one of those packages; nothing else is in the last image.
        let check = """
            set -eu
            for package in \(packages.joined(separator: " ")); do dpkg-query -L "$package"; done >'\(stage)/files'
            ldd '\(stage)/usr/local/bin/\(product)' | sed -n 's/.* => \\(\\/[^ ]*\\) .*/\\1/p' | while read -r library; do
                name="$(basename "$library")"
                [ -e '\(stage)/usr/local/lib/'"$name" ] || grep -q "/$name\\$" '\(stage)/files' || echo "missing $library"
            done
            '\(stage)/usr/local/bin/\(product)' --help | head -n 1
            """
        try Files.write(Array(check.utf8), to: "\(stage)/check.sh")
        let child = try ChildProcess(
            .init(
                "/bin/bash", arguments: ["\(stage)/check.sh"],
                environment: ["PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": "\(stage)/usr/local/lib"],
                standardOutput: .collected, standardError: .collected))
        #expect(await child.wait(within: Patience.step) == .exited(0), "\(child.standardError?.text ?? "")")
        _ = await child.standardOutput?.waitForEnd(within: Patience.step)
        let lines = child.standardOutput?.lines ?? []
        #expect(lines.count == 1 && lines.first?.hasPrefix("OVERVIEW:") == true, "\(lines)")
        try Files.removeTree(stage)
    }

    @Test func `a program that was not built is an error that names it`() async throws {
        let staging = try await script("docker/build.sh", ["--from", "/nonexistent", "fake-sls", "/nonexistent/stage"])
        #expect(staging.exit == .exited(1))
        #expect(staging.errors == "docker/build.sh: /nonexistent holds no program fake-sls")
    }

    @Test(arguments: ["fake-sls", "sls-dispatch"])
    func `each image is built in stages, runs as nobody special and checks its health`(product: String) throws {
        let bytes = try Files.read("\(BuiltPrograms.repository)/docker/\(product).Dockerfile", limit: 10_000)
        let text = String(decoding: bytes, as: UTF8.self)
        let last = try #require(text.components(separatedBy: "\nFROM ").last)
        #expect(text.contains(" AS build\n") && text.contains("RUN docker/build.sh \(product) /stage\n"))
        #expect(last.hasPrefix("debian:12-slim\n"))
        for word in ["\nUSER 10001\n", "\nHEALTHCHECK ", "\nEXPOSE ", "\nENTRYPOINT [\"\(product)\"]\n"] {
            #expect(last.contains(word))
        }
    }

    @Test func `the health check tells an answer of 200 from others and from none`() async throws {
        let server = try await RunningFakeSLS.start()
        let healthy = try await script("docker/healthcheck.sh", ["\(server.port)", "/_fake/healthz"])
        #expect(healthy.exit == .exited(0), "\(healthy.errors)")
        let wrong = try await script("docker/healthcheck.sh", ["\(server.port)", "/_fake/no-such-thing"])
        #expect(wrong.exit == .exited(1) && wrong.errors.contains("404"), "\(wrong.errors)")
        #expect(await server.stop() == .exited(0))
        let gone = try await script("docker/healthcheck.sh", ["\(server.port)", "/_fake/healthz"])
        #expect(gone.exit == .exited(1))
    }

    @Test func `the compose file starts the whole job, and the emulator answers to the project's name`() throws {
        let file = try YAMLDocument.parse(Files.read("\(BuiltPrograms.repository)/docker/compose.yaml", limit: 100_000))
        #expect(try file.unknownKeys(known: ["services", "networks"]).isEmpty)
        let services = try file.requiredValue("services")
        #expect(try services.pairs().map(\.key) == ["fake-sls", "dispatch-1", "dispatch-2", "producer"])
        var variables: [String: [String: String]] = [:]
        for service in try services.pairs() {
            let recipe = try service.value.requiredValue("build").requiredValue("dockerfile").string()
            #expect(Files.exists("\(BuiltPrograms.repository)/\(recipe)"))
            for pair in try service.value.value("environment")?.pairs() ?? [] {
                variables[service.key, default: [:]][pair.key] = try pair.value.string()
            }
        }
        // Equal variables make one group: the two share the shards.
        #expect(variables["dispatch-1"] == variables["dispatch-2"] && variables["dispatch-1"]?["SLS_CG"] != nil)
        let project = try #require(variables["producer"]?["SLS_PROJECT"])
        let network = try services.requiredValue("fake-sls").requiredValue("networks").requiredValue("sls")
        #expect(try network.requiredValue("aliases").items().map { try $0.string() }.contains("\(project).fake-sls"))
        let ports = try services.requiredValue("fake-sls").requiredValue("ports").items().map { try $0.string() }
        #expect(ports == ["127.0.0.1:10180:10180"], "published on this machine alone")
    }
}
