public import SLSProtocol
import System

/// A consumer's name and the proof that no other live process of this host uses it.
///
/// Two processes under one name would both be told that they own the same shards. The lock is both an abstract Unix
/// socket (shared by all in a network namespace) and an exclusive `flock` (shared by all that see the same files); the
/// kernel drops both when the process ends, however it does.
public final class ConsumerIdentity: Sendable {
    /// Why no name could be had.
    public enum Failure: Error, Equatable, CustomStringConvertible {
        /// Another live process uses the given name.
        case taken(String)
        /// All slots of the default name are in use.
        case noFreeSlot(String)
        /// The name is not one that a consumer may have.
        case invalid(String)
        /// The lock could not be tried.
        case system(String)

        /// A sentence for a person.
        public var description: String {
            switch self {
            case .taken(let name):
                "consumer name \"\(name)\" is in use by another process or user of this host; stop it or give another name"
            case .noFreeSlot(let prefix): "all \(ConsumerIdentity.slotCount) slots of \"\(prefix)-…\" are in use"
            case .invalid(let reason): reason
            case .system(let reason): "the lock on the consumer name cannot be taken: \(reason)"
            }
        }
    }

    /// Slots of a default name tried before giving up.
    static let slotCount = 1_024

    /// The name.
    public let name: ConsumerName
    private let socket: AbstractSocketLock
    private let file: FileLock

    private init(_ name: ConsumerName, socket: AbstractSocketLock, file: FileLock) {
        self.name = name
        self.socket = socket
        self.file = file
    }

    /// Takes a name: the given one, or the first free of `<group>-<hostname>[-<container id>]-<slot>`.
    ///
    /// The same slot comes back after a restart, and with it, at the first heartbeat, the shards.
    ///
    /// - Parameters:
    ///   - given: The operator's choice, if any.
    ///   - group: What a default name begins with.
    ///   - scope: What the name must be unique in: endpoint, project, logstore, group.
    ///   - folder: Where the lock files are; default `$XDG_RUNTIME_DIR` where that is a folder, else `/tmp`.
    public static func claim(
        given: String?, group: ConsumerGroupName, scope: [String], folder: String? = nil
    ) throws(Failure) -> ConsumerIdentity {
        let folder = folder ?? Environment.value("XDG_RUNTIME_DIR").flatMap { Files.isFolder($0) ? $0 : nil } ?? "/tmp"
        if let given {
            guard let identity = try take(given, scope: scope, folder: folder) else { throw .taken(given) }
            return identity
        }
        let place = [HostName.current(), ContainerID.current()].compactMap(\.self).joined(separator: "-")
        let prefix = "\(group)-\(place)"
        for slot in 0..<slotCount {
            if let identity = try take("\(prefix)-\(slot)", scope: scope, folder: folder) { return identity }
        }
        throw .noFreeSlot(prefix)
    }

    private static func take(
        _ text: String, scope: [String], folder: String
    ) throws(Failure) -> ConsumerIdentity? {
        let name: ConsumerName
        do { name = try ConsumerName(text) } catch { throw .invalid(error.message) }
        let parts = (scope + [text]).map { "\($0.utf8.count):\($0)" }.joined(separator: ",")
        let key = "sls-consumer-" + Digest.sha256Hex(Array(parts.utf8)).prefix(40)
        do {
            guard let socket = try AbstractSocketLock.take(key) else { return nil }
            guard let file = try FileLock.take("\(folder)/\(key).lock") else { return nil }
            return ConsumerIdentity(name, socket: socket, file: file)
        } catch  where error.isForbidden {
            return nil  // The file is another user's, who may well use the name.
        } catch {
            throw .system("\(error)")
        }
    }
}

extension SystemError {
    /// EACCES, or EPERM as some file systems say.
    fileprivate var isForbidden: Bool { code == 13 || code == 1 }
}
