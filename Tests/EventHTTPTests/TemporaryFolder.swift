import System

/// A folder that is removed with the value.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws { path = try Files.makeTemporaryFolder(prefix: "eventhttp-") }

    // Left behind at worst: it is in the system's folder for such things.
    deinit { try? Files.removeTree(path) }
}
