internal import SLSProtocol
internal import SQLite

/// Where a document lies: what it belongs to, its family, and what it hangs on within the family.
struct DocumentPlace: Equatable, Sendable {
    /// The key of the project; 0 for what belongs to the account.
    var project: Int64
    /// The key of the logstore; 0 for what belongs to no logstore.
    var logstore: Int64 = 0
    let family: String
    /// The document it hangs on, such as the resource of a record; "" for none.
    var parent = ""
}

/// A row of the table of documents.
struct DocumentRow: Equatable, Sendable {
    let name: String
    let body: [UInt8]
    let createTime: Int
    let modifyTime: Int
}

extension Store {
    func document(_ name: String, at place: DocumentPlace) throws(APIError) -> DocumentRow? {
        try row(
            """
            SELECT name, body, create_time, modify_time FROM document
            WHERE project = ? AND logstore = ? AND family = ? AND parent = ? AND name = ?
            """, place.project, place.logstore, place.family, place.parent, name
        ) { DocumentRow(name: $0.text(0), body: $0.bytes(1), createTime: $0.int(2), modifyTime: $0.int(3)) }
    }

    /// All documents of a place, in order of their names.
    func documents(at place: DocumentPlace) throws(APIError) -> [DocumentRow] {
        try rows(
            """
            SELECT name, body, create_time, modify_time FROM document
            WHERE project = ? AND logstore = ? AND family = ? AND parent = ? ORDER BY name
            """, place.project, place.logstore, place.family, place.parent
        ) { DocumentRow(name: $0.text(0), body: $0.bytes(1), createTime: $0.int(2), modifyTime: $0.int(3)) }
    }

    /// The names of all documents of a family, each with its project's name, in the order of the projects' making.
    func documentOwners(family: String) throws(APIError) -> [(name: String, project: String)] {
        try rows(
            """
            SELECT document.name, project.name FROM document JOIN project ON project.key = document.project
            WHERE document.family = ? ORDER BY project.key, document.name
            """, family
        ) { ($0.text(0), $0.text(1)) }
    }

    /// What the documents of that name hang on, in order: the other direction of `documents(at:)`.
    func parents(ofDocument name: String, project: Int64, family: String) throws(APIError) -> [String] {
        try rows(
            "SELECT parent FROM document WHERE project = ? AND family = ? AND name = ? ORDER BY parent", project,
            family, name
        ) { $0.text(0) }
    }

    func documentCount(at place: DocumentPlace) throws(APIError) -> Int {
        try row(
            "SELECT count(*) FROM document WHERE project = ? AND logstore = ? AND family = ? AND parent = ?",
            place.project, place.logstore, place.family, place.parent
        ) { $0.int(0) } ?? 0
    }

    /// Puts a document in its place, whether there is one or not.
    func setDocument(_ document: DocumentRow, at place: DocumentPlace) throws(APIError) {
        try run(
            """
            INSERT OR REPLACE INTO document (project, logstore, family, parent, name, body, create_time, modify_time)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """, place.project, place.logstore, place.family, place.parent, document.name, document.body,
            document.createTime, document.modifyTime)
    }

    func deleteDocument(_ name: String, at place: DocumentPlace) throws(APIError) {
        try run(
            "DELETE FROM document WHERE project = ? AND logstore = ? AND family = ? AND parent = ? AND name = ?",
            place.project, place.logstore, place.family, place.parent, name)
    }

    /// Deletes all documents of a family that hang on one.
    func deleteDocuments(at place: DocumentPlace) throws(APIError) {
        try run(
            "DELETE FROM document WHERE project = ? AND logstore = ? AND family = ? AND parent = ?", place.project,
            place.logstore, place.family, place.parent)
    }

    /// Deletes the documents of that name whatever they hang on.
    func deleteDocuments(named name: String, project: Int64, family: String) throws(APIError) {
        try run("DELETE FROM document WHERE project = ? AND family = ? AND name = ?", project, family, name)
    }
}
