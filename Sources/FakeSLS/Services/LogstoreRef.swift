internal import SLSProtocol

/// The full name of a logstore; it may or may not exist.
struct LogstoreRef: Hashable, Sendable {
    let project: ProjectName
    let name: LogstoreName
}
