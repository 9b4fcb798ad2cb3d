import Dispatcher
import FoundationEssentials
import System

/// The small file in which an operator keeps what a probe has found.
struct ProbeFile {
    let path: String

    /// - Throws: `SettingsError` without a path.
    init(_ path: String?) throws(SettingsError) {
        guard let path, !path.isEmpty else {
            throw SettingsError(mistakes: ["--probe-file (SLS_PROBE_FILE): name the file that keeps what was found"])
        }
        self.path = path
    }

    /// - Returns: nil when there is no such file.
    func read() throws(SettingsError) -> IdempotenceProbe.Record? {
        guard Files.exists(path) else { return nil }
        do {
            return try JSONDecoder().decode(
                IdempotenceProbe.Record.self, from: Data(try Files.read(path, limit: 1 << 20)))
        } catch DecodingError.dataCorrupted(let context) {
            throw SettingsError(mistakes: ["\(path) is no probe file: \(context.debugDescription)"])
        } catch {
            throw SettingsError(mistakes: ["\(path) is no probe file: \(error)"])
        }
    }

    /// Durably: what is asked next may make what was found before unknowable.
    func write(_ record: IdempotenceProbe.Record) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try Files.write(Array(try encoder.encode(record)) + [0x0A], to: path, durable: true)
    }
}
