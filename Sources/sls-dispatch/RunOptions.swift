import Dispatcher
import Logging
import SLSProtocol
import System

/// What `run` was told: options, else variables; checked as a whole.
struct RunOptions: Sendable {
    var settings: DispatcherSettings
    var admin: AdminAddress?
    var logLevel = Logger.Level.notice
    /// What a probe file says of the mode of delivery; nil without one, or where the mode is given.
    var probeNotice: String?

    init(_ command: RunCommand, environment: [String: String]) throws(SettingsError) {
        let now = Timestamp(seconds: Int(WallClock.nanoseconds() / 1_000_000_000))
        var mistakes: [String] = []
        var parsed: DispatcherSettings?
        do throws(SettingsError) {
            parsed = try DispatcherSettings(
                environment: environment.merging(command.delivery.variables) { $1 }
                    .merging(
                        ["SLS_GROUP_TIMEOUT": command.groupTimeout, "SLS_GAP_POLICY": command.gapPolicy]
                            .compactMapValues(\.self)
                    ) { $1 },
                now: now)
        } catch {
            mistakes = error.mistakes
        }
        if let file = parsed?.certificateAuthorityFile, !Files.exists(file) {
            mistakes.append("SLS_CA_FILE: there is no file \(file)")
        }
        if let text = Self.value(command.admin, environment["SLS_ADMIN"]) {
            admin = AdminAddress(text)
            if admin == nil { mistakes.append("--admin \(text): expected address:port, such as 127.0.0.1:9000") }
        }
        if let text = Self.value(command.logLevel, environment["SLS_LOG_LEVEL"]) {
            if let level = Logger.Level(rawValue: text) {
                logLevel = level
            } else {
                let known = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
                mistakes.append("--log-level \(text): expected one of \(known)")
            }
        }
        if let file = Self.value(command.probeFile, environment["SLS_PROBE_FILE"]),
            Self.value(command.delivery.delivery, environment["SLS_DELIVERY"]) == nil
        {
            do throws(SettingsError) {
                let record = try ProbeFile(file).read()
                if let record {
                    probeNotice = parsed?.adopt(record, now: now)
                } else {
                    mistakes.append("there is no probe file \(file)")
                }
            } catch {
                mistakes += error.mistakes
            }
        }
        guard let parsed, mistakes.isEmpty else { throw SettingsError(mistakes: mistakes) }
        settings = parsed
    }

    private static func value(_ option: String?, _ variable: String?) -> String? {
        option ?? variable.flatMap { $0.isEmpty ? nil : $0 }
    }
}
