import Logging
import SLSClient
import SLSConsumer
import SLSProtocol

/// Asks for every logstore of the settings before anything starts, so that a misspelt one is told at once.
struct LogstoreCheck: Sendable {
    let caller: PatientCaller
    let logger: Logger

    /// - Throws: `.missing` with all that do not exist; `.check` when one could not be asked about.
    func run(_ places: [(DispatcherSettings.Place, SLSClient)]) async throws(DispatchError) {
        var missing: [String] = []
        for (place, client) in places {
            if let name = try await missingName(place, client), !missing.contains(name) { missing.append(name) }
        }
        if !missing.isEmpty { throw .missing(missing) }
    }

    private func missingName(
        _ place: DispatcherSettings.Place, _ client: SLSClient
    ) async throws(DispatchError) -> String? {
        do throws(ClientError) {
            _ = try await caller.call("GetLogstore") { () async throws(ClientError) in
                try await client.limited(to: Patience.callTimeout).getLogstore(place.logstore)
            }
            return nil
        } catch {
            if error.means(.logStoreNotExist) {
                return "logstore \"\(place.logstore)\" of project \"\(place.project)\""
            }
            if error.means(.projectNotExist) { return "project \"\(place.project)\" at \(place.endpoint)" }
            guard error.isAuthorization else { throw .check(logstore: place.description, error) }
            logger.warning(
                "not allowed to ask whether the logstore exists; going on",
                metadata: ["logstore": "\(place)", "error": "\(error)"])
            return nil
        }
    }
}
