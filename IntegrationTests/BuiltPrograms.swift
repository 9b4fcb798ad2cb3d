import System

/// Where the programs under test and the repository's files are.
enum BuiltPrograms {
    /// A program built beside this test bundle, which is itself a program.
    static func path(_ name: String) throws -> String {
        let path = try "\(ExecutablePath.folder())/\(name)"
        guard Files.exists(path) else { throw HarnessError("\(path) is missing: run swift build --build-tests") }
        return path
    }

    /// The repository's folder: this file is in `IntegrationTests/`.
    static let repository: String = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
}

/// Why a test could not be set up or went on without an answer.
struct HarnessError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// How long anything may take before a test gives up; far above what it takes on a busy machine.
enum Patience {
    static let start = Duration.seconds(30)
    static let script = Duration.seconds(600)
    static let step = Duration.seconds(60)
}

/// Asks again and again until it holds; false when the time is up.
func eventually(within limit: Duration = Patience.step, _ holds: () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + limit
    repeat {
        if try await holds() { return true }
        try await Task.sleep(for: .milliseconds(100))
    } while ContinuousClock.now < deadline
    return false
}
