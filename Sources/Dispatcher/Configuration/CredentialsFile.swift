public import Logging
public import SLSClient
import System

/// The file that `SLS_CREDENTIALS_FILE` names, whose keys may be rotated while the program runs.
///
/// It holds lines `SLS_AK_ID=…`, `SLS_AK_KEY=…` and, for temporary credentials, `SLS_STS_TOKEN=…`; empty lines and those
/// that begin with `#` say nothing. Nothing of it is ever shown.
public final class CredentialsFile: Sendable {
    private struct State {
        var credentials: Credentials
        var lastLook: Int64
        /// What was wrong with it at the last look; said once.
        var mistake: SettingsError?
    }

    /// How long a look at the file holds.
    private static let interval = Duration.seconds(5)

    private let path: String
    private let now: @Sendable () -> Int64
    /// Made when something is to be logged: the file is read before it is known where logs go.
    private let logger: @Sendable () -> Logger
    private let state: Lock<State>

    /// Reads it for the first time.
    ///
    /// - Throws: `SettingsError` when there is no such file, or keys are missing.
    public convenience init(
        _ path: String, logger: @autoclosure @escaping @Sendable () -> Logger = Logger(label: "sls-dispatch")
    ) throws(SettingsError) {
        try self.init(path, logger: logger()) { MonotonicClock.nanoseconds() }
    }

    /// - Parameter now: A monotonic time in nanoseconds.
    init(
        _ path: String, logger: @autoclosure @escaping @Sendable () -> Logger, now: @escaping @Sendable () -> Int64
    ) throws(SettingsError) {
        self.logger = logger
        self.path = path
        self.now = now
        state = Lock(State(credentials: try Self.read(path), lastLook: now()))
    }

    /// The credentials; the file is read again when the last look is 5 s old. What cannot be read then changes nothing:
    /// whoever rotates keys may be half-way through.
    public func current() -> Credentials {
        let time = now()
        return state.withLock { state in
            guard time - state.lastLook >= Self.interval.components.seconds * 1_000_000_000 else {
                return state.credentials
            }
            state.lastLook = time
            do throws(SettingsError) {
                let found = try Self.read(path)
                if found != state.credentials {
                    logger().notice("the credentials were read again", metadata: ["file": "\(path)"])
                }
                state.credentials = found
                state.mistake = nil
            } catch {
                if error != state.mistake {
                    logger().error(
                        "the credentials cannot be read again; the old ones stay", metadata: ["error": "\(error)"])
                }
                state.mistake = error
            }
            return state.credentials
        }
    }

    private static func read(_ path: String) throws(SettingsError) -> Credentials {
        let bytes: [UInt8]
        do { bytes = try Files.read(path, limit: 1 << 16) } catch {
            throw SettingsError(mistakes: ["SLS_CREDENTIALS_FILE: \(error)"])
        }
        var values: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            if line.hasPrefix("#") { continue }
            guard let equals = line.firstIndex(of: "=") else {
                throw SettingsError(mistakes: ["SLS_CREDENTIALS_FILE: \(path) has a line that is not NAME=value"])
            }
            values[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
        guard let id = values["SLS_AK_ID"], let secret = values["SLS_AK_KEY"], !id.isEmpty, !secret.isEmpty else {
            throw SettingsError(mistakes: ["SLS_CREDENTIALS_FILE: \(path) must set SLS_AK_ID and SLS_AK_KEY"])
        }
        let token = values["SLS_STS_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
        return Credentials(accessKeyID: id, accessKeySecret: secret, securityToken: token)
    }
}

extension DispatcherSettings {
    /// Takes the credentials from a file at each request.
    public mutating func takeCredentials(from file: CredentialsFile) {
        credentials = file.current()
        credentialsProvider = { file.current() }
    }
}
