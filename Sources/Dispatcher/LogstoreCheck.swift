import Logging
import SLSClient
import SLSConsumer
import SLSProtocol
import System

/// Asks for every logstore of the settings before anything starts, so that a misspelt one is told at once.
struct LogstoreCheck: Sendable {
    /// A logstore, and the client to ask for it.
    typealias Asked = (place: DispatcherSettings.Place, client: SLSClient)

    let caller: PatientCaller
    let logger: Logger

    /// Asks for the source first, and then for all targets at the same time.
    ///
    /// - Parameter isStrict: Whether each target must be found too. If not, one that is down is asked once, and holds up none
    ///   of the others: its log groups wait for it later.
    /// - Throws: `.missing` with all that do not exist; `.check` when one that must be found could not be asked about.
    func run(source: Asked, targets: [Asked], isStrict: Bool) async throws(DispatchError) {
        let answers =
            [try await missingName(source, isPatient: true)]
            + (try await allAtOnce(targets) { target async throws(DispatchError) in
                do throws(DispatchError) {
                    return try await missingName(target, isPatient: isStrict)
                } catch {
                    if isStrict { throw error }
                    logger.warning(
                        "it cannot be told whether a target exists; going on", metadata: ["error": "\(error)"])
                    return nil
                }
            })
        var missing: [String] = []
        for name in answers.compactMap(\.self) where !missing.contains(name) { missing.append(name) }
        if !missing.isEmpty { throw .missing(missing) }
    }

    private func missingName(_ asked: Asked, isPatient: Bool) async throws(DispatchError) -> String? {
        let (place, client) = (asked.place, asked.client.limited(to: Patience.callTimeout))
        do throws(ClientError) {
            if isPatient {
                _ = try await caller.call("GetLogstore") { () async throws(ClientError) in
                    try await client.getLogstore(place.logstore)
                }
            } else {
                _ = try await client.getLogstore(place.logstore)
            }
            return nil
        } catch {
            if error.means(.logStoreNotExist) {
                return "logstore \"\(place.logstore)\" of project \"\(place.project)\""
            }
            if error.means(.projectNotExist) { return "project \"\(place.project)\" at \(place.endpoint)" }
            // Who may not ask may still read; a secret that is wrong serves for nothing.
            guard error.isAuthorization, !error.means(.signatureNotMatch) else {
                throw .check(logstore: place.description, error)
            }
            logger.warning(
                "not allowed to ask whether the logstore exists; going on",
                metadata: ["logstore": "\(place)", "error": "\(error)"])
            return nil
        }
    }
}
