import SLSClient
import SLSProtocol

/// What has expired is not there, and is not lost by that.
extension DeliveryAudit {
    private static let foreverDays = 3_650

    /// From when on the logstore has everything, asked after it was read; nil where nothing expires.
    ///
    /// By its retention: a shard's oldest log group may as well be the first that ever came.
    func oldestKept(in place: DispatcherSettings.Place) async throws(Failure) -> Timestamp? {
        let client = session.client(for: place)
        do throws(ClientError) {
            guard let days = try await client.getLogstore(place.logstore).ttl, (0..<Self.foreverDays).contains(days)
            else { return nil }
            let now = try await client.serviceTime(of: place.logstore) ?? session.now
            // What came at that second a while ago has just gone.
            return now + (1 - days * 86_400)
        } catch {
            throw .call(error)
        }
    }

    /// The first log group of the shard that a target must still have; nil where that is the first one looked at.
    ///
    /// A copy is no older than its origin, so what came to the source before the target's retention may have expired there;
    /// or in the dead letters, if it went there.
    ///
    /// - Parameter first: When the first one looked at was received.
    func firstKept(
        in place: DispatcherSettings.Place, _ shard: ShardID, at first: Timestamp
    ) async throws(Failure) -> Cursor? {
        var oldest = try await oldestKept(in: place)
        if let letters = session.settings.delivery.deadLetter, let kept = try await oldestKept(in: letters) {
            oldest = max(oldest ?? kept, kept)
        }
        guard let oldest, first < oldest else { return nil }
        return try await cursor(.position(.received(oldest)), of: shard, in: session.settings.source)
    }
}

extension DeliveryAudit.Report {
    /// Adds what was found in one target.
    mutating func add(_ finding: DeliveryAudit.Finding, of held: DeliveryAudit.Held) {
        findings.append(finding)
        if let edge = held.mayHaveExpired {
            notes.append(
                "\(finding.target), or SLS_DEAD_LETTER, may have dropped copies of the log groups before cursor \(edge) at the end "
                    + "of its retention: those that are not there are undecided")
        }
        if held.originless > 0 {
            notes.append(
                "\(finding.target) holds \(held.originless) log groups that may have come from what has expired in the source: "
                    + "nothing is said of them")
        }
        if finding.tagged > 0 {
            notes.append(
                "\(finding.tagged) of the foreign ones in \(finding.target) carry \(OriginTag.key): they were written with "
                    + "--dispatch-tag on; audit with it, too")
        }
    }
}
