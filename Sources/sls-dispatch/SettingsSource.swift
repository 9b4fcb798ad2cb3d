import Dispatcher
import SLSProtocol
import System

/// Where a command's settings come from: an option wins over the file of `--config`, the file over variables.
struct SettingsSource: Sendable {
    /// The variables that the given options stand for.
    let options: [String: String]
    /// The variables that the process was started with.
    let environment: [String: String]

    /// The file of `--config`; nil without one.
    var file: String? { Self.text(options["SLS_CONFIG"]) ?? Self.text(environment["SLS_CONFIG"]) }

    /// What is set at this moment: the file is read anew.
    ///
    /// - Parameter now: For relative start positions.
    /// - Throws: `SettingsError` when a file that is named cannot be read.
    func read(now: Timestamp) throws(SettingsError) -> Reading {
        let file: ConfigurationFile? =
            if let path = self.file { try ConfigurationFile(path: path) } else { nil }
        var variables = environment.merging(file?.variables ?? [:]) { $1 }.merging(options) { $1 }
        let credentials: CredentialsFile? =
            if let path = Self.text(variables["SLS_CREDENTIALS_FILE"]) { try CredentialsFile(path) } else { nil }
        if credentials != nil {
            // They are in the file, and need not be given elsewhere.
            for name in ["SLS_AK_ID", "SLS_AK_KEY"] { variables[name] = "in SLS_CREDENTIALS_FILE" }
        }
        var reading = Reading(variables: variables.filter { !$0.value.isEmpty })
        do throws(SettingsError) {
            var settings = try DispatcherSettings(environment: variables, routes: file?.routes, now: now)
            if let credentials { settings.takeCredentials(from: credentials) }
            reading.settings = settings
        } catch {
            reading.mistakes = error.mistakes
        }
        if let path = reading.variables["SLS_CA_FILE"], !Files.exists(path) {
            reading.mistakes.append("SLS_CA_FILE: there is no file \(path)")
        }
        reading.mistakes = reading.mistakes.map {
            ConfigurationFile.explained($0, options: options.keys, file: file)
        }
        return reading
    }

    /// What was read at one moment.
    struct Reading {
        /// Everything that is set, by variable.
        let variables: [String: String]
        /// nil where there are mistakes.
        var settings: DispatcherSettings?
        /// What is wrong with it, a sentence each.
        var mistakes: [String] = []

        /// - Throws: `SettingsError` with every mistake.
        func checked() throws(SettingsError) -> DispatcherSettings {
            guard let settings, mistakes.isEmpty else { throw SettingsError(mistakes: mistakes) }
            return settings
        }
    }

    private static func text(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
}
