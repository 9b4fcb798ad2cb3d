import Dispatcher
import FoundationEssentials
import System

/// The small file in which an operator keeps what a probe has found.
struct ProbeFile {
    let path: String

    /// - Throws: `SettingsError` without a path.
    init(_ path: String?) throws(SettingsError) {
        guard let path, !path.isEmpty else {
            throw SettingsError(mistakes: [
                "SLS_PROBE_FILE (--probe-file): name the file that keeps what was found"
            ])
        }
        self.path = path
    }

    /// - Returns: nil when there is no such file.
    func read() throws(SettingsError) -> IdempotenceProbe.Record? {
        guard Files.exists(path) else { return nil }
        do {
            return try JSONDecoder().decode(
                IdempotenceProbe.Record.self, from: Data(try Files.read(path, limit: 1 << 20)))
        } catch let error as DecodingError {
            throw SettingsError(mistakes: [
                "SLS_PROBE_FILE (--probe-file): \(path) is no probe file of this version (\(Self.reason(error))): give the one that "
                    + "sls-dispatch check wrote, or a new name to check"
            ])
        } catch {
            throw SettingsError(mistakes: ["SLS_PROBE_FILE (--probe-file): \(path) cannot be read: \(error)"])
        }
    }

    private static func reason(_ error: DecodingError) -> String {
        func name(_ keys: [any CodingKey]) -> String { keys.map(\.stringValue).joined(separator: ".") }
        return switch error {
        case .keyNotFound(let key, let context): "\(name(context.codingPath + [key])) is missing"
        case .valueNotFound(_, let context): "\(name(context.codingPath)) is null"
        case .typeMismatch(_, let context) where context.codingPath.isEmpty: "it holds no such object"
        case .typeMismatch(_, let context): "\(name(context.codingPath)) is of another kind"
        case .dataCorrupted(let context): context.debugDescription
        @unknown default: "\(error)"
        }
    }

    /// - Throws: `SettingsError` when there is no such file, too.
    func found() throws(SettingsError) -> IdempotenceProbe.Record {
        guard let record = try read() else {
            throw SettingsError(mistakes: [
                "SLS_PROBE_FILE (--probe-file): there is no probe file \(path)"
            ])
        }
        return record
    }

    /// Durably: what is asked next may make what was found before unknowable.
    func write(_ record: IdempotenceProbe.Record) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try Files.write(Array(try encoder.encode(record)) + [0x0A], to: path, durable: true)
    }
}
