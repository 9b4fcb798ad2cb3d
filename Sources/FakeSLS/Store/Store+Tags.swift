internal import SLSProtocol
internal import SQLite

/// A row of the table of tags.
struct TagRow: Equatable, Sendable {
    /// In lower case.
    let type: String
    /// A project's name, `project#logstore`, or whatever the type has.
    let resource: String
    let key: String
    let value: String
}

extension Store {
    /// All tags on resources of a type, in order of resource and key.
    func tags(ofType type: String) throws(APIError) -> [TagRow] {
        try rows("SELECT type, resource, key, value FROM tag WHERE type = ? ORDER BY resource, key", type) {
            TagRow(type: $0.text(0), resource: $0.text(1), key: $0.text(2), value: $0.text(3))
        }
    }

    func setTag(_ tag: TagRow) throws(APIError) {
        try run(
            "INSERT OR REPLACE INTO tag (type, resource, key, value) VALUES (?, ?, ?, ?)", tag.type, tag.resource,
            tag.key, tag.value)
    }

    func deleteTag(_ tag: TagRow) throws(APIError) {
        try run("DELETE FROM tag WHERE type = ? AND resource = ? AND key = ?", tag.type, tag.resource, tag.key)
    }

    func setResourceGroup(_ group: String, ofProject name: String, time: Timestamp) throws(APIError) {
        try run(
            "UPDATE project SET resource_group = ?, modify_time = ? WHERE name = ?", group, time.seconds, name)
    }
}
