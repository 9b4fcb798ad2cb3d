internal import SLSProtocol
internal import SQLite

/// A row of the table of projects.
struct ProjectRow: Equatable, Sendable {
    let key: Int64
    let name: String
    var description: String
    var resourceGroup: String
    var redundancy: String
    let createTime: Int
    var modifyTime: Int
}

/// Which projects are meant.
struct ProjectFilter: Sendable {
    /// What the name holds.
    var name = ""
    /// What the description holds.
    var description = ""
    /// The resource group; nil for any.
    var resourceGroup: String?
}

extension Store {
    func project(_ name: ProjectName) throws(APIError) -> ProjectRow? {
        try row(
            """
            SELECT key, name, description, resource_group, redundancy, create_time, modify_time
            FROM project WHERE name = ?
            """, name.value
        ) { row in
            ProjectRow(
                key: row.int64(0), name: row.text(1), description: row.text(2), resourceGroup: row.text(3),
                redundancy: row.text(4), createTime: row.int(5), modifyTime: row.int(6))
        }
    }

    /// Projects that fit, in order of their names.
    func projects(_ filter: ProjectFilter, page: Page) throws(APIError) -> [ProjectRow] {
        try rows(
            """
            SELECT key, name, description, resource_group, redundancy, create_time, modify_time
            FROM project WHERE \(Self.fits) ORDER BY name LIMIT ? OFFSET ?
            """, filter.name, filter.description, filter.resourceGroup, page.size, page.offset
        ) { row in
            ProjectRow(
                key: row.int64(0), name: row.text(1), description: row.text(2), resourceGroup: row.text(3),
                redundancy: row.text(4), createTime: row.int(5), modifyTime: row.int(6))
        }
    }

    func projectCount(_ filter: ProjectFilter = ProjectFilter()) throws(APIError) -> Int {
        try row(
            "SELECT count(*) FROM project WHERE \(Self.fits)", filter.name, filter.description, filter.resourceGroup
        ) { $0.int(0) } ?? 0
    }

    private static let fits =
        "instr(name, ?) > 0 AND instr(description, ?) > 0 AND resource_group = ifnull(?, resource_group)"

    func insertProject(
        _ name: ProjectName, description: String, resourceGroup: String, redundancy: String, time: Timestamp
    ) throws(APIError) {
        try run(
            """
            INSERT INTO project (name, description, resource_group, redundancy, create_time, modify_time)
            VALUES (?, ?, ?, ?, ?, ?)
            """, name.value, description, resourceGroup, redundancy, time.seconds, time.seconds)
    }

    func updateProject(_ key: Int64, description: String, time: Timestamp) throws(APIError) {
        try run("UPDATE project SET description = ?, modify_time = ? WHERE key = ?", description, time.seconds, key)
    }

    /// Deletes the project and what hangs on it; its log groups go with `deleteLogGroups(ofShards:)` before.
    func deleteProject(_ key: Int64) throws(APIError) { try run("DELETE FROM project WHERE key = ?", key) }
}
