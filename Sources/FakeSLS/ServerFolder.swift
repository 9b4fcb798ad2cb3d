internal import System

/// The folder a running emulator has to itself: its data and its CA, or only its CA for as long as it runs.
final class ServerFolder: Sendable {
    /// Absolute, without links.
    let path: String
    private let isTemporary: Bool
    private let lock: Lock<FileLock?>

    /// - Parameter dataFolder: Made with mode 0700 when missing; nil makes a temporary folder.
    /// - Throws: `SystemError`, or `FolderInUse` when another emulator runs on it.
    init(_ dataFolder: String?) throws {
        guard let dataFolder else {
            path = try Files.makeTemporaryFolder(prefix: "fake-sls-")
            isTemporary = true
            lock = Lock(nil)
            return
        }
        try Files.makeFolder(dataFolder, mode: 0o700)
        path = try Files.absolutePath(dataFolder)
        isTemporary = false
        // Without it two processes would each keep their own coordinator and cursors over one set of data.
        guard let taken = try FileLock.take("\(path)/lock") else { throw FolderInUse(path: path) }
        lock = Lock(taken)
    }

    /// Lets another emulator use the folder; a temporary one is removed. May be called more than once.
    func close() {
        lock.withLock { $0 = nil }
        guard isTemporary else { return }
        // What cannot be removed from a temporary folder is left to whoever cleans that; nothing depends on it.
        try? Files.removeTree(path)
    }
}

/// Another process runs on the data folder.
public struct FolderInUse: Error, Equatable, Sendable, CustomStringConvertible {
    /// The folder.
    public let path: String

    /// One sentence with the way out.
    public var description: String {
        "the data folder \(path) is in use by another fake-sls: stop that one, or name another folder with --data"
    }
}
