internal import SLSProtocol

/// The members of a logstore that are kept and given back, and have no effect.
extension LogstoreService {
    private static let keptMembers: Set<String> = [
        "infrequentAccessTTL", "encrypt_conf", "productType", "enableModify", "processorId", "resourceGroupId",
        "shardingPolicy", "resourceQuota", "preserveStorage",
    ]

    /// Keeps what a body of CreateLogstore or UpdateLogstore names of them, in place of what was kept before.
    func keepMembers(of body: JSONObject, in logstore: LogstoreRef, now: Moment) throws(APIError) {
        let given = body.members.filter { Self.keptMembers.contains($0.name) }
        guard !given.isEmpty else { return }
        let place = Self.place(of: try find(logstore))
        let present = try store.document("", at: place)
        var kept = present.flatMap { JSONObject($0.body) } ?? JSONObject()
        for member in given { kept.set(member.name, member.value) }
        let time = now.wall.timestamp.seconds
        try store.setDocument(
            DocumentRow(name: "", body: kept.bytes, createTime: present?.createTime ?? time, modifyTime: time),
            at: place)
    }

    /// What is kept of them.
    func keptMembers(of logstore: LogstoreRef) throws(APIError) -> JSONObject {
        try store.document("", at: Self.place(of: try find(logstore))).flatMap { JSONObject($0.body) } ?? JSONObject()
    }

    private static func place(of row: LogstoreRow) -> DocumentPlace {
        DocumentPlace(project: row.project, logstore: row.key, family: "logstore-members")
    }
}
